"""Red-neighbour representatives and the topics of the council: entered, ended, taken on, deferred, refused."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import (
    Compound,
    CompoundPlacement,
    CouncilTopic,
    NeighbourRepresentative,
    ServiceAssignment,
)
from communities.services.access import require_contact, require_keeper, require_secretary
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move
from redprop.common.tabular.saving import constraint_message

State = CouncilTopic.State
TOPIC_MOVES = {
    State.PROPOSED: {State.ACCEPTED, State.DEFERRED, State.REFUSED},
    State.ACCEPTED: {State.DEFERRED, State.REFUSED, State.SETTLED},
    State.DEFERRED: {State.ACCEPTED, State.DEFERRED, State.REFUSED, State.SETTLED},
    State.REFUSED: set(),
    State.SETTLED: set(),
}
"""Which state may follow which. What was refused is proposed anew when it comes up again."""


def community_of(compound: Compound, day: dt.date) -> Community:
    """Return the community that the compound belongs to on `day`; raises Refused when it has none."""
    placement = (
        CompoundPlacement.objects.on(day).filter(compound=compound).select_related("community").first()
    )
    if placement is None:
        raise Refused(
            _("%(compound)s belongs to no community on that day. Ask the registrar.")
            % {"compound": compound},
            code="no-community",
        )
    return placement.community


def add_representative(
    *,
    compound: Compound,
    name: str,
    stands_for: str = "",
    chosen: str,
    valid_from: dt.date,
    valid_to: dt.date | None,
    acting_user: User | None,
) -> NeighbourRepresentative:
    """Enter a representative's term. The name is all that is asked of the person."""
    name, stands_for = name.strip(), stands_for.strip()
    if not name:
        raise Refused(_("Name: enter the representative's name."), code="no-name")
    if chosen not in NeighbourRepresentative.Chosen.values:
        raise Refused(_("How chosen: choose one of the ways."), code="no-way")
    refuse_personal_numbers(name, field=_("name"))
    refuse_personal_numbers(stands_for, field=_("buildings represented"))
    if valid_to and valid_to < valid_from:
        raise Refused(_("The term ends before it begins. Correct one of the two days."), code="order")
    community = community_of(compound, max(valid_from, business_today(compound.district)))
    with transaction.atomic(), acting(acting_user, "enter representative"):
        require_secretary(acting_user, community)
        try:
            with transaction.atomic():
                return NeighbourRepresentative.objects.create(
                    compound=compound,
                    name=name,
                    stands_for=stands_for,
                    chosen=chosen,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    recorded_at=business_now(compound.district),
                    recorded_by=str(acting_user or ""),
                )
        except IntegrityError as error:
            raise Refused(constraint_message(error), code="overlap") from error


def end_term(
    *, representative: NeighbourRepresentative, last_day: dt.date, acting_user: User | None
) -> NeighbourRepresentative:
    """End a term early, or set its end. Meetings that already counted the person keep their attendance."""
    with transaction.atomic(), acting(acting_user, "end term of representative"):
        row = (
            NeighbourRepresentative.objects.select_for_update(of=("self",))
            .select_related("compound__district")
            .get(pk=representative.pk)
        )
        require_secretary(acting_user, community_of(row.compound, business_today(row.compound.district)))
        if last_day < row.valid_from:
            raise Refused(_("The term ends before it begins. Correct one of the two days."), code="order")
        attended = row.attendance.filter(meeting__held_on__gt=last_day).order_by("-meeting__held_on").first()
        if attended:
            raise Refused(
                _("The council of %(day)s counted this representative. The term ends on that day or later.")
                % {"day": attended.meeting.held_on},
                code="counted",
            )
        row.valid_to = last_day
        try:
            with transaction.atomic():
                row.save(update_fields=["valid_to"])
        except IntegrityError as error:
            raise Refused(constraint_message(error), code="overlap") from error
        return row


def propose_topic(
    *,
    community: Community,
    compound: Compound | None,
    title: str,
    text: str = "",
    proposer: str,
    project: ServiceProject | None = None,
    acting_user: User | None,
) -> CouncilTopic:
    """Record a proposal. The secretary records anybody's; the contact of an enterprise its own, for a compound served."""
    title, text = title.strip(), text.strip()
    if not title:
        raise Refused(_("Topic: say in a few words what the council should talk about."), code="no-title")
    refuse_personal_numbers(title, field=_("topic"))
    refuse_personal_numbers(text, field=_("what it is about"))
    today = business_today(community.district)
    if compound is not None and community_of(compound, today).pk != community.pk:
        raise Refused(_("This compound belongs to another community."), code="foreign-compound")
    if project is not None:
        require_contact(acting_user, project)
        proposer = CouncilTopic.Proposer.ENTERPRISE
        served = ServiceAssignment.objects.on(today).filter(contract__project=project, compound=compound)
        if compound is None or not served.exists():
            raise Refused(
                _("%(project)s does not serve this compound today. Choose one it serves.")
                % {"project": project},
                code="foreign-project",
            )
    else:
        require_secretary(acting_user, community)
        if proposer not in CouncilTopic.Proposer.values:
            raise Refused(_("Proposed by: choose who proposes it."), code="no-proposer")
    with transaction.atomic(), acting(acting_user, "propose council topic"):
        return CouncilTopic.objects.create(
            community=community,
            compound=compound,
            title=title[:100],
            text=text[:500],
            proposer=proposer,
            project=project,
            proposed_on=today,
            recorded_at=business_now(community.district),
            recorded_by=str(acting_user or ""),
        )


def decide_topic(
    *, topic: CouncilTopic, state: str, reason: str = "", acting_user: User | None
) -> CouncilTopic:
    """Take a topic on, defer it or refuse it, the latter two with a reason."""
    reason = reason.strip()
    if state not in (State.ACCEPTED, State.DEFERRED, State.REFUSED):
        raise Refused(_("A topic is taken on, deferred or not taken on."), code="state")
    if state != State.ACCEPTED and not reason:
        raise Refused(_("Reason: say why the topic is deferred or not taken on."), code="no-reason")
    refuse_personal_numbers(reason, field=_("reason"))
    with transaction.atomic(), acting(acting_user, reason or "take topic on"):
        topic = lock_topic(topic)
        require_keeper(acting_user, topic.community)
        require_move(TOPIC_MOVES, topic.state, state, what=topic)
        move_topic(topic, state, reason)
    return topic


def lock_topic(topic: CouncilTopic) -> CouncilTopic:
    """Return the row as it is now, locked."""
    return (
        CouncilTopic.objects.select_for_update(of=("self",))
        .select_related("community__district")
        .get(pk=topic.pk)
    )


def move_topic(topic: CouncilTopic, state: str, reason: str = "", day: dt.date | None = None) -> None:
    """Write the state of a locked topic."""
    topic.state, topic.reason = state, reason[:500]
    topic.decided_on = day or business_today(topic.community.district)
    topic.save(update_fields=["state", "reason", "decided_on"])
