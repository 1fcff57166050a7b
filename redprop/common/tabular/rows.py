"""One row of an imported file, why it is refused, and the form in which many rows lie packed in memory.

A file of 100,000 rows is worked through in parts; the rows of the parts that are not at hand take
some 100 bytes each.
"""

import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redprop.common.tabular.reading import Cells

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
STATUSES = (NEW, CHANGED, UNCHANGED, REFUSED)


class _Missing:
    """The file says nothing here. There is one of it, also behind a pickle."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


@dataclass(frozen=True, slots=True)
class Pending:
    """Stands for a row of the same file that is not stored yet: `key` as the file calls it, `at` its place."""

    key: str
    at: int = -1


@dataclass(slots=True)
class Problem:
    """Why a row is refused: `column` is the file's header, `value` what the cell holds (masked if personal)."""

    row: int
    column: str
    value: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as in `--json`."""
        return {"row": self.row, "column": self.column, "value": self.value, "message": self.message}


@dataclass(slots=True)
class Row:
    """One data row. `values` follow the register's columns, MISSING where the file says nothing.

    `old` are the stored values of the row it matches (None: new), in the same order, then the shown ones.
    `raw` holds the cells as they were sent while the row's part is being checked. `at` is the row's place
    among the rows of the file. `candidates` are rows of the register that a row without a key may be;
    `alias` is the name by which one was taken.
    """

    number: int
    values: list[Any]
    at: int
    pk: Any = None
    old: tuple[Any, ...] | None = None
    status: str = NEW
    proposed: bool = False
    diff: list[int] | None = None
    errors: list[Problem] = field(default_factory=list)
    raw: Cells | None = None
    candidates: Any = None
    alias: str = ""


def pack(rows: Sequence[Row]) -> bytes:
    """Return rows in few bytes; what they were sent as is left out."""
    plain = [
        (
            row.number,
            None if row.status == UNCHANGED and all(v is MISSING for v in row.values) else row.values,
            row.pk,
            row.old,
            row.status,
            row.proposed,
            row.diff,
            [(p.column, p.value, p.message) for p in row.errors] or None,
            row.candidates,
            row.alias,
        )
        for row in rows
    ]
    return zlib.compress(pickle.dumps(plain, 5), 1)


def unpack(packed: bytes, first: int, width: int) -> list[Row]:
    """Return the rows of `pack`; `first` is the place of the first one, `width` the number of columns."""
    rows = []
    for at, (number, values, pk, old, status, proposed, diff, errors, candidates, alias) in enumerate(
        pickle.loads(zlib.decompress(packed)), start=first
    ):
        if values is None:
            values = [MISSING] * width
        row = Row(number, values, at, pk, old, status, proposed, diff)
        if errors:
            row.errors = [Problem(number, *parts) for parts in errors]
        row.candidates, row.alias = candidates, alias
        rows.append(row)
    return rows
