"""What the published lists leave to do: follow-ups of a second black and second surveys, for the clerk of the subdistrict."""

import datetime as dt

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from evaluations.models import Colour, FollowUp, Level, ListEntry
from redprop.desk.page import Desk

SHOWN = 30


def lists_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action (two queries, for clerks alone)."""
    if not desk.subdistrict_ids:
        return []
    return [*_follow_ups(desk), *_undetermined(desk)]


def _undetermined(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """Projects to be surveyed again: published as undetermined, no second decision yet."""
    rows = ListEntry.objects.for_user(desk.user).filter(
        colour=Colour.UNDETERMINED,
        level=Level.PROJECT,
        state=ListEntry.State.FINAL,
        period__closed_at__isnull=False,
    )
    found = []
    rows = rows.select_related("project", "enterprise", "period__district", "period__rubric", "second_survey")
    for row in rows.order_by("pk")[:SHOWN]:
        again = getattr(row, "second_survey", None)
        found.append(
            (
                _("Survey again: %(project)s") % {"project": row.project},
                _("The second survey is open: call the households that have not answered.")
                if again
                else _("Undetermined in %(period)s · answers are pooled") % {"period": row.period},
                reminder_day(
                    localdate(row.period.closed_at), row.period.rubric.resurvey_workdays, desk.calendar
                ),
                f"{reverse('desk:surveys')}?round={again.pk}"
                if again
                else reverse("desk:entry", args=[row.pk]),
                _("Call") if again else _("Open"),
            )
        )
    return found


def _follow_ups(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = FollowUp.objects.for_user(desk.user).filter(state=FollowUp.State.OPEN)
    rows = rows.select_related("entry__project", "entry__enterprise", "entry__period")
    return [
        (
            f"{row.get_kind_display()} · {row.entry.project}",
            _("Black twice in a row, %(period)s · %(enterprise)s")
            % {"period": row.entry.period, "enterprise": row.entry.enterprise},
            row.due_on,
            reverse("desk:follow-ups"),
            _("Record"),
        )
        for row in rows.order_by("due_on", "pk")[:SHOWN]
    ]
