"""Facts of compounds (小区底数台账) at the desk: the register to read, proposals of the secretary, the clerk's decision."""

import datetime as dt
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    FactField,
    FactProposal,
)
from communities.services import proposals as services
from communities.services.proposals import Decision, choices_of, shown_value, values_of
from redprop.common.errors import Refused
from redprop.common.text import normalise
from redprop.desk.held import held
from redprop.desk.ledgers import (
    Choice,
    Ledger,
    Link,
    area_choice,
    in_words,
    narrow_to_area,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

State = FactProposal.State
HISTORY = 30
NUMBERS = (
    FactField.YEAR_BUILT,
    FactField.BUILDINGS,
    FactField.HOUSEHOLDS,
    FactField.RESIDENTS,
    FactField.FLOOR_AREA,
)


def _require_area(desk: Desk) -> None:
    if not desk.sees_meetings:
        raise Http404


def _compounds(desk: Desk, query: QueryDict) -> tuple[Any, list[Choice]]:
    area = area_choice(desk, query)
    what = value_choice(
        query,
        "show",
        _("Show"),
        [("waiting", _("with proposals that wait")), ("missing", _("with facts missing"))],
    )
    placed = CompoundPlacement.objects.on(desk.today).filter(compound=OuterRef("pk"))
    rows = Compound.objects.for_user(desk.user).registered_on(desk.today)
    here = CompoundPlacement.objects.on(desk.today)
    narrowed = narrow_to_area(here, area)
    if any(choice.chosen for choice in area):
        rows = rows.filter(pk__in=narrowed.values("compound"))
    if desk.communities and not (desk.subdistrict_ids or desk.sees_district):
        rows = rows.filter(pk__in=here.filter(community__in=desk.communities).values("compound"))
    rows = rows.annotate(
        community_name=Subquery(placed.values("community__name")[:1]),
        kind_now=Subquery(
            CompoundKind.objects.on(desk.today).filter(compound=OuterRef("pk")).values("kind")[:1]
        ),
        class_now=Subquery(
            CompoundClass.objects.on(desk.today).filter(compound=OuterRef("pk")).values("compound_class")[:1]
        ),
        waiting=Count("fact_proposals", filter=Q(fact_proposals__state=State.WAITING)),
    )
    if what.chosen == "waiting":
        rows = rows.filter(waiting__gt=0)
    elif what.chosen == "missing":
        rows = rows.filter(
            Q(households=None) | Q(buildings=None) | Q(floor_area=None) | Q(year_built=None) | Q(address="")
        )
    return rows, [*area, what]


def _of_now(name: str, attribute: str) -> Any:
    return lambda row: shown_value(name, str(getattr(row, attribute) or ""))


@desk_list("compounds")
def compounds_list(desk: Desk, query: QueryDict) -> DeskList:
    """Compounds in the user's area with their facts as of today."""
    _require_area(desk)
    rows, choices = _compounds(desk, query)
    return DeskList(
        _("Facts of compounds"),
        rows.order_by("pinyin", "pk"),
        [
            (_("Compound"), "name"),
            (_("Community"), "community_name"),
            (_("Kind"), _of_now(FactField.KIND, "kind_now")),
            (_("Class"), _of_now(FactField.COMPOUND_CLASS, "class_now")),
            (_("Buildings"), "buildings"),
            (_("Households"), "households"),
            (_("Floor area (m²)"), "floor_area"),
            (_("Year built"), lambda row: str(row.year_built or "")),
            (_("Address"), "address"),
            (_("Proposals that wait"), lambda row: row.waiting or None),
        ],
        filters=in_words(choices),
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The compounds of the user's area."""
    desk = request.desk
    found = compounds_list(desk, request.GET)
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_(
                "What the register says of each compound. The secretary proposes, the subdistrict approves."
            ),
            why=_("No compound lies in your area today."),
            todo=_("Ask the registrar of the district to place the compounds of your community."),
            list_name="compounds",
            link=lambda row: reverse("desk:compound", args=[row.pk]),
            choices=_compounds(desk, request.GET)[1],
            buttons=[Link(reverse("desk:fact-proposals"), _("All proposals"))],
        ),
    )


def _chosen(desk: Desk, query: QueryDict) -> tuple[Any, list[Choice]]:
    area = area_choice(desk, query)
    state = value_choice(query, "state", _("State"), State.choices)
    name = value_choice(query, "field", _("Field"), FactField.choices)
    rows = narrow_to_area(FactProposal.objects.for_user(desk.user), area)
    if state.chosen:
        rows = rows.filter(state=state.chosen)
    if name.chosen:
        rows = rows.filter(field=name.chosen)
    return rows, [state, name, *area]


@desk_list("fact-proposals")
def proposals_list(desk: Desk, query: QueryDict) -> DeskList:
    """Proposals about compounds of the user's area, the newest first."""
    _require_area(desk)
    rows, choices = _chosen(desk, query)
    return DeskList(
        _("Proposals for facts of compounds"),
        rows.select_related("compound", "community", "proposed_by", "decided_by").order_by(
            "-recorded_at", "-pk"
        ),
        [
            (_("Compound and field"), lambda row: f"{row.compound} · {row.get_field_display()}"),
            (_("In the register then"), lambda row: shown_value(row.field, row.old)),
            (_("Proposed"), lambda row: shown_value(row.field, row.new)),
            (_("Valid from"), "valid_from"),
            (_("State"), "get_state_display"),
            (_("Reason"), "reason"),
            (_("How it is known"), "basis"),
            (_("Community"), "community"),
            (_("Proposed by"), "proposed_by"),
            (_("Proposed on"), lambda row: _day(row.recorded_at)),
            (_("Decided by"), "decided_by"),
            (_("Decided on"), lambda row: _day(row.decided_at)),
        ],
        filters=in_words(choices),
    )


def _day(moment: dt.datetime | None) -> dt.date | None:
    return timezone.localdate(moment) if moment else None


@desk_page
def proposals(request: HttpRequest) -> HttpResponse:
    """The list of proposals."""
    desk = request.desk
    found = proposals_list(desk, request.GET)
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Every proposed correction, who made it and who decided."),
            why=_("Nothing was proposed."),
            todo=_("Open a compound and press “Propose corrections”.")
            if request.desk.communities
            else _("What secretaries propose and the subdistrict decides stands here."),
            list_name="fact-proposals",
            link=lambda row: reverse("desk:compound", args=[row.compound_id]),
            choices=_chosen(desk, request.GET)[1],
            crumbs=[Link(reverse("desk:compounds"), _("Facts of compounds"))],
        ),
    )


def _own(request: HttpRequest, pk: int) -> Compound:
    _require_area(request.desk)
    return get_object_or_404(Compound.objects.for_user(request.user).select_related("district"), pk=pk)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One compound: its facts, what is proposed beside what the register says, and how it came to be."""
    desk, compound = request.desk, _own(request, pk)
    placement = compound.placements.on(desk.today).select_related("community").first()
    community = placement.community if placement else None
    is_secretary = community is not None and community.pk in {c.pk for c in desk.communities}
    is_clerk = community is not None and community.subdistrict_id in desk.subdistrict_ids
    values = values_of(compound, desk.today)
    typed, about = held(request)
    rows = list(
        FactProposal.objects.for_user(request.user)
        .filter(compound=compound)
        .select_related("proposed_by", "decided_by")
        .order_by("-recorded_at", "-pk")
    )
    waiting = [row for row in rows if row.state == State.WAITING]
    for row in rows:
        row.was, row.becomes = shown_value(row.field, row.old), shown_value(row.field, row.new)
    for row in waiting:
        row.now = shown_value(row.field, values[row.field])
        row.is_stale = values[row.field] != row.old
        row.chosen = (typed or {}).get(f"do-{row.pk}", "")
        row.typed = (typed or {}).get(f"reason-{row.pk}", "")
    blocked = {row.field for row in waiting}
    context = {
        "compound": compound,
        "community": community,
        "facts": [
            {
                "name": name,
                "label": label,
                "shown": shown_value(name, values[name]),
                "value": (typed or {}).get(name, values[name]),
                "now": values[name],
                "choices": choices_of(name),
                "type": _input(name),
                "blocked": name in blocked,
            }
            for name, label in FactField.choices
        ],
        "waiting": waiting,
        "history": [row for row in rows if row.state != State.WAITING][:HISTORY],
        "is_secretary": is_secretary,
        "is_clerk": is_clerk,
        "typed": typed or {},
        "failed": about.get("step"),
        "today": desk.today,
    }
    return show(request, "desk/compound.html", context)


def _input(name: str) -> str:
    if name in NUMBERS:
        return "number"
    return "date" if name == FactField.SURVEYED_ON else "text"


@require_POST
@desk_page
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose what differs from what the page showed."""
    compound, posted = _own(request, pk), request.POST
    changes = {
        name: posted[name]
        for name in FactField.values
        if name in posted and normalise(posted[name]) != normalise(posted.get(f"was-{name}", ""))
    }
    return carry_out(
        request,
        lambda: services.propose_facts(
            compound=compound,
            changes=changes,
            basis=posted.get("basis", ""),
            valid_from=_day_of(posted.get("valid_from", "")),
            acting_user=request.user,
        ),
        _("Proposed. The register changes when the subdistrict approves."),
        reverse("desk:compound", args=[pk]),
        holding="propose",
    )


def _day_of(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Refused(_("Valid from: enter a day as 2026-10-21."), code="day") from error


@require_POST
@desk_page
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse proposals, field by field."""
    compound, posted = _own(request, pk), request.POST
    decisions = {}
    for row in FactProposal.objects.for_user(request.user).waiting().filter(compound=compound):
        said = posted.get(f"do-{row.pk}")
        if said in ("approve", "refuse"):
            decisions[row.pk] = Decision(said == "approve", posted.get(f"reason-{row.pk}", ""))
    return carry_out(
        request,
        lambda: services.decide_facts(compound=compound, decisions=decisions, acting_user=request.user),
        _("Decided. What is approved stands in the register now."),
        reverse("desk:compound", args=[pk]),
        holding="decide",
    )


@require_POST
@desk_page
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal back."""
    row = get_object_or_404(
        FactProposal.objects.for_user(request.user).select_related("compound__district"), pk=pk
    )
    return carry_out(
        request,
        lambda: services.withdraw_fact(proposal=row, acting_user=request.user),
        _("Withdrawn."),
        reverse("desk:compound", args=[row.compound_id]),
    )
