"""What a user owes on the way of a commitment: time to decide, parts to do, signatures to give."""

from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import Commitment, Exclusion, ExtensionRequest, HandlingPart
from redprop.desk.page import Desk

SHOWN = 30
CLOSED = [Commitment.State.CONFIRMED, Commitment.State.EXCLUDED]


def handling_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each; at most one query for each kind of user."""
    return [*_time_to_decide(desk), *_to_sign(desk), *_parts_to_do(desk)]


def _time_to_decide(desk: Desk) -> list[tuple]:
    if not desk.communities:
        return []
    rows = (
        ExtensionRequest.objects.filter(
            state=ExtensionRequest.State.ASKED,
            commitment__in=Commitment.objects.kept_by(desk.kept_community_ids).values("pk"),
        )
        .exclude(commitment__state__in=CLOSED)
        .select_related("commitment__project")
        .order_by("commitment__due_on")[:SHOWN]
    )
    return [
        (
            _("Decide on more time: %(problem)s") % {"problem": row.commitment.problem},
            _("%(project)s asks until %(day)s: %(reason)s")
            % {"project": row.commitment.project, "day": row.wanted_until, "reason": row.reason[:60]},
            row.commitment.due_on,
            reverse("desk:commitment", args=[row.commitment_id]),
            _("Decide"),
        )
        for row in rows
    ]


def _to_sign(desk: Desk) -> list[tuple]:
    if not desk.subdistrict_ids:
        return []
    rows = (
        Exclusion.objects.for_user(desk.user)
        .filter(state=Exclusion.State.ASKED)
        .exclude(asked_by=desk.user)
        .select_related("commitment", "request__compound")
        .order_by("pk")[:SHOWN]
    )
    found = []
    for row in rows:
        if row.commitment is not None:
            what, due, url = (
                row.commitment.problem,
                row.commitment.due_on,
                reverse("desk:commitment", args=[row.commitment_id]),
            )
        else:
            what, due, url = (
                f"{row.request.compound} {row.request.code}",
                row.request.due_on,
                f"{reverse('desk:exclusions')}#exclusion-{row.pk}",
            )
        said = _("Sign or refuse leaving out of scoring: %(problem)s") % {"problem": what}
        found.append((said, f"{row.get_reason_display()} · {row.explanation[:60]}", due, url, _("Decide")))
    return found


def _parts_to_do(desk: Desk) -> list[tuple]:
    if not desk.enterprises:
        return []
    rows = (
        HandlingPart.objects.filter(project__enterprise__in=desk.enterprises, done_on=None, dropped=False)
        .exclude(commitment__state__in=CLOSED)
        .select_related("commitment")
        .order_by("due_on")[:SHOWN]
    )
    return [
        (
            _("Your part: %(task)s") % {"task": row.task},
            row.commitment.problem,
            row.due_on,
            reverse("desk:commitment", args=[row.commitment_id]),
            _("Open"),
        )
        for row in rows
    ]
