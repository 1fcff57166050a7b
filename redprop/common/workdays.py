"""Working days, counted from a table of public holidays and make-up days.

Pure: the caller brings the table (in the portal: `Holiday` rows of the district). A year without
a table is refused, never guessed: time limits of a notice hang on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from redprop.common.errors import Refused


class NoCalendarForYear(Refused):
    """The table of public holidays does not cover a year that is needed."""

    def __init__(self, year: int) -> None:
        super().__init__(
            _(
                "The table of public holidays has no entries for %(year)s, so working days of that year cannot be counted. "
                "Enter or import the holidays of %(year)s first (register “holidays”)."
            )
            % {"year": year},
            code="no-holidays",
            year=year,
        )


@dataclass(frozen=True)
class WorkCalendar:
    """The official calendar: days off that fall on weekdays, and weekends that are worked.

    `years` are the years the table is complete for.
    """

    holidays: frozenset[date] = field(default_factory=frozenset)
    makeup_days: frozenset[date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def build(
        cls, holidays: Iterable[date], makeup_days: Iterable[date], years: Iterable[int] | None = None
    ) -> "WorkCalendar":
        """Return a calendar; without `years` it covers those that have at least one holiday."""
        off = frozenset(holidays)
        covered = frozenset(years) if years is not None else frozenset(day.year for day in off)
        return cls(off, frozenset(makeup_days), covered)


def is_workday(day: date, calendar: WorkCalendar) -> bool:
    """Tell whether `day` is worked; raises NoCalendarForYear when its year has no table."""
    if day.year not in calendar.years:
        raise NoCalendarForYear(day.year)
    if day in calendar.makeup_days:
        return True
    return day.weekday() < 5 and day not in calendar.holidays


def add_workdays(day: date, count: int, calendar: WorkCalendar) -> date:
    """Return the `count`-th working day after `day` (before it when negative; `day` itself never counts).

    With 0 it is `day`. Raises NoCalendarForYear as soon as the count enters a year without a table.
    """
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day, calendar)
    return day


def workdays_between(first: date, last: date, calendar: WorkCalendar) -> int:
    """Return how many working days lie after `first`, up to and including `last` (0 if `last` is not later)."""
    return sum(
        is_workday(first + timedelta(days=i), calendar) for i in range(1, max((last - first).days, 0) + 1)
    )
