"""The grade of a subject on a day, from its dated events: the same events give the same grade for ever."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from evaluations.credit.schemes import DECIDING, LOWEST, Condition, Grade, Part, Scheme
from redprop.common.rounding import quantize


@dataclass(frozen=True)
class Event:
    """One recorded fact with its points (never negative; the part says which way they count).

    It counts from `starts_on` to `ends_on`, both included; `ends_on` None: for the term of the
    scheme. `ended_on`: the day it stopped counting by repair or withdrawal.
    """

    key: str
    part: Part
    points: Decimal
    starts_on: dt.date
    ends_on: dt.date | None = None
    ended_on: dt.date | None = None
    serious: bool = False
    vetoes: bool = False


@dataclass(frozen=True)
class Standing:
    """Where a subject stands on a day: the total in points, its grade (None: the scheme has none for it), what counted."""

    on: dt.date
    total: Decimal
    sums: dict[Part, Decimal]
    grade: Grade | None
    counted: tuple[Event, ...]


def last_day(event: Event, scheme: Scheme) -> dt.date | None:
    """Return the last day on which the event counts by its own end or the scheme's term (None: without end)."""
    if event.ends_on is not None or scheme.term_months is None:
        return event.ends_on
    return event.starts_on + relativedelta(months=scheme.term_months) - dt.timedelta(days=1)


def counts(event: Event, scheme: Scheme, day: dt.date) -> bool:
    """Return whether the event counts on the day."""
    last = last_day(event, scheme)
    return (
        event.starts_on <= day
        and (last is None or day <= last)
        and (event.ended_on is None or day < event.ended_on)
        and not (scheme.calendar_year and event.starts_on.year != day.year)
    )


def standing_on(
    day: dt.date, scheme: Scheme, events: Iterable[Event], *, registered: bool = True
) -> Standing:
    """Return total and grade on the day. `registered` False: the subject should be rated but never took part."""
    counted = tuple(
        sorted((event for event in events if counts(event, scheme, day)), key=lambda e: (e.starts_on, e.key))
    )
    sums = {
        part: _capped(sum((e.points for e in counted if e.part is part), Decimal(0)), scheme.caps.get(part))
        for part in Part
    }
    bad = sums[Part.BAD] if scheme.bad_adds else -sums[Part.BAD]
    total = quantize(scheme.start + sums[Part.BASIC] + sums[Part.GOOD] + bad, scheme.quantum, "HALF_UP")
    return Standing(day, total, sums, _grade(scheme, total, counted, registered), counted)


def _capped(points: Decimal, cap: Decimal | None) -> Decimal:
    return points if cap is None else min(points, cap)


def _grade(scheme: Scheme, total: Decimal, counted: tuple[Event, ...], registered: bool) -> Grade | None:
    true = {
        Condition.UNREGISTERED: not registered,
        Condition.SERIOUS: any(event.serious for event in counted),
        Condition.HAS_BAD: any(event.part is Part.BAD for event in counted),
    }
    true[Condition.NO_BAD] = not true[Condition.HAS_BAD]
    for condition in DECIDING:
        for grade in scheme.grades:
            if true[condition] and grade.condition is condition:
                return grade
    if any(event.vetoes for event in counted):
        for grade in scheme.grades:
            if grade.on_veto:
                return grade
    holding = [
        grade
        for grade in scheme.grades
        if grade.condition not in DECIDING and true.get(grade.condition, True) and grade.holds(total)
    ]
    return max(holding, key=lambda grade: grade.lower if grade.lower is not None else LOWEST, default=None)
