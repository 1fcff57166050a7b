"""Reading .xls (BIFF8, and BIFF5 of Excel 95): the stream out of its OLE container, then record by record.

Written by hand because the library at hand shows formula errors as empty cells (an empty cell means
"leave it as it is"), holds the whole plane up to the farthest cell and can end the process on damaged files.
"""

import struct
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from redprop.common.tabular import limits
from redprop.common.tabular.numberformats import NUMBER, format_kind, shown
from redprop.common.tabular.streams import Cells, Merge, Rows, Sheet, fill_down
from redprop.common.tabular.xlsx import no_result

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_DAMAGES = (struct.error, IndexError, KeyError, ValueError, OverflowError, OSError, EOFError, LookupError)
_FREE, _MOST_TEXTS = 0xFFFFFFF0, 2_000_000
_BOF, _EOF, _CONTINUE, _FILEPASS, _CODEPAGE, _EPOCH = 0x809, 0x0A, 0x3C, 0x2F, 0x42, 0x22
_FORMAT, _FORMAT5, _XF, _SHEET, _SST = 0x41E, 0x1E, 0xE0, 0x85, 0xFC
_NUMBER, _RK, _MULRK, _LABELSST, _LABEL, _RSTRING = 0x203, 0x27E, 0xBD, 0xFD, 0x204, 0xD6
_BOOLERR, _FORMULA, _STRING, _MERGED = 0x205, 0x06, 0x207, 0xE5


def open_xls(path: Path) -> list[Sheet]:
    """Return the worksheets, hidden ones too, in their order; raises Refused for what is no readable workbook."""
    try:
        return _Book(path).sheets()
    except _DAMAGES:
        raise limits.damaged(path) from None


class _Container:
    """An OLE container: named streams in chains of sectors."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self.file = path, file
        self.size = path.stat().st_size
        head = file.read(512)
        shift, mini_shift = struct.unpack_from("<HH", head, 0x1E)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError(path)
        self.sector = 1 << shift
        self.most = self.size // self.sector + 2
        directory, self.cutoff, mini_fat = (
            struct.unpack_from("<I", head, at)[0] for at in (0x30, 0x38, 0x3C)
        )
        difat = list(struct.unpack_from("<109I", head, 0x4C))
        next_one, seen = struct.unpack_from("<I", head, 0x44)[0], 0
        while next_one < _FREE and seen < self.most:
            more = struct.unpack(f"<{self.sector // 4}I", self._sector(next_one))
            difat += more[:-1]
            next_one, seen = more[-1], seen + 1
        self.fat = array("I")
        for one in difat:
            if one < _FREE:
                self.fat.frombytes(self._sector(one))
        entries = self._chain(directory)
        self.entries: dict[str, tuple[int, int]] = {}
        self.mini, self.mini_fat = b"", array("I")
        for at in range(0, len(entries) - 127, 128):
            length, kind = struct.unpack_from("<HB", entries, at + 64)
            start, size = struct.unpack_from("<II", entries, at + 116)
            if kind == 5:
                root = (start, size)
            elif kind == 2:
                name = entries[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
                self.entries.setdefault(name.casefold(), (start, size))
        if mini_fat < _FREE:
            self.mini_fat.frombytes(self._chain(mini_fat))
            self.mini = self._chain(root[0])[: root[1]]

    def _sector(self, number: int) -> bytes:
        self.file.seek((number + 1) * self.sector)
        return self.file.read(self.sector).ljust(self.sector, b"\0")

    def _chain(self, start: int) -> bytes:
        parts, seen = [], 0
        while start < _FREE:
            if seen > self.most or (start + 1) * self.sector > self.size:
                raise ValueError(self.path)
            parts.append(self._sector(start))
            start, seen = self.fat[start], seen + 1
        return b"".join(parts)

    def stream(self, name: str) -> bytes:
        """Return a stream's content."""
        start, size = self.entries[name]
        if size >= self.cutoff:
            content = self._chain(start)
        else:
            parts, seen = [], 0
            while start < _FREE and seen <= len(self.mini_fat):
                parts.append(self.mini[start * 64 : start * 64 + 64])
                start, seen = self.mini_fat[start], seen + 1
            content = b"".join(parts)
        if len(content) < size:
            raise ValueError(name)
        return content[:size]


def _workbook(path: Path) -> bytes:
    """Return the workbook stream of the container."""
    with path.open("rb") as file:
        container = _Container(path, file)
        names = container.entries
        if "encryptedpackage" in names or "encryptioninfo" in names:
            raise limits.protected(path)
        for name in ("workbook", "book"):
            if name in names:
                return container.stream(name)
    raise limits.wrong(path, limits.OLD_OFFICE)


def _records(content: bytes, at: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (record, where its data start, how long they are)."""
    end = len(content)
    unpack = struct.Struct("<HH").unpack_from
    while at + 4 <= end:
        record, length = unpack(content, at)
        at += 4
        if at + length > end:
            raise ValueError(record)
        yield record, at, length
        at += length


class _Book:
    """The globals of a workbook: texts, formats, epoch, sheets."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wide = True
        self.encoding = "gb18030"
        self.since_1904 = False
        self.texts: list[str] = []
        self.kinds: list[int] = []
        self.found: list[tuple[str, int, bool]] = []
        content = _workbook(path)
        own: dict[int, str] = {}
        formats: list[int] = []
        texts: list[bytes] = []
        before = 0
        for record, at, length in _records(content):
            if record == _BOF:
                self.wide = struct.unpack_from("<H", content, at)[0] >= 0x600
            elif record == _FILEPASS:
                raise limits.protected(path)
            elif record == _CODEPAGE:
                self._set_encoding(struct.unpack_from("<H", content, at)[0])
            elif record == _EPOCH:
                self.since_1904 = struct.unpack_from("<H", content, at)[0] == 1
            elif record in (_FORMAT, _FORMAT5):
                own[struct.unpack_from("<H", content, at)[0]] = self._text(
                    content, at + 2, short=not self.wide
                )
            elif record == _XF:
                formats.append(struct.unpack_from("<H", content, at + 2)[0])
            elif record == _SHEET:
                start, state, kind = struct.unpack_from("<IBB", content, at)
                if kind == 0:
                    self.found.append((self._text(content, at + 6, short=True), start, state & 3 != 0))
            elif record == _SST or (record == _CONTINUE and before == _SST):
                texts.append(content[at : at + length])
                record = _SST
            elif record == _EOF:
                break
            before = record
        self.kinds = [format_kind(number, own.get(number)) for number in formats]
        if texts:
            self.texts = _shared_texts(path, texts)

    def _set_encoding(self, page: int) -> None:
        names = {936: "gb18030", 10008: "gb18030", 1200: "utf-16-le", 367: "ascii", 32768: "mac-roman"}
        name = names.get(page, f"cp{page}")
        b"".decode(name)
        self.encoding = name

    def _text(self, content: bytes, at: int, *, short: bool = False) -> str:
        """Return a text that stands in one record: its length in one byte (`short`) or two goes before it."""
        length = content[at] if short else struct.unpack_from("<H", content, at)[0]
        at += 1 if short else 2
        if not self.wide:
            return content[at : at + length].decode(self.encoding, "replace")
        double, at = content[at] & 1, at + 1
        return content[at : at + length * (2 if double else 1)].decode(
            "utf-16-le" if double else "latin-1", "replace"
        )

    def sheets(self) -> list[Sheet]:
        """Return the sheets."""
        return [
            Sheet(self.path, name, "xls", partial(_rows, self, start), hidden=hidden)
            for name, start, hidden in self.found
        ]

    def value(self, style: int, number: float) -> Any:
        """Return a number as its format shows it."""
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError(number)
        if number.is_integer() and abs(number) < 1e15:
            number = int(number)
        kind = self.kinds[style] if style < len(self.kinds) else NUMBER
        return number if kind == NUMBER else shown(number, kind, since_1904=self.since_1904)


def _shared_texts(path: Path, parts: list[bytes]) -> list[str]:
    """Return the shared texts; one that runs over the end of a part says anew how wide its characters are."""
    part, at, index = parts[0], 8, 0
    count = struct.unpack_from("<I", part, 4)[0]
    if count > _MOST_TEXTS:
        raise limits.too_much_text(path)
    found = []

    def room() -> None:
        nonlocal part, at, index
        while at >= len(part):
            at -= len(part)
            index += 1
            part = parts[index]

    for _number in range(count):
        room()
        length, flags = struct.unpack_from("<HB", part, at)
        at += 3
        runs = more = 0
        if flags & 8:
            runs = struct.unpack_from("<H", part, at)[0]
            at += 2
        if flags & 4:
            more = struct.unpack_from("<I", part, at)[0]
            at += 4
        double, pieces = flags & 1, []
        while length:
            if at >= len(part):
                room()
                double = part[at] & 1
                at += 1
            here = min(length, (len(part) - at) // (2 if double else 1))
            if not here:
                raise ValueError(index)
            size = here * (2 if double else 1)
            pieces.append(part[at : at + size].decode("utf-16-le" if double else "latin-1", "replace"))
            at += size
            length -= here
        at += runs * 4 + more
        found.append("".join(pieces))
    return found


def _rows(book: _Book, start: int) -> Rows:
    try:
        content = _workbook(book.path)
        in_order, merges = _survey(content, start)
        rows = _cells_by_row(book, content, start)
        if not in_order:
            together: dict[int, Cells] = {}
            for number, cells in rows:
                known = together.setdefault(number, cells)
                if known is not cells:
                    known += [""] * (len(cells) - len(known))
                    for column, value in enumerate(cells):
                        if value != "":
                            known[column] = value
            rows = iter(sorted(together.items()))
        yield from fill_down(rows, merges) if merges else rows
    except _DAMAGES:
        raise limits.damaged(book.path) from None


def _survey(content: bytes, start: int) -> tuple[bool, list[Merge]]:
    """Return whether the rows stand in order, and the cells merged downwards."""
    last, in_order, merges = 0, True, []
    for record, at, length in _sheet_records(content, start):
        if record == _MERGED:
            for one in range(struct.unpack_from("<H", content, at)[0]):
                first, end, column, _right = struct.unpack_from("<4H", content, at + 2 + one * 8)
                if end > first:
                    merges.append((first + 1, end + 1, column))
        elif record in _READERS and length >= 6:
            row = struct.unpack_from("<H", content, at)[0]
            in_order = in_order and row >= last
            last = row
    return in_order, merges


def _sheet_records(content: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Yield the records of one sheet without those of charts in it."""
    depth = 0
    for record, at, length in _records(content, start):
        if record == _BOF:
            depth += 1
        elif record == _EOF:
            depth -= 1
            if depth == 0:
                return
        elif depth == 1:
            yield record, at, length
        elif depth == 0:
            break
    raise ValueError(start)


def _cells_by_row(book: _Book, content: bytes, start: int) -> Rows:
    number = -1
    cells: Cells = []
    pending: tuple[int, Any] | None = None
    for record, at, length in _sheet_records(content, start):
        if record == _STRING and pending:
            cells[pending[0]] = _tidy(book._text(content, at))
            pending = None
            continue
        reader = _READERS.get(record)
        if reader is None or length < 6:
            continue
        row, column = struct.unpack_from("<HH", content, at)
        if row != number:
            if any(cell != "" for cell in cells):
                yield number + 1, cells
            number, cells, pending = row, [], None
        for value in reader(book, content, at, length):
            if value != "" or record == _FORMULA:
                if column >= limits.MAX_COLUMNS:
                    raise limits.too_many_columns(book.path)
                if column >= len(cells):
                    cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = value
            if record == _FORMULA and value == "":
                pending = (column, value)
            column += 1
    if any(cell != "" for cell in cells):
        yield number + 1, cells


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rk(packed: int) -> float:
    """Return a number packed into 30 bits: whole or the high half of a float, perhaps a hundredth."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        number = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", packed & 0xFFFFFFFC))[0]
    return number / 100 if packed & 1 else number


def _read_number(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    style, number = struct.unpack_from("<Hd", content, at + 4)
    return [book.value(style, number)]


def _read_rk(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    style, packed = struct.unpack_from("<HI", content, at + 4)
    return [book.value(style, _rk(packed))]


def _read_rks(book: _Book, content: bytes, at: int, length: int) -> list[Any]:
    found = []
    for place in range(at + 4, at + length - 2, 6):
        style, packed = struct.unpack_from("<HI", content, place)
        found.append(book.value(style, _rk(packed)))
    return found


def _read_shared(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    return [_tidy(book.texts[struct.unpack_from("<I", content, at + 6)[0]])]


def _read_label(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    return [_tidy(book._text(content, at + 6))]


def _read_bool(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    value, is_error = struct.unpack_from("<BB", content, at + 6)
    return [ERRORS.get(value, "#VALUE!") if is_error else bool(value)]


def _read_formula(book: _Book, content: bytes, at: int, _length: int) -> list[Any]:
    style, result, flags = struct.unpack_from("<H8sH", content, at + 4)
    if result[6:] != b"\xff\xff":
        return [book.value(style, struct.unpack("<d", result)[0])]
    kind = result[0]
    if kind == 1:
        return [bool(result[2])]
    if kind == 2:
        return [ERRORS.get(result[2], "#VALUE!")]
    return [no_result() if kind == 3 and flags & 3 else ""]


_READERS = {
    _NUMBER: _read_number,
    _RK: _read_rk,
    _MULRK: _read_rks,
    _LABELSST: _read_shared,
    _LABEL: _read_label,
    _RSTRING: _read_label,
    _BOOLERR: _read_bool,
    _FORMULA: _read_formula,
}
