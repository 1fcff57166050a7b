"""From lines to the total of a scorecard, and from quarter totals to a half-year or a year."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from evaluations.scoring.rubric import Item, ResultBand, Rubric
from evaluations.scoring.transforms import Line
from redprop.common.rounding import quantize


def own_total(rubric: Rubric, lines: Iterable[tuple[Item, Line]]) -> Fraction | None:
    """Return the total of the rubric's own items on its scale, exact; None when it has no complete score.

    Items without a value leave the denominator: the points reached are taken over the points that
    could be reached. Bonuses and pure deductions are added after that. No score when an item
    blocks, or when fewer points than `min_available` could be reached.
    """
    reached = available = extra = Decimal(0)
    for item, line in lines:
        if line.points is None:
            if line.blocks:
                return None
        elif item.adds:
            extra += line.points
        else:
            reached += line.points
            available += item.points
    return scaled_total(rubric, reached, available, extra)


def scaled_total(rubric: Rubric, reached: Decimal, available: Decimal, extra: Decimal) -> Fraction | None:
    """Return `reached` of `available` points on the total scale plus `extra`, within 0 and the scale if capped."""
    if available <= 0 or available < rubric.min_available:
        return None
    scale = Fraction(rubric.total_scale)
    total = Fraction(reached) * scale / Fraction(available) + Fraction(extra)
    total = max(total, Fraction(0))
    return min(total, scale) if rubric.cap_total else total


def quarters_total(
    weights: Sequence[Decimal], totals: Mapping[int, Decimal], quarters: Sequence[int]
) -> Fraction | None:
    """Return the weighted mean of the final quarter totals present, exact; None when too few are.

    `quarters` are the numbers (1 to 4) of the period's quarters. A half-year takes one or both, a
    year at least three; weights are renormalised over those present.
    """
    present = [q for q in quarters if q in totals]
    needed = 3 if len(quarters) == 4 else 1
    if len(present) < needed:
        return None
    weight = sum((Fraction(weights[q - 1]) for q in present), Fraction(0))
    if weight == 0:
        return None
    return sum((Fraction(weights[q - 1]) * Fraction(totals[q]) for q in present), Fraction(0)) / weight


def period_total(rubric: Rubric, own: Fraction | None, quarters: Fraction | None) -> Decimal | None:
    """Return the rounded total: own items at `own_share`, quarter totals at the rest; None when a needed part is missing."""
    share = Fraction(rubric.own_share)
    total = Fraction(0)
    if share > 0:
        if own is None:
            return None
        total += share * own
    if share < 1:
        if quarters is None:
            return None
        total += (1 - share) * quarters
    return quantize(total, rubric.quantum, rubric.mode)


def band_of(bands: Iterable[ResultBand], total: Decimal | None) -> str:
    """Return the code of the highest band whose inclusive lower bound is reached, or an empty text."""
    reached = [band for band in bands if total is not None and total >= band.lower]
    return max(reached, key=lambda band: band.lower).code if reached else ""
