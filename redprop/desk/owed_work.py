"""What community work owes: gaps of rosters, situations to note, joint projects due. A query or two for each kind."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import GridCell, JointProject, SituationReport
from communities.rosters import DAYS_AHEAD, find_gaps
from redprop.desk.page import Desk


def work_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each."""
    return [*_gaps(desk), *_situations(desk), *_joint_projects(desk)]


def _gaps(desk: Desk) -> list[tuple]:
    """One line for the secretary's rosters, due on the day of the first gap."""
    if not desk.communities:
        return []
    cells = GridCell.objects.filter(community__in=desk.kept_community_ids).open_on(desk.today)
    last = desk.today + dt.timedelta(days=DAYS_AHEAD - 1)
    found = find_gaps(cells, desk.today, last, desk.calendar)
    if not found:
        return []
    return [
        (
            _("Roster with gaps: %(cell)s and others") % {"cell": found[0].cell}
            if len({gap.cell.pk for gap in found}) > 1
            else _("Roster with gaps: %(cell)s") % {"cell": found[0].cell},
            _("%(count)s gaps in the next %(days)s days, %(hours)s hours without anybody on duty")
            % {"count": len(found), "days": DAYS_AHEAD, "hours": f"{sum(g.hours for g in found):g}"},
            found[0].day,
            reverse("desk:grid-gaps"),
            _("Fill"),
        )
    ]


SHOWN = 20


def _situations(desk: Desk) -> list[tuple]:
    """Reports that the community party organisation has not taken note of: due at once."""
    if not desk.communities:
        return []
    rows = (
        SituationReport.objects.filter(
            community__in=desk.kept_community_ids, state=SituationReport.State.REPORTED
        )
        .select_related("compound")
        .order_by("happened_at")[:SHOWN]
    )
    return [
        (
            _("Take note: %(kind)s, %(place)s") % {"kind": row.get_kind_display(), "place": row.place},
            f"{row.compound} · {timezone.localtime(row.happened_at):%Y-%m-%d %H:%M}",
            timezone.localtime(row.recorded_at).date(),
            reverse("desk:situation", args=[row.pk]),
            _("View it"),
        )
        for row in rows
    ]


def _joint_projects(desk: Desk) -> list[tuple]:
    """Adopted and running projects of the community whose day comes within two weeks, or has passed."""
    if not desk.communities:
        return []
    rows = JointProject.objects.filter(
        community__in=desk.kept_community_ids,
        state__in=[JointProject.State.ADOPTED, JointProject.State.RUNNING],
        due_on__lte=desk.today + dt.timedelta(days=14),
    ).order_by("due_on")[:SHOWN]
    return [
        (
            _("Finish the joint service project: %(title)s") % {"title": row.title},
            row.get_state_display(),
            row.due_on,
            reverse("desk:joint-project", args=[row.pk]),
            _("View it"),
        )
        for row in rows
    ]
