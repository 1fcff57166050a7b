"""Reading the bank's result file: one row per order, paid or returned. Read, never stored; nothing is guessed."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular import cells
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.headers import plain
from redprop.common.tabular.reading import BadLine, Sheet, open_sheets

LOOK_AT = 20
"""The header stands in one of so many first rows."""
SHOWN = 8
COLUMNS: dict[str, tuple[str, ...]] = {
    "batch": ("批次号", "批次"),
    "version": ("版本", "版本号"),
    "number": ("序号",),
    "payee_code": ("收款人代码",),
    "amount": ("金额", "金额(元)", "支付金额"),
    "result": ("结果", "处理结果", "支付结果", "交易结果"),
    "reason": ("原因", "退票原因", "失败原因"),
    "day": ("日期", "入账日期", "支付日期", "交易日期"),
}
REQUIRED = ("batch", "version", "number", "payee_code", "amount", "result")
PAID = frozenset({"成功", "已付", "已支付", "支付成功", "交易成功", "已入账", "paid"})
RETURNED = frozenset({"退票", "失败", "已退", "退回", "支付失败", "交易失败", "returned"})
_AMOUNT = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?")


@dataclass(frozen=True)
class Answer:
    """What the bank says of one order."""

    row: int
    number: int
    payee_code: str
    amount: Decimal
    paid: bool
    reason: str = ""
    day: dt.date | None = None


@dataclass
class ResultFile:
    """A result file as read: its batch and version, the answers, and what its totals row says."""

    name: str
    digest: str
    batch: str = ""
    version: int = 0
    answers: list[Answer] = field(default_factory=list)
    total_count: int | None = None
    total: Decimal | None = None


def read_result(path: Path, *, name: str = "") -> ResultFile:
    """Return the file; raises Refused with every row that is wrong (`problems`), up to eight in the sentence."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = ResultFile(name or path.name, digest)
    sheet, head_row, places = _find_head(path)
    problems: list[str] = []
    for row, values in sheet.rows():
        if row <= head_row or not values or all(one is None or one == "" for one in values):
            continue
        if isinstance(values, BadLine):
            problems.append(_in_row(row, values.message))
            continue
        try:
            _read_row(found, row, values, places)
        except CellError as error:
            problems.append(_in_row(row, str(error)))
    if not found.answers and not problems:
        raise Refused(_("“%(file)s” has no row with a result.") % {"file": found.name}, code="no-rows")
    if problems:
        raise refused(found.name, problems)
    return found


def refused(name: str, problems: list[str]) -> Refused:
    """The refusal of a file with all its problems; nothing of it is taken in."""
    shown = problems[:SHOWN]
    if len(problems) > SHOWN:
        shown.append(_("And %(count)s more.") % {"count": len(problems) - SHOWN})
    return Refused(
        _("Nothing of “%(file)s” was taken in. %(problems)s") % {"file": name, "problems": " ".join(shown)},
        code="result-file",
        problems=problems,
    )


def _in_row(row: int, sentence: str) -> str:
    return _("Row %(row)s: %(sentence)s") % {"row": row, "sentence": sentence}


def _read_row(found: ResultFile, row: int, values: Any, places: dict[str, int]) -> None:
    def text(name: str) -> str:
        place = places.get(name)
        return clean(values[place]) if place is not None and place < len(values) else ""

    if text("batch").startswith("合计"):
        found.total_count = _whole(text("number") or text("payee_code"), _("number of lines"))
        found.total = _amount(text("amount"))
        return
    version = _whole(text("version"), _("version"))
    if found.batch and (text("batch"), version) != (found.batch, found.version):
        raise CellError(_("this row belongs to another batch or version than the rows above it."))
    found.batch, found.version = text("batch"), version
    word = text("result").casefold()
    if word not in PAID | RETURNED:
        raise CellError(_("“%(word)s” is no result. Write 成功 or 退票.") % {"word": text("result")[:20]})
    if word in RETURNED and not text("reason"):
        raise CellError(_("the payment was returned, but no reason is given."))
    place = places.get("day")
    answer = Answer(
        row=row,
        number=_whole(text("number"), _("number")),
        payee_code=text("payee_code"),
        amount=_amount(text("amount")),
        paid=word in PAID,
        reason=text("reason")[:200],
        day=cells.day(values[place]) if place is not None and place < len(values) and text("day") else None,
    )
    found.answers.append(answer)


def _whole(text: str, label: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise CellError(
            _("“%(field)s”: “%(value)s” is not a whole number.") % {"field": label, "value": text[:20]}
        )
    return int(text)


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise CellError(
            _("the amount “%(value)s” cannot be read. Write yuan in digits, such as 1234.50.")
            % {"value": text[:20]}
        )
    return Decimal(text.replace(",", ""))


def _find_head(path: Path) -> tuple[Sheet, int, dict[str, int]]:
    best: dict[str, int] = {}
    for sheet in open_sheets(path):
        if sheet.hidden:
            continue
        for row, values in sheet.rows():
            if row > LOOK_AT:
                break
            places = _places([plain(_safely(clean, value)) for value in values])
            if all(name in places for name in REQUIRED):
                return sheet, row, places
            best = max(best, places, key=len)
    missing = "、".join(COLUMNS[name][0] for name in REQUIRED if name not in best)
    raise Refused(
        _("“%(file)s” is no result file: the columns %(columns)s are missing.")
        % {"file": path.name, "columns": missing},
        code="no-columns",
    )


def _safely(read: Callable[[Any], str], value: Any) -> str:
    try:
        return read(value)
    except CellError:
        return ""


def _places(heads: list[str]) -> dict[str, int]:
    known = {plain(alias): name for name, aliases in COLUMNS.items() for alias in aliases}
    places: dict[str, int] = {}
    for place, head in enumerate(heads):
        if head in known:
            places.setdefault(known[head], place)
    return places
