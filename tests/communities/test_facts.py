"""Facts of compounds: proposed field by field by the secretary, decided by the subdistrict's clerk, never half applied."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from communities.models import Compound, CompoundKind, FactProposal
from communities.services.compounds import change_kind, save_compound
from communities.services.proposals import Decision, decide_facts, propose_facts, withdraw_fact
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.core.models import Notification
from redprop.desk.owed import owed_by
from redprop.desk.page import Desk

TODAY = dt.date(2026, 10, 21)
YES = Decision(approve=True)


@pytest.fixture
def compound(town):
    row = Compound.objects.get(code="XP1")
    change_kind(compound=row, kind="professional", valid_from=dt.date(2020, 1, 1), acting_user=None)
    return row


def propose(town, compound, **changes):
    values = {"basis": "现场清点", "acting_user": town.secretary, "valid_from": changes.pop("day", None)}
    return propose_facts(compound=compound, changes=changes, **values)


def code_of(refused):
    return refused.value.code


def test_what_is_approved_stands_in_the_register_and_names_both(town, compound):
    rows = propose(town, compound, households="215", address="沿江大道 8 号")
    compound.refresh_from_db()
    assert compound.households == 200  # nothing changes before the subdistrict has looked
    by_field = {row.field: row for row in rows}
    assert (by_field["households"].old, by_field["households"].new) == ("200", "215")
    decide_facts(
        compound=compound,
        decisions={
            by_field["households"].pk: YES,
            by_field["address"].pk: Decision(approve=False, reason="门牌以产权证为准"),
        },
        acting_user=town.clerk,
    )
    compound.refresh_from_db()
    assert (compound.households, compound.address) == (215, "")
    kept = {row.field: row for row in FactProposal.objects.all()}
    assert (kept["households"].state, kept["address"].state) == ("approved", "refused")
    assert kept["address"].reason == "门牌以产权证为准"
    assert {kept["households"].proposed_by, kept["households"].decided_by} == {town.secretary, town.clerk}
    event = compound.events.order_by("-pgh_id").first()
    assert "现场清点" in event.pgh_context.metadata["reason"]
    assert event.pgh_context.metadata["user"] == town.clerk.pk


def test_a_dated_field_gets_a_dated_row(town, compound):
    (row,) = propose(town, compound, kind="old", day=dt.date(2026, 7, 1))
    decide_facts(compound=compound, decisions={row.pk: YES}, acting_user=town.clerk)
    spans = CompoundKind.objects.filter(compound=compound).order_by("valid_from")
    assert [(s.kind, s.valid_from, s.valid_to) for s in spans] == [
        ("professional", dt.date(2020, 1, 1), dt.date(2026, 6, 30)),
        ("old", dt.date(2026, 7, 1), None),
    ]


def test_kind_and_class_go_together_and_need_a_day(town, compound):
    with pytest.raises(Refused) as refused:
        propose(town, compound, kind="old")
    assert code_of(refused) == "no-day"
    with pytest.raises(Refused) as refused:
        propose(town, compound, kind="old", day=TODAY + dt.timedelta(days=1))
    assert code_of(refused) == "future"
    rows = propose(town, compound, compound_class="2", kind="old", day=dt.date(2026, 7, 1))
    decide_facts(compound=compound, decisions={row.pk: YES for row in rows}, acting_user=town.clerk)
    assert compound.classes.get().compound_class == 2


def test_a_class_cannot_be_proposed_for_a_professional_compound(town, compound):
    with pytest.raises(Refused):
        propose(town, compound, compound_class="2", day=dt.date(2026, 7, 1))


def test_a_second_proposal_for_the_field_is_told_who_waits(town, compound):
    propose(town, compound, households="215")
    with pytest.raises(Refused, match="周书记") as refused:
        propose(town, compound, households="216")
    assert code_of(refused) == "waiting"
    propose(town, compound, buildings="9")  # another field is free


def test_a_register_changed_meanwhile_is_not_overwritten(town, compound):
    (row,) = propose(town, compound, households="215")
    fresh = Compound.objects.get(pk=compound.pk)
    fresh.households = 230
    save_compound(compound=fresh, acting_user=None)
    with translation.override("zh-hans"), pytest.raises(Refused, match="230") as refused:
        decide_facts(compound=compound, decisions={row.pk: YES}, acting_user=town.clerk)
    assert code_of(refused) == "changed-meanwhile"
    assert Compound.objects.get(pk=compound.pk).households == 230
    row.refresh_from_db()
    assert row.state == "waiting"
    decide_facts(
        compound=compound,
        decisions={row.pk: Decision(approve=False, reason="已变更")},
        acting_user=town.clerk,
    )


def test_all_or_none_is_applied(town, compound):
    rows = propose(town, compound, households="215", buildings="9")
    with pytest.raises(Refused) as refused:
        decide_facts(
            compound=compound,
            decisions={rows[0].pk: YES, rows[1].pk: Decision(approve=False)},
            acting_user=town.clerk,
        )
    assert code_of(refused) == "reason"
    compound.refresh_from_db()
    assert (compound.households, compound.buildings) == (200, None)
    assert FactProposal.objects.waiting().count() == 2


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("households", "二百", "value"),
        ("households", "-3", "value"),
        ("year_built", "1066", "value"),
        ("floor_area", "0", "constraint"),
        ("building_condition", "superb", "value"),
        ("surveyed_on", "昨天", "value"),
        ("address", "找张三 13812345678", None),
        ("households", "200", "no-change"),
        ("kind", "castle", "choice"),
    ],
)
def test_bad_input_is_refused_with_the_field(town, compound, field, text, code):
    with pytest.raises(Refused) as refused:
        propose(town, compound, **{field: text}, day=TODAY)
    assert code is None or code_of(refused) == code
    assert not FactProposal.objects.exists()


def test_only_the_own_secretary_proposes_and_the_own_clerk_decides(town, compound):
    for user in (town.other_secretary, town.clerk, town.huanan_contact, town.registrar):
        with pytest.raises(Refused):
            propose_facts(compound=compound, changes={"households": "1"}, basis="x", acting_user=user)
    (row,) = propose(town, compound, households="215")
    for user in (town.secretary, town.other_clerk, town.registrar):
        with pytest.raises(Refused):
            decide_facts(compound=compound, decisions={row.pk: YES}, acting_user=user)
    with pytest.raises(Refused):
        withdraw_fact(proposal=row, acting_user=town.other_secretary)
    withdraw_fact(proposal=row, acting_user=town.secretary)
    with pytest.raises(Refused) as refused:
        decide_facts(compound=compound, decisions={row.pk: YES}, acting_user=town.clerk)
    assert code_of(refused) == "decided"


def test_both_homes_say_what_is_owed(town, compound):
    rows = propose(town, compound, households="215", buildings="9")
    lines = [o for o in owed_by(Desk(User.objects.get(pk=town.clerk.pk))) if "/compounds/" in o.url]
    assert len(lines) == 1
    # five working days after 2026-10-21: 22, 23, 26, 27, 28
    assert lines[0].due_on == dt.date(2026, 10, 28)
    assert Notification.objects.filter(user=town.clerk, kind="facts").count() == 1
    decide_facts(
        compound=compound,
        decisions={row.pk: Decision(approve=False, reason="请附产权证") for row in rows},
        acting_user=town.clerk,
    )
    assert not [o for o in owed_by(Desk(User.objects.get(pk=town.clerk.pk))) if "/compounds/" in o.url]
    mine = [o for o in owed_by(Desk(User.objects.get(pk=town.secretary.pk))) if "/compounds/" in o.url]
    assert len(mine) == 2
    assert all("请附产权证" in o.more for o in mine)
    propose(town, compound, households="215", buildings="9")
    assert not [o for o in owed_by(Desk(User.objects.get(pk=town.secretary.pk))) if "/compounds/" in o.url]


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_the_pages_carry_a_correction_from_the_secretary_to_the_register(town, compound):
    page = reverse("desk:compound", args=[compound.pk])
    client = signed_in(town.secretary)
    assert client.get(page).status_code == 200
    sent = {"was-households": "200", "households": "215", "was-address": "", "address": "", "basis": "清点"}
    client.post(reverse("desk:compound-propose", args=[compound.pk]), sent)
    row = FactProposal.objects.get()
    assert (row.field, row.new) == ("households", "215")
    clerk = signed_in(town.clerk)
    assert "<del>200</del> → <ins>215</ins>" in clerk.get(page).content.decode()
    # refused without a reason: nothing is decided, and the choice stands there again
    answer = clerk.post(
        reverse("desk:compound-decide", args=[compound.pk]), {f"do-{row.pk}": "refuse"}, follow=True
    )
    assert 'value="refuse" checked' in answer.content.decode()
    clerk.post(reverse("desk:compound-decide", args=[compound.pk]), {f"do-{row.pk}": "approve"})
    compound.refresh_from_db()
    assert compound.households == 215
    text = clerk.get(page).content.decode()
    assert "周书记" in text
    assert "郑专干" in text
    # another's compound
    assert signed_in(town.other_secretary).get(page).status_code == 404
    assert signed_in(town.other_clerk).get(page).status_code == 404


def test_lists_filter_leave_as_files_and_ask_no_query_per_row(town, compound):
    propose(town, compound, households="215", buildings="9")
    client = signed_in(town.clerk)
    for name in ("compounds", "fact-proposals"):
        address = reverse(f"desk:{name}")

        def queries():
            with CaptureQueriesContext(
                connection,
            ) as found:
                assert client.get(address).status_code == 200  # noqa: B023
            return len(found)

        queries()
        small = queries()
        more = Compound.objects.get(code="XP2")
        if not FactProposal.objects.filter(compound=more).exists():
            propose(town, more, households="9", buildings="3", residents="20", address="江边")
        assert queries() == small
        assert client.get(reverse("desk:export", args=[name, "csv"])).status_code == 200
    found = client.get(reverse("desk:fact-proposals"), {"field": "residents", "state": "waiting"})
    assert [row["head"].partition(" ")[0] for row in found.context["rows"]] == ["江滩里小区"]
    waiting = client.get(reverse("desk:compounds"), {"show": "waiting"})
    assert len(waiting.context["rows"]) == 2


@pytest.mark.django_db(transaction=True)
def test_two_clerks_at_once_decide_once(town, compound):
    (row,) = propose(town, compound, households="215")
    said = []

    def decide(decision):
        try:
            decide_facts(compound=compound, decisions={row.pk: decision}, acting_user=town.clerk)
            said.append("done")
        except Refused as refused:
            said.append(refused.code)
        finally:
            connections.close_all()

    both = [
        threading.Thread(target=decide, args=[one]) for one in (YES, Decision(approve=False, reason="不符"))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(said) == ["decided", "done"]
    row.refresh_from_db()
    compound.refresh_from_db()
    assert (compound.households == 215) == (row.state == "approved")
