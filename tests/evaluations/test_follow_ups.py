"""Two black quarters in a row open an interview, a change of manager and advice to the owners, once."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.models import Post
from evaluations.models import FollowUp, ListEntry
from evaluations.services.follow_ups import finish_follow_up, open_follow_ups, void_follow_ups
from redprop.common.errors import Refused
from tests.conftest import make_user
from tests.evaluations.quarter import SHANGHAI, person, veto
from tests.evaluations.test_half_years import finish, quarter  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice(quarter, cast):  # noqa: F811
    """The first project is black in the third and the fourth quarter, the second in the third alone."""
    first, second = quarter.projects[:2]
    manager = person(quarter, "M1")
    Post.objects.create(
        person=manager,
        enterprise=first.enterprise,
        project=first,
        kind="project_manager",
        valid_from=dt.date(2025, 1, 1),
    )
    veto(first, cast.registrar)
    veto(second, cast.registrar)
    finish(quarter, "2026Q3")
    assert not FollowUp.objects.exists()
    late = dt.datetime(2026, 12, 2, tzinfo=SHANGHAI)
    veto(first, cast.registrar, decided=dt.date(2026, 12, 1), recorded=late, happened=dt.date(2026, 11, 20))
    quarter.release = finish(quarter, "2026Q4")
    return quarter


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def test_a_second_black_in_a_row_opens_its_three_follow_ups_once(twice):
    rows = FollowUp.objects.order_by("due_on")
    assert {row.entry.project for row in rows} == {twice.projects[0]}
    assert {row.entry.period.code for row in rows} == {"2026Q4"}
    # notices of 8 and 18 January: the second window ends on Friday 22 January 2027; due 10, 20, 30 working days on
    opened = rows[0].opened_on
    assert [(row.kind, row.opened_on) for row in rows] == [
        ("regulatory_interview", opened),
        ("advice_to_owners", opened),
        ("manager_change", opened),
    ]
    assert open_follow_ups(release=twice.release, acting_user=None) == 0
    assert rows.count() == 3


def test_a_half_year_opens_nothing_of_its_own(twice):
    release = finish(twice, "2026H2")
    assert open_follow_ups(release=release, acting_user=None) == 0
    assert FollowUp.objects.count() == 3


def test_a_first_black_that_was_withdrawn_is_no_first_black(twice, cast):
    FollowUp.objects.all().delete()
    before = ListEntry.objects.get(period__code="2026Q3", project=twice.projects[0])
    ListEntry.objects.filter(pk=before.pk).update(state="withdrawn")
    assert open_follow_ups(release=twice.release, acting_user=None) == 0


def test_the_clerk_of_the_subdistrict_finds_them_on_the_home_page_and_records_the_evidence(twice, cast):
    clerk = cast.subdistrict_clerk
    client = Client()
    client.force_login(clerk)
    owed = [item.what for item in client.get(reverse("desk:home")).context["owed"]]
    assert len([what for what in owed if "1号项目" in what]) == 3
    row = FollowUp.objects.get(kind="regulatory_interview")
    done = reverse("desk:follow-up-done", args=[row.pk])
    client.post(done, {"evidence": ""})
    row.refresh_from_db()
    assert row.state == "open"
    client.post(done, {"evidence": "1月25日约谈企业负责人，约谈记录第3号"})
    row.refresh_from_db()
    assert (row.state, row.done_by) == ("done", clerk)
    refused("not-open", lambda: finish_follow_up(follow_up=row, evidence="再约谈", acting_user=clerk))
    listing = client.get(reverse("desk:follow-ups"))
    assert len(listing.context["page_obj"]) == 2


def test_another_subdistricts_clerk_sees_and_does_nothing(twice, cast):
    other = make_user("邻街", "subdistrict_clerk", cast.district, subdistrict=cast.other_subdistrict)
    row = FollowUp.objects.get(kind="regulatory_interview")
    assert not FollowUp.objects.for_user(other).exists()
    refused("not-allowed", lambda: finish_follow_up(follow_up=row, evidence="约谈", acting_user=other))
    refused(
        "not-allowed", lambda: finish_follow_up(follow_up=row, evidence="约谈", acting_user=cast.publisher)
    )


def test_the_manager_is_changed_only_when_the_register_shows_a_new_one(twice, cast):
    row = FollowUp.objects.get(kind="manager_change")
    refused(
        "same-manager",
        lambda: finish_follow_up(follow_up=row, evidence="已更换", acting_user=cast.evaluator),
    )
    project = twice.projects[0]
    Post.objects.filter(project=project).update(valid_to=row.opened_on - dt.timedelta(days=1))
    Post.objects.create(
        person=person(twice, "M2"),
        enterprise=project.enterprise,
        project=project,
        kind="project_manager",
        valid_from=row.opened_on,
    )
    assert finish_follow_up(follow_up=row, evidence="任命通知", acting_user=cast.evaluator).state == "done"


def test_what_is_open_is_void_when_the_entry_is_withdrawn(twice):
    assert void_follow_ups(FollowUp.objects.first().entry) == 3
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"void"}
