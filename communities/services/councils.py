"""The life of a council meeting: convened as a draft, typed into, filed once and for good.

Filing writes attendance, resolutions and follow-ups in one transaction, under the quorum and majority in force
on the day. Below the quorum nothing is resolved; what was on the agenda is deferred.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.council import SAMPLE, Terms
from communities.council_paper import council_paper
from communities.models import (
    Compound,
    CouncilAttendance,
    CouncilFollowUp,
    CouncilMeeting,
    CouncilResolution,
    CouncilRule,
    CouncilTopic,
    NeighbourRepresentative,
)
from communities.selectors import compounds_of, with_predecessors
from communities.services.access import require_secretary
from communities.services.council_follow_ups import hand_over
from communities.services.council_minutes import (
    RESOLVED,
    CouncilMinutes,
    Follow,
    check_attendance,
    check_head,
    check_observers,
    check_votes,
    check_words,
)
from communities.services.council_people import TOPIC_MOVES, move_topic
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community, District
from redprop.common.errors import Refused
from redprop.common.states import require_move
from redprop.common.tabular.saving import constraint_message

State = CouncilMeeting.State


def terms_on(district: District, day: dt.date) -> Terms:
    """Return the quorum and majority in force; the sample where the district entered none at all."""
    rows = CouncilRule.objects.filter(district=district)
    found = rows.on(day).first()
    if found:
        return found.terms
    if rows.exists():
        raise Refused(
            _("No rule of the council is in force on %(day)s. Ask the district to enter one.") % {"day": day},
            code="no-rule",
        )
    return SAMPLE


def in_office(compounds: Iterable[Compound], day: dt.date) -> list[NeighbourRepresentative]:
    """Return the representatives of these compounds in office on `day`."""
    rows = NeighbourRepresentative.objects.on(day).filter(compound__in=list(compounds))
    return list(rows.select_related("compound").order_by("compound__code", "pk"))


def convene_council(
    *,
    community: Community,
    compounds: Sequence[Compound],
    held_on: dt.date,
    session: str,
    acting_user: User | None,
) -> CouncilMeeting:
    """Open the draft of a meeting, which may lie ahead. Two at the same time of a day are one: the second is refused."""
    require_secretary(acting_user, community)
    if session not in CouncilMeeting.Session.values:
        raise Refused(_("Time of day: choose morning, afternoon or evening."), code="no-session")
    if not compounds:
        raise Refused(_("Compounds: choose at least one."), code="no-compound")
    own = set(compounds_of(community, held_on).values_list("pk", flat=True))
    if {c.pk for c in compounds} - own:
        raise Refused(
            _("A compound does not belong to this community on that day. Open the page again."),
            code="foreign-compound",
        )
    if not in_office(compounds, held_on):
        raise Refused(
            _("No representative of these compounds is in office on %(day)s. Enter them first.")
            % {"day": held_on},
            code="no-representatives",
        )
    with transaction.atomic(), acting(acting_user, "convene council"):
        try:
            with transaction.atomic():
                meeting = CouncilMeeting.objects.create(
                    community=community,
                    held_on=held_on,
                    session=session,
                    recorded_at=business_now(community.district),
                    recorded_by=str(acting_user or ""),
                )
        except IntegrityError as error:
            raise Refused(constraint_message(error), code="twice") from error
        meeting.compounds.set(compounds)
    return meeting


def save_council(
    *,
    meeting: CouncilMeeting,
    typed: dict[str, Any],
    held_on: dt.date | None,
    session: str,
    version: int | None,
    acting_user: User | None,
) -> CouncilMeeting:
    """Keep what is typed so far, whole or not; raises Refused when another device saved or filed in between."""
    with transaction.atomic(), acting(acting_user, "save council meeting"):
        meeting = _locked_draft(meeting, version)
        require_secretary(acting_user, meeting.community)
        meeting.draft = typed
        meeting.held_on = held_on or meeting.held_on
        meeting.session = session or meeting.session
        meeting.version += 1
        try:
            with transaction.atomic():
                meeting.save(update_fields=["draft", "held_on", "session", "version"])
        except IntegrityError as error:
            raise Refused(constraint_message(error), code="twice") from error
    return meeting


def drop_council(*, meeting: CouncilMeeting, acting_user: User | None) -> None:
    """Take a draft away: the meeting did not take place. What is filed stays."""
    with transaction.atomic(), acting(acting_user, "drop council draft"):
        meeting = _locked_draft(meeting, None)
        require_secretary(acting_user, meeting.community)
        meeting.delete()


def file_council(
    *, meeting: CouncilMeeting, minutes: CouncilMinutes, version: int | None, acting_user: User | None
) -> CouncilMeeting:
    """File the meeting for good: attendance, resolutions, follow-ups. Two who file at once leave one."""
    with transaction.atomic(), acting(acting_user, "file council meeting"):
        meeting = _locked_draft(meeting, version)
        community = meeting.community
        require_secretary(acting_user, community)
        compounds = list(meeting.compounds.all())
        representatives = in_office(compounds, minutes.held_on)
        check_head(minutes, business_today(community.district))
        check_words(minutes, representatives)
        check_attendance(minutes, representatives)
        check_observers(meeting, minutes)
        terms = terms_on(community.district, minutes.held_on)
        present = sum(kind == CouncilAttendance.Kind.PRESENT for kind in minutes.attendance.values())
        quorum = terms.needed_present(len(representatives))
        check_votes(minutes, present, quorum, len(representatives))
        now = business_now(community.district)
        for name in ("held_on", "session", "place", "chair", "recorder"):
            setattr(meeting, name, getattr(minutes, name))
        meeting.state, meeting.filed_at, meeting.filed_by = State.FILED, now, str(acting_user or "")
        meeting.in_office, meeting.present, meeting.quorum = len(representatives), present, quorum
        meeting.draft, meeting.version = {}, meeting.version + 1
        try:
            with transaction.atomic():
                meeting.save()
        except IntegrityError as error:
            raise Refused(constraint_message(error), code="twice") from error
        author = {"recorded_at": now, "recorded_by": str(acting_user or "")}
        _write_attendance(meeting, minutes, author)
        _write_items(meeting, minutes, compounds, terms, author, acting_user)
        meeting.paper = council_paper(meeting).to_dict()
        meeting.save(update_fields=["paper"])
    return meeting


def _locked_draft(meeting: CouncilMeeting, version: int | None) -> CouncilMeeting:
    """The row, locked; raises Refused when it is filed or, with a version, was saved elsewhere."""
    found = (
        CouncilMeeting.objects.select_for_update(of=("self",))
        .select_related("community__district", "community__subdistrict")
        .filter(pk=meeting.pk)
        .first()
    )
    if found is None:
        raise Refused(_("This draft was taken away in the meantime."), code="gone")
    if found.state != State.DRAFT:
        raise Refused(
            _(
                "This meeting is filed already, and stays as it is. A resolution can be corrected or withdrawn."
            ),
            code="filed",
        )
    if version is not None and found.version != version:
        raise Refused(
            _(
                "This meeting was saved from another page or device in the meantime. Compare both and choose; "
                "nothing is lost."
            ),
            code="saved-elsewhere",
        )
    return found


def _write_attendance(meeting: CouncilMeeting, minutes: CouncilMinutes, author: dict[str, Any]) -> None:
    rows = [
        CouncilAttendance(meeting=meeting, representative_id=pk, kind=kind, **author)
        for pk, kind in minutes.attendance.items()
    ]
    rows += [
        CouncilAttendance(
            meeting=meeting,
            project_id=pk,
            unit="" if pk else unit,
            kind=CouncilAttendance.Kind.OBSERVER,
            **author,
        )
        for pk, unit in dict.fromkeys(minutes.observers)
    ]
    CouncilAttendance.objects.bulk_create(rows)


def _write_items(
    meeting: CouncilMeeting,
    minutes: CouncilMinutes,
    compounds: list[Compound],
    terms: Terms,
    author: dict[str, Any],
    acting_user: User | None,
) -> None:
    wanted = [item.topic_id for item in minutes.items if item.topic_id]
    topics = {
        t.pk: t
        for t in CouncilTopic.objects.select_for_update(of=("self",))
        .select_related("community__district")
        .filter(pk__in=wanted)
        .waiting(with_predecessors([meeting.community_id]), compounds)
        .order_by("pk")
    }
    if set(wanted) - topics.keys() or len(wanted) != len(set(wanted)):
        raise Refused(
            _("A topic on this page is not open any more for these compounds. Open the page again."),
            code="foreign",
        )
    only = compounds[0] if len(compounds) == 1 else None
    number = 0
    for item in minutes.items:
        topic = topics.get(item.topic_id or 0)
        if topic is None:
            topic = CouncilTopic.objects.create(
                community=meeting.community,
                compound=only,
                title=item.title.strip()[:100],
                proposer=item.proposer,
                proposed_on=minutes.held_on,
                state=CouncilTopic.State.ACCEPTED,
                **author,
            )
        target = {RESOLVED: CouncilTopic.State.SETTLED}.get(item.outcome, item.outcome)
        require_move(TOPIC_MOVES, topic.state, target, what=topic)
        move_topic(topic, target, "" if item.outcome == RESOLVED else item.text.strip(), minutes.held_on)
        if item.outcome != RESOLVED:
            continue
        number += 1
        needed = terms.needed_votes(meeting.present or 0)
        resolution = CouncilResolution.objects.create(
            meeting=meeting,
            topic=topic,
            compound=topic.compound or only,
            number=number,
            text=item.text.strip(),
            votes_for=item.votes_for,
            votes_against=item.votes_against,
            votes_abstained=item.votes_abstained,
            present=meeting.present,
            quorum=meeting.quorum,
            needed=needed,
            passed=item.votes_for >= needed,
            dated=minutes.held_on,
            **author,
        )
        if item.follow:
            _write_follow(resolution, item.follow, author, acting_user)


def _write_follow(
    resolution: CouncilResolution, follow: Follow, author: dict[str, Any], acting_user: User | None
) -> None:
    """Enter the follow-up of a passed resolution; from a rejected one nothing follows."""
    if not resolution.passed:
        raise Refused(
            _("“%(topic)s” did not pass: nothing can follow from it. Remove the follow-up.")
            % {"topic": resolution.topic},
            code="not-passed",
        )
    row = CouncilFollowUp.objects.create(
        resolution=resolution,
        kind=CouncilFollowUp.Kind.PROMISE if follow.project_id else CouncilFollowUp.Kind.TASK,
        what=follow.what.strip(),
        responsible=follow.responsible.strip(),
        due_on=follow.due_on,
        compound=resolution.compound,
        project_id=follow.project_id,
        **author,
    )
    if follow.project_id:
        hand_over(follow_up=row, acting_user=acting_user, wait=True)
