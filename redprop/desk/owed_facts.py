"""What facts of compounds owe: the clerk decides on proposals, the secretary looks again at refused ones."""

import datetime as dt

from django.db.models import Count, Exists, Min, OuterRef
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from communities.models import FactProposal
from redprop.desk.page import Desk

SHOWN = 20
DECIDE_WORKDAYS = 5
LOOK_AGAIN_DAYS = 14
State = FactProposal.State


def facts_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each; one query for each kind of user."""
    return [*_to_decide(desk), *_refused(desk)]


def _to_decide(desk: Desk) -> list[tuple]:
    if not desk.subdistrict_ids:
        return []
    rows = (
        FactProposal.objects.waiting()
        .filter(community__subdistrict__in=desk.subdistrict_ids, compound__merged_into=None)
        .values("compound", "compound__name", "community__name")
        .annotate(fields=Count("pk"), since=Min("recorded_at"))
        .order_by("since", "compound")[:SHOWN]
    )
    return [
        (
            _("Check facts of %(compound)s") % {"compound": row["compound__name"]},
            _("%(community)s proposes %(count)s corrections")
            % {"community": row["community__name"], "count": row["fields"]},
            reminder_day(localdate(row["since"]), DECIDE_WORKDAYS, desk.calendar),
            reverse("desk:compound", args=[row["compound"]]),
            _("Check"),
        )
        for row in rows
    ]


def _refused(desk: Desk) -> list[tuple]:
    """Refused within two weeks, unless the same field was proposed anew."""
    if not desk.communities:
        return []
    newer = FactProposal.objects.filter(
        compound=OuterRef("compound"), field=OuterRef("field"), pk__gt=OuterRef("pk")
    )
    rows = (
        FactProposal.objects.filter(
            ~Exists(newer),
            community__in=desk.kept_community_ids,
            compound__merged_into=None,
            state=State.REFUSED,
            decided_at__date__gt=desk.today - dt.timedelta(days=LOOK_AGAIN_DAYS),
        )
        .select_related("compound")
        .order_by("decided_at", "pk")[:SHOWN]
    )
    return [
        (
            _("Look again: %(field)s of %(compound)s")
            % {"field": row.get_field_display(), "compound": row.compound},
            _("Refused by the subdistrict: %(reason)s") % {"reason": row.reason},
            localdate(row.decided_at) + dt.timedelta(days=LOOK_AGAIN_DAYS),
            reverse("desk:compound", args=[row.compound_id]),
            _("View it"),
        )
        for row in rows
    ]
