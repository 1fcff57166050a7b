"""Scores at the desk: an enterprise reads its cards line by line and asks where each number comes from."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.indicators import REGISTRY
from evaluations.models import EvaluationPeriod, ListEntry, Objection, Scorecard
from evaluations.services.objections import file_objection
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show
from redprop.desk.results import Fact, Line, cards_for, facts_behind, lines_of, with_places

PAGE = 50


def _periods(desk: Desk, query: QueryDict) -> tuple[list[EvaluationPeriod], EvaluationPeriod | None]:
    cards = cards_for(desk.user)
    periods = list(EvaluationPeriod.objects.filter(pk__in=cards.order_by().values("run__period")))
    chosen = next((p for p in periods if p.code == query.get("period")), periods[0] if periods else None)
    return periods, chosen


@desk_list("scores")
def scores_list(desk: Desk, query: QueryDict) -> DeskList:
    """The cards of one published period, the latest unless another is chosen."""
    _all, chosen = _periods(desk, query)
    cards = cards_for(desk.user)
    return DeskList(
        title=_("Scores of service projects"),
        rows=cards.filter(run__period=chosen).order_by("project__code", "-run") if chosen else cards.none(),
        columns=[
            (_("Period"), "run.period"),
            (_("Service project"), "project"),
            (_("Enterprise"), "enterprise"),
            (_("Total (points)"), "total"),
            (_("Result"), "entry.get_colour_display"),
            (_("Rank"), "entry.rank"),
        ],
        filters=[(_("Period"), chosen or "")],
        prepare=with_places,
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of the cards of one published period."""
    periods, chosen = _periods(request.desk, request.GET)
    found = scores_list(request.desk, request.GET)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
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
    entry, is_contact = found.entry, found.enterprise_id in {e.pk for e in request.desk.enterprises}
    context = {
        "card": found,
        "entry_link": entry.pk if entry and entry.is_named else None,
        "lines": lines_of(found),
        "objections": list(entry.objections.order_by("filed_at")) if entry and is_contact else [],
        "may_object": bool(
            entry
            and is_contact
            and entry.state in (ListEntry.State.NOTICED, ListEntry.State.HELD)
            and entry.notice_starts_on <= request.desk.today <= entry.notice_ends_on
        ),
    }
    return show(request, "desk/score.html", context)


@require_POST
@desk_page
def object_to(request: HttpRequest, pk: int) -> HttpResponse:
    """File the enterprise's objection to its entry, as a whole or to one item."""
    [found] = with_places([get_object_or_404(cards_for(request.user), pk=pk)])
    if found.entry is None:
        raise Http404
    item = request.POST.get("item", "")
    if item and not found.run.period.rubric.items.filter(code=item).exists():
        raise Http404
    return carry_out(
        request,
        lambda: file_objection(
            entry=found.entry,
            by=Objection.By.ENTERPRISE,
            text=request.POST.get("text", ""),
            item=item,
            acting_user=request.user,
        ),
        _("Filed. The entry is held until the objection is decided."),
        reverse("desk:score", args=[pk]),
    )


def _facts(desk: Desk, pk: int, item: str) -> tuple[Scorecard, Line, list[Fact]]:
    found = get_object_or_404(cards_for(desk.user), pk=pk)
    line = next((row for row in lines_of(found) if row.item.code == item), None)
    if line is None or line.item.source not in REGISTRY:
        raise Http404
    return found, line, facts_behind(found, line.item, desk.user)


@desk_list("score-facts")
def facts_list(desk: Desk, query: QueryDict) -> DeskList:
    """The facts behind one line; `of` is the card and `item` the line."""
    of = query.get("of", "")
    if not of.isdecimal() or len(of) > 18:
        raise Http404
    card, line, rows = _facts(desk, int(of), query.get("item", ""))
    return DeskList(
        title=str(line.item.title),
        rows=rows,
        columns=[
            (_("Day"), "day"),
            (_("Fact"), "label"),
            (_("Counts"), "numerator"),
            (_("Out of"), "denominator"),
        ],
        filters=[(_("Service project"), card.project), (_("Period"), card.run.period)],
    )


@desk_page
def facts(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Where one line comes from: the rows that gave its value."""
    found, line, rows = _facts(request.desk, pk, item)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return show(
        request, "desk/score_facts.html", {"card": found, "line": line, "page_obj": page, "page_query": ""}
    )
