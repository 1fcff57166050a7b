"""The life of a resident's request (居民诉求): received, assigned, answered, closed by the resident alone.

No resident is recorded: the request is followed by its code. Who answers late only ever costs by the
share answered in time; how many requests there are never counts (design section 7).
"""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Commitment, Compound, CompoundPlacement, ResidentRequest, ServiceAssignment
from communities.services.access import require_contact, require_secretary
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move

State = ResidentRequest.State

REQUEST_MOVES = {
    State.RECEIVED: {State.ASSIGNED, State.ANSWERED, State.DUPLICATE},
    State.ASSIGNED: {State.ANSWERED, State.DUPLICATE},
    State.ANSWERED: {State.CONFIRMED, State.REOPENED},
    State.REOPENED: {State.ANSWERED},
    State.CONFIRMED: set(),
    State.DUPLICATE: set(),
}
"""Which state may follow which."""

ANSWER_DAYS = 7
"""Days within which a request is answered (sample value)."""

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters of a request's code: none that is mistaken for another when read aloud."""


def record_request(
    *,
    compound: Compound,
    source: str,
    category: str,
    text: str,
    received_on: dt.date,
    is_for_the_enterprise: bool = True,
    acting_user: User | None,
) -> ResidentRequest:
    """Record a request and return it with its code. Entered by the compound's secretary, or by the system."""
    text = _words(text, _("Request: write what was asked for."))
    community = _community_of(compound, received_on)
    require_secretary(acting_user, community)
    if received_on > business_today(compound.district):
        raise Refused(
            _("Received on: the day is in the future. Enter the day of the request."), code="future"
        )
    with transaction.atomic(), acting(acting_user, "record request"):
        return ResidentRequest.objects.create(
            code="".join(secrets.choice(CODE_LETTERS) for _letter in range(10)),
            compound=compound,
            source=source,
            category=category,
            is_for_the_enterprise=is_for_the_enterprise,
            text=text,
            received_on=received_on,
            due_on=received_on + dt.timedelta(days=ANSWER_DAYS),
            state=State.ASSIGNED if is_for_the_enterprise else State.RECEIVED,
            recorded_at=business_now(compound.district),
            recorded_by=str(acting_user or ""),
        )


def answer_request(*, request: ResidentRequest, acting_user: User | None) -> ResidentRequest:
    """Record that the request was answered today: by the firm that served the compound, or by the community."""
    with transaction.atomic(), acting(acting_user, "answer request"):
        request = _lock(request)
        _require_answerer(request, acting_user)
        require_move(REQUEST_MOVES, request.state, State.ANSWERED, what=request)
        request.state = State.ANSWERED
        # The first answer decides whether it was in time; a reopened request keeps that day.
        request.answered_on = request.answered_on or business_today(request.compound.district)
        request.save(update_fields=["state", "answered_on"])
    return request


def close_request(*, code: str) -> ResidentRequest:
    """Close a request: the resident alone does, with the code that only the resident was given."""
    return _resident_says(code, State.CONFIRMED)


def reopen_request(*, code: str) -> ResidentRequest:
    """Open a request again: the resident says that it is not settled."""
    return _resident_says(code, State.REOPENED)


def join_request(
    *, request: ResidentRequest, commitment: Commitment, acting_user: User | None
) -> ResidentRequest:
    """Tie the request to the promise that settles it; both belong to one compound."""
    with transaction.atomic(), acting(acting_user, "join request to commitment"):
        request = _lock(request)
        require_secretary(acting_user, commitment.meeting.community)
        if commitment.compound_id != request.compound_id:
            raise Refused(
                _("The promise is about another compound. Choose one of %(compound)s.")
                % {"compound": request.compound},
                code="other-compound",
            )
        request.commitment = commitment
        request.save(update_fields=["commitment"])
    return request


def _resident_says(code: str, state: str) -> ResidentRequest:
    found = ResidentRequest.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise Refused(_("There is no request with this code. Check it letter by letter."), code="no-request")
    with transaction.atomic(), acting(None, "said by the resident"):
        request = _lock(found)
        require_move(REQUEST_MOVES, request.state, state, what=request)
        request.state = state
        today = business_today(request.compound.district)
        request.closed_on = today if state == State.CONFIRMED else None
        request.save(update_fields=["state", "closed_on"])
    return request


def _lock(request: ResidentRequest) -> ResidentRequest:
    return (
        ResidentRequest.objects.select_for_update(of=("self",))
        .select_related("compound__district")
        .get(pk=request.pk)
    )


def _community_of(compound: Compound, day: dt.date):
    placement = (
        CompoundPlacement.objects.on(day).filter(compound=compound).select_related("community").first()
    )
    if placement is None:
        raise Refused(
            _("%(compound)s is in no community on %(day)s. Enter its community first.")
            % {"compound": compound, "day": day},
            code="unplaced",
        )
    return placement.community


def _require_answerer(request: ResidentRequest, acting_user: User | None) -> None:
    if not request.is_for_the_enterprise:
        require_secretary(acting_user, _community_of(request.compound, request.received_on))
        return
    assignment = (
        ServiceAssignment.objects.on(request.received_on)
        .filter(compound=request.compound)
        .select_related("contract__project")
        .first()
    )
    if assignment is None:
        raise Refused(
            _(
                "No project served %(compound)s on %(day)s. The community answers, or enter the contract first."
            )
            % {"compound": request.compound, "day": request.received_on},
            code="nobody-serves",
        )
    require_contact(acting_user, assignment.contract.project)


def _words(text: str, message: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(message, code="text-missing")
    refuse_personal_numbers(text, field=ResidentRequest._meta.get_field("text").verbose_name)
    return text
