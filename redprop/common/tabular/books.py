"""A register whose rows have parts on sheets of their own: one workbook instead of lists inside cells.

Behind the scenes each part is one cell of the row, a list in JSON; a .csv and the engine know only
that. `gather` reads a workbook into this form, `write_book` and `add_part_sheets` write the other.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from redprop.common.errors import Refused
from redprop.common.tabular.cells import BadCell, CellError, clean
from redprop.common.tabular.dropdowns import DropDowns
from redprop.common.tabular.headers import EXAMPLE_MARK, HELP_MARK, LOOK_AT, plain
from redprop.common.tabular.streams import BadLine, Rows, Sheet

_HEAD, _GREY = Font(bold=True), Font(color="666666", italic=True)
_FILL = PatternFill("solid", fgColor="F3E3E3")


@dataclass(frozen=True)
class PartColumn:
    """One column of a part's sheet: its header, what the help row says, an example, what its drop-down offers."""

    header: str
    help: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One sheet: `field` is the row's column that holds it, `keys` are the headers that lead to the row.

    `read(texts)` makes one line's JSON from header → text and raises CellError; `write(line)` is its
    inverse, header → value. `of(line)` may tell lines of one sheet that belong to another `field` apart.
    """

    field: str
    title: str
    columns: tuple[PartColumn, ...]
    read: Callable[[dict[str, str]], Any]
    write: Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Book:
    """The sheets of a register's workbook: `keys` stand in the first columns of every sheet."""

    title: str
    keys: tuple[PartColumn, ...]
    parts: tuple[Part, ...]

    def headers(self, part: Part) -> list[str]:
        """Return the headers of a part's sheet."""
        return [column.header for column in (*self.keys, *part.columns)]

    def gather(self, sheets: list[Sheet], headers: dict[str, str]) -> list[Sheet]:
        """Return the main sheet with a cell for each part, if the file has sheets of the parts; else the sheets."""
        return gather(self, headers, sheets)


def gather(book: Book, headers: dict[str, str], sheets: list[Sheet]) -> list[Sheet]:
    """Return the main sheet with a cell for each part, if the file has the sheets of the parts; else the sheets.

    `headers` are those of the cells, by field.
    """
    by_name = {sheet.name: sheet for sheet in sheets}
    found = [part for part in book.parts if part.title in by_name]
    main = by_name.get(book.title)
    if not found or main is None:
        return sheets
    joined: dict[str, dict[tuple[str, ...], Any]] = {}
    for part in found:
        joined[part.field] = _lines(book, part, by_name[part.title])
    return [replace(main, read=lambda: _joined(book, main, headers, joined))]


def _joined(book: Book, main: Sheet, headers: dict[str, str], joined: dict[str, dict[Any, Any]]) -> Rows:
    """Yield the rows of the main sheet with the parts' cells at their end."""
    places: list[int] | None = None
    width = 0
    used: set[tuple[str, ...]] = set()
    for number, cells in main.read():
        if isinstance(cells, BadLine):
            yield number, cells
            continue
        texts = [_text(cell) for cell in cells]
        if places is None:
            places = _places([key.header for key in book.keys], texts)
            width = len(cells)
            more: list[Any] = [headers[field] for field in joined] if places is not None else []
        elif _is_help(cells):
            more = []
        else:
            key = tuple(texts[place] if place < len(texts) else "" for place in places)
            used.add(key)
            more = [_cell(joined[field].get(key)) for field in joined]
        yield number, [*cells[:width], *[""] * (width - len(cells)), *more] if more else cells
    for field, lines in joined.items():
        if lost := [key for key in lines if key not in used]:
            title = next(part.title for part in book.parts if part.field == field)
            raise Refused(
                _(
                    "The sheet “%(part)s” has lines for %(key)s, which the sheet “%(main)s” does not name. Correct one of the two."
                )
                % {"part": title, "key": " ".join(lost[0]) or "—", "main": book.title},
                code="part-without-row",
            )


def _cell(found: Any) -> Any:
    if found is None:
        return ""
    return found if isinstance(found, BadCell) else json.dumps(found, ensure_ascii=False, sort_keys=True)


def _lines(book: Book, part: Part, sheet: Sheet) -> dict[tuple[str, ...], Any]:
    """Return key → list of the part's lines, or what is wrong with them."""
    wanted = book.headers(part)
    places: list[int] | None = None
    found: dict[tuple[str, ...], Any] = {}
    wrong: dict[tuple[str, ...], list[str]] = {}
    for number, cells in sheet.read():
        texts = [_text(cell) for cell in cells]
        if not any(texts):
            continue
        if places is None:
            places = _places(wanted, texts)
            if places is None and number >= LOOK_AT:
                break
            continue
        if _is_help(cells):
            continue
        told = [texts[place] if 0 <= place < len(texts) else "" for place in places]
        key = tuple(told[: len(book.keys)])
        try:
            found.setdefault(key, []).append(part.read(dict(zip(wanted, told, strict=True))))
        except CellError as error:
            wrong.setdefault(key, []).append(
                _("“%(sheet)s”, row %(row)s: %(reason)s")
                % {"sheet": part.title, "row": number, "reason": error}
            )
    if places is None:
        raise Refused(
            _("The sheet “%(sheet)s” lacks its header: %(headers)s. Use the template.")
            % {"sheet": part.title, "headers": "、".join(wanted)},
            code="no-header",
        )
    return found | {key: BadCell("", " ".join(reasons)) for key, reasons in wrong.items()}


def _places(wanted: Sequence[str], texts: Sequence[str]) -> list[int] | None:
    """Return where the headers stand (-1: not there), or None when the first two are not in this row."""
    known = {plain(text): place for place, text in reversed(list(enumerate(texts)))}
    places = [known.get(plain(header), -1) for header in wanted]
    return None if -1 in places[:2] else places


def _is_help(cells: Sequence[Any]) -> bool:
    return bool(cells) and str(cells[0]).startswith((HELP_MARK, EXAMPLE_MARK))


def _text(cell: Any) -> str:
    try:
        return str(clean(cell))
    except CellError:
        return str(cell)


def write_book(
    path: Path, book: Book, headers: Sequence[str], hidden: dict[int, Part], rows: Iterable[Sequence[Any]]
) -> int:
    """Write rows as a workbook; the cells at the places `hidden` become lines of their parts' sheets.

    The keys are the first cells of a row. Returns the number of rows.
    """
    out = Workbook()
    main = out.active
    assert main is not None
    main.title = book.title
    _head(main, [header for i, header in enumerate(headers) if i not in hidden])
    sheets = {}
    for part in book.parts:
        sheets[part.title] = out.create_sheet(part.title)
        _head(sheets[part.title], book.headers(part))
    count = 0
    for row in rows:
        count += 1
        _append(main, [value for i, value in enumerate(row) if i not in hidden])
        keys = list(row[: len(book.keys)])
        for i, part in hidden.items():
            for line in json.loads(row[i]) if row[i] else ():
                told = part.write(line)
                _append(sheets[part.title], [*keys, *(told.get(column.header) for column in part.columns)])
    out.save(path)
    return count


def add_part_sheets(out: Workbook, book: Book, drop_downs: DropDowns) -> None:
    """Add the empty sheets of the parts to a template: header, help, example, drop-downs."""
    for part in book.parts:
        sheet = out.create_sheet(part.title)
        columns = (*book.keys, *part.columns)
        _head(sheet, [column.header for column in columns])
        for row, mark, texts in (
            (2, HELP_MARK, [column.help for column in columns]),
            (3, EXAMPLE_MARK, [column.example for column in columns]),
        ):
            for i, text in enumerate(texts, start=1):
                cell = sheet.cell(row, i, (mark if i == 1 else "") + text)
                cell.font, cell.alignment = _GREY, Alignment(wrap_text=True, vertical="top")
                cell.data_type = "s"
        for i, column in enumerate(columns, start=1):
            drop_downs.add(sheet, i, column.choices)


def _head(sheet: Any, headers: Sequence[str]) -> None:
    for i, header in enumerate(headers, start=1):
        cell = sheet.cell(1, i, header)
        cell.font, cell.fill = _HEAD, _FILL
        sheet.column_dimensions[get_column_letter(i)].width = max(12, len(header) * 2 + 4)
        sheet.column_dimensions[get_column_letter(i)].number_format = "@"
    sheet.freeze_panes = "A2"


def _append(sheet: Any, values: Iterator[Any] | Sequence[Any]) -> None:
    row = sheet.max_row + 1
    for i, value in enumerate(values, start=1):
        if value is None or value == "":
            continue
        cell = sheet.cell(row, i, value)
        if isinstance(value, str):
            cell.data_type = "s"
            cell.number_format = "@"


__all__ = ["Book", "Part", "PartColumn", "add_part_sheets", "gather", "write_book"]
