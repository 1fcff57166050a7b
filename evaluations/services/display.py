"""Ends the public display of entries when its time is over: they become tombstones in pages and bundles.

The values stay under their pseudonyms, so ranks recompute and the chain of digests verifies.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Min, Q

from evaluations.models import ListEntry, Release
from evaluations.models.releases import Colour
from evaluations.services.releases import ENTRY_MOVES, FINAL_KINDS
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.queue import send_on_commit
from redprop.common.states import require_move

ADVERSE = (Colour.BLACK, Colour.WATCH)
YEARS = 1
"""An ordinary finding is shown for at most one year. As long as no entry carries a severity, all are ordinary."""


_IN_FINAL = Q(published__release__kind__in=FINAL_KINDS)


def expire_display(*, district: District, acting_user: User | None = None) -> int:
    """End the display of the district's adverse entries final for a year; return how many there were.

    The releases they stand in get new public files after commit. Safe to run twice.
    """
    limit = _years_before(business_today(district), YEARS)
    with transaction.atomic(), acting(acting_user, "display ended"):
        over = (
            ListEntry.objects.filter(
                period__district=district, state=ListEntry.State.FINAL, colour__in=ADVERSE
            )
            .annotate(shown_since=Min("published__release__published_at", filter=_IN_FINAL))
            .filter(shown_since__date__lte=limit)
        )
        entries = list(ListEntry.objects.select_for_update().filter(pk__in=over.values("pk")).order_by("pk"))
        for entry in entries:
            require_move(ENTRY_MOVES, entry.state, ListEntry.State.EXPIRED, what=entry)
        ListEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(state=ListEntry.State.EXPIRED)
        releases = Release.objects.filter(entries__entry__in=entries).distinct().order_by("sequence")
        stale = list(releases.values_list("pk", flat=True))
        Release.objects.filter(pk__in=stale).update(files_published_at=None)
        if stale:
            send_on_commit("redprop.public.tasks.publish_release", stale[-1])
    return len(entries)


def _years_before(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
