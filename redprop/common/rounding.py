"""The one rounding function of the portal: scores and money both come through here.

Exact for every quantum (also 0.05 or 0.5), never through a float, independent of the thread's
decimal context. It imports nothing of Django, so the bundle verifier can use it alone.
"""

from decimal import Decimal
from fractions import Fraction

HALF_UP = "HALF_UP"
HALF_EVEN = "HALF_EVEN"
DOWN = "DOWN"
UP = "UP"
MODES = (HALF_UP, HALF_EVEN, DOWN, UP)


def quantize(
    value: Decimal | Fraction | int, quantum: Decimal = Decimal("0.01"), mode: str = HALF_UP
) -> Decimal:
    """Return `value` rounded to a whole multiple of `quantum`, with the decimals of `quantum`.

    HALF_UP takes halves away from zero (0.125 → 0.13, -0.125 → -0.13), HALF_EVEN to the even
    neighbour, DOWN towards zero, UP away from zero. Raises TypeError for floats, ValueError for
    an unknown mode or a quantum that is not positive.
    """
    if isinstance(value, float) or isinstance(quantum, float):
        raise TypeError("Points and amounts are decimals; a float has already lost what is being rounded.")
    if mode not in MODES:
        raise ValueError(f"Unknown rounding mode {mode!r}; known are {', '.join(MODES)}.")
    if not quantum > 0:
        raise ValueError(f"The quantum to round to must be positive, not {quantum}.")
    steps = Fraction(value) / Fraction(quantum)
    sign = -1 if steps < 0 else 1
    whole, rest = divmod(abs(steps), 1)
    whole = int(whole)
    half = Fraction(1, 2)
    if mode == HALF_UP:
        up = rest >= half
    elif mode == HALF_EVEN:
        up = rest > half or (rest == half and whole % 2 == 1)
    else:
        up = mode == UP and rest > 0
    return _multiple(sign * (whole + up), quantum)


def _multiple(steps: int, quantum: Decimal) -> Decimal:
    """Return `steps` × `quantum` exactly, whatever precision the thread's context has."""
    parts = quantum.as_tuple()
    assert isinstance(parts.exponent, int)
    number = steps * int("".join(map(str, parts.digits)))
    if parts.exponent > 0:
        return Decimal(number * 10**parts.exponent)
    return Decimal((1 if number < 0 else 0, tuple(map(int, str(abs(number)))), parts.exponent))
