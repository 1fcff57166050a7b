"""Ends the public display of entries when its time is over: they become tombstones in pages and bundles.

The values stay under their pseudonyms, so ranks recompute and the chain of digests verifies.
How long: by the severity of the entry at most (国办发〔2025〕22号), and after a repair once the least time is over.
"""

import datetime as dt
from collections.abc import Iterable

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils.timezone import localdate

from evaluations.models import CreditEventEnd, ListEntry, Rectification
from evaluations.models.releases import Colour
from evaluations.models.severity import LEAST_MONTHS, MOST_MONTHS, Severity
from evaluations.services.credit import end_events_of_entry
from evaluations.services.releases import ENTRY_MOVES, FINAL_KINDS
from evaluations.services.replies import write_pages_anew
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.states import require_move

ADVERSE = (Colour.BLACK, Colour.WATCH)

_IN_FINAL = Q(published__release__kind__in=FINAL_KINDS)


def expire_display(*, district: District, acting_user: User | None = None) -> int:
    """End the display of the district's adverse final entries whose time is over; return how many there were.

    Repaired are those whose rectification passed, once they were shown for the least time of their
    severity; expired those shown for the most. The releases they stand in get new public files after
    commit. Safe to run twice.
    """
    today = business_today(district)
    with transaction.atomic(), acting(acting_user, "display ended"):
        repaired = _repair(district, today, acting_user)
        over = Q()
        for severity, months in MOST_MONTHS.items():
            over |= Q(severity=severity, shown_since__date__lte=today - relativedelta(months=months))
        expired = _locked(_shown(district).filter(over))
        _end(expired, ListEntry.State.EXPIRED)
    return len(repaired) + len(expired)


def _shown(district: District) -> QuerySet[ListEntry]:
    rows = ListEntry.objects.filter(
        period__district=district, state=ListEntry.State.FINAL, colour__in=ADVERSE
    )
    return rows.annotate(shown_since=Min("published__release__published_at", filter=_IN_FINAL))


def repairable_from(entry: ListEntry) -> dt.date | None:
    """Return the day from which a repaired entry leaves the pages; None while it is not final (one query)."""
    found = entry.published.filter(release__kind__in=FINAL_KINDS).aggregate(
        since=Min("release__published_at")
    )
    if found["since"] is None:
        return None
    return localdate(found["since"]) + relativedelta(months=LEAST_MONTHS[Severity(entry.severity)])


def _repair(district: District, today: dt.date, acting_user: User | None) -> list[ListEntry]:
    """Repair the entries whose rectification passed and whose least time of display is over."""
    due = Q()
    for severity, months in LEAST_MONTHS.items():
        due |= Q(severity=severity, shown_since__date__lte=today - relativedelta(months=months))
    passed = Rectification.objects.filter(state=Rectification.State.PASSED, repaired_on__isnull=True)
    entries = _locked(_shown(district).filter(due, pk__in=passed.values("entry")))
    _end(entries, ListEntry.State.REPAIRED)
    rows = Rectification.objects.filter(entry__in=entries, state=Rectification.State.PASSED)
    for row in rows.select_related("entry__period__district"):
        end_events_of_entry(
            entry=row.entry,
            reason=CreditEventEnd.Reason.REPAIRED,
            evidence=row.result,
            acting_user=acting_user,
        )
    rows.update(repaired_on=today)
    return entries


def _locked(over: QuerySet[ListEntry]) -> list[ListEntry]:
    return list(ListEntry.objects.select_for_update().filter(pk__in=over.values("pk")).order_by("pk"))


def _end(entries: Iterable[ListEntry], target: str) -> None:
    entries = list(entries)
    for entry in entries:
        require_move(ENTRY_MOVES, entry.state, target, what=entry)
    ListEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(state=target)
    write_pages_anew(*entries)
