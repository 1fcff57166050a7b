"""What one cell means: text, numbers with units, dates in all their spellings, yes and no.

Pure functions on what a file holds. A cell that cannot be read without doubt raises CellError with
a sentence for the user; nothing is ever guessed, and no amount becomes zero.
"""

import math
import re
import unicodedata
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from redprop.common.text import normalise

CLEARS = frozenset({"清空", "(清空)", "（清空）", "【清空】", "[清空]"})
"""What a cell says to empty an optional field; an empty cell leaves it as it is."""
_NOTHING = frozenset({"", "-", "--", "—", "——", "–", "/", "\\", "N/A", "n/a"})
FORMULA_ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}
)
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<currency>[¥$]|RMB|人民币)?(?P<sign>[+-]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?P<rest>\.\d+)?"
    r"(?P<scale>百|千|万|十万|百万|千万|亿)?(?P<unit>[^\d.,+-]*)",
    re.ASCII,
)
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "十万": 100_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_DAY = re.compile(
    r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})[日号]?(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_MONTH = re.compile(r"(\d{4})(?:[-/.年])(\d{1,2})月?份?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OPEN_END = frozenset({"长期", "至今", "无固定期限", "无", "现在", "目前", "今"})
_SERIAL_FIRST, _SERIAL_LAST = 14_611, 73_415  # 1940-01-01 … 2100-12-31 in Excel's 1900 system
_YES = frozenset({"是", "√", "✓", "✔", "☑", "对", "有", "y", "yes", "true", "1", "已", "v"})
_NO = frozenset(
    {"否", "×", "✗", "✘", "☐", "□", "错", "无", "没有", "n", "no", "false", "0", "未", "不是", "x"}
)


class Clean(str):
    """Text that `clean` has gone over: going over it again would take a second apostrophe away."""

    __slots__ = ()


class BadCell:
    """A cell whose value cannot be known, such as a formula without a stored result; every kind refuses it."""

    __slots__ = ("message", "shown")

    def __init__(self, shown: str, message: str) -> None:
        self.shown, self.message = shown, message

    def __str__(self) -> str:
        return self.shown


class Merged:
    """What a cell merged over several rows says in those below the first: a text holds for each row, an amount does not."""

    __slots__ = ("first", "last", "value")

    def __init__(self, value: object, first: int, last: int) -> None:
        self.value, self.first, self.last = value, first, last

    def __str__(self) -> str:
        return str(self.value)


class Percent(float):
    """A number that the file shows with a percent sign: 0.125 shown as 12.5%."""

    __slots__ = ()


class CellError(Exception):
    """A cell that cannot be read; `str()` is the sentence for the user. `hide` keeps its value out of lists."""

    def __init__(self, message: str, *, hide: bool = False) -> None:
        super().__init__(message)
        self.hide = hide


def clean(raw: object) -> str:
    """Return the text of a cell without what nobody typed on purpose; one leading apostrophe is dropped.

    A whole number shows without `.0`; a number of 16 and more digits has lost its end in Excel and raises.
    """
    if type(raw) is Clean:
        return raw
    if raw is None:
        return ""
    if isinstance(raw, BadCell):
        raise CellError(raw.message)
    if isinstance(raw, Merged):
        return clean(raw.value)
    if isinstance(raw, str):
        text = raw
        if not (text.isprintable() and "  " not in text and unicodedata.is_normalized("NFKC", text)):
            text = normalise(text)
        text = text.strip()
        return Clean(text[1:].strip() if text[:1] == "'" else text)
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, int | float):
        if abs(raw) >= 1e15:
            raise CellError(
                _(
                    "Excel keeps only 15 digits of a number, the end of this one is lost. Set the cell to “Text” and type it again."
                ),
                hide=True,
            )
        return format(Decimal(f"{raw:.15g}"), "f") if raw != int(raw) else str(int(raw))
    if isinstance(raw, datetime):
        return raw.strftime("%Y-%m-%d") if raw.time() == time() else raw.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(raw, date):
        return raw.isoformat()
    return normalise(raw)


def is_nothing(text: str) -> bool:
    """Tell whether a cell says "nothing here": empty, or a dash or stroke typed in its place."""
    return text in _NOTHING


def is_shortened(text: str) -> bool:
    """Tell whether a spreadsheet has written a long number as 4.2E+11, losing its digits."""
    return bool(_SHORTENED.fullmatch(text))


def is_date_cell(raw: object) -> bool:
    """Tell whether the file holds a date or time here, not text or a number."""
    return isinstance(raw, date | time | timedelta)


def number(raw: object, *, factor: int = 1, units: tuple[str, ...] = ()) -> Decimal:
    """Return a number. `factor` comes from the header ("万元" is 10,000) and yields to a unit in the cell.

    Numbers in the file are taken at Excel's 15 significant digits. `units` are the ones that mean 1.
    """
    if isinstance(raw, Merged):
        raise CellError(
            _(
                "This number stands in a cell merged over rows %(first)s to %(last)s. Undo the merge and write each row's own number."
            )
            % {"first": raw.first, "last": raw.last}
        )
    if isinstance(raw, bool | Percent) or is_date_cell(raw):
        raise CellError(_("A number is expected here. Set the cell's format to “Number” and type it again."))
    if isinstance(raw, int | float):
        if not math.isfinite(raw):
            raise CellError(_("This is not a number."))
        return Decimal(f"{raw:.15g}") * factor
    text = clean(raw)
    found = _NUMBER.fullmatch(text)
    unit = found["unit"].strip() if found else ""
    if not found or (unit and unit not in units):
        raise CellError(
            _(
                "“%(value)s” cannot be read as a number. Write digits, such as 1234.50; nothing is guessed or rounded."
            )
            % {"value": text[:40]}
        )
    value = Decimal(found["sign"] + found["whole"].replace(",", "") + (found["rest"] or ""))
    if found["scale"]:
        return value * _SCALES[found["scale"]]
    return value if unit or found["currency"] else value * factor


def share(raw: object, *, percent_header: bool = False) -> Decimal:
    """Return a share as a fraction of 1: 12.5% and, below a header with %, 12.5 give 0.125.

    Where 0.5 could mean 0.5% or 50%, and 12 without any % could mean either, it raises.
    """
    if isinstance(raw, Percent):
        return number(float(raw))
    text = clean(raw)
    if isinstance(raw, str) and text.endswith("%"):
        return number(text[:-1].rstrip()) / 100
    value = number(raw)
    if percent_header:
        if value == 0 or abs(value) > 1:
            return value / 100
    elif abs(value) <= 1:
        return value
    raise CellError(
        _("“%(value)s” could mean two things. Write it with a percent sign, such as 12.5%%.")
        % {"value": text[:40]}
    )


def places(value: Decimal) -> int:
    """Return the number of decimal places without trailing zeros."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def day(raw: object, *, end: bool = False) -> date | None:
    """Return a date; a month means its first day, or its last with `end`. 长期 and 至今 are an open end (None)."""
    if isinstance(raw, Merged):
        raw = raw.value
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, bool) or is_date_cell(raw):
        raise _no_date(str(raw))
    if isinstance(raw, int | float):
        if raw != int(raw):
            if _SERIAL_FIRST <= raw <= _SERIAL_LAST:
                return _from_serial(int(raw))
            raise CellError(
                _(
                    "“%(value)s” is a number, not a date: 2026.1 and 2026.10 cannot be told apart. Write 2026-01 or 2026-10-05."
                )
                % {"value": raw}
            )
        return _whole_number_as_day(int(raw), end)
    text = clean(raw)
    if end and text in _OPEN_END:
        return None
    text = (
        text.translate(_CHINESE_DIGITS)
        if re.search("[〇零○一二三四五六七八九]", text) and "十" not in text
        else text
    )
    if "十" in text:
        text = _with_tens(text)
    plain = re.sub(r"\s*([-/.年月日])\s*", r"\1", text)
    if plain.isascii() and plain.isdigit():
        return _whole_number_as_day(int(plain), end)
    if found := _DAY.fullmatch(plain):
        return _build(text, int(found[1]), int(found[2]), int(found[3]))
    if found := _MONTH.fullmatch(plain):
        year, month = int(found[1]), int(found[2])
        if not 1 <= month <= 12:
            raise _no_date(text)
        return _build(text, year, month, monthrange(year, month)[1] if end else 1)
    raise _no_date(text)


def _whole_number_as_day(value: int, end: bool) -> date:
    text = str(value)
    if found := _COMPACT.fullmatch(text):
        return _build(text, int(found[1]), int(found[2]), int(found[3]))
    if len(text) == 6 and 1900 <= value // 100 <= 2100 and 1 <= value % 100 <= 12:
        year, month = divmod(value, 100)
        return _build(text, year, month, monthrange(year, month)[1] if end else 1)
    if _SERIAL_FIRST <= value <= _SERIAL_LAST:
        return _from_serial(value)
    raise _no_date(text)


def _from_serial(value: int) -> date:
    return date(1899, 12, 30) + timedelta(days=value)


def _with_tens(text: str) -> str:
    """Return 二〇二六年十月十五日 with digits: tens are only read before 月, 日 and 号."""

    def tens(found: re.Match[str]) -> str:
        left, right = found[1].translate(_CHINESE_DIGITS), found[2].translate(_CHINESE_DIGITS)
        return str(int(left or "1") * 10 + int(right or "0"))

    return re.sub(r"([一二三]?)十([一二三四五六七八九]?)(?=[月日号])", tens, text).translate(_CHINESE_DIGITS)


def _build(text: str, year: int, month: int, number_of_day: int) -> date:
    try:
        found = date(year, month, number_of_day)
    except ValueError:
        raise CellError(_("The date “%(value)s” does not exist.") % {"value": text[:40]}) from None
    if not 1900 <= year <= 2100:
        raise CellError(_("The year in “%(value)s” cannot be right.") % {"value": text[:40]})
    return found


def _no_date(text: str) -> CellError:
    return CellError(
        _("“%(value)s” cannot be read as a date. Write it as 2026-03-05 or 2026年3月5日.")
        % {"value": text[:40]}
    )


def yes_or_no(raw: object) -> bool:
    """Return True for 是, √, 有, Y, 1 … and False for 否, ×, 无, N, 0 …"""
    if isinstance(raw, Merged):
        raw = raw.value
    if isinstance(raw, bool):
        return raw
    text = clean(raw).lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellError(_("“%(value)s” is neither yes nor no. Write 是 or 否.") % {"value": text[:40]})
