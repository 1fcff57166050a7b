"""What community work owes: gaps of the grid's rosters in the next days. Fixed queries for each kind of user."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import GridCell
from communities.rosters import DAYS_AHEAD, find_gaps
from redprop.desk.page import Desk


def work_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each."""
    return _gaps(desk)


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
