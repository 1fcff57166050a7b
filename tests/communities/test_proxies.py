"""Proxy handling: with consent, seen by its community alone, closed by the resident, erased in time, never counted."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import ProgrammingError, connection, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from communities.models import Compound, ProxyHandling, ProxyStep, ResidentRequest
from communities.services import proxies
from communities.services.requests import record_request
from evaluations.models import Scorecard
from redprop.accounts.models import AuditLine, User
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.figures import FIGURES, count
from redprop.core.services import exports, imports
from redprop.desk.lists import _LISTS, desk_listing
from redprop.desk.owed import next_deadlines, owed_by, to_chase
from redprop.desk.page import Desk
from tests.desk.test_scores import close_quarter, file_september

TODAY = dt.date(2026, 10, 21)
SECRET = "代交低保复核材料"


def begin(town, **changes):
    values = {
        "community": town.a1,
        "kind": "errand",
        "sign": "乙7",
        "matter": SECRET,
        "consent_on": TODAY,
        "consent_how": "signed",
        "acting_user": town.secretary,
        **changes,
    }
    return proxies.begin_proxy(**values)


@pytest.fixture
def proxy(town):
    return begin(town)


def on_day(town, day):
    town.district.clock = dt.datetime.combine(day, dt.time(2), tzinfo=dt.UTC)
    town.district.save(update_fields=["clock"])


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_how": ""},
        {"consent_on": TODAY + dt.timedelta(days=1)},
        {"consent_on": TODAY - dt.timedelta(days=31)},
        {"sign": ""},
        {"sign": "张三13812345678"},
        {"matter": "身份证 11010519491231002X"},
        {"matter": ""},
        {"kind": "petition"},
    ],
)
def test_nothing_begins_without_consent_or_with_personal_numbers(town, changes):
    with pytest.raises(Refused):
        begin(town, **changes)
    assert not ProxyHandling.objects.exists()


def test_what_it_is_about_is_never_stored_in_clear(town, proxy):
    proxies.take_step(proxy=proxy, text="材料已交窗口", acting_user=town.secretary)
    with connection.cursor() as cursor:
        for table in ("proxyhandling", "proxystep", "proxyhandlingevent"):
            cursor.execute(f"SELECT row_to_json(t)::text FROM communities_{table} t")
            for (text,) in cursor.fetchall():
                assert SECRET not in text
                assert "窗口" not in text
                assert "乙7" not in text
                assert proxy.follow_code not in text
    assert proxies.opened(proxy.matter_cipher) == SECRET


def test_only_its_community_sees_or_touches_it(town, proxy):
    others = (
        town.other_secretary,
        town.clerk,
        town.registrar,
        town.huanan_contact,
        User.objects.create(username="root", is_superuser=True),
    )
    for user in others:
        assert not ProxyHandling.objects.for_user(user).exists()
    assert ProxyHandling.objects.for_user(town.secretary).get() == proxy
    for user in others[:-1]:
        for act in (
            lambda user=user: begin(town, acting_user=user),
            lambda user=user: proxies.take_step(proxy=proxy, text="x", acting_user=user),
            lambda user=user: proxies.report_done(proxy=proxy, text="x", acting_user=user),
            lambda user=user: proxies.withdraw_for(proxy=proxy, acting_user=user),
            lambda user=user: proxies.give_new_code(proxy=proxy, acting_user=user),
        ):
            with pytest.raises(Refused):
                act()


def test_the_resident_alone_closes_it(town, proxy):
    with pytest.raises(Refused):
        proxies.close_proxy(code=proxy.follow_code)  # nothing is done yet
    proxies.report_done(proxy=proxy, text="材料已受理", acting_user=town.secretary)
    names = {name for name in dir(proxies) if "close" in name}
    assert names == {"close_proxy"}  # and that one takes nothing but the code
    proxies.go_on_with_proxy(code=proxy.follow_code, text="还缺一份")
    proxies.report_done(proxy=proxy, text="已补齐", acting_user=town.secretary)
    with pytest.raises(Refused):
        proxies.close_proxy(code="AAAAABBBBB")
    row = proxies.close_proxy(code=proxy.follow_code)
    # closed on 10-21, erased 30 days later
    assert (row.state, row.ended_on, row.erase_on) == ("closed", TODAY, dt.date(2026, 11, 20))
    with pytest.raises(Refused):
        proxies.take_step(proxy=proxy, text="再办", acting_user=town.secretary)


def test_consent_is_taken_back_at_any_time_and_nothing_is_left(town):
    for done in (False, True):
        row = begin(town)
        proxies.take_step(proxy=row, text="材料已交窗口", acting_user=town.secretary)
        if done:
            proxies.report_done(proxy=row, text="办好了", acting_user=town.secretary)
        proxies.withdraw_proxy(code=row.follow_code)
        row.refresh_from_db()
        assert (row.state, row.sign_cipher, row.matter_cipher) == ("withdrawn", "", "")
        assert not ProxyStep.objects.filter(proxy=row).exists()


def test_rows_are_erased_on_their_day(town, proxy):
    closed = begin(town)
    proxies.report_done(proxy=closed, text="办好了", acting_user=town.secretary)
    proxies.close_proxy(code=closed.follow_code)
    on_day(town, dt.date(2026, 11, 19))
    assert proxies.erase_due_proxies(district=town.district) == 0
    on_day(town, dt.date(2026, 11, 20))
    assert proxies.erase_due_proxies(district=town.district) == 1
    assert proxies.erase_due_proxies(district=town.district) == 0
    # one whose resident stays silent ends with the consent: 180 days after 2026-10-21
    on_day(town, dt.date(2027, 4, 19))
    assert proxies.erase_due_proxies(district=town.district) == 1
    assert not ProxyStep.objects.exists()


def test_the_residents_own_request_is_neither_replaced_nor_delayed(town):
    own = record_request(
        compound=Compound.objects.get(code="XP1"),
        source="call",
        category="repair",
        text="楼道灯不亮",
        received_on=TODAY,
        acting_user=town.secretary,
    )
    before = ResidentRequest.objects.filter(pk=own.pk).values().get()
    row = begin(town, matter="楼道灯不亮，代为反映", kind="words")
    proxies.report_done(proxy=row, text="已反映", acting_user=town.secretary)
    proxies.close_proxy(code=row.follow_code)
    assert ResidentRequest.objects.filter(pk=own.pk).values().get() == before
    pointed_at = {f.related_model for f in ProxyHandling._meta.get_fields() if f.is_relation}
    assert ResidentRequest not in pointed_at
    assert Compound not in pointed_at


def test_it_is_never_counted_anywhere(town, tmp_path):
    """With its tables gone, every score, figure, ranking, list, home and register still comes out."""
    file_september(town)
    begin(town, consent_on=dt.date(2026, 9, 8))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in ("proxystep", "proxyhandling"):
            cursor.execute(f"ALTER TABLE communities_{name} RENAME TO gone_{name}")
    with pytest.raises(ProgrammingError), transaction.atomic():
        ProxyHandling.objects.count()
    close_quarter(town)
    assert Scorecard.objects.exists()
    for code in FIGURES:
        count(code, town.district, TODAY)
    users = [
        User.objects.get(pk=u.pk) for u in (town.secretary, town.clerk, town.registrar, town.huanan_contact)
    ]
    opened = set()
    for user in users:
        desk = Desk(user)
        owed_by(desk), to_chase(desk), next_deadlines(desk)
        for name in _LISTS:
            try:
                listing = desk_listing(user, f"desk:{name}", "list", QueryDict())
            except Refused:
                continue
            list(listing.table.rows)
            opened.add(name)
    assert opened >= {"requests", "compounds", "volunteers"} & set(_LISTS)
    assert not {name for name in _LISTS if "prox" in name}
    context = imports.context_for(district=town.district, acting_user=None)
    for register in declare.registers():
        exports.export_register(register=register, context=context, path=tmp_path / f"{register.name}.csv")


def test_only_these_modules_know_of_it():
    """A new reader of the table fails here first."""
    root = Path(site.BASE_DIR)
    allowed = {
        "communities/models/proxies.py",
        "communities/models/__init__.py",
        "communities/services/proxies.py",
        "communities/dissolved.py",
        "communities/services/resealing.py",
        "redprop/core/services/people_rules.py",
        "communities/tasks.py",
        "redprop/desk/views/proxies.py",
        "redprop/public/proxies.py",
        "redprop/public/reporting.py",
    }
    words = ("ProxyHandling", "proxyhandling", "ProxyStep", "proxystep", "proxy_handling", "services.proxies")
    words += ("services import proxies", "find_proxy", "erase_due_proxies")
    found = set()
    for top in ("communities", "evaluations", "enterprises", "redprop"):
        for path in (root / top).rglob("*.py"):
            if "migrations" not in path.parts and any(word in path.read_text("utf-8") for word in words):
                found.add(str(path.relative_to(root)))
    assert found == allowed


def test_the_desk_and_the_residents_page_lead_through_it(town, settings, tmp_path):
    settings.PUBLISHED_ROOT = tmp_path
    desk, resident = Client(), Client()
    desk.force_login(town.secretary)
    sent = {
        "kind": "errand",
        "sign": "乙7",
        "matter": SECRET,
        "consent_on": "2026-10-21",
        "consent_how": "spoken",
        "agreed": "on",
    }
    refused = desk.post(reverse("desk:proxy-new"), sent | {"agreed": ""})
    assert refused.status_code == 200
    assert not ProxyHandling.objects.exists()
    answer = desk.post(reverse("desk:proxy-new"), sent)
    row = ProxyHandling.objects.get()
    assert answer.url == reverse("desk:proxy-slip", args=[row.pk])
    slip = desk.get(answer.url)
    code = slip.context["code"]
    assert desk.get(answer.url).status_code == 302  # shown once
    page = reverse("desk:proxy", args=[row.pk])
    desk.post(page, {"act": "step", "step-text": "材料已交窗口"})
    # how the resident is reached: masked until it is opened for a purpose, which stays in the trail
    signs = reverse("desk:proxies")
    assert all("乙7" not in desk.get(one).content.decode() for one in (page, signs))
    assert "乙7" in desk.post(f"{signs}?row={row.pk}", {"purpose": "约上门时间"}).content.decode()
    opened = AuditLine.objects.get(kind="opened")
    assert (opened.register, opened.reason) == ("communities_proxyhandling", "约上门时间")
    follow = reverse("public:follow", args=[code])
    seen = resident.get(follow)
    assert seen.headers["Cache-Control"] == "no-store"
    assert "材料已交窗口" in seen.content.decode()
    desk.post(page, {"act": "close"})
    row.refresh_from_db()
    assert row.state == "running"
    resident.post(follow, {"do": "withdraw"})
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert SECRET not in resident.get(follow).content.decode()
    assert SECRET not in desk.get(page).content.decode()
    assert desk.get(reverse("desk:proxies")).status_code == 200
    assert desk.get(reverse("desk:export", args=["proxies", "csv"])).status_code in (302, 404)
