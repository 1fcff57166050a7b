"""Reads of the evaluation for other parts: final results, score lines with their facts, what waits for whom."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from evaluations.indicators import HAND_MARKS, REGISTRY, Evidence, Indicator, evidence, indicator_of
from evaluations.models import (
    ClosingRun,
    Colour,
    EvaluationPeriod,
    IndicatorValue,
    Level,
    ListEntry,
    Release,
    ReleaseEntry,
    Scorecard,
    ScoreLine,
    Subject,
)
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import sql_parameters
from evaluations.words import rule_text
from redprop.areas.models import District

FINAL_KINDS = (Release.Kind.FINAL, Release.Kind.SUPPLEMENT, Release.Kind.CORRECTION)


def final_entries(district: District) -> QuerySet[ReleaseEntry]:
    """Rows of final releases of the district, newest release first; filter by period or project."""
    return ReleaseEntry.objects.filter(
        release__district=district, release__kind__in=FINAL_KINDS, release__state=Release.State.PUBLISHED
    ).order_by("-release__period__ends_on", "-release__sequence")


def final_totals(district: District, period_code: str) -> dict[int, tuple[Decimal | None, str]]:
    """Return total and colour by project id as finally published for one period (one query)."""
    rows = final_entries(district).filter(release__period__code=period_code, level=Level.PROJECT)
    return {
        project: (total, colour)
        for project, total, colour in rows.reverse().values_list("project_id", "total", "colour")
    }


@dataclass(frozen=True)
class FinalResult:
    """The last final result of a project."""

    period: str
    total: Decimal | None
    colour: str


def final_factor_inputs(district: District, up_to: dt.date) -> dict[int, FinalResult]:
    """Return by project id the last final result with a total, of periods that ended by `up_to` (one query)."""
    rows = (
        final_entries(district)
        .filter(level=Level.PROJECT, total__isnull=False, release__period__ends_on__lte=up_to)
        .reverse()
        .values_list("project_id", "release__period__code", "total", "colour")
    )
    return {project: FinalResult(period, total, colour) for project, period, total, colour in rows}


@dataclass(frozen=True)
class CardLine:
    """One line of a scorecard as a page shows it: raw numbers, points, the rule in words."""

    item: str
    title: str
    pillar: str
    full: Decimal
    points: Decimal | None
    status: str
    numerator: Decimal | None
    denominator: Decimal | None
    n: int | None
    rule: str
    explanation: str


def card_lines(card: Scorecard) -> list[CardLine]:
    """Return the lines of a card in the order of the rubric (four queries)."""
    rubric = value_of(card.run.period.rubric)
    lines = {
        line.item: line for line in ScoreLine.objects.filter(run_id=card.run_id, project_id=card.project_id)
    }
    values = {
        value.item: value
        for value in IndicatorValue.objects.filter(run_id=card.run_id, project_id=card.project_id)
    }
    found = []
    for item in rubric.items:
        line, value = lines[item.code], values.get(item.code)
        indicator = {**REGISTRY, HAND_MARKS.code: HAND_MARKS}.get(item.source)
        found.append(
            CardLine(
                item=item.code,
                title=item.title,
                pillar=item.pillar,
                full=item.points,
                points=None if line.points is None else line.points.quantize(rubric.line_quantum),
                status=line.status,
                numerator=value.numerator if value else None,
                denominator=value.denominator if value else None,
                n=value.n if value else None,
                rule=rule_text(item),
                explanation=str(indicator.explanation) if indicator else "",
            )
        )
    return found


def line_evidence(run: ClosingRun, project_id: int, item: str) -> tuple[Indicator, list[Evidence]]:
    """Return the indicator behind an item and the rows it counted for the project: "where does this come from"."""
    source = run.period.rubric.items.get(code=item).source
    indicator = indicator_of(source)
    facts = evidence(indicator, project_id, sql_parameters(run.period, run.pk), item)
    return indicator, [fact for fact in facts if fact.source_id is not None]


def second_blacks(period: EvaluationPeriod) -> QuerySet[ListEntry]:
    """Return the project entries that are black in this period and were black in the one before, unless struck."""
    before = Subject.objects.filter(
        run=OuterRef("run"), project=OuterRef("project"), preceding_colour=Colour.BLACK
    )
    return (
        ListEntry.objects.filter(Exists(before), period=period, level=Level.PROJECT, colour=Colour.BLACK)
        .exclude(state=ListEntry.State.STRUCK)
        .select_related("project")
        .order_by("pk")
    )


def latest_cards(district: District) -> QuerySet[Scorecard]:
    """Cards of the district's newest closed period."""
    run = (
        ClosingRun.objects.filter(
            period__district=district,
            state=ClosingRun.State.DONE,
            corrects__isnull=True,
            period__state=EvaluationPeriod.State.CLOSED,
        )
        .order_by("-period__ends_on", "-pk")
        .first()
    )
    return Scorecard.objects.filter(run=run).select_related("project", "enterprise", "run__period")
