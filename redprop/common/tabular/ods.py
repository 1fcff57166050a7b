"""Reading .ods as a stream of parser events: repeated rows and cells, merged cells, hidden sheets.

The empty rows and columns with which a sheet is padded to its last cell are counted, never made.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.parsers import expat

from redprop.common.tabular import limits, zipped
from redprop.common.tabular.cells import FORMULA_ERRORS, Merged, Percent
from redprop.common.tabular.streams import Cells, Rows, Sheet
from redprop.common.tabular.xlsx import no_result

_NUMBERS = frozenset({"float", "currency"})


def open_ods(path: Path) -> list[Sheet]:
    """Return the sheets of a checked document, hidden ones too, in their order."""
    hidden: set[str] = set()
    found: list[Sheet] = []
    style = ""
    with zipped.damage_as_refusal(path), zipfile.ZipFile(path) as book, book.open("content.xml") as stream:

        def start(name: str, attrs: dict[str, str]) -> None:
            nonlocal style
            name = zipped.local(name)
            if name == "style":
                style = attrs.get("style:name", "")
            elif name == "table-properties" and attrs.get("table:display") == "false":
                hidden.add(style)
            elif name == "table":
                title = attrs.get("table:name", f"{len(found) + 1}")
                read = partial(_rows, path, len(found))
                found.append(
                    Sheet(path, title, "ods", read, hidden=attrs.get("table:style-name", "") in hidden)
                )

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        while chunk := stream.read(zipped.CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    return found


def _rows(path: Path, table: int) -> Rows:
    with zipped.damage_as_refusal(path), zipfile.ZipFile(path) as book, book.open("content.xml") as stream:
        reader = _Reader(path, table)
        while not reader.finished and (chunk := stream.read(zipped.CHUNK)):
            reader.parser.Parse(chunk, False)
            yield from reader.take()
            if reader.size > limits.MAX_ROW_TEXT:
                raise limits.too_many_columns(path)
        yield from reader.take()


class _Reader:
    """Collects the rows of one table from parser events."""

    def __init__(self, path: Path, table: int) -> None:
        self.path, self.wanted = path, table
        self.table, self.depth = -1, 0
        self.finished = False
        self.number = self.repeat_row = 1
        self.cells: Cells = []
        self.done: list[tuple[int, int, Cells]] = []
        self.merged: dict[int, tuple[int, int, Any]] = {}
        self.attrs: dict[str, str] = {}
        self.covered = False
        self.column = 0
        self.text: list[str] = []
        self.paragraphs = self.notes = self.size = 0
        self.in_text = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def take(self) -> Iterator[tuple[int, Cells]]:
        """Yield the rows that are ready; a repeated one as often as it stands there."""
        done, self.done = self.done, []
        for number, times, cells in done:
            for more in range(times):
                if number + more > limits.LAST_ROW:
                    raise limits.too_many_rows(self.path)
                yield number + more, list(cells)

    def start(self, name: str, attrs: dict[str, str]) -> None:
        """Take an opening tag."""
        name = zipped.local(name)
        if name == "table":
            self.depth += 1
            if self.depth == 1:
                self.table += 1
        if self.table != self.wanted or self.depth != 1:
            return
        if name == "table-row":
            self.repeat_row = _count(attrs, "table:number-rows-repeated")
            self.cells, self.column, self.size = [], 0, 0
        elif name in ("table-cell", "covered-table-cell"):
            self.attrs, self.covered = attrs, name == "covered-table-cell"
            self.text, self.paragraphs = [], 0
        elif name == "annotation":
            self.notes += 1
        elif name == "p" and not self.notes:
            if self.paragraphs:
                self.text.append("\n")
            self.paragraphs += 1
            self.in_text += 1
        elif self.in_text:
            if name == "s":
                self.text.append(" " * min(_count(attrs, "text:c"), 1000))
            elif name in ("tab", "line-break"):
                self.text.append("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        """Take a closing tag."""
        name = zipped.local(name)
        if self.table == self.wanted and self.depth == 1:
            if name == "annotation":
                self.notes -= 1
            elif name == "p" and not self.notes:
                self.in_text -= 1
            elif name in ("table-cell", "covered-table-cell"):
                self._close_cell()
            elif name == "table-row":
                self._close_row()
        if name == "table":
            self.depth -= 1
            if self.depth == 0 and self.table == self.wanted:
                self.finished = True

    def characters(self, text: str) -> None:
        """Take a text."""
        if self.in_text and not self.notes:
            self.text.append(text)
            self.size += len(text)

    def _close_cell(self) -> None:
        times = _count(self.attrs, "table:number-columns-repeated")
        value = "" if self.covered else _value(self.attrs, "".join(self.text))
        if value != "":
            if self.column + times > limits.MAX_COLUMNS:
                raise limits.too_many_columns(self.path)
            self.cells.extend([""] * (self.column - len(self.cells)))
            self.cells.extend([value] * times)
            rows = _count(self.attrs, "table:number-rows-spanned")
            if rows > 1:
                self.merged[self.column] = (self.number, self.number + rows - 1, value)
        self.column += times

    def _close_row(self) -> None:
        if self.cells:
            for column, (first, last, value) in list(self.merged.items()):
                if last < self.number:
                    del self.merged[column]
                elif first < self.number:
                    self.cells.extend([""] * (column + 1 - len(self.cells)))
                    if self.cells[column] == "":
                        plain = isinstance(value, str) and value in FORMULA_ERRORS
                        self.cells[column] = value if plain else Merged(value, first, last)
            self.done.append((self.number, self.repeat_row, self.cells))
            if len(self.done) > limits.MAX_ROWS:
                raise limits.too_many_rows(self.path)
        self.number += self.repeat_row


def _count(attrs: dict[str, str], name: str) -> int:
    found = attrs.get(name, "1")
    return max(1, int(found)) if len(found) < 9 else 10**8


def _value(attrs: dict[str, str], text: str) -> Any:
    """Return what a cell holds: the stored value, not what its format makes of it."""
    kind = attrs.get("office:value-type", "")
    if attrs.get("calcext:value-type") == "error" or text in FORMULA_ERRORS or text.startswith("Err:"):
        return text if text in FORMULA_ERRORS else "#VALUE!"
    if not kind:
        return no_result() if "table:formula" in attrs and not text else text
    if kind in _NUMBERS or kind == "percentage":
        number = float(attrs["office:value"])
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError(number)
        if kind == "percentage":
            return Percent(number)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if kind == "date":
        found = attrs["office:date-value"]
        return datetime.fromisoformat(found[:19]) if "T" in found else date.fromisoformat(found)
    if kind == "boolean":
        return attrs.get("office:boolean-value") == "true"
    return text or attrs.get("office:string-value", "")
