"""Writing files: exports (.xlsx streamed, .csv with BOM), templates with help and drop-downs, error lists.

What is written here is read back unchanged by `reading` and `cells`. No cell ever becomes a formula.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
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
from openpyxl.worksheet.datavalidation import DataValidation

from redprop.common.errors import Refused
from redprop.common.tabular.cells import CLEARS
from redprop.common.tabular.declare import Column, Context, Register
from redprop.common.tabular.headers import EXAMPLE_MARK, HELP_MARK
from redprop.common.tabular.kinds import Date, Integer, Number, Reference, Share, Year

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HEAD = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="F3E3E3")
_GREY = Font(color="666666", italic=True)
_DROPDOWN_ROWS = 5_000


def export_rows(register: Register, context: Context, queryset: Any = None) -> Iterator[list[Any]]:
    """Yield the rows of a register as an export writes them, without loading them all."""
    rows = register.rows(context) if queryset is None else queryset
    paths = [column.shown_path for column in register.exported]
    unique = list(dict.fromkeys(paths))
    places = [unique.index(path) for path in paths]
    kinds = [column.kind for column in register.exported]
    for found in rows.order_by(*register.order).values_list(*unique).iterator(chunk_size=2000):
        yield [kind.out(found[place]) for kind, place in zip(kinds, places, strict=True)]


def export(register: Register, context: Context, path: Path, queryset: Any = None) -> int:
    """Write the register to `path` (.xlsx or .csv) and return the number of rows."""
    rows = export_rows(register, context, queryset)
    headers = [column.header for column in register.exported]
    if path.suffix.lower() == ".csv":
        return write_csv(path, headers, rows)
    if path.suffix.lower() == ".xlsx":
        return write_xlsx(path, str(register.title), headers, rows, [c.kind.width for c in register.exported])
    raise Refused(
        _("“%(path)s”: exports are written as .xlsx or .csv. Choose one of these endings.")
        % {"path": path.name},
        code="wrong-type",
    )


def csv_text(value: Any) -> str:
    """Return a value for CSV: an apostrophe goes before what a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return str(value)
    return "'" + value if value.startswith(_FORMULA) or _must_be_quoted(value) else value


def _must_be_quoted(value: str) -> bool:
    """Tell whether the reader would take a text for something else than itself."""
    return value.startswith(("'", EXAMPLE_MARK)) or value in CLEARS


def write_csv(path: Path, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write UTF-8 with BOM (Excel needs it) and return the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headers)
        for row in rows:
            writer.writerow([csv_text(value) for value in row])
            count += 1
    return count


def xlsx_value(sheet: Any, value: Any) -> Any:
    """Return a value or cell for a write-only sheet: texts that start a formula are marked as text."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        if value.startswith("="):
            cell = WriteOnlyCell(sheet, value)
            cell.data_type = "s"
            return cell
        return "'" + value if _must_be_quoted(value) else value
    return value


def write_xlsx(
    path: Path, title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()
) -> int:
    """Write one sheet, streamed, and return the number of rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for i, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    head = []
    for header in headers:
        cell = WriteOnlyCell(sheet, header)
        cell.font, cell.fill = _HEAD, _HEAD_FILL
        head.append(cell)
    sheet.append(head)
    count = 0
    for row in rows:
        sheet.append([xlsx_value(sheet, value) for value in row])
        count += 1
    book.save(path)
    return count


def _sheet_name(title: str) -> str:
    return "".join("_" if c in r"[]:*?/\\" else c for c in title)[:31] or "Sheet1"


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
    sheet.title = _sheet_name(str(register.title))
    options = book.create_sheet("选项")
    options.sheet_state = "hidden"
    columns = [column for column in register.columns if not column.read_only]
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
        _add_drop_down(sheet, options, column, context, i)
    sheet.freeze_panes = "A2"
    book.save(path)


def help_text(column: Column) -> str:
    """Return what the help row says: required or not, the form, and the declared help."""
    kind = column.kind
    parts = ["必填" if column.required else "选填"]
    if isinstance(kind, Date):
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


def _add_drop_down(sheet: Any, options: Any, column: Column, context: Context, i: int) -> None:
    kind = column.kind
    if isinstance(kind, Reference):
        texts = list(kind.offer(context)) if kind.offer else []
    else:
        texts = kind.choices_out()
    texts = texts[:_DROPDOWN_ROWS]
    if not texts:
        return
    letter = get_column_letter(i)
    for row, text in enumerate(texts, start=1):
        cell = options.cell(row, i, text)
        cell.data_type = "s"
    rule = DataValidation(
        type="list",
        formula1=f"选项!${letter}$1:${letter}${len(texts)}",
        allow_blank=True,
        showErrorMessage=True,
    )
    rule.errorTitle, rule.error = "请选择", "请从下拉列表中选择。"
    rule.errorStyle = "warning"
    rule.add(f"{letter}4:{letter}{_DROPDOWN_ROWS}")
    sheet.add_data_validation(rule)
