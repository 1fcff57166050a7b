"""First pass of an import: read every row, resolve keys set-wise, compare, and say what would happen.

One query per reference column and one for the rows that exist, however long the file is. Nothing is
written here; `writing to the database` is `bulk` under the service that records the batch.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.cells import CLEARS, FORMULA_ERRORS, CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, names
from redprop.common.tabular.headers import EXAMPLE_MARK, Layout, find_layout, is_no_data
from redprop.common.tabular.kinds import Ambiguous, Reference
from redprop.common.tabular.reading import Cells, open_sheets

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING", "__bool__": lambda self: False})()
_FEW_KEYS = 3_000


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
    `raw` holds the cells as they were sent, only where one of them could not be read. `candidates` are
    rows of the register that a row without a key may be; `alias` the name by which one was taken.
    """

    number: int
    values: list[Any]
    pk: Any = None
    old: tuple[Any, ...] | None = None
    status: str = NEW
    proposed: bool = False
    diff: list[int] | None = None
    errors: list[Problem] = field(default_factory=list)
    raw: Cells | None = None
    candidates: Any = None
    alias: str = ""


class Plan:
    """All rows of a file with what would happen to each. Hooks of a register read and refuse through it."""

    def __init__(self, register: Register, layout: Layout) -> None:
        self.register = register
        self.layout = layout
        self.rows: list[Row] = []
        self.at = {column.field: i for i, column in enumerate(register.columns)}
        self.present = {column.field for column, _factor in layout.columns.values()}
        self.labels: dict[str, dict[Any, str]] = {}
        self.skipped: list[int] = []

    def differs(self, row: Row, *names: str) -> bool:
        """Tell whether a row is new or would change one of these fields."""
        if row.old is None:
            return True
        return any(
            row.values[i] is not MISSING and not _same(self.register.columns[i], row.old[i], row.values[i])
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
        row.errors.append(Problem(row.number, header, value, message))
        row.status = REFUSED

    def _raw_text(self, row: Row, name: str) -> str:
        for position, (column, _factor) in self.layout.columns.items():
            if column.field == name and row.raw is not None and position < len(row.raw):
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
            return "" if value is None else self.labels.get(name, {}).get(value, str(value))
        return column.kind.show(value)

    def good(self) -> Iterator[Row]:
        """Yield the rows that are not refused."""
        return (row for row in self.rows if row.status != REFUSED)

    def of(self, *statuses: str) -> list[Row]:
        """Return the rows with these statuses."""
        return [row for row in self.rows if row.status in statuses]

    def counts(self) -> dict[str, int]:
        """Return rows, new, changed, unchanged, refused."""
        counted = Counter(row.status for row in self.rows)
        return {
            "rows": len(self.rows),
            **{status: counted[status] for status in (NEW, CHANGED, UNCHANGED, REFUSED)},
        }

    def problems(self) -> list[Problem]:
        """Return every error by row."""
        return [problem for row in self.rows for problem in row.errors]

    def changes(self, row: Row) -> dict[str, tuple[Any, Any]]:
        """Return field → (stored, new) for a changed row."""
        if row.old is None:
            return {}
        return {self.register.columns[i].field: (row.old[i], row.values[i]) for i in row.diff or ()}

    def changes_shown(self, row: Row) -> list[tuple[str, str, str]]:
        """Return (header, old, new) as texts."""
        shown = []
        for name, (old, new) in self.changes(row).items():
            column = self.register.by_field[name]
            if isinstance(column.kind, Reference):
                old_text = str(row.old[len(self.at) + self.at[name]] or "") if row.old else ""
            else:
                old_text = column.kind.show(old)
            shown.append((column.header, old_text, self.show(name, new)))
        return shown

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


def _same(column: Column, stored: Any, new: Any) -> bool:
    if new is column.kind.cleared or new is None or new == "":
        return stored in (None, "")
    return column.kind.same(stored, new)


def validate(
    register: Register,
    path: Path,
    context: Context,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """Return what importing the file would do; raises Refused when the file as a whole cannot be taken."""
    layout = find_layout(register, open_sheets(path, sheet), mapping or {})
    plan = Plan(register, layout)
    _read(plan)
    if not plan.rows:
        raise Refused(
            _("The sheet “%(sheet)s” has a header but no data rows below it. Fill in at least one row.")
            % {"sheet": layout.sheet.name},
            code="no-rows",
        )
    _resolve(plan, context)
    _find_existing(plan, context)
    _require(plan)
    _compare(plan)
    _propose(plan, context)
    if register.check:
        register.check(context, plan)
    return plan


def _read(plan: Plan) -> None:
    layout, width = plan.layout, len(plan.register.columns)
    readers = [
        (position, plan.at[column.field], column, factor)
        for position, (column, factor) in layout.columns.items()
    ]
    for number, cells in layout.sheet.rows():
        if number <= layout.header_row:
            continue
        if is_no_data(layout, cells):
            if any(isinstance(cell, str) and cell.startswith(EXAMPLE_MARK) for cell in cells):
                plan.skipped.append(number)
            continue
        row = Row(number, [MISSING] * width, raw=cells)
        plan.rows.append(row)
        length = len(cells)
        for position, index, column, factor in readers:
            raw = cells[position] if position < length else ""
            if raw == "" or raw is None:
                continue
            marked = clears = False
            if isinstance(raw, str):
                marked, clears = raw.startswith(EXAMPLE_MARK), raw.strip() in CLEARS
                raw = clean(raw)
                if raw in FORMULA_ERRORS:
                    plan.refuse(
                        row, column.field, _("The formula in this cell has an error. Type the value itself.")
                    )
                    continue
            if column.kind.is_empty(raw):
                continue
            if clears:
                if column.required:
                    plan.refuse(row, column.field, _("This field is required and cannot be cleared."))
                else:
                    row.values[index] = column.kind.cleared
                continue
            if marked:
                plan.refuse(
                    row,
                    column.field,
                    _("This is the template's example row typed over. Delete “%(mark)s” if the row is meant.")
                    % {"mark": EXAMPLE_MARK},
                )
                continue
            try:
                row.values[index] = column.kind.parse(raw, factor)
            except CellError as error:
                plan.refuse(row, column.field, str(error), hide=error.hide)
        if not row.errors:
            row.raw = None


def _resolve(plan: Plan, context: Context) -> None:
    for column in plan.register.columns:
        kind = column.kind
        if not isinstance(kind, Reference) or column.field not in plan.present:
            continue
        index = plan.at[column.field]
        keys = {row.values[index] for row in plan.rows if row.values[index] not in (MISSING, None)}
        found = kind.resolve(context, keys) if kind.resolve and keys else {}
        labels = plan.labels.setdefault(column.field, {})
        for row in plan.rows:
            key = row.values[index]
            if key is MISSING or key is None:
                continue
            match = found.get(key)
            if match is None or isinstance(match, Ambiguous):
                row.values[index] = MISSING
                plan.refuse(row, column.field, _not_found(kind, key, match))
            else:
                labels.setdefault(match, key)
                row.values[index] = match


def _not_found(kind: Reference, key: str, match: Ambiguous | None) -> str:
    if match is None:
        return _("There is no %(what)s “%(key)s”. Check the spelling, or import the %(what)s first.") % {
            "what": kind.what,
            "key": key[:60],
        }
    return _("“%(key)s” is the name of more than one %(what)s: %(found)s. Write the code instead.") % {
        "what": kind.what,
        "key": key[:60],
        "found": "、".join(match[:5]),
    }


def _find_existing(plan: Plan, context: Context) -> None:
    register = plan.register
    columns = [register.by_field[name] for name in register.key]
    places = [plan.at[name] for name in register.key]
    keyed: dict[tuple[Any, ...], Row] = {}
    unkeyed = []
    for row in plan.rows:
        values = [
            None if row.values[i] is MISSING and name in register.optional_key else row.values[i]
            for i, name in zip(places, register.key, strict=True)
        ]
        if any(
            value is MISSING or (value is None and name not in register.optional_key)
            for value, name in zip(values, register.key, strict=True)
        ):
            if not row.errors or register.match:
                unkeyed.append(row)
            continue
        key = tuple(column.kind.key(value) for column, value in zip(columns, values, strict=True))
        first = keyed.setdefault(key, row)
        if first is not row:
            plan.refuse(
                row,
                register.key[-1] if len(register.key) == 1 else None,
                _("Row %(first)s has the same %(key)s. Delete one of the two rows.")
                % {"first": first.number, "key": names(columns)},
            )
    rows = register.rows(replace(context, user=None))
    if keyed:
        first_kind = columns[0].kind
        if len(keyed) <= _FEW_KEYS and isinstance(first_kind, Reference):
            rows = rows.filter(
                **{f"{columns[0].path}__in": {row.values[places[0]] for row in keyed.values()}}
            )
        paths = [column.path for column in register.columns]
        shown = [column.shown_path for column in register.columns]
        for found in rows.values_list("pk", *dict.fromkeys([*paths, *shown])).iterator(chunk_size=5000):
            stored = _align(found, paths, shown)
            match = keyed.get(
                tuple(column.kind.key(stored[i]) for column, i in zip(columns, places, strict=True))
            )
            if match is not None:
                match.pk, match.old = found[0], stored
        _refuse_out_of_scope(plan, context)
    if unkeyed:
        if register.match:
            register.match(context, plan, unkeyed)
        elif not register.allotted_key:
            for row in unkeyed:
                for name, place in zip(register.key, places, strict=True):
                    if row.values[place] is MISSING:
                        plan.refuse(row, name, _("This field is required: rows are matched by it."))


def _refuse_out_of_scope(plan: Plan, context: Context) -> None:
    """Refuse rows that exist, but not for this user: they must neither be changed nor doubled."""
    if context.user is None:
        return
    reached = {row.pk: row for row in plan.rows if row.pk is not None}
    visible = set(plan.register.rows(context).filter(pk__in=reached).values_list("pk", flat=True))
    for pk, row in reached.items():
        if pk not in visible:
            row.old = row.pk = None
            plan.refuse(
                row,
                plan.register.key[0],
                _("This row belongs to an area or enterprise outside yours. Leave it out."),
            )


def _align(found: tuple[Any, ...], paths: list[Any], shown: list[Any]) -> tuple[Any, ...]:
    at = {path: i + 1 for i, path in enumerate(dict.fromkeys([*paths, *shown]))}
    return tuple(found[at[path]] for path in paths) + tuple(found[at[path]] for path in shown)


def stored_rows(register: Register, context: Context, pks: set[Any]) -> dict[Any, tuple[Any, ...]]:
    """Return pk → stored values as `Row.old` holds them, for rows that a matcher has proposed."""
    paths = [column.path for column in register.columns]
    shown = [column.shown_path for column in register.columns]
    found = register.rows(context).filter(pk__in=pks).values_list("pk", *dict.fromkeys([*paths, *shown]))
    return {one[0]: _align(one, paths, shown) for one in found}


def _require(plan: Plan) -> None:
    needed = [
        (i, column)
        for i, column in enumerate(plan.register.columns)
        if column.required and not (plan.register.allotted_key and column.field in plan.register.key)
    ]
    new = [row for row in plan.rows if row.old is None]
    absent = [column for _i, column in needed if column.field not in plan.present]
    if absent and new and len(new) == len(plan.rows):
        raise Refused(
            _(
                "The file lacks the required columns: %(columns)s. Add them, or name them with --map HEADER=field."
            )
            % {"columns": names(absent)},
            code="missing-columns",
        )
    for row in new:
        refused = {problem.column for problem in row.errors}
        for i, column in needed:
            if row.values[i] is MISSING and plan.layout.header_of(column.field) not in refused:
                plan.refuse(row, column.field, _("This field is required."))


def _compare(plan: Plan) -> None:
    columns = list(enumerate(plan.register.columns))
    for row in plan.rows:
        if row.old is None or row.errors:
            row.status = REFUSED if row.errors else NEW
            continue
        changed = []
        for i, column in columns:
            value = row.values[i]
            if value is MISSING or column.transient or _same(column, row.old[i], value):
                continue
            if column.fixed:
                plan.refuse(
                    row,
                    column.field,
                    _("This field cannot be changed by an import; stored is “%(old)s”.")
                    % {"old": _old_text(plan, row, i, column)},
                )
            changed.append(i)
        row.diff = changed
        if row.errors:
            row.status = REFUSED
        else:
            row.status = CHANGED if changed else UNCHANGED
            if not changed:
                row.values, row.raw = [MISSING] * len(columns), None


def _propose(plan: Plan, context: Context) -> None:
    """Refuse changes to rows that were only found by their name, unless the user takes the proposals."""
    for row in plan.rows:
        if row.proposed and row.status == CHANGED and not context.accept_matches:
            key = plan.register.key[0]
            plan.refuse(
                row,
                key,
                _(
                    "By its name this is probably %(key)s “%(label)s”. Fill in that code, or take the proposed matches as a whole."
                )
                % {"key": plan.register.by_field[key].header, "label": plan.label(row)},
            )


def _old_text(plan: Plan, row: Row, i: int, column: Column) -> str:
    assert row.old is not None
    if isinstance(column.kind, Reference):
        return str(row.old[len(plan.at) + i] or "")
    return column.kind.show(row.old[i])
