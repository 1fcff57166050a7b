"""95 % bounds of a share of satisfied answers (Wilson score, finite-population correction).

With n answers of a population of N households the variance shrinks by (N - n) / (N - 1), which is
the same as n × (N - 1) / (N - n) answers of an endless population. Everyone asked: no doubt left.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal, localcontext

Z = Decimal("1.959963984540054")  # 97.5 % point of the normal distribution: 95 % between both bounds
QUANTUM = Decimal("0.000001")
ONE = Decimal(1)


def upper_bound(satisfied: Decimal, answers: Decimal, population: int | None) -> Decimal:
    """Return the upper bound as a share of 1, rounded up to six places (the firm's way).

    No answers: 1, because nothing is known. Raises ValueError when more are satisfied than answered.
    """
    return interval(satisfied, answers, population)[1]


def interval(satisfied: Decimal, answers: Decimal, population: int | None) -> tuple[Decimal, Decimal]:
    """Return both bounds as shares of 1, rounded outwards to six places; (0, 1) without an answer.

    Raises ValueError when more are satisfied than answered.
    """
    if not 0 <= satisfied <= answers:
        raise ValueError(f"{satisfied} satisfied of {answers} answers is not a share.")
    if answers == 0:
        return Decimal(0).quantize(QUANTUM), ONE
    with localcontext() as context:
        context.prec = 40
        share = satisfied / answers
        if population is not None and answers >= population:
            return share.quantize(QUANTUM, ROUND_DOWN), share.quantize(QUANTUM, ROUND_UP)
        n = answers
        if population is not None and population > 1:
            n = answers * (population - 1) / (population - answers)
        z2 = Z * Z
        centre = share + z2 / (2 * n)
        spread = Z * (share * (ONE - share) / n + z2 / (4 * n * n)).sqrt()
        low = max(Decimal(0), min((centre - spread) / (ONE + z2 / n), share))
        high = min(ONE, max((centre + spread) / (ONE + z2 / n), share))
        return low.quantize(QUANTUM, ROUND_DOWN), high.quantize(QUANTUM, ROUND_UP)
