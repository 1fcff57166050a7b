"""The open period as it stands so far, for the enterprise itself: provisional, nobody else's result beside it."""

from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from enterprises.models import ServiceProject
from evaluations.explaining import distance_of, explain_line, indicator_or_none, lost_points, vetoes_in
from evaluations.models import EvaluationPeriod, RubricItem
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import quarter_numbers
from evaluations.services.so_far import (
    SoFar,
    evidence_so_far,
    open_period,
    parameters_so_far,
    reached_so_far,
    standing_so_far,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show
from redprop.desk.results import Line, line_of, shown_losses, targets_in_words, with_losses

PAGE = 50


def _reach(desk: Desk) -> QuerySet[ServiceProject]:
    """The projects whose standing the user may see: a firm its own, staff those of their area."""
    rows = ServiceProject.objects.for_user(desk.user).select_related("enterprise")
    if desk.enterprises:
        rows = rows.filter(enterprise__in=[firm.pk for firm in desk.enterprises])
    return rows.order_by("enterprise__pinyin", "code")


def _running(desk: Desk) -> tuple[EvaluationPeriod | None, QuerySet[ServiceProject]]:
    period = open_period(desk.district) if desk.district else None
    rows = _reach(desk)
    return period, rows.active_on(min(desk.today, period.ends_on)) if period else rows.none()


def _standing(period: EvaluationPeriod, rows: list[ServiceProject]) -> list[dict[str, Any]]:
    found = standing_so_far(period, {row.enterprise_id for row in rows}) if rows else {}
    rubric = value_of(period.rubric)
    told = []
    for row in rows:
        one = found.get(row.pk)
        reached, available = reached_so_far(rubric, one.card) if one else (None, None)
        told.append({"project": row, "found": one, "reached": reached, "available": available})
    return told


@desk_list("so-far")
def so_far_list(desk: Desk, query: QueryDict) -> DeskList:
    """The own projects as they stand in the open quarter."""
    period, rows = _running(desk)
    projects = list(rows)
    return DeskList(
        title=_("Standing so far (provisional)"),
        rows=_standing(period, projects) if period else [],
        columns=[
            (_("Service project"), "project"),
            (_("Enterprise"), "project.enterprise"),
            (_("Points reached so far"), "reached"),
            (_("Of points that could be reached"), "available"),
            (_("Total if it ended today (provisional)"), "found.card.total"),
        ],
        filters=[(_("Period"), period or ""), (_("As of"), desk.today)],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The own projects as they stand, a page at a time."""
    period, rows = _running(request.desk)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = _standing(period, list(page.object_list)) if period else []
    return show(request, "desk/so_far.html", {"page_obj": page, "period": period, "page_query": ""})


@desk_page
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """One project as it stands: line by line, what points are lost for so far, what could still be reached."""
    desk = request.desk
    period, rows = _running(desk)
    row = get_object_or_404(rows, pk=pk)
    if period is None:
        raise Http404
    found = standing_so_far(period, [row.enterprise_id]).get(row.pk)
    context: dict[str, Any] = {"project": row, "period": period, "found": found}
    if found is not None:
        context |= _explained(desk, period, row, found)
    return show(request, "desk/so_far_project.html", context)


def _explained(desk: Desk, period: EvaluationPeriod, row: ServiceProject, found: SoFar) -> dict[str, Any]:
    rubric, firms = value_of(period.rubric), [row.enterprise_id]
    parameters = parameters_so_far(period, firms)
    items = {item.code: item for item in period.rubric.items.order_by("position", "pk")}
    losses, lines = {}, []
    for item, line, value in zip(rubric.items, found.card.lines, found.values, strict=True):
        lines.append(_line(items[item.code], line, value, rubric))
        indicator = indicator_or_none(item.source)
        if indicator is not None and lost_points(item, line.points) > 0:
            facts = evidence_so_far(period, firms, row.pk, item.source, item.code)
            losses[item.code] = explain_line(indicator, item, line.points, facts, parameters)
    away = distance_of(rubric, found.subject, found.card, quarter_numbers(period))
    lines = with_losses(lines, shown_losses(losses, desk.user), away)
    reached, available = reached_so_far(rubric, found.card)
    return {
        "lines": lines,
        "reached": reached,
        "available": available,
        "total": found.card.total,
        "lost": sum((line.lost for line in lines), Decimal(0)),
        "targets": targets_in_words(away, lines),
        "vetoes": vetoes_in(row.pk, parameters),
    }


def _line(item: RubricItem, line: Any, value: Any, rubric: Any) -> Line:
    return line_of(item, line.points, str(line.status), value, rubric)
