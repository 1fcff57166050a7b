"""Number formats of Excel: which of them show a date, which a percentage, by number or by code.

And what a number is when it is shown so."""

import re
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

from redprop.common.tabular.cells import Percent

NUMBER, DATE, PERCENT = range(3)

_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Built-in formats with a date or time; 27 to 36 and 50 to 58 are those of Chinese and Japanese Excel."""
_PERCENTS = frozenset({9, 10})
_NO_SYMBOLS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)


@lru_cache(maxsize=1024)
def format_kind(number: int, code: str | None = None) -> int:
    """Return DATE, PERCENT or NUMBER for a format's number and, for an own format, its code."""
    if code is None:
        return DATE if number in _DATES else PERCENT if number in _PERCENTS else NUMBER
    bare = _NO_SYMBOLS.sub("", code.split(";")[0]).lower().replace("general", "")
    if re.search("[ymdhs]|aaa|上午|下午", bare):
        return DATE
    return PERCENT if "%" in bare else NUMBER


def shown(number: float, kind: int, *, since_1904: bool = False) -> Any:
    """Return a number as its format shows it: a date or time, a percentage, or itself."""
    if kind == PERCENT:
        return Percent(number)
    return moment(number, since_1904=since_1904) if kind == DATE else number


def moment(number: float, *, since_1904: bool = False) -> Any:
    """Return the date or time that Excel shows for a number; the number itself where there is none."""
    if not 0 <= number < 2_958_466:
        return number
    if number < 1 and not since_1904:
        return (datetime(2000, 1, 1) + timedelta(seconds=round(number * 86_400))).time()  # noqa: DTZ001
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if number >= 60 else 31)  # noqa: DTZ001
    found = first + timedelta(days=int(number), seconds=round((number - int(number)) * 86_400))
    return found.date() if found.time() == time() else found
