"""Steps of a request at the desk: each reads its form and calls one service. Used by `views.requests.act`."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import ResidentRequest
from communities.services import request_steps, requests
from communities.services.request_codes import shown_code
from communities.services.request_contacts import open_contact
from communities.services.request_joins import join_duplicate
from redprop.common.documents.poster import qr_svg
from redprop.common.errors import Refused
from redprop.common.secrets import seal

Call = Callable[[ResidentRequest, HttpRequest], object]
SLIP = "request_slips"


def keep_slip(request: HttpRequest, row: ResidentRequest, *, code: str = "", contact: str = "") -> None:
    """Keep on the server what the next page shows once."""
    # the session lies in the database: the contact is as encrypted there as everywhere else
    found: dict[str, str] = {"contact": seal(contact, about=SLIP) if contact else ""}
    if code:
        url = f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('public:follow', args=[code])}"
        found |= {"code": shown_code(code), "url": url, "qr": qr_svg(url)}
    request.session[SLIP] = {str(row.pk): found}


def _assign(row: ResidentRequest, request: HttpRequest) -> object:
    who = request.POST.get("who")
    if who not in ("enterprise", "community"):
        raise Refused(_("Choose who deals with it."), code="who")
    return request_steps.assign_request(
        request=row, to_enterprise=who == "enterprise", acting_user=request.user
    )


def _answer(row: ResidentRequest, request: HttpRequest) -> object:
    return request_steps.answer_request(
        request=row,
        text=request.POST.get("text", ""),
        photos=request.FILES.getlist("photos"),
        acting_user=request.user,
    )


def _return(row: ResidentRequest, request: HttpRequest) -> object:
    return request_steps.return_request(
        request=row, reason=request.POST.get("text", ""), acting_user=request.user
    )


def _join(row: ResidentRequest, request: HttpRequest) -> object:
    posted = request.POST.get("row", "")
    main = None
    if posted.isascii() and posted.isdigit() and len(posted) < 18:
        main = ResidentRequest.objects.for_user(request.user).filter(pk=posted).first()
    if main is None:
        raise Refused(_("Choose the request to join it to."), code="no-request")
    return join_duplicate(request=row, main=main, acting_user=request.user)


def _new_code(row: ResidentRequest, request: HttpRequest) -> object:
    code = requests.give_new_code(request=row, acting_user=request.user)
    keep_slip(request, row, code=code)
    return code


def _open_contact(row: ResidentRequest, request: HttpRequest) -> object:
    contact = open_contact(request=row, purpose=request.POST.get("text", ""), acting_user=request.user)
    keep_slip(request, row, contact=contact)
    return contact


ACTS: dict[str, tuple[Call, Any]] = {
    "assign": (_assign, gettext_lazy("Assigned. The days to answer run from today.")),
    "answer": (_answer, gettext_lazy("Answered. The resident sees it and says whether it is settled.")),
    "return": (_return, gettext_lazy("Given back. The community decides whose business it is.")),
    "join": (_join, gettext_lazy("Joined. Both codes go on and show the same answer.")),
    "new-code": (_new_code, gettext_lazy("The old code has ended.")),
    "open-contact": (_open_contact, gettext_lazy("Opened; purpose and time are written down.")),
}
"""Step → service call, and the sentence when it is done."""
