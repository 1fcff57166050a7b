"""Supervision orders and exclusions at the desk: lists, the printed order, the share that is left out."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from communities.models import Colour, Commitment, Exclusion, ResidentRequest, SupervisionOrder
from communities.order_paper import order_paper
from communities.services import exclusions
from communities.services.exclusions import shares
from redprop.areas.models import Community
from redprop.common.periods import Period, PeriodKind
from redprop.desk.files import paper_answer
from redprop.desk.held import held
from redprop.desk.lists import Cell, DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, masked, show

PAGE = 50
MONTHS_SHOWN = 12


SHOWN = {"open": gettext_lazy("Open"), "all": gettext_lazy("All")}


def _chosen(query: QueryDict) -> tuple[str, str]:
    shown, colour = query.get("show", "open"), query.get("colour", "")
    return ("all" if shown == "all" else "open"), (colour if colour in Colour else "")


@desk_list("orders")
def orders_list(desk: Desk, query: QueryDict) -> DeskList:
    """Supervision orders in the user's reach: those still open unless asked otherwise, of one colour or all."""
    shown, colour = _chosen(query)
    rows = SupervisionOrder.objects.for_user(desk.user).select_related(
        "commitment__project", "commitment__meeting__community"
    )
    if shown == "open":
        rows = rows.open()
    if colour:
        rows = rows.filter(colour=colour)
    return DeskList(
        title=_("Supervision orders"),
        rows=rows.order_by("-issued_on", "-pk"),
        columns=[
            (_("Number"), "number"),
            (_("Colour"), "get_colour_display"),
            (_("Problem"), "commitment.problem"),
            (_("Service project"), "commitment.project"),
            (_("Community"), "commitment.meeting.community"),
            (_("Due on"), "due_on"),
            (_("Issued on"), "issued_on"),
            (_("Reply"), "reply"),
        ],
        filters=[(_("Show"), SHOWN[shown]), (_("Colour"), Colour(colour).label if colour else "")],
    )


@desk_page
def orders(request: HttpRequest) -> HttpResponse:
    """A page of the supervision orders."""
    chosen, colour = _chosen(request.GET)
    page = Paginator(orders_list(request.desk, request.GET).rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "chosen": chosen,
        "colour": colour,
        "choices": SHOWN.items(),
        "colours": [("", _("Every colour")), *Colour.choices],
        "page_query": f"show={chosen}&colour={colour}&",
    }
    return show(request, "desk/orders.html", context)


def _order(request: HttpRequest, pk: int) -> SupervisionOrder:
    found = SupervisionOrder.objects.for_user(request.user).select_related(
        "commitment__project__enterprise",
        "commitment__compound",
        "commitment__meeting__community__subdistrict",
        "district",
    )
    return get_object_or_404(found, pk=pk)


@desk_page
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """One supervision order as it is printed."""
    found = _order(request, pk)
    return show(request, "desk/order.html", {"order": found, "paper": order_paper(found).to_dict()})


@desk_page
def paper_of_order(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The order as .docx or PDF."""
    document = order_paper(_order(request, pk))
    return paper_answer(request, document, form, reverse("desk:order", args=[pk]))


def _of_state(desk: Desk, state: str) -> QuerySet[Exclusion]:
    if not desk.sees_meetings:
        raise Http404
    return (
        Exclusion.objects.for_user(desk.user)
        .filter(state=state)
        .select_related(
            "asked_by",
            "decided_by",
            "commitment__project",
            "commitment__meeting__community",
            "request__compound",
        )
    )


def _what(row: Exclusion) -> str:
    return row.commitment.problem if row.commitment_id else f"{row.request.code} · {row.request.compound}"


def _asked_columns() -> list[tuple[str, Cell]]:
    return [
        (_("What"), _what),
        (_("Reason"), "get_reason_display"),
        (_("Explanation"), "explanation"),
        (_("Asked by"), "asked_by"),
    ]


@desk_list("exclusions-waiting")
def waiting_list(desk: Desk, query: QueryDict) -> DeskList:
    """Exclusions that wait for the second signature."""
    rows = _of_state(desk, Exclusion.State.ASKED).order_by("pk")
    return DeskList(_("Left out of scoring: waits for a second signature"), rows, _asked_columns())


@desk_list("exclusions")
def signed_list(desk: Desk, query: QueryDict) -> DeskList:
    """Exclusions that were signed, the latest first."""
    return DeskList(
        title=_("Left out of scoring: signed"),
        rows=_of_state(desk, Exclusion.State.SIGNED).order_by("-decided_at", "-pk"),
        columns=[*_asked_columns(), (_("Signed by"), "decided_by"), (_("Signed at"), "decided_at")],
    )


@desk_list("exclusion-shares")
def shares_list(desk: Desk, query: QueryDict) -> DeskList:
    """The share that each community left out in the last twelve months."""
    if not desk.sees_meetings:
        raise Http404
    last = Period.of(PeriodKind.MONTH, desk.today)
    first = last.shift(1 - MONTHS_SHOWN)
    communities = list(Community.objects.for_user(desk.user).select_related("subdistrict"))
    found = shares(communities, first, last)
    return DeskList(
        title=_("Share left out of scoring, by community"),
        rows=found,
        columns=[
            (_("Community"), "community"),
            (_("Promises"), "commitments"),
            (_("Left out"), "excluded"),
            (_("Share (%)"), "percent"),
            (_("Residents' requests"), "requests"),
            (_("Requests left out"), "excluded_requests"),
            (_("Share of requests (%)"), "percent_of_requests"),
        ],
        filters=[(_("Months"), f"{first} – {last}")],
    )


@desk_page
def excluded(request: HttpRequest) -> HttpResponse:
    """What waits for a second signature, and the share that each community leaves out of scoring."""
    desk = request.desk
    waiting = waiting_list(desk, request.GET).rows
    page = Paginator(signed_list(desk, request.GET).rows, PAGE).get_page(request.GET.get("page"))
    found = shares_list(desk, request.GET).rows
    typed, about = held(request)
    last = Period.of(PeriodKind.MONTH, desk.today)
    total = sum(share.commitments for share in found)
    context = {
        "waiting": waiting[:PAGE],
        "page_obj": page,
        "shares": [share for share in found if share.excluded or share.excluded_requests],
        "none": sum(1 for share in found if not (share.excluded or share.excluded_requests)),
        "total_requests": sum(share.requests for share in found),
        "total_excluded_requests": sum(share.excluded_requests for share in found),
        "may_sign": bool(desk.subdistrict_ids),
        "user_pk": request.user.pk,
        "typed": typed or {},
        "typed_at": int(about.get("step", "0").removeprefix("exclusion-")),
        "total": total,
        "total_excluded": sum(share.excluded for share in found),
        "first": last.shift(1 - MONTHS_SHOWN),
        "last": last,
        "excluded_state": Commitment.State.EXCLUDED,
    }
    return show(request, "desk/exclusions.html", context)


@require_POST
@desk_page
def exclude_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a request leaves scoring."""
    found = get_object_or_404(ResidentRequest.objects.for_user(request.user), pk=pk)
    text = masked(request, request.POST.get("text", ""))
    return carry_out(
        request,
        lambda: exclusions.ask_exclusion(
            request=found,
            reason=request.POST.get("reason", ""),
            explanation=text,
            acting_user=request.user,
        ),
        _("Asked. It counts until a clerk of the subdistrict signs."),
        reverse("desk:request", args=[pk]),
        holding="exclude",
    )


@require_POST
@desk_page
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign an exclusion or refuse it, as the second person."""
    found = get_object_or_404(Exclusion.objects.for_user(request.user), pk=pk)
    sign = request.POST.get("do") == "sign"
    text = masked(request, request.POST.get("text", ""))
    return carry_out(
        request,
        lambda: exclusions.decide_exclusion(exclusion=found, sign=sign, text=text, acting_user=request.user),
        _("Signed. It is left out of scoring.") if sign else _("Refused. It stays in scoring."),
        reverse("desk:exclusions"),
        holding=f"exclusion-{pk}",
    )
