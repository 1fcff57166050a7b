"""Volunteer teams and their activities at the desk."""

from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import Compound, HelpKind, VolunteerActivity, VolunteerTeam
from communities.selectors import compounds_of, projects_serving
from communities.services import volunteers
from redprop.desk.ledgers import (
    Act,
    Ledger,
    Link,
    Part,
    area_choice,
    in_words,
    month_choice,
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
from redprop.desk.volunteer_forms import ActivityForm, ReasonForm, TeamForm

SHOWN = 20


def _teams(desk: Desk, query: QueryDict) -> tuple[QuerySet, list]:
    area = area_choice(desk, query)
    kind = value_choice(query, "kind", _("Who they are"), VolunteerTeam.Kind.choices)
    state = value_choice(query, "state", _("State"), [("ended", _("disbanded"))])
    rows = narrow_to_area(VolunteerTeam.objects.for_user(desk.user), area)
    rows = rows.exclude(disbanded_on=None) if state.chosen else rows.active()
    if kind.chosen:
        rows = rows.filter(kind=kind.chosen)
    return rows, [*area, kind, state]


@desk_list("volunteer-teams")
def teams_list(desk: Desk, query: QueryDict) -> DeskList:
    """Teams with what they did this year."""
    require_area(desk, contacts=True)
    rows, choices = _teams(desk, query)
    year = Q(
        activities__withdrawn_reason="",
        activities__held_on__year=desk.today.year,
        activities__held_on__lte=desk.today,
    )
    return DeskList(
        _("Volunteer teams"),
        rows.select_related("community", "project")
        .annotate(times=Count("activities", filter=year), hours=Sum("activities__hours", filter=year))
        .order_by("community__code", "name", "pk"),
        [
            (_("Name of the team"), "name"),
            (_("Community"), "community"),
            (_("Who they are"), "get_kind_display"),
            (_("Members"), "members"),
            (_("Service project"), "project"),
            (_("Activities this year"), "times"),
            (_("Hours this year"), lambda row: row.hours or Decimal(0)),
        ],
        filters=in_words(choices),
    )


@desk_page
def teams(request: HttpRequest) -> HttpResponse:
    """The teams of the user's area."""
    desk = request.desk
    found = teams_list(desk, request.GET)
    buttons = [Link(reverse("desk:volunteer-activities"), _("Activities"))]
    if desk.communities:
        buttons.insert(0, Link(reverse("desk:volunteer-activity-new"), _("Record an activity"), primary=True))
        buttons.append(Link(reverse("desk:volunteer-team-new"), _("New team")))
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_("Members and participants are numbers; no volunteer is listed by name."),
            why=_("No team is entered yet."),
            todo=_("The community's secretary enters teams with “New team”."),
            list_name="volunteer-teams",
            link=lambda row: reverse("desk:volunteer-team", args=[row.pk]),
            choices=_teams(desk, request.GET)[1],
            buttons=buttons,
            tabs=tabs(desk, "desk:volunteers"),
        ),
    )


def _activities(desk: Desk, query: QueryDict) -> tuple[QuerySet, list]:
    month, period = month_choice(desk, query)
    area = area_choice(desk, query)
    kind = value_choice(query, "kind", _("Kind"), HelpKind.choices)
    rows = narrow_to_area(VolunteerActivity.objects.for_user(desk.user).valid(), area)
    if period:
        rows = rows.filter(held_on__gte=period.start, held_on__lte=period.end)
    if kind.chosen:
        rows = rows.filter(kind=kind.chosen)
    return rows, [month, *area, kind]


@desk_list("volunteer-activities")
def activities_list(desk: Desk, query: QueryDict) -> DeskList:
    """Activities, newest first."""
    require_area(desk, contacts=True)
    rows, choices = _activities(desk, query)
    return DeskList(
        _("Volunteer activities"),
        rows.select_related("team", "community", "compound", "project").order_by("-held_on", "-pk"),
        [
            (_("What was done"), "title"),
            (_("Day of the activity"), "held_on"),
            (_("Volunteer team"), "team"),
            (_("Community"), "community"),
            (_("Kind"), "get_kind_display"),
            (_("Compound"), "compound"),
            (_("Participants"), "participants"),
            (_("Hours"), "hours"),
            (_("by the firm's staff"), "firm_hours"),
            (_("Free help"), "is_free_help"),
        ],
        filters=in_words(choices),
    )


@desk_page
def activities(request: HttpRequest) -> HttpResponse:
    """The activities of the user's area, with their sums."""
    desk = request.desk
    found = activities_list(desk, request.GET)
    rows, choices = _activities(desk, request.GET)
    total = rows.order_by().aggregate(hours=Sum("hours"), firm=Sum("firm_hours"), times=Count("pk"))
    buttons = [Link(reverse("desk:volunteers"), _("Volunteer teams"))]
    if desk.communities:
        buttons.insert(0, Link(reverse("desk:volunteer-activity-new"), _("Record an activity"), primary=True))
    return show_ledger(
        request,
        found,
        Ledger(
            lead=_(
                "Recorded by the community. A firm's own hours count for the project that served the compound."
            ),
            why=_("No activity is recorded yet."),
            todo=_("The community's secretary records what a team did."),
            list_name="volunteer-activities",
            link=lambda row: reverse("desk:volunteer-activity", args=[row.pk]),
            choices=choices,
            buttons=buttons,
            figures=[
                (_("Activities"), total["times"]),
                (_("Hours of all together"), total["hours"] or 0),
                (_("by the firm's staff"), total["firm"] or 0),
            ],
            crumbs=[Link(reverse("desk:volunteers"), _("Volunteer teams"))],
        ),
    )


# Forms


def own_compounds(desk: Desk) -> list[Compound]:
    """Compounds of the secretary's communities today."""
    found = Compound.objects.none()
    for community in desk.communities:
        found = found | compounds_of(community, desk.today)
    return list(found.registered_on(desk.today).order_by("pinyin", "code"))


@desk_page
def edit_team(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """A new team, or a change of one."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    team = get_object_or_404(own_teams(desk), pk=pk) if pk else None
    projects = {}
    for community in desk.communities:
        projects |= {str(row.pk): row for row in projects_serving(community, desk.today)}
    if team and team.project:
        projects.setdefault(str(team.project_id), team.project)
    initial: dict[str, object] = {"founded_on": desk.today}
    if team:
        initial = {name: getattr(team, name) for name in ("name", "kind", "members", "founded_on")}
        initial |= {"community": team.community_id, "project": str(team.project_id or "")}
    communities = [team.community] if team else desk.communities
    form = TeamForm(
        request.POST or None,
        communities=[(row.pk, row.name) for row in communities],
        projects=[(key, str(row)) for key, row in projects.items()],
        initial=initial,
    )

    def save() -> VolunteerTeam:
        data = form.cleaned_data
        return volunteers.save_team(
            community=next(row for row in communities if str(row.pk) == data["community"]),
            name=data["name"],
            kind=data["kind"],
            members=data["members"],
            founded_on=data["founded_on"],
            project=projects.get(data["project"]),
            compound=team.compound if team else None,
            team=team,
            acting_user=request.user,
        )

    answer = run_form(
        request,
        form,
        save,
        _("The team is saved."),
        lambda row: f"{reverse('desk:volunteer-team', args=[row.pk])}?filed=1",
    )
    return answer or show_form(
        request,
        form,
        title=_("Change a team") if team else _("New team"),
        button=_("Save"),
        crumbs=[Link(reverse("desk:volunteers"), _("Volunteer teams"))],
        kept_as=f"team-{pk or 'new'}",
    )


def own_teams(desk: Desk) -> QuerySet:
    """Teams that the secretary keeps."""
    return (
        VolunteerTeam.objects.filter(community__in=desk.kept_community_ids)
        .select_related("community__district", "project", "compound")
        .order_by("name", "pk")
    )


@desk_page
def new_activity(request: HttpRequest) -> HttpResponse:
    """Record what a team did."""
    desk = request.desk
    if not desk.communities:
        raise Http404
    teams = {str(row.pk): row for row in own_teams(desk).active()}
    compounds = {str(row.pk): row for row in own_compounds(desk)}
    form = ActivityForm(
        request.POST or None,
        teams=[(key, row.name) for key, row in teams.items()],
        compounds=[(key, row.name) for key, row in compounds.items()],
        initial={"held_on": desk.today, "team": request.GET.get("team", "")},
    )

    def save() -> VolunteerActivity:
        data = form.cleaned_data
        return volunteers.record_activity(
            team=teams[data["team"]],
            held_on=data["held_on"],
            kind=data["kind"],
            title=data["title"],
            participants=data["participants"],
            hours=data["hours"],
            firm_hours=data["firm_hours"] or Decimal(0),
            compound=compounds.get(data["compound"]),
            is_free_help=data["is_free_help"],
            acting_user=request.user,
        )

    answer = run_form(
        request,
        form,
        save,
        _("The activity is recorded."),
        lambda row: f"{reverse('desk:volunteer-activity', args=[row.pk])}?filed=1",
    )
    return answer or show_form(
        request,
        form,
        title=_("Record an activity"),
        lead="" if teams else _("Enter a team first: this community has none yet."),
        button=_("Record"),
        crumbs=[Link(reverse("desk:volunteers"), _("Volunteer teams"))],
        kept_as="activity-new",
    )


# One row


@desk_page
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """One team with its latest activities."""
    desk = request.desk
    found = VolunteerTeam.objects.for_user(request.user).select_related("community", "project", "compound")
    row = get_object_or_404(found, pk=pk)
    keeps = row.community_id in desk.kept_community_ids and row.disbanded_on is None
    acts = []
    buttons = []
    if keeps:
        buttons = [
            Link(
                f"{reverse('desk:volunteer-activity-new')}?team={row.pk}",
                _("Record an activity"),
                primary=True,
            ),
            Link(reverse("desk:volunteer-team-edit", args=[row.pk]), _("Change")),
        ]
        acts = [
            Act(
                "disband",
                _("Disband the team"),
                lambda data: volunteers.disband_team(team=row, acting_user=request.user),
                _("The team is disbanded."),
                hint=_("It ends today; what it did stays."),
            )
        ]
    latest = row.activities.filter(withdrawn_reason="").order_by("-held_on", "-pk")[:SHOWN]
    return show_detail(
        request,
        title=row.name,
        facts=[
            (_("Community"), row.community),
            (_("Who they are"), row.get_kind_display()),
            (_("Members"), row.members),
            (_("Founded on"), row.founded_on),
            (_("Service project"), row.project),
            (_("Disbanded on"), row.disbanded_on),
        ],
        acts=acts,
        buttons=buttons,
        parts=[
            Part(
                _("Latest activities"),
                [_("Day of the activity"), _("What was done"), _("Participants"), _("Hours")],
                [(one.held_on, one.title, one.participants, one.hours) for one in latest],
                _("No activity is recorded yet."),
            )
        ],
        crumbs=[Link(reverse("desk:volunteers"), _("Volunteer teams"))],
        kept_as=f"team-{'new'}",
    )


@desk_page
def activity(request: HttpRequest, pk: int) -> HttpResponse:
    """One activity."""
    desk = request.desk
    found = VolunteerActivity.objects.for_user(request.user).select_related(
        "team", "community", "compound", "project"
    )
    row = get_object_or_404(found, pk=pk)
    acts = []
    if row.community_id in desk.kept_community_ids and not row.withdrawn_reason:
        acts = [
            Act(
                "withdraw",
                _("Withdraw this activity"),
                lambda data: volunteers.withdraw_activity(
                    activity=row, reason=data["reason"], acting_user=request.user
                ),
                _("The activity is withdrawn."),
                form=ReasonForm,
                hint=_("Its hours leave every sum."),
            )
        ]
    return show_detail(
        request,
        title=row.title,
        state=_("Taken back") + f": {row.withdrawn_reason}" if row.withdrawn_reason else "",
        facts=[
            (_("Day of the activity"), row.held_on),
            (_("Volunteer team"), row.team),
            (_("Community"), row.community),
            (_("Compound"), row.compound),
            (_("Kind"), row.get_kind_display()),
            (_("Participants"), row.participants),
            (_("Hours of all together"), row.hours),
            (_("Of these by the property firm's staff"), row.firm_hours),
            (_("Service project"), row.project),
            (_("Free help for households in need"), _("yes") if row.is_free_help else _("no")),
        ],
        acts=acts,
        crumbs=[
            Link(reverse("desk:volunteers"), _("Volunteer teams")),
            Link(reverse("desk:volunteer-activities"), _("Activities")),
        ],
        kept_as="activity-new",
    )
