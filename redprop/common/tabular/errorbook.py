"""The error workbook: the user's own sheet with the bad cells coloured and a reason in each, to be mended and sent again.

An .xlsx keeps its looks. Other formats, and sheets above 20,000 rows (then the refused rows alone),
come as a new workbook. A second sheet lists every error by row and column. Nothing is masked here:
it is the sender's own file. The errors of a long file are gone through in the order of its rows, twice,
and never held together.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet import _writer

from redprop.common.disk import is_full, no_room
from redprop.common.tabular.headers import Layout, plain
from redprop.common.tabular.sheets import FORMULA
from redprop.common.tabular.writing import xlsx_value

WHOLE_UP_TO = 20_000
REASON = "未通过原因"
LIST = "错误清单"
_BAD = PatternFill("solid", fgColor="FFE08A")
_WHY = Font(color="8A4B00", bold=True)
_COMMENTED = 3_000
"""More cells than this are coloured, but not commented: Excel grows slow with comments."""


def write_errors(
    path: Path, layout: Layout, problems: Iterable[Any], progress: Callable[[int], Any] = lambda done: None
) -> int:
    """Write the workbook for `problems` (with row, column, value, message); returns how many there are.

    They are gone through twice, and must come in the order of their rows. `progress(done)` is told how
    many rows were gone through. A file that was not finished is removed, with all that openpyxl has put
    into the temporary folder for it.
    """
    with _in_own_folder():
        try:
            return _write(path, layout, problems, progress)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if is_full(error):
                raise no_room() from error
            raise


def _write(path: Path, layout: Layout, problems: Iterable[Any], progress: Callable[[int], Any]) -> int:
    rows = sum(1 for _row in layout.sheet.rows())
    if layout.sheet.kind == "xlsx" and rows <= WHOLE_UP_TO:
        book = load_workbook(layout.sheet.path)
        _mark_own(book[layout.sheet.name], layout, problems, progress)
        listing = book.create_sheet(_free_name(book))
    else:
        book = Workbook(write_only=True)
        _mark_copy(book.create_sheet("数据"), layout, problems, progress, whole=rows <= WHOLE_UP_TO)
        listing = book.create_sheet(LIST)
    for letter, width in zip("ABCD", (8, 20, 30, 80), strict=True):
        listing.column_dimensions[letter].width = width
    listing.append(["行号", "列名", "单元格内容", "原因与改法"])
    count = 0
    for problem in problems:
        count += 1
        texts = (problem.column, problem.value, problem.message)
        listing.append([problem.row, *(_text(text) for text in texts)])
    book.save(path)
    return count


def _by_row(problems: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    for number, group in groupby(problems, key=attrgetter("row")):
        yield number, list(group)


_openpyxl_files: ContextVar[Path | None] = ContextVar("folder of openpyxl's temporary files", default=None)


def _temporary_file(suffix: str = "") -> str:
    folder = _openpyxl_files.get()
    if folder is None:
        return str(_of_openpyxl(suffix=suffix))
    handle, name = tempfile.mkstemp(suffix=suffix, dir=folder)
    os.close(handle)
    _writer.ALL_TEMP_FILES.append(name)
    return name


# openpyxl leaves its temporary files behind when a write fails, until the process ends: a worker's may last weeks.
_of_openpyxl = _writer.create_temporary_file
_writer.create_temporary_file = _temporary_file


@contextmanager
def _in_own_folder() -> Iterator[None]:
    """Let openpyxl put its temporary files into a folder that is gone after the block, however that ends."""
    with tempfile.TemporaryDirectory(prefix="errors.") as folder:
        token = _openpyxl_files.set(Path(folder))
        try:
            yield
        finally:
            _openpyxl_files.reset(token)
            left = [name for name in _writer.ALL_TEMP_FILES if name.startswith(folder + os.sep)]
            for name in left:
                _writer.ALL_TEMP_FILES.remove(name)


def _text(value: object) -> str:
    text = str(value or "")
    return "'" + text if text.startswith(FORMULA) else text


def _free_name(book: Any) -> str:
    return next(name for name in [LIST, *(f"{LIST}{n}" for n in range(2, 99))] if name not in book.sheetnames)


def _reasons(problems: Sequence[Any]) -> str:
    return "；".join(f"{p.column}：{p.message}" if p.column else p.message for p in problems)


def _places(layout: Layout) -> dict[str, int]:
    return {header: position for position, header in layout.headers.items()}


def _comment(problem: Any, written: int) -> Comment | None:
    return Comment(problem.message, _("import"), width=320, height=100) if written < _COMMENTED else None


def _mark_own(sheet: Any, layout: Layout, problems: Iterable[Any], progress: Callable[[int], Any]) -> None:
    places, offset = _places(layout), layout.sheet.first_column
    known = [p for p, header in layout.headers.items() if plain(header) == plain(REASON)]
    reason_at = known[0] + offset if known else max(layout.headers) + offset + 1
    sheet.cell(layout.header_row, reason_at, REASON).font = _WHY
    written = 0
    for done, (number, wrong) in enumerate(_by_row(problems)):
        if not done % 1_000:
            progress(done)
        for problem in wrong:
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
            reason.value, reason.font = _text(_reasons(wrong)), _WHY


def _mark_copy(
    sheet: Any,
    layout: Layout,
    problems: Iterable[Any],
    progress: Callable[[int], Any],
    *,
    whole: bool,
) -> None:
    places = _places(layout)
    width = max(layout.headers) + 1
    known = [p for p, header in layout.headers.items() if plain(header) == plain(REASON)]
    written = 0
    nothing: tuple[int | None, list[Any]] = (None, [])
    waiting = _by_row(problems)
    upcoming = next(waiting, nothing)
    for done, (number, sent) in enumerate(layout.sheet.rows()):
        if not done % 1_000:
            progress(done)
        while upcoming[0] is not None and upcoming[0] < number:
            upcoming = next(waiting, nothing)
        wrong = upcoming[1] if upcoming[0] == number else []
        if not whole and not wrong and number != layout.header_row:
            continue
        cells: list[Any] = [xlsx_value(sheet, value) for value in sent]
        cells += [None] * (width - len(cells))
        for problem in wrong:
            place = places.get(problem.column)
            if place is not None:
                cell = WriteOnlyCell(
                    sheet, cells[place] if not hasattr(cells[place], "value") else sent[place]
                )
                if isinstance(cell.value, str):
                    cell.data_type = "s"
                cell.fill, cell.comment = _BAD, _comment(problem, written)
                cells[place], written = cell, written + 1
        reason = REASON if number == layout.header_row else _text(_reasons(wrong))
        if known:
            cells[known[0]] = reason
        else:
            cells = [*cells[:width], reason]
        sheet.append(cells)
