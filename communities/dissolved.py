"""Which dissolved communities still have something hanging on them: the worklist of the registrar.

Compounds, minutes not yet filed, cross-appointments and open commitments are moved by
`services.successions`; a request follows its compound, unless a community was named for it. Commitments
that nobody was named for are kept by every successor (`selectors.with_predecessors`). Postings are the
security administrator's.
"""

import datetime as dt
from collections.abc import Collection, Iterable
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
    "enterprises.CommunitySecretary.community": "stays: who was secretary there",
    "enterprises.Mentorship.community": "stays; the successor's secretary names a mentor anew",
    "enterprises.TalentApartment.community": "stays: where the flat was entered",
    "communities.CompoundPlacement.community": "moved from the day on, compound by compound",
    "communities.Commitment.keeper": "goes on to the successor",
    "communities.ResidentRequest.keeper": "goes on to the successor",
    "communities.JointMeeting.community": "filed ones keep theirs; drafts and returned ones move",
    "communities.HomeVisit.community": "stays: what was done there",
    "communities.VolunteerTeam.community": "stays; the successor keeps or disbands it",
    "communities.VolunteerActivity.community": "stays: what was done there",
    "communities.HouseholdHelp.community": "stays until its day of erasure; a new consent enters it anew",
    "communities.ProxyHandling.community": "stays; the successor's secretary goes on with it, the resident ends it",
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
    given: int = 0
    """Open promises and requests that were given to it when another one was dissolved before."""

    @property
    def to_move(self) -> int:
        """What naming a successor moves."""
        return self.compounds + self.meetings + self.appointments + self.open_commitments + self.given

    @property
    def open_commitments(self) -> int:
        """Open promises of which it is not said who keeps them: with one successor, that one."""
        return 0 if len(self.successors) == 1 else self.commitments

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
    """Dissolved communities among `communities` that are not done on `day`: first those with most to move (ten queries)."""
    rows = [one for one in all_dissolved(communities, day) if not one.is_done]
    return sorted(rows, key=lambda one: -(one.to_move + one.postings))


def all_dissolved(communities: QuerySet[Community], day: dt.date) -> list[Dissolved]:
    """Every community that had ended by `day`, with what hangs on it (ten queries)."""
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
    still_open = ResidentRequest.objects.filter(state__in=OPEN_REQUESTS)
    open_requests = still_open.filter(keeper__isnull=True, compound__placements__in=placed.values("pk"))
    for name, path, counted in (
        ("compounds", "community", placed),
        ("meetings", "community", JointMeeting.objects.filter(community__in=ids, state__in=OPEN_MEETINGS)),
        (
            "commitments",
            "meeting__community",
            _promised().filter(meeting__community__in=ids, keeper__isnull=True),
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
    for rows, name in ((_promised(), "commitments"), (still_open, "requests")):
        for pk, number in _counted(rows.filter(keeper__in=ids), "keeper"):
            setattr(found[pk], name, getattr(found[pk], name) + number)
            found[pk].given += number
    return list(found.values())


def _promised() -> Any:
    """Open promises of minutes that were filed."""
    return Commitment.objects.open().filter(meeting__submitted_at__isnull=False)


def open_commitments_of(community_ids: Collection[int]) -> Any:
    """Open promises of these communities of which nobody else was named the keeper."""
    return _promised().kept_by(community_ids)


def open_requests_of(community_ids: Collection[int], day: dt.date) -> Any:
    """Open requests about compounds that lie in these communities on `day`, or that were given to them."""
    rows = ResidentRequest.objects.in_communities(community_ids, day)
    return rows.filter(state__in=OPEN_REQUESTS)


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
