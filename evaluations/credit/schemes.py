"""A grade scheme as a value: how points add up and which grade a total gets.

Cities grade by different formulas (a basic score plus good less bad points; a start score that
moves both ways; penalty points that pile up): each is data here, none is code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise


class Part(StrEnum):
    """To which part of the total an event's points belong."""

    BASIC = "basic"
    GOOD = "good"
    BAD = "bad"


class Condition(StrEnum):
    """What must hold beside the total for a grade; the last two decide by themselves."""

    NONE = ""
    NO_BAD = "no_bad"
    HAS_BAD = "has_bad"
    SERIOUS = "serious"
    UNREGISTERED = "unregistered"


LOWEST, HIGHEST = Decimal("-Infinity"), Decimal("Infinity")

DECIDING = (Condition.UNREGISTERED, Condition.SERIOUS)
"""Conditions that give their grade whatever the total is, the strongest first."""


@dataclass(frozen=True)
class Grade:
    """One grade of a scheme with its bounds in points.

    Without an upper bound it goes up to where the next grade begins; without a lower one it is the lowest.
    `on_veto`: an event that vetoes (一票否决) gives this grade whatever the total is.
    """

    name: str
    lower: Decimal | None = None
    lower_included: bool = True
    upper: Decimal | None = None
    upper_included: bool = False
    condition: Condition = Condition.NONE
    on_veto: bool = False
    title: str = ""

    def holds(self, total: Decimal) -> bool:
        """Return whether the total lies within the bounds."""
        if self.lower is not None and (
            total < self.lower or (total == self.lower and not self.lower_included)
        ):
            return False
        return self.upper is None or total < self.upper or (total == self.upper and self.upper_included)


@dataclass(frozen=True)
class Scheme:
    """A grade scheme. Points are exact decimals, rounded once on the total.

    `caps` are the most points a part may bring. `bad_adds`: bad points pile up instead of being
    taken off. `calendar_year`: only events of the day's own year count. `term_months`: how long
    an event counts that brings no end of its own (None: without end).
    """

    code: str
    start: Decimal = Decimal(0)
    caps: Mapping[Part, Decimal] = field(default_factory=dict)
    bad_adds: bool = False
    calendar_year: bool = False
    term_months: int | None = None
    quantum: Decimal = Decimal("0.01")
    grades: tuple[Grade, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What is wrong with a scheme: a code and the grades it concerns."""

    code: str
    grades: tuple[str, ...]


def faults_of(scheme: Scheme) -> list[Fault]:
    """Return what is wrong with the bounds: crossed, overlapping, or leaving a total without a grade between two grades.

    A total is a multiple of the quantum, so bounds 90 to 119 and from 120 leave no gap with whole points.
    """
    faults = []
    for grade in scheme.grades:
        if grade.lower is not None and grade.upper is not None and grade.lower > grade.upper:
            faults.append(Fault("crossed", (grade.name,)))
    for case in (Condition.NO_BAD, Condition.HAS_BAD):
        bounded = [
            grade
            for grade in scheme.grades
            if grade.condition in (Condition.NONE, case)
            and (grade.lower is not None or grade.upper is not None)
        ]
        spans = sorted(
            (_first(grade, scheme.quantum), _last(grade, scheme.quantum), grade.name) for grade in bounded
        )
        for (start, last, name), (first, _end, after) in pairwise(spans):
            fault = None
            if first == start or (last != HIGHEST and first <= last):
                fault = Fault("overlap", (name, after))
            elif last != HIGHEST and first - last > scheme.quantum:
                fault = Fault("gap", (name, after))
            if fault and fault not in faults:
                faults.append(fault)
    return faults


def _first(grade: Grade, quantum: Decimal) -> Decimal:
    if grade.lower is None:
        return LOWEST
    return grade.lower if grade.lower_included else grade.lower + quantum


def _last(grade: Grade, quantum: Decimal) -> Decimal:
    if grade.upper is None:
        return HIGHEST
    return grade.upper if grade.upper_included else grade.upper - quantum
