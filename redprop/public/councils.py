"""What the councils of compounds resolved, for their public pages: the last word on each, newest first, no person named."""

from collections import defaultdict
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value
from django.utils.translation import gettext as _

from communities.models import Commitment, CouncilFollowUp, CouncilMeeting, CouncilResolution
from redprop.areas.models import District
from redprop.public import content, wording

SHOWN = 12


def resolutions_of(district: District) -> dict[int, list[content.Resolution]]:
    """Return the latest resolutions by compound (two queries)."""
    follows: dict[tuple[int, int], list[tuple[str, Any, bool]]] = defaultdict(list)
    done = {CouncilFollowUp.State.DONE}
    for meeting, number, what, due, state, promise in (
        CouncilFollowUp.objects.filter(resolution__meeting__community__district=district)
        .exclude(state=CouncilFollowUp.State.DROPPED)
        .order_by("pk")
        .values_list(
            "resolution__meeting", "resolution__number", "what", "due_on", "state", "commitment__state"
        )
    ):
        is_done = state in done or promise == Commitment.State.CONFIRMED
        follows[meeting, number].append((what, due, is_done))
    found: dict[int, list[content.Resolution]] = defaultdict(list)
    rows = (
        CouncilResolution.objects.filter(meeting__community__district=district)
        .current()
        .select_related("meeting", "topic")
        .annotate(
            compounds=ArrayAgg(
                "meeting__compounds", filter=Q(meeting__state=CouncilMeeting.State.FILED), default=Value([])
            )
        )
        .order_by("-meeting__held_on", "number", "pk")
    )
    for row in rows:
        of = [row.compound_id] if row.compound_id else row.compounds
        made: content.Resolution | None = None
        for compound in of:
            if len(found[compound]) < SHOWN:
                made = made or _content(row, follows[row.meeting_id, row.number])
                found[compound].append(made)
    return found


def _content(row: CouncilResolution, follows: list[tuple[str, Any, bool]]) -> content.Resolution:
    return content.Resolution(
        held_on=row.meeting.held_on,
        topic=row.topic.title,
        text=row.text,
        votes=(row.votes_for, row.votes_against, row.votes_abstained),
        passed=row.passed,
        withdrawn=row.withdrawn,
        changed_on=row.dated if row.replaces_id else None,
        reason=row.reason,
        follow_ups=tuple(follows),
    )


def shown(row: content.Resolution) -> dict[str, Any]:
    """Return a resolution with everything formatted."""
    outcome = _("withdrawn") if row.withdrawn else _("passed") if row.passed else _("not passed")
    change = ""
    if row.changed_on:
        words = (
            _("Withdrawn on %(day)s: %(reason)s") if row.withdrawn else _("Corrected on %(day)s: %(reason)s")
        )
        change = words % {"day": wording.day_in_text(row.changed_on), "reason": row.reason}
    return {
        "day": wording.day_in_table(row.held_on),
        "topic": row.topic,
        "text": row.text,
        "outcome": outcome,
        "votes": _("for %(yes)s, against %(no)s, abstained %(none)s")
        % dict(zip(("yes", "no", "none"), row.votes, strict=True)),
        "change": change,
        "follow_ups": [
            f"{what} · {_('done') if is_done else _('by %(day)s') % {'day': wording.day_in_text(due)}}"
            for what, due, is_done in row.follow_ups
        ],
    }
