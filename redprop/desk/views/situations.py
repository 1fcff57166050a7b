"""Important-situation reports at the desk: seen by the community, its subdistrict and the firm that reported."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import SituationReport
from communities.services import situations
from redprop.accounts.clock import business_now
from redprop.desk.ledgers import (
    Act,
    Choice,
    Ledger,
    Link,
    area_choice,
    in_words,
    month_choice,
    narrow_to_area,
    run_form,
    show_detail,
    show_form,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page
from redprop.desk.tabs import tabs
from redprop.desk.views.visits import own_places
from redprop.desk.work_forms import SettleForm, SituationForm

State = SituationReport.State


def _require_reader(desk: Desk) -> None:
    if not (desk.communities or desk.subdistrict_ids or desk.enterprises):
        raise Http404


def _chosen(desk: Desk, query: QueryDict) -> tuple[QuerySet, list[Choice]]:
    month, period = month_choice(desk, query)
    area = area_choice(desk, query)
    state = value_choice(query, "state", _("State"), State.choices)
    rows = narrow_to_area(SituationReport.objects.for_user(desk.user), area)
    if period:
        rows = rows.filter(happened_at__date__gte=period.start, happened_at__date__lte=period.end)
    if state.chosen:
        rows = rows.filter(state=state.chosen)
    return rows, [month, *area, state]


@desk_list("situations")
def situations_list(desk: Desk, query: QueryDict) -> DeskList:
    """Reports, newest first."""
    _require_reader(desk)
    rows, choices = _chosen(desk, query)
    return DeskList(
        _("Important situations"),
        rows.select_related("compound", "community").order_by("-happened_at", "-pk"),
        [
            (_("What and where"), lambda row: f"{row.get_kind_display()} · {row.place}"),
            (_("Happened at"), "happened_at"),
            (_("Compound"), "compound"),
            (_("Community"), "community"),
            (_("What happened"), lambda row: row.text[:60]),
            (_("Handled by (post)"), "handled_by"),
            (_("State"), "get_state_display"),
        ],
        filters=in_words(choices),
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The reports of the user's community or subdistrict, or of the own firm."""
    desk = request.desk
    found = situations_list(desk, request.GET)
    buttons = []
    if desk.communities or desk.enterprises:
        buttons.append(Link(reverse("desk:situation-new"), _("Report a situation"), primary=True))
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_(
                "Told to the community party organisation. Situations only: no person, and nothing is scored."
            ),
            why=_("Nothing was reported."),
            todo=_("Fire, broken water pipes, a stopped lift and the like are reported here at once."),
            list_name="situations",
            link=lambda row: reverse("desk:situation", args=[row.pk]),
            choices=_chosen(desk, request.GET)[1],
            buttons=buttons,
            tabs=tabs(desk, "desk:situations"),
        ),
    )


@desk_page
def new(request: HttpRequest) -> HttpResponse:
    """Report a situation."""
    desk = request.desk
    if not (desk.communities or desk.enterprises):
        raise Http404
    compounds = {str(row.pk): row for row in own_places(desk)}
    form = SituationForm(
        request.POST or None,
        compounds=[(key, row.name) for key, row in compounds.items()],
        initial={"happened_at": timezone.localtime(business_now(desk.district))} if desk.district else {},
    )

    def save() -> SituationReport:
        data = dict(form.cleaned_data)
        return situations.report_situation(
            compound=compounds[data.pop("compound")], acting_user=request.user, **data
        )

    answer = run_form(
        request,
        form,
        save,
        _("Reported to the community party organisation."),
        lambda row: f"{reverse('desk:situation', args=[row.pk])}?filed=1",
    )
    return answer or show_form(
        request,
        form,
        title=_("Report a situation"),
        lead=_(
            "In an emergency call 110, 119 or 120 first. Then report what, where, when and who handles it."
        ),
        button=_("Report"),
        crumbs=[Link(reverse("desk:situations"), _("Important situations"))],
        kept_as="situation-new",
    )


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One report, and its next step."""
    desk, user = request.desk, request.user
    _require_reader(desk)
    found = SituationReport.objects.for_user(user).select_related("compound", "community", "project")
    row = get_object_or_404(found, pk=pk)
    acts = []
    if row.community_id in desk.kept_community_ids:
        moves = situations.MOVES[row.state]
        if State.NOTED in moves:
            acts.append(
                Act(
                    "note",
                    _("Take note"),
                    lambda data: situations.take_note(report=row, acting_user=user),
                    _("Taken note of."),
                    primary=True,
                )
            )
        if State.SETTLED in moves:
            acts.append(
                Act(
                    "settle",
                    _("Settled"),
                    lambda data: situations.settle(report=row, acting_user=user, **data),
                    _("The situation is settled."),
                    form=SettleForm,
                    initial={"measures": row.measures},
                )
            )
    return show_detail(
        request,
        title=f"{row.get_kind_display()} · {row.place}",
        state=row.get_state_display(),
        facts=[
            (_("Happened at"), timezone.localtime(row.happened_at)),
            (_("Compound"), row.compound),
            (_("Community"), row.community),
            (_("What happened"), row.text),
            (_("Handled by (post)"), row.handled_by),
            (_("What was done"), row.measures),
            (_("Reported by"), row.project or row.community),
            (_("Settled on"), row.settled_on),
        ],
        acts=acts,
        note=_("Seen by the community and its subdistrict; it enters no score."),
        crumbs=[Link(reverse("desk:situations"), _("Important situations"))],
        kept_as="situation-new",
    )
