"""A table of marks: first column the subject, one column for each item of the rubric. Read, never stored.

A cell is what the item's transform works on: a mark, a share, or a number of events. Empty, a dash
or N/A is "not applicable"; everything else that cannot be read is refused with its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from evaluations.scoring.rubric import Item, Kind, Rubric
from evaluations.scoring.transforms import Value
from evaluations.services.hand_marks import is_share, mark_problem
from evaluations.trials.rubric_file import TrialRefused
from redprop.common.errors import Refused
from redprop.common.tabular import cells
from redprop.common.tabular.cells import FORMULA_ERRORS, CellError, Percent, clean
from redprop.common.tabular.headers import EXAMPLE_MARK, HELP_MARK
from redprop.common.tabular.reading import BadLine, Sheet, open_sheets
from redprop.common.text import normalise

LOOK_AT = 20
"""The header stands in one of so many first rows."""
SHOWN = 20
NOT_APPLICABLE = frozenset({"不适用", "不涉及", "缺项", "na", "n/a", "n.a.", "none", "null"})
GROUP_HEADERS = frozenset({"分组", "组别", "group"})
ONE = Decimal(1)


@dataclass
class MarkTable:
    """What a table holds: subjects in its order, each with its values in the order of the rubric's items."""

    subjects: list[str] = field(default_factory=list)
    values: list[list[Value | None]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    """Headers that are no item."""
    absent: list[Item] = field(default_factory=list)
    """Items without a column."""


@dataclass(frozen=True)
class _Head:
    sheet: Sheet
    row: int
    subject: int
    columns: dict[int, int]
    """Position → index of the item."""
    group: int | None
    unused: list[str]


def read_marks(path: Path, rubric: Rubric, sheet: str | None = None) -> MarkTable:
    """Return the table; raises Refused with every place that is wrong."""
    head = _find_head(path, rubric, sheet)
    table = MarkTable(unused=head.unused)
    table.absent = [item for i, item in enumerate(rubric.items) if i not in head.columns.values()]
    if table.absent and table.unused:
        raise Refused(
            _(
                "No column for the items %(items)s, and the columns %(columns)s are no items of the rubric. Write the code of the item over each column of marks, and take other columns out."
            )
            % {
                "items": "、".join(item.code for item in table.absent),
                "columns": "、".join(table.unused),
            },
            code="columns",
        )
    readers = [(place, index, _Reader(rubric.items[index])) for place, index in head.columns.items()]
    headers = {place: rubric.items[index].code for place, index in head.columns.items()}
    seen: dict[str, int] = {}
    errors: list[dict[str, Any]] = []

    def refuse(row: int, column: str, value: object, message: str) -> None:
        errors.append({"row": row, "column": column, "value": str(value)[:100], "message": message})

    for row, found in head.sheet.rows():
        if row <= head.row or not found:
            continue
        if isinstance(found, BadLine):
            refuse(row, "", "", found.message)
            continue
        if isinstance(found[0], str) and found[0].startswith((HELP_MARK, EXAMPLE_MARK)):
            continue
        if all(cell is None or cell == "" for cell in found):
            continue
        values: list[Value | None] = [None] * len(rubric.items)
        for place, index, read in readers:
            raw = found[place] if place < len(found) else ""
            if raw == "" or raw is None:
                continue
            try:
                values[index] = read(raw)
            except CellError as error:
                refuse(row, headers[place], raw, str(error))
        try:
            subject = clean(found[head.subject]) if head.subject < len(found) else ""
        except CellError as error:
            refuse(row, _("subject"), found[head.subject], str(error))
            continue
        if not subject:
            if any(values):
                refuse(row, _("subject"), "", _("There are marks but no subject in the first column."))
            continue
        if subject in seen:
            refuse(
                row,
                _("subject"),
                subject,
                _("This subject stands in row %(row)s already. Keep one of the two.")
                % {"row": seen[subject]},
            )
            continue
        seen[subject] = row
        table.subjects.append(str(subject))
        table.values.append(values)
        if head.group is not None:
            table.groups.append(normalise(found[head.group]) if head.group < len(found) else "")
    if errors:
        raise _refusal(path, errors)
    if not table.subjects:
        raise Refused(
            _("“%(path)s” has a header but no subject below it.") % {"path": path.name}, code="no-rows"
        )
    return table


def _refusal(path: Path, errors: list[dict[str, Any]]) -> TrialRefused:
    sentences = [
        _("Row %(row)s, %(column)s: %(message)s") % {**error, "column": error["column"] or "–"}
        for error in errors[:SHOWN]
    ]
    if len(errors) > SHOWN:
        sentences.append(_("And %(count)s more.") % {"count": len(errors) - SHOWN})
    return TrialRefused(
        _("“%(path)s” cannot be scored. %(problems)s") % {"path": path.name, "problems": " ".join(sentences)},
        code="marks",
        errors=errors,
    )


# --- the header ------------------------------------------------------------------------------------


def _find_head(path: Path, rubric: Rubric, sheet: str | None) -> _Head:
    known: dict[str, int] = {}
    for i, item in enumerate(rubric.items):
        known.setdefault(_plain(item.title), i)
    for i, item in enumerate(rubric.items):
        known[_plain(item.code)] = i
    best: tuple[int, Sheet, int, Sequence[Any], list[int | None]] | None = None
    for one in open_sheets(path, sheet):
        if one.hidden:
            continue
        for row, found in one.rows():
            if row > LOOK_AT:
                break
            places = [known.get(_plain(cell)) for cell in found]
            count = len({place for place in places if place is not None})
            if count and (best is None or count > best[0]):
                best = (count, one, row, found, places)
    if best is None:
        raise Refused(
            _(
                "“%(path)s” has no column of marks. The first row names them by the codes of the items: %(items)s; the first column is the subject."
            )
            % {"path": path.name, "items": "、".join(item.code for item in rubric.items)},
            code="no-header",
        )
    _count, one, row, found, places = best
    return _head(path, rubric, one, row, found, places)


def _head(
    path: Path, rubric: Rubric, sheet: Sheet, row: int, found: Sequence[Any], places: list[int | None]
) -> _Head:
    columns: dict[int, int] = {}
    for place, index in enumerate(places):
        if index is None:
            continue
        if index in columns.values():
            raise Refused(
                _("The item %(item)s has two columns in “%(path)s”. Keep one of them.")
                % {"item": rubric.items[index].code, "path": path.name},
                code="columns",
            )
        columns[place] = index
    before = range(min(columns))
    subject = next((place for place in before if _plain(found[place])), None)
    if subject is None:
        subject = 0 if before else None
    if subject is None:
        raise Refused(
            _("The first column of “%(path)s” is the item %(item)s. Put the subject before it.")
            % {"path": path.name, "item": rubric.items[columns[0]].code},
            code="no-subject",
        )
    group, unused = None, []
    for place, cell in enumerate(found):
        text = _plain(cell)
        if place == subject or place in columns or not text:
            continue
        if rubric.rank_groups and group is None and text in GROUP_HEADERS:
            group = place
        else:
            unused.append(str(cell).strip())
    return _Head(sheet, row, subject, columns, group, unused)


def _plain(cell: object) -> str:
    return normalise(cell).strip().rstrip("*").casefold() if isinstance(cell, str | int | float) else ""


# --- one cell --------------------------------------------------------------------------------------


class _Reader:
    """Reads the cells of one item; what was read once is remembered."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.n = max(1, item.min_n)
        self.known: dict[Any, Value | None] = {}
        kind = item.transform.kind
        self.parse: Callable[[object], Decimal] = {
            Kind.MEAN: self._mark,
            Kind.LINEAR: self._share_or_number,
            Kind.BANDS: self._share_or_number,
        }.get(kind, self._events)
        self.is_share = is_share(item)
        self.counts_events = kind in (Kind.DEDUCTION, Kind.BONUS)

    def __call__(self, raw: Any) -> Value | None:
        key = (raw.__class__, raw)
        try:
            return self.known[key]
        except KeyError:
            value = self.known[key] = self._read(raw)
            return value
        except TypeError:
            return self._read(raw)

    def _read(self, raw: object) -> Value | None:
        text = clean(raw)
        if text in FORMULA_ERRORS:
            raise CellError(_("The formula in this cell has an error. Type the value itself."))
        if cells.is_nothing(text) or text.casefold() in NOT_APPLICABLE:
            return None
        found = self.parse(raw)
        return Value(found, None if self.counts_events else ONE, self.n)

    def _mark(self, raw: object) -> Decimal:
        value = cells.number(raw, units=("分",))
        if problem := mark_problem(self.item, value):
            raise CellError(problem)
        return value

    def _share_or_number(self, raw: object) -> Decimal:
        text = clean(raw)
        is_percent = isinstance(raw, Percent) or text.endswith("%")
        value = cells.share(raw) if self.is_share or is_percent else cells.number(raw)
        if value < 0:
            raise CellError(_("A share or number below zero cannot be scored."))
        return value

    def _events(self, raw: object) -> Decimal:
        value = cells.number(raw, units=("次", "件", "起", "小时"))
        if value < 0:
            raise CellError(_("A number of events cannot be below zero. Write how many there were."))
        return value
