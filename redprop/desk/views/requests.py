"""The ledger of residents' requests at the desk: list, one request with its next step, a new one, photos to check."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from communities.models import Compound, RequestPhoto, RequestStep, ResidentRequest, Urgency
from communities.selectors import compounds_of
from communities.services.request_joins import likely_duplicates
from communities.services.request_steps import decide_photo
from communities.services.requests import MOST_PHOTOS, record_request
from redprop.common.documents.poster import poster_pdf
from redprop.common.errors import Refused
from redprop.common.secrets import unseal
from redprop.core.services.attachments import MAX_BYTES
from redprop.desk.excluding import of_request
from redprop.desk.files import file_of
from redprop.desk.held import held, hold, let_go
from redprop.desk.page import Desk, carry_out, desk_page, show
from redprop.desk.request_acts import ACTS, SLIP, keep_slip
from redprop.desk.requests_listing import Filters, assigned_to, choices, requests_list, state_of

PAGE = 50
PHOTOS_ON_A_PAGE = 24
MOST_COMPOUNDS = 200
State = ResidentRequest.State
UPLOADS = {"most_bytes": MAX_BYTES, "most_megabytes": MAX_BYTES // 1048576, "most_photos": MOST_PHOTOS}
BY_PHONE = (ResidentRequest.Source.CALL, ResidentRequest.Source.VISIT, ResidentRequest.Source.MEETING)


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of the ledger."""
    desk = request.desk
    found, filters = requests_list(desk, request.GET), Filters.of(request.user, request.GET)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    found.prepare(page.object_list)
    for row in page.object_list:
        row.who, row.state_words = assigned_to(row), state_of(row)
    context = {
        "page_obj": page,
        "filters": filters,
        "choices": choices(),
        "categories": ResidentRequest.Category.choices,
        "urgencies": Urgency.choices,
        "compounds": list(Compound.objects.for_user(request.user).order_by("pinyin", "pk")[:MOST_COMPOUNDS]),
        "page_query": filters.query + "&",
        "may_enter": bool(desk.communities),
        "may_check": bool(desk.subdistrict_ids),
    }
    return show(request, "desk/requests.html", context)


def own_request(request: HttpRequest, pk: int) -> ResidentRequest:
    """The request, when it is in the user's reach."""
    rows = ResidentRequest.objects.for_user(request.user).with_project().with_silence(request.desk.today)
    return get_object_or_404(rows.select_related("compound__district", "commitment", "joined_to"), pk=pk)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what was asked, what has happened, and this user's next step."""
    desk, row = request.desk, own_request(request, pk)
    community = _community(row, desk)
    is_secretary = community is not None and community.pk in {c.pk for c in desk.communities}
    is_clerk = community is not None and community.subdistrict_id in desk.subdistrict_ids
    is_contact = row.enterprise_id in {e.pk for e in desk.enterprises}
    typed, about = held(request)
    for_firm = row.is_for_the_enterprise and row.project_id is not None
    may_answer = row.state in (State.ASSIGNED, State.REOPENED) and (is_contact if for_firm else is_secretary)
    family = [row.pk, *row.duplicates.values_list("pk", flat=True)]
    context = {
        "row": row,
        "community": community,
        "who": assigned_to(row),
        "state_words": state_of(row),
        "light": desk.lights.of(row.due_on) if row.is_open else None,
        "steps": list(
            RequestStep.objects.filter(request__in=family).select_related("request").order_by("at", "pk")
        ),
        "photos": list(
            RequestPhoto.objects.filter(request__in=family).select_related("attachment").order_by("pk")
        ),
        "joined": list(row.duplicates.all()),
        "is_secretary": is_secretary,
        "is_clerk": is_clerk,
        "may_assign": is_secretary and row.state == State.RECEIVED,
        "may_answer": may_answer,
        "may_return": may_answer and for_firm and row.state == State.ASSIGNED and row.due_on >= desk.today,
        "returned": row.steps.filter(kind=RequestStep.Kind.RETURNED).last()
        if row.state == State.RECEIVED
        else None,
        "likely": likely_duplicates(row)
        if is_secretary and row.state in (State.RECEIVED, State.ASSIGNED)
        else [],
        "has_contact": is_secretary and hasattr(row, "contact"),
        "typed": typed or {},
        "refused": about.get("refused"),
        "failed": about.get("step"),
        **of_request(desk, row),
        **UPLOADS,
    }
    return show(request, "desk/request.html", context)


def _community(row: ResidentRequest, desk: Desk):
    placement = row.compound.placements.on(desk.today).select_related("community").first()
    return placement.community if placement else None


@require_POST
@desk_page
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step of a request: see `ACTS`. What was typed stands in the page again when it is refused."""
    if step not in ACTS:
        raise Http404
    row, back = own_request(request, pk), reverse("desk:request", args=[pk])
    call, done = ACTS[step]
    try:
        call(row, request)
    except Refused as refused:
        return hold(request, request.POST, back, refused=str(refused), step=step)
    let_go(request, back)
    messages.success(request, str(done))
    return redirect(reverse("desk:request-slip", args=[pk]) if step in ("new-code", "open-contact") else back)


@desk_page
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """What is shown once: the resident's code to hand over, or how the resident is reached."""
    row = own_request(request, pk)
    kept = request.session.get(SLIP, {})
    found = kept.pop(str(pk), None)
    if found is None:
        return redirect("desk:request", pk=pk)
    request.session[SLIP] = kept
    contact = unseal(found["contact"], about=SLIP) if found.get("contact") else ""
    return show(request, "desk/request_slip.html", {"row": row, **found, "contact": contact})


@desk_page
def new(request: HttpRequest) -> HttpResponse:
    """A request that came by telephone or at a visit: one page, few taps."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    compounds = [
        c
        for community in desk.communities
        for c in compounds_of(community, desk.today).order_by("pinyin", "pk")
    ]
    back = reverse("desk:request-new")
    if request.method == "POST":
        compound = next((c for c in compounds if str(c.pk) == request.POST.get("compound")), None)
        try:
            row = _record(request, compound)
        except Refused as refused:
            return hold(request, request.POST, back, refused=str(refused))
        let_go(request)
        keep_slip(request, row, code=row.follow_code)
        messages.success(request, _("Recorded. It is answered by %(day)s.") % {"day": row.due_on})
        return redirect("desk:request-slip", pk=row.pk)
    typed, about = held(request)
    chosen = (typed or {}).get("compound") or (str(compounds[0].pk) if len(compounds) == 1 else "")
    context = {
        "compounds": compounds,
        "chosen": chosen,
        "typed": typed or {},
        "refused": about.get("refused"),
        "categories": ResidentRequest.Category.choices,
        "urgencies": Urgency.choices,
        "sources": [(s.value, s.label) for s in BY_PHONE],
        **UPLOADS,
    }
    return show(request, "desk/request_new.html", context)


def _record(request: HttpRequest, compound: Compound | None) -> ResidentRequest:
    posted = request.POST
    if compound is None:
        raise Refused(_("Compound: choose one of the list."), code="compound")
    if posted.get("source") not in BY_PHONE:
        raise Refused(_("Source: choose one of the list."), code="source")
    return record_request(
        compound=compound,
        source=posted["source"],
        category=posted.get("category", ""),
        urgency=posted.get("urgency", Urgency.ORDINARY),
        text=posted.get("text", ""),
        contact=posted.get("contact", ""),
        photos=request.FILES.getlist("photos"),
        is_for_the_enterprise=posted.get("who") != "community",
        received_on=request.desk.today,
        acting_user=request.user,
    )


@desk_page
def photo(request: HttpRequest, pk: int, photo: int) -> HttpResponseBase:
    """One photo of a request in the user's reach."""
    rows = RequestPhoto.objects.for_user(request.user).select_related("attachment")
    return file_of(get_object_or_404(rows, pk=photo, request=pk).attachment)


@desk_page
def photos(request: HttpRequest) -> HttpResponse:
    """Photos that wait for the clerk's look."""
    desk = request.desk
    if not desk.subdistrict_ids:
        raise Http404
    rows = RequestPhoto.objects.for_user(request.user).filter(state=RequestPhoto.State.WAITING)
    rows = rows.select_related("request__compound", "attachment").order_by("pk")
    page = Paginator(rows, PHOTOS_ON_A_PAGE).get_page(request.GET.get("page"))
    return show(request, "desk/request_photos.html", {"page_obj": page, "page_query": ""})


@require_POST
@desk_page
def photo_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a photo be shown, or keep it back."""
    row = get_object_or_404(RequestPhoto.objects.for_user(request.user), pk=pk)
    shown = request.POST.get("do") == "show"
    back = reverse("desk:request-photos")
    if request.POST.get("back") == "request":
        back = reverse("desk:request", args=[row.request_id])
    return carry_out(
        request,
        lambda: decide_photo(photo=row, show=shown, acting_user=request.user),
        _("May be shown.") if shown else _("Kept back: only the desk sees it."),
        back,
    )


@desk_page
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The compound's QR code as an A4 poster for gates and lifts."""
    desk = request.desk
    compound = get_object_or_404(Compound.objects.for_user(request.user).select_related("district"), pk=pk)
    if not desk.sees_meetings or compound.retired_on:
        raise Http404
    address = f"{settings.SITE_ADDRESS.rstrip('/')}{reverse('public:report-compound', args=[compound.code])}"
    with override("zh-hans"):
        try:
            content = poster_pdf(
                programme=_("Red Property · %(district)s") % {"district": compound.district.name},
                title=compound.name,
                lead=_("Something wrong? Scan and say so"),
                lines=[
                    _("Scan the code and write what is wrong and where. No app, no sign-in."),
                    _("Keep the code that you get: with it you see the answer."),
                    _("Settled? You confirm it yourself. Not fixed? One tap opens it again."),
                ],
                address=address,
                foot=_("Every other way to make your wish heard stays open to you."),
                corner=_("Demonstration data") if compound.district.is_demo else "",
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("desk:requests")
        name = _("Poster %(compound)s") % {"compound": compound.name}
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
    return answer
