"""After the final list its cut-offs stay: a corrected subject is measured by them, and nobody else moves."""

import json
from dataclasses import replace
from decimal import Decimal as D

import pytest

from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry
from evaluations.scoring import bundle, canonical
from evaluations.scoring.__main__ import main
from evaluations.scoring.evaluate import CutOffs, evaluate, published_cut_offs
from evaluations.scoring.listing import Candidate, Colour, CutOff, assign, cut_offs_of
from evaluations.scoring.reading import read_cut_offs
from evaluations.scoring.rubric import ListRule
from evaluations.scoring.sample import SAMPLE
from evaluations.services import releases
from evaluations.services.corrections import correct_results, preview_correction
from redprop.common.errors import Refused
from tests.evaluations.quarter import build_quarter, closed_quarter, move_clock
from tests.evaluations.test_corrections import NOTICE_OVER, every_bundle_verifies

RULE = ListRule(red_share=D("0.10"), black_share=D("0.10"), retest=False)
TOTALS = ["98", "96", *["80"] * 15, "74", "73", "72"]
"""Twenty ranked: the first two down to 96, the last two up to 73, all three of the last below the watch limit."""


def coloured(total, *, cut_offs, tail_before=False):
    """The colour of one more candidate among the twenty."""
    crowd = [Candidate(f"c{i}", D(one), days=92, satisfaction_valid=True) for i, one in enumerate(TOTALS)]
    one = Candidate("x", D(total), days=92, satisfaction_valid=True, preceding_tail=tail_before)
    return assign([*crowd, one], RULE, lambda key: None, cut_offs)["x"]


def test_the_cut_offs_of_a_list_are_the_lowest_first_and_the_highest_last_total():
    assert cut_offs_of({"": map(D, TOTALS)}, RULE) == {"": CutOff(D(96), D(73))}
    # a tie across a cut: all of the first, none of the last
    assert cut_offs_of({"": map(D, ["98", "96", "96", *["80"] * 15, "72", "72", "72"])}, RULE) == {
        "": CutOff(D(96), None)
    }
    # 9 ranked: 10 % is no place at all
    assert cut_offs_of({"": map(D, TOTALS[:9])}, RULE) == {"": CutOff(None, None)}


@pytest.mark.parametrize(
    ("total", "colour", "reasons"),
    [
        ("96.5", Colour.RED, [("reaches_red", "90"), ("published_first", "96")]),
        ("96", Colour.RED, [("reaches_red", "90"), ("published_first", "96")]),
        ("95.99", Colour.UNLISTED, []),
        ("73.01", Colour.WATCH, [("below_watch", "75")]),
        ("73", Colour.BLACK, [("published_last_twice", "73")]),
    ],
)
def test_a_corrected_total_is_measured_by_the_published_limits(total, colour, reasons):
    found = coloured(total, cut_offs={"": CutOff(D(96), D(73))}, tail_before=True)
    told = [(reason.code, dict(reason.values)["limit"]) for reason in found.reasons]
    assert (found.colour, told) == (colour, reasons)


def test_by_places_alone_the_same_totals_would_have_fallen_otherwise():
    """What the published limits are for: 22 ranked are still two places, so 96.5 and 96 miss them once 97 came in."""
    crowd = [Candidate(f"c{i}", D(one), days=92, satisfaction_valid=True) for i, one in enumerate(TOTALS)]
    moved = [
        Candidate(key, D(one), days=92, satisfaction_valid=True) for key, one in (("x", "97"), ("y", "96.5"))
    ]
    by_places = assign([*crowd, *moved], RULE, lambda key: None)
    by_limits = assign([*crowd, *moved], RULE, lambda key: None, {"": CutOff(D(96), D(73))})
    assert (by_places["y"].colour, by_limits["y"].colour) == (Colour.UNLISTED, Colour.RED)
    # and the published one keeps its place
    assert (by_places["c1"].colour, by_limits["c1"].colour) == (Colour.UNLISTED, Colour.RED)


def test_without_a_first_place_nobody_becomes_red_by_a_correction():
    assert coloured("99", cut_offs={"": CutOff(None, None)}).colour is Colour.UNLISTED
    assert coloured("99", cut_offs={}).colour is Colour.UNLISTED


def test_limits_survive_the_bundle_and_an_altered_limit_is_found(tmp_path):
    from tests.evaluations.test_bundle import content

    given, outcome = content()
    limits = published_cut_offs(SAMPLE, given.subjects, outcome)
    assert read_cut_offs(json.loads(canonical.dumps(bundle.cut_offs_json(limits)))) == limits
    corrected = evaluate(SAMPLE, given.subjects, given.enterprises, given.values, cut_offs=limits)
    assert {k: s.colour for k, s in corrected.standings.items()} == {
        k: s.colour for k, s in outcome.standings.items()
    }
    entries = tuple(
        replace(e, reasons=tuple(r.as_json() for r in standing.reasons))
        for e in given.entries
        for standing in [{**corrected.standings, **corrected.enterprise_standings}[e.subject]]
    )
    packed = bundle.pack(replace(given, cut_offs=limits, entries=entries), corrected)
    path = tmp_path / "correction.zip"
    bundle.write_zip(path, packed.files)
    assert main([str(path)]) == 0
    red = limits.projects[""].red
    assert red is not None
    forged = replace(
        given, entries=entries, cut_offs=CutOffs({"": CutOff(red + 1, None)}, limits.enterprises)
    )
    bundle.write_zip(path, bundle.pack(forged, corrected).files)
    assert main([str(path)]) == 1


# ---- through the services -----------------------------------------------------------------------


@pytest.fixture
def quarter(cast):
    """On-site marks 100, 95, 90, 80, 80, 70, 70, 70 at 22 points: totals 100, 98.9, 97.8, 95.6, 95.6, 93.4 ×3."""
    quarter = build_quarter(cast)
    for project, mark in zip(quarter.projects, (100, 95, 90, 80, 80, 70, 70, 70), strict=True):
        mark_onsite(project, mark)
    return quarter


def mark_onsite(project, mark):
    project.inspections.get(marks__scheme="on_site").marks.update(mark=mark)


def final_with_two_reds(quarter, cast):
    """25 % of 8 are two red places: 100 and 98.9."""
    from evaluations.services import periods, rubrics

    rubric = rubrics.load_sample(district=quarter.district, acting_user=None)
    rubric.list_rule = {**rubric.list_rule, "red_share": "0.25"}
    rubric.save(update_fields=["list_rule"])
    period = periods.open_period(district=quarter.district, code="2026Q3", acting_user=cast.evaluator)
    from tests.evaluations.quarter import close

    close(period, cast.evaluator)
    period = EvaluationPeriod.objects.get(pk=period.pk)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    releases.publish_notice(period=period, acting_user=cast.publisher)
    move_clock(quarter.district, NOTICE_OVER)
    releases.finalise(period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.publisher)
    return EvaluationPeriod.objects.get(pk=period.pk)


def current(quarter):
    rows = ListEntry.objects.filter(level="project").exclude(state="withdrawn")
    return [rows.get(project=project) for project in quarter.projects]


@pytest.mark.django_db
def test_corrected_projects_reach_the_published_limit_and_nobody_else_moves(quarter, cast, tmp_path):
    period = final_with_two_reds(quarter, cast)
    before = current(quarter)
    assert [e.total for e in before] == [
        D(t) for t in ("100", "98.9", "97.8", "95.6", "95.6", "93.4", "93.4", "93.4")
    ]
    assert [e.colour for e in before] == ["red", "red", *["unlisted"] * 6]
    # 90 → 97 gives 99.34; 80 → 94 gives 98.68, below the limit of 98.9; the sixth was changed too but is not named
    mark_onsite(quarter.projects[2], 97)
    mark_onsite(quarter.projects[3], 94)
    mark_onsite(quarter.projects[5], 100)
    named = [quarter.projects[i] for i in (2, 3, 4)]
    seen = preview_correction(period=period, projects=named, acting_user=cast.evaluator)
    assert [(m.old.total, m.new.total, m.new.colour) for m in seen if m.new.project_id] == [
        (D("97.8"), D("99.34"), "red"),
        (D("95.6"), D("98.68"), "unlisted"),
    ]
    assert ClosingRun.objects.count() == 1
    assert current(quarter) == before
    made = correct_results(period=period, projects=named, reason="检查表录入有误", acting_user=cast.evaluator)
    assert [e.project for e in made if e.project] == [quarter.projects[2], quarter.projects[3]]
    after = current(quarter)
    assert [e.colour for e in after] == ["red", "red", "red", *["unlisted"] * 5]
    assert [after[i].pk for i in (0, 1, 4, 5, 6, 7)] == [before[i].pk for i in (0, 1, 4, 5, 6, 7)]
    assert (before[1].rank, after[1].rank) == (2, 2)
    # a third is red although two places were published: its limit, not the places, decides
    assert {r["code"] for r in after[2].reasons} == {"reaches_red", "published_first"}
    every_bundle_verifies(tmp_path)
    releases.confirm_entries(period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.evaluator)
    notice = releases.publish_notice(
        period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.publisher
    )
    assert notice.counts["project"]["red"] == 1
    every_bundle_verifies(tmp_path)
    # the next correction is measured by the same limits: 98.9 is enough, however many are above it
    mark_onsite(quarter.projects[6], 95)
    correct_results(
        period=EvaluationPeriod.objects.get(pk=period.pk),
        projects=[quarter.projects[6]],
        reason="补录",
        acting_user=cast.evaluator,
    )
    assert current(quarter)[6].colour == "red"
    runs = ClosingRun.objects.order_by("pk")
    assert [run.cut_offs for run in runs][1] == [run.cut_offs for run in runs][2]
    assert runs[0].cut_offs is None
    move_clock(quarter.district, notice.window_ends_on.replace(day=notice.window_ends_on.day + 1))
    releases.finalise(period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.publisher)
    every_bundle_verifies(tmp_path)


@pytest.mark.django_db
def test_a_preview_of_nothing_says_so(quarter, cast):
    period = closed_quarter(quarter)
    with pytest.raises(Refused) as caught:
        preview_correction(period=period, projects=quarter.projects[:3], acting_user=cast.evaluator)
    assert caught.value.code == "no-change"
    assert ClosingRun.objects.count() == 1


@pytest.mark.django_db
def test_a_correction_sees_that_the_preceding_quarter_was_corrected(quarter, cast):
    """The tail of the quarter before is an input of its own: when it goes, the second time in a row goes with it."""
    from evaluations.models import Subject

    period = closed_quarter(quarter)
    first = quarter.projects[0]
    run = ClosingRun.objects.get()
    before = EvaluationPeriod.objects.create(
        district=cast.district, code="2026Q2", kind="quarter", starts_on="2026-04-01", ends_on="2026-06-30",
        cutoff_on="2026-07-03", rubric=period.rubric, state="closed", closed_at=period.closed_at,
    )  # fmt: skip
    old = ClosingRun.objects.create(period=before, state="done", started_at=run.started_at)
    ListEntry.objects.create(
        period=before, run=old, level="project", project=first, enterprise=first.enterprise, place="ranked",
        colour="watch", tail=True, state="final", total=72,
    )  # fmt: skip
    mark_onsite(first, 50)
    correct_results(period=period, projects=[first], reason="更正", acting_user=cast.evaluator)
    subject = Subject.objects.filter(project=first).latest("pk")
    assert (subject.preceding_colour, subject.preceding_tail) == ("watch", True)
    other = Subject.objects.filter(project=quarter.projects[1]).latest("pk")
    assert (other.preceding_colour, other.preceding_tail) == ("", False)
