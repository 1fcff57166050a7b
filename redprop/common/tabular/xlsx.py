"""Reading .xlsx and .xlsm as a stream: rows by pattern, whatever fits none by the XML parser.

Every writer in use (Excel, WPS, LibreOffice, POI, openpyxl) puts its cells in one of a few shapes: one
regular expression finds them three times as fast as a parser would, and a sheet of 100,000 rows needs
no memory. A row in which it misses a single cell goes through the parser. Formulas give their stored
result; links to other files are not followed, macros not looked at.
"""

import codecs
import math
import posixpath
import re
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import unescape

from django.utils.translation import gettext as _

from redprop.common.tabular import limits, zipped
from redprop.common.tabular.cells import BadCell
from redprop.common.tabular.numberformats import NUMBER, format_kind, shown
from redprop.common.tabular.streams import Cells, Merge, Rows, Sheet, fill_down

Found = tuple[str, str, str, str, str, str]
"""Column letters, style, type, mark of a formula, value, inline text of a cell."""

_CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?(?: [cv]m="\d+")* ?(?:/>|>'
    r"(?:(<f)(?: [^>]*)?(?:/>|>[^<]*</f>))?"
    r"(?:<v(?: [^>]*)?(?:/>|>([^<]*)</v>)|<is><t(?: [^>]*)?(?:/>|>([^<]*)</t>)</is>)?</c>)"
)
_ROW = re.compile(r'<row\b[^>]*?\sr="(\d+)"')
_MERGE = re.compile(rb'mergeCell ref="([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)"')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENTITIES = re.compile(r"&#(x[0-9A-Fa-f]{1,6}|\d{1,7});")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def open_xlsx(path: Path) -> list[Sheet]:
    """Return the worksheets of a checked workbook, hidden ones too, in their order."""
    with zipped.damage_as_refusal(path), zipfile.ZipFile(path) as book:
        shared = _Shared(path, book)
        described = zipped.elements(zipped.small_part(book, "xl/workbook.xml"))
        shared.since_1904 = any(
            name == "workbookPr" and attrs.get("date1904") in ("1", "true") for name, attrs in described
        )
        relations = {
            attrs["Id"]: attrs
            for name, attrs in zipped.elements(zipped.small_part(book, "xl/_rels/workbook.xml.rels"))
            if name == "Relationship"
        }
        names = set(book.namelist())
        found = []
        for name, attrs in described:
            relation = relations.get(attrs.get("id", "")) if name == "sheet" else None
            if relation is None or not relation.get("Type", "").endswith("/worksheet"):
                continue
            part = posixpath.normpath(posixpath.join("/xl", relation["Target"])).lstrip("/")
            if part not in names:
                raise limits.damaged(path)
            hidden = attrs.get("state", "visible") != "visible"
            read, guess = partial(_rows, path, part, shared), partial(_estimate, path, part)
            found.append(Sheet(path, attrs["name"], "xlsx", read, hidden=hidden, guess=guess))
    return found


class _Shared:
    """What all sheets share: texts (as one block of bytes, read when first asked for), formats, epoch."""

    def __init__(self, path: Path, book: zipfile.ZipFile) -> None:
        self.path = path
        self.since_1904 = False
        self.formats = _formats(book)
        self.merges: dict[str, list[Merge]] = {}
        self._texts: bytearray | None = None
        self._ends = array("Q", [0])
        self._known: dict[int, str] = {}

    def text(self, index: int) -> str:
        """Return a shared text by its number."""
        found = self._known.get(index)
        if found is None:
            if self._texts is None:
                self._load()
            assert self._texts is not None
            if not 0 <= index < len(self._ends) - 1:
                raise IndexError(index)
            found = self._texts[self._ends[index] : self._ends[index + 1]].decode("utf-8", "replace")
            if len(self._known) > 20_000:
                self._known.clear()
            self._known[index] = found
        return found

    def _load(self) -> None:
        texts, ends = bytearray(), self._ends
        with zipfile.ZipFile(self.path) as book:
            part = next((n for n in book.namelist() if n.lower() == "xl/sharedstrings.xml"), None)
            if part is not None:
                with book.open(part) as stream:
                    for text in _shared_texts(stream):
                        texts += tidy(text).encode("utf-8", "replace")
                        ends.append(len(texts))
                        if len(texts) > limits.MAX_TEXTS:
                            raise limits.too_much_text(self.path)
        self._texts = texts

    def value(self, style: str, text: str) -> Any:
        """Return a number as the file shows it: plain, date or percent."""
        number: float = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        if number.is_integer() and abs(number) < 1e15:
            number = int(number)
        if not style:
            return number
        kind = self.formats[int(style)] if int(style) < len(self.formats) else NUMBER
        return number if kind == NUMBER else shown(number, kind, since_1904=self.since_1904)


def _formats(book: zipfile.ZipFile) -> list[int]:
    """Return NUMBER, DATE or PERCENT for each cell style."""
    part = next((name for name in book.namelist() if name.lower() == "xl/styles.xml"), None)
    if part is None:
        return []
    own: dict[str, str] = {}
    found: list[int] = []
    inside = False
    for name, attrs in zipped.elements(zipped.small_part(book, part)):
        if name == "numFmt" and "numFmtId" in attrs:
            own.setdefault(attrs["numFmtId"], attrs.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            number = attrs.get("numFmtId", "0")
            found.append(format_kind(int(number) if number.isdigit() else 0, own.get(number)))
    return found


def tidy(text: str) -> str:
    """Return a text of the file with its escapes resolved and line ends as \\n."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda mark: chr(int(mark[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _shared_texts(stream: Any) -> Iterator[str]:
    done: list[str] = []
    parts: list[str] = []
    state = {"text": False, "phonetic": 0}

    def start(name: str, _attrs: Any) -> None:
        name = zipped.local(name)
        if name == "t":
            state["text"] = not state["phonetic"]
        elif name == "rPh":
            state["phonetic"] += 1
        elif name == "si":
            parts.clear()

    def end(name: str) -> None:
        name = zipped.local(name)
        if name == "t":
            state["text"] = False
        elif name == "rPh":
            state["phonetic"] -= 1
        elif name == "si":
            done.append("".join(parts))

    def characters(text: str) -> None:
        if state["text"]:
            parts.append(text)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    while chunk := stream.read(zipped.CHUNK):
        parser.Parse(chunk, False)
        yield from done
        done.clear()
    parser.Parse(b"", True)
    yield from done


def _rows(path: Path, part: str, shared: _Shared) -> Rows:
    with zipped.damage_as_refusal(path), zipfile.ZipFile(path) as book:
        merges = _merges(path, book, part, shared)
        with book.open(part) as stream:
            rows = _sound(path, _by_pattern(path, stream, shared))
            yield from fill_down(rows, merges) if merges else rows


def _estimate(path: Path, part: str) -> int:
    with zipped.damage_as_refusal(path), zipfile.ZipFile(path) as book, book.open(part) as stream:
        head = stream.read(zipped.CHUNK)
        return head.count(b"</row>") * book.getinfo(part).file_size // max(1, len(head))


def _merges(path: Path, book: zipfile.ZipFile, part: str, shared: _Shared) -> list[Merge]:
    """Return the cells merged downwards; they stand behind the rows, so the sheet is gone through once for them."""
    if part not in shared.merges:
        found: set[Merge] = set()
        tail = b""
        with book.open(part) as stream:
            while chunk := stream.read(zipped.CHUNK):
                window = tail + chunk
                if b"mergeCell " in window:
                    for left, first, last in _MERGE.findall(window):
                        if int(first) < int(last) and int(first) <= limits.LAST_ROW:
                            found.add((int(first), int(last), column_index(left.decode())))
                    if len(found) > limits.MAX_ROWS:
                        raise limits.damaged(path)
                tail = chunk[-100:]
        shared.merges[part] = sorted(found)
    return shared.merges[part]


def _sound(path: Path, rows: Iterable[tuple[int, Cells]]) -> Rows:
    """Yield the rows that hold anything; refuses what is too far out, and rows out of order."""
    last = 0
    for number, cells in rows:
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        if number <= last:
            raise limits.damaged(path)
        if number > limits.LAST_ROW:
            raise limits.too_many_rows(path)
        if len(cells) > limits.MAX_COLUMNS:
            raise limits.too_many_columns(path)
        last = number
        yield number, cells


def _by_pattern(path: Path, stream: Any, shared: _Shared) -> Iterator[tuple[int, Cells]]:
    head = stream.read(zipped.CHUNK)
    usual = b"<sheetData" in head and b"<!" not in head[:2000]
    if not usual or re.search(rb"encoding=['\"](?!utf-8)", head[:200], re.IGNORECASE):
        yield from _by_parser(path, head, stream, shared)
        return
    decode = codecs.getincrementaldecoder("utf-8")().decode
    number, rest, ended = 0, "", False
    columns = _COLUMNS
    text_of, value_of = shared.text, shared.value
    chunk = head
    while chunk:
        pieces = (rest + decode(chunk)).split("</row>")
        rest = pieces.pop()
        if len(rest) > limits.MAX_ROW_TEXT:
            raise limits.too_many_columns(path)
        for piece in pieces:
            start = piece.rfind("<row")
            if start < 0:
                raise ValueError(path)
            found_row = _ROW.match(piece, start)
            # A row may leave out its number; empty rows before it are then written as <row/>.
            number = int(found_row[1]) if found_row else number + max(piece.count("<row"), 1)
            if "<v" not in piece and "<t" not in piece and "<f" not in piece:
                continue
            found: list[Found] = _CELL.findall(piece, start)
            if len(found) != piece.count("<c ", start) + piece.count("<c>", start) or "<!" in piece:
                yield from _by_parser(
                    path, b"", None, shared, fragment=piece[start:] + "</row>", number=number
                )
                continue
            cells: Cells = []
            width = 0
            for letters, style, kind, formula, value, inline in found:
                column = columns.get(letters)
                if column is None:
                    column = column_index(letters)
                if kind == "s":
                    content = text_of(int(value)) if value else ""
                elif value and (kind == "" or kind == "n"):
                    content = value_of(style, value)
                elif inline:
                    content = _plain(inline)
                elif value or formula:
                    content = _other(shared, style, kind, formula, value)
                else:
                    continue
                if content == "":
                    continue
                if column == width:
                    cells.append(content)
                    width += 1
                else:
                    width = _put(cells, column, content)
            yield number, cells
        ended = ended or "</sheetData" in rest or "<sheetData/>" in rest or "<sheetData />" in rest
        if ended:
            rest = ""
        chunk = stream.read(zipped.CHUNK)
    if not ended:
        raise ValueError(path)


def _put(cells: Cells, column: int, content: Any) -> int:
    if column > limits.MAX_COLUMNS:
        column = limits.MAX_COLUMNS  # refused by `_sound`: a filled cell too far to the right
    if len(cells) <= column:
        cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = content
    return len(cells)


def _plain(text: str) -> str:
    if "&" in text:
        text = _ENTITIES.sub(_character, text)
        text = unescape(text, _QUOTES)
    return tidy(text)


def _character(mark: re.Match[str]) -> str:
    code = mark[1]
    return chr(int(code[1:], 16) if code[0] == "x" else int(code)).replace("&", "&amp;")


def _other(shared: _Shared, style: str, kind: str, formula: str, value: str) -> Any:
    """Return a cell that is neither shared text, number nor inline text."""
    if kind == "b":
        return value.strip() in ("1", "true")
    if kind == "e":
        return value or "#VALUE!"
    if formula and not value and kind != "str":
        return no_result()
    if kind == "d":
        return datetime.fromisoformat(value.replace("Z", "")) if "T" in value else date.fromisoformat(value)
    return _plain(value)


def no_result() -> BadCell:
    """Return what stands for a formula that nobody has calculated yet."""
    return BadCell(
        "=…",
        _(
            "This cell holds a formula without a stored result. Open the file in Excel or WPS and save it, or type the value itself."
        ),
    )


def _by_parser(
    path: Path, head: bytes, stream: Any, shared: _Shared, *, fragment: str = "", number: int = 0
) -> Iterator[tuple[int, Cells]]:
    """Yield the rows by the XML parser: of a whole sheet, or of one row given as `fragment`."""
    reader = _Parser(shared, max(0, number - 1))
    if fragment:
        reader.parser = expat.ParserCreate("utf-8")
        reader.listen()
        reader.parser.Parse(fragment, True)
        yield from reader.done
        return
    chunk = head
    while chunk:
        reader.parser.Parse(chunk, False)
        yield from reader.done
        reader.done.clear()
        if reader.size > limits.MAX_ROW_TEXT:
            raise limits.too_many_columns(path)
        chunk = stream.read(zipped.CHUNK)
    reader.parser.Parse(b"", True)
    yield from reader.done


class _Parser:
    """Collects rows from parser events; prefixes do not matter."""

    def __init__(self, shared: _Shared, number: int) -> None:
        self.shared, self.number = shared, number
        self.done: list[tuple[int, Cells]] = []
        self.cells: Cells = []
        self.column = -1
        self.attrs: dict[str, str] = {}
        self.formula = ""
        self.value: list[str] = []
        self.inline: list[str] = []
        self.into: list[str] | None = None
        self.size = self.phonetic = 0
        self.parser = expat.ParserCreate()
        self.listen()

    def listen(self) -> None:
        """Attach to the parser."""
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def start(self, name: str, attrs: dict[str, str]) -> None:
        """Take an opening tag."""
        name = zipped.local(name)
        if name == "row":
            self.number = int(attrs["r"]) if "r" in attrs else self.number + 1
            self.cells, self.column, self.size = [], -1, 0
        elif name == "c":
            letters = attrs.get("r", "").rstrip("0123456789")
            self.column = column_index(letters) if letters else self.column + 1
            self.attrs, self.formula, self.value, self.inline = attrs, "", [], []
        elif name == "v":
            self.into = self.value
        elif name == "t" and not self.phonetic:
            self.into = self.inline
        elif name == "f":
            self.formula = "<f"
        elif name == "rPh":
            self.phonetic += 1

    def end(self, name: str) -> None:
        """Take a closing tag."""
        name = zipped.local(name)
        if name in ("v", "t"):
            self.into = None
        elif name == "rPh":
            self.phonetic -= 1
        elif name == "c":
            self._close_cell()
        elif name == "row":
            self.done.append((self.number, self.cells))

    def _close_cell(self) -> None:
        kind, style, value = self.attrs.get("t", ""), self.attrs.get("s", ""), "".join(self.value)
        content: Any
        if kind == "s":
            content = self.shared.text(int(value)) if value else ""
        elif kind in ("", "n") and value:
            content = self.shared.value(style, value)
        elif self.inline:
            content = tidy("".join(self.inline))
        elif kind == "str":
            content = tidy(value)
        elif value or self.formula:
            content = _other(self.shared, style, kind, self.formula, value)
        else:
            return
        if content != "":
            _put(self.cells, self.column, content)

    def characters(self, text: str) -> None:
        """Take a text."""
        if self.into is not None:
            self.into.append(text)
            self.size += len(text)


def column_index(letters: str) -> int:
    """Return 0 for A, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


_COLUMNS = {(chr(64 + i // 26) if i >= 26 else "") + chr(65 + i % 26): i for i in range(limits.MAX_COLUMNS)}
