"""From the totals of its projects to the total of an enterprise."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluations.scoring.rubric import RollUp, Rubric
from redprop.common.rounding import quantize


@dataclass(frozen=True)
class Part:
    """One ranked project of an enterprise: its total and what it may be weighted by."""

    total: Decimal
    households: int
    area: Decimal


def weight(by: RollUp, part: Part) -> Fraction:
    """Return the weight of a project under the rubric's choice."""
    if by is RollUp.HOUSEHOLDS:
        return Fraction(part.households)
    if by is RollUp.AREA:
        return Fraction(part.area)
    return Fraction(1)


def enterprise_total(rubric: Rubric, parts: Sequence[Part]) -> Decimal | None:
    """Return the weighted mean of the project totals, rounded as the rubric says; None without projects.

    When no project has a weight (households or area not recorded) all count alike.
    """
    if not parts:
        return None
    weights = [weight(rubric.rollup, part) for part in parts]
    if not any(weights):
        weights = [Fraction(1)] * len(parts)
    total = sum((w * Fraction(p.total) for w, p in zip(weights, parts, strict=True)), Fraction(0))
    return quantize(total / sum(weights, Fraction(0)), rubric.quantum, rubric.mode)
