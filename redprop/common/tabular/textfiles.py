"""Reading .csv as a stream: one encoding as a rule, line by line where a file is not sound.

A sound file (one encoding, no NUL, no open quotation mark) goes straight to the csv module. In any
other each line is read by itself: what can be read without doubt is read, the rest comes as `BadLine`.
"""

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular import limits
from redprop.common.tabular.streams import BadLine, Cells, Rows, Sheet

CHUNK = 1 << 20
LINES_A_ROW = 200
"""A row that is still open after as many lines has an open quotation mark."""
MOST_OPEN = 200
"""More open quotation marks than this, and the file is given up."""
_LONGEST_CELL = 131_072


def open_csv(path: Path) -> list[Sheet]:
    """Return the one sheet of a text file."""
    encoding, sound = _encoding_of(path)
    read = partial(_sound_rows, path, encoding) if sound else partial(_doubtful_rows, path, encoding)
    return [Sheet(path, path.name, "csv", read, guess=partial(_estimate, path))]


def _estimate(path: Path) -> int:
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return head.count(b"\n") * path.stat().st_size // max(1, len(head))


def _encoding_of(path: Path) -> tuple[str, bool]:
    """Return the encoding and whether all of the file is in it without doubt and free of NUL.

    By mark, else UTF-8 if the whole file is; else UTF-8 or GB18030, whichever more lines are in.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    marked = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else ""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    with suppress(UnicodeError):
        return marked or "utf-8", not _holds_nul(path, marked or "utf-8")
    if marked == "utf-16":
        raise _no_encoding(path)
    utf8, chinese, neither = _count_lines(path)
    if neither > utf8 + chinese:
        raise _no_encoding(path)
    if marked or utf8 > chinese:
        return "utf-8", False
    with suppress(UnicodeError):
        return "gb18030", not utf8 and not neither and not _holds_nul(path, "gb18030")
    return "gb18030", False


def _holds_nul(path: Path, encoding: str) -> bool:
    found, line = False, 0
    with path.open(encoding=encoding, newline="") as file:
        while chunk := file.read(CHUNK):
            found = found or "\0" in chunk
            line = line + len(chunk) if "\n" not in chunk and "\r" not in chunk else 0
            if line > limits.MAX_ROW_TEXT:
                raise _given_up(path, 0)
    return found


def _count_lines(path: Path) -> tuple[int, int, int]:
    """Return how many lines are UTF-8, GB18030 and neither, of those that are not plain ASCII."""
    utf8 = chinese = neither = 0
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            if _is_utf8(line):
                utf8 += 1
            elif _decoded(line, "gb18030") is not None:
                chinese += 1
            else:
                neither += 1
    return utf8, chinese, neither


def _is_utf8(line: bytes) -> bool:
    """Tell whether a line is UTF-8 and can hardly be Chinese of another encoding by chance."""
    return _decoded(line, "utf-8") is not None and _decoded(line, "gb2312") is None


def _no_encoding(path: Path) -> Refused:
    return Refused(
        _(
            "“%(path)s” is neither UTF-8 nor GB18030 text. Save it from Excel or WPS as .xlsx or as “CSV UTF-8”."
        )
        % {"path": path.name},
        code="encoding",
    )


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeError:
        return None


def _sound_rows(path: Path, encoding: str) -> Rows:
    """Yield the rows of a file in one encoding; goes on line by line where a row takes more than one."""
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file)
        seen = number = 0
        before: Cells | None = None
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for number, row in enumerate(reader, start=1):
                if before is not None:
                    yield number - 1, before
                    before = None
                if reader.line_num - seen > 1:
                    break
                seen += 1
                if _is_filled(path, number, row):
                    before = row
            else:
                # The last row is read again: perhaps a quotation was open at its end.
                seen, before = max(0, seen - 1), None
        except csv.Error:
            if before is not None:
                yield number, before
    with path.open(encoding=encoding, newline="") as file:
        lines = ((line, "") for line in islice(file, seen, None))
        yield from _records(path, _Feed(lines), delimiter, seen)


def _is_filled(path: Path, number: int, row: Cells) -> bool:
    """Tell whether a row says anything; cuts off empty cells far to the right, refuses filled ones."""
    if not any(row):
        return False
    if len(row) > limits.MAX_COLUMNS:
        if any(row[limits.MAX_COLUMNS :]):
            raise limits.too_many_columns(path)
        del row[limits.MAX_COLUMNS :]
    if number > limits.LAST_ROW:
        raise limits.too_many_rows(path)
    return True


def _doubtful_rows(path: Path, encoding: str) -> Rows:
    with path.open(encoding=encoding, newline="", errors="replace") as text:
        delimiter = _delimiter(text)
    with path.open("rb") as file:
        yield from _records(path, _Feed(_lines(file, encoding)), delimiter)


def _lines(file: io.BufferedReader, encoding: str) -> Iterator[tuple[str, str]]:
    """Yield each line with the reason why it cannot be read, if so."""
    if encoding == "utf-16":
        for text in io.TextIOWrapper(file, "utf-16", newline=""):
            yield text.replace("\0", ""), _nul() if "\0" in text else ""
        return
    main = "utf-8" if encoding.startswith("utf-8") else encoding
    for number, line in enumerate(file):
        if number == 0:
            line = line.removeprefix(codecs.BOM_UTF8)
        if b"\0" in line:
            yield line.replace(b"\0", b"").decode(main, "replace"), _nul()
            continue
        read = _read_line(line, main)
        if read is None:
            yield (
                line.decode(main, "replace"),
                _("The characters of this row are damaged or in another encoding. Type the row again."),
            )
        else:
            yield read, ""


def _nul() -> str:
    return _("This row holds NUL bytes: the file was damaged on its way. Type the row again.")


def _read_line(line: bytes, main: str) -> str | None:
    """Return a line in the file's encoding, or in the other if there is no doubt about it.

    Damaged UTF-8 often passes as GB18030 too, with rare characters: only those of GB 2312 are believed.
    """
    if main == "utf-8":
        return _decoded(line, "utf-8") or _decoded(line, "gb2312")
    return _decoded(line, "utf-8" if not line.isascii() and _is_utf8(line) else main)


class _Feed:
    """Lines for the csv module that can be given back; remembers the lines and faults of the row under way."""

    def __init__(self, lines: Iterator[tuple[str, str]]) -> None:
        self.lines = lines
        self.back: deque[tuple[str, str]] = deque()
        self.taken: list[tuple[str, str]] = []
        self.fault = ""
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.back:
            line = self.back.popleft()
        else:
            try:
                line = next(self.lines)
            except StopIteration:
                self.ended = True
                raise
        self.taken.append(line)
        if len(self.taken) > LINES_A_ROW:
            raise _Open
        self.fault = self.fault or line[1]
        return line[0]

    def begin(self) -> None:
        """Start a row."""
        self.taken.clear()
        self.fault = ""

    def give_back(self) -> str:
        """Give back all lines of the row but the first, and return that."""
        first, *others = self.taken
        self.back.extendleft(reversed(others))
        self.ended = False
        return first[0]


class _Open(Exception):
    """A row that does not end."""


def _records(path: Path, feed: _Feed, delimiter: str, number: int = 0) -> Rows:
    """Yield the rows of the lines in `feed`, numbered on from `number`; says which cannot be read."""
    reader = csv.reader(feed, delimiter=delimiter)
    broken = 0
    while True:
        feed.begin()
        row: Cells | None = None
        try:
            row = next(reader)
        except StopIteration:
            if not feed.taken:
                return
        except (_Open, csv.Error):
            pass
        number += 1
        if row is None or ((len(feed.taken) > 1 or feed.ended) and _is_open(feed, delimiter)):
            broken += 1
            if broken > MOST_OPEN:
                raise _given_up(path, number)
            first = feed.give_back().rstrip("\r\n")
            reader = csv.reader(feed, delimiter=delimiter)
            row = BadLine(
                first[:_LONGEST_CELL].split(delimiter)[: limits.MAX_COLUMNS],
                _("A quotation mark in this row is not closed. Close or delete it."),
            )
        elif feed.fault:
            row = BadLine(row, feed.fault)
        if isinstance(row, BadLine) or _is_filled(path, number, row):
            yield number, row


def _is_open(feed: _Feed, delimiter: str) -> bool:
    """Tell whether a row of several lines, or the last of the file, ends inside a quotation or right behind one."""
    try:
        list(csv.reader([line for line, _fault in feed.taken], delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False


def _given_up(path: Path, row: int) -> Refused:
    return Refused(
        _(
            "“%(path)s” cannot be read as CSV after row %(row)s (an unclosed quotation mark or a huge cell). Save it as .xlsx."
        )
        % {"path": path.name, "row": row},
        code="damaged",
    )


def _delimiter(file: io.TextIOBase) -> str:
    """Return the mark that cuts most of the first rows into the same number of cells: marks inside quoted cells do not count."""
    sample = file.read(8192).replace("\0", "").splitlines(keepends=True)
    file.seek(0)

    def score(mark: str) -> int:
        rows: list[list[str]] = []
        with suppress(csv.Error):
            rows.extend(islice(csv.reader(sample, delimiter=mark), 20))
        widths = Counter(len(row) for row in rows if len(row) > 1)
        return max((width * count for width, count in widths.items()), default=0)

    return max((",", "\t", ";"), key=score)
