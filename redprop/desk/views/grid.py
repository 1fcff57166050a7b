"""The grid at the desk: cells with their cover, the worklist of gaps, and how communities stand."""

import datetime as dt
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.cover import SHANGHAI, moment
from communities.models import GridArea, GridCell, GridMode, GridShift
from communities.rosters import DAYS_AHEAD, Gap, find_gaps
from communities.selectors import projects_serving
from communities.services import grid
from redprop.accounts.clock import business_now
from redprop.desk.grid_forms import AreaForm, CellForm, CoverForm, EndAreaForm
from redprop.desk.ledgers import (
    Act,
    Ledger,
    Link,
    Part,
    area_choice,
    in_words,
    narrow_to_area,
    require_area,
    run_form,
    show_detail,
    show_form,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page
from redprop.desk.tabs import tabs
from redprop.desk.views.volunteers import own_compounds

GAP_DAYS = 31


def _cells(desk: Desk, query: QueryDict) -> tuple[QuerySet, list]:
    area = area_choice(desk, query)
    pilot = value_choice(query, "mode", _("Cover"), [("24", _("24 hours")), ("pilot", _("pilot"))])
    rows = narrow_to_area(GridCell.objects.for_user(desk.user).open_on(desk.today), area)
    now = GridMode.objects.on(desk.today)
    if pilot.chosen == "24":
        rows = rows.filter(pk__in=now.filter(hours=24).values("cell"))
    elif pilot.chosen == "pilot":
        rows = rows.filter(pk__in=now.filter(project__isnull=False).values("cell"))
    return rows, [*area, pilot]


@desk_list("grid-cells")
def cells_list(desk: Desk, query: QueryDict) -> DeskList:
    """Cells with their area, cover, who is on duty now, and gaps of the next days."""
    require_area(desk, contacts=True)
    rows, choices = _cells(desk, query)
    now = business_now(desk.district) if desk.district else None

    def prepare(part: list[GridCell]) -> None:
        on_duty = {
            shift.cell_id: shift
            for shift in GridShift.objects.for_user(desk.user)
            .filter(cell__in=part, starts_at__lte=now, ends_at__gt=now)
            .select_related("worker")
        }
        counted: dict[int, int] = {}
        for gap in find_gaps(part, desk.today, _ahead(desk), desk.calendar):
            counted[gap.cell.pk] = counted.get(gap.cell.pk, 0) + 1
        for cell in part:
            cell.on_duty = on_duty.get(cell.pk)
            cell.gap_count = counted.get(cell.pk, 0)
            cell.mode_now = next(iter(cell.modes.all()), None)

    return DeskList(
        _("Grid cells"),
        rows.select_related("community")
        .prefetch_related(
            Prefetch("modes", GridMode.objects.on(desk.today).select_related("project")),
            Prefetch("areas", GridArea.objects.on(desk.today).select_related("compound")),
        )
        .order_by("code", "pk"),
        [
            (_("Name of the cell"), "name"),
            (_("Community"), "community"),
            (_("Area"), lambda cell: "；".join(str(area) for area in cell.areas.all())),
            (_("Cover"), lambda cell: cell.mode_now.get_hours_display() if cell.mode_now else None),
            (_("Covered by"), lambda cell: _by_whom(cell.mode_now)),
            (_("On duty now"), lambda cell: cell.on_duty.worker.name if cell.on_duty else None),
            (_("Gaps in 7 days"), "gap_count"),
        ],
        filters=in_words(choices),
        prepare=prepare,
    )


def _by_whom(mode: GridMode | None) -> str:
    if mode is None:
        return ""
    return _("pilot: %(project)s") % {"project": mode.project} if mode.project else _("grid workers")


def _ahead(desk: Desk) -> dt.date:
    return desk.today + dt.timedelta(days=DAYS_AHEAD - 1)


@desk_page
def cells(request: HttpRequest) -> HttpResponse:
    """The cells of the user's area."""
    desk = request.desk
    found = cells_list(desk, request.GET)
    buttons = [Link(reverse("desk:grid-roster"), _("Roster"), primary=True)]
    if desk.sees_meetings:
        buttons.append(Link(reverse("desk:grid-gaps"), _("Gaps")))
    if desk.subdistrict_ids or desk.sees_district:
        buttons.append(Link(reverse("desk:grid-overview"), _("By community")))
    if desk.communities:
        buttons.append(Link(reverse("desk:grid-workers"), _("Who may be on duty")))
        buttons.append(Link(reverse("desk:grid-cell-new"), _("New cell")))
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Who is on duty where. A cell without somebody on duty shows as a gap, a week ahead."),
            why=_("No cell is entered yet."),
            todo=_("The community's secretary enters cells with “New cell”."),
            list_name="grid-cells",
            link=lambda row: reverse("desk:grid-cell", args=[row.pk]),
            choices=_cells(desk, request.GET)[1],
            buttons=buttons,
            tabs=tabs(desk, "desk:grid"),
        ),
    )


@desk_list("grid-gaps")
def gaps_list(desk: Desk, query: QueryDict) -> DeskList:
    """Gaps of the next month."""
    require_area(desk)
    area = area_choice(desk, query)
    rows = narrow_to_area(GridCell.objects.for_user(desk.user).open_on(desk.today), area)
    found = find_gaps(
        rows.select_related("community"),
        desk.today,
        desk.today + dt.timedelta(days=GAP_DAYS - 1),
        desk.calendar,
    )
    return DeskList(
        _("Gaps of the rosters"),
        found,
        [
            (_("Grid cell"), lambda gap: str(gap.cell)),
            (_("Community"), lambda gap: str(gap.cell.community)),
            (_("Day"), "day"),
            (_("Time"), "hours_shown"),
            (_("Hours"), "hours"),
        ],
        filters=in_words(area),
    )


@desk_page
def gaps(request: HttpRequest) -> HttpResponse:
    """The worklist of gaps: each leads to the form that fills it."""
    desk = request.desk
    found = gaps_list(desk, request.GET)

    def fill(gap: Gap) -> str:
        if gap.cell.community_id not in desk.kept_community_ids:
            return reverse("desk:grid-cell", args=[gap.cell.pk])
        first, last = gap.starts_at.astimezone(SHANGHAI), gap.ends_at.astimezone(SHANGHAI)
        form = reverse("desk:grid-shift-new")
        return f"{form}?cell={gap.cell.pk}&day={gap.day}&from={first:%H:%M}&until={last:%H:%M}"

    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Today and the next 30 days, the earliest first."),
            why=_("No gap: every cell is covered."),
            todo=_("Gaps appear here by themselves when a shift is missing."),
            list_name="grid-gaps",
            link=fill,
            choices=area_choice(desk, request.GET),
            crumbs=[Link(reverse("desk:grid"), _("Grid"))],
            buttons=[
                Link(reverse("desk:grid-shift-new"), _("Enter shifts"), primary=True),
                Link(reverse("desk:grid-copy"), _("Copy last month's roster")),
            ]
            if desk.communities
            else [],
        ),
    )


@desk_list("grid-overview")
def overview_list(desk: Desk, query: QueryDict) -> DeskList:
    """Cells, pilots and gaps by community."""
    require_area(desk)
    if not (desk.subdistrict_ids or desk.sees_district):
        raise Http404
    area = area_choice(desk, query)
    rows = narrow_to_area(GridCell.objects.for_user(desk.user).open_on(desk.today), area)
    cells = list(rows.select_related("community__subdistrict").order_by("code"))
    modes = {mode.cell_id: mode for mode in GridMode.objects.on(desk.today).filter(cell__in=rows.order_by())}
    found: dict[int, dict[str, Any]] = {}
    for cell in cells:
        line = found.setdefault(
            cell.community_id,
            {"community": cell.community, "cells": 0, "whole_day": 0, "pilots": 0, "gaps": 0, "hours": 0.0},
        )
        mode = modes.get(cell.pk)
        line["cells"] += 1
        line["whole_day"] += bool(mode and mode.hours == 24)
        line["pilots"] += bool(mode and mode.project_id)
    for gap in find_gaps(cells, desk.today, _ahead(desk), desk.calendar):
        found[gap.cell.community_id]["gaps"] += 1
        found[gap.cell.community_id]["hours"] += gap.hours
    return DeskList(
        _("Grid by community"),
        list(found.values()),
        [
            (_("Community"), "community"),
            (_("Subdistrict"), lambda line: str(line["community"].subdistrict)),
            (_("Cells"), "cells"),
            (_("of these 24 hours"), "whole_day"),
            (_("of these pilots"), "pilots"),
            (_("Gaps in 7 days"), "gaps"),
            (_("Hours without cover"), "hours"),
        ],
        filters=in_words(area),
    )


@desk_page
def overview(request: HttpRequest) -> HttpResponse:
    """How the grid stands, by community."""
    desk = request.desk
    found = overview_list(desk, request.GET)
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Today and the next six days."),
            why=_("No cell is entered yet."),
            todo=_("The community's secretary enters cells with “New cell”."),
            list_name="grid-overview",
            link=lambda line: f"{reverse('desk:grid-gaps')}?community={line['community'].pk}",
            choices=area_choice(desk, request.GET),
            crumbs=[Link(reverse("desk:grid"), _("Grid"))],
        ),
    )


@desk_page
def new_cell(request: HttpRequest) -> HttpResponse:
    """Open a cell."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    form = CellForm(
        request.POST or None,
        communities=[(row.pk, row.name) for row in desk.communities],
        initial={"opened_on": desk.today},
    )

    def save() -> GridCell:
        data = form.cleaned_data
        return grid.open_cell(
            community=next(row for row in desk.communities if str(row.pk) == data["community"]),
            name=data["name"],
            hours=data["hours"],
            opened_on=data["opened_on"],
            acting_user=request.user,
        )

    answer = run_form(
        request,
        form,
        save,
        _("The cell is open. Add its compounds."),
        lambda row: f"{reverse('desk:grid-cell', args=[row.pk])}?filed=1",
    )
    return answer or show_form(
        request,
        form,
        title=_("New cell"),
        button=_("Open the cell"),
        crumbs=[Link(reverse("desk:grid"), _("Grid"))],
        kept_as="cell-new",
    )


@desk_page
def cell(request: HttpRequest, pk: int) -> HttpResponse:
    """One cell: its area, its cover and the roster of the next days."""
    desk = request.desk
    found = GridCell.objects.for_user(request.user).select_related("community__district")
    row = get_object_or_404(found, pk=pk)
    day, user = desk.today, request.user
    keeps = row.community_id in desk.kept_community_ids and row.closed_on is None
    areas = list(GridArea.objects.on(day).filter(cell=row).select_related("compound"))
    modes = list(row.modes.select_related("project").order_by("-valid_from"))
    mode = next((one for one in modes if one.is_valid_on(day)), None)
    end = moment(_ahead(desk) + dt.timedelta(days=1), dt.time(0))
    shifts = GridShift.objects.for_user(user).filter(
        cell=row, ends_at__gt=moment(day, dt.time(0)), starts_at__lt=end
    )
    holes = find_gaps([row], day, _ahead(desk), desk.calendar)
    lines = [(one.starts_at, one.hours_shown, str(one.worker)) for one in shifts.select_related("worker")]
    if desk.sees_meetings:
        lines += [(gap.starts_at, _hours(gap), _("gap: nobody on duty")) for gap in holes]
    return show_detail(
        request,
        title=row.name,
        facts=[
            (_("Community"), row.community),
            (_("Own code"), row.code),
            (_("Area"), "；".join(str(one) for one in areas)),
            (_("Cover"), mode.get_hours_display() if mode else None),
            (_("Covered by"), _by_whom(mode)),
            (_("From"), row.opened_on),
            (_("Closed on"), row.closed_on),
        ],
        acts=_cell_acts(request, row, areas) if keeps else [],
        buttons=[Link(f"{reverse('desk:grid-roster')}?cell={row.pk}", _("Roster"), primary=True)],
        parts=[
            Part(
                _("The next seven days"),
                [_("Day"), _("Time"), _("On duty")],
                [(f"{at.astimezone(SHANGHAI):%Y-%m-%d}", time, who) for at, time, who in sorted(lines)],
                _("Nothing is to be covered in these days."),
            ),
            Part(
                _("How it was covered"),
                [_("From"), _("Until"), _("Cover"), _("Covered by")],
                [
                    (one.valid_from, one.valid_to, str(one.get_hours_display()), _by_whom(one))
                    for one in modes
                ],
            ),
        ],
        crumbs=[Link(reverse("desk:grid"), _("Grid"))],
        kept_as="cell-new",
    )


def _hours(gap: Gap) -> str:
    first, last = gap.starts_at.astimezone(SHANGHAI), gap.ends_at.astimezone(SHANGHAI)
    return f"{first:%H:%M}–{last:%H:%M}" + ("+1" if last.date() > first.date() else "")


def _cell_acts(request: HttpRequest, row: GridCell, areas: list[GridArea]) -> list[Act]:
    desk, user = request.desk, request.user
    compounds = {str(one.pk): one for one in own_compounds(desk)}
    projects = {str(one.pk): one for one in projects_serving(row.community, desk.today)}
    by_pk = {str(one.pk): one for one in areas}
    return [
        Act(
            "area",
            _("Take in a compound"),
            lambda data: grid.add_area(
                cell=row,
                compound=compounds[data["compound"]],
                buildings=data["buildings"],
                valid_from=data["valid_from"],
                acting_user=user,
            ),
            _("The compound belongs to the cell."),
            form=lambda *args, **kwargs: AreaForm(
                *args, compounds=[(key, one.name) for key, one in compounds.items()], **kwargs
            ),
            initial={"valid_from": desk.today},
        ),
        Act(
            "end-area",
            _("Give up a compound"),
            lambda data: grid.end_area(area=by_pk[data["area"]], acting_user=user),
            _("It left the cell from today."),
            form=lambda *args, **kwargs: EndAreaForm(
                *args, areas=[(key, str(one)) for key, one in by_pk.items()], **kwargs
            ),
        ),
        Act(
            "cover",
            _("Change the cover"),
            lambda data: grid.set_cover(
                cell=row,
                hours=data["hours"],
                starts=data["starts"],
                only_workdays=data["only_workdays"],
                project=projects.get(data["project"]),
                valid_from=data["valid_from"],
                acting_user=user,
            ),
            _("The cover is changed."),
            form=lambda *args, **kwargs: CoverForm(
                *args, projects=[(key, str(one)) for key, one in projects.items()], **kwargs
            ),
            initial={"valid_from": desk.today},
            hint=_("24 hours hold every day. A pilot gives the cell to the staff of a service project."),
        ),
        Act(
            "close",
            _("Close the cell"),
            lambda data: grid.close_cell(cell=row, acting_user=user),
            _("The cell is closed."),
            hint=_("From today it needs no cover; shifts to come leave the roster."),
        ),
    ]
