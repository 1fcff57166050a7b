"""Who comes into question for a rotating flag: the best in each cell, with some in reserve. Pure."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal

RESERVE = 2
"""So many places after the last flag are named too, for the case that somebody gets none."""


@dataclass(frozen=True)
class Contender:
    """A project with its total; `cell` is where it contends (a subdistrict or the district, a rank group)."""

    key: int
    cell: Hashable
    total: Decimal


def places_of(
    contenders: Iterable[Contender], flags: int, reserve: int = RESERVE
) -> list[tuple[Contender, int]]:
    """Return the contenders within `flags` + `reserve` places of their cell, each with its place: 1, 2, 2, 4.

    A tie across the last place takes everybody in; cells in the order in which they first come.
    """
    cells: dict[Hashable, list[Contender]] = {}
    for one in contenders:
        cells.setdefault(one.cell, []).append(one)
    found = []
    for rows in cells.values():
        rows.sort(key=lambda one: (-one.total, one.key))
        place = 0
        for number, one in enumerate(rows, 1):
            if number == 1 or one.total != rows[number - 2].total:
                place = number
            if place > flags + reserve:
                break
            found.append((one, place))
    return found
