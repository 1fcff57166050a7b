"""Reads on meetings and commitments that pages and services share."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from communities.models import (
    Commitment,
    Compound,
    CompoundPlacement,
    JointMeeting,
    ServiceAssignment,
)
from enterprises.models import ServiceProject
from redprop.areas.models import Community, CommunitySuccession


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
        Commitment.objects.open()
        .filter(
            meeting__community__in=with_predecessors([community.pk]),
            meeting__month__lt=before,
            meeting__submitted_at__isnull=False,
        )
        .select_related("project__enterprise", "meeting")
        .order_by("due_on", "pk")
    )
