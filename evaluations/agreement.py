"""How well two markings of the same compounds agree (pure, on decimals)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Agreement:
    """Of n pairs: mean absolute difference in points of 100, share within the tolerance, intraclass correlation.

    `icc` is ICC(1,1), the share of the variance that lies between compounds: 1 is perfect agreement, 0 no more
    than by chance; None with fewer than two pairs or without any variance.
    """

    n: int
    mean_difference: Decimal | None
    share_within: Decimal | None
    icc: Decimal | None


def agreement(pairs: Iterable[tuple[Decimal, Decimal]], within: Decimal) -> Agreement:
    """Return the agreement of the pairs (first, second)."""
    rows = list(pairs)
    n = len(rows)
    if not n:
        return Agreement(0, None, None, None)
    gaps = [abs(one - other) for one, other in rows]
    mean_difference = sum(gaps, Decimal(0)) / n
    share = Decimal(sum(gap <= within for gap in gaps)) / n
    if n < 2:
        return Agreement(n, mean_difference, share, None)
    means = [(one + other) / 2 for one, other in rows]
    middle = sum(means, Decimal(0)) / n
    between = 2 * sum((mean - middle) ** 2 for mean in means) / (n - 1)
    inside = sum((one - other) ** 2 for one, other in rows) / (2 * n)
    icc = (between - inside) / (between + inside) if between + inside else None
    return Agreement(n, mean_difference, share, icc)
