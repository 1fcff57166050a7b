"""The tables of the funnel of campaigns and of retention, the rows behind their numbers, and their files."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from enterprises.coverage import Reach
from enterprises.models import Post
from enterprises.retention import (
    BY,
    GONE,
    MONTHS,
    MOVED,
    SAME,
    STATES,
    STEPS,
    Line,
    Recruit,
    behind,
    funnels,
    lines,
    offers_on,
    recruits,
    with_step,
)
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common import charts
from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS, Table
from redprop.core.admin.base import districts_of, today_of
from redprop.core.downloads import send
from redprop.core.services.listings import AS_SHOWN, Listing, plain, scope_text, source

SEES = ("enterprises.view_graduate", "enterprises.view_campaign", "enterprises.view_campusoffer")
ENDS = dict(Post.End.choices)

FUNNEL_TITLE = "%s物业行业校园招聘情况统计表"
RETENTION_TITLE = "%s物业行业招录大学生留任情况统计表"
"""Titles of the printed tables: the paper's own words."""

Cell = tuple[Any, str]
"""A value and the address of the rows behind it, empty where nothing is behind."""


@dataclass
class Shown:
    """A table of a page: headers, lines of cells, the last one being the sum."""

    headers: list[str]
    rows: list[list[Cell]]
    chart: Any = None


def _day(query: QueryDict, today: dt.date) -> dt.date:
    try:
        day = parse_date(query.get("on", ""))
    except ValueError:
        day = None
    return min(day, today) if day else today


def reach_of(request: HttpRequest) -> Reach:
    if not request.user.has_perms(SEES) or not districts_of(request):
        raise PermissionDenied
    return Reach(districts_of(request)[0], _day(request.GET, today_of(request)), request.user)  # type: ignore[arg-type]


def year_of(query: QueryDict) -> int | None:
    text = query.get("year", "")
    return int(text) if text.isdecimal() and len(text) == 4 else None


def shown_by(query: QueryDict) -> str:
    return query.get("by", "") if query.get("by", "") in BY else "year"


# The tables


def funnel_table(reach: Reach, year: int | None) -> Shown:
    """The campaigns of a year, how far their offers came, and the sum."""
    found, total = funnels(reach, year)
    address = reverse("admin:enterprises_campaign_funnel_rows")

    def cells(one: Any) -> list[Cell]:
        own = {"campaign": one.campaign.pk} if one.campaign else {"year": year or ""}
        linked: list[Cell] = [
            (
                count,
                f"{address}?{urlencode({**own, 'step': step, 'on': reach.day.isoformat()})}" if count else "",
            )
            for step, count in one.steps.items()
        ]
        where = reverse("admin:enterprises_campaign_change", args=[one.campaign.pk]) if one.campaign else ""
        name = one.campaign.name if one.campaign else _("all together")
        day = one.campaign.held_from if one.campaign else None
        return [(name, where), (day, ""), (one.posts, ""), *linked]

    shown = [
        (str(title), total.steps[step], str(total.steps[step]))
        for step, title in STEPS.items()
        if step in ("made", "accepted", "taken_up", "in_post")
    ]
    shown.insert(0, (_("posts offered"), total.posts, str(total.posts)))
    return Shown(
        [
            _("campus recruiting campaign"),
            _("first day"),
            _("posts offered"),
            *(str(t) for t in STEPS.values()),
        ],
        [cells(one) for one in (*found, total)] if found else [],
        charts.bars(shown, title=_("From the post offered to the person in post")) if found else None,
    )


def retention_table(reach: Reach, by: str) -> Shown:
    """The cohorts, where they are now and after so many months, and the sum."""
    found, total = lines(recruits(reach), by)
    address = reverse("admin:enterprises_graduate_retention_rows")

    def link(line: Line, count: int, states: Sequence[str], months: int | None = None) -> Cell:
        if not count:
            return count, ""
        query = {"by": by, "states": "-".join(states), "on": reach.day.isoformat()}
        if line is not total:
            query["key"] = line.key
        if months:
            query["months"] = str(months)
        return count, f"{address}?{urlencode(query)}"

    def cells(line: Line) -> list[Cell]:
        row: list[Cell] = [
            (line.label, ""),
            link(line, line.hired, STATES),
            link(line, line.now[SAME], [SAME]),
            link(line, line.now[MOVED], [MOVED]),
            link(line, line.now[GONE], [GONE]),
        ]
        for months in MONTHS:
            row += [
                link(line, line.reached(months), STATES, months),
                link(line, line.stayed(months), [SAME, MOVED], months),
                (line.share(months), ""),
            ]
        return row

    headers = [
        {"year": _("year of recruitment"), "campaign": _("campus recruiting campaign")}.get(
            by, _("enterprise") if by == "firm" else _("school")
        ),
        _("recruited"),
        _("at the first enterprise"),
        _("at another enterprise"),
        _("left"),
    ]
    for months in MONTHS:
        headers += [
            _("%(months)s months reached") % {"months": months},
            _("still here"),
            _("retention"),
        ]
    points = [
        (_("after %(months)s months") % {"months": months}, total.stayed(months), total.share(months))
        for months in MONTHS
    ]
    return Shown(
        headers,
        [cells(line) for line in (*found, total)] if found else [],
        charts.bars(points, most=total.hired, title=_("Still in the trade")) if found else None,
    )


def recruit_rows(reach: Reach, query: QueryDict) -> tuple[list[str], list[list[Any]]]:
    by, months = shown_by(query), query.get("months", "")
    chosen = int(months) if months.isdecimal() and int(months) in MONTHS else None
    states = set(query.get("states", "").split("-")) & set(STATES) or set(STATES)
    rows = behind(recruits(reach), by, query.get("key"), chosen, states)
    headers = [
        _("person"),
        _("own code"),
        _("recruited on"),
        _("first enterprise"),
        _("campus recruiting campaign"),
        _("school"),
        _("now"),
        _("last day"),
        _("why it ended"),
    ]
    return headers, [_cells_of(one) for one in rows]


def _cells_of(one: Recruit) -> list[Any]:
    where = {SAME: _("at the first enterprise"), MOVED: _("at another enterprise"), GONE: _("left")}
    return [
        one.name,
        one.code,
        one.recruited_on,
        one.firm_name,
        one.campaign_name,
        one.school,
        where[one.now],
        one.last_day,
        str(ENDS.get(one.end_reason, "")),
    ]


def offer_rows(reach: Reach, query: QueryDict) -> tuple[list[str], list[list[Any]]]:
    rows = offers_on(reach)
    campaign = query.get("campaign", "")
    if campaign.isdecimal():
        rows = rows.filter(campaign=campaign)
    elif year := year_of(query):
        rows = rows.filter(campaign__held_from__year=year)
    step = query.get("step", "made")
    rows = with_step(rows, step if step in STEPS else "made")
    headers = [
        _("own code"),
        _("candidate"),
        _("campus recruiting campaign"),
        _("enterprise"),
        _("offer made on"),
        _("answered on"),
        _("first day in post"),
        _("state on the day"),
        _("reason"),
    ]
    names = {name: str(title) for name, title in STEPS.items()}
    found = rows.select_related("campaign", "enterprise", "person").order_by("made_on", "code")
    return headers, [
        [
            one.code,
            one.person.name if one.person else one.candidate,
            one.campaign.name,
            one.enterprise.name,
            one.made_on,
            one.answered_on if one.answered_on and one.answered_on <= reach.day else None,
            one.started_on if one.started_on and one.started_on <= reach.day else None,
            names[one.step],
            one.reason,
        ]
        for one in found
    ]


# Files


@source("talent")
def talent_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open a page, or the rows behind a number of it, as a table; day and filters stand in the address."""
    name = page.partition(":")[2]
    if not (user.is_active and user.is_staff and user.has_perms(SEES)):
        raise PermissionDenied
    mine = District.objects.for_user(user).order_by("pk").first()
    if mine is None:
        raise PermissionDenied
    reach = Reach(mine, _day(query, business_today(mine)), user)
    if name == "funnel":
        shown, title = funnel_table(reach, year_of(query)), FUNNEL_TITLE % mine.name
        headers, rows = shown.headers, [[plain(value) for value, _url in row] for row in shown.rows]
    elif name == "retention":
        shown, title = retention_table(reach, shown_by(query)), RETENTION_TITLE % mine.name
        headers, rows = shown.headers, [[plain(value) for value, _url in row] for row in shown.rows]
    elif name == "recruits":
        headers, rows = recruit_rows(reach, query)
        title = _("Recruits behind the number")
    elif name == "offers":
        headers, rows = offer_rows(reach, query)
        title = _("Offers behind the number")
    else:
        raise Refused(_("This list does not exist any more."), code="no-list")
    table = Table(title, headers, rows, widths=[24, *[14] * (len(headers) - 1)])
    table.above = [
        title,
        f"填报单位：{mine.name}　　截止日期：{reach.day:%Y年%-m月%-d日}　　制表日期：{business_today(mine):%Y年%-m月%-d日}",
    ]
    words = f"截止日期：{reach.day.isoformat()}"
    return Listing(page, register, mine, table, len(rows), query.urlencode(), words, scope_text(user))


def send_file(request: HttpRequest, name: str, ending: str) -> HttpResponse:
    reach_of(request)
    if ending not in ENDINGS:
        raise Http404
    return send(request, talent_listing(request.user, f"talent:{name}", AS_SHOWN, request.GET), ending)  # type: ignore[arg-type, no-any-return]
