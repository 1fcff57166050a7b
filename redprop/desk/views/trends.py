"""Trends over periods: of one enterprise with its projects, for itself and for the staff of its area."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from enterprises.models import Enterprise
from evaluations.models import Rubric
from evaluations.trend_charts import trend_chart
from evaluations.trends import Point, enterprise_trend, projects_trends
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show

PAGE = 20


def _firms(desk: Desk) -> list[Enterprise]:
    if desk.enterprises:
        return list(desk.enterprises)
    return list(Enterprise.objects.for_user(desk.user).order_by("pinyin", "pk")[:500])


def _chosen(desk: Desk, query: QueryDict) -> tuple[list[Enterprise], Enterprise | None, str]:
    firms, wanted = _firms(desk), query.get("enterprise", "")
    chosen = next((firm for firm in firms if str(firm.pk) == wanted), firms[0] if firms else None)
    kind = query.get("kind", "")
    return firms, chosen, kind if kind in Rubric.PeriodKind.values else str(Rubric.PeriodKind.QUARTER)


@desk_list("trends")
def trends_list(desk: Desk, query: QueryDict) -> DeskList:
    """Every final total of the enterprise's projects, one row for each project and period."""
    _all, chosen, kind = _chosen(desk, query)
    rows: list[tuple[object, Point]] = []
    if chosen is not None:
        for project, points in projects_trends(chosen.district, chosen.pk, kind).items():
            rows += [(project, point) for point in points]
    return DeskList(
        title=_("Totals over the periods"),
        rows=rows,
        columns=[
            (_("Service project"), lambda row: str(row[0])),
            (_("Period"), lambda row: row[1].label),
            (_("Total (points)"), lambda row: row[1].total),
            (_("Rank"), lambda row: row[1].rank),
            (_("Ranked projects"), lambda row: row[1].ranked),
        ],
        filters=[(_("Enterprise"), chosen or "")],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The enterprise on its list, and each of its projects, over the periods."""
    firms, chosen, kind = _chosen(request.desk, request.GET)
    context: dict[str, object] = {
        "firms": firms,
        "chosen": chosen,
        "kind": kind,
        "kinds": Rubric.PeriodKind.choices,
    }
    if chosen is not None:
        found = projects_trends(chosen.district, chosen.pk, kind)
        page = Paginator(list(found.items()), PAGE).get_page(request.GET.get("page"))
        rubric = (
            Rubric.objects.filter(district=chosen.district_id, period_kind=kind)
            .order_by("-valid_from", "-pk")
            .first()
        )
        own = enterprise_trend(chosen.district, chosen.pk, kind)
        page.object_list = [
            {
                "project": project,
                "points": points,
                "drawing": trend_chart(str(project), points, rubric, compact=True),
            }
            for project, points in page.object_list
        ]
        context |= {
            "page_obj": page,
            "own": own,
            "drawing": trend_chart(str(chosen), own),
            "page_query": f"enterprise={chosen.pk}&kind={kind}&",
        }
    return show(request, "desk/trends.html", context)
