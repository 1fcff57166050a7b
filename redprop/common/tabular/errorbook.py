"""The error workbook: the user's own sheet with the bad cells coloured and a reason in each, to be mended and sent again.

An .xlsx keeps its looks. Other formats, and sheets above 20,000 rows (then the refused rows alone),
come as a new workbook. A second sheet lists every error by row and column. Nothing is masked here:
it is the sender's own file.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from redprop.common.tabular.headers import Layout, plain
from redprop.common.tabular.writing import xlsx_value

WHOLE_UP_TO = 20_000
REASON = "未通过原因"
LIST = "错误清单"
_BAD = PatternFill("solid", fgColor="FFE08A")
_WHY = Font(color="8A4B00", bold=True)
_COMMENTED = 3_000
"""More cells than this are coloured, but not commented: Excel grows slow with comments."""


def write_errors(path: Path, layout: Layout, problems: Sequence[Any]) -> int:
    """Write the workbook for `problems` (with row, column, value, message); returns how many there are."""
    by_row: dict[int, list[Any]] = defaultdict(list)
    for problem in problems:
        by_row[problem.row].append(problem)
    rows = sum(1 for _row in layout.sheet.rows())
    if layout.sheet.kind == "xlsx" and rows <= WHOLE_UP_TO:
        book = load_workbook(layout.sheet.path)
        _mark_own(book[layout.sheet.name], layout, by_row)
        listing = book.create_sheet(_free_name(book))
    else:
        book = Workbook(write_only=True)
        _mark_copy(book.create_sheet("数据"), layout, by_row, whole=rows <= WHOLE_UP_TO)
        listing = book.create_sheet(LIST)
    for letter, width in zip("ABCD", (8, 20, 30, 80), strict=True):
        listing.column_dimensions[letter].width = width
    listing.append(["行号", "列名", "单元格内容", "原因与改法"])
    for problem in problems:
        texts = (problem.column, problem.value, problem.message)
        listing.append([problem.row, *(_text(text) for text in texts)])
    book.save(path)
    return len(problems)


def _text(value: object) -> str:
    text = str(value or "")
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def _free_name(book: Any) -> str:
    return next(name for name in [LIST, *(f"{LIST}{n}" for n in range(2, 99))] if name not in book.sheetnames)


def _reasons(problems: Sequence[Any]) -> str:
    return "；".join(f"{p.column}：{p.message}" if p.column else p.message for p in problems)


def _places(layout: Layout) -> dict[str, int]:
    return {header: position for position, header in layout.headers.items()}


def _comment(problem: Any, written: int) -> Comment | None:
    return Comment(problem.message, _("import"), width=320, height=100) if written < _COMMENTED else None


def _mark_own(sheet: Any, layout: Layout, by_row: dict[int, list[Any]]) -> None:
    places, offset = _places(layout), layout.sheet.first_column
    known = [p for p, header in layout.headers.items() if plain(header) == plain(REASON)]
    reason_at = known[0] + offset if known else max(layout.headers) + offset + 1
    sheet.cell(layout.header_row, reason_at, REASON).font = _WHY
    written = 0
    for number, problems in by_row.items():
        for problem in problems:
            place = places.get(problem.column)
            if place is None:
                continue
            cell = sheet.cell(number, place + offset)
            if isinstance(cell, MergedCell):
                continue
            cell.fill = _BAD
            cell.comment = _comment(problem, written)
            written += 1
        reason = sheet.cell(number, reason_at)
        if not isinstance(reason, MergedCell):
            reason.value, reason.font = _text(_reasons(problems)), _WHY


def _mark_copy(sheet: Any, layout: Layout, by_row: dict[int, list[Any]], *, whole: bool) -> None:
    places = _places(layout)
    width = max(layout.headers) + 1
    known = [p for p, header in layout.headers.items() if plain(header) == plain(REASON)]
    written = 0
    for number, sent in layout.sheet.rows():
        problems = by_row.get(number, [])
        if not whole and not problems and number != layout.header_row:
            continue
        cells: list[Any] = [xlsx_value(sheet, value) for value in sent]
        cells += [None] * (width - len(cells))
        for problem in problems:
            place = places.get(problem.column)
            if place is not None:
                cell = WriteOnlyCell(
                    sheet, cells[place] if not hasattr(cells[place], "value") else sent[place]
                )
                if isinstance(cell.value, str):
                    cell.data_type = "s"
                cell.fill, cell.comment = _BAD, _comment(problem, written)
                cells[place], written = cell, written + 1
        reason = REASON if number == layout.header_row else _text(_reasons(problems))
        if known:
            cells[known[0]] = reason
        else:
            cells = [*cells[:width], reason]
        sheet.append(cells)
