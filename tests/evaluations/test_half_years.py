"""Half-years and years: the mean of final quarter totals, with a release and a list of their own."""

import datetime as dt
import json
from decimal import Decimal as D

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from communities.models import ServiceAssignment
from evaluations.models import (
    CreditEvent,
    CreditScheme,
    EvaluationPeriod,
    FollowUp,
    ListEntry,
    Release,
    Rubric,
    Scorecard,
)
from evaluations.scoring.__main__ import main
from evaluations.selectors import second_blacks
from evaluations.services import closing, periods, releases, rubrics
from evaluations.services.bundles import write_bundle
from evaluations.services.credit import record_release_events
from evaluations.services.follow_ups import open_follow_ups
from evaluations.services.preparation import prepare_batches
from evaluations.subsidies.due_parts import SCORES
from evaluations.subsidies.scores import FINAL_KINDS, PUBLISHED
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.models import Holiday
from tests.evaluations.quarter import SHANGHAI, build_quarter, close, move_clock, veto

pytestmark = pytest.mark.django_db


def scored_periods(district, day):
    """Codes of the periods whose final totals money follows on that day, one for each project."""
    values = {"day": day, "district": district.pk, "final": [*FINAL_KINDS], "published": [*PUBLISHED]}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH days AS (SELECT %(day)s::date AS ends_on) {SCORES}", values)
        code = [column.name for column in cursor.description].index("code")
        return [row[code] for row in cursor.fetchall()]


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


def test_a_half_year_makes_no_second_credit_event_follow_up_or_subsidy(quarter, cast):
    first = quarter.projects[0]
    CreditScheme.objects.create(
        district=cast.district,
        code="S",
        title="示例方案",
        document="示例1号",
        valid_from=dt.date(2026, 1, 1),
        start=100,
    )
    veto(first, cast.registrar)
    third = finish(quarter, "2026Q3")
    late = dt.datetime(2026, 12, 2, tzinfo=SHANGHAI)
    veto(first, cast.registrar, decided=dt.date(2026, 12, 1), recorded=late, happened=dt.date(2026, 11, 20))
    fourth = finish(quarter, "2026Q4")
    for release in (third, fourth):
        record_release_events(release=release, acting_user=None)
    events = list(CreditEvent.objects.values_list("release_entry__release__period__code", "project"))
    tasks = FollowUp.objects.count()
    assert (len(events), tasks) == (2, 3)  # one black in each quarter, and the three tasks of the second
    half = finish(quarter, "2026H2")
    assert ListEntry.objects.get(period__code="2026H2", project=first).colour == "black"
    assert record_release_events(release=half, acting_user=None) == 0
    assert open_follow_ups(release=half, acting_user=None) == 0
    assert list(CreditEvent.objects.values_list("release_entry__release__period__code", "project")) == events
    assert FollowUp.objects.count() == tasks
    # Money follows the quarters: the half-year's total is nobody's assessment factor.
    scored = scored_periods(quarter.district, dt.date(2026, 12, 31))
    assert scored
    assert set(scored) <= {"2026Q3", "2026Q4"}
    with pytest.raises(Refused) as caught:
        prepare_batches(
            district=quarter.district, period=Period.parse("2026H2"), acting_user=cast.finance_maker
        )
    assert "2026H2" in str(caught.value)


def test_a_project_with_one_quarter_has_its_half_year_from_that_one(quarter, cast):
    """Hand-calculated: P1 89 and 100 → 94.5; P2 serves until 30 September: 100, and nothing in the fourth quarter."""
    Rubric.objects.filter(period_kind="quarter").update(min_available=1)
    first, second = quarter.projects[:2]
    first.inspections.get(marks__scheme="on_site").marks.update(mark=50)
    ServiceAssignment.objects.filter(contract__project=second).update(valid_to=dt.date(2026, 9, 30))
    finish(quarter, "2026Q3")
    finish(quarter, "2026Q4")
    finish(quarter, "2026H2")
    totals = dict(
        ListEntry.objects.filter(period__code="2026H2", project__in=[first, second]).values_list(
            "project__code", "total"
        )
    )
    assert totals == {"P1": D("94.50"), "P2": D("100.00")}


def test_a_half_year_goes_its_whole_way_in_the_admin(quarter, cast, client):
    finish(quarter, "2026Q3")
    rubric = Rubric.objects.get(period_kind="half")
    client.force_login(cast.evaluator)
    client.post(reverse("admin:evaluations_evaluationperiod_add"), {"code": "2026H2", "rubric": rubric.pk})
    half = EvaluationPeriod.objects.get(code="2026H2")

    def step(name, user):
        client.force_login(user)
        return client.post(reverse("admin:evaluations_evaluationperiod_step", args=[half.pk, name]), {})

    assert step("close", cast.evaluator).status_code == 302
    closing.run_inline(half.runs.get())
    for name, user in (("confirm", cast.evaluator), ("notice", cast.publisher), ("finalise", cast.publisher)):
        if name != "finalise" and not half.entries.filter(colour__in=["red", "watch", "black"]).exists():
            continue
        step(name, user)
        move_clock(quarter.district, quarter.district.clock.date() + dt.timedelta(days=9))
    if not half.releases.filter(kind="final").exists():
        releases.finalise(period=EvaluationPeriod.objects.get(pk=half.pk), acting_user=cast.publisher)
    final = half.releases.get(kind="final")
    assert final.index_number.startswith("990101-2026H2-")
    card = Scorecard.objects.get(run__period=half, project=quarter.projects[0])
    page = client.get(reverse("admin:evaluations_scorecard_change", args=[card.pk]))
    assert page.status_code == 200


def test_the_command_closes_a_half_year_too(quarter, cast, settings, capsys):
    settings.DEMO = True
    finish(quarter, "2026Q3")
    for action, user in (("open", "evaluator"), ("close", "evaluator"), ("finalise", "publisher")):
        more = ["--inline"] if action == "close" else []
        call_command("period", action, "2026H2", "--district", "990101", "--as", user, *more)
    capsys.readouterr()
    call_command("period", "status", "2026H2", "--district", "990101", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "closed"
    assert [one["kind"] for one in told["releases"]] == ["final"]
