"""Joint service projects at the desk, the most needed first."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import HomeVisit, JointProject, ResidentRequest, VisitItem
from communities.needs import needs_of
from communities.selectors import projects_serving
from communities.services import joint_projects
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
from redprop.desk.views.volunteers import own_compounds
from redprop.desk.work_forms import DropForm, ProposalForm, ResultForm

State = JointProject.State
OPEN = [State.PROPOSED, State.ADOPTED, State.RUNNING]
MOST = 2000
"""Projects that are put in order at once."""


def _chosen(desk: Desk, query: QueryDict) -> tuple[QuerySet, list[Choice]]:
    area = area_choice(desk, query)
    state = value_choice(query, "state", _("State"), [("open", _("Open")), *State.choices])
    rows = narrow_to_area(JointProject.objects.for_user(desk.user), area)
    if state.chosen == "open":
        rows = rows.filter(state__in=OPEN)
    elif state.chosen:
        rows = rows.filter(state=state.chosen)
    return rows, [*area, state]


@desk_list("joint-projects")
def projects_list(desk: Desk, query: QueryDict) -> DeskList:
    """Projects, open ones first, by the homes and requests behind them."""
    require_area(desk, contacts=True)
    found, choices = _chosen(desk, query)
    rows = list(found.select_related("community", "compound", "need", "project")[:MOST])
    weights = joint_projects.weigh(rows, desk.today)
    for row in rows:
        row.homes, row.requests_behind = weights[row.pk]
    rows.sort(key=lambda row: (row.state not in OPEN, -row.homes, -row.requests_behind, row.due_on, row.pk))
    return DeskList(
        _("Joint service projects"),
        rows,
        [
            (_("Title"), "title"),
            (_("State"), "get_state_display"),
            (_("Answers"), _answers),
            (_("Homes in need"), "homes"),
            (_("Requests in a year"), "requests_behind"),
            (_("Community"), "community"),
            (_("Compound"), "compound"),
            (_("To be done by"), "due_on"),
            (_("Homes served"), "homes_served"),
        ],
        filters=in_words(choices),
    )


def _answers(row: JointProject) -> str:
    category = dict(ResidentRequest.Category.choices).get(row.category)
    return "、".join(str(part) for part in (row.need, category) if part)


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The projects of the user's area."""
    desk = request.desk
    found = projects_list(desk, request.GET)
    buttons = []
    if desk.communities:
        buttons.append(Link(reverse("desk:joint-project-new"), _("Propose a project"), primary=True))
    if desk.sees_meetings:
        buttons.append(Link(reverse("desk:visit-needs"), _("What residents need")))
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("What most homes need stands first: counted from home visits and requests of a year."),
            why=_("No project is proposed yet."),
            todo=_("The community proposes projects from what residents need."),
            list_name="joint-projects",
            link=lambda row: reverse("desk:joint-project", args=[row.pk]),
            choices=_chosen(desk, request.GET)[1],
            buttons=buttons,
            tabs=tabs(desk, "desk:joint-projects"),
        ),
    )


@desk_page
def new(request: HttpRequest) -> HttpResponse:
    """Propose a project; needs are offered with the homes that have them, the most wanted first."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    needs = needs_of(HomeVisit.objects.filter(community__in=desk.kept_community_ids))
    compounds = {str(row.pk): row for row in own_compounds(desk)}
    projects = {}
    for community in desk.communities:
        projects |= {str(row.pk): row for row in projects_serving(community, desk.today)}
    form = ProposalForm(
        request.POST or None,
        communities=[(row.pk, row.name) for row in desk.communities],
        needs=[
            (need.item.pk, _("%(need)s (%(homes)s homes)") % {"need": need.item, "homes": need.homes})
            for need in needs
        ],
        compounds=[(key, row.name) for key, row in compounds.items()],
        projects=[(key, str(row)) for key, row in projects.items()],
    )

    def save() -> JointProject:
        data = form.cleaned_data
        return joint_projects.propose(
            community=next(row for row in desk.communities if str(row.pk) == data["community"]),
            title=data["title"],
            plan=data["plan"],
            due_on=data["due_on"],
            need=VisitItem.objects.get(pk=data["need"]) if data["need"] else None,
            category=data["category"],
            compound=compounds.get(data["compound"]),
            project=projects.get(data["project"]),
            partners=data["partners"],
            acting_user=request.user,
        )

    answer = run_form(
        request,
        form,
        save,
        _("The project is proposed."),
        lambda row: f"{reverse('desk:joint-project', args=[row.pk])}?filed=1",
    )
    return answer or show_form(
        request,
        form,
        title=_("Propose a project"),
        lead=_("Start from what residents need. The list is ordered by it."),
        button=_("Propose"),
        crumbs=[Link(reverse("desk:joint-projects"), _("Joint service projects"))],
        kept_as="joint-new",
    )


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One project, and its next step."""
    desk, user = request.desk, request.user
    found = JointProject.objects.for_user(user).select_related("community", "compound", "need", "project")
    row = get_object_or_404(found, pk=pk)
    homes, asked = joint_projects.weigh([row], desk.today)[row.pk]
    acts = []
    if row.community_id in desk.kept_community_ids:
        moves = joint_projects.MOVES[row.state]
        if State.ADOPTED in moves:
            acts.append(
                Act(
                    "adopt",
                    _("Adopt"),
                    lambda data: joint_projects.adopt(row=row, acting_user=user),
                    _("The project is adopted."),
                    hint=_("How many homes need it today is kept with it."),
                    primary=True,
                )
            )
        if State.RUNNING in moves:
            acts.append(
                Act(
                    "start",
                    _("Begin"),
                    lambda data: joint_projects.start(row=row, acting_user=user),
                    _("The project runs."),
                    primary=True,
                )
            )
        if State.DONE in moves:
            acts.append(
                Act(
                    "finish",
                    _("Done"),
                    lambda data: joint_projects.finish(row=row, acting_user=user, **data),
                    _("The result is entered."),
                    form=ResultForm,
                    primary=True,
                )
            )
        if State.DROPPED in moves:
            acts.append(
                Act(
                    "drop",
                    _("Do not carry it out"),
                    lambda data: joint_projects.drop(row=row, acting_user=user, **data),
                    _("The project is dropped."),
                    form=DropForm,
                )
            )
    return show_detail(
        request,
        title=row.title,
        state=row.get_state_display(),
        facts=[
            (_("Answers"), _answers(row)),
            (_("Homes in need"), homes),
            (_("Requests in a year"), asked),
            (_("Community"), row.community),
            (_("Compound"), row.compound or _("whole community")),
            (_("What is to be done"), row.plan),
            (_("Service project that takes part"), row.project),
            (_("Other units that take part"), row.partners),
            (_("Proposed on"), row.proposed_on),
            (_("To be done by"), row.due_on),
            (_("Adopted on"), row.adopted_on),
            (_("Homes in need when adopted"), row.homes_at_adoption),
            (_("Begun on"), row.started_on),
            (_("Done on"), row.done_on),
            (_("Homes served"), row.homes_served),
            (_("Result"), row.result),
        ],
        acts=acts,
        crumbs=[Link(reverse("desk:joint-projects"), _("Joint service projects"))],
        kept_as="joint-new",
    )
