"""What an inspector owes: the compounds planned up to today, and those that come next."""

import datetime as dt

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.models import InspectionTask
from redprop.accounts.roles import Role
from redprop.desk.page import Desk


def inspections_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action (one query, for inspectors alone)."""
    if Role.INSPECTOR not in desk.user.roles:
        return []
    rows = InspectionTask.objects.filter(inspector=desk.user).open()
    found = []
    plans = rows.values("plan__period", "plan__name").annotate(
        all=Count("pk"),
        due=Count("pk", filter=Q(planned_on__lte=desk.today)),
        ends=Min("plan__ends_on"),
    )
    for row in plans.order_by("ends", "plan__name"):
        what = (
            _("Inspect %(n)s compounds planned up to today") % {"n": row["due"]}
            if row["due"]
            else _("Inspect %(n)s compounds") % {"n": row["all"]}
        )
        more = _("%(plan)s · %(n)s still to be marked") % {
            "plan": f"{row['plan__period']} {row['plan__name']}",
            "n": row["all"],
        }
        found.append((what, more, row["ends"], reverse("desk:inspections"), _("To the list")))
    return found
