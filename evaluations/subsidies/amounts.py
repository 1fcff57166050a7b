"""Amounts of subsidies: pure functions on dataclasses, no ORM, clock or settings (worked tables: docs/subsidies.md).

amount = quantity × rate × months × share after decline × assessment factor, rounded once to the fen, half up.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from redprop.common.money import allocate, yuan

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Terms:
    """One version of a rule as numbers. `rates` maps a class (None: every class) to (basis, yuan per unit)."""

    rule_id: int
    version: int
    document: str
    valid_from: dt.date
    valid_to: dt.date | None
    rates: Mapping[int | None, tuple[str, Decimal]]
    bands: Sequence[tuple[Decimal, Decimal]] = ()
    yearly_decline: Decimal = ZERO
    decline_floor: Decimal = ZERO
    decline_from_service: bool = False
    decline_since: dt.date | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    def in_force(self, day: dt.date) -> bool:
        """Whether the rule holds on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def rate_for(self, compound_class: int | None) -> tuple[str, Decimal] | None:
        """Return basis and rate of the class, else those that hold for every class, else None."""
        return self.rates.get(compound_class) or self.rates.get(None)


def full_years(since: dt.date, day: dt.date) -> int:
    """Return how many full years have passed from `since` to `day` (0 before it; 29 February counts from 1 March)."""
    years = day.year - since.year - ((day.month, day.day) < (since.month, since.day))
    return max(years, 0)


def share_after_decline(terms: Terms, served_since: dt.date | None, month_start: dt.date) -> Decimal:
    """Return the share of the rate that is left: 1 − decline × full years, never under the floor.

    Years count from the rule's day or from the compound's first day of service, up to the month's first day.
    """
    since = served_since if terms.decline_from_service else terms.decline_since
    if not terms.yearly_decline or since is None:
        return ONE
    left = ONE - terms.yearly_decline * full_years(since, month_start)
    return max(left, terms.decline_floor, ZERO)


def factor_for(score: Decimal | None, bands: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the factor of the highest band that begins at or below `score`; 0 below all, 1 without score or bands."""
    if score is None or not bands:
        return ONE
    reached = [(begins, factor) for begins, factor in bands if score >= begins]
    return max(reached)[1] if reached else ZERO


def amount_of(
    quantity: Decimal | int, rate: Decimal, months: int = 1, share: Decimal = ONE, factor: Decimal = ONE
) -> Decimal:
    """Return quantity × rate × months × share × factor in yuan, rounded once."""
    return yuan(Fraction(quantity) * Fraction(rate) * months * Fraction(share) * Fraction(factor))


def part_of(amount: Decimal, sharers: int, position: int) -> Decimal:
    """Return the `position`-th (from 1) of `sharers` equal parts of `amount`; the parts add up to it, fen first come."""
    return allocate(amount, [1] * sharers)[position - 1]
