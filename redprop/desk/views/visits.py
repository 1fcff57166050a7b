"""Home visits at the desk: the list, a round on one screen, its request by one tap, and what residents need."""

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import Compound, HomeVisit, ResidentRequest, ServiceAssignment, VisitItem
from communities.needs import items_on, needs_of, visits_by_community
from communities.selectors import compounds_of
from communities.services import visits
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.core.services.burden import record_burden
from redprop.desk.ledgers import (
    Ledger,
    Link,
    area_choice,
    in_words,
    month_choice,
    narrow_to_area,
    require_area,
    run_form,
    show_form,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show
from redprop.desk.tabs import tabs
from redprop.desk.visit_forms import RaisedForm, VisitForm


def _chosen(desk: Desk, query: QueryDict) -> tuple[QuerySet, list]:
    """Visits in the user's reach with the filters of the page."""
    month, period = month_choice(desk, query)
    area = area_choice(desk, query)
    visitor = value_choice(query, "visitor", _("Visited by"), HomeVisit.Visitor.choices)
    rows = narrow_to_area(HomeVisit.objects.for_user(desk.user).valid(), area)
    if period:
        rows = rows.filter(visited_on__gte=period.start, visited_on__lte=period.end)
    if visitor.chosen:
        rows = rows.filter(visitor=visitor.chosen)
    return rows, [month, *area, visitor]


@desk_list("visits")
def visits_list(desk: Desk, query: QueryDict) -> DeskList:
    """Rounds of home visits, newest first."""
    require_area(desk, contacts=True)
    rows, choices = _chosen(desk, query)
    return DeskList(
        _("Home visits"),
        rows.select_related("compound", "community", "project")
        .annotate(raised=Count("requests"))
        .order_by("-visited_on", "-pk"),
        [
            (_("Compound and building"), lambda row: f"{row.compound} {row.building}"),
            (_("Visited on"), "visited_on"),
            (_("Community"), "community"),
            (_("Visited by"), lambda row: str(row.project or row.get_visitor_display())),
            (_("Homes visited"), "homes"),
            (_("Requests"), "raised"),
            (_("What came out of it"), lambda row: row.outcome[:60]),
        ],
        filters=in_words(choices),
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The visits of the user's area, or of the contact's own staff."""
    desk = request.desk
    found = visits_list(desk, request.GET)
    _rows, choices = _chosen(desk, request.GET)
    buttons = []
    if desk.communities or desk.enterprises:
        buttons.append(Link(reverse("desk:visit-new"), _("Record a visit"), primary=True))
    if desk.sees_meetings:
        buttons.append(Link(reverse("desk:visit-needs"), _("What residents need")))
    ledger = Ledger(
        lead=_("One line is one round through one building. No resident and no door is recorded."),
        why=_("No visit is recorded yet."),
        todo=_("Rounds are recorded by the community, and by the property firm for its own staff."),
        list_name="visits",
        link=lambda row: reverse("desk:visit", args=[row.pk]),
        choices=choices,
        buttons=buttons,
        tabs=tabs(desk, "desk:visits"),
    )
    return show_ledger(request, found, ledger)


@desk_list("visit-overview")
def overview_list(desk: Desk, query: QueryDict) -> DeskList:
    """Rounds and homes by community."""
    require_area(desk)
    rows, choices = _chosen(desk, query)
    return DeskList(
        _("What residents need"),
        visits_by_community(rows),
        [
            (_("Community"), "community__name"),
            (_("Subdistrict"), "community__subdistrict__name"),
            (_("Rounds"), "rounds"),
            (_("Homes visited"), "homes_visited"),
            (_("by property staff"), "by_staff"),
            (_("by party members in post"), "by_party"),
        ],
        filters=in_words(choices),
    )


@desk_page
def needs(request: HttpRequest) -> HttpResponse:
    """The survey in counts, and the rounds by community."""
    desk = request.desk
    found = overview_list(desk, request.GET)
    rows, choices = _chosen(desk, request.GET)
    ledger = Ledger(
        lead=_("Counted in homes over all rounds shown; joint service projects are ordered by it."),
        why=_("No visit is recorded yet."),
        todo=_("Rounds are recorded by the community, and by the property firm for its own staff."),
        list_name="visit-overview",
        choices=choices,
        crumbs=[Link(reverse("desk:visits"), _("Home visits"))],
        more={"needs": needs_of(rows)},
    )
    return show_ledger(request, found, ledger, "desk/visit_needs.html")


# One round


def own_places(desk: Desk) -> list[Compound]:
    """Compounds that the user records visits in today: of the own communities, or served by the own firm."""
    if desk.communities:
        found = Compound.objects.none()
        for community in desk.communities:
            found = found | compounds_of(community, desk.today)
        return list(found.registered_on(desk.today).order_by("pinyin", "code"))
    if desk.enterprises:
        return list(
            Compound.objects.registered_on(desk.today)
            .filter(
                assignments__contract__project__enterprise__in=desk.enterprises,
                assignments__in=ServiceAssignment.objects.on(desk.today).values("pk"),
            )
            .order_by("pinyin", "code")
            .distinct()
        )
    return []


def _community_of(desk: Desk, compound: Compound, visit: HomeVisit | None) -> Community:
    placement = compound.placements.on(desk.today).select_related("community__district").first()
    if placement is None:
        if visit is not None:
            return visit.community
        raise Refused(_("%(compound)s is in no community today.") % {"compound": compound}, code="unplaced")
    return placement.community


def _form(request: HttpRequest, visit: HomeVisit | None) -> VisitForm:
    desk = request.desk
    compounds = own_places(desk)
    if visit is not None and visit.compound not in compounds:
        compounds.append(visit.compound)
    items = items_on(desk.district.pk, visit.visited_on if visit else desk.today) if desk.district else []
    initial: dict[str, object] = {"visited_on": desk.today}
    if visit is not None:
        initial = {
            name: getattr(visit, name) for name in ("building", "visited_on", "visitor", "homes", "outcome")
        }
        initial["compound"] = str(visit.compound_id)
        initial |= {f"item_{count.item_id}": count.homes for count in visit.counts.all()}
    return VisitForm(
        request.POST or None,
        compounds=compounds,
        items=items,
        today=desk.today,
        only_staff=not desk.communities,
        initial=initial,
    )


@desk_page
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Record a round, or correct one."""
    desk = request.desk
    if not desk.communities and not desk.enterprises:
        raise Http404
    visit = None
    if pk is not None:
        visit = get_object_or_404(_visible(request), pk=pk)
        if not _may_write(desk, visit):
            raise Http404
    form = _form(request, visit)
    answer = run_form(
        request,
        form,
        lambda: visits.save_visit(
            community=_community_of(desk, form.chosen, visit),
            entered=form.entered(),
            visit=visit,
            acting_user=request.user,
        ),
        _("The visit is recorded."),
        lambda row: f"{reverse('desk:visit', args=[row.pk])}?filed=1",
    )
    if answer is not None and visit is None:
        record_burden(
            district=desk.district,
            form="visit",
            typed_fields=request.POST.get("burden_fields"),
            seconds=request.POST.get("burden_seconds"),
        )
    return answer or show_form(
        request,
        form,
        title=_("Correct a visit") if visit else _("Record a visit"),
        lead=_("One round through one building, counted in homes. It takes a minute."),
        button=_("Record"),
        crumbs=[Link(reverse("desk:visits"), _("Home visits"))],
        kept_as=f"visit-{pk or 'new'}",
        counts_burden=visit is None,
        template="desk/visit_form.html",
    )


def _visible(request: HttpRequest) -> QuerySet:
    return HomeVisit.objects.for_user(request.user).select_related(
        "compound", "community__district", "community__subdistrict", "project__enterprise"
    )


def _may_write(desk: Desk, visit: HomeVisit) -> bool:
    own = {e.pk for e in desk.enterprises}
    return not visit.withdrawn_reason and (
        visit.community_id in desk.kept_community_ids
        or bool(visit.project and visit.project.enterprise_id in own)
    )


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One round: its counts, its requests, and what may follow."""
    desk = request.desk
    visit = get_object_or_404(_visible(request), pk=pk)
    counts = list(visit.counts.select_related("item"))
    may_write = _may_write(desk, visit)
    in_time = (desk.today - visit.visited_on).days <= visits.CORRECTED_WITHIN
    context = {
        "visit": visit,
        "policies": [count for count in counts if count.item.kind == VisitItem.Kind.POLICY],
        "needs": [count for count in counts if count.item.kind == VisitItem.Kind.NEED],
        "raised": ResidentRequest.objects.for_user(request.user).filter(visits=visit),
        "may_raise": may_write and visit.community_id in desk.kept_community_ids,
        "may_correct": may_write and in_time,
        "form": RaisedForm(initial={"text": visit.outcome if not visit.requests.exists() else ""}),
        "kept_as": f"visit-new-{request.user.pk}" if request.GET.get("filed") else "",
    }
    return show(request, "desk/visit.html", context)


@require_POST
@desk_page
def raise_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a request that came out of the round."""
    visit = get_object_or_404(_visible(request), pk=pk)
    form = RaisedForm(request.POST)
    back = redirect("desk:visit", pk=pk)
    if not form.is_valid():
        messages.error(request, _("Write what residents said, then send it again."))
        return back
    try:
        raised = visits.raise_request(visit=visit, acting_user=request.user, **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
        return back
    messages.success(
        request,
        _(
            "Entered as request %(code)s. Give the resident the code %(follow)s to follow it by: it is shown only now."
        )
        % {"code": raised.code, "follow": raised.follow_code},
    )
    return back


@require_POST
@desk_page
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a round entered by mistake."""
    visit = get_object_or_404(_visible(request), pk=pk)
    try:
        visits.withdraw_visit(visit=visit, reason=request.POST.get("reason", ""), acting_user=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("desk:visit", pk=pk)
    messages.success(request, _("The visit is withdrawn."))
    return redirect("desk:visits")
