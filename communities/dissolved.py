"""Which dissolved communities still have something hanging on them: the worklist of the registrar.

Commitments follow a named successor by themselves (`selectors.with_predecessors`), requests follow
their compound; compounds, minutes not yet filed and cross-appointments are moved by
`services.successions`; postings are the security administrator's.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from communities.models import Commitment, Compound, CompoundPlacement, JointMeeting, ResidentRequest
from enterprises.models import CrossAppointment
from redprop.accounts.models import Posting
from redprop.areas.models import Community, CommunitySuccession
from redprop.common.periods import Period

OPEN_MEETINGS = [JointMeeting.State.DRAFT, JointMeeting.State.RETURNED]
OPEN_REQUESTS = [
    ResidentRequest.State.RECEIVED,
    ResidentRequest.State.ASSIGNED,
    ResidentRequest.State.ANSWERED,
    ResidentRequest.State.REOPENED,
]

WHAT_BECOMES = {
    "areas.CommunityVersion.community": "ends with the community",
    "areas.CommunitySuccession.predecessor": "says who follows",
    "areas.CommunitySuccession.successor": "says who follows",
    "areas.DivisionChange.community": "history",
    "areas.DivisionChange.successor": "history",
    "accounts.Posting.community": "on the worklist; ended by the security administrator",
    "enterprises.CrossAppointment.community": "moved from the day on",
    "communities.CompoundPlacement.community": "moved from the day on, compound by compound",
    "communities.JointMeeting.community": "filed ones keep theirs; drafts and returned ones move",
    "communities.HomeVisit.community": "stays: what was done there",
    "communities.VolunteerTeam.community": "stays; the successor keeps or disbands it",
    "communities.VolunteerActivity.community": "stays: what was done there",
    "communities.HouseholdHelp.community": "stays until its day of erasure; a new consent enters it anew",
    "communities.CouncilMeeting.community": "filed ones keep theirs; a draft is convened anew by the successor",
    "communities.CouncilTopic.community": "kept; the successor decides on the open ones",
    "communities.JointProject.community": "stays; the successor's secretary goes on with open ones",
    "communities.SituationReport.community": "stays; the successor's secretary settles open ones",
    "communities.GridCell.community": "stays; the successor's secretary closes it and opens new ones",
    "communities.GridWorker.community": "stays with its cells",
    "communities.FactProposal.community": "stays; who is clerk there decides on the waiting ones",
    "communities.GridShift.community": "stays with its cell",
}
"""Every foreign key to a community and what becomes of it. A test fails when one is missing here."""


@dataclass
class Dissolved:
    """A dissolved community with what still hangs on it on a day."""

    community: Community
    successors: list[Community] = field(default_factory=list)
    compounds: int = 0
    meetings: int = 0
    commitments: int = 0
    requests: int = 0
    appointments: int = 0
    postings: int = 0

    @property
    def to_move(self) -> int:
        """What naming a successor moves."""
        return self.compounds + self.meetings + self.appointments + self.open_commitments

    @property
    def open_commitments(self) -> int:
        """Open promises that no successor keeps yet."""
        return 0 if self.successors else self.commitments

    @property
    def is_done(self) -> bool:
        """Whether it has left the worklist."""
        return bool(self.successors) and not self.to_move and not self.postings


def placed_in_dissolved(day: dt.date) -> QuerySet[CompoundPlacement]:
    """Compounds that on `day` stand in a community that had ended by then."""
    return CompoundPlacement.objects.on(day).filter(community__closed_on__lte=day)


def compounds_left(day: dt.date) -> QuerySet[Compound]:
    """Compounds in the register on `day` whose community had ended by then."""
    left = placed_in_dissolved(day).filter(compound=OuterRef("pk"))
    return Compound.objects.registered_on(day).filter(Exists(left))


def worklist(communities: QuerySet[Community], day: dt.date) -> list[Dissolved]:
    """Dissolved communities among `communities` that are not done on `day`: first those with most to move (eight queries)."""
    rows = [one for one in all_dissolved(communities, day) if not one.is_done]
    return sorted(rows, key=lambda one: -(one.to_move + one.postings))


def all_dissolved(communities: QuerySet[Community], day: dt.date) -> list[Dissolved]:
    """Every community that had ended by `day`, with what hangs on it (eight queries)."""
    rows = communities.filter(closed_on__lte=day).select_related("subdistrict", "district")
    found = {row.pk: Dissolved(row) for row in rows.order_by("-closed_on", "code")}
    ids = list(found)
    for row in (
        CommunitySuccession.objects.filter(predecessor__in=ids)
        .select_related("successor__subdistrict")
        .order_by("on", "pk")
    ):
        found[row.predecessor_id].successors.append(row.successor)
    placed = CompoundPlacement.objects.on(day).filter(community__in=ids)
    open_requests = ResidentRequest.objects.filter(
        state__in=OPEN_REQUESTS, compound__placements__in=placed.values("pk")
    )
    for name, path, counted in (
        ("compounds", "community", placed),
        ("meetings", "community", JointMeeting.objects.filter(community__in=ids, state__in=OPEN_MEETINGS)),
        (
            "commitments",
            "meeting__community",
            Commitment.objects.open().filter(meeting__community__in=ids, meeting__submitted_at__isnull=False),
        ),
        ("appointments", "community", _running(CrossAppointment.objects.filter(community__in=ids), day)),
        ("postings", "community", _running(Posting.objects.filter(community__in=ids), day)),
    ):
        for pk, number in _counted(counted, path):
            setattr(found[pk], name, number)
    for pk, number in (
        open_requests.filter(compound__placements__in=placed.values("pk"))
        .order_by()
        .values_list("compound__placements__community")
        .filter(compound__placements__community__in=ids)
        .annotate(n=Count("pk", distinct=True))
    ):
        found[pk].requests = number
    return list(found.values())


def _running(rows: Any, day: dt.date) -> Any:
    """Dated rows that have not ended before `day`."""
    return rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def _counted(rows: Any, path: str) -> Iterable[tuple[int, int]]:
    return rows.order_by().values_list(path).annotate(n=Count("pk"))


def suggested_day(community: Community) -> dt.date:
    """The first day on which compounds may move: the end of the community, but after the month it last filed."""
    assert community.closed_on is not None
    last = (
        JointMeeting.objects.filter(community=community, submitted_at__isnull=False)
        .exclude(state=JointMeeting.State.RETURNED)
        .order_by("-month")
        .values_list("month", flat=True)
        .first()
    )
    if last is None:
        return community.closed_on
    return max(community.closed_on, Period.parse(f"{last:%Y-%m}").end + dt.timedelta(days=1))
