"""What each lost point was lost for, how far the next band is, and which vetoes stand: reads for pages.

The same for a closed card and for the open period so far. Two queries for each line that lost points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.indicators import HAND_MARKS, REGISTRY, Evidence, Indicator, Lost, evidence
from evaluations.models import Scorecard, ScoreLine, Subject, Veto
from evaluations.scoring.distance import Distance, distance
from evaluations.scoring.evaluate import Card
from evaluations.scoring.evaluate import Subject as SubjectValue
from evaluations.scoring.rubric import Item, Kind, Rubric
from evaluations.scoring.transforms import Line, Status
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import quarter_numbers, quarter_totals_of, sql_parameters
from redprop.common.rounding import quantize


@dataclass(frozen=True)
class Loss:
    """One thing that points were lost for, with its part of the line's lost points."""

    lost: Lost
    points: Decimal


def lost_points(item: Item, points: Decimal | None) -> Decimal:
    """Return what a line lacks of its full points; a bonus and a line without a value lose nothing."""
    if points is None or item.transform.kind is Kind.BONUS:
        return Decimal(0)
    return max(item.points - points, Decimal(0))


def explain_line(
    indicator: Indicator,
    item: Item,
    points: Decimal | None,
    facts: Sequence[Evidence],
    parameters: Mapping[str, Any],
) -> list[Loss]:
    """Return what a line's lost points were lost for (one query at most); nothing when it has them all.

    The points are shared out by how much each thing lacks, because the transform takes their sum.
    """
    whole = lost_points(item, points)
    if whole <= 0:
        return []
    found = indicator.explain(facts, parameters) if indicator.explain else _plainly(facts)
    if not found and points is not None:
        found = [Lost(None, item.title, _("nothing on record"), Decimal(1))]
    lacking = sum((one.missing for one in found), Decimal(0))
    return [
        Loss(one, quantize(whole * one.missing / lacking if lacking > 0 else whole / len(found)))
        for one in found
    ]


def _plainly(facts: Sequence[Evidence]) -> list[Lost]:
    return [
        Lost(fact.day, fact.label, _("does not count in full"), fact.missing, fact.model, fact.source_id)
        for fact in facts
        if fact.missing > 0
    ]


def indicator_or_none(source: str) -> Indicator | None:
    """Return the indicator of an item's source; None when it is no longer registered."""
    return HAND_MARKS if source == HAND_MARKS.code else REGISTRY.get(source)


def losses_of_card(
    card: Scorecard, points: Mapping[str, Decimal | None], only: str = ""
) -> dict[str, list[Loss]]:
    """Return item → losses of a closed card; `only` one item. Two queries for each line that lost points."""
    parameters = sql_parameters(card.run.period, card.run_id)
    found: dict[str, list[Loss]] = {}
    for item in value_of(card.run.period.rubric).items:
        indicator = indicator_or_none(item.source)
        reached = points.get(item.code)
        if indicator is None or (only and item.code != only) or lost_points(item, reached) <= 0:
            continue
        facts = evidence(indicator, card.project_id, parameters, item.code)
        found[item.code] = explain_line(indicator, item, reached, facts, parameters)
    return found


def distance_of_card(card: Scorecard) -> Distance:
    """Return how far a closed card is from the next bounds (three queries)."""
    rubric = value_of(card.run.period.rubric)
    rows = {row.item: row for row in ScoreLine.objects.filter(run_id=card.run_id, project_id=card.project_id)}
    lines = [_line(rows.get(item.code), rubric) for item in rubric.items]
    subject = Subject.objects.filter(run=card.run_id, project=card.project_id).first()
    totals = quarter_totals_of(subject.quarter_totals) if subject else ()
    total = None if card.total is None else card.total.quantize(rubric.quantum)
    quarters = quarter_numbers(card.run.period)
    return distance(rubric, SubjectValue(str(card.project_id), quarter_totals=totals), lines, total, quarters)


def _line(row: ScoreLine | None, rubric: Rubric) -> Line:
    if row is None or row.points is None:
        return Line(None, None, Status(row.status) if row else Status.MISSING)
    return Line(row.points.quantize(rubric.line_quantum), None, Status(row.status))


def distance_of(rubric: Rubric, subject: SubjectValue, card: Card, quarters: Sequence[int]) -> Distance:
    """Return how far a card that was computed just now is from the next bounds (no query)."""
    return distance(rubric, subject, card.lines, card.total, quarters)


def vetoes_in(project_id: int, parameters: Mapping[str, Any]) -> list[Veto]:
    """Return the vetoes that count in the period, with their evidence (one query)."""
    rows = Veto.objects.filter(
        Q(revoked_at__isnull=True) | Q(revoked_at__gte=parameters["cutoff"]),
        project=project_id,
        decided_on__range=(parameters["start"], parameters["end"]),
        recorded_at__lt=parameters["cutoff"],
    )
    return list(rows.order_by("decided_on", "pk"))


def vetoes_of_card(card: Scorecard) -> list[Veto]:
    """Return the vetoes behind a closed card (one query)."""
    return vetoes_in(card.project_id, sql_parameters(card.run.period, card.run_id))
