"""By when a request is answered: working days by urgency and category, as dated terms of the district.

A district without terms of its own goes by the sample. Where the table of holidays ends, Monday to Friday
count as worked: a resident's request is never turned away for a missing calendar.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from communities.lights import reminder_day
from communities.models import RequestTerm, Urgency
from redprop.areas.models import District
from redprop.common.workdays import WorkCalendar
from redprop.core.selectors import work_calendar

SAMPLE_WORKDAYS: dict[str, int] = {Urgency.EMERGENCY: 1, Urgency.URGENT: 2, Urgency.ORDINARY: 5}
"""Working days to answer (sample; S47R has 24 hours for what is urgent)."""

ERASED_AFTER_DAYS = 30
"""Days after the resident closed a request in which a contact left with it is kept."""

SILENT_DAYS = 90
"""Days after the last answer in which it is kept where the resident stays silent."""


@dataclass
class Terms:
    """A district's terms and calendar, read once (two queries)."""

    rows: list[RequestTerm]
    calendar: WorkCalendar

    @classmethod
    def of(cls, district: District) -> "Terms":
        """Read the terms of the district."""
        return cls(list(RequestTerm.objects.filter(district=district)), work_calendar(district))

    def workdays(self, *, category: str, urgency: str, day: dt.date) -> int:
        """Working days to answer what is received on `day`: the category's own term before the general one."""
        valid = [row for row in self.rows if row.urgency == urgency and row.is_valid_on(day)]
        own = _of_category(valid, category) or _of_category(valid, "")
        return own.workdays if own else SAMPLE_WORKDAYS[urgency]

    def due_on(self, *, category: str, urgency: str, day: dt.date) -> dt.date:
        """The last day on which an answer is in time."""
        count = self.workdays(category=category, urgency=urgency, day=day)
        return reminder_day(day, count, self.calendar)


def _of_category(rows: Iterable[RequestTerm], category: str) -> RequestTerm | None:
    return next((row for row in rows if row.category == category), None)
