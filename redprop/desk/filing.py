"""Who has filed the month's joint meeting: expected, on time, late, missing, by community and by subdistrict."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, DateField, F, Q
from django.db.models.functions import Cast
from django.db.models.functions.datetime import TruncDate
from django.urls import reverse

from communities.lights import filing_deadline
from communities.models import JointMeeting
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


def filing_by_subdistrict(user: User, month: Period, *, overdue: bool) -> tuple[list[Filing], Filing]:
    """Counts of each subdistrict in the user's area, and their sum (two queries, however many communities)."""
    communities = Community.objects.for_user(user).open_on(month.end)
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
