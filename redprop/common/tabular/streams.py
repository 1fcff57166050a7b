"""One sheet of a table file, whatever its format: rows with the numbers that the user sees in Excel.

A sheet never holds its rows: `rows()` opens the file anew each time and streams. Cells are text, int,
float, bool, date or datetime; `BadCell`, `Merged` and `Percent` (see `cells`) say more than a value can.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redprop.common.tabular.cells import FORMULA_ERRORS, Merged

Cells = list[Any]
Rows = Iterator[tuple[int, Cells]]
Merge = tuple[int, int, int]
"""First row and last row (from 1) and column (from 0) of a cell merged downwards."""


class BadLine(list[Any]):
    """The cells of a row that cannot be read soundly; `message` is the sentence for the user."""

    def __init__(self, cells: Iterable[Any], message: str) -> None:
        super().__init__(cells)
        self.message = message


@dataclass(frozen=True)
class Sheet:
    """One sheet; `rows()` can be called again and again. `hidden` sheets are read only when asked for by name."""

    path: Path
    name: str
    kind: str
    read: Callable[[], Rows]
    hidden: bool = False
    first_column: int = 1
    guess: Callable[[], int] | None = None

    def estimate(self) -> int:
        """Return about how many rows there are, 0 when that cannot be told without reading them."""
        return self.guess() if self.guess else 0

    def rows(self) -> Rows:
        """Yield (row number as in Excel, cells); an empty row between filled ones is an empty list."""
        last = 0
        for number, cells in self.read():
            for blank in range(last + 1, number):
                yield blank, []
            yield number, cells
            last = number


def fill_down(rows: Rows, merges: Sequence[Merge]) -> Rows:
    """Give the rows of a downward merge what its first row says, as `Merged`; rows without a cell stay away."""
    waiting = deque(sorted(merges))
    active: list[tuple[int, int, int, Any]] = []
    for number, cells in rows:
        active = [one for one in active if one[1] >= number]
        for first, last, column, value in active:
            if len(cells) <= column:
                cells.extend([""] * (column + 1 - len(cells)))
            if cells[column] == "":
                plain = isinstance(value, str) and value in FORMULA_ERRORS
                cells[column] = value if plain else Merged(value, first, last)
        while waiting and waiting[0][0] <= number:
            first, last, column = waiting.popleft()
            if first == number and last > number and len(cells) > column and cells[column] != "":
                active.append((first, last, column, cells[column]))
        yield number, cells
