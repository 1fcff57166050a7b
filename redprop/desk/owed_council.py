"""What a secretary owes to the council: topics to decide, meetings to file, tasks to do, promises to hand over."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from communities.models import CouncilFollowUp, CouncilMeeting, CouncilTopic
from redprop.desk.page import Desk

SHOWN = 30
DECIDE_WORKDAYS, FILE_WORKDAYS = 5, 3


def council_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action (three queries)."""
    if not desk.communities:
        return []
    return [*_topics(desk), *_drafts(desk), *_follow_ups(desk)]


def _topics(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = CouncilTopic.objects.filter(
        community__in=desk.communities, state=CouncilTopic.State.PROPOSED
    ).select_related("compound", "community")
    return [
        (
            _("Decide on a topic for the council: %(topic)s") % {"topic": row},
            f"{row.get_proposer_display()} · {row.compound or row.community}",
            reminder_day(row.proposed_on, DECIDE_WORKDAYS, desk.calendar),
            reverse("desk:council-topics"),
            _("Decide"),
        )
        for row in rows.order_by("proposed_on", "pk")[:SHOWN]
    ]


def _drafts(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = CouncilMeeting.objects.filter(
        community__in=desk.communities, state=CouncilMeeting.State.DRAFT, held_on__lte=desk.today
    ).prefetch_related("compounds")
    return [
        (
            _("File the council of %(day)s") % {"day": f"{row.held_on:%Y-%m-%d}"},
            "、".join(c.name for c in row.compounds.all()),
            reminder_day(row.held_on, FILE_WORKDAYS, desk.calendar),
            reverse("desk:council-edit", args=[row.pk]),
            _("Go on"),
        )
        for row in rows.order_by("held_on")[:SHOWN]
    ]


def _follow_ups(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = (
        CouncilFollowUp.objects.open()
        .filter(resolution__meeting__community__in=desk.kept_community_ids)
        .select_related("resolution__topic")
    )
    found = []
    for row in rows.order_by("due_on", "pk")[:SHOWN]:
        promise = row.kind == CouncilFollowUp.Kind.PROMISE
        what = (
            _("Hand over to the joint meeting: %(what)s") if promise else _("Task from the council: %(what)s")
        )
        found.append(
            (
                what % {"what": row.what},
                f"{row.resolution.topic} · {row.responsible}",
                row.due_on,
                reverse("desk:council-follow-up", args=[row.pk]),
                _("Hand over") if promise else _("Report"),
            )
        )
    return found
