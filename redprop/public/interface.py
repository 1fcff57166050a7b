"""The signed interface for the district's app and WeChat platform (爱社区管家): requests created, read, confirmed.

JSON in, JSON out; every error has a stable code and a Chinese sentence. See docs/interface.md.
"""

import datetime as dt
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from communities.models import Compound, InterfaceKey, ResidentRequest, Urgency
from communities.services import request_steps
from communities.services.interface import Answer, Call, answer_once, check_call
from communities.services.request_codes import code_from, hash_of
from communities.services.requests import record_request
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused
from redprop.core.services.attachments import MAX_BYTES

MOST_JSON = 64 * 1024
STATUS: dict[str, int] = {
    "nonce": 400,
    "timestamp": 400,
    "json": 400,
    "unknown-key": 401,
    "bad-signature": 401,
    "clock-skew": 401,
    "replayed": 401,
    "code": 403,
    "no-request": 404,
    "no-compound": 404,
    "method": 405,
    "idempotency-conflict": 409,
    "state": 409,
    "closed": 409,
    "too-large": 413,
    "too-often": 429,
}
"""Status of each code; 422 for everything else that the rules refuse."""

Act = Callable[[InterfaceKey, Call, str], Answer]


def signed(**acts: Act) -> Callable[..., JsonResponse]:
    """Return a view that checks the signature and carries out the act of the method."""

    @csrf_exempt
    def view(request: HttpRequest, number: str = "") -> JsonResponse:
        with translation.override("zh-hans"):
            try:
                return _answer(_carry_out(request, acts, number))
            except Refused as refused:
                return _answer(error(refused))

    return view


def _carry_out(request: HttpRequest, acts: dict[str, Act], number: str) -> Answer:
    method = request.method or ""
    act = acts.get(method)
    if act is None:
        raise Refused(_("This address takes %(methods)s.") % {"methods": "、".join(acts)}, code="method")
    headers = request.headers
    call = Call(
        method=method,
        path=request.get_full_path(),
        body=request.read(MAX_BYTES + 1),
        key_id=headers.get("X-Redprop-Key", ""),
        timestamp=headers.get("X-Redprop-Timestamp", ""),
        nonce=headers.get("X-Redprop-Nonce", ""),
        signature=headers.get("X-Redprop-Signature", ""),
    )
    key = check_call(call)
    if method == "GET":
        return act(key, call, number)
    return answer_once(key, call, lambda: act(key, call, number))


def error(refused: Refused) -> Answer:
    """Return the answer to a call that is refused."""
    status = STATUS.get(refused.code, 422)
    return Answer(status, {"error": {"code": refused.code, "message": str(refused)}})


def _answer(answer: Answer) -> JsonResponse:
    response = JsonResponse(
        answer.content, status=answer.status, json_dumps_params={"ensure_ascii": False, "sort_keys": True}
    )
    response.headers["Cache-Control"] = "no-store"
    if answer.repeated:
        response.headers["X-Redprop-Repeated"] = "true"
    return response


def _is_text(value: object) -> bool:
    """Whether this is text that can be kept: no NUL, no half of a character."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json(call: Call, *allowed: str) -> dict[str, str]:
    if len(call.body) > MOST_JSON:
        raise Refused(_("The call is larger than 64 KB."), code="too-large")
    try:
        found = json.loads(call.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(map(_is_text, found.values())):
        raise Refused(_("The body is a JSON object whose values are texts (UTF-8)."), code="json")
    unknown = sorted(set(found) - set(allowed))
    if unknown:
        raise Refused(
            _("Unknown: %(names)s. Known are %(allowed)s.")
            % {"names": "、".join(unknown)[:100], "allowed": "、".join(allowed)},
            code="json",
        )
    return found


def _create(key: InterfaceKey, call: Call, number: str) -> Answer:
    data = _json(call, "compound", "category", "text", "urgency", "contact", "received_on")
    today = business_today(key.district)
    rows = Compound.objects.filter(district=key.district).registered_on(today)
    compound = rows.filter(code=data.get("compound", "").strip().upper()).first()
    if compound is None:
        raise Refused(_("compound: there is no compound with this code."), code="no-compound")
    try:
        day = dt.date.fromisoformat(data["received_on"]) if data.get("received_on") else today
    except ValueError:
        raise Refused(_("received_on: a day such as 2026-10-21."), code="received_on") from None
    if not today - dt.timedelta(days=7) <= day <= today:
        raise Refused(_("received_on: one of the last seven days, not in the future."), code="received_on")
    # The code follows from the idempotency key: also a call whose first answer was lost leads to one request.
    code = code_from(f"interface:{key.district_id}:{key.client}:{call.nonce}")
    request = record_request(
        compound=compound,
        source=ResidentRequest.Source.PLATFORM,
        category=data.get("category", ""),
        text=data.get("text", ""),
        urgency=data.get("urgency", Urgency.ORDINARY),
        contact=data.get("contact", ""),
        received_on=day,
        client=key.client,
        follow_code=code,
        acting_user=None,
    )
    follow = f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('public:follow', args=[code])}"
    return Answer(201, {**state_of(request), "code": code, "follow_url": follow})


def _read(key: InterfaceKey, call: Call, number: str) -> Answer:
    return Answer(200, state_of(_own(key, number)))


def _confirm(key: InterfaceKey, call: Call, number: str) -> Answer:
    data = _json(call, "code")
    own = _of_resident(key, number, data.get("code", ""))
    return Answer(200, _after(request_steps.close_request(code=data["code"]), own))


def _reopen(key: InterfaceKey, call: Call, number: str) -> Answer:
    data = _json(call, "code", "text")
    own = _of_resident(key, number, data.get("code", ""))
    return Answer(
        200, _after(request_steps.reopen_request(code=data["code"], reason=data.get("text", "")), own)
    )


def _words(key: InterfaceKey, call: Call, number: str) -> Answer:
    data = _json(call, "code", "text")
    own = _of_resident(key, number, data.get("code", ""))
    return Answer(200, _after(request_steps.add_words(code=data["code"], text=data.get("text", "")), own))


def _photo(key: InterfaceKey, call: Call, number: str) -> Answer:
    # The body is the picture itself; the resident's code stands in the address, which is signed too.
    code = QueryDict(urlsplit(call.path).query).get("code", "")
    own = _of_resident(key, number, code)
    request_steps.add_words(code=code, text="", photos=[SimpleUploadedFile("photo.jpg", call.body)])
    return Answer(201, {**state_of(own), "photos": own.photos.count()})


def _own(key: InterfaceKey, number: str) -> ResidentRequest:
    """The platform's own request; another one's is not found."""
    found = (
        ResidentRequest.objects.select_related("compound__district", "joined_to")
        .filter(compound__district=key.district, client=key.client, code=number)
        .first()
    )
    if found is None:
        raise Refused(_("You have no request with this number."), code="no-request")
    return found


def _of_resident(key: InterfaceKey, number: str, code: str) -> ResidentRequest:
    own = _own(key, number)
    if not code or hash_of(code) != own.follow_hash:
        raise Refused(_("code: the resident's own code of this request is needed here."), code="code")
    return own


def _after(_changed: ResidentRequest, own: ResidentRequest) -> dict[str, object]:
    own.refresh_from_db()
    return state_of(own)


def state_of(own: ResidentRequest) -> dict[str, object]:
    """Return how a request stands, as plain values; one that was joined follows the other."""
    main = own.joined_to or own
    return {
        "number": own.code,
        "compound": own.compound.code,
        "category": str(own.category),
        "urgency": str(own.urgency),
        "received_on": own.received_on.isoformat(),
        "due_on": main.due_on.isoformat(),
        "state": str(main.state),
        "state_text": str(ResidentRequest.State(main.state).label),
        "is_joined": main.pk != own.pk,
        "answered_on": main.answered_on.isoformat() if main.answered_on else None,
        "answer": main.answer,
        "closed_on": own.closed_on.isoformat() if own.closed_on else None,
        "times_reopened": main.times_reopened,
    }


requests = signed(POST=_create)
one = signed(GET=_read)
confirm = signed(POST=_confirm)
reopen = signed(POST=_reopen)
words = signed(POST=_words)
photos = signed(POST=_photo)
