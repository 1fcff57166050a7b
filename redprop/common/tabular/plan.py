"""What a file would do to a register, row by row. Hooks of a register read, change and refuse through it.

`plan.rows`, `plan.of()` and `plan.good()` are lazy: a long file is never held as objects at once. Rows
are changed through `set` and `refuse` alone, which reach rows whose part has been put away.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, overload

from redprop.common.tabular.cells import BadCell, CellError, clean
from redprop.common.tabular.declare import Column, Register
from redprop.common.tabular.headers import Layout
from redprop.common.tabular.kinds import Reference
from redprop.common.tabular.rows import (
    MISSING,
    NEW,
    REFUSED,
    STATUSES,
    Pending,
    Problem,
    Row,
    pack,
    unpack,
)

_CODE = {status: number for number, status in enumerate(STATUSES)}


class Plan:
    """All rows of a file with what would happen to each.

    `memory` is for hooks that are called part by part and must remember something of the whole file.
    `keys` maps each natural key of the file to its row's number; `links` the places of rows that refer to
    rows of the same file to the places of those; `reported` counts the rows that `progress` was told of.
    """

    def __init__(self, register: Register, layout: Layout) -> None:
        self.register = register
        self.layout = layout
        self.at = {column.field: i for i, column in enumerate(register.columns)}
        self.present = {column.field for column, _factor in layout.columns.values()}
        self.labels: dict[str, dict[Any, str]] = {}
        self.skipped = layout.skipped
        self.memory: dict[str, Any] = {}
        self.keys: dict[Any, int] = {}
        self.links: dict[int, set[int]] = {}
        self.reported = 0
        self._status = bytearray()
        self._starts: list[int] = []
        self._packed: list[bytes] = []
        self._here = -1
        self._part: list[Row] = []
        self._dirty = False
        self._only: range | None = None
        self._late: dict[int, tuple[list[Problem], dict[int, Any]]] = {}
        self._amended: set[int] = set()
        self._parsed: dict[str, dict[str | None, Any]] = {}

    # The rows, part by part

    def begin_part(self) -> list[Row]:
        """Put the part at hand away and return the list of the next one, to be filled by `add`."""
        self._put_away()
        self._starts.append(len(self._status))
        self._packed.append(b"")
        self._here, self._part, self._dirty = len(self._starts) - 1, [], True
        return self._part

    def add(self, number: int, cells: Any) -> Row:
        """Append a row to the part begun last."""
        row = Row(number, [MISSING] * len(self.register.columns), len(self._status), raw=cells)
        self._status.append(_CODE[NEW])
        self._part.append(row)
        return row

    def parsed(self, name: str) -> dict[str | None, Any]:
        """Return what texts of a field were read as so far; those that mean nothing or a mistake are not kept."""
        return self._parsed.setdefault(name, {})

    def settle(self, row: Row, status: str) -> None:
        """Set what happens to a row of the part at hand."""
        row.status = status
        self._status[row.at] = _CODE[status]
        self._dirty = True

    def touch(self) -> None:
        """Say that rows of the part at hand were changed past `set` and `refuse`."""
        self._dirty = True

    @contextmanager
    def only_part(self, number: int) -> Iterator[None]:
        """Let `rows`, `of` and `good` reach one part only."""
        before, self._only = self._only, range(number, number + 1)
        try:
            yield
        finally:
            self._only = before

    @property
    def part_count(self) -> int:
        """How many parts there are."""
        return len(self._starts)

    def parts(self) -> Iterator[list[Row]]:
        """Yield the rows part by part."""
        for number in self._only or range(len(self._starts)):
            yield self.load(number)

    def parts_of(self, *statuses: str) -> Iterator[list[Row]]:
        """Yield the rows with these statuses part by part, leaving out parts that have none."""
        for number in self._only or range(len(self._starts)):
            low, high = self._bounds(number)
            if any(self._status.find(_CODE[status], low, high) >= 0 for status in statuses):
                yield [row for row in self.load(number) if row.status in statuses]

    def load(self, number: int) -> list[Row]:
        """Return the rows of a part; the part at hand before is put away."""
        if number == self._here:
            return self._part
        self._put_away()
        rows = unpack(self._packed[number], self._starts[number], len(self.register.columns))
        self._here, self._part, self._dirty = number, rows, False
        if self._late:
            for row in rows:
                if late := self._late.pop(row.at, None):
                    self._dirty = True
                    row.errors += late[0]
                    row.status = STATUSES[self._status[row.at]]
                    for i, value in late[1].items():
                        row.values[i] = value
        return rows

    def _put_away(self) -> None:
        if self._here >= 0 and self._dirty:
            self._packed[self._here] = pack(self._part)
        self._here, self._part, self._dirty = -1, [], False

    def _bounds(self, part: int) -> tuple[int, int]:
        last = part + 1 == len(self._starts)
        return self._starts[part], len(self._status) if last else self._starts[part + 1]

    def _at_hand(self, row: Row) -> Row | None:
        if self._here < 0:
            return None
        place = row.at - self._starts[self._here]
        return self._part[place] if 0 <= place < len(self._part) else None

    def _write_through(self, row: Row, problem: Problem | None, values: dict[int, Any]) -> None:
        """Let a change reach the row where it is kept, if the one given is not that."""
        twin = self._at_hand(row)
        if twin is None:
            late = self._late.setdefault(row.at, ([], {}))
            if problem:
                late[0].append(problem)
            late[1].update(values)
            return
        self._dirty = True
        if twin is not row:
            if problem:
                twin.errors.append(problem)
                twin.status = REFUSED
            for i, value in values.items():
                twin.values[i] = value

    @property
    def rows(self) -> "Rows":
        """All rows in the order of the file."""
        return Rows(self, STATUSES)

    def of(self, *statuses: str) -> "Rows":
        """Return the rows with these statuses."""
        return Rows(self, statuses)

    def good(self) -> "Rows":
        """Return the rows that are not refused."""
        return Rows(self, STATUSES[:3])

    def amended_parts(self) -> Iterator[list[Row]]:
        """Yield the rows that were refused or filled in after their part had been reported, part by part."""
        places = sorted(self._amended)
        for part in range(len(self._starts)):
            low, high = self._bounds(part)
            first, last = bisect_left(places, low), bisect_left(places, high)
            if first < last:
                wanted = set(places[first:last])
                yield [row for row in self.load(part) if row.at in wanted]

    def counts(self) -> dict[str, int]:
        """Return rows, new, changed, unchanged, refused."""
        return {
            "rows": len(self._status),
            **{status: self._status.count(_CODE[status]) for status in STATUSES},
        }

    def row_at(self, at: int) -> Row:
        """Return the row at a place of the file."""
        part = bisect_right(self._starts, at) - 1
        return self.load(part)[at - self._starts[part]]

    def status_at(self, at: int) -> str:
        """Return what happens to the row at a place."""
        return STATUSES[self._status[at]]

    def each_problem(self) -> Iterator[Problem]:
        """Yield every error by row."""
        for row in self.of(REFUSED):
            yield from row.errors

    def problems(self) -> list[Problem]:
        """Return every error by row."""
        return list(self.each_problem())

    # What a row says

    def differs(self, row: Row, *names: str) -> bool:
        """Tell whether a row is new or would change one of these fields."""
        if row.old is None:
            return True
        return any(
            row.values[i] is not MISSING and not same(self.register.columns[i], row.old[i], row.values[i])
            for i in (self.at[name] for name in names)
        )

    def given(self, row: Row, name: str) -> bool:
        """Tell whether the file says something in this field."""
        return row.values[self.at[name]] is not MISSING

    def value(self, row: Row, name: str) -> Any:
        """Return the field as it will be: from the file, else as stored, else None."""
        value = row.values[self.at[name]]
        if value is not MISSING:
            return value
        return None if row.old is None else row.old[self.at[name]]

    def set(self, row: Row, name: str, value: Any) -> None:
        """Put a value in a row, as if the file had said so."""
        row.values[self.at[name]] = value
        if row.at < self.reported:
            self._amended.add(row.at)
        self._write_through(row, None, {self.at[name]: value})

    def stored(self, row: Row, name: str) -> Any:
        """Return the stored value, None for a new row."""
        return None if row.old is None else row.old[self.at[name]]

    def refuse(self, row: Row, name: str | None, message: str, *, hide: bool = False) -> None:
        """Refuse a row for a field (or as a whole, with None)."""
        header, value = "", ""
        if name is not None:
            column = self.register.by_field[name]
            header = next(
                (self.layout.headers[p] for p, (c, _f) in self.layout.columns.items() if c is column),
                column.header,
            )
            value = "***" if hide else self._raw_text(row, name)
        problem = Problem(row.number, header, value, message)
        row.errors.append(problem)
        row.status = REFUSED
        self._status[row.at] = _CODE[REFUSED]
        if row.at < self.reported:
            self._amended.add(row.at)
        self._write_through(row, problem, {})

    def _raw_text(self, row: Row, name: str) -> str:
        for position, (column, _factor) in self.layout.columns.items():
            if column.field == name and row.raw is not None and position < len(row.raw):
                if isinstance(row.raw[position], BadCell):
                    return str(row.raw[position])
                try:
                    return clean(row.raw[position])[:100]
                except CellError:
                    return "***"
        value = row.values[self.at[name]]
        return "" if value is MISSING else self.show(name, value)

    def show(self, name: str, value: Any) -> str:
        """Return a value as the preview shows it; references by the key the file used."""
        column = self.register.by_field[name]
        if isinstance(column.kind, Reference):
            if isinstance(value, Pending):
                return value.key
            return "" if value is None else self.labels.get(name, {}).get(value, str(value))
        return column.kind.show(value)

    def changes(self, row: Row) -> dict[str, tuple[Any, Any]]:
        """Return field → (stored, new) for a changed row."""
        if row.old is None:
            return {}
        return {self.register.columns[i].field: (row.old[i], row.values[i]) for i in row.diff or ()}

    def changes_shown(self, row: Row) -> list[tuple[str, str, str]]:
        """Return (header, old, new) as texts."""
        shown = []
        for name, (_old, new) in self.changes(row).items():
            column = self.register.by_field[name]
            shown.append((column.header, self.stored_text(row, name), self.show(name, new)))
        return shown

    def stored_text(self, row: Row, name: str) -> str:
        """Return the stored value of a field as text; references by the key that exports show."""
        if row.old is None:
            return ""
        column, i = self.register.by_field[name], self.at[name]
        if isinstance(column.kind, Reference):
            return str(row.old[len(self.at) + i] or "")
        return column.kind.show(row.old[i])

    def label(self, row: Row) -> str:
        """Return the natural key of a row as text."""
        parts = []
        for name in self.register.key:
            value = row.values[self.at[name]]
            if value is MISSING and row.old is not None:
                value = row.old[self.at[name]]
            if value is not MISSING and value is not None:
                parts.append(self.show(name, value))
        return " · ".join(parts)

    def called(self, row: Row) -> str:
        """Return the natural key of a row; of a new one that will be given its code its name, or what it must say."""
        if label := self.label(row):
            return label
        columns = [c for c in self.register.columns if c.required and self.given(row, c.field)]
        if "name" in self.at and self.given(row, "name"):
            columns = [self.register.by_field["name"]]
        return " · ".join(self.show(c.field, row.values[self.at[c.field]]) for c in columns[:2])


class Rows(Sequence[Row]):
    """Rows of a plan with certain statuses, as they are when one looks; can be gone through again and again."""

    def __init__(self, plan: Plan, statuses: Iterable[str]) -> None:
        self._plan = plan
        self._codes = bytes(_CODE[status] for status in statuses)
        self._parts = plan._only or range(plan.part_count)

    def __iter__(self) -> Iterator[Row]:
        plan = self._plan
        status, codes = plan._status, self._codes
        for part in self._parts:
            low, high = plan._bounds(part)
            if any(status.find(code, low, high) >= 0 for code in codes):
                for row in plan.load(part):
                    if status[row.at] in codes:
                        yield row

    def __len__(self) -> int:
        return sum(
            self._plan._status.count(code, *self._plan._bounds(part))
            for part in self._parts
            for code in self._codes
        )

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return list(islice(self, *index.indices(len(self))))
        if index < 0:
            index += len(self)
        found = next(islice(self, index, None), None)
        if found is None or index < 0:
            raise IndexError(index)
        return found


def same(column: Column, stored: Any, new: Any) -> bool:
    """Tell whether importing `new` would leave `stored` as it is."""
    if new is column.kind.cleared or new is None or new == "":
        return stored in (None, "")
    return column.kind.same(stored, new)
