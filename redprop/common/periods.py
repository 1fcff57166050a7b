"""Months, quarters, half-years and years as values: `2026-07`, `2026Q3`, `2026H1`, `2026`.

A `Period` knows its days and its neighbours, nothing of what is evaluated in it. The text form is
what commands take, what the database stores and what stands in file names.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import total_ordering

from django.utils.translation import gettext as _

from redprop.common.errors import Refused


class PeriodKind(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def months(self) -> int:
        """The number of months in a period of this kind."""
        return _MONTHS[self]


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}
_FORM = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>\d{2})|Q(?P<quarter>[1-4])|H(?P<half>[12]))?", re.ASCII)
_ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@total_ordering
@dataclass(frozen=True)
class Period:
    """One month, quarter, half-year or year; `number` counts within the year from 1 (a year: 1)."""

    kind: PeriodKind
    year: int
    number: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 12 // self.kind.months or not 1000 <= self.year <= 2999:
            raise ValueError(f"There is no {self.kind} number {self.number} in {self.year}.")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Return the period that `text` names; raises Refused with the four forms otherwise."""
        text = str(text).strip().upper()
        found = _FORM.fullmatch(text)
        if found:
            for name in ("month", "quarter", "half"):
                number = found.group(name)
                if number and 1 <= int(number) <= 12:
                    return cls(PeriodKind(name), int(found["year"]), int(number))
            if len(text) == 4:
                return cls(PeriodKind.YEAR, int(text))
        raise Refused(
            _(
                "“%(text)s” is not a period. Write a month as 2026-07, a quarter as 2026Q3, a half-year as 2026H1 or a year as 2026."
            )
            % {"text": text},
            code="period-form",
            text=text,
        )

    @classmethod
    def of(cls, kind: PeriodKind | str, day: date) -> "Period":
        """Return the period of `kind` in which `day` lies."""
        kind = PeriodKind(kind)
        return cls(kind, day.year, (day.month - 1) // kind.months + 1)

    def __str__(self) -> str:
        return {
            PeriodKind.MONTH: f"{self.year}-{self.number:02d}",
            PeriodKind.QUARTER: f"{self.year}Q{self.number}",
            PeriodKind.HALF: f"{self.year}H{self.number}",
            PeriodKind.YEAR: f"{self.year}",
        }[self.kind]

    def __lt__(self, other: "Period") -> bool:
        return (self.start, self.end) < (other.start, other.end)

    @property
    def start(self) -> date:
        """The first day."""
        return date(self.year, (self.number - 1) * self.kind.months + 1, 1)

    @property
    def end(self) -> date:
        """The last day, which belongs to the period."""
        return self.following().start - timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def shift(self, steps: int) -> "Period":
        """Return the period `steps` later of the same kind (earlier when negative)."""
        per_year = 12 // self.kind.months
        year, index = divmod(self.year * per_year + self.number - 1 + steps, per_year)
        return Period(self.kind, year, index + 1)

    def preceding(self) -> "Period":
        """Return the one just before, of the same kind."""
        return self.shift(-1)

    def following(self) -> "Period":
        """Return the next one of the same kind."""
        return self.shift(1)

    def contains(self, inner: "date | Period") -> bool:
        """Tell whether a day, or the whole of another period, lies in this one."""
        if isinstance(inner, Period):
            return self.start <= inner.start and inner.end <= self.end
        return self.start <= inner <= self.end

    def parts(self, kind: PeriodKind | str) -> list["Period"]:
        """Return the periods of a shorter (or the same) `kind` that make up this one, in order."""
        kind = PeriodKind(kind)
        first = Period.of(kind, self.start)
        return [first.shift(i) for i in range(self.kind.months // kind.months)]

    def months(self) -> list["Period"]:
        """Return its months, in order."""
        return self.parts(PeriodKind.MONTH)

    def quarters(self) -> list["Period"]:
        """Return its quarters, in order; empty for a month."""
        return self.parts(PeriodKind.QUARTER)

    @property
    def label(self) -> str:
        """The name in Chinese, as printed on lists: 2026年第3季度."""
        return {
            PeriodKind.MONTH: f"{self.year}年{self.number}月",
            PeriodKind.QUARTER: f"{self.year}年第{self.number}季度",
            PeriodKind.HALF: f"{self.year}年{'上下'[self.number - 1] if self.number < 3 else ''}半年",
            PeriodKind.YEAR: f"{self.year}年",
        }[self.kind]

    def label_in(self, language: str) -> str:
        """Return the name in Chinese for `zh…`, else in English."""
        if language.startswith("zh"):
            return self.label
        return {
            PeriodKind.MONTH: f"{_ENGLISH_MONTHS[self.number - 1]} {self.year}",
            PeriodKind.QUARTER: f"Q{min(self.number, 4)} {self.year}",
            PeriodKind.HALF: f"{'first' if self.number == 1 else 'second'} half of {self.year}",
            PeriodKind.YEAR: f"{self.year}",
        }[self.kind]
