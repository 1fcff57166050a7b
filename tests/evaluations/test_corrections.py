"""Corrections recompute from frozen inputs plus those that changed; every published chain still verifies."""

import datetime as dt

import pytest

from evaluations.models import (
    ClosingRun,
    CreditEvent,
    CreditScheme,
    EvaluationPeriod,
    IndicatorValue,
    ListEntry,
    Release,
)
from evaluations.scoring.__main__ import main
from evaluations.services import objections, releases
from evaluations.services.bundles import write_bundle
from evaluations.services.corrections import correct_results, resolve_undetermined, resurvey_due_on
from evaluations.services.credit import record_release_events
from redprop.common.errors import Refused
from tests.evaluations.quarter import (
    SHANGHAI,
    build_quarter,
    clear_survey,
    closed_quarter,
    move_clock,
    noticed_quarter,
    survey,
    veto,
)

pytestmark = pytest.mark.django_db
NOTICE_OVER = dt.date(2026, 10, 20)
LATE = dt.datetime(2026, 10, 21, 10, tzinfo=SHANGHAI)


@pytest.fixture
def quarter(cast):
    """The first two projects are black by veto."""
    quarter = build_quarter(cast)
    quarter.vetoes = [veto(project, cast.registrar) for project in quarter.projects[:2]]
    CreditScheme.objects.create(
        district=cast.district,
        code="S",
        title="示例方案",
        document="示例1号",
        valid_from=dt.date(2026, 1, 1),
        start=100,
    )
    return quarter


def fresh(period):
    return EvaluationPeriod.objects.get(pk=period.pk)


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def now_of(project):
    return ListEntry.objects.exclude(state="withdrawn").get(project=project)


def every_bundle_verifies(tmp_path):
    previous = ""
    for release in Release.objects.order_by("sequence"):
        path = tmp_path / f"{release.sequence}.zip"
        write_bundle(release=release, path=path)
        assert main([str(path)]) == 0, release
        assert release.previous_digest == previous
        previous = release.digest


def correct(period, *projects, reason="核实后更正"):
    period = fresh(period)
    return correct_results(period=period, projects=projects, reason=reason, acting_user=None)


def test_a_veto_found_wrong_after_the_final_list_takes_its_project_off_and_moves_nobody_else(
    quarter, cast, tmp_path
):
    period = noticed_quarter(quarter)
    move_clock(quarter.district, NOTICE_OVER)
    final = releases.finalise(period=fresh(period), acting_user=cast.publisher)
    record_release_events(release=final, acting_user=None)
    before = {e.project: e.rank for e in ListEntry.objects.filter(level="project")}
    quarter.vetoes[0].delete()
    made = correct(period, quarter.projects[0])
    old = ListEntry.objects.filter(project=quarter.projects[0]).earliest("pk")
    assert old.state == "withdrawn"
    assert [e.project for e in made if e.project] == [quarter.projects[0]]
    assert now_of(quarter.projects[0]).colour != "black"
    assert {e.project: e.rank for e in ListEntry.objects.filter(level="project", run=old.run)} == before
    assert CreditEvent.objects.get(release_entry__entry=old).end.reason == "withdrawn"
    named = [e for e in made if e.is_named]
    if named:
        releases.confirm_entries(period=fresh(period), acting_user=cast.evaluator)
        notice = releases.publish_notice(period=fresh(period), acting_user=cast.publisher)
        move_clock(quarter.district, notice.window_ends_on + dt.timedelta(days=1))
    correction = releases.finalise(period=fresh(period), acting_user=cast.publisher)
    assert correction.kind == "correction"
    every_bundle_verifies(tmp_path)


def test_a_late_fact_that_makes_an_entry_worse_gets_a_notice_of_its_own(quarter, cast, tmp_path):
    period = noticed_quarter(quarter)
    move_clock(quarter.district, NOTICE_OVER)
    releases.finalise(period=fresh(period), acting_user=cast.publisher)
    third = quarter.projects[2]
    veto(
        third,
        cast.registrar,
        decided=dt.date(2026, 9, 29),
        recorded=dt.datetime(2026, 10, 19, tzinfo=SHANGHAI),
    )
    correct(period, third)
    assert (now_of(third).colour, now_of(third).state) == ("black", "proposed")
    refused("not-noticed", lambda: releases.finalise(period=fresh(period), acting_user=cast.publisher))
    releases.confirm_entries(period=fresh(period), acting_user=cast.evaluator)
    notice = releases.publish_notice(period=fresh(period), acting_user=cast.publisher)
    assert notice.counts["project"] == {"black": 1}
    refused("window-open", lambda: releases.finalise(period=fresh(period), acting_user=cast.publisher))
    move_clock(quarter.district, notice.window_ends_on + dt.timedelta(days=1))
    correction = releases.finalise(period=fresh(period), acting_user=cast.publisher)
    assert correction.kind == "correction"
    assert now_of(third).state == "final"
    every_bundle_verifies(tmp_path)


def test_before_the_final_list_everybody_is_ranked_again(quarter, cast, tmp_path):
    third = quarter.projects[2]
    marks = third.inspections.get(marks__scheme="on_site").marks
    marks.update(mark=80)
    period = noticed_quarter(quarter)
    assert now_of(third).rank == 8
    marks.update(mark=100)
    correct(period, third)
    assert {now_of(p).rank for p in quarter.projects[2:]} == {1}
    move_clock(quarter.district, NOTICE_OVER)
    final = releases.finalise(period=fresh(period), acting_user=cast.publisher)
    assert final.kind == "final"
    every_bundle_verifies(tmp_path)


def test_a_correction_needs_a_reason_a_change_and_no_open_objection(quarter, cast):
    period = noticed_quarter(quarter)
    first = quarter.projects[0]
    refused("reason-missing", lambda: correct(period, first, reason=" "))
    refused("no-change", lambda: correct(period, first))
    assert ClosingRun.objects.count() == 1
    refused(
        "not-allowed",
        lambda: correct_results(period=period, projects=[first], reason="更正", acting_user=cast.publisher),
    )
    objections.file_objection(entry=now_of(first), by="resident", text="与事实不符", acting_user=None)
    quarter.vetoes[0].delete()
    refused("objection-open", lambda: correct(period, first))


def straddling(quarter):
    """The third project: on-site marks 0 and 23 of 30 satisfied give 69.17 points at most 72: undetermined."""
    project = quarter.projects[2]
    project.inspections.get(marks__scheme="on_site").marks.update(mark=0)
    clear_survey(project)
    survey(project, quarter.compounds[2], 20, 30)
    return project


def ask_again(quarter, project, satisfied, answers):
    survey(
        project,
        quarter.compounds[quarter.projects.index(project)],
        satisfied,
        answers,
        day=dt.date(2026, 10, 12),
        recorded=dt.datetime(2026, 10, 12, 8, tzinfo=SHANGHAI),
        pooled=EvaluationPeriod.objects.get(code="2026Q3"),
    )


def test_an_undetermined_project_is_surveyed_again_within_twenty_working_days_and_the_answers_pooled(
    quarter, cast, tmp_path
):
    project = straddling(quarter)
    period = closed_quarter(quarter)
    entry = now_of(project)
    assert entry.colour == "undetermined", (entry.total, entry.reasons)
    # closed on Monday 12 October 2026: twenty working days later is Monday 9 November
    assert resurvey_due_on(period) == dt.date(2026, 11, 9)
    refused("not-surveyed", lambda: resolve_undetermined(entry=entry, acting_user=cast.evaluator))
    ask_again(quarter, project, 20, 30)
    [made] = [e for e in resolve_undetermined(entry=entry, acting_user=cast.evaluator) if e.project]
    value = IndicatorValue.objects.get(run_id=made.run_id, project_id=project.pk, item__startswith="satis")
    assert (value.numerator, value.denominator) == (40, 60)
    assert made.colour in ("watch", "black")
    releases.confirm_entries(period=fresh(period), acting_user=cast.evaluator)
    notice = releases.publish_notice(period=fresh(period), acting_user=cast.publisher)
    move_clock(quarter.district, notice.window_ends_on + dt.timedelta(days=1))
    releases.finalise(period=fresh(period), acting_user=cast.publisher)
    every_bundle_verifies(tmp_path)


def test_money_is_held_when_a_published_result_is_corrected_and_settled_when_the_correction_is_published(
    quarter, cast, monkeypatch
):
    from evaluations.services import corrections

    held, settled = [], []
    monkeypatch.setattr(corrections, "hold_payments", lambda **told: held.append(told["projects"]))
    monkeypatch.setattr(releases, "settle_payments", lambda **told: settled.append(told["period"].code))
    period = noticed_quarter(quarter)
    first, second = quarter.projects[:2]
    quarter.vetoes[0].delete()
    correct(period, first)
    assert held == []  # nothing was final
    releases.confirm_entries(period=fresh(period), acting_user=cast.evaluator)
    move_clock(quarter.district, NOTICE_OVER)
    releases.finalise(period=fresh(period), acting_user=cast.publisher)
    assert settled == []
    quarter.vetoes[1].delete()
    correct(period, second)
    assert held == [{second.pk}]
    releases.finalise(period=fresh(period), acting_user=cast.publisher)
    assert settled == ["2026Q3"]
