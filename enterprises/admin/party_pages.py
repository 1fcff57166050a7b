"""The pages “two coverages”, “two standards” and “three batches”: as of a day, with charts, rows behind each figure, files.

They hang on the page of party organisations; figures, page and file come from `enterprises.party_figures`.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises import development, talent  # noqa: F401  they register their figures
from enterprises.coverage import Reach, Tally, enterprises_on, projects_on, tally
from enterprises.guide_work import Work, owed_in_year, work_of_year
from enterprises.party_columns import columns_of, prepared
from enterprises.party_figures import FIGURES, GROUPS, PAGES, figures_of, may_see
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common import charts
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular.writing import ENDINGS, Table
from redprop.core.admin.base import districts_of, today_of
from redprop.core.downloads import send
from redprop.core.services.listings import AS_SHOWN, Listing, plain, scope_text, source

SEE = "enterprises.view_partyorganisation"
QUARTERS = 8
PER_PAGE = 50

PAPER_TITLES = {
    "coverage": "%s物业行业党的组织和工作“两个覆盖”情况统计表",
    "standards": "%s物业行业党组织“两个规范”情况统计表",
    "batches": "%s物业行业人才“三个一批”情况统计表",
    "talent": "%s物业行业大学生培养使用情况统计表",
}
"""Titles of the printed tables: the paper's own words, as in the district's files."""


class PartyPages:
    """Adds the three pages, the rows behind a figure, and their files."""

    def get_urls(self) -> list[Any]:
        """The addresses in front of the usual ones."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        name = "enterprises_partyorganisation"
        return [
            path("figures/<slug:page>/", wrap(self.figures_view), name=f"{name}_figures"),
            path(
                "figures/<slug:page>/file.<slug:ending>",
                wrap(self.figures_file_view),
                name=f"{name}_figures_file",
            ),
            path("rows/<slug:code>/", wrap(self.rows_view), name=f"{name}_rows"),
            path("rows/<slug:code>/file.<slug:ending>", wrap(self.rows_file_view), name=f"{name}_rows_file"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with links to the pages."""
        links = [
            {"title": title, "url": reverse("admin:enterprises_partyorganisation_figures", args=[name])}
            for name, (title, _groups) in PAGES.items()
        ]
        if self.has_add_permission(request):  # type: ignore[attr-defined]
            links.append(
                {"title": _("Propose a form"), "url": reverse("admin:enterprises_partyorganisation_propose")}
            )
        return super().changelist_view(request, {"party_links": links, **(extra_context or {})})  # type: ignore[misc]

    def _reach(self, request: HttpRequest) -> Reach:
        if not request.user.has_perm(SEE) or not districts_of(request):
            raise PermissionDenied
        return Reach(districts_of(request)[0], _day(request.GET, today_of(request)), request.user)  # type: ignore[arg-type]

    def figures_view(self, request: HttpRequest, page: str) -> HttpResponse:
        """Show one of the three pages as of the chosen day."""
        reach = self._reach(request)
        if page not in PAGES:
            raise Http404
        groups = _groups(page, reach)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": PAGES[page][0],
            "page": page,
            "pages": [
                (name, title, reverse("admin:enterprises_partyorganisation_figures", args=[name]))
                for name, (title, _g) in PAGES.items()
            ],
            "day": reach.day,
            "district": reach.district,
            "groups": groups,
            "trend": _trend(page, reach),
            "hidden": page in ("batches", "talent")
            and not request.user.has_perm("enterprises.view_graduate"),
            "stages_elsewhere": page == "batches"
            and not (settings.PARTY_DEVELOPMENT and request.user.has_perm("enterprises.view_partystage")),
            "list_url": reverse("admin:enterprises_partyorganisation_changelist"),
        }
        return TemplateResponse(request, "admin/enterprises/party_page.html", context)

    def rows_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show the rows behind a figure."""
        reach = self._reach(request)
        opened = _opened(code, reach)
        if opened is None:
            raise Http404
        page, title, rows, columns = opened
        found = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": f"{PAGES[page][0]} · {title}",
            "day": reach.day,
            "headers": [header for header, _cell in columns],
            "rows": [
                (
                    _address(row),
                    [(header, plain(cell(row))) for header, cell in columns],
                )
                for row in found.object_list
            ],
            "found": found,
            "back": reverse("admin:enterprises_partyorganisation_figures", args=[page]),
        }
        return TemplateResponse(request, "admin/enterprises/party_rows.html", context)

    def figures_file_view(self, request: HttpRequest, page: str, ending: str) -> HttpResponse:
        """The page as a file with the district's table heads."""
        return self._file(request, f"party:{page}", ending)

    def rows_file_view(self, request: HttpRequest, code: str, ending: str) -> HttpResponse:
        """The rows behind a figure as a file."""
        return self._file(request, f"party:rows.{code}", ending)

    def _file(self, request: HttpRequest, page: str, ending: str) -> HttpResponse:
        self._reach(request)
        if ending not in ENDINGS:
            raise Http404
        return send(request, party_listing(request.user, page, AS_SHOWN, request.GET), ending)  # type: ignore[arg-type, no-any-return]


def _day(query: QueryDict, today: dt.date) -> dt.date:
    try:
        day = parse_date(query.get("on", ""))
    except ValueError:
        day = None
    return min(day, today) if day else today


GUIDE_ROWS = {
    "guide_owed": gettext_lazy("owed up to this day"),
    "guide_overdue": gettext_lazy("not done in its period"),
}
"""Figures whose rows are pieces of work, not rows of a table."""

WORK_COLUMNS: Any = (
    (gettext_lazy("party organisation"), lambda work: work.organisation.name),
    (gettext_lazy("work item"), lambda work: work.item.title),
    (gettext_lazy("period of the work"), lambda work: str(work.period)),
    (gettext_lazy("due on"), lambda work: work.period.end),
    (gettext_lazy("state"), lambda work: work.check.get_state_display() if work.check else None),
)


def _opened(code: str, reach: Reach) -> tuple[str, str, Any, Any] | None:
    """Page, title, rows and columns behind a figure; None where the user has no such figure."""
    if code in GUIDE_ROWS:
        work = owed_in_year(reach)
        if code == "guide_overdue":
            work = [one for one in work if not one.is_done]
        return "standards", f"{GROUPS['guide']} · {GUIDE_ROWS[code]}", work, WORK_COLUMNS
    one = FIGURES.get(code)
    if one is None or not may_see(one, reach.user):
        return None
    rows = prepared(one.rows(reach), reach)
    return one.page, f"{GROUPS[one.group]} · {one.title}", rows, columns_of(rows.model)


def _address(row: Any) -> str:
    if isinstance(row, Work):
        return _address(row.check or row.organisation)
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def _values(page: str, reach: Reach) -> dict[str, int]:
    """Count the figures of a page that the user may see."""
    if page == "coverage":
        found: dict[str, int] = {}
        for name, base in (("enterprises", enterprises_on), ("projects", projects_on)):
            one = tally(base(reach), reach.day)
            found |= {
                name: one.total,
                f"{name}_single": one.single,
                f"{name}_joint": one.joint,
                f"{name}_adviser": one.adviser,
                f"{name}_with_party": one.worked,
                f"{name}_without_party": one.without,
            }
        return found
    return {one.code: one.rows(reach).order_by().count() for one in figures_of(page, reach.user)}


def share(value: int, whole: int) -> str:
    """A share cut to one place: 100 % is said only of all."""
    return f"{value * 1000 // whole / 10:.1f}%" if whole else "—"


def _groups(page: str, reach: Reach) -> list[dict[str, Any]]:
    """The groups of a page: each with its table and chart."""
    values, found = _values(page, reach), []
    for group in PAGES[page][1]:
        rows = []
        for one in figures_of(page, reach.user):
            if one.group == group:
                whole = values.get(one.of, 0) if one.of else 0
                rows.append(
                    {
                        "figure": one,
                        "value": values[one.code],
                        "whole": whole,
                        "share": share(values[one.code], whole) if one.of else "",
                        "url": reverse("admin:enterprises_partyorganisation_rows", args=[one.code])
                        + f"?on={reach.day.isoformat()}",
                        "is_gap": one.is_gap and values[one.code] > 0,
                    }
                )
        work = work_of_year(reach) if group == "guide" else None
        if rows:
            title = str(GROUPS[group])
            shown = [(str(r["figure"].title), r["value"], f"{r['value']} {r['share']}".strip()) for r in rows]
            if work is not None:
                shown.insert(0, (_("owed up to this day"), work.owed, str(work.owed)))
            found.append(
                {"title": title, "rows": rows, "work": work, "chart": charts.bars(shown, title=title)}
            )
    return found


def _trend(page: str, reach: Reach) -> Any:
    """Columns of the last quarter ends, for the page of coverages."""
    if page != "coverage":
        return None
    last = Period.of(PeriodKind.QUARTER, reach.day)
    ends = [last.shift(-back).end for back in range(QUARTERS, 0, -1)]
    if last.end == reach.day:
        ends = [*ends[1:], reach.day]
    points, table = [], []
    for end in ends:
        there = Reach(reach.district, end, reach.user)
        firms, projects = tally(enterprises_on(there), end), tally(projects_on(there), end)
        points.append((f"{end:%y-%m}", (firms.worked, projects.worked)))
        table.append((end, firms, projects))
    title = _("Covered at the end of each quarter")
    names = (_("enterprises"), _("service projects"))
    return {"title": title, "chart": charts.columns(points, names=names, title=title), "table": table}


# Files


@source("party")
def party_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open a page, or the rows behind a figure, as a table; the day stands in the address."""
    name = page.partition(":")[2]
    if not (user.is_active and user.is_staff and user.has_perm(SEE)):
        raise PermissionDenied
    mine = District.objects.for_user(user).order_by("pk").first()
    if mine is None:
        raise PermissionDenied
    reach = Reach(mine, _day(query, business_today(mine)), user)
    if name.startswith("rows."):
        table, count = _rows_table(name.removeprefix("rows."), reach)
    elif name in PAGES:
        table, count = _page_table(name, reach)
    else:
        raise Refused(_("This list does not exist any more."), code="no-list")
    words = f"截止日期：{reach.day.isoformat()}"
    # The paper's own lines: who reports, as of when, when it was made.
    table.above = [
        table.title,
        f"填报单位：{mine.name}　　截止日期：{reach.day:%Y年%-m月%-d日}　　制表日期：{business_today(mine):%Y年%-m月%-d日}",
    ]
    return Listing(page, register, mine, table, count, query.urlencode(), words, scope_text(user))


def _rows_table(code: str, reach: Reach) -> tuple[Table, int]:
    opened = _opened(code, reach)
    if opened is None:
        raise PermissionDenied
    _page, title, rows, columns = opened

    def cells() -> Iterator[list[Any]]:
        for row in rows if isinstance(rows, list) else rows.iterator(chunk_size=500):
            yield [plain(cell(row)) for _header, cell in columns]

    headers = [str(header) for header, _cell in columns]
    count = len(rows) if isinstance(rows, list) else rows.order_by().count()
    return Table(title, headers, cells(), widths=[20] * len(headers)), count


def _page_table(page: str, reach: Reach) -> tuple[Table, int]:
    title = PAPER_TITLES[page] % reach.district.name
    if page == "coverage":
        lines = [
            _coverage_line("物业服务企业", tally(enterprises_on(reach), reach.day)),
            _coverage_line("物业服务项目", tally(projects_on(reach), reach.day)),
        ]
        headers = [
            "类别",
            "总数",
            "单建",
            "联建",
            "已建党组织合计",
            "组织覆盖率",
            "选派指导员",
            "工作覆盖合计",
            "工作覆盖率",
            "未覆盖",
        ]
        return Table(title, headers, lines, widths=[16] * len(headers)), len(lines)
    rows = []
    for group in _groups(page, reach):
        if group["work"] is not None:
            rows.append([group["title"], _("owed up to this day"), group["work"].owed, None])
        rows += [
            [group["title"], str(r["figure"].title), r["value"], r["share"] or None] for r in group["rows"]
        ]
    return Table(title, ["类别", "项目", "数量", "占比"], rows, widths=[16, 40, 12, 12]), len(rows)


def _coverage_line(name: str, one: Tally) -> list[Any]:
    return [
        name,
        one.total,
        one.single,
        one.joint,
        one.organised,
        one.share(one.organised),
        one.adviser,
        one.worked,
        one.share(one.worked),
        one.without,
    ]


__all__ = ["PartyPages", "party_listing"]
