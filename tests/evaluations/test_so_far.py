"""The open quarter so far: what the closing would say if the quarter ended today, nothing saved, nobody else shown."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enterprises.models import CrossAppointment, Graduate, PartyCoverage, PartyPost, Post
from evaluations.models import ClosingRun, IndicatorValue, Scorecard, ScoreLine, Subject
from evaluations.services import rubrics
from evaluations.services.so_far import compute, open_period, standing_so_far
from tests.evaluations.quarter import (
    SHANGHAI,
    build_quarter,
    clear_survey,
    close,
    inspect,
    move_clock,
    open_quarter,
    promise,
    survey,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    cache.clear()
    quarter = build_quarter(cast)
    promise(quarter, quarter.projects[0], kept=False)
    clear_survey(quarter.projects[1])
    survey(quarter.projects[1], quarter.compounds[1], 20, 30)
    inspect(quarter.projects[2], quarter.compounds[2], 55)
    return quarter


def test_after_the_last_day_it_is_what_the_closing_then_writes(quarter, cast):
    period = open_quarter(quarter)
    found = compute(period, [firm.pk for firm in quarter.enterprises])
    assert close(period, cast.evaluator).state == "done"
    for card in Scorecard.objects.all():
        one = found[card.project_id].card
        assert (one.total, one.band) == (card.total, card.band)
        written = {row.item: row.points for row in ScoreLine.objects.filter(project_id=card.project_id)}
        items = [item.code for item in rubrics.value_of(period.rubric).items]
        assert {code: line.points for code, line in zip(items, one.lines, strict=True)} == written


def test_nothing_is_saved(quarter):
    period = open_quarter(quarter)
    compute(period, [firm.pk for firm in quarter.enterprises])
    for model in (ClosingRun, Subject, IndicatorValue, Scorecard, ScoreLine):
        assert not model.objects.exists()


def test_in_the_middle_of_the_quarter_only_what_has_happened_counts(quarter):
    period = open_quarter(quarter)
    move_clock(
        quarter.district, dt.date(2026, 8, 9)
    )  # the day before the promises are due and the inspections
    period.district.refresh_from_db()
    for register in (PartyCoverage, PartyPost, CrossAppointment, Graduate, Post):
        register.objects.update(recorded_at=dt.datetime(2026, 7, 1, 9, tzinfo=SHANGHAI))
    found = compute(period, [quarter.enterprises[0].pk])
    one = found[quarter.projects[0].pk]
    lines = dict(zip([i.code for i in rubrics.value_of(period.rubric).items], one.card.lines, strict=True))
    assert one.days == 40  # 1 July to 9 August
    assert lines["commitments_in_time"].points is None
    assert lines["onsite_inspection"].points is None
    assert lines["joint_meetings"].points == D("4.00")
    assert lines["leadership_team"].points == D("7.00")
    assert one.card.total is None  # 34 of the 60 points that must be available


def test_only_the_enterprises_asked_for_are_in_it(quarter):
    found = compute(open_quarter(quarter), [quarter.enterprises[0].pk])
    assert set(found) == {project.pk for project in quarter.projects[:2]}


def test_a_quarter_that_nobody_has_opened_is_computed_by_the_rubric_in_force(quarter):
    rubrics.load_sample(district=quarter.district, acting_user=None)
    move_clock(quarter.district, dt.date(2026, 10, 21))
    period = open_period(quarter.district)
    assert (period.code, period.pk) == ("2026Q4", None)
    assert set(compute(period, [quarter.enterprises[0].pk])) == {p.pk for p in quarter.projects[:2]}


def test_without_a_rubric_there_is_nothing_to_compute_by(quarter):
    assert open_period(quarter.district) is None


def test_one_query_for_each_item_whatever_the_number_of_enterprises(quarter):
    period = open_quarter(quarter)
    counted = []
    for firms in ([quarter.enterprises[0].pk], [firm.pk for firm in quarter.enterprises]):
        with CaptureQueriesContext(connection) as queries:
            compute(period, firms)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_it_stands_for_some_minutes(quarter):
    period = open_quarter(quarter)
    firms = [quarter.enterprises[0].pk]
    first = standing_so_far(period, firms)
    with CaptureQueriesContext(connection) as queries:
        assert standing_so_far(period, firms) == first
    assert len(queries) == 0


def test_staff_read_it_in_the_admin_without_ranks(quarter, cast, client):
    period = open_quarter(quarter)
    client.force_login(cast.evaluator)
    page = client.get(reverse("admin:evaluations_evaluationperiod_standing", args=[period.pk]))
    assert [row["project"].code for row in page.context["rows"]] == [f"P{n}" for n in range(1, 9)]
    url = reverse("admin:evaluations_evaluationperiod_so_far", args=[period.pk, quarter.projects[0].pk])
    assert "已超61天" in client.get(url).content.decode()
    close(period, cast.evaluator)
    assert client.get(url).status_code == 404
