"""Writing files: exports (.xlsx streamed, .csv with BOM), templates with help and drop-downs, error lists.

What is written here is read back unchanged by `reading` and `cells`. No cell ever becomes a formula.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from redprop.common.errors import Refused
from redprop.common.tabular.books import Book, Part, add_part_sheets, write_book
from redprop.common.tabular.cells import CLEARS, BadCell, Merged
from redprop.common.tabular.declare import Column, Context, Register
from redprop.common.tabular.dropdowns import DropDowns
from redprop.common.tabular.headers import EXAMPLE_MARK, HELP_MARK
from redprop.common.tabular.kinds import Date, Integer, Money, Number, Reference, Share, Year
from redprop.common.tabular.parts import Month
from redprop.common.tabular.sheets import FORMULA, MOST_ROWS, SheetWriter, sheet_name

_HEAD = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="F3E3E3")
_GREY = Font(color="666666", italic=True)
_CSV_PART = 1 << 15
ENDINGS = ("xlsx", "csv")


@dataclass
class Table:
    """What a file holds. `rows` is read once, while it is written; `above` stands over the header of a workbook."""

    title: str
    headers: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()
    above: Sequence[str] = ()
    money: Sequence[int] = field(default_factory=tuple)
    book: Book | None = None
    parts: dict[int, Part] = field(default_factory=dict)


def export_rows(register: Register, context: Context, queryset: Any = None) -> Iterator[list[Any]]:
    """Yield the rows of a register as an export writes them, without loading them all.

    A queryset that has an order of its own keeps it.
    """
    rows = register.rows(context) if queryset is None else queryset
    if not rows.query.order_by:
        rows = rows.order_by(*register.order)
    paths = [column.shown_path for column in register.exported]
    unique = list(dict.fromkeys(paths))
    places = [unique.index(path) for path in paths]
    kinds = [column.kind for column in register.exported]
    for found in rows.values_list(*unique).iterator(chunk_size=2000):
        yield [kind.out(found[place]) for kind, place in zip(kinds, places, strict=True)]


def register_table(register: Register, context: Context, queryset: Any = None) -> Table:
    """Return a register as a table that comes back without a difference."""
    columns = register.exported
    return Table(
        title=str(register.title),
        headers=[column.header for column in columns],
        rows=export_rows(register, context, queryset),
        widths=[max(column.kind.width, len(column.header) * 2 + 4) for column in columns],
        money=[i for i, column in enumerate(columns) if isinstance(column.kind, Money)],
        book=register.book,
        parts=_parts(register, columns),
    )


def _parts(register: Register, columns: Sequence[Column]) -> dict[int, Part]:
    """Return the place of each column that stands on a sheet of its own in a workbook."""
    by_field = {part.field: part for part in register.book.parts} if register.book else {}
    return {i: by_field[column.field] for i, column in enumerate(columns) if column.field in by_field}


def export(register: Register, context: Context, path: Path, queryset: Any = None) -> int:
    """Write the register to `path` (.xlsx or .csv) and return the number of rows."""
    return write_table(path, register_table(register, context, queryset))


def write_table(path: Path, table: Table, progress: Callable[[int], None] | None = None) -> int:
    """Write `path` (.xlsx or .csv) and return the number of rows; `progress(rows)` may stop it by raising.

    What was begun and not finished is removed.
    """
    ending = path.suffix.lower()
    if ending not in (".xlsx", ".csv"):
        raise Refused(
            _("“%(path)s”: exports are written as .xlsx or .csv. Choose one of these endings.")
            % {"path": path.name},
            code="wrong-type",
        )
    count = 0

    def counted() -> Iterator[Sequence[Any]]:
        nonlocal count
        for row in table.rows:
            count += 1
            if progress is not None and count % 1000 == 0:
                progress(count)
            yield row

    told = replace(table, rows=counted())
    if ending == ".csv":
        try:
            with path.open("wb") as file:
                for part in csv_parts(told):
                    file.write(part)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    elif told.book and told.parts:
        write_book(path, told.book, told.headers, told.parts, told.rows)
    else:
        with SheetWriter(
            path, table.title, table.headers, widths=table.widths, above=table.above, money=table.money
        ) as sheet:
            for row in told.rows:
                if sheet.number >= MOST_ROWS:
                    raise Refused(
                        _("A sheet holds %(most)s rows at most. Export as CSV, or narrow the list.")
                        % {"most": MOST_ROWS},
                        code="too-many-rows",
                    )
                sheet.append([sheet_value(value) for value in row])
    return count


def csv_text(value: Any) -> str:
    """Return a value for CSV: an apostrophe goes before what a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return str(value)
    return "'" + value if value.startswith(FORMULA) or _must_be_quoted(value) else value


def _must_be_quoted(value: str) -> bool:
    """Tell whether the reader would take a text for something else than itself."""
    return value.startswith(("'", EXAMPLE_MARK)) or value in CLEARS


def csv_parts(table: Table) -> Iterator[bytes]:
    """Yield UTF-8 with BOM (Excel needs it); the header comes at once, before the first row is asked for."""
    waiting = io.StringIO(newline="")
    writer = csv.writer(waiting)
    writer.writerow([csv_text(header) for header in table.headers])
    yield codecs.BOM_UTF8 + waiting.getvalue().encode()
    waiting.seek(0)
    waiting.truncate()
    for row in table.rows:
        writer.writerow([csv_text(value) for value in row])
        if waiting.tell() > _CSV_PART:
            yield waiting.getvalue().encode()
            waiting.seek(0)
            waiting.truncate()
    if waiting.tell():
        yield waiting.getvalue().encode()


def sheet_value(value: Any) -> Any:
    """Return a value as a cell of a workbook: texts that the reader would misread get an apostrophe."""
    return "'" + value if isinstance(value, str) and _must_be_quoted(value) else value


def xlsx_value(sheet: Any, value: Any) -> Any:
    """Return a value or cell for openpyxl's write-only sheet: texts that start a formula are marked as text."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        if value.startswith("="):
            cell = WriteOnlyCell(sheet, value)
            cell.data_type = "s"
            return cell
        return sheet_value(value)
    return str(value) if isinstance(value, BadCell | Merged) else value


def template(register: Register, context: Context, path: Path) -> None:
    """Write an empty workbook: header, help row, example row, drop-downs. The reader skips help and example."""
    if path.suffix.lower() != ".xlsx":
        raise Refused(
            _("“%(path)s”: templates are written as .xlsx. Choose this ending.") % {"path": path.name},
            code="wrong-type",
        )
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = sheet_name(str(register.title))
    drop_downs = DropDowns(book)
    parts = _parts(register, register.columns).keys()
    columns = [column for i, column in enumerate(register.columns) if not column.read_only and i not in parts]
    for i, column in enumerate(columns, start=1):
        letter = get_column_letter(i)
        sheet.column_dimensions[letter].width = max(column.kind.width, len(column.header) * 2 + 4)
        head = sheet.cell(1, i, column.header + ("*" if column.required else ""))
        head.font, head.fill = _HEAD, _HEAD_FILL
        if column.help:
            head.comment = Comment(column.help, "redprop", width=300, height=120)
        sheet.cell(2, i, (HELP_MARK if i == 1 else "") + help_text(column))
        sheet.cell(3, i, (EXAMPLE_MARK if i == 1 else "") + column.example)
        for row in (2, 3):
            cell = sheet.cell(row, i)
            cell.font, cell.alignment = _GREY, Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s"
        if not isinstance(column.kind, Number):
            pattern = "yyyy-mm-dd" if isinstance(column.kind, Date) else "@"
            sheet.column_dimensions[letter].number_format = pattern
        drop_downs.add(sheet, i, offered(column, context))
    sheet.freeze_panes = "A2"
    if register.book:
        sheet.title = register.book.title
        add_part_sheets(book, register.book, drop_downs)
    book.save(path)


def help_text(column: Column) -> str:
    """Return what the help row says: required or not, the form, and the declared help."""
    kind = column.kind
    parts = ["必填" if column.required else "选填"]
    if isinstance(kind, Month):
        parts.append("月份，如 2026-08")
    elif isinstance(kind, Date):
        parts.append("日期，如 2026-03-05" + ("，可填“长期”" if kind.end else ""))
    elif isinstance(kind, Year):
        parts.append("四位年份")
    elif isinstance(kind, Share):
        parts.append("百分数，如 12.5%")
    elif isinstance(kind, Integer):
        parts.append("整数")
    elif isinstance(kind, Number):
        parts.append(f"数字，最多 {kind.places} 位小数")
    elif kind.choices_out():
        parts.append("、".join(kind.choices_out()[:12]))
    if column.help:
        parts.append(column.help)
    return "；".join(parts)


def offered(column: Column, context: Context) -> list[str]:
    """Return the texts that a column's drop-down offers; empty when there is none."""
    kind = column.kind
    if isinstance(kind, Reference):
        return list(kind.offer(context)) if kind.offer else []
    return kind.choices_out()
