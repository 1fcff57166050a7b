"""Joint projects follow what residents need; situations tell of no person and are not for the district."""

import datetime as dt

import pytest

from communities.models import Compound, SituationReport, VisitItem
from communities.services import joint_projects, situations
from communities.services.requests import record_request
from communities.services.visits import Round, save_visit, withdraw_visit
from redprop.accounts.models import User
from redprop.common.errors import Refused
from tests.town import NOW, START

DAY = dt.date(2026, 10, 20)


@pytest.fixture
def need(town):
    return VisitItem.objects.create(
        district=town.district, kind="need", code="XQ01", text="家电维修", valid_from=START
    )


def propose(town, **changes):
    values = {
        "community": town.a1,
        "title": "家电维修日",
        "plan": "每月一次",
        "due_on": dt.date(2026, 12, 1),
        "acting_user": town.secretary,
        **changes,
    }
    return joint_projects.propose(**values)


def visited(town, need, homes, code="XP1", building="3栋"):
    entered = Round(Compound.objects.get(code=code), building, DAY, "community", 20, counts={need.pk: homes})
    return save_visit(community=town.a1, entered=entered, acting_user=town.secretary)


def weight(town, row):
    return joint_projects.weigh([row], dt.date(2026, 10, 21))[row.pk]


def test_a_project_weighs_what_homes_and_requests_of_its_place_say(town, need):
    whole = propose(town, need=need, category="repair")
    one = propose(town, need=need, category="repair", compound=Compound.objects.get(code="XP1"))
    visited(town, need, 7)
    gone = visited(town, need, 3, building="5栋")
    visited(town, need, 4, code="XP2")
    for code in ("XP1", "XP2", "XP2"):
        record_request(
            compound=Compound.objects.get(code=code),
            source="call",
            category="repair",
            text="修灯",
            received_on=DAY,
            acting_user=None,
        )
    withdraw_visit(visit=gone, reason="录错", acting_user=town.secretary)
    assert weight(town, whole) == (11, 3)
    assert weight(town, one) == (7, 1)


def test_the_steps_in_order_keep_the_need_and_the_result(town, need):
    row = propose(town, need=need)
    visited(town, need, 6)
    with pytest.raises(Refused):
        joint_projects.finish(row=row, result="好", homes_served=5, acting_user=town.secretary)
    row = joint_projects.adopt(row=row, acting_user=town.secretary)
    visited(town, need, 9, building="9栋")
    assert row.homes_at_adoption == 6
    row = joint_projects.start(row=row, acting_user=town.secretary)
    with pytest.raises(Refused):
        joint_projects.finish(row=row, result=" ", homes_served=5, acting_user=town.secretary)
    row = joint_projects.finish(row=row, result="修好12件", homes_served=5, acting_user=town.secretary)
    with pytest.raises(Refused):
        joint_projects.drop(row=row, reason="不做了", acting_user=town.secretary)


def test_a_project_answers_a_need_and_belongs_to_its_secretary(town, need):
    with pytest.raises(Refused) as refused:
        propose(town)
    assert refused.value.code == "no-need"
    for user in (town.other_secretary, town.clerk, town.huanan_contact):
        with pytest.raises(Refused):
            propose(town, need=need, acting_user=user)


# Situations


def report(town, user="huanan_contact", **changes):
    values = {
        "compound": Compound.objects.get(code="XP1"),
        "happened_at": NOW - dt.timedelta(hours=3),
        "kind": "utility",
        "place": "3栋地下室",
        "text": "水管爆裂",
        "handled_by": "项目经理",
        **changes,
    }
    return situations.report_situation(acting_user=getattr(town, user), **values)


@pytest.mark.parametrize("text", ["上访人员聚集", "一名精神病患者", "低保户家中起火", "住户13712345678"])
@pytest.mark.parametrize("field", ["text", "place", "handled_by", "measures"])
def test_no_person_and_no_category_of_person_enters_a_report(town, text, field):
    with pytest.raises(Refused) as refused:
        report(town, **{field: text})
    assert refused.value.fields["field"] == field


def test_community_and_subdistrict_read_reports_and_the_district_does_not(town):
    found = report(town)
    readers = {"secretary", "clerk", "huanan_contact"}
    for name in (*readers, "other_secretary", "other_clerk", "registrar", "jiangtan_contact"):
        seen = SituationReport.objects.for_user(getattr(town, name)).filter(pk=found.pk).exists()
        assert seen == (name in readers), name
    everything = User.objects.create_superuser("root", password="x")
    assert not SituationReport.objects.for_user(everything).exists()


def test_only_who_serves_or_keeps_the_place_reports_and_only_the_community_settles(town):
    for user in ("jiangtan_contact", "other_secretary", "clerk"):
        with pytest.raises(Refused):
            report(town, user)
    found = report(town)
    with pytest.raises(Refused) as refused:
        report(town)
    assert refused.value.code == "twice"
    for moment in (NOW + dt.timedelta(minutes=1), NOW - dt.timedelta(days=61)):
        with pytest.raises(Refused):
            report(town, happened_at=moment)
    with pytest.raises(Refused):
        situations.take_note(report=found, acting_user=town.huanan_contact)
    found = situations.take_note(report=found, acting_user=town.secretary)
    found = situations.settle(report=found, measures="已修复", acting_user=town.secretary)
    assert found.settled_on == dt.date(2026, 10, 21)


def test_no_indicator_reads_situations_help_or_visits():
    from evaluations.indicators import REGISTRY

    for indicator in REGISTRY.values():
        for table in ("situationreport", "householdhelp", "helpgiven", "homevisit", "jointproject"):
            assert table not in indicator.facts
