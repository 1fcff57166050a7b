"""Competition ranks on rounded totals: 1, 2, 2, 4."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Field:
    """The totals of one rank group, sorted; answers where a total stands in it."""

    totals: tuple[Decimal, ...]

    @classmethod
    def of(cls, totals: Iterable[Decimal]) -> "Field":
        """Return the field of these totals."""
        return cls(tuple(sorted(totals)))

    @property
    def size(self) -> int:
        """N: how many are ranked."""
        return len(self.totals)

    def rank(self, total: Decimal) -> int:
        """Return 1 + how many have a higher total."""
        return 1 + self.size - bisect_right(self.totals, total)

    def at_or_below(self, total: Decimal) -> int:
        """Return how many have this total or a lower one."""
        return bisect_right(self.totals, total)

    def at_or_below_after_move(self, old: Decimal, new: Decimal) -> int:
        """Return `at_or_below(new)` as if one member had moved from `old` up to `new`."""
        return self.at_or_below(new) + (1 if old > new else 0)

    def below(self, total: Decimal) -> int:
        """Return how many have a lower total."""
        return bisect_left(self.totals, total)


def places(count: int, share: Decimal) -> int:
    """Return floor(count × share): how many places a share of the list is."""
    return int(Fraction(count) * Fraction(share))
