"""Rosters at the desk: the month's shifts, entering and copying them, stand-ins, and who may be on duty."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.cover import SHANGHAI, moment
from communities.models import GridCell, GridShift, GridWorker
from communities.services import grid_roster
from redprop.accounts.clock import business_now
from redprop.common.periods import Period, PeriodKind
from redprop.desk.grid_forms import CopyForm, ShiftForm, StandInForm
from redprop.desk.ledgers import (
    Act,
    Choice,
    Ledger,
    Link,
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
from redprop.desk.views.grid_workers import own_workers

MONTHS = 12
A_DAY = dt.timedelta(days=1)


def _months(desk: Desk, query: QueryDict) -> tuple[Choice, Period]:
    """The filter by month: next month and the last eleven; this month unless told otherwise."""
    this = Period.of(PeriodKind.MONTH, desk.today)
    offered = [this.shift(1 - back) for back in range(MONTHS)]
    chosen = next((one for one in offered if str(one) == query.get("month")), this)
    return Choice("month", _("Month"), [(str(one), str(one)) for one in offered], str(chosen)), chosen


def _chosen(desk: Desk, query: QueryDict) -> tuple[QuerySet, list[Choice]]:
    month, period = _months(desk, query)
    area = area_choice(desk, query)
    rows = GridShift.objects.for_user(desk.user).filter(
        starts_at__gte=moment(period.start, dt.time(0)),
        starts_at__lt=moment(period.end + A_DAY, dt.time(0)),
    )
    rows = narrow_to_area(rows, area)
    choices = [month]
    if period.start <= desk.today <= period.end:
        # Without a filter the page opens at today: who is on duty now stands first.
        days = value_choice(query, "days", _("Days shown"), [("ahead", _("from today"))], default="ahead")
        choices.append(days)
        if days.chosen:
            rows = rows.filter(ends_at__gt=moment(desk.today, dt.time(0)))
    choices += area
    if desk.communities or query.get("cell"):
        cells = GridCell.objects.for_user(desk.user).order_by("code")
        if not desk.communities:
            cells = cells.filter(pk=query["cell"] if query["cell"].isdigit() else 0)
        cell = value_choice(query, "cell", _("Grid cell"), [(row.pk, row.name) for row in cells])
        choices.append(cell)
        if cell.chosen:
            rows = rows.filter(cell=int(cell.chosen))
    return rows, choices


@desk_list("grid-roster")
def roster_list(desk: Desk, query: QueryDict) -> DeskList:
    """The shifts of a month."""
    require_area(desk, contacts=True)
    rows, choices = _chosen(desk, query)
    return DeskList(
        _("Roster of the grid"),
        rows.select_related("cell", "community", "worker", "project", "stands_in_for").order_by(
            "starts_at", "cell__code", "pk"
        ),
        [
            (_("Day"), lambda row: row.starts_at.astimezone(SHANGHAI).date()),
            (_("Time"), "hours_shown"),
            (_("Grid cell"), "cell"),
            (_("Community"), "community"),
            (_("On duty"), "worker.name"),
            (_("Kind"), lambda row: str(row.project or row.worker.get_kind_display())),
            (_("Stands in for"), "stands_in_for.name"),
        ],
        filters=in_words(choices),
    )


@desk_page
def roster(request: HttpRequest) -> HttpResponse:
    """The month's roster of the user's area, or of the contact's staff."""
    desk = request.desk
    found = roster_list(desk, request.GET)
    buttons = []
    if desk.communities:
        buttons = [
            Link(reverse("desk:grid-shift-new"), _("Enter shifts"), primary=True),
            Link(reverse("desk:grid-copy"), _("Copy last month's roster")),
            Link(reverse("desk:grid-gaps"), _("Gaps")),
        ]
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("One line is one person in one cell. The firm sees the shifts of its own staff."),
            why=_("No shift in this month."),
            todo=_("Copy last month's roster, or enter shifts."),
            list_name="grid-roster",
            link=lambda row: reverse("desk:grid-shift", args=[row.pk]),
            choices=_chosen(desk, request.GET)[1],
            buttons=buttons,
            tabs=tabs(desk, "desk:grid"),
            crumbs=[Link(reverse("desk:grid"), _("Grid"))],
        ),
    )


@desk_page
def enter(request: HttpRequest) -> HttpResponse:
    """Enter shifts of one person in one cell."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    cells = {
        str(row.pk): row
        for row in GridCell.objects.filter(community__in=desk.kept_community_ids)
        .open_on(desk.today)
        .order_by("code")
    }
    workers = {str(row.pk): row for row in own_workers(desk).exclude(valid_to__lt=desk.today)}
    day = request.GET.get("day") or desk.today
    initial: dict[str, Any] = {"cell": request.GET.get("cell", ""), "first_day": day, "last_day": day}
    for name, key in (("starts", "from"), ("ends", "until")):
        if request.GET.get(key):
            initial[name] = request.GET[key]
    form = ShiftForm(
        request.POST or None,
        cells=[(key, row.name) for key, row in cells.items()],
        workers=[
            (key, f"{row.name} · {row.project or row.get_kind_display()}") for key, row in workers.items()
        ],
        initial=initial,
    )

    def save() -> list[GridShift]:
        data = form.cleaned_data
        return grid_roster.enter_shifts(
            cell=cells[data["cell"]],
            worker=workers[data["worker"]],
            first_day=data["first_day"],
            last_day=data["last_day"],
            starts=data["starts"],
            ends=data["ends"],
            only_workdays=data["only_workdays"],
            calendar=desk.calendar,
            acting_user=request.user,
        )

    answer = run_form(
        request,
        form,
        save,
        _("The shifts are in the roster."),
        lambda rows: (
            f"{reverse('desk:grid-roster')}?month={form.cleaned_data['first_day']:%Y-%m}"
            + ("&days=" if form.cleaned_data["first_day"] < desk.today else "")
        ),
    )
    return answer or show_form(
        request,
        form,
        title=_("Enter shifts"),
        lead=_("The same hours on each day of a stretch: all of them, or none with the reason."),
        button=_("Put into the roster"),
        crumbs=[Link(reverse("desk:grid-roster"), _("Roster of the grid"))],
        kept_as="",
    )


@desk_page
def copy(request: HttpRequest) -> HttpResponse:
    """Fill a month from the month before."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    this = Period.of(PeriodKind.MONTH, desk.today)
    form = CopyForm(
        request.POST or None,
        communities=[(row.pk, row.name) for row in desk.communities],
        months=[(str(one), str(one)) for one in (this.shift(1), this)],
    )
    done: dict[str, Any] = {}

    def save() -> Any:
        data = form.cleaned_data
        done["copied"] = grid_roster.copy_roster(
            community=next(row for row in desk.communities if str(row.pk) == data["community"]),
            month=Period.parse(data["month"]),
            acting_user=request.user,
        )
        return done["copied"]

    answer = run_form(
        request,
        form,
        save,
        "",
        lambda row: f"{reverse('desk:grid-roster')}?month={form.cleaned_data['month']}",
    )
    if answer is not None:
        _say_copied(request, done["copied"])
        return answer
    return show_form(
        request,
        form,
        title=_("Copy last month's roster"),
        lead=_("Weekday by weekday. What is entered already stays; persons who have ended are left out."),
        button=_("Copy"),
        crumbs=[Link(reverse("desk:grid-roster"), _("Roster of the grid"))],
        kept_as="",
    )


def _say_copied(request: HttpRequest, copied: grid_roster.Copied) -> None:
    messages.success(
        request,
        _(
            "%(made)s shifts copied; %(taken)s were taken already, %(ended)s left out because the person or cell ended. Now look at the gaps."
        )
        % {"made": copied.made, "taken": copied.taken, "ended": copied.ended},
    )


@desk_page
def shift(request: HttpRequest, pk: int) -> HttpResponse:
    """One shift: a stand-in, or out of the roster."""
    desk, user = request.desk, request.user
    found = GridShift.objects.for_user(user).select_related(
        "cell", "community__district", "worker", "project__enterprise", "stands_in_for"
    )
    row = get_object_or_404(found, pk=pk)
    now = business_now(row.community.district)
    keeps = row.community_id in desk.kept_community_ids
    own = {e.pk for e in desk.enterprises}
    of_firm = row.project is not None and row.project.enterprise_id in own
    workers = GridWorker.objects.on(desk.today).filter(community=row.community_id)
    if not keeps:
        workers = workers.filter(project__enterprise__in=own)
    by_pk = {str(one.pk): one for one in workers.exclude(pk=row.worker_id).order_by("code")}
    acts = []
    if (keeps or of_firm) and row.ends_at > now:
        acts.append(
            Act(
                "stand-in",
                _("Stand-in"),
                lambda data: grid_roster.stand_in(shift=row, worker=by_pk[data["worker"]], acting_user=user),
                _("The stand-in is in the roster."),
                form=lambda *args, **kwargs: StandInForm(
                    *args, workers=[(key, one.name) for key, one in by_pk.items()], **kwargs
                ),
                primary=True,
                button=_("Take over the shift"),
            )
        )
    if keeps and row.starts_at > now:
        acts.append(
            Act(
                "remove",
                _("Take out of the roster"),
                lambda data: grid_roster.remove_shift(shift=row, acting_user=user),
                _("The shift is out of the roster."),
                hint=_("What is no longer covered shows as a gap."),
                back=reverse("desk:grid-roster"),
            )
        )
    day = row.starts_at.astimezone(SHANGHAI).date()
    return show_detail(
        request,
        title=f"{row.cell} · {day} {row.hours_shown}",
        facts=[
            (_("On duty"), row.worker.name),
            (_("Kind"), row.project or row.worker.get_kind_display()),
            (_("Stands in for"), row.stands_in_for.name if row.stands_in_for else None),
            (_("Community"), row.community),
        ],
        acts=acts,
        crumbs=[
            Link(reverse("desk:grid"), _("Grid")),
            Link(f"{reverse('desk:grid-roster')}?month={day:%Y-%m}", _("Roster of the grid")),
        ],
    )
