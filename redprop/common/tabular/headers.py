"""Finding the header row below titles and merged cells, and which column of the file is which field.

Also tells which rows below it are no data: empty ones, totals, notes, a repeated header, and the
help and example rows that a template brings along.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Register, names
from redprop.common.tabular.kinds import PERCENT_HEADER
from redprop.common.tabular.reading import Cells, Sheet, empty

HELP_MARK = "填写说明："
EXAMPLE_MARK = "示例："
LOOK_AT = 40
_UNITS = {
    "千元": 1_000,
    "万元": 10_000,
    "万": 10_000,
    "万m2": 10_000,
    "万平方米": 10_000,
    "亿元": 10**8,
    "%": PERCENT_HEADER,
}
_BRACKET = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]$")
_NOTE = re.compile(r"(必填|选填|\*|:)+$")
_TOTALS = re.compile(r"(本页|累计|总)?(合计|总计|小计|共计|累计)[::]?\d*[个户条行家项元]?(\(.*\))?")
_TRIGGERS = frozenset("填示本累总合小共注备说制审负单联")
_FOOT = re.compile(r"(注|备注|说明|填表人?|填报|制表|审核|负责人|单位负责人|联系人|联系电话)\d*[::]")


@dataclass
class Layout:
    """Where the data of a sheet stand: `columns` maps position → (column, factor of the header's unit)."""

    sheet: Sheet
    header_row: int
    columns: dict[int, tuple[Column, int]]
    headers: dict[int, str]
    ignored: list[str] = field(default_factory=list)

    def header_of(self, name: str) -> str:
        """Return the file's own header for a field, else the register's."""
        for position, (column, _factor) in self.columns.items():
            if column.field == name:
                return self.headers[position]
        return name


def plain(header: object) -> str:
    """Return a header without spaces, line breaks, stars and 必填."""
    text = unicodedata.normalize("NFKC", str(header or "")).replace("'", "")
    text = re.sub(r"[\s\u200b-\u200f\ufeff]+", "", text).casefold()
    text = text.replace("(必填)", "").replace("(选填)", "").lstrip("*")
    return _NOTE.sub("", text)


def unit(header: object) -> int:
    """Return the factor that a unit in the header stands for: (万元) is 10,000, none is 1."""
    found = _BRACKET.search(plain(header))
    if found:
        return _UNITS.get(found[1].removeprefix("单位:"), 1)
    return PERCENT_HEADER if plain(header).endswith("%") else 1


def _candidates(header: object) -> list[str]:
    text = plain(header)
    base = _BRACKET.sub("", text)
    return [text] if base == text or not base else [text, base]


class Matcher:
    """Matches headers with the columns of a register; `mapping` (header → field) goes first."""

    def __init__(self, register: Register, mapping: Mapping[str, str]) -> None:
        self.register = register
        self.mapped = {plain(header): register.by_field[name] for header, name in mapping.items()}
        self.known: dict[str, tuple[int, Column]] = {}
        taken = {column.field for column in self.mapped.values()}
        for column in register.columns:
            if column.field in taken:
                continue
            for rank, name in enumerate((column.header, column.field, *column.aliases)):
                for candidate in _candidates(name):
                    self.known.setdefault(candidate, (rank, column))

    def column(self, header: object) -> tuple[int, Column] | None:
        """Return (rank of the alias, column) or None for an unknown header."""
        text = plain(header)
        if text in self.mapped:
            return -1, self.mapped[text]
        for candidate in _candidates(header):
            if candidate in self.known:
                return self.known[candidate]
        return None

    def score(self, row: Cells) -> tuple[int, int]:
        """Return (columns found, filled cells) of a row taken as header."""
        filled = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        found = {match[1].field for cell in filled if (match := self.column(cell))}
        return len(found), len(filled)


def find_layout(register: Register, sheets: list[Sheet], mapping: Mapping[str, str]) -> Layout:
    """Return the layout of the best sheet; raises Refused when no row looks like this register's header."""
    matcher = Matcher(register, mapping)
    best: tuple[int, Sheet, int, Cells] | None = None
    for sheet in sheets:
        for number, row in islice(sheet.rows(), LOOK_AT):
            found, filled = matcher.score(row)
            enough = found >= 2 or (found == 1 and (filled == 1 or bool(matcher.mapped)))
            if enough and (best is None or found > best[0]):
                best = (found, sheet, number, row)
    if best is None:
        if not any(_any_cell(sheet) for sheet in sheets):
            raise empty(sheets[0].path)
        raise Refused(
            _(
                "No header row of register “%(register)s” was found in the first %(rows)s rows. Expected headers: %(headers)s. Use the template, or name the columns with --map HEADER=field."
            )
            % {
                "register": register.title,
                "rows": LOOK_AT,
                "headers": names(c for c in register.columns if not c.read_only),
            },
            code="no-header",
        )
    _found, sheet, number, row = best
    layout = _layout(matcher, sheet, number, row)
    missing = [header for header in mapping if plain(header) not in {plain(cell) for cell in row}]
    if missing:
        raise Refused(
            _("The file has no column “%(header)s”. Its columns: %(found)s.")
            % {"header": "、".join(missing), "found": "、".join(layout.headers.values())},
            code="no-column",
        )
    return layout


def _any_cell(sheet: Sheet) -> bool:
    return any(cell not in ("", None) for _number, row in islice(sheet.rows(), 1000) for cell in row)


def _layout(matcher: Matcher, sheet: Sheet, number: int, row: Cells) -> Layout:
    layout = Layout(sheet, number, {}, {})
    chosen: dict[str, tuple[int, int]] = {}
    for position, cell in enumerate(row):
        text = re.sub(r"\s+", " ", str(cell or "")).strip()
        if not text:
            continue
        layout.headers[position] = text
        match = matcher.column(cell)
        if match is None or match[1].read_only:
            if match is None:
                layout.ignored.append(text)
            continue
        rank, column = match
        if column.field in chosen:
            other_rank, other = chosen[column.field]
            if other_rank == rank:
                raise Refused(
                    _(
                        "The columns “%(first)s” and “%(second)s” both mean “%(column)s”. Delete or rename one of them."
                    )
                    % {"first": layout.headers[other], "second": text, "column": column.header},
                    code="double-column",
                )
            if other_rank < rank:
                layout.ignored.append(text)
                continue
            layout.ignored.append(layout.headers[other])
            del layout.columns[other]
        chosen[column.field] = (rank, position)
        layout.columns[position] = (column, unit(cell))
    return layout


def is_no_data(layout: Layout, row: Cells) -> bool:
    """Tell whether a row below the header is empty, a total, a note, the header again, or template help."""
    first = next((cell for cell in row if cell != "" and cell is not None and not _blank(cell)), None)
    if first is None:
        return True
    if not isinstance(first, str):
        return False
    if first.startswith((HELP_MARK, EXAMPLE_MARK)):
        return first.startswith(HELP_MARK) or _is_example(layout, row)
    place = next(i for i, cell in enumerate(row) if cell is first)
    if first.strip()[:1] not in _TRIGGERS and first.strip() != layout.headers.get(place):
        return False
    text = plain(first)
    if text and text[0] in "本累总合小共" and _TOTALS.fullmatch(re.sub(r"\s", "", text)):
        return True
    filled = [cell for cell in row if not _blank(cell)]
    if _FOOT.match(plain(first) + (":" if len(filled) == 1 and plain(first) in {"注", "备注"} else "")) and (
        len(filled) <= 4 and not _fills(layout, row)
    ):
        return True
    return text == plain(layout.headers.get(place)) and all(
        plain(row[position]) == plain(header)
        for position, header in layout.headers.items()
        if position < len(row)
    )


def _blank(cell: object) -> bool:
    try:
        return cell is None or (isinstance(cell, str) and not clean(cell))
    except CellError:
        return False


def _fills(layout: Layout, row: Cells) -> bool:
    """Tell whether all required columns are filled: then a row is data, whatever its first cell says."""
    needed = [position for position, (column, _f) in layout.columns.items() if column.required]
    return bool(needed) and all(position < len(row) and not _blank(row[position]) for position in needed)


def _is_example(layout: Layout, row: Cells) -> bool:
    """Tell whether an example row is still the template's: one that was typed over must not vanish."""
    for position, (column, _factor) in layout.columns.items():
        cell = row[position] if position < len(row) else ""
        shown = clean(cell.removeprefix(EXAMPLE_MARK) if isinstance(cell, str) else cell)
        if shown and plain(shown) != plain(column.example):
            return False
    return True
