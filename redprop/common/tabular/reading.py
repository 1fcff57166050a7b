"""Opening a table file: one sheet as an iterator of (row number, cells), whatever the format.

Row numbers are those the user sees in Excel. Cells come as the file holds them (text, float, bool,
date); what they mean is decided in `cells`. Which row is the header is decided in `headers`.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from redprop.common.errors import Refused
from redprop.common.tabular import limits

Cells = list[Any]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file; `rows()` can be called again and again. `first_column` is 1 for column A."""

    path: Path
    name: str
    kind: str
    first_column: int
    _source: CalamineSheet | str
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield (row number as in Excel, cells)."""
        if isinstance(self._source, str):
            yield from _csv_rows(self.path, self._source)
            return
        start = self._source.start
        if start is None:
            return
        if not self.errors:
            yield from enumerate(self._source.iter_rows(), start=1)
            return
        bad = {row for row, _column in self.errors}
        for number, cells in enumerate(self._source.iter_rows(), start=1):
            if number in bad:
                for position in range(len(cells)):
                    if error := self.errors.get((number, position + self.first_column)):
                        cells[position] = error
            yield number, cells


def open_sheets(path: Path, sheet: str | None = None) -> list[Sheet]:
    """Return the visible sheets that hold anything, or the one called `sheet` (name or number from 1).

    Raises Refused for a file that is no readable table.
    """
    kind = limits.kind_of(path)
    if kind == "csv":
        return [Sheet(path, path.name, "csv", 1, _encoding_of(path))]
    try:
        book = CalamineWorkbook.from_path(str(path))
        errors = limits.error_cells(path) if kind == "xlsx" else {}
        metadata = list(book.sheets_metadata)
        if sheet is not None:
            metadata = [m for m in metadata if m.name == sheet] or [
                m for number, m in enumerate(metadata, 1) if str(number) == sheet
            ]
            if not metadata:
                raise Refused(
                    _("The file has no sheet “%(sheet)s”. Its sheets: %(names)s.")
                    % {"sheet": sheet, "names": "、".join(book.sheet_names)},
                    code="no-sheet",
                )
        else:
            metadata = [m for m in metadata if m.visible == SheetVisibleEnum.Visible]
        found = []
        for one in metadata:
            content = book.get_sheet_by_name(one.name)
            if content.start is None:
                continue
            if content.total_width > limits.MAX_COLUMNS:
                raise limits.too_many_columns(path)
            if content.total_height > limits.MAX_ROWS:
                raise limits.too_many_rows(path)
            found.append(Sheet(path, one.name, kind, content.start[1] + 1, content, errors.get(one.name, {})))
    except PasswordError:
        raise limits.protected(path) from None
    except CalamineError:
        raise limits.damaged(path) from None
    if not found:
        raise empty(path)
    return found


def empty(path: Path) -> Refused:
    """Return the refusal for a file without a single filled cell."""
    return Refused(
        _("“%(path)s” has no filled cell. Fill in the template of this register and send it again.")
        % {"path": path.name},
        code="empty-table",
    )


def _encoding_of(path: Path) -> str:
    """Return the encoding: by mark, else UTF-8 if the whole file is, else GB18030 if the whole file is."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while chunk := file.read(1 << 20):
                    if "\0" in chunk:
                        raise limits.damaged(path)
        except UnicodeError:
            continue
        return encoding
    raise Refused(
        _(
            "“%(path)s” is neither UTF-8 nor GB18030 text. Save it from Excel or WPS as .xlsx or as “CSV UTF-8”."
        )
        % {"path": path.name},
        code="encoding",
    )


def _csv_rows(path: Path, encoding: str) -> Iterator[tuple[int, Cells]]:
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file)
        reader = csv.reader(file, delimiter=delimiter)
        number = 0
        try:
            for number, row in enumerate(reader, start=1):
                if len(row) > limits.MAX_COLUMNS:
                    raise limits.too_many_columns(path)
                if number > limits.MAX_ROWS:
                    raise limits.too_many_rows(path)
                yield number, list(row)
        except csv.Error:
            raise Refused(
                _(
                    "“%(path)s” cannot be read as CSV after row %(row)s (an unclosed quotation mark or a huge cell). Save it as .xlsx."
                )
                % {"path": path.name, "row": number},
                code="damaged",
            ) from None


def _delimiter(file: io.TextIOBase) -> str:
    """Return the mark that cuts the first rows into most columns: marks inside quoted cells do not count."""
    sample = file.read(8192).splitlines(keepends=True)
    file.seek(0)

    def width(mark: str) -> int:
        widest = 0
        with suppress(csv.Error):
            for row in islice(csv.reader(sample, delimiter=mark), 20):
                widest = max(widest, len(row))
        return widest

    return max((",", "\t", ";"), key=width)
