"""Residents report a problem and follow it by its code: no sign-in, no session, no cookie, no JavaScript needed."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from communities.models import By, Compound, RequestPhoto, RequestStep, ResidentRequest
from communities.services import request_steps
from communities.services.proxies import find_proxy
from communities.services.request_codes import code_from, plain_code, shown_code
from communities.services.request_steps import find_by_code
from communities.services.requests import record_request, serving_project
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused
from redprop.common.identifiers import find_personal_numbers
from redprop.common.senders import sender
from redprop.common.text import normalise
from redprop.public import quiet
from redprop.public.frame_page import page
from redprop.public.here import compound_here, district_here
from redprop.public.proxies import follow_proxy

State = ResidentRequest.State
SHOWN = 30
MOST_PHOTOS = 3


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Find the compound to report about."""
    query = normalise(request.GET.get("q", ""))[:50]
    found: list[Compound] = []
    if query:
        district = district_here()
        rows = Compound.objects.filter(district=district).registered_on(business_today(district))
        named = Q(name__icontains=query) | Q(pinyin__icontains=query.replace(" ", "")) | Q(code=query.upper())
        found = list(rows.filter(named).order_by("pinyin", "pk")[: SHOWN + 1])
    context = {"query": query, "found": found[:SHOWN], "more": len(found) > SHOWN}
    return page(_("Report a problem"), "report_choose", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, code: str) -> HttpResponse:
    """The form of one compound, as its QR code opens it."""
    compound = compound_here(code)
    if compound is None:
        return page(_("Report a problem"), "report_choose", {"unknown": code[:20]}, status=404)
    today = business_today(compound.district)
    typed, refused = {}, None
    if request.method == "POST":
        typed = request.POST
        try:
            return _take(request, compound)
        except Refused as why:
            refused = why
    context = {
        "compound": compound,
        "project": serving_project(compound, today),
        "typed": typed,
        "refused": refused,
        "photos_lost": bool(refused and request.FILES),
        "stamp": quiet.new_stamp(compound.code),
        "categories": ResidentRequest.Category.choices,
        "most_photos": MOST_PHOTOS,
    }
    title = _("Report a problem: %(compound)s") % {"compound": compound.name}
    return page(title, "report", context, status=quiet.status_of(refused))


def _take(request: HttpRequest, compound: Compound) -> HttpResponse:
    stamp = quiet.check_form(request, compound.code)
    code = code_from(f"form:{stamp.number}")
    try:
        find_by_code(code)
    except Refused:
        quiet.count("report", sender(request))
        quiet.count("compound", compound.code)
        record_request(
            compound=compound,
            source=ResidentRequest.Source.QR_PAGE,
            category=request.POST.get("category", ""),
            text=request.POST.get("text", ""),
            received_on=business_today(compound.district),
            contact=request.POST.get("contact", ""),
            photos=_photos(request),
            follow_code=code,
            acting_user=None,
        )
    masked = "&masked=1" if find_personal_numbers(request.POST.get("text", "")) else ""
    return redirect(reverse("public:follow", args=[code]) + f"?new=1{masked}")


def _photos(request: HttpRequest) -> list:
    photos = [photo for photo in request.FILES.getlist("photos") if photo]
    if len(photos) > MOST_PHOTOS:
        raise Refused(
            _("Photos: at most %(most)s at a time.") % {"most": MOST_PHOTOS}, code="too-many-photos"
        )
    return photos


@require_safe
def enter_code(request: HttpRequest) -> HttpResponse:
    """Where the code is typed in."""
    typed = plain_code(request.GET.get("code", ""))
    if typed:
        return redirect("public:follow", code=typed)
    return page(_("Follow a request"), "follow_entry", {})


ACTS: dict[str, Callable[[str, HttpRequest], object]] = {
    "confirm": lambda code, request: request_steps.close_request(code=code),
    "reopen": lambda code, request: request_steps.reopen_request(
        code=code, reason=request.POST.get("text", ""), photos=_photos(request)
    ),
    "add": lambda code, request: request_steps.add_words(
        code=code, text=request.POST.get("text", ""), photos=_photos(request)
    ),
}


def _known(request: HttpRequest, code: str) -> ResidentRequest | None:
    """The request of this code; who tries many wrong ones is turned away."""
    try:
        return find_by_code(code)
    except Refused:
        quiet.count("wrong-code", sender(request))
        return None


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """How the request stands; the resident confirms, opens it again, or adds words."""
    title, refused, typed = _("Your request"), None, {}
    in_place = find_proxy(code)
    if in_place is not None:
        return follow_proxy(request, in_place, code)
    try:
        own = _known(request, code)
    except Refused as why:
        return page(title, "follow_entry", {"refused": why}, status=429)
    if own is None:
        return page(title, "follow_entry", {"unknown": True, "typed": plain_code(code)}, status=404)
    if request.method == "POST":
        typed = request.POST
        try:
            quiet.count("act", plain_code(code))
            act = ACTS.get(request.POST.get("do", ""))
            if act is None:
                raise Http404
            act(code, request)
            return redirect(reverse("public:follow", args=[plain_code(code)]) + "?done=1")
        except Refused as why:
            refused = why
            own = find_by_code(code)
    main = own.joined_to or own
    context = {
        "own": own,
        "request": main,
        "code": shown_code(plain_code(code)),
        "plain": plain_code(code),
        "is_new": request.GET.get("new") == "1",
        "masked": request.GET.get("masked") == "1",
        "done": request.GET.get("done") == "1",
        "refused": refused,
        "typed": typed,
        "who": serving_project(main.compound, main.received_on) if main.is_for_the_enterprise else None,
        "steps": steps_shown(own, main),
        "photos": photos_shown(own, main),
        "unchecked": own.photos.filter(state=RequestPhoto.State.WAITING).count(),
        "may_confirm": main.state == State.ANSWERED and own.closed_on is None,
        "may_reopen": main.state == State.ANSWERED,
        "may_add": main.state != State.CONFIRMED,
        "late": main.is_open and main.due_on < business_today(main.compound.district),
        "url": f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('public:follow', args=[plain_code(code)])}",
    }
    return page(title, "follow", context, status=quiet.status_of(refused))


def steps_shown(own: ResidentRequest, main: ResidentRequest) -> list[RequestStep]:
    """The resident's own steps, and the answers: what other residents wrote stays theirs."""
    found = list(own.steps.all())
    if main != own:
        found += [step for step in main.steps.all() if step.by in (By.COMMUNITY, By.ENTERPRISE)]
    kinds = RequestStep.Kind
    shown = [step for step in found if step.is_public or step.kind in (kinds.ASSIGNED, kinds.JOINED)]
    return sorted(shown, key=lambda step: (step.at, step.pk))


def photos_shown(own: ResidentRequest, main: ResidentRequest) -> list[RequestPhoto]:
    """Photos that a clerk has let through: the own ones, and those of the answers."""
    rows = RequestPhoto.objects.filter(request__in={own.pk, main.pk}, state=RequestPhoto.State.SHOWN)
    if main != own:
        rows = rows.filter(Q(request=own) | Q(by__in=[By.COMMUNITY, By.ENTERPRISE]))
    return list(rows.order_by("pk"))


@require_safe
def photo(request: HttpRequest, code: str, pk: int) -> HttpResponseBase:
    """One photo that may be shown."""
    try:
        own = _known(request, code)
    except Refused as why:
        raise Http404 from why
    row = None
    if own is not None:
        row = next((p for p in photos_shown(own, own.joined_to or own) if p.pk == pk), None)
    if row is None:
        raise Http404
    return send_photo(row)


def send_photo(row: RequestPhoto) -> HttpResponseBase:
    """Send the file, which we wrote ourselves."""
    try:
        content = row.attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, content_type=row.attachment.content_type, filename=row.attachment.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
