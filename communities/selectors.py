"""Reads on meetings and commitments that pages and services share."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from communities.models import (
    Commitment,
    CommitmentStep,
    Compound,
    CompoundPlacement,
    JointMeeting,
    ResidentRequest,
    ServiceAssignment,
)
from enterprises.models import ServiceProject
from redprop.areas.models import Community, CommunitySuccession
from redprop.common.periods import Period


def compounds_of(community: Community, day: dt.date) -> QuerySet[Compound]:
    """Compounds that belong to `community` on `day`."""
    return Compound.objects.filter(
        Exists(CompoundPlacement.objects.on(day).filter(compound=OuterRef("pk"), community=community))
    )


def projects_serving(community: Community, day: dt.date) -> QuerySet[ServiceProject]:
    """Service projects with a compound of `community` under contract on `day`."""
    serving = ServiceAssignment.objects.on(day).filter(
        contract__project=OuterRef("pk"), compound__in=compounds_of(community, day)
    )
    return ServiceProject.objects.filter(Exists(serving)).select_related("enterprise")


def last_meeting_before(community: Community, month: dt.date) -> JointMeeting | None:
    """The latest filed meeting of `community` before `month`, for what is prefilled; None for the first."""
    return (
        JointMeeting.objects.filter(community=community, month__lt=month, submitted_at__isnull=False)
        .order_by("-month")
        .first()
    )


def with_predecessors(community_ids: Iterable[int]) -> set[int]:
    """The communities and the dissolved ones they succeed, whose open items are theirs now (a query a generation)."""
    found = set(community_ids)
    newest = found
    while newest:
        newest = set(
            CommunitySuccession.objects.filter(successor__in=newest, predecessor__closed_on__isnull=False)
            .exclude(predecessor__in=found)
            .values_list("predecessor", flat=True)
        )
        found = found | newest
    return found


def open_items(community: Community, before: dt.date) -> QuerySet[Commitment]:
    """Promises of meetings before the month `before`, also of predecessors, that are not confirmed, oldest due first."""
    return (
        Commitment.objects.kept_by(with_predecessors([community.pk]))
        .open()
        .filter(
            meeting__month__lt=before,
            meeting__submitted_at__isnull=False,
        )
        .select_related("project__enterprise", "meeting")
        .order_by("due_on", "pk")
    )


@dataclass(frozen=True)
class Item:
    """A promise of an earlier meeting as it stood on the day of a later one."""

    commitment: Commitment
    state: str
    closed_on: dt.date | None


def items_on(community: Community, month: dt.date, day: dt.date) -> list[Item]:
    """Promises of meetings before `month` that were open on `day`, or closed since the meeting before (3 queries).

    Their state is told by the steps up to that day, so what a record says does not change afterwards.
    """
    before = last_meeting_before(community, month)
    since = before.held_on if before and before.held_on else month
    rows = (
        Commitment.objects.kept_by(with_predecessors([community.pk]))
        .filter(meeting__month__lt=month, meeting__submitted_at__isnull=False)
        .exclude(state=Commitment.State.EXCLUDED)
        .exclude(state=Commitment.State.CONFIRMED, confirmed_at__date__lt=since)
        .select_related("project__enterprise", "compound")
        .prefetch_related("steps")
        .order_by("due_on", "pk")
    )
    found = []
    for row in rows:
        state, closed_on = Commitment.State.OPEN.value, None
        for step in row.steps.all():
            if (moment := timezone.localdate(step.at)) > day:
                break
            if step.kind in _STATE_AFTER:
                state = _STATE_AFTER[step.kind]
                closed_on = moment if state == Commitment.State.CONFIRMED else None
        if state != Commitment.State.CONFIRMED or (closed_on and closed_on >= since):
            found.append(Item(row, state, closed_on))
    return found


_STATE_AFTER: dict[str, str] = {
    CommitmentStep.Kind.ANSWERED: Commitment.State.ANSWERED,
    CommitmentStep.Kind.REOPENED: Commitment.State.REOPENED,
    CommitmentStep.Kind.CONFIRMED: Commitment.State.CONFIRMED,
}


def waiting_requests(community: Community, day: dt.date) -> QuerySet[ResidentRequest]:
    """Residents' requests from the community's compounds that nobody has settled, oldest first."""
    state = ResidentRequest.State
    return (
        ResidentRequest.objects.in_communities([community.pk], day)
        .filter(
            received_on__lte=day,
            state__in=[state.RECEIVED, state.ASSIGNED, state.REOPENED],
        )
        .select_related("compound")
        .order_by("due_on", "pk")
    )


def projects_serving_compounds(compounds: Iterable[Compound], day: dt.date) -> QuerySet[ServiceProject]:
    """Service projects with one of these compounds under contract on `day`."""
    serving = ServiceAssignment.objects.on(day).filter(
        contract__project=OuterRef("pk"), compound__in=list(compounds)
    )
    return ServiceProject.objects.filter(Exists(serving)).select_related("enterprise").order_by("code")


def owing_meeting(communities: QuerySet[Community], month: Period) -> QuerySet[Community]:
    """Those of `communities` that owe the meeting of `month`: there from its first day to its last.

    Whoever filed one anyway is among them, so that what was filed is never more than what was expected.
    """
    there = Community.objects.open_on(month.end).founded_by(month.start)
    filed = JointMeeting.objects.filter(month=month.start, submitted_at__isnull=False)
    return communities.filter(Q(pk__in=there.values("pk")) | Q(pk__in=filed.values("community")))
