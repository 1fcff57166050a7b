"""Scores at the desk: an enterprise reads its cards line by line and asks where each number comes from."""

import tempfile
from decimal import Decimal
from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.explaining import distance_of_card, indicator_or_none, vetoes_of_card
from evaluations.models import EvaluationPeriod, ListEntry, Objection, Scorecard
from evaluations.services.bundles import write_bundle
from evaluations.services.objections import file_objection
from evaluations.trend_charts import trend_chart
from evaluations.trends import project_trend
from redprop.common.errors import Refused
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show
from redprop.desk.results import (
    Fact,
    Line,
    cards_for,
    explained,
    facts_behind,
    lines_of,
    pseudonym_in,
    quarters_of,
    release_of,
    targets_in_words,
    with_places,
)

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
    away = distance_of_card(found)
    lines = explained(lines_of(found), found, request.user, away=away)
    period, release = found.run.period, release_of(found)
    trend = project_trend(period.district, found.project_id, period.kind)
    context = {
        "card": found,
        "entry_link": entry.pk if entry and entry.is_named else None,
        "lines": lines,
        "lost": sum((line.lost for line in lines), Decimal(0)),
        "targets": targets_in_words(away, lines),
        "vetoes": vetoes_of_card(found),
        "quarters": quarters_of(found),
        "release": release,
        "pseudonym": pseudonym_in(release, found),
        "trend": trend,
        "drawing": trend_chart(str(found.project), trend, period.rubric),
        "objections": list(entry.objections.order_by("filed_at")) if entry and is_contact else [],
        "may_object": bool(
            entry
            and is_contact
            and entry.state in (ListEntry.State.NOTICED, ListEntry.State.HELD)
            and entry.notice_starts_on <= request.desk.today <= entry.notice_ends_on
        ),
    }
    return show(request, "desk/score.html", context)


@desk_page
def bundle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The bundle of the release that a card stands in, to recompute it."""
    found = get_object_or_404(cards_for(request.user), pk=pk)
    release = release_of(found)
    if release is None:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bundle.zip"
        try:
            write_bundle(release=release, path=out)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("desk:score", pk)
        return FileResponse(out.open("rb"), as_attachment=True, filename=f"{release.index_number}.zip")


@desk_list("score-lost")
def lost_list(desk: Desk, query: QueryDict) -> DeskList:
    """Everything that the points of one card were lost for; `of` is the card."""
    of = query.get("of", "")
    if not of.isdecimal() or len(of) > 18:
        raise Http404
    card = get_object_or_404(cards_for(desk.user), pk=int(of))
    rows = [(line, one) for line in explained(lines_of(card), card, desk.user) for one in line.losses]
    return DeskList(
        title=_("What points were lost for"),
        rows=rows,
        columns=[
            (_("Item"), lambda row: row[0].item.title),
            (_("Day"), lambda row: row[1].day),
            (_("Fact"), lambda row: row[1].what),
            (_("Why"), lambda row: row[1].why),
            (_("Points lost"), lambda row: row[1].points),
        ],
        filters=[(_("Service project"), card.project), (_("Period"), card.run.period)],
    )


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
    if line is None or indicator_or_none(line.item.source) is None:
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
    [line] = explained([line], found, request.user, only=item)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return show(
        request, "desk/score_facts.html", {"card": found, "line": line, "page_obj": page, "page_query": ""}
    )
