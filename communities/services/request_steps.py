"""What happens to a request: assigned, answered, closed or opened again by the resident alone, joined, photos checked.

The community says whose business it is; the firm (or the community) answers; only the resident's code closes
a request or opens it again. The first answer decides whether it was in time.
"""

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import (
    By,
    RequestPhoto,
    RequestStep,
    ResidentRequest,
)
from communities.services.access import require_clerk, require_contact, require_secretary
from communities.services.commitments import needed
from communities.services.request_codes import hash_of, plain_code
from communities.services.request_notices import (
    tell_community,
    tell_enterprise,
    tell_platform,
    tell_secretary,
)
from communities.services.request_terms import Terms
from communities.services.requests import (
    REQUEST_MOVES,
    add_photos,
    add_step,
    community_of,
    lock_request,
    lock_requests,
    serving_project,
)
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers
from redprop.common.states import require_move

State = ResidentRequest.State
Kind = RequestStep.Kind

MOST_ADDED = 10
"""How often a resident may add words to one request."""


def assign_request(
    *, request: ResidentRequest, to_enterprise: bool, acting_user: User | None
) -> ResidentRequest:
    """Say whose business a received request is: the project's that served the compound that day, or the community's.

    The days to answer run from here: the community's own delay costs the firm nothing. What the firm gave
    back keeps its day.
    """
    with transaction.atomic(), acting(acting_user, "assign request"):
        request = lock_request(request)
        community = community_of(request)
        require_secretary(acting_user, community)
        require_move(REQUEST_MOVES, request.state, State.ASSIGNED, what=request)
        project = serving_project(request.compound, request.received_on)
        if to_enterprise and project is None:
            raise Refused(
                _(
                    "No project served %(compound)s on %(day)s. The community answers, or enter the contract first."
                )
                % {"compound": request.compound, "day": request.received_on},
                code="nobody-serves",
            )
        today = business_today(request.compound.district)
        if request.assigned_on is None:
            due = Terms.of(request.compound.district).due_on(
                category=request.category, urgency=request.urgency, day=today
            )
            request.due_on = max(request.due_on, due)
        request.assigned_on = request.assigned_on or today
        request.is_for_the_enterprise, request.state = to_enterprise, State.ASSIGNED
        request.save(update_fields=["is_for_the_enterprise", "state", "assigned_on", "due_on"])
        who = str(project) if to_enterprise else str(community)
        add_step(request, Kind.ASSIGNED, By.COMMUNITY, text=who, acting_user=acting_user)
        if to_enterprise:
            tell_enterprise(request, project)
        tell_platform(request)
    return request


def return_request(*, request: ResidentRequest, reason: str, acting_user: User | None) -> ResidentRequest:
    """Give it back as not the firm's business, with the reason, before it is due; the community decides."""
    reason = needed(reason, _("Reason: say whose business it is, and why."), most=500)
    with transaction.atomic(), acting(acting_user, reason):
        request = lock_request(request)
        _require_answerer(request, acting_user)
        require_move(REQUEST_MOVES, request.state, State.RECEIVED, what=request)
        if not request.is_for_the_enterprise:
            raise Refused(_("This is the community's already. Answer it."), code="community")
        if request.due_on < business_today(request.compound.district):
            raise Refused(
                _("The due date %(due)s has passed: what is overdue is answered, not given back.")
                % {"due": request.due_on},
                code="overdue",
            )
        request.state = State.RECEIVED
        request.save(update_fields=["state"])
        add_step(request, Kind.RETURNED, By.ENTERPRISE, text=reason, acting_user=acting_user)
        tell_secretary(request, community_of(request))
        tell_platform(request)
    return request


def answer_request(
    *,
    request: ResidentRequest,
    text: str,
    photos: Iterable[UploadedFile] = (),
    acting_user: User | None,
) -> ResidentRequest:
    """Record the answer of today: by the firm that served the compound, or by the community."""
    text = needed(text, _("Answer: say what was done, where and when."))
    with transaction.atomic(), acting(acting_user, "answer request"):
        request = lock_request(request)
        by = _require_answerer(request, acting_user)
        require_move(REQUEST_MOVES, request.state, State.ANSWERED, what=request)
        changed = ["state", "answered_on", "answer"]
        if request.state == State.RECEIVED:
            # Answered by the community before it went to anybody: it is no firm's business.
            request.is_for_the_enterprise = False
            changed.append("is_for_the_enterprise")
        request.state, request.answer = State.ANSWERED, text
        # The first answer decides whether it was in time; a reopened request keeps that day.
        request.answered_on = request.answered_on or business_today(request.compound.district)
        request.save(update_fields=changed)
        add_step(request, Kind.ANSWERED, by, text=text, acting_user=acting_user)
        add_photos(request, photos, by, acting_user)
        tell_platform(request)
    return request


def find_by_code(code: str) -> ResidentRequest:
    """Return the request that the resident's code opens; raises Refused when there is none."""
    found = None
    if plain_code(code):
        found = (
            ResidentRequest.objects.select_related("compound__district", "joined_to__compound__district")
            .filter(follow_hash=hash_of(code))
            .first()
        )
    if found is None:
        raise Refused(_("There is no request with this code. Check it letter by letter."), code="no-request")
    return found


def close_request(*, code: str) -> ResidentRequest:
    """Close a request: the resident alone does, with the code that only the resident was given.

    Whose request was joined to another says so for the own one; the other is closed by its own resident.
    """
    with transaction.atomic(), acting(None, "said by the resident"):
        own, main = _lock_by_code(code)
        today = business_today(main.compound.district)
        if own is main:
            require_move(REQUEST_MOVES, main.state, State.CONFIRMED, what=main)
            main.state, main.closed_on = State.CONFIRMED, today
            main.save(update_fields=["state", "closed_on"])
            tell_platform(main)
        elif own.closed_on is None and main.state in (State.ANSWERED, State.CONFIRMED):
            own.closed_on = today
            own.save(update_fields=["closed_on"])
        else:
            raise Refused(_("There is no answer yet that you could confirm."), code="state")
        add_step(own, Kind.CONFIRMED, _speaker(own), acting_user=None)
    return own


def reopen_request(*, code: str, reason: str = "", photos: Iterable[UploadedFile] = ()) -> ResidentRequest:
    """Open a request again: a resident says that it is not fixed (没修好), also one whose request was joined to it."""
    reason = mask_personal_numbers(reason.strip()[:500])[0]
    with transaction.atomic(), acting(None, "said by the resident"):
        own, main = _lock_by_code(code)
        require_move(REQUEST_MOVES, main.state, State.REOPENED, what=main)
        main.state, main.closed_on = State.REOPENED, None
        main.times_reopened += 1
        main.save(update_fields=["state", "closed_on", "times_reopened"])
        by = _speaker(own)
        # The words stay with whoever wrote them: others whose request is joined do not read them.
        add_step(own, Kind.REOPENED, by, text=reason, acting_user=None)
        add_photos(own, photos, by, None)
        project = serving_project(main.compound, main.received_on)
        words = reason or _("no words")
        if main.is_for_the_enterprise and project is not None:
            tell_enterprise(main, project, reopened=words)
        else:
            tell_community(main, community_of(main), reopened=words)
        tell_platform(main)
    return main


def add_words(*, code: str, text: str, photos: Iterable[UploadedFile] = ()) -> ResidentRequest:
    """Add the resident's words or photos to a request that is not closed."""
    photos = list(photos)
    text = mask_personal_numbers(text.strip())[0]
    if not text and not photos:
        raise Refused(_("Write something, or choose a photo."), code="text-missing")
    if len(text) > 500:
        raise Refused(
            _("The text has %(length)s characters; at most %(most)s fit. Shorten it.")
            % {"length": len(text), "most": 500},
            code="too-long",
        )
    with transaction.atomic(), acting(None, "said by the resident"):
        own, main = _lock_by_code(code)
        if main.state == State.CONFIRMED:
            raise Refused(_("The request is closed. Report the problem anew."), code="closed")
        if own.steps.filter(kind=Kind.ADDED).count() >= MOST_ADDED:
            raise Refused(
                _("So much was added that nobody reads it any more. Please wait for the answer."),
                code="too-many",
            )
        by = _speaker(own)
        add_step(own, Kind.ADDED, by, text=text, acting_user=None)
        add_photos(own, photos, by, None)
    return own


def decide_photo(*, photo: RequestPhoto, show: bool, acting_user: User | None) -> RequestPhoto:
    """Let a photo be shown, or keep it back: a clerk looks for faces, number plates, doors and papers."""
    with transaction.atomic(), acting(acting_user, "check photo"):
        photo = (
            RequestPhoto.objects.select_for_update(of=("self",))
            .select_related("request__compound__district")
            .get(pk=photo.pk)
        )
        require_clerk(acting_user, community_of(photo.request))
        photo.state = RequestPhoto.State.SHOWN if show else RequestPhoto.State.KEPT_BACK
        photo.decided_at = business_now(photo.request.compound.district)
        photo.decided_by = str(acting_user or "")
        photo.save(update_fields=["state", "decided_at", "decided_by"])
    return photo


def _lock_by_code(code: str) -> tuple[ResidentRequest, ResidentRequest]:
    """Return the resident's own request and the one it follows (the same, unless joined), both locked."""
    found = find_by_code(code)
    locked = lock_requests({found.pk, found.joined_to_id or found.pk})
    own = locked[found.pk]
    if own.joined_to_id and own.joined_to_id not in locked:
        return _lock_by_code(code)  # joined to another in this very moment
    return own, locked[own.joined_to_id or own.pk]


def _speaker(request: ResidentRequest) -> str:
    return By.PLATFORM if request.client else By.RESIDENT


def _require_answerer(request: ResidentRequest, acting_user: User | None) -> str:
    if not request.is_for_the_enterprise or request.state == State.RECEIVED:
        require_secretary(acting_user, community_of(request))
        return By.COMMUNITY
    project = serving_project(request.compound, request.received_on)
    if project is None:
        require_secretary(acting_user, community_of(request))
        return By.COMMUNITY
    require_contact(acting_user, project)
    return By.ENTERPRISE
