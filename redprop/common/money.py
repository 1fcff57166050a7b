"""Yuan as Decimal: reading, showing, and sharing an amount without losing a fen.

Amounts are Decimal with two places everywhere; fen (1/100 yuan) appear only where a sum must be
cut into whole units.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from redprop.common.rounding import HALF_UP, quantize

FEN = Decimal("0.01")
ZERO = Decimal("0.00")


def yuan(value: Decimal | Fraction | int | str, mode: str = HALF_UP) -> Decimal:
    """Return an amount in yuan, rounded to the fen."""
    return quantize(Decimal(value) if isinstance(value, str) else value, FEN, mode)


def to_fen(amount: Decimal) -> int:
    """Return the whole fen of `amount`; raises ValueError when it has parts of a fen."""
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"{amount} yuan is not a whole number of fen.")
    return int(fen)


def from_fen(fen: int) -> Decimal:
    """Return `fen` as yuan with two places."""
    return quantize(Fraction(fen, 100), FEN)


def format_yuan(amount: Decimal | int) -> str:
    """Return `¥1,234.50`, or `-¥1,234.50` for what is taken back."""
    amount = yuan(amount)
    return f"{'-' if amount < 0 else ''}¥{abs(amount):,.2f}"


def allocate(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Return `amount` shared by `weights` in whole fen; the parts always add up to `amount`.

    Largest remainder: each gets its share rounded down, the fen left over go to the largest
    remainders, ties to the earlier one. Raises ValueError for weights that are negative or all zero.
    """
    shares = [Fraction(weight) for weight in weights]
    total = sum(shares)
    if total <= 0 or min(shares) < 0:
        raise ValueError("Sharing an amount needs weights that are not negative and not all zero.")
    fen = to_fen(amount)
    sign, fen = (-1 if fen < 0 else 1), abs(fen)
    exact = [fen * share / total for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: fen - sum(parts)]:
        parts[i] += 1
    return [from_fen(sign * part) for part in parts]


def round_sql(expression: str) -> str:
    """Return SQL that rounds a numeric expression as `yuan` does: to the fen, halves away from zero.

    PostgreSQL's round(numeric, 2) is exact and does just that; a test holds the two against each other.
    """
    return f"round(({expression})::numeric, 2)"
