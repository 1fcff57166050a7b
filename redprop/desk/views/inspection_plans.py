"""Plans of inspections at the desk: made, drawn, looked at, confirmed; the draw explained and taken along as a file."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.inspecting import inspectors_of
from evaluations.models import InspectionPlan
from evaluations.services.inspection_plans import (
    Wanted,
    confirm_plan,
    draw_plan,
    repeat_draw,
    save_plan,
)
from redprop.accounts.models import User
from redprop.desk.inspection_tabs import PLANNERS, inspection_tabs, opens
from redprop.desk.ledgers import Act, Ledger, Link, Part, run_form, show_detail, show_form, show_ledger
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page
from redprop.desk.views.inspections import with_state


def require_planner(desk: Desk) -> None:
    """Raise Http404 for whoever makes no plans: an expected visit measures nothing."""
    if not opens(desk, PLANNERS):
        raise Http404


@desk_list("inspection-plans")
def plans_list(desk: Desk, query: QueryDict) -> DeskList:
    """Plans, the latest first, with how far they are."""
    require_planner(desk)
    first = Q(tasks__is_second=False)
    rows = InspectionPlan.objects.for_user(desk.user).annotate(
        drawn=Count("tasks", filter=first),
        twice=Count("tasks", filter=~first),
        done=Count("tasks__inspection"),
        dropped=Count("tasks", filter=~Q(tasks__dropped_reason="")),
    )
    return DeskList(
        _("Inspection plans"),
        rows.order_by("-starts_on", "-pk").defer("draw"),
        [
            (_("Plan"), "name"),
            (_("Period"), "period"),
            (_("First day"), "starts_on"),
            (_("Last day"), "ends_on"),
            (_("State"), "get_state_display"),
            (_("Compounds drawn"), "drawn"),
            (_("of them marked twice"), "twice"),
            (_("Inspections marked"), "done"),
            (_("Dropped"), "dropped"),
            (_("Seed number"), lambda row: str(row.seed)),
        ],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The plans of the district."""
    desk = request.desk
    found = plans_list(desk, request.GET)
    ledger = Ledger(
        lead=_("Compounds are drawn by lot from a seed number, in proportion to subdistricts and classes."),
        why=_("No plan is made yet."),
        todo=_("Make the first with “New plan”: period, size and seed number."),
        list_name="inspection-plans",
        link=lambda row: reverse("desk:inspection-plan", args=[row.pk]),
        buttons=[Link(reverse("desk:inspection-plan-new"), _("New plan"), primary=True)],
        tabs=inspection_tabs(desk, "desk:inspection-plans"),
    )
    return show_ledger(request, found, ledger)


class PlanForm(forms.Form):
    """What a plan is drawn by."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    period = forms.CharField(
        label=gettext_lazy("Period"), max_length=7, help_text=gettext_lazy("2026Q4, or 2026-11 for a month")
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    frame = forms.ChoiceField(label=gettext_lazy("Drawn from"), choices=InspectionPlan.Frame.choices)
    sample_size = forms.IntegerField(
        label=gettext_lazy("Number of compounds"), required=False, min_value=1, max_value=100_000
    )
    sample_share = forms.DecimalField(
        label=gettext_lazy("or their share, %"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
    )
    second_share = forms.DecimalField(
        label=gettext_lazy("Marked a second time, %"), min_value=0, max_value=100, decimal_places=2
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed number"),
        min_value=0,
        max_value=2**62,
        help_text=gettext_lazy(
            "Any number fixed beforehand, such as the day's lottery number. The same number draws the same."
        ),
    )

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(**self.cleaned_data)


@desk_page
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new plan, or a change of one that is not confirmed."""
    desk = request.desk
    require_planner(desk)
    plan = get_object_or_404(InspectionPlan.objects.for_user(request.user), pk=pk) if pk else None
    initial: dict[str, Any] = {"second_share": 10, "frame": "compounds", "seed": f"{desk.today:%Y%m%d}"}
    if plan:
        initial = {name: getattr(plan, name) for name in PlanForm.base_fields}
    form = PlanForm(request.POST or None, initial=initial)
    answer = run_form(
        request,
        form,
        lambda: save_plan(district=desk.district, wanted=form.wanted(), plan=plan, acting_user=request.user),
        _("The plan is saved. Draw it now, and look at the draw."),
        lambda row: reverse("desk:inspection-plan", args=[row.pk]),
    )
    return answer or show_form(
        request,
        form,
        title=_("Change a plan") if plan else _("New plan"),
        lead=_("Nothing is drawn yet. After the draw everything can be looked at before it is confirmed."),
        button=_("Save"),
        crumbs=[Link(reverse("desk:inspection-plans"), _("Inspection plans"))],
        kept_as=f"inspection-plan-{pk or 'new'}",
    )


class DrawForm(forms.Form):
    """Which inspectors take part."""

    inspectors = forms.MultipleChoiceField(
        label=gettext_lazy("Inspectors who take part"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inspectors"].choices = [(str(user.pk), str(user)) for user in people]
        self.fields["inspectors"].initial = [str(user.pk) for user in people]


def _acts(request: HttpRequest, plan: InspectionPlan) -> list[Act]:
    desk = request.desk
    if plan.state != InspectionPlan.State.DRAFT:
        return []
    people = inspectors_of(plan.district, desk.today)
    drawing = Act(
        "draw",
        _("Draw") if plan.drawn_at is None else _("Draw again"),
        lambda data: draw_plan(
            plan=plan, inspectors=[int(pk) for pk in data["inspectors"]], acting_user=request.user
        ),
        _("Drawn. Look at it below; nobody is told before you confirm."),
        form=lambda data=None, **more: DrawForm(data, people=people, **more),
        hint=_("The same seed number and the same registers draw the same compounds."),
        primary=plan.drawn_at is None,
    )
    if plan.drawn_at is None:
        return [drawing]
    confirming = Act(
        "confirm",
        _("Confirm the draw"),
        lambda data: confirm_plan(plan=plan, acting_user=request.user),
        _("The plan is confirmed, and the inspectors are told."),
        hint=_(
            "After this the draw stays as it is: nothing is drawn again, tasks are only handed over or dropped with a reason."
        ),
        primary=True,
    )
    return [confirming, drawing]


def _facts(plan: InspectionPlan) -> list[tuple[str, object]]:
    size = (
        _("%(n)s compounds") % {"n": plan.sample_size}
        if plan.sample_size
        else f"{plan.sample_share.normalize():f} %"
        if plan.sample_share
        else ""
    )
    facts: list[tuple[str, object]] = [
        (_("Period"), plan.period),
        (_("Days"), f"{plan.starts_on} – {plan.ends_on}"),
        (_("Drawn from"), plan.get_frame_display()),
        (_("Size"), size),
        (_("Marked a second time, %"), plan.second_share),
        (_("Seed number"), str(plan.seed)),
    ]
    if plan.drawn_at:
        facts += [
            (_("Registers as of"), plan.draw["on"]),
            (_("Compounds to draw from"), plan.draw["total"]),
            (_("Compounds drawn"), plan.draw["n"]),
            (_("of them marked twice"), len(plan.draw["second"])),
            (_("Drawn at"), timezone.localtime(plan.drawn_at)),
        ]
        for before in plan.draw.get("earlier", []):
            when = timezone.localtime(dt.datetime.fromisoformat(before["at"]))
            facts.append(
                (
                    _("Drawn before"),
                    _("seed %(seed)s, %(n)s compounds, %(when)s")
                    % {"seed": before["seed"], "n": before["n"], "when": f"{when:%Y-%m-%d %H:%M}"},
                )
            )
    if plan.confirmed_at:
        facts.append((_("Confirmed by"), f"{plan.confirmed_by}"))
    return facts


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan: its draw by stratum, who marks how many, and the next step."""
    desk = request.desk
    require_planner(desk)
    rows = InspectionPlan.objects.for_user(request.user).select_related("district", "confirmed_by")
    plan = get_object_or_404(rows, pk=pk)
    parts = []
    buttons = []
    note = ""
    if plan.drawn_at:
        parts = [_strata_part(plan), _people_part(plan)]
        buttons = [
            Link(reverse("desk:inspection-drawn", args=[plan.pk]), _("Compounds drawn")),
        ]
        note = (
            _(
                "Checked just now: the seed number draws the same compounds again. In each stratum those come first "
                "whose SHA-256 of “seed|stratum|code” is smallest."
            )
            if repeat_draw(plan)
            else _("The seed number does not draw these compounds. Tell the system administrator.")
        )
    if plan.state == InspectionPlan.State.DRAFT:
        buttons.append(Link(reverse("desk:inspection-plan-edit", args=[plan.pk]), _("Change the plan")))
    return show_detail(
        request,
        title=str(plan),
        facts=_facts(plan),
        acts=_acts(request, plan),
        parts=parts,
        crumbs=[Link(reverse("desk:inspection-plans"), _("Inspection plans"))],
        buttons=buttons,
        state=plan.get_state_display(),
        note=note,
    )


def _strata_part(plan: InspectionPlan) -> Part:
    n, total = plan.draw["n"], plan.draw["total"]
    rows = []
    for one in plan.draw["strata"]:
        size = len(one["codes"])
        rows.append([one["label"], size, round(Decimal(n * size) / total, 2), len(one["drawn"])])
    return Part(
        _("The draw by subdistrict and class"),
        [_("Stratum"), _("Compounds"), _("In proportion"), _("Compounds drawn")],
        rows,
    )


def _people_part(plan: InspectionPlan) -> Part:
    rows = (
        plan.tasks.values("inspector__full_name", "inspector__username")
        .annotate(
            first=Count("pk", filter=Q(is_second=False)),
            second=Count("pk", filter=Q(is_second=True)),
            streets=Count("subdistrict", distinct=True),
            done=Count("inspection"),
        )
        .order_by("inspector__username")
    )
    return Part(
        _("Who marks"),
        [
            _("Inspector"),
            _("First markings"),
            _("Second markings"),
            _("in subdistricts"),
            _("Inspections marked"),
        ],
        [
            [
                row["inspector__full_name"] or row["inspector__username"],
                row["first"],
                row["second"],
                row["streets"],
                row["done"],
            ]
            for row in rows
        ],
        why=_("Nobody yet."),
    )


def _plan_of(desk: Desk, query: QueryDict) -> InspectionPlan:
    plans = InspectionPlan.objects.for_user(desk.user)
    of = query.get("of", "")
    plan = plans.filter(pk=int(of)).first() if of.isdigit() else None
    if plan is None:
        raise Http404
    return plan


@desk_list("inspection-drawn")
def drawn_list(desk: Desk, query: QueryDict) -> DeskList:
    """The compounds drawn, with who marks them when."""
    require_planner(desk)
    plan = _plan_of(desk, query)
    rows: QuerySet = with_state(plan.tasks.all())
    return DeskList(
        _("Compounds drawn: %(plan)s") % {"plan": plan},
        rows.select_related("compound", "subdistrict", "inspector").order_by("is_second", "number", "pk"),
        [
            (_("Compound"), "compound"),
            (_("Code"), "compound.code"),
            (_("Number"), "number"),
            (_("Stratum"), "stratum"),
            (_("Marking"), lambda row: _("second") if row.is_second else _("first")),
            (_("Inspector"), "inspector"),
            (_("Planned for"), "planned_on"),
        ],
        filters=[(_("Seed number"), str(plan.seed))],
    )


@desk_page
def drawn(request: HttpRequest, pk: int) -> HttpResponse:
    """The draw compound by compound, before and after it is confirmed."""
    named = QueryDict(f"of={pk}")
    found = drawn_list(request.desk, named)
    plan = _plan_of(request.desk, named)
    ledger = Ledger(
        lead=_(
            "In the order in which they were drawn. Nobody marks the own subdistrict, nobody marks twice."
        ),
        why=_("Nothing is drawn yet."),
        todo=_("Draw the plan on its page."),
        list_name="inspection-drawn",
        crumbs=[
            Link(reverse("desk:inspection-plans"), _("Inspection plans")),
            Link(reverse("desk:inspection-plan", args=[plan.pk]), str(plan)),
        ],
        more={"of": plan.pk},
    )
    return show_ledger(request, found, ledger)
