"""Half-years and years: the mean of final quarter totals, with a release and a list of their own."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.urls import reverse

from evaluations.models import EvaluationPeriod, ListEntry, Release, Rubric, Scorecard
from evaluations.scoring.__main__ import main
from evaluations.selectors import second_blacks
from evaluations.services import periods, releases, rubrics
from evaluations.services.bundles import write_bundle
from redprop.common.errors import Refused
from redprop.core.models import Holiday
from tests.evaluations.quarter import SHANGHAI, build_quarter, close, move_clock, veto

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    quarter = build_quarter(cast)
    Holiday.objects.create(district=cast.district, day=dt.date(2027, 1, 1))
    for kind in ("quarter", "half", "year"):
        rubrics.load_sample(district=cast.district, period_kind=kind, acting_user=None)
    move_clock(cast.district, dt.date(2027, 1, 8))
    return quarter


def open_period(quarter, code):
    return periods.open_period(district=quarter.district, code=code, acting_user=quarter.cast.evaluator)


def finish(quarter, code):
    """Open, close, notice and finalise a period; the clock moves on to the day after its window."""
    cast = quarter.cast
    period = open_period(quarter, code)
    assert close(period, cast.evaluator).state == "done"
    period = EvaluationPeriod.objects.get(code=code)
    if releases.confirm_entries(period=period, acting_user=cast.evaluator):
        notice = releases.publish_notice(period=period, acting_user=cast.publisher)
        move_clock(quarter.district, notice.window_ends_on + dt.timedelta(days=1))
        period = EvaluationPeriod.objects.get(code=code)
    return releases.finalise(period=period, acting_user=cast.publisher)


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)


def test_a_half_year_is_the_mean_of_its_final_quarters_and_verifies_by_itself(quarter, cast, tmp_path):
    project = quarter.projects[0]
    Rubric.objects.filter(period_kind="quarter").update(min_available=1)
    project.inspections.get(marks__scheme="on_site").marks.update(mark=50)
    finish(quarter, "2026Q3")
    finish(quarter, "2026Q4")
    third, fourth = (
        Scorecard.objects.get(project=project, run__period__code=code).total for code in ("2026Q3", "2026Q4")
    )
    assert third == D("89.00")  # the mark of 50 costs 11 of the 22 points; nothing is missing
    assert fourth == D("100.00")  # in the fourth quarter there is nothing but party building, all in place
    final = finish(quarter, "2026H2")
    total = ListEntry.objects.get(period__code="2026H2", project=project).total
    assert total == D("94.50")
    write_bundle(release=Release.objects.get(pk=final.pk), path=tmp_path / "h.zip")
    assert main([str(tmp_path / "h.zip")]) == 0


def test_a_half_year_waits_for_the_final_list_of_each_quarter_that_was_opened(quarter, cast):
    half = open_period(quarter, "2026H2")
    assert "1" in refused("quarters-missing", lambda: close(half, cast.evaluator))
    close(open_period(quarter, "2026Q3"), cast.evaluator)
    said = refused("quarter-not-final", lambda: close(half, cast.evaluator))
    assert "2026年第3季度" in said
    assert EvaluationPeriod.objects.get(code="2026H2").state == "open"


def test_a_year_needs_three_quarters(quarter, cast):
    finish(quarter, "2026Q3")
    finish(quarter, "2026Q4")
    year = open_period(quarter, "2026")
    assert "3" in refused("quarters-missing", lambda: close(year, cast.evaluator))


def test_a_month_is_not_evaluated(quarter):
    refused("period-kind", lambda: open_period(quarter, "2026-07"))


def test_the_second_black_in_a_row_is_named_for_its_follow_ups(quarter, cast, client):
    first, second = quarter.projects[:2]
    veto(first, cast.registrar)
    veto(second, cast.registrar)
    finish(quarter, "2026Q3")
    late = dt.datetime(2026, 12, 2, tzinfo=SHANGHAI)
    veto(first, cast.registrar, decided=dt.date(2026, 12, 1), recorded=late, happened=dt.date(2026, 11, 20))
    finish(quarter, "2026Q4")
    period = EvaluationPeriod.objects.get(code="2026Q4")
    assert [entry.project for entry in second_blacks(period)] == [first]
    assert not second_blacks(EvaluationPeriod.objects.get(code="2026Q3")).exists()
    client.force_login(cast.evaluator)
    page = client.get(reverse("admin:evaluations_evaluationperiod_change", args=[period.pk])).content.decode()
    assert first.name in page
