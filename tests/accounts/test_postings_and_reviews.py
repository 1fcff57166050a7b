"""Postings with a reason, stand-ins for a time, and the quarterly review of accounts."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.utils import IntegrityError
from django.test import Client
from django.utils import timezone
from pghistory.models import Context

from redprop.accounts.audit import acting
from redprop.accounts.duties import DUTIES, rights_of
from redprop.accounts.models import AccountReviewLine, AuditLine, Posting, SignInEntry, SignInSession, User
from redprop.accounts.permissions import set_role_permissions
from redprop.accounts.roles import Role
from redprop.accounts.services import postings, reviews
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.core.services.audit_search import capacity
from redprop.core.tasks.accounts import tend_accounts
from tests.conftest import CLOSING_DAY, make_district, make_user

pytestmark = pytest.mark.django_db

TODAY = CLOSING_DAY.date()


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def stand_in(cast, **kwargs) -> Posting:
    facts = {
        "posting": cast.approver.postings.get(),
        "user": cast.inspector,
        "valid_from": TODAY,
        "valid_to": TODAY + dt.timedelta(days=9),
        "reason": "审批人公休",
        "acting_user": cast.security_administrator,
    }
    return postings.appoint_stand_in(**facts | kwargs)


def test_a_stand_in_has_the_role_for_these_days_and_no_longer(cast):
    assert not fresh(cast.inspector).has_perm("evaluations.approve_subsidybatch")
    stand_in(cast)
    assert fresh(cast.inspector).has_perm("evaluations.approve_subsidybatch")
    District.objects.update(clock=CLOSING_DAY + dt.timedelta(days=10))
    assert not fresh(cast.inspector).has_perm("evaluations.approve_subsidybatch")


def test_acts_of_a_stand_in_carry_whom_he_stands_in_for(cast):
    stand_in(cast)
    user = fresh(cast.inspector)
    with acting(user, "batch approved"):
        row = fresh(cast.registrar)
        row.full_name = "改名"
        row.save()
    told = Context.objects.latest("created_at").metadata["stands_in_for"]
    assert (told["names"], told["roles"], told["own"]) == (["approver"], ["approver"], ["inspector"])
    client = Client()
    client.force_login(user)
    client.post("/accounts/devices/end/")
    client.force_login(fresh(cast.audit_administrator))
    page = client.get("/admin/accounts/auditline/").content.decode()
    assert "inspector（当日兼代 approver（甲区））" in page


@pytest.mark.parametrize(
    ("kind", "register", "needed"),
    [
        ("changed", "evaluations_inspection", "own"),
        ("changed", "evaluations_subsidybatch", "stand-in"),
        ("changed", "accounts_user", ""),  # neither role says so
        ("signed-in", "accounts_signinentry", ""),
    ],
)
def test_the_trail_tells_which_posting_an_act_of_a_stand_in_needed(kind, register, needed):
    facts = {"names": ["approver"], "areas": ["江岸区"], "roles": ["approver"], "own": ["inspector"]}
    line = AuditLine(kind=kind, register=register, facts={"stands_in_for": facts})
    assert capacity(line) == ("approver（江岸区）", needed)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"reason": "  "}, "reason"),
        ({"valid_to": TODAY + dt.timedelta(days=92)}, "stand-in-long"),
        ({"valid_from": dt.date(2019, 12, 31), "valid_to": dt.date(2020, 1, 2)}, "outside"),
    ],
)
def test_a_stand_in_needs_a_reason_and_an_end_within_the_posting(cast, wrong, code):
    with pytest.raises(Refused) as refused:
        stand_in(cast, **wrong)
    assert refused.value.code == code


def test_nobody_gives_himself_a_role_or_stands_in_for_himself(cast):
    with pytest.raises(Refused) as refused:
        stand_in(cast, user=cast.security_administrator)
    assert refused.value.code == "own"
    with pytest.raises(IntegrityError, match="posting_stand_in_ends"):
        Posting.objects.create(
            user=cast.approver,
            stands_in_for=cast.approver,
            role=Role.REVIEWER,
            district=cast.district,
            valid_from=TODAY,
            valid_to=TODAY,
            reason="x",
        )


def test_a_stand_in_for_an_administrator_may_not_be_another_administrator(cast):
    with pytest.raises(ValidationError, match="三"):
        stand_in(cast, posting=cast.audit_administrator.postings.get(), user=cast.system_administrator)


def test_with_the_posting_its_stand_in_ends(cast):
    made = stand_in(cast)
    postings.end_posting(
        posting=cast.approver.postings.get(),
        valid_to=TODAY + dt.timedelta(days=2),
        acting_user=cast.security_administrator,
    )
    made.refresh_from_db()
    assert made.valid_to == TODAY + dt.timedelta(days=2)


def test_the_security_administrator_names_a_stand_in_on_the_page_of_the_posting(cast):
    client = Client()
    client.force_login(cast.security_administrator)
    posting = cast.approver.postings.get()
    page = f"/admin/accounts/posting/{posting.pk}/"
    facts = {"user": "inspector", "valid_from": "2026-10-12", "valid_to": "2026-10-20", "reason": "公休"}
    assert "代理人" in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}stand-in/", facts | {"user": "foreign_inspector"}).status_code == 302
    assert not Posting.objects.filter(stands_in_for=cast.approver).exists()
    client.post(f"{page}stand-in/", facts)
    made = Posting.objects.get(stands_in_for=cast.approver)
    assert (made.user, made.role, made.recorded_by) == (cast.inspector, "approver", "security_administrator")
    who = client.get("/admin/accounts/posting/who-can-what/").content.decode()
    assert "公休" in who
    assert "foreign_" not in who


def test_a_new_posting_says_why(cast):
    client = Client()
    client.force_login(cast.security_administrator)
    facts = {"user": cast.inspector.pk, "role": "publisher", "valid_from": "2026-10-12"}
    client.post("/admin/accounts/posting/add/", facts)
    assert not Posting.objects.filter(user=cast.inspector, role="publisher").exists()
    client.post("/admin/accounts/posting/add/", facts | {"reason": "区办〔2026〕8号"})
    made = Posting.objects.get(user=cast.inspector, role="publisher")
    assert (made.recorded_by, made.reason) == ("security_administrator", "区办〔2026〕8号")
    own = facts | {"user": cast.security_administrator.pk, "reason": "x"}
    client.post("/admin/accounts/posting/add/", own)
    assert not Posting.objects.filter(user=cast.security_administrator, role="publisher").exists()


def test_every_role_is_put_into_words():
    assert set(DUTIES) == set(Role.values)
    assert "approve batches" in str(rights_of("approver").acts) or "审批" in str(rights_of("approver").acts)
    assert rights_of("audit_administrator").keeps == []


# The mark of a superuser


def test_outside_a_demo_the_mark_of_a_superuser_gives_nothing(cast, settings):
    root = User.objects.create_superuser("root", password="pw")
    assert fresh(root).has_perm("communities.change_compound")
    settings.DEMO = False
    root = fresh(root)
    assert not root.has_perm("communities.change_compound")
    assert not root.has_module_perms("communities")
    assert root.get_all_permissions() == set()
    assert not root.scope.everything


# The quarterly review


def review_of(cast) -> dict[str, AccountReviewLine]:
    made = reviews.open_review(district=cast.district, acting_user=cast.security_administrator)
    return {line.user.username: line for line in made.lines.select_related("user", "review")}


def test_the_list_names_every_account_once_with_its_roles_and_who_decides(cast):
    User.objects.filter(username="registrar").update(last_login=timezone.now() - dt.timedelta(days=91))
    User.objects.filter(username="approver").update(last_login=timezone.now() - dt.timedelta(days=89))
    lines = review_of(cast)
    assert set(lines) == set(Role.values)
    assert lines["registrar"].is_unused
    assert not lines["approver"].is_unused
    secretary = lines["community_secretary"]
    assert secretary.subdistrict == cast.subdistrict
    assert "甲区1社区" in secretary.roles
    deciding = {
        name: {role for role, user in cast.by_role.items() if reviews.may_decide(line, fresh(user))}
        for name, line in lines.items()
    }
    assert deciding["community_secretary"] == {"subdistrict_clerk", "security_administrator"}
    assert deciding["security_administrator"] == {"system_administrator"}
    assert deciding["subdistrict_clerk"] == {"security_administrator"}
    assert not any(
        reviews.may_decide(line, fresh(user)) for line in lines.values() for user in cast.foreign.values()
    )
    with pytest.raises(Refused):
        review_of(cast)


def test_a_closed_account_lets_nobody_in_and_ends_its_postings(cast):
    line = review_of(cast)["inspector"]
    client = Client()
    client.force_login(cast.inspector)
    with pytest.raises(Refused):
        reviews.decide_line(line=line, keep=False, acting_user=cast.security_administrator)
    with pytest.raises(Refused):
        reviews.decide_line(line=line, keep=False, note="调离", acting_user=cast.subdistrict_clerk)
    reviews.decide_line(line=line, keep=False, note="调离", acting_user=cast.security_administrator)
    assert not fresh(cast.inspector).is_active
    assert cast.inspector.postings.get().valid_to == TODAY
    assert not SignInSession.objects.filter(user=cast.inspector).exists()
    assert client.get("/desk/").status_code == 302
    assert SignInEntry.objects.get(kind="closed").detail == "调离"
    with pytest.raises(Refused):
        reviews.decide_line(line=line, keep=True, acting_user=cast.security_administrator)


def test_the_database_lets_nobody_decide_about_his_own_account(cast):
    line = review_of(cast)["security_administrator"]
    with pytest.raises(IntegrityError, match="account_review_line_by_another"):
        AccountReviewLine.objects.filter(pk=line.pk).update(
            decision="confirmed", decided_by=cast.security_administrator, decided_on=TODAY
        )


def test_clerks_go_through_their_secretaries_on_the_page_and_see_no_other_account(cast):
    set_role_permissions()
    lines = review_of(cast)
    client = Client()
    client.force_login(cast.subdistrict_clerk)
    page = client.get("/admin/accounts/accountreviewline/").content.decode()
    assert "community_secretary" in page
    assert "finance_maker" not in page
    address = f"/admin/accounts/accountreviewline/{lines['community_secretary'].pk}/"
    assert "确认保留" in client.get(f"{address}change/").content.decode()
    client.post(f"{address}decide/", {"act": "keep"})
    lines["community_secretary"].refresh_from_db()
    assert lines["community_secretary"].decision == "confirmed"
    assert client.post(f"/admin/accounts/accountreviewline/{lines['approver'].pk}/decide/").status_code == 404


def test_the_security_administrator_confirms_many_at_once_but_not_himself(cast):
    client = Client()
    client.force_login(cast.security_administrator)
    client.post("/admin/accounts/accountreviewline/open/")
    keys = list(AccountReviewLine.objects.values_list("pk", flat=True))
    client.post("/admin/accounts/accountreviewline/", {"action": "confirm_chosen", "_selected_action": keys})
    still = AccountReviewLine.objects.filter(decision="open").values_list("user__username", flat=True)
    assert list(still) == ["security_administrator"]
    csv = client.get("/admin/accounts/accountreviewline/export/list.csv")
    assert csv.status_code == 200


def test_the_night_opens_the_review_once_and_closes_leavers_after_a_week(cast):
    leaver = make_user("leaver", "inspector", cast.district)
    Posting.objects.filter(user=leaver).update(valid_to=TODAY - dt.timedelta(days=7))
    mover = make_user("mover", "inspector", cast.district)
    Posting.objects.filter(user=mover).update(valid_to=TODAY - dt.timedelta(days=7))
    Posting.objects.create(user=mover, role="publisher", district=cast.district, valid_from=TODAY)
    tend_accounts()
    assert fresh(leaver).is_active
    District.objects.update(clock=CLOSING_DAY + dt.timedelta(days=1))
    tend_accounts()
    assert not fresh(leaver).is_active
    assert fresh(mover).is_active
    assert AccountReviewLine.objects.filter(user=cast.registrar).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_administrator_roles_given_at_once_one_is_refused():
    district, *_rest = make_district("990101", "甲区")
    user = User.objects.create(username="both")
    outcomes, start = [], threading.Barrier(2)

    def give(role: str) -> None:
        try:
            start.wait()
            Posting.objects.create(user=user, role=role, district=district, valid_from=TODAY)
            outcomes.append("given")
        except IntegrityError as refused:
            outcomes.append("posting_one_administrator_role" in str(refused))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=give, args=[role])
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["True", "given"]
