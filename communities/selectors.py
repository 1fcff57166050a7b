"""Reads on meetings and commitments that pages and services share."""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from communities.models import (
    Commitment,
    Compound,
    CompoundPlacement,
    JointMeeting,
    ServiceAssignment,
)
from enterprises.models import ServiceProject
from redprop.areas.models import Community


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


def open_items(community: Community, before: dt.date) -> QuerySet[Commitment]:
    """Promises of meetings before the month `before` that the community has not confirmed, oldest due first."""
    return (
        Commitment.objects.open()
        .filter(meeting__community=community, meeting__month__lt=before)
        .select_related("project__enterprise", "meeting")
        .order_by("due_on", "pk")
    )
