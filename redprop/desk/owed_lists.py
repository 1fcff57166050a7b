"""What the published lists leave to do: follow-ups of a second black, for the clerk of the subdistrict."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.models import FollowUp
from redprop.desk.page import Desk

SHOWN = 30


def lists_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action (one query, for clerks alone)."""
    if not desk.subdistrict_ids:
        return []
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
