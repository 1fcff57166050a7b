"""The staff's pages of surveys: prepared and opened in the admin, called at the desk, as many queries for many rows."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.models import ListEntry, SurveyAnswer, SurveyHousehold, SurveyRound, SurveySample
from evaluations.services import survey_answers, surveys
from evaluations.services.survey_reminders import remind_of_second_surveys
from redprop.core.models import Notification
from tests.evaluations.quarter import (
    build_quarter,
    clear_survey,
    closed_quarter,
    move_clock,
    open_quarter,
    survey,
)
from tests.evaluations.surveying import ALL, FIRST, LAST, households, opened

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def test_the_evaluator_prepares_edits_and_opens_a_survey_in_the_admin(cast):
    quarter = build_quarter(cast, projects=2)
    period = open_quarter(quarter, "2026Q4")
    move_clock(quarter.district, FIRST)
    client = signed_in(cast.evaluator)
    made = client.post(
        reverse("admin:evaluations_surveyround_add"),
        {"period": period.pk, "opens_on": FIRST.isoformat(), "ends_on": LAST.isoformat()},
    )
    assert made.status_code == 302, made.context["adminform"].form.errors
    row = SurveyRound.objects.get()
    change = reverse("admin:evaluations_surveyround_change", args=[row.pk])
    shown = client.get(change).content.decode()
    assert "总的来说，您对本小区的物业服务满意吗？" in shown
    step = reverse("admin:evaluations_surveyround_step", args=[row.pk, "open"])
    effects = client.get(step).content.decode()
    assert "124 of 200 households of 2 projects" in effects
    assert "62 are drawn" in effects
    assert signed_in(cast.publisher).post(step).status_code == 403
    assert client.post(step).status_code == 302
    assert SurveyHousehold.objects.count() == 124
    assert client.get(change).status_code == 200
    assert client.post(change, {"title": "x"}).status_code == 403
    listed = client.get(reverse("admin:evaluations_surveysample_changelist") + f"?round={row.pk}")
    assert listed.context["cl"].result_count == 2
    sample = SurveySample.objects.first()
    assert client.get(reverse("admin:evaluations_surveysample_change", args=[sample.pk])).status_code == 200
    foreign = signed_in(cast.foreign["evaluator"]).get(change)
    assert foreign.status_code in (302, 404)


def test_a_clerk_calls_enters_and_sees_who_is_left(cast):
    quarter = opened(cast)
    client = signed_in(cast.subdistrict_clerk)
    sample = SurveySample.objects.get(project=quarter.projects[0])
    home = households(quarter)[0]
    page = client.get(reverse("desk:survey", args=[sample.pk])).content.decode()
    assert reverse("desk:survey-household", args=[home.pk]) in page
    client.post(reverse("desk:survey-call", args=[home.pk]), {"outcome": "no_answer"})
    entered = client.post(
        reverse("desk:survey-enter", args=[home.pk]), {"channel": "phone", "overall": "4", "cleaning": "3"}
    )
    assert entered.status_code == 302
    answer = SurveyAnswer.objects.get(round=quarter.round)
    assert (answer.entered_by, answer.channel, answer.marks) == (
        cast.subdistrict_clerk,
        "phone",
        {"overall": 4, "cleaning": 3},
    )
    after = client.get(reverse("desk:survey", args=[sample.pk])).content.decode()
    assert reverse("desk:survey-household", args=[home.pk]) not in after
    done = client.get(reverse("desk:survey-household", args=[home.pk])).content.decode()
    assert "has answered" in done
    assert 'name="overall"' not in done
    assert signed_in(cast.community_secretary).get(reverse("desk:surveys")).status_code == 404


@pytest.mark.parametrize("name", ["desk:surveys", "desk:survey", "admin:evaluations_surveysample_changelist"])
def test_the_number_of_queries_does_not_grow_with_projects_households_or_answers(cast, name):
    quarter = opened(cast, projects=8)
    client = signed_in(cast.evaluator)
    sample = SurveySample.objects.get(project=quarter.projects[0])
    address = reverse(name, args=[sample.pk] if name == "desk:survey" else [])

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(address).status_code == 200
        return len(found)

    queries()
    keep = [project.pk for project in quarter.projects[:2]]
    others = SurveySample.objects.exclude(project__in=keep)
    large = queries()
    SurveyHousehold.objects.exclude(project__in=keep).delete()
    SurveyHousehold.objects.filter(place__gt=5).delete()
    others.delete()
    small = queries()
    for home in households(quarter):
        survey_answers.enter_answer(household=home, channel="phone", marks=ALL, acting_user=cast.evaluator)
    assert queries() <= large + 1
    assert large <= small + 1


def test_second_surveys_that_fall_due_are_told_and_stand_on_the_start_page(cast):
    quarter = build_quarter(cast)
    project = quarter.projects[0]
    project.inspections.get(marks__scheme="on_site").marks.update(mark=0)
    clear_survey(project)
    survey(project, quarter.compounds[0], 20, 30)
    closed_quarter(quarter)
    entry = ListEntry.objects.get(project=project)
    client = signed_in(cast.evaluator)
    start = client.get(reverse("admin:index")).content.decode()
    assert "Undetermined projects to be surveyed again and decided" in start
    assert remind_of_second_surveys(district=quarter.district) == 0
    # due on 9 November 2026: five working days before it is Monday the 2nd
    move_clock(quarter.district, FIRST.replace(month=11, day=2))
    assert remind_of_second_surveys(district=quarter.district) == 1
    assert remind_of_second_surveys(district=quarter.district) == 0
    move_clock(quarter.district, FIRST.replace(month=11, day=10))
    assert remind_of_second_surveys(district=quarter.district) == 1
    assert Notification.objects.filter(user=cast.evaluator, subject__startswith="resurvey").count() == 2
    assert "1 overdue" in client.get(reverse("admin:index")).content.decode()
    opened_page = client.get(reverse("admin:evaluations_listentry_step", args=[entry.pk, "again"]))
    assert opened_page.status_code == 200
    client.post(reverse("admin:evaluations_listentry_step", args=[entry.pk, "again"]))
    row = SurveyRound.objects.get(entry=entry)
    # twenty working days are over: the second survey still gets ten days
    assert (row.ends_on - row.opens_on).days == surveys.EXTRA_DAYS
    page = client.get(reverse("admin:evaluations_listentry_change", args=[entry.pk])).content.decode()
    assert re.search(rf"surveyround/{row.pk}/change", page)
