"""Supervision orders and exclusions at the desk: lists, the printed order, the share that is left out."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import Colour, Commitment, Exclusion, SupervisionOrder
from communities.order_paper import order_paper
from communities.services.exclusions import shares
from redprop.areas.models import Community
from redprop.common.periods import Period, PeriodKind
from redprop.desk.files import paper_answer
from redprop.desk.page import desk_page, show

PAGE = 50
MONTHS_SHOWN = 12


@desk_page
def orders(request: HttpRequest) -> HttpResponse:
    """Supervision orders in the user's reach: those still open unless asked otherwise, of one colour or all."""
    rows = SupervisionOrder.objects.for_user(request.user).select_related(
        "commitment__project", "commitment__meeting__community"
    )
    chosen = request.GET.get("show", "open")
    if chosen != "all":
        chosen, rows = "open", rows.open()
    colour = request.GET.get("colour", "")
    if colour in Colour:
        rows = rows.filter(colour=colour)
    else:
        colour = ""
    page = Paginator(rows.order_by("-issued_on", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "chosen": chosen,
        "colour": colour,
        "choices": [("open", _("Open")), ("all", _("All"))],
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


@desk_page
def excluded(request: HttpRequest) -> HttpResponse:
    """What waits for a second signature, and the share that each community leaves out of scoring."""
    desk = request.desk
    if not desk.sees_meetings:
        raise Http404
    waiting = Exclusion.objects.for_user(request.user).filter(state=Exclusion.State.ASKED)
    waiting = waiting.select_related(
        "asked_by", "commitment__project", "commitment__meeting__community", "request__compound"
    )
    last = Period.of(PeriodKind.MONTH, desk.today)
    first = last.shift(1 - MONTHS_SHOWN)
    communities = list(Community.objects.for_user(request.user).select_related("subdistrict"))
    signed = Exclusion.objects.for_user(request.user).filter(state=Exclusion.State.SIGNED)
    signed = signed.select_related("asked_by", "decided_by", "commitment__project", "request__compound")
    page = Paginator(signed.order_by("-decided_at"), PAGE).get_page(request.GET.get("page"))
    found = shares(communities, first, last)
    total = sum(share.commitments for share in found)
    context = {
        "waiting": waiting.order_by("pk")[:PAGE],
        "page_obj": page,
        "shares": [share for share in found if share.excluded],
        "none": sum(1 for share in found if not share.excluded),
        "total": total,
        "total_excluded": sum(share.excluded for share in found),
        "first": first,
        "last": last,
        "excluded_state": Commitment.State.EXCLUDED,
    }
    return show(request, "desk/exclusions.html", context)
