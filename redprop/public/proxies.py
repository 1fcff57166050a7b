"""What is done in a resident's place, as the resident sees it by the code: read, take back, close."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import ProxyHandling
from communities.services import proxies
from communities.services.request_codes import plain_code
from redprop.common.errors import Refused
from redprop.public import quiet
from redprop.public.frame_page import page

State = ProxyHandling.State

ACTS: dict[str, Callable[[str, HttpRequest], object]] = {
    "withdraw": lambda code, request: proxies.withdraw_proxy(code=code),
    "close": lambda code, request: proxies.close_proxy(code=code),
    "go-on": lambda code, request: proxies.go_on_with_proxy(code=code, text=request.POST.get("text", "")),
}


def follow_proxy(request: HttpRequest, row: ProxyHandling, code: str) -> HttpResponse:
    """The page of one row; a POST is the resident's word."""
    refused = None
    if request.method == "POST":
        act = ACTS.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        try:
            quiet.count("act", plain_code(code))
            act(code, request)
            return redirect(reverse("public:follow", args=[plain_code(code)]) + "?done=1")
        except Refused as why:
            refused = why
            row.refresh_from_db()
    context = {
        "row": row,
        "plain": plain_code(code),
        "matter": proxies.opened(row.matter_cipher),
        "steps": [(timezone.localtime(one.at), proxies.opened(one.text_cipher)) for one in row.steps.all()],
        "may_withdraw": row.state in (State.RUNNING, State.DONE),
        "done": request.GET.get("done") == "1",
        "refused": refused,
    }
    return page(_("Done in your place"), "follow_proxy", context, status=400 if refused else 200)
