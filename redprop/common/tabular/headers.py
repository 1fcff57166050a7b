"""Which sheet is meant, which row is its header, which column is which field, which rows below are data.

A header may stand below titles and merged cells and may have two rows. No data are empty rows, totals
and subtotals, notes, a header repeated on each page, and the help and example rows of a template.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.cells import CellError, Merged, clean
from redprop.common.tabular.declare import Column, Register, names
from redprop.common.tabular.kinds import PERCENT_HEADER, Code
from redprop.common.tabular.reading import BadLine, Cells, Sheet, empty

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
_TRIGGERS = frozenset("填示本累总合小共注备说制审负单联打数以截第续转承经")
_FOOT = re.compile(
    r"(注|备注|说明|填表人?|填报|填报(人|单位|日期|时间)|制表(人|单位|日期|时间)?|打印(人|日期|时间)|审核人?|经办人?"
    r"|负责人|单位负责人|单位\(盖章\)|联系人|联系电话|数据来源|数据截至|以上数据)\d*[::]"
)
_SUBTOTAL = re.compile(r"[^,。;]{1,20}(街道?|社区|小区|区|片区|公司|企业)(小计|合计|总计)[::]?")
_PAGE = re.compile(
    r"第\d+页([,/、]?共\d+页)?|(以上)?数据(截至|截止|来源).*|以上.{0,20}(截至|截止).*|续表|转下页|承上页"
)
_NUMBERING = frozenset({"序号", "行号", "no", "no.", "#"})
_FIT = 0.6
"""A sheet with this share of the best sheet's columns could be meant as well."""


@dataclass
class Layout:
    """Where the data of a sheet stand: `columns` maps position → (column, factor of the header's unit)."""

    sheet: Sheet
    header_row: int
    columns: dict[int, tuple[Column, int]]
    headers: dict[int, str]
    ignored: list[str] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    heads: list[list[str]] = field(default_factory=list)
    starts: set[str] = field(default_factory=set)

    @property
    def width(self) -> int:
        """The number of columns up to the last header."""
        return max(self.headers) + 1

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
    """Matches headers with the columns of a register; `mapping` (header → field) goes first, "" leaves one out."""

    def __init__(self, register: Register, mapping: Mapping[str, str]) -> None:
        self.register = register
        self.mapped = {plain(header): register.by_field[name] for header, name in mapping.items() if name}
        self.left_out = {plain(header) for header, name in mapping.items() if not name}
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
        if text in self.left_out:
            return None
        for candidate in _candidates(header):
            if candidate in self.known:
                return self.known[candidate]
        return None

    def score(self, row: Cells) -> tuple[int, int]:
        """Return (columns found, filled cells) of a row taken as header."""
        filled = [cell for cell in row if isinstance(cell, str | Merged) and str(cell).strip()]
        found = {match[1].field for cell in filled if (match := self.column(cell))}
        return len(found), len(filled)


@dataclass(frozen=True)
class _Head:
    """A row (or two) taken as header: how many columns it names, where it ends, its cells."""

    found: int
    sheet: Sheet
    number: int
    cells: Cells
    rows: tuple[Cells, ...]


def find_layout(register: Register, sheets: list[Sheet], mapping: Mapping[str, str]) -> Layout:
    """Return the layout of the sheet that fits; raises Refused when none does, or when several do."""
    if register.book:
        sheets = register.book.gather(sheets, {c.field: c.header for c in register.columns})
    matcher = Matcher(register, mapping)
    heads = [head for sheet in sheets if not sheet.hidden and (head := _head(matcher, sheet))]
    if not heads:
        raise _no_header(register, matcher, sheets)
    best = max(heads, key=lambda head: head.found)
    rivals = [head for head in heads if head is best or head.found >= _FIT * best.found]
    if len(rivals) > 1:
        rivals = [head for head in rivals if _has_data(matcher, head)] or [best]
    if len(rivals) > 1:
        names_of = [head.sheet.name for head in rivals]
        raise Refused(
            _(
                "Several sheets could be meant: %(sheets)s. Choose one (--sheet NAME) and import the others after it."
            )
            % {"sheets": "、".join(names_of)},
            code="which-sheet",
            sheets=names_of,
        )
    head = rivals[0]
    layout = _layout(matcher, head.sheet, head.number, head.cells)
    layout.heads = [[plain(cell) for cell in row] for row in head.rows]
    layout.starts = {next((text for text in row if text), "") for row in layout.heads}
    layout.other_sheets = [sheet.name for sheet in sheets if sheet is not head.sheet and not sheet.hidden]
    missing = [header for header in mapping if plain(header) not in {plain(cell) for cell in head.cells}]
    if missing:
        raise Refused(
            _("The file has no column “%(header)s”. Its columns: %(found)s.")
            % {"header": "、".join(missing), "found": "、".join(layout.headers.values())},
            code="no-column",
        )
    return layout


def _head(matcher: Matcher, sheet: Sheet) -> _Head | None:
    """Return the row near the sheet's top that names most columns; two rows where only both together do."""
    rows = list(islice(sheet.rows(), LOOK_AT + 1))
    scores = [matcher.score(row) for _number, row in rows]
    best: _Head | None = None
    for place, ((number, row), (found, filled)) in enumerate(zip(rows, scores, strict=True)):
        if place < LOOK_AT and _enough(matcher, found, filled) and (best is None or found > best.found):
            best = _Head(found, sheet, number, row, (row,))
        if place + 1 == len(rows) or not found:
            continue
        below_number, below = rows[place + 1]
        cells = _joined(matcher, row, below)
        found_both, _filled = matcher.score(cells)
        if found_both > max(found, scores[place + 1][0], best.found if best else 0) and found_both > 1:
            best = _Head(found_both, sheet, below_number, cells, (row, below))
    return best


def _enough(matcher: Matcher, found: int, filled: int) -> bool:
    return found >= 2 or (found == 1 and (filled == 1 or bool(matcher.mapped)))


def _joined(matcher: Matcher, above: Cells, below: Cells) -> Cells:
    """Return a header of two rows as one: 联系人 over 姓名 gives 联系人姓名, or 姓名 if only that is known."""
    joined: Cells = []
    group = ""
    for place in range(max(len(above), len(below))):
        upper = str(above[place] or "").strip() if place < len(above) else ""
        lower = str(below[place] or "").strip() if place < len(below) else ""
        group = upper or (group if lower else "")
        if not lower or not group or group == lower:
            joined.append(upper or lower)
            group = group if lower and group != lower else ""
            continue
        known = next((text for text in (group + lower, lower) if matcher.column(text)), group + lower)
        joined.append(known)
    return joined


def _has_data(matcher: Matcher, head: _Head) -> bool:
    layout = Layout(head.sheet, head.number, {}, {})
    for position, cell in enumerate(head.cells):
        if match := matcher.column(cell):
            layout.columns[position] = (match[1], 1)
            layout.headers[position] = str(cell)
    layout.heads = [[plain(cell) for cell in row] for row in head.rows]
    layout.starts = {next((text for text in row if text), "") for row in layout.heads}
    return any(True for _row in data_rows(layout))


def _no_header(register: Register, matcher: Matcher, sheets: list[Sheet]) -> Refused:
    hidden = [sheet.name for sheet in sheets if sheet.hidden and _head(matcher, sheet)]
    if hidden:
        return Refused(
            _(
                "The table stands on the hidden sheet “%(sheet)s”, which is not read unasked. Show the sheet in Excel, or choose it (--sheet NAME)."
            )
            % {"sheet": "、".join(hidden)},
            code="hidden-sheet",
            sheets=hidden,
        )
    if not any(_any_cell(sheet) for sheet in sheets):
        return empty(sheets[0].path)
    return Refused(
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


def data_rows(layout: Layout) -> Iterator[tuple[int, Cells]]:
    """Yield (row number, cells) of the rows below the header that say something; a `BadLine` cannot be taken.

    Rows of the template's example go to `layout.skipped`. In a .csv a row must have as many cells as the header.
    """
    strict = layout.sheet.kind in ("csv", "html")
    width = layout.width
    layout.skipped.clear()
    for number, cells in layout.sheet.rows():
        if number <= layout.header_row:
            continue
        if isinstance(cells, BadLine):
            yield number, cells
            continue
        if is_no_data(layout, cells):
            if any(isinstance(cell, str) and cell.startswith(EXAMPLE_MARK) for cell in cells):
                layout.skipped.append(number)
            continue
        if strict and (len(cells) < width or any(not _blank(cell) for cell in cells[width:])):
            yield number, BadLine(cells, _shifted(len(cells), width))
        else:
            yield number, cells


def _shifted(found: int, wanted: int) -> str:
    return _(
        "This row has %(found)s cells, the header has %(wanted)s: its values may stand in the wrong columns. Compare it with the header."
    ) % {"found": found, "wanted": wanted}


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
    if isinstance(row, BadLine):
        return False
    first = next((cell for cell in row if cell != "" and cell is not None and not _blank(cell)), None)
    if first is None:
        return True
    if _is_total(layout, row) or _only_numbered(layout, row):
        return True
    if not isinstance(first, str):
        return isinstance(first, Merged) and _is_header_again(layout, row)
    if first.startswith((HELP_MARK, EXAMPLE_MARK)):
        return first.startswith(HELP_MARK) or _is_example(layout, row)
    text = first.strip()
    if text[:1] not in _TRIGGERS and plain(text) not in layout.starts:
        return False
    filled = [cell for cell in row if not _blank(cell)]
    note = plain(text)
    if len(filled) == 1 and (note in {"注", "备注"} or _PAGE.fullmatch(note)):
        return True
    label = note + ":" * (text[-1:] in ":：")
    if len(filled) <= 4 and (found := _FOOT.match(label)):
        return found.end() == len(label) or not _fills(layout, row)
    return _is_header_again(layout, row)


def _is_header_again(layout: Layout, row: Cells) -> bool:
    texts = [plain(cell) for cell in row]
    return any(
        all(a == b for a, b in zip(texts + [""] * len(head), head + [""] * len(texts), strict=False))
        for head in layout.heads
    )


def _is_total(layout: Layout, row: Cells) -> bool:
    """Tell whether one of the first cells says 合计 or 小计 and nothing else; 大智街道小计 does as the first cell.

    A row with its own code, or with all required columns filled beside that cell, is data all the same.
    """
    seen = 0
    for position, cell in enumerate(row):
        if cell == "" or cell is None:
            continue
        seen += 1
        if seen > 4:
            return False
        if not isinstance(cell, str) or "计" not in cell or len(cell) > 40:
            continue
        text = plain(cell)
        if _TOTALS.fullmatch(text) or (seen == 1 and _SUBTOTAL.fullmatch(text)):
            return seen == 1 or not _stands_by_itself(layout, row, position)
    return False


def _stands_by_itself(layout: Layout, row: Cells, position: int) -> bool:
    required = []
    for place, (column, _factor) in layout.columns.items():
        filled = place < len(row) and not _blank(row[place])
        if filled and place != position and isinstance(column.kind, Code):
            return True
        if column.required:
            required.append(filled and place != position)
    return all(required)


def _only_numbered(layout: Layout, row: Cells) -> bool:
    """Tell whether a row was only numbered in advance (序号) and never filled in."""
    for position, cell in enumerate(row):
        if cell == "" or cell is None:
            continue
        if position in layout.columns:
            return False
        if plain(layout.headers.get(position)) not in _NUMBERING and not _blank(cell):
            return False
    return True


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
