"""Secretaries follow from dated posts; training, ratings and awards are theirs alone, and the allowance names its day."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from enterprises.coverage import Reach
from enterprises.lead_geese import allowance_of, figures_of, narrowed, secretaries_on, story_of
from enterprises.models import (
    CommunitySecretary,
    PartyOrganisation,
    PartyPost,
    PartyRule,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from enterprises.services.lead_geese import check_attendance, check_award, check_rating
from evaluations.services.rules import load_sample_rules
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.core.models import Person
from tests.town import START, build_town, posted

TODAY = dt.date(2026, 10, 21)


@pytest.fixture
def town(db, settings):
    settings.DEMO = True
    town = build_town()
    town.user = posted("zzb", "组织", "organisation_department", town.district)
    User.objects.filter(pk__in=[town.user.pk, town.clerk.pk]).update(is_staff=True)
    town.firm, town.community = (
        Person.objects.create(district=town.district, code=f"RY{n}", name=name, pinyin=name)
        for n, name in ((1, "企书记"), (2, "社书记"))
    )
    branch = PartyOrganisation.objects.create(
        district=town.district, code="DZ1", name="华楠支部", kind="branch", form="single", founded_on=START
    )
    town.post = PartyPost.objects.create(
        organisation=branch, person=town.firm, kind="secretary", valid_from=START
    )
    CommunitySecretary.objects.create(person=town.community, community=town.a1, valid_from=START)
    town.course = TrainingCourse.objects.create(
        district=town.district,
        code="PX1",
        title="轮训",
        kind="rotation",
        held_from=dt.date(2026, 4, 12),
        held_to=dt.date(2026, 4, 14),
        hours=24,
    )
    return town


def refused(check, row):
    with pytest.raises(Refused) as found:
        check(row)
    return found.value.fields["field"]


def attended(town, **changes):
    return TrainingAttendance(**{"course": town.course, "person": town.firm, "hours": 24, **changes})


def test_who_is_secretary_follows_from_the_dated_posts(town):
    def names(day):
        return [one.person.name for one in secretaries_on(Reach(town.district, day, town.user))]

    assert names(TODAY) == ["企书记", "社书记"]
    town.post.valid_to = dt.date(2026, 9, 14)
    town.post.save()
    assert names(dt.date(2026, 9, 14)) == ["企书记", "社书记"]
    assert names(dt.date(2026, 9, 15)) == ["社书记"]
    assert names(START - dt.timedelta(days=1)) == []


def test_the_database_refuses_two_secretaries_of_a_community_on_a_day(town):
    with pytest.raises(IntegrityError), transaction.atomic():
        CommunitySecretary.objects.create(person=town.firm, community=town.a1, valid_from=TODAY)


def test_hours_of_the_year_and_who_lacks_a_rating(town):
    """24 of 56 hours; with a rule of 24 hours it is enough. Neither has a rating of 2025."""
    attended(town).save()
    reach = Reach(town.district, TODAY, town.user)
    rows = secretaries_on(reach)
    assert [number for _title, number, _code, _gap in figures_of(rows, reach, 56)] == [1, 1, 0, 2, 2, 0]
    assert [one.person.name for one in narrowed(rows, "trained", reach, 24)] == ["企书记"]
    SecretaryRating.objects.create(
        person=town.firm, year=2025, grade="good", rated_on=dt.date(2026, 1, 20), grounds="规范"
    )
    left = narrowed(secretaries_on(reach), "unrated", reach, 56)
    assert [one.person.name for one in left] == ["社书记"]
    assert secretaries_on(Reach(town.district, dt.date(2026, 1, 19)))[0].rating is None
    assert secretaries_on(Reach(town.district, dt.date(2026, 4, 13)))[0].hours == 0


def test_a_course_is_attended_by_secretaries_within_its_hours(town):
    check_attendance(attended(town))
    assert refused(check_attendance, attended(town, hours=25)) == "hours"
    town.post.valid_to = dt.date(2026, 4, 11)
    town.post.save()
    assert refused(check_attendance, attended(town)) == "person"
    town.course.held_from = town.course.held_to = dt.date(2026, 10, 22)
    assert refused(check_attendance, attended(town)) == "course"


def test_only_who_was_secretary_in_the_year_is_rated(town):
    row = SecretaryRating(
        person=town.firm, year=2025, grade="good", rated_on=dt.date(2026, 1, 20), grounds="规范"
    )
    check_rating(row)
    row.year, row.rated_on = 2019, dt.date(2020, 1, 10)
    assert refused(check_rating, row) == "person"
    row.year, row.rated_on = 2025, dt.date(2026, 10, 22)
    assert refused(check_rating, row) == "rated_on"


def test_an_award_before_the_post_is_refused(town):
    row = SecretaryAward(
        person=town.firm, title="头雁", level="district", awarded_on=START, grounds="实绩突出"
    )
    check_award(row)
    row.awarded_on = START - dt.timedelta(days=1)
    assert refused(check_award, row) == "person"


def test_the_page_says_which_day_decides_the_allowance(town):
    """The sample rule's month is September: its 15th decides."""
    reach = Reach(town.district, TODAY, town.user)
    assert allowance_of(reach, 2026).day is None
    load_sample_rules(town.district)
    told = allowance_of(reach, 2026)
    assert told.day == dt.date(2026, 9, 15)
    assert "2026-09-15" in told.sentence
    assert allowance_of(Reach(town.district, TODAY, town.registrar), 2026) is None


def test_the_history_of_a_person_up_to_a_day(town):
    attended(town).save()
    story = story_of(town.firm, Reach(town.district, TODAY))
    assert [post[2] for post in story.posts] == ["华楠支部"]
    assert story.hours == [(2026, 24)]
    assert story_of(town.firm, Reach(town.district, dt.date(2026, 4, 13))).training == []


def test_pages_and_file_for_those_who_keep_them_and_nobody_else(town, django_assert_max_num_queries):
    attended(town).save()
    PartyRule.objects.create(district=town.district, valid_from=START, training_hours=24)
    client = Client()
    client.force_login(User.objects.get(pk=town.user.pk))
    base = "admin:enterprises_communitysecretary"
    pages = [
        reverse(f"{base}_overview"),
        reverse(f"{base}_overview") + "?is=trained&q=企",
        reverse(f"{base}_overview_file", args=["csv"]),
        reverse(f"{base}_person", args=[town.firm.pk]),
    ]
    for page in pages:
        answer = client.get(page)
        text = b"".join(answer) if answer.streaming else answer.content
        assert "企书记" in text.decode("utf-8-sig"), page
    course = reverse("admin:enterprises_trainingcourse_change", args=[town.course.pk])
    assert client.get(course).status_code == 200
    client.force_login(User.objects.get(pk=town.clerk.pk))
    assert {client.get(page).status_code for page in pages} == {403}
