"""Reads that every app above needs: the working calendar of a district."""

from redprop.areas.models import District
from redprop.common.workdays import WorkCalendar
from redprop.core.models import Holiday


def work_calendar(district: District) -> WorkCalendar:
    """Return the calendar of `district` from its table of holidays (one query)."""
    rows = list(Holiday.objects.filter(district=district).values_list("day", "is_workday"))
    return WorkCalendar.build(
        holidays=(day for day, worked in rows if not worked),
        makeup_days=(day for day, worked in rows if worked),
        years={day.year for day, _worked in rows},
    )
