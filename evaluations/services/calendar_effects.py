"""What of the evaluation hangs on the holiday calendar: notices, objections and cut-offs that run when it is changed.

A published end is a promise and stays; the page says when a notice has fewer working days than its rubric
wants. The due day of an open objection moves later when days off are added, never earlier. The cut-off of
an open period follows the calendar.
"""

import datetime as dt
from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.models import EvaluationPeriod, ListEntry, Objection
from evaluations.services.survey_reminders import waiting_entries
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, add_workdays
from redprop.core.services.calendar import DEPENDANTS, Effect


def _ends(
    day: dt.date, count: int, before: WorkCalendar, after: WorkCalendar
) -> tuple[dt.date, dt.date] | None:
    """The end of a window by both calendars, None where one of them cannot tell."""
    try:
        return add_workdays(day, count, before), add_workdays(day, count, after)
    except NoCalendarForYear:
        return None


def effects(district: District, before: WorkCalendar, after: WorkCalendar) -> list[Effect]:
    """Return what a changed calendar does to the district's running windows (four queries)."""
    return [
        *_notices(district, before, after),
        *_objections(district, before, after),
        *_cutoffs(district, before, after),
        *_second_surveys(district, before, after),
    ]


def _notices(district: District, before: WorkCalendar, after: WorkCalendar) -> list[Effect]:
    rows = (
        ListEntry.objects.filter(
            period__district=district,
            state__in=[ListEntry.State.NOTICED, ListEntry.State.HELD],
            notice_ends_on__gte=business_today(district),
        )
        .order_by()
        .values_list(
            "period", "period__code", "notice_starts_on", "notice_ends_on", "period__rubric__notice_workdays"
        )
        .distinct()
    )
    found = []
    for _pk, code, start, end, count in sorted(rows):
        ends = _ends(start, count, before, after)
        if ends is None or ends[0] == ends[1]:
            continue
        what = _("Public notice of %(period)s since %(day)s") % {"period": code, "day": start}
        if ends[1] > end:
            new = _(
                "%(day)s stays; it then has fewer than %(count)s working days: put up a supplementary notice"
            ) % {
                "day": end,
                "count": count,
            }
        else:
            new = _("%(day)s stays, as it was announced") % {"day": end}
        found.append(Effect(what, str(end), new))
    return found


def _objections(district: District, before: WorkCalendar, after: WorkCalendar) -> list[Effect]:
    rows = Objection.objects.open().filter(entry__period__district=district)
    found = []
    for row in rows.select_related("entry__period__rubric").order_by("due_on", "pk"):
        filed = timezone.localtime(row.filed_at).date()
        ends = _ends(filed, row.entry.period.rubric.objection_workdays, before, after)
        if ends is None or ends[0] == ends[1]:
            continue
        later = ends[1] > row.due_on
        found.append(
            Effect(
                _("Objection %(code)s, to be decided by") % {"code": row.code},
                str(row.due_on),
                str(ends[1]) if later else _("%(day)s stays") % {"day": row.due_on},
                _mover(Objection, row.pk, due_on=ends[1]) if later else None,
            )
        )
    return found


def _cutoffs(district: District, before: WorkCalendar, after: WorkCalendar) -> list[Effect]:
    rows = EvaluationPeriod.objects.filter(
        district=district, state=EvaluationPeriod.State.OPEN, cutoff_on__gte=business_today(district)
    )
    found = []
    for row in rows.select_related("rubric").order_by("ends_on"):
        ends = _ends(row.ends_on, row.rubric.recording_workdays, before, after)
        if ends is None or ends[0] == ends[1] or ends[0] != row.cutoff_on:
            continue
        found.append(
            Effect(
                _("Cut-off of %(period)s") % {"period": row},
                str(row.cutoff_on),
                str(ends[1]),
                _mover(EvaluationPeriod, row.pk, cutoff_on=ends[1]),
            )
        )
    return found


def _second_surveys(district: District, before: WorkCalendar, after: WorkCalendar) -> list[Effect]:
    found = []
    rows = waiting_entries().filter(period__district=district).select_related("period__rubric", "project")
    for row in rows:
        closed = timezone.localtime(row.period.closed_at).date()
        ends = _ends(closed, row.period.rubric.resurvey_workdays, before, after)
        if ends and ends[0] != ends[1]:
            what = _("Second survey of %(project)s, due on") % {"project": row.project}
            found.append(Effect(what, str(ends[0]), str(ends[1])))
    return found


def _mover(model: type, pk: int, **values: dt.date) -> Callable[[], object]:
    return lambda: model.objects.filter(pk=pk).update(**values)


DEPENDANTS.append(effects)
