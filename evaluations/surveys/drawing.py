"""How many households a survey asks, and which ones. Pure: the caller brings frame and seed.

Size: enough answers for the margin wanted at 95 % (worst case, half satisfied; finite-population
correction), at least the rubric's least number; then as many households as will give so many answers.
Drawing: households are put in the order of a hash of seed, project and household, and the first are taken.
So the same seed draws the same households in whatever order the frame is read, a larger sample contains
the smaller one, and one project's frame does not move another's.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from evaluations.scoring.wilson import Z

HALF = Decimal("0.5")


@dataclass(frozen=True)
class Size:
    """Sizes in households: for the margin alone, wanted as answers, to be drawn."""

    population: int
    for_margin: int
    needed: int
    drawn: int


@dataclass(frozen=True, order=True)
class Household:
    """One household of a frame: the code of its compound and its number there."""

    compound: str
    number: str


def sample_size(population: int, *, min_valid: int, margin: Decimal, expected_response: int) -> Size:
    """Return the sizes for a project of `population` households.

    `margin` in percentage points, `expected_response` in answers of 100 households. Never more than there are.
    """
    if population <= 0:
        return Size(0, 0, 0, 0)
    endless = Z * Z * HALF * HALF / (margin / 100) ** 2
    for_margin = _up(endless * population / (endless + population - 1))
    needed = min(population, max(for_margin, min_valid))
    return Size(
        population,
        min(for_margin, population),
        needed,
        min(population, _up(Decimal(needed * 100) / expected_response)),
    )


def draw(seed: int, project: str, frame: Iterable[Household], count: int) -> list[Household]:
    """Return `count` households of the frame in the order in which they are drawn (all, when there are fewer)."""

    def key(household: Household) -> tuple[bytes, Household]:
        text = f"{seed}|{project}|{household.compound}|{household.number}"
        return hashlib.sha256(text.encode()).digest(), household

    return sorted(set(frame), key=key)[:count]


def serial_numbers(compound: str, households: int) -> list[Household]:
    """Return the frame of a compound of which only the number of households is known."""
    return [Household(compound, f"第{number}户") for number in range(1, households + 1)]


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
