"""First pass of an import: read every row, resolve keys set-wise, compare, and say what would happen.

The file is worked through in parts of some thousand rows, with a fixed number of queries each; a file
of one part is what hooks and users mostly see. Nothing is written here; `saving` does that.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.cells import CLEARS, FORMULA_ERRORS, CellError, clean
from redprop.common.tabular.declare import Context, Register, names
from redprop.common.tabular.headers import EXAMPLE_MARK, Layout, data_rows, find_layout
from redprop.common.tabular.plan import Plan, same
from redprop.common.tabular.reading import open_sheets
from redprop.common.tabular.resolving import (
    find_existing,
    link_own,
    refuse_dangling,
    remember_own,
    resolve,
    stored_rows,
    unreadable,
)
from redprop.common.tabular.rows import (
    CHANGED,
    MISSING,
    NEW,
    REFUSED,
    UNCHANGED,
    Pending,
    Problem,
    Row,
)

__all__ = [
    "CHANGED",
    "MISSING",
    "NEW",
    "REFUSED",
    "UNCHANGED",
    "Pending",
    "Plan",
    "Problem",
    "Progress",
    "Row",
    "stored_rows",
    "validate",
]

PART = 2_000
KEPT = 5_000
"""So many different texts of a column are read once; most columns of a register repeat themselves."""
_SHARED = (str, int, bool, Decimal, date)
Progress = Callable[[Plan, Sequence[Row], int, int], Any]


def validate(
    register: Register,
    path: Path,
    context: Context,
    *,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    limit: int | None = None,
) -> Plan:
    """Return what importing the file would do; raises Refused when the file as a whole cannot be taken.

    `progress(plan, rows, done, total)` is called after each part with its rows as far as they are known;
    `total` is an estimate (0: unknown). It may raise to break off: nothing is left behind. A file of one
    part is reported once, when everything is known. In a longer one, rules over the whole file may refuse
    or fill in rows that were reported: then it is called again with these rows alone, those of one part at
    a time. `limit` reads so many rows only and checks them completely.
    """
    layout = find_layout(register, open_sheets(path, sheet), mapping or {})
    plan = Plan(register, layout)
    source = data_rows(layout)
    if limit is not None:
        source = islice(source, limit)
    total = _estimate(layout, limit) if progress else 0
    ahead = next(source, None)
    if ahead is None:
        raise Refused(
            _("The sheet “%(sheet)s” has a header but no data rows below it. Fill in at least one row.")
            % {"sheet": layout.sheet.name},
            code="no-rows",
        )
    short = False
    while ahead is not None:
        part = plan.begin_part()
        read = _reader(plan)
        for number, cells in chain([ahead], islice(source, PART - 1)):
            read(number, cells)
        ahead = next(source, None)
        short = ahead is None and plan.part_count == 1
        _check_part(plan, context, part)
        if progress and not short:
            done = plan.reported = plan.counts()["rows"]
            progress(plan, part, done, done if ahead is None else max(total, done))
    _check_whole(plan, context)
    if progress:
        done = plan.counts()["rows"]
        if short:
            progress(plan, plan.rows, done, done)
        for amended in plan.amended_parts():
            progress(plan, amended, done, done)
        plan.reported = 0
    return plan


def _check_part(plan: Plan, context: Context, part: list[Row]) -> None:
    with plan.only_part(plan.part_count - 1):
        resolve(plan, context, part)
        find_existing(plan, context, part)
        remember_own(plan, part)
        _require(plan, part)
        _compare(plan, part)
        _propose(plan, context, part)
        if plan.register.part_wise and plan.register.check:
            plan.register.check(context, plan)


def _check_whole(plan: Plan, context: Context) -> None:
    plan.memory.pop("references found", None)
    if plan.links:
        link_own(plan)
    if plan.register.check and not plan.register.part_wise:
        plan.register.check(context, plan)
    if plan.links:
        refuse_dangling(plan)


def _estimate(layout: Layout, limit: int | None) -> int:
    """Return about how many data rows there are, 0 when nobody knows."""
    rows = max(0, layout.sheet.estimate() - layout.header_row)
    return min(rows, limit) if limit is not None and rows else rows


def _reader(plan: Plan) -> Callable[[int, Any], None]:
    """Return the function that reads one row into the part at hand."""
    readers = [
        (position, plan.at[column.field], column, factor, plan.parsed(column.field))
        for position, (column, factor) in plan.layout.columns.items()
    ]

    def read(number: int, cells: Any) -> None:
        row = plan.add(number, cells)
        if unreadable(row):
            plan.refuse(row, None, cells.message)
            return
        length = len(cells)
        for position, index, column, factor, known in readers:
            raw = cells[position] if position < length else ""
            if raw == "" or raw is None:
                continue
            text = raw if type(raw) is str else None
            if text in known:
                row.values[index] = known[text]
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
                row.values[index] = value = column.kind.parse(raw, factor)
            except CellError as error:
                plan.refuse(row, column.field, str(error), hide=error.hide)
                continue
            if text is not None and len(known) < KEPT and type(value) in _SHARED:
                known[text] = value
        if not row.errors:
            row.raw = None

    return read


def _require(plan: Plan, part: list[Row]) -> None:
    needed = [
        (i, column)
        for i, column in enumerate(plan.register.columns)
        if column.required and not (plan.register.allotted_key and column.field in plan.register.key)
    ]
    new = [row for row in part if row.old is None]
    absent = [column for _i, column in needed if column.field not in plan.present]
    if absent and len(new) == len(part) and plan.part_count == 1:
        raise Refused(
            _(
                "The file lacks the required columns: %(columns)s. Add them, or name them with --map HEADER=field."
            )
            % {"columns": names(absent)},
            code="missing-columns",
        )
    for row in new:
        if unreadable(row):
            continue
        refused = {problem.column for problem in row.errors}
        for i, column in needed:
            if row.values[i] is MISSING and plan.layout.header_of(column.field) not in refused:
                plan.refuse(row, column.field, _("This field is required."))


def _compare(plan: Plan, part: list[Row]) -> None:
    columns = list(enumerate(plan.register.columns))
    for row in part:
        if row.old is None or row.errors:
            plan.settle(row, REFUSED if row.errors else NEW)
            continue
        changed = []
        for i, column in columns:
            value = row.values[i]
            if value is MISSING or column.transient or same(column, row.old[i], value):
                continue
            if column.fixed:
                plan.refuse(
                    row,
                    column.field,
                    _("This field cannot be changed by an import; stored is “%(old)s”.")
                    % {"old": plan.stored_text(row, column.field)},
                )
            changed.append(i)
        row.diff = changed
        if row.errors:
            continue
        plan.settle(row, CHANGED if changed else UNCHANGED)
        if not changed:
            row.values, row.raw = [MISSING] * len(columns), None


def _propose(plan: Plan, context: Context, part: list[Row]) -> None:
    """Refuse changes to rows that were only found by their name, unless the user takes the proposals."""
    for row in part:
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
