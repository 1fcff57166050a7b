"""What the minutes of a council meeting say, and what speaks against filing them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from communities.council import votes_fit
from communities.models import (
    CouncilAttendance,
    CouncilMeeting,
    CouncilTopic,
    NeighbourRepresentative,
)
from communities.services.serving import ServedCommunities
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers

Kind = CouncilAttendance.Kind
RESOLVED, DEFERRED, REFUSED = "resolved", "deferred", "refused"
VOTING = (Kind.PRESENT, Kind.EXCUSED, Kind.ABSENT)


@dataclass(frozen=True)
class Follow:
    """What follows from a resolution: a task (no project) or a promise of a project."""

    what: str
    responsible: str
    due_on: dt.date
    project_id: int | None = None


@dataclass(frozen=True)
class AgendaItem:
    """One topic as dealt with: resolved (with votes), deferred or refused (with the reason in `text`).

    `topic_id` names a topic that was taken on; otherwise `title` and `proposer` enter a new one.
    """

    outcome: str
    text: str
    topic_id: int | None = None
    title: str = ""
    proposer: str = CouncilTopic.Proposer.COMMUNITY
    votes_for: int = 0
    votes_against: int = 0
    votes_abstained: int = 0
    follow: Follow | None = None


@dataclass(frozen=True)
class CouncilMinutes:
    """All that is filed of a meeting. `attendance` names every representative in office that day."""

    held_on: dt.date
    session: str
    place: str
    chair: str
    recorder: str = ""
    attendance: Mapping[int, str] = field(default_factory=dict)
    observers: Sequence[tuple[int | None, str]] = ()
    items: Sequence[AgendaItem] = ()


def check_head(minutes: CouncilMinutes, today: dt.date) -> None:
    """Raise Refused for a day to come, without place or chair, or with no topic dealt with."""
    if minutes.held_on > today:
        raise Refused(
            _("Held on: the day is in the future. Enter the day the meeting took place."), code="future"
        )
    if not minutes.place.strip() or not minutes.chair.strip():
        raise Refused(_("Place and chair: fill in both."), code="incomplete")
    if not minutes.items:
        raise Refused(_("Agenda: say of at least one topic what became of it."), code="no-topic")


def check_words(minutes: CouncilMinutes, representatives: list[NeighbourRepresentative]) -> None:
    """What is published carries no number and no name of a person."""
    names = {r.name.partition("（")[0].partition("(")[0].strip() for r in representatives}
    for item in minutes.items:
        published = [item.title, item.text]
        if item.follow:
            published += [item.follow.what, item.follow.responsible]
        for text in published:
            refuse_personal_numbers(text, field=_("resolution"))
            if any(len(name) > 1 and name in text for name in names):
                raise Refused(
                    _(
                        "“%(text)s” names a representative. Resolutions are published: write “a representative” "
                        "or the post instead of the name."
                    )
                    % {"text": text[:60]},
                    code="name",
                )
    for text in (minutes.place, minutes.chair, minutes.recorder, *(unit for _p, unit in minutes.observers)):
        refuse_personal_numbers(text, field=_("council meeting"))


def check_attendance(minutes: CouncilMinutes, representatives: list[NeighbourRepresentative]) -> None:
    """Raise Refused unless every representative in office that day is accounted for."""
    if set(minutes.attendance) != {r.pk for r in representatives}:
        raise Refused(
            _(
                "On %(day)s other representatives were in office than the list shows. The list is renewed: check "
                "who was there."
            )
            % {"day": minutes.held_on},
            code="other-representatives",
        )
    if not representatives or set(minutes.attendance.values()) - set(VOTING):
        raise Refused(
            _("Attendance: say of each representative whether he or she was there."), code="attendance"
        )


def check_observers(meeting: CouncilMeeting, minutes: CouncilMinutes) -> None:
    """Raise Refused for a project that does not serve the community that day."""
    served = ServedCommunities([meeting.community_id])
    named = {pk for pk, _unit in minutes.observers if pk}
    named |= {i.follow.project_id for i in minutes.items if i.follow and i.follow.project_id}
    if any(not served.serves(pk, meeting.community_id, minutes.held_on) for pk in named):
        raise Refused(
            _("A service project does not serve this community on that day. Open the page again."),
            code="foreign-project",
        )


def check_votes(minutes: CouncilMinutes, present: int, quorum: int, count: int) -> None:
    """Raise Refused for a resolution below the quorum, with votes that do not fit, or with nothing written."""
    for item in minutes.items:
        label = {"topic": item.title[:60]}
        if item.outcome not in (RESOLVED, DEFERRED, REFUSED) or not item.text.strip():
            raise Refused(
                _("“%(topic)s”: write the resolution, or why it was deferred.") % label, code="no-text"
            )
        if item.outcome != RESOLVED:
            continue
        if present < quorum:
            raise Refused(
                _(
                    "%(present)s of %(count)s representatives were there; %(quorum)s make a quorum. Nothing can be "
                    "resolved: mark the topics as deferred."
                )
                % {"present": present, "count": count, "quorum": quorum},
                code="no-quorum",
            )
        votes = (item.votes_for, item.votes_against, item.votes_abstained)
        if not votes_fit(present, *votes):
            raise Refused(
                _("“%(topic)s”: %(votes)s votes, but %(present)s representatives were there. Count again.")
                % {**label, "votes": sum(votes), "present": present},
                code="votes",
            )
        if item.follow and item.follow.due_on < minutes.held_on:
            raise Refused(
                _("“%(topic)s”: the due date is before the meeting. Choose a later day.") % label,
                code="due-before-meeting",
            )
