"""Duplicates (重复诉求): proposed by compound, days and likeness of the words; joined by the secretary.

Both residents keep their code and follow the one answer. Nothing is joined that is overdue or answered:
joining never makes a late answer disappear.
"""

import datetime as dt

from django.contrib.postgres.search import TrigramSimilarity
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import By, RequestStep, ResidentRequest
from communities.services.access import require_secretary
from communities.services.request_notices import tell_platform
from communities.services.requests import REQUEST_MOVES, add_step, community_of, lock_requests
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.states import require_move

State = ResidentRequest.State

DAYS_APART = 14
LIKENESS = 0.2
"""Of the trigrams of both texts so many are shared; two ways of saying one thing in Chinese share about a quarter."""

MOST_LIKELY = 5


def likely_duplicates(request: ResidentRequest) -> list[ResidentRequest]:
    """Return requests that may be the same, the most alike first, with their `likeness` (one query)."""
    rows = (
        ResidentRequest.objects.filter(
            compound=request.compound_id,
            received_on__gte=request.received_on - dt.timedelta(days=DAYS_APART),
            received_on__lte=request.received_on + dt.timedelta(days=DAYS_APART),
        )
        .exclude(pk=request.pk)
        .exclude(state__in=[State.DUPLICATE, State.CONFIRMED])
        .annotate(likeness=TrigramSimilarity("text", request.text))
    )
    same = rows.filter(likeness__gte=LIKENESS)
    return list(same.order_by("-likeness", "received_on", "pk")[:MOST_LIKELY])


def join_duplicate(
    *, request: ResidentRequest, main: ResidentRequest, acting_user: User | None
) -> ResidentRequest:
    """Join a request to another of the same compound; both codes go on, and follow the other."""
    if request.pk == main.pk:
        raise Refused(_("A request cannot be joined to itself."), code="itself")
    with transaction.atomic(), acting(acting_user, "join duplicate"):
        locked = lock_requests([request.pk, main.pk])
        request, main = locked[request.pk], locked[main.pk]
        require_secretary(acting_user, community_of(request))
        if main.compound_id != request.compound_id:
            raise Refused(_("Both belong to one compound, or they are not the same."), code="other-compound")
        if main.state == State.DUPLICATE:
            raise Refused(
                _("%(other)s is itself joined to another. Choose that one.") % {"other": main},
                code="chain",
            )
        if main.is_for_the_enterprise != request.is_for_the_enterprise and request.state == State.ASSIGNED:
            raise Refused(
                _("One is the firm's business, the other the community's. They are not the same."),
                code="other-duty",
            )
        require_move(REQUEST_MOVES, request.state, State.DUPLICATE, what=request)
        if request.due_on < business_today(request.compound.district):
            raise Refused(
                _("The due date %(due)s has passed: what is overdue is answered, not joined.")
                % {"due": request.due_on},
                code="overdue",
            )
        if main.state == State.CONFIRMED:
            raise Refused(_("The other request is closed; what is reported again is new."), code="closed")
        request.state, request.joined_to = State.DUPLICATE, main
        request.save(update_fields=["state", "joined_to"])
        # What hung on it hangs on the other now: a chain would lose the last one.
        ResidentRequest.objects.filter(joined_to=request).update(joined_to=main)
        add_step(request, RequestStep.Kind.JOINED, By.COMMUNITY, text=main.code, acting_user=acting_user)
        tell_platform(request)
    return request
