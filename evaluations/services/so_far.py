"""The open period as it stands so far: the same indicators over the facts recorded by now. Nothing is saved.

No rank, no list and nobody else's result: only what the enterprise's own projects would have if the
period ended today. Kept in the cache for some minutes.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import connection

from evaluations.indicators import indicator_of
from evaluations.indicators.base import Evidence, evidence
from evaluations.models import EvaluationPeriod
from evaluations.scoring.evaluate import Card, Scorer, Subject
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.scoring.transforms import Value
from evaluations.services.rubrics import rubric_for, value_of
from evaluations.services.run_data import SHANGHAI, quarter_numbers, quarter_totals_of, sql_parameters
from evaluations.services.subjects import SO_FAR
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind

KEPT = 300
"""Seconds for which a computation stands."""


@dataclass(frozen=True)
class SoFar:
    """One project as it stands: its card, what the card was computed from, days of service so far."""

    project_id: int
    subject: Subject
    card: Card
    values: tuple[Value | None, ...]
    days: int


def open_period(district: District, kind: PeriodKind = PeriodKind.QUARTER) -> EvaluationPeriod | None:
    """Return the oldest period of the kind that has begun and is not closed, opened or not (not saved then).

    None when no rubric is in force for it (two queries).
    """
    today = business_today(district)
    mine = EvaluationPeriod.objects.filter(district=district, kind=kind).select_related("rubric")
    begun = mine.filter(starts_on__lte=today).exclude(state=EvaluationPeriod.State.CLOSED)
    found = begun.order_by("starts_on").first()
    if found is not None:
        return found
    value = Period.of(kind, today)
    if mine.filter(code=str(value)).exists():
        return None
    try:
        rubric = rubric_for(district, value.start, kind)
    except Refused:
        return None
    return EvaluationPeriod(
        district=district,
        code=str(value),
        kind=kind,
        starts_on=value.start,
        ends_on=value.end,
        cutoff_on=value.end,
        rubric=rubric,
    )


def parameters_so_far(period: EvaluationPeriod, enterprises: Collection[int]) -> dict[str, Any]:
    """Return the parameters of the indicators for the period up to today."""
    today = business_today(period.district)
    parameters = sql_parameters(period, 0)
    now = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), SHANGHAI)
    return {
        **parameters,
        "end": min(today, period.ends_on),
        "cutoff": min(now, parameters["cutoff"]) if today > period.ends_on else now,
        "enterprises": sorted(enterprises),
    }


def standing_so_far(period: EvaluationPeriod, enterprises: Collection[int]) -> dict[int, SoFar]:
    """Return the enterprises' projects as they stand today, by id: one query for each item, whatever the number.

    Kept for some minutes for the same enterprises and day.
    """
    today = business_today(period.district)
    key = f"so-far:{period.district_id}:{period.code}:{period.rubric_id}:{today}:" + ",".join(
        map(str, sorted(enterprises))
    )
    # A list of enterprises may be longer than a key of the cache.
    key = f"so-far:{sha256(key.encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = compute(period, enterprises)
        cache.set(key, found, KEPT)
    return found


def compute(period: EvaluationPeriod, enterprises: Collection[int]) -> dict[int, SoFar]:
    """As `standing_so_far`, without the cache."""
    rubric = value_of(period.rubric)
    parameters = parameters_so_far(period, enterprises)
    subjects = _subjects(parameters)
    values: dict[int, list[Value | None]] = {pk: [None] * len(rubric.items) for pk in subjects}
    with connection.cursor() as cursor:
        for index, item in enumerate(rubric.items):
            indicator = indicator_of(item.source)
            cursor.execute(indicator.values_sql(SO_FAR), {**parameters, "item": item.code})
            for project, numerator, denominator, n in cursor.fetchall():
                values[project][index] = Value(numerator, denominator, n)
    scorer = Scorer(rubric, quarter_numbers(period))
    return {
        pk: SoFar(pk, subject, scorer.card(subject, values[pk]), tuple(values[pk]), subject.days)
        for pk, subject in subjects.items()
    }


def _subjects(parameters: dict[str, Any]) -> dict[int, Subject]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{SO_FAR} SELECT project_id, enterprise_id, days, households, quarter_totals, vetoes "
            "FROM evaluations_subject ORDER BY project_id",
            parameters,
        )
        return {
            project: Subject(
                key=str(project),
                enterprise=str(enterprise),
                days=days,
                households=households,
                population=households or None,
                vetoes=tuple(vetoes),
                quarter_totals=quarter_totals_of(totals),
            )
            for project, enterprise, days, households, totals, vetoes in cursor.fetchall()
        }


def evidence_so_far(
    period: EvaluationPeriod, enterprises: Collection[int], project_id: int, source: str, item: str
) -> list[Evidence]:
    """Return the facts so far behind one item of one project (one query)."""
    parameters = parameters_so_far(period, enterprises)
    return evidence(indicator_of(source), project_id, parameters, item, SO_FAR)


def reached_so_far(rubric: RubricValue, card: Card) -> tuple[Decimal, Decimal]:
    """Return the points reached and those that could be, over the items that have a value."""
    reached = available = Decimal(0)
    for item, line in zip(rubric.items, card.lines, strict=True):
        if line.points is None:
            continue
        reached += line.points
        available += Decimal(0) if item.adds else item.points
    return reached, available
