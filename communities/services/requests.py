"""Residents' requests (居民诉求) enter the ledger: from a visit, a call, the QR page, a meeting, a connected platform.

No resident is recorded: the request is followed by a code. Who answers late only ever costs by the share
answered in time; how many requests there are never counts (design section 7). What happens next is in
`request_steps`.
"""

import datetime as dt
from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import (
    By,
    Commitment,
    Compound,
    CompoundPlacement,
    RequestContact,
    RequestPhoto,
    RequestStep,
    ResidentRequest,
    ServiceAssignment,
    Urgency,
)
from communities.services.access import require_secretary
from communities.services.request_codes import CODE_LETTERS, hash_of, new_code
from communities.services.request_notices import tell_enterprise, tell_platform, tell_secretary
from communities.services.request_terms import Terms
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers, refuse_personal_numbers
from redprop.common.secrets import seal
from redprop.core.services.attachments import store_attachment

__all__ = ["CODE_LETTERS", "REQUEST_MOVES", "record_request"]

State = ResidentRequest.State
Kind = RequestStep.Kind
Source = ResidentRequest.Source

REQUEST_MOVES = {
    State.RECEIVED: {State.ASSIGNED, State.ANSWERED, State.DUPLICATE},
    State.ASSIGNED: {State.RECEIVED, State.ANSWERED, State.DUPLICATE},
    State.ANSWERED: {State.CONFIRMED, State.REOPENED},
    State.REOPENED: {State.ANSWERED},
    State.CONFIRMED: set(),
    State.DUPLICATE: set(),
}
"""Which state may follow which. The resident's word alone leads to confirmed and to reopened."""

MOST_WORDS = 2000
MOST_PHOTOS = 6
FROM_OUTSIDE = (Source.QR_PAGE, Source.PLATFORM)
"""Sources whose requests the community first gives to whom they belong."""


def record_request(
    *,
    compound: Compound,
    source: str,
    category: str,
    text: str,
    received_on: dt.date,
    is_for_the_enterprise: bool = True,
    urgency: str = Urgency.ORDINARY,
    contact: str = "",
    photos: Iterable[UploadedFile] = (),
    client: str = "",
    follow_code: str = "",
    acting_user: User | None,
) -> ResidentRequest:
    """Record a request; the resident's code is on the returned row as `follow_code`, this once.

    Entered by the compound's secretary, or by the system for what comes from outside: numbers that a
    resident wrote are masked, those of a secretary refused. With a `follow_code` that is known already the
    request recorded first is returned.
    """
    outside = source in FROM_OUTSIDE
    text = _words(text, outside)
    if category not in ResidentRequest.Category:
        raise Refused(_("Category: choose one of the list."), code="category")
    if urgency not in Urgency:
        raise Refused(_("Urgency: choose one of the list."), code="urgency")
    district = compound.district
    community = community_on(compound, received_on)
    require_secretary(acting_user, community)
    today, now = business_today(district), business_now(district)
    if received_on > today:
        raise Refused(
            _("Received on: the day is in the future. Enter the day of the request."), code="future"
        )
    project = serving_project(compound, received_on)
    given = is_for_the_enterprise and project is not None
    code = follow_code or new_code()
    try:
        with transaction.atomic(), acting(acting_user, "record request"):
            request = ResidentRequest.objects.create(
                code=new_code(),
                compound=compound,
                source=source,
                category=category,
                urgency=urgency,
                is_for_the_enterprise=given,
                text=text,
                received_on=received_on,
                due_on=Terms.of(district).due_on(category=category, urgency=urgency, day=received_on),
                state=State.RECEIVED if outside else State.ASSIGNED,
                assigned_on=None if outside else today,
                follow_hash=hash_of(code),
                client=client,
                recorded_at=now,
                recorded_by=str(acting_user or ""),
            )
            by = By.COMMUNITY if acting_user else By.PLATFORM if client else By.RESIDENT
            add_step(request, Kind.RECEIVED, by, text="", acting_user=acting_user)
            if not outside:
                who = str(project) if given else str(community)
                add_step(request, Kind.ASSIGNED, By.COMMUNITY, text=who, acting_user=acting_user)
            add_photos(request, photos, by, acting_user)
            if contact.strip():
                RequestContact.objects.create(
                    request=request,
                    sealed=seal(contact.strip()[:100], about="request-contact"),
                    recorded_at=now,
                    recorded_by=str(acting_user or ""),
                )
            if outside:
                tell_secretary(request, community)
            elif given:
                tell_enterprise(request, project)
            tell_platform(request)
    except IntegrityError:
        found = ResidentRequest.objects.filter(follow_hash=hash_of(code)).first() if follow_code else None
        if found is None:
            raise
        request = found
    request.follow_code = code  # type: ignore[attr-defined]
    return request


def give_new_code(*, request: ResidentRequest, acting_user: User | None) -> str:
    """Give the resident a new code when the slip is lost: the old one ends. Returns it, this once."""
    with transaction.atomic(), acting(acting_user, "new code for the resident"):
        request = lock_request(request)
        require_secretary(acting_user, community_of(request))
        code = new_code()
        request.follow_hash = hash_of(code)
        request.save(update_fields=["follow_hash"])
        add_step(request, Kind.CODED, By.COMMUNITY, acting_user=acting_user)
    return code


def join_request(
    *, request: ResidentRequest, commitment: Commitment, acting_user: User | None
) -> ResidentRequest:
    """Tie the request to the promise that settles it; both belong to one compound."""
    with transaction.atomic(), acting(acting_user, "join request to commitment"):
        request = lock_request(request)
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


def lock_request(request: ResidentRequest) -> ResidentRequest:
    """Return the row as it is now, locked, with its compound and district."""
    return lock_requests([request.pk])[request.pk]


def lock_requests(pks: Iterable[int]) -> dict[int, ResidentRequest]:
    """Return several rows by id, locked in the order of their ids, so that nobody waits crosswise."""
    rows = ResidentRequest.objects.select_for_update(of=("self",)).select_related("compound__district")
    return {row.pk: row for row in rows.filter(pk__in=list(pks)).order_by("pk")}


def add_step(
    request: ResidentRequest, kind: str, by: str, *, text: str = "", acting_user: User | None
) -> RequestStep:
    """Write down one step; it is never changed."""
    now = business_now(request.compound.district)
    return RequestStep.objects.create(
        request=request,
        at=now,
        kind=kind,
        by=by,
        text=text,
        recorded_at=now,
        recorded_by=str(acting_user or ""),
    )


def add_photos(
    request: ResidentRequest, photos: Iterable[UploadedFile], by: str, acting_user: User | None
) -> list[RequestPhoto]:
    """Clean and keep the photos of one step; nobody outside sees them before a clerk has looked at them."""
    photos = list(photos)
    present = request.photos.count() if photos else 0
    if len(photos) + present > MOST_PHOTOS:
        raise Refused(
            _("Photos: %(present)s are there already; at most %(most)s are kept with one request.")
            % {"present": present, "most": MOST_PHOTOS},
            code="too-many-photos",
        )
    now = business_now(request.compound.district)
    return [
        RequestPhoto.objects.create(
            request=request,
            attachment=store_attachment(
                district=request.compound.district, upload=photo, acting_user=acting_user
            ),
            by=by,
            recorded_at=now,
            recorded_by=str(acting_user or ""),
        )
        for photo in photos
    ]


def community_on(compound: Compound, day: dt.date) -> Community:
    """Return the community the compound lies in on `day`; raises Refused when there is none."""
    placement = (
        CompoundPlacement.objects.on(day)
        .filter(compound=compound)
        .select_related("community__district")
        .first()
    )
    if placement is None:
        raise Refused(
            _("%(compound)s is in no community on %(day)s. Enter its community first.")
            % {"compound": compound, "day": day},
            code="unplaced",
        )
    return placement.community


def community_of(request: ResidentRequest) -> Community:
    """Return the community that keeps the request today: requests follow their compound, unless one was named."""
    if request.keeper is not None:
        return request.keeper
    return community_on(request.compound, business_today(request.compound.district))


def serving_project(compound: Compound, day: dt.date) -> ServiceProject | None:
    """Return the project that served the compound on `day`: a request is its business, and its score."""
    assignment = (
        ServiceAssignment.objects.on(day)
        .filter(compound=compound)
        .select_related("contract__project__enterprise")
        .first()
    )
    return assignment.contract.project if assignment else None


def _words(text: str, outside: bool) -> str:
    text = text.strip()
    if not text:
        raise Refused(_("Request: write what was asked for."), code="text-missing")
    if len(text) > MOST_WORDS:
        raise Refused(
            _("The text has %(length)s characters; at most %(most)s fit. Shorten it.")
            % {"length": len(text), "most": MOST_WORDS},
            code="too-long",
        )
    if outside:
        return mask_personal_numbers(text)[0]
    refuse_personal_numbers(text, field=ResidentRequest._meta.get_field("text").verbose_name)
    return text
