"""Lights of dated promises and filings (红黄绿灯), and by when a month's meeting is to be filed. Pure.

Green: time is left. Yellow: at most three working days are left. Red: the day has passed, shown as
a dark amber clock with the word 逾期, because red means praise in this programme (design section 10).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from redprop.common.periods import Period
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, add_workdays

WARNING_WORKDAYS = 3
"""Working days before the due date from which the light is yellow (S45G: three days)."""

FILING_WORKDAYS = 3
"""Working days after the end of a month in which its meeting counts as filed on time."""


class Light(StrEnum):
    """What a light shows; `red` is overdue."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    DONE = "done"


@dataclass(frozen=True)
class Lights:
    """The lights as of one day. The last yellow day is counted once, however many rows are shown."""

    today: date
    last_yellow: date

    @classmethod
    def on(cls, today: date, calendar: WorkCalendar) -> "Lights":
        """Return the lights of `today`.

        Where the table of holidays ends, Monday to Friday are taken as worked (`reminder_day`).
        """
        return cls(today, reminder_day(today, WARNING_WORKDAYS, calendar))

    def of(self, due_on: date, *, done: bool = False) -> Light:
        """Return the light of something due on `due_on` (that day still counts as in time)."""
        if done:
            return Light.DONE
        if due_on < self.today:
            return Light.RED
        return Light.YELLOW if due_on <= self.last_yellow else Light.GREEN


def filing_deadline(month: Period, calendar: WorkCalendar) -> date:
    """Return the last day on which the meeting of `month` is filed on time."""
    return reminder_day(month.end, FILING_WORKDAYS, calendar)


def reminder_day(day: date, workdays: int, calendar: WorkCalendar) -> date:
    """Return the working day `workdays` after `day` (before it when negative), where no time limit hangs on it."""
    try:
        return add_workdays(day, workdays, calendar)
    except NoCalendarForYear:
        return add_workdays(day, workdays, _plain_weeks(day))


def _plain_weeks(day: date) -> WorkCalendar:
    return WorkCalendar(years=frozenset({day.year - 1, day.year, day.year + 1}))
