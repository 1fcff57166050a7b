"""Reads of the grid's rosters: who is on duty, and every gap of cover. Fixed queries, however many cells."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from communities.cover import SHANGHAI, Span, gaps, hours_in_words, moment, wanted
from communities.models import GridCell, GridMode, GridShift
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, is_workday

A_DAY = dt.timedelta(days=1)
DAYS_AHEAD = 7
"""A roster must be complete for so many days from today."""


@dataclass(frozen=True)
class Gap:
    """A stretch of time in which nobody is on duty in a cell that must be covered."""

    cell: GridCell
    starts_at: dt.datetime
    ends_at: dt.datetime

    @property
    def day(self) -> dt.date:
        """The day on which it begins."""
        return self.starts_at.astimezone(SHANGHAI).date()

    @property
    def hours_shown(self) -> str:
        """From when to when."""
        return hours_in_words(self.starts_at, self.ends_at)

    @property
    def hours(self) -> float:
        """How long it is."""
        return round((self.ends_at - self.starts_at).total_seconds() / 3600, 1)


def find_gaps(cells: Iterable[GridCell], first: dt.date, last: dt.date, calendar: WorkCalendar) -> list[Gap]:
    """Gaps of these cells from `first` to `last`, in order of time (2 queries)."""
    of = {cell.pk: cell for cell in cells}
    modes: dict[int, list[GridMode]] = defaultdict(list)
    for mode in GridMode.objects.filter(cell__in=of, valid_from__lte=last):
        modes[mode.cell_id].append(mode)
    shifts: dict[int, list[Span]] = defaultdict(list)
    rows = GridShift.objects.filter(
        cell__in=modes,
        starts_at__lt=moment(last + A_DAY, dt.time(0)) + A_DAY,
        ends_at__gt=moment(first, dt.time(0)),
    ).order_by()
    for cell, start, end in rows.values_list("cell", "starts_at", "ends_at"):
        shifts[cell].append((start, end))
    found = []
    day = first
    while day <= last:
        working = _is_workday(day, calendar)
        for pk, of_cell in modes.items():
            cell = of[pk]
            if cell.opened_on > day or (cell.closed_on and cell.closed_on <= day):
                continue
            mode = next((one for one in of_cell if one.is_valid_on(day)), None)
            if mode is None or (mode.only_workdays and mode.hours == 8 and not working):
                continue
            span = wanted(day, mode.hours, mode.starts)
            found += [Gap(cell, *gap) for gap in gaps(span, shifts[pk])]
        day += A_DAY
    return sorted(found, key=lambda gap: (gap.starts_at, gap.cell.code))


def _is_workday(day: dt.date, calendar: WorkCalendar) -> bool:
    try:
        return is_workday(day, calendar)
    except NoCalendarForYear:
        return day.weekday() < 5
