"""Scores at the desk: an enterprise reads its cards line by line and asks where each number comes from."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from evaluations.indicators import REGISTRY
from evaluations.models import EvaluationPeriod
from redprop.desk.page import desk_page, show
from redprop.desk.results import cards_for, facts_behind, lines_of, with_places

PAGE = 50


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The cards of one published period, the latest unless another is chosen."""
    cards = cards_for(request.user)
    periods = list(EvaluationPeriod.objects.filter(pk__in=cards.order_by().values("run__period")))
    chosen = next(
        (p for p in periods if p.code == request.GET.get("period")), periods[0] if periods else None
    )
    rows = cards.filter(run__period=chosen).order_by("project__code", "-run") if chosen else cards.none()
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = with_places(list(page.object_list))
    context = {
        "page_obj": page,
        "periods": periods,
        "chosen": chosen,
        "page_query": f"period={chosen.code}&" if chosen else "",
    }
    return show(request, "desk/scores.html", context)


@desk_page
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """One card with all its lines."""
    [found] = with_places([get_object_or_404(cards_for(request.user), pk=pk)])
    return show(request, "desk/score.html", {"card": found, "lines": lines_of(found)})


@desk_page
def facts(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Where one line comes from: the rows that gave its value."""
    found = get_object_or_404(cards_for(request.user), pk=pk)
    line = next((row for row in lines_of(found) if row.item.code == item), None)
    if line is None or line.item.source not in REGISTRY:
        raise Http404
    rows = facts_behind(found, line.item, request.user)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return show(
        request, "desk/score_facts.html", {"card": found, "line": line, "page_obj": page, "page_query": ""}
    )
