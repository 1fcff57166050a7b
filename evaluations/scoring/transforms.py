"""From a value to the points of one item. Exact fractions inside, rounded once at the end."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from evaluations.scoring.rubric import Item, Kind, Missing, Rubric
from redprop.common.rounding import quantize

RAW_QUANTUM = Decimal("0.000001")


@dataclass(frozen=True)
class Value:
    """What an indicator says about one subject: numerator over denominator, from n observations.

    Deductions and bonuses count events in the numerator alone. A numerator of None, or a
    denominator of None or zero where one is needed, means "not applicable".
    """

    numerator: Decimal | None
    denominator: Decimal | None
    n: int | None = None


class Status(StrEnum):
    """Whether a line has points, and why not."""

    SCORED = "scored"
    MISSING = "missing"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Line:
    """One item of one scorecard: its points (None: leaves the denominator or blocks) and the value behind."""

    points: Decimal | None
    raw: Decimal | None
    status: Status
    blocks: bool = False


def needed_answers(item: Item, population: int | None) -> int:
    """Return how many valid answers the item needs: `min_n`, or all households if there are fewer."""
    return item.min_n if population is None else min(item.min_n, population)


def status_of(item: Item, value: Value | None, population: int | None) -> Status:
    """Tell whether the value can be scored."""
    if value is None or value.numerator is None:
        return Status.MISSING
    if item.transform.kind not in (Kind.DEDUCTION, Kind.BONUS) and not value.denominator:
        return Status.MISSING
    if item.min_n and (value.n or 0) < max(1, needed_answers(item, population)):
        return Status.TOO_FEW
    return Status.SCORED


def exact_raw(item: Item, value: Value) -> Fraction:
    """Return the share, mean or count that the transform works on; the value must be scorable."""
    assert value.numerator is not None
    if item.transform.kind in (Kind.DEDUCTION, Kind.BONUS):
        return Fraction(value.numerator)
    assert value.denominator
    return Fraction(value.numerator) / Fraction(value.denominator)


def exact_points(item: Item, raw: Fraction) -> Fraction:
    """Return the points for a share, mean or count, before rounding."""
    transform, points = item.transform, Fraction(item.points)
    if transform.kind is Kind.LINEAR:
        zero, full = Fraction(transform.zero_at), Fraction(transform.full_at)
        return points * _within((raw - zero) / (full - zero))
    if transform.kind is Kind.MEAN:
        low, high = Fraction(transform.low), Fraction(transform.high)
        return points * _within((raw - low) / (high - low))
    if transform.kind is Kind.BANDS:
        for band in transform.bands:
            if raw >= Fraction(band.lower):
                return Fraction(band.points)
        return Fraction(0)
    if transform.kind is Kind.DEDUCTION:
        return max(Fraction(transform.floor), points - Fraction(transform.per_event) * raw)
    return min(points, Fraction(transform.per_event) * raw)


def _within(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))


def points_of(rubric: Rubric, item: Item, raw: Fraction) -> Decimal:
    """Return the points for a share, mean or count, rounded in the rubric's way (`Rubric.line_quantum`)."""
    return quantize(exact_points(item, raw), rubric.line_quantum, rubric.mode)


def score_value(rubric: Rubric, item: Item, value: Value | None, population: int | None = None) -> Line:
    """Return the line of one item: points by its transform, or what its policy does without a value."""
    status = status_of(item, value, population)
    raw = None
    if value is not None and status is not Status.MISSING:
        exact = exact_raw(item, value)
        raw = quantize(exact, RAW_QUANTUM)
        if status is Status.SCORED:
            return Line(points_of(rubric, item, exact), raw, status)
    if item.missing is Missing.ZERO and status is not Status.TOO_FEW:
        return Line(quantize(Decimal(0), rubric.line_quantum), raw, status)
    return Line(None, raw, status, blocks=item.missing is Missing.BLOCK)
