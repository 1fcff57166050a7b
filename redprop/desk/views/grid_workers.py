"""Who may be on duty in the grid: the list, a new person, and the last day."""

import datetime as dt

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import GridWorker
from communities.selectors import projects_serving
from communities.services import grid_roster
from redprop.desk.grid_forms import LastDayForm, WorkerForm
from redprop.desk.ledgers import (
    Act,
    Ledger,
    Link,
    in_words,
    run_form,
    show_detail,
    show_form,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page

MONTHS = 12
A_DAY = dt.timedelta(days=1)


def own_workers(desk: Desk) -> QuerySet:
    return (
        GridWorker.objects.filter(community__in=desk.kept_community_ids)
        .select_related("project", "community")
        .order_by("code")
    )


@desk_list("grid-workers")
def workers_list(desk: Desk, query: QueryDict) -> DeskList:
    """Who may be on duty in the secretary's communities."""
    if not desk.communities:
        raise Http404
    rows = own_workers(desk)
    state = value_choice(query, "state", _("State"), [("ended", _("ended"))])
    rows = rows.filter(valid_to__lt=desk.today) if state.chosen else rows.exclude(valid_to__lt=desk.today)
    return DeskList(
        _("Who may be on duty"),
        rows,
        [
            (_("Name"), "name"),
            (_("Own code"), "code"),
            (_("Kind"), "get_kind_display"),
            (_("Service project"), "project"),
            (_("From"), "valid_from"),
            (_("Until"), "valid_to"),
        ],
        filters=in_words([state]),
    )


@desk_page
def workers(request: HttpRequest) -> HttpResponse:
    """The list of persons on duty."""
    desk = request.desk
    found = workers_list(desk, request.GET)
    state = value_choice(request.GET, "state", _("State"), [("ended", _("ended"))])
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Grid workers, and in pilots the staff of a service project."),
            why=_("Nobody is entered yet."),
            todo=_("Enter those who may be on duty, then their shifts."),
            list_name="grid-workers",
            link=lambda row: reverse("desk:grid-worker", args=[row.pk]),
            choices=[state],
            buttons=[Link(reverse("desk:grid-worker-new"), _("Enter a person"), primary=True)],
            crumbs=[Link(reverse("desk:grid"), _("Grid"))],
        ),
    )


@desk_page
def new_worker(request: HttpRequest) -> HttpResponse:
    """Enter somebody who may be on duty."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    projects = {}
    for community in desk.communities:
        projects |= {str(row.pk): row for row in projects_serving(community, desk.today)}
    form = WorkerForm(
        request.POST or None,
        communities=[(row.pk, row.name) for row in desk.communities],
        projects=[(key, str(row)) for key, row in projects.items()],
        initial={"valid_from": desk.today},
    )

    def save() -> GridWorker:
        data = form.cleaned_data
        return grid_roster.add_worker(
            community=next(row for row in desk.communities if str(row.pk) == data["community"]),
            name=data["name"],
            kind=data["kind"],
            project=projects.get(data["project"]),
            valid_from=data["valid_from"],
            acting_user=request.user,
        )

    answer = run_form(
        request, form, save, _("The person may be on duty."), lambda row: reverse("desk:grid-workers")
    )
    return answer or show_form(
        request,
        form,
        title=_("Enter a person"),
        button=_("Save"),
        crumbs=[Link(reverse("desk:grid-workers"), _("Who may be on duty"))],
        kept_as="",
    )


@desk_page
def worker(request: HttpRequest, pk: int) -> HttpResponse:
    """One person on duty."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    row = get_object_or_404(own_workers(desk), pk=pk)
    acts = []
    if row.valid_to is None:
        acts = [
            Act(
                "end",
                _("No longer on duty"),
                lambda data: grid_roster.end_worker(
                    worker=row, last_day=data["last_day"], acting_user=request.user
                ),
                _("The last day is entered."),
                form=LastDayForm,
                initial={"last_day": desk.today},
                hint=_("Later shifts leave the roster and show as gaps."),
            )
        ]
    return show_detail(
        request,
        title=row.name,
        facts=[
            (_("Own code"), row.code),
            (_("Kind"), row.get_kind_display()),
            (_("Service project"), row.project),
            (_("From"), row.valid_from),
            (_("Until"), row.valid_to),
        ],
        acts=acts,
        crumbs=[
            Link(reverse("desk:grid"), _("Grid")),
            Link(reverse("desk:grid-workers"), _("Who may be on duty")),
        ],
    )
