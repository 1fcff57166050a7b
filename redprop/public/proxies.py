"""What is done in a resident's place: asked for here, and seen by the code: read, take back, close."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from communities.models import Compound, ProxyHandling
from communities.services import proxies
from communities.services.request_codes import code_from, plain_code, shown_code
from redprop.common.errors import Refused
from redprop.common.senders import sender
from redprop.public import quiet
from redprop.public.frame_page import page
from redprop.public.here import compound_here

State = ProxyHandling.State

ACTS: dict[str, Callable[[str, HttpRequest], object]] = {
    "withdraw": lambda code, request: proxies.withdraw_proxy(code=code),
    "close": lambda code, request: proxies.close_proxy(code=code),
    "go-on": lambda code, request: proxies.go_on_with_proxy(code=code, text=request.POST.get("text", "")),
}


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """The form with which a resident asks the community of a compound to do something in their place."""
    compound = compound_here(code)
    if compound is None:
        return page(_("Report a problem"), "report_choose", {"unknown": code[:20]}, status=404)
    typed, refused = {}, None
    if request.method == "POST":
        typed = request.POST
        try:
            return _take(request, compound)
        except Refused as why:
            refused = why
    context = {
        "compound": compound,
        "typed": typed,
        "refused": refused,
        "stamp": quiet.new_stamp(_about(compound)),
        "kinds": ProxyHandling.Kind.choices,
        "kept_days": proxies.KEPT_DAYS,
        "longest": {"reach": proxies.SIGN_LENGTH, "matter": proxies.MATTER_LENGTH},
    }
    title = _("Ask the community to do it for you: %(compound)s") % {"compound": compound.name}
    return page(title, "ask_proxy", context, status=quiet.status_of(refused))


def _about(compound: Compound) -> str:
    return f"proxy:{compound.code}"


def _take(request: HttpRequest, compound: Compound) -> HttpResponse:
    stamp = quiet.check_form(request, _about(compound))
    code = code_from(f"proxy-form:{stamp.number}")
    if proxies.find_proxy(code) is None:
        quiet.count("report", sender(request))
        quiet.count("compound", compound.code)
        proxies.ask_for_proxy(
            compound=compound,
            kind=request.POST.get("kind", ""),
            matter=request.POST.get("matter", ""),
            reach=request.POST.get("reach", ""),
            agreed=request.POST.get("agreed") == "1",
            code=code,
        )
    return redirect(reverse("public:follow", args=[code]) + "?new=1")


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
        "is_new": request.GET.get("new") == "1",
        "code": shown_code(plain_code(code)),
        "refused": refused,
    }
    return page(_("Done in your place"), "follow_proxy", context, status=quiet.status_of(refused))
