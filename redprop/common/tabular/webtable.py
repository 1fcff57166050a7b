"""Reading an HTML table saved as .xls, the usual “export” of older systems: one pass over the tags.

No script is run, nothing is fetched, no style is looked at. Each outermost table with more than one
row is a sheet; a table in a cell is refused, because nobody could say what is a row then.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

from redprop.common.tabular import limits
from redprop.common.tabular.cells import Merged
from redprop.common.tabular.streams import Cells, Rows, Sheet

_UNSEEN = re.compile(r"<(script|style|head|title)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_SPAN = re.compile(r"\b(row|col)span\s*=\s*[\"']?(\d{1,6})", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n]+")
_BREAKS = frozenset({"br", "p", "div", "li"})


@dataclass
class _Table:
    rows: list[Cells] = field(default_factory=list)
    open_spans: dict[int, tuple[int, int, Any]] = field(default_factory=dict)


def open_html(path: Path) -> list[Sheet]:
    """Return the tables of a web page as sheets; raises Refused for a page that is no plain table."""
    if path.stat().st_size > limits.MAX_WEB_PAGE:
        raise limits.wrong(path, limits.WEB_PAGE)
    tables = [table.rows for table in _tables(path, _text(path)) if len(table.rows) > 1]
    if not tables:
        raise limits.wrong(path, limits.WEB_PAGE)
    return [
        Sheet(path, path.name if len(tables) == 1 else f"{number}", "html", partial(_numbered, rows))
        for number, rows in enumerate(tables, start=1)
    ]


def _numbered(rows: list[Cells]) -> Rows:
    for number, cells in enumerate(rows, start=1):
        if cells:
            yield number, list(cells)


def _text(path: Path) -> str:
    """Return the page by its mark, else the encoding it names, else the first that fits; refuses doubt."""
    content = path.read_bytes()
    named = _CHARSET.search(content[:4096])
    candidates = ["utf-8-sig", "gb18030"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    elif named and named[1].lower().startswith(b"gb"):
        candidates = ["gb18030", "utf-8-sig"]
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text
    raise limits.damaged(path)


def _without(text: str) -> Iterator[str]:
    """Yield a page's text without comments, scripts and styles; what is not closed ends it."""
    at = 0
    while True:
        comment, unseen = text.find("<!--", at), _UNSEEN.search(text, at)
        if comment >= 0 and (unseen is None or comment < unseen.start()):
            start, mark, closing = comment, "-->", comment + 4
        elif unseen is not None:
            start, mark, closing = unseen.start(), f"</{unseen[1]}", unseen.end()
        else:
            yield text[at:]
            return
        yield text[at:start]
        end = text.find(mark, closing)
        if end < 0:
            end = text.lower().find(mark.lower(), closing)
        if end < 0:
            return
        at = text.find(">", end) + 1


def _tables(path: Path, page: str) -> list[_Table]:
    text = "".join(_without(page))
    found: list[_Table] = []
    table: _Table | None = None
    row: Cells | None = None
    spans, cell_from = (1, 1), -1
    parts: list[str] = []
    at = 0

    def close_cell() -> None:
        nonlocal cell_from
        if cell_from >= 0 and row is not None and table is not None:
            _put(path, table, row, "".join(parts), spans)
        cell_from = -1

    def close_row() -> None:
        nonlocal row
        close_cell()
        if row is not None and table is not None:
            _skip_covered(table, row, len(table.rows) + 1, to_end=True)
            table.rows.append(row)
            if len(table.rows) > limits.MAX_ROWS:
                raise limits.too_many_rows(path)
        row = None

    for tag in _TAG.finditer(text):
        closing, name = bool(tag[1]), tag[2].lower()
        if cell_from >= 0:
            parts.append(_SPACES.sub(" ", unescape(text[at : tag.start()])))
        at = tag.end()
        if name == "table":
            if closing:
                close_row()
                table = None
            elif table is not None:
                raise limits.wrong(path, limits.WEB_PAGE)
            else:
                table = _Table()
                found.append(table)
        elif table is None:
            continue
        elif name == "tr":
            close_row()
            row = None if closing else []
        elif name in ("td", "th"):
            close_cell()
            if not closing:
                row = [] if row is None else row
                spanned = {kind.lower(): max(1, int(number)) for kind, number in _SPAN.findall(tag[3])}
                spans, cell_from, parts = (spanned.get("row", 1), spanned.get("col", 1)), at, []
        elif name in _BREAKS and cell_from >= 0 and not (closing and name == "br"):
            parts.append("\n")
    close_row()
    return found


def _skip_covered(table: _Table, row: Cells, number: int, *, to_end: bool = False) -> None:
    """Fill the places at the row's end that cells of earlier rows reach down to."""
    while True:
        span = table.open_spans.get(len(row))
        if span is not None and span[1] >= number:
            first, last, value = span
            row.append(Merged(value, first, last) if value != "" else "")
        elif to_end and any(c > len(row) and s[1] >= number for c, s in table.open_spans.items()):
            row.append("")
        else:
            return


def _put(path: Path, table: _Table, row: Cells, text: str, spans: tuple[int, int]) -> None:
    number = len(table.rows) + 1
    _skip_covered(table, row, number)
    value = "\n".join(line.strip() for line in text.split("\n")).strip()
    rows, columns = spans
    for more in range(min(columns, limits.MAX_COLUMNS + 1)):
        if rows > 1:
            table.open_spans[len(row)] = (number, number + rows - 1, value if more == 0 else "")
        row.append(value if more == 0 else "")
    if len(row) > limits.MAX_COLUMNS:
        raise limits.too_many_columns(path)
