"""Follow-ups of a second black in a row at the desk: due days, evidence, done."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from evaluations.models import FollowUp
from evaluations.services.follow_ups import finish_follow_up
from redprop.desk.held import held
from redprop.desk.lists import LIGHTS, DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 30


def _state_of(query: QueryDict) -> str:
    wanted = query.get("show", FollowUp.State.OPEN)
    return wanted if wanted in FollowUp.State.values else ""


@desk_list("follow-ups")
def follow_ups_list(desk: Desk, query: QueryDict) -> DeskList:
    """Follow-ups in the user's area: the open ones, or another state, or all (`show=all`)."""
    state = _state_of(query)
    rows = FollowUp.objects.for_user(desk.user).select_related(
        "entry__project", "entry__enterprise", "entry__period", "done_by"
    )
    if state:
        rows = rows.filter(state=state)
    return DeskList(
        title=_("Follow-ups of a second black in a row"),
        rows=rows.order_by("due_on", "pk"),
        columns=[
            (_("Service project"), "entry.project"),
            (_("Enterprise"), "entry.enterprise"),
            (_("Period"), "entry.period"),
            (_("Task"), "get_kind_display"),
            (_("Due on"), "due_on"),
            (_("State"), "get_state_display"),
            (_("Light"), lambda row: LIGHTS[desk.lights.of(row.due_on)] if row.state == "open" else ""),
            (_("Done on"), "done_on"),
            (_("Evidence"), "evidence"),
        ],
        filters=[(_("State"), FollowUp.State(state).label if state else "")],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of follow-ups; the clerk records below each what was done."""
    desk = request.desk
    found = follow_ups_list(desk, request.GET)
    state = _state_of(request.GET)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    data, about = held(request)
    for row in page.object_list:
        row.light = desk.lights.of(row.due_on)
        row.may_finish = row.state == FollowUp.State.OPEN and bool(desk.subdistrict_ids)
        row.typed = data.get("evidence", "") if data and about.get("step") == f"follow-up-{row.pk}" else ""
    context = {
        "page_obj": page,
        "states": FollowUp.State.choices,
        "state": state,
        "page_query": f"show={state or 'all'}&",
    }
    return show(request, "desk/follow_ups.html", context)


@require_POST
@desk_page
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a follow-up as done."""
    found = get_object_or_404(
        FollowUp.objects.for_user(request.user).select_related("entry__period__district"), pk=pk
    )
    return carry_out(
        request,
        lambda: finish_follow_up(
            follow_up=found, evidence=request.POST.get("evidence", ""), acting_user=request.user
        ),
        _("Recorded as done."),
        reverse("desk:follow-ups"),
        holding=f"follow-up-{pk}",
    )
