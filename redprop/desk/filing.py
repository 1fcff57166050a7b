"""Who has filed the month's joint meeting: expected, on time, late, missing, by community and by subdistrict."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, DateField, F, Min, Q
from django.db.models.functions import Cast
from django.db.models.functions.datetime import TruncDate
from django.urls import reverse

from communities.lights import filing_deadline
from communities.models import JointMeeting
from communities.selectors import owing_meeting
from redprop.accounts.models import User
from redprop.areas.models import Community, Subdistrict
from redprop.common.periods import Period, PeriodKind
from redprop.common.workdays import WorkCalendar


@dataclass
class Filing:
    """The counts of one area in one month. `missing` is past its day, `waiting` is not filed and not due yet."""

    name: str
    expected: int = 0
    on_time: int = 0
    late: int = 0
    accepted: int = 0
    returned: int = 0
    overdue: bool = False
    url: str = ""

    @property
    def filed(self) -> int:
        """Filed, on time or late."""
        return self.on_time + self.late

    @property
    def unfiled(self) -> int:
        """Not filed."""
        return self.expected - self.filed

    @property
    def missing(self) -> int:
        """Not filed although the day has passed."""
        return self.unfiled if self.overdue else 0

    def add(self, other: "Filing") -> None:
        """Add the counts of `other`."""
        for name in ("expected", "on_time", "late", "accepted", "returned"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def last_due_month(today, calendar: WorkCalendar) -> Period:
    """The latest month whose meeting had to be filed before today."""
    month = Period.of(PeriodKind.MONTH, today).preceding()
    return month.preceding() if filing_deadline(month, calendar) >= today else month


MONTHS_COUNTED = 12


def filing_by_community(
    user: User, last: Period, *, overdue: bool = True
) -> tuple[list[tuple[Filing, JointMeeting | None]], Filing]:
    """Counts of each community in the user's area over the twelve months up to `last`, and `last`'s own meeting.

    A community is expected to meet from the first month that it has seen whole, never before the area's first
    filing. The sum is that of `last` alone (three queries, however many communities).
    """
    first = last.shift(1 - MONTHS_COUNTED)
    communities = list(
        owing_meeting(Community.objects.for_user(user), last)
        .annotate(founded_on=Min("versions__valid_from"))
        .order_by("subdistrict__code", "code")
    )
    filed: dict[int, list[JointMeeting]] = {}
    rows = JointMeeting.objects.filter(
        community__in=communities, month__gte=first.start, month__lte=last.start, submitted_at__isnull=False
    )
    for meeting in rows:
        filed.setdefault(meeting.community_id, []).append(meeting)
    earliest = min((m.month for found in filed.values() for m in found), default=last.start)
    found, total = [], Filing("", overdue=overdue)
    for community in communities:
        meetings = filed.get(community.pk, [])
        present = next((m for m in meetings if m.month == last.start), None)
        months = _months(max(earliest, _first_whole_month(community.founded_on)), last)
        row = Filing(str(community), expected=max(months, len(meetings)), overdue=overdue)
        row.on_time = sum(m.is_on_time for m in meetings)
        row.late = len(meetings) - row.on_time
        if present is not None:
            row.url = reverse("desk:meeting", args=[present.pk])
        found.append((row, present))
        total.add(
            Filing(
                "",
                expected=1,
                on_time=int(present is not None and present.is_on_time),
                late=int(present is not None and not present.is_on_time),
                accepted=int(present is not None and present.state == JointMeeting.State.ACCEPTED),
            )
        )
    return found, total


def _first_whole_month(founded_on: dt.date | None) -> dt.date:
    """The first day of the first month that a community founded on this day has seen whole."""
    if founded_on is None:
        return dt.date.min
    month = Period.of(PeriodKind.MONTH, founded_on)
    return founded_on if founded_on == month.start else month.shift(1).start


def _months(first: dt.date, last: Period) -> int:
    """Months from that of `first` to `last`, both counted; none when it begins later."""
    return max(0, 1 + (last.start.year - first.year) * 12 + last.start.month - first.month)


def filing_by_subdistrict(user: User, month: Period, *, overdue: bool) -> tuple[list[Filing], Filing]:
    """Counts of each subdistrict in the user's area, and their sum (three queries, however many communities)."""
    communities = owing_meeting(Community.objects.for_user(user), month)
    expected = dict(
        communities.order_by()
        .values_list("subdistrict")
        .annotate(n=Count("pk"))
        .values_list("subdistrict", "n")
    )
    on_time = Q(filed_day__lte=Cast("due_on", DateField()))
    counts = {
        row["community__subdistrict"]: row
        for row in JointMeeting.objects.filter(
            community__in=communities, month=month.start, submitted_at__isnull=False
        )
        .annotate(filed_day=TruncDate(F("submitted_at")))
        .order_by()
        .values("community__subdistrict")
        .annotate(
            on_time=Count("pk", filter=on_time),
            late=Count("pk", filter=~on_time),
            accepted=Count("pk", filter=Q(state=JointMeeting.State.ACCEPTED)),
            returned=Count("pk", filter=Q(state=JointMeeting.State.RETURNED)),
        )
    }
    rows, total = [], Filing("", overdue=overdue)
    for subdistrict in Subdistrict.objects.filter(pk__in=expected).order_by("code"):
        counted = counts.get(subdistrict.pk, {})
        query = urlencode({"month": str(month), "subdistrict": subdistrict.code})
        row = Filing(
            str(subdistrict),
            expected=expected[subdistrict.pk],
            **{k: counted.get(k, 0) for k in ("on_time", "late", "accepted", "returned")},
            overdue=overdue,
            url=f"{reverse('desk:meetings')}?{query}",
        )
        rows.append(row)
        total.add(row)
    return rows, total
