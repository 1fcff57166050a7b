"""Commitments at the desk: the enterprise answers, the community confirms or reopens."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import Commitment, JointMeeting
from communities.services import commitments
from redprop.common.errors import Refused
from redprop.desk.page import carry_out, desk_page, show

PAGE = 50
State = Commitment.State


def _visible(request: HttpRequest):
    return Commitment.objects.for_user(request.user).filter(meeting__submitted_at__isnull=False)


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """Commitments in the user's reach: open ones unless asked otherwise."""
    chosen = request.GET.get("show", "open")
    rows = _visible(request).select_related("project__enterprise", "compound", "meeting__community")
    if chosen == "overdue":
        rows = rows.open().filter(due_on__lt=request.desk.today)
    elif chosen != "all":
        chosen, rows = "open", rows.open()
    rows = rows.order_by("due_on", "pk") if chosen != "all" else rows.order_by("-due_on", "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.light = request.desk.lights.of(row.due_on, done=row.state in (State.CONFIRMED, State.EXCLUDED))
    choices = [("open", _("Open")), ("overdue", _("Overdue")), ("all", _("All"))]
    context = {"page_obj": page, "chosen": chosen, "choices": choices, "page_query": f"show={chosen}&"}
    return show(request, "desk/commitments.html", context)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One commitment with all its steps, and what this user may do next."""
    found = _visible(request).select_related("project__enterprise", "compound", "meeting__community")
    commitment = get_object_or_404(found, pk=pk)
    desk, state = request.desk, commitment.state
    moves = commitments.COMMITMENT_MOVES[state]
    is_secretary = commitment.meeting.community_id in desk.kept_community_ids
    is_contact = commitment.project.enterprise_id in {e.pk for e in desk.enterprises}
    accepted = commitment.meeting.state == JointMeeting.State.ACCEPTED
    filed = accepted or commitment.meeting.state == JointMeeting.State.SUBMITTED
    context = {
        "commitment": commitment,
        "steps": commitment.steps.all(),
        "light": desk.lights.of(commitment.due_on, done=state in (State.CONFIRMED, State.EXCLUDED)),
        "may_answer": is_contact and filed and State.ANSWERED in moves,
        "may_confirm": is_secretary and accepted and State.CONFIRMED in moves,
        "may_reopen": is_secretary and State.REOPENED in moves,
        "may_extend": is_secretary and accepted and state not in (State.CONFIRMED, State.EXCLUDED),
        "sees_meeting": JointMeeting.objects.for_user(request.user).filter(pk=commitment.meeting_id).exists(),
    }
    return show(request, "desk/commitment.html", context)


@require_POST
@desk_page
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step of a commitment: answer, confirm, reopen or extend."""
    if step not in ("answer", "confirm", "reopen", "extend"):
        raise Http404
    commitment = get_object_or_404(_visible(request), pk=pk)
    text, user = request.POST.get("text", ""), request.user

    def extend() -> Commitment:
        due_on = _day(request.POST.get("due_on", ""))
        return commitments.extend_commitment(
            commitment=commitment, due_on=due_on, reason=text, acting_user=user
        )

    calls = {
        "answer": lambda: commitments.answer_commitment(commitment=commitment, text=text, acting_user=user),
        "confirm": lambda: commitments.confirm_commitment(commitment=commitment, text=text, acting_user=user),
        "reopen": lambda: commitments.reopen_commitment(commitment=commitment, reason=text, acting_user=user),
        "extend": extend,
    }
    done = {
        "answer": _("Answered. The community now looks and confirms."),
        "confirm": _("Confirmed and closed."),
        "reopen": _("Reopened. The enterprise is asked to answer again."),
        "extend": _("The new due date is set; the first one stays on record."),
    }
    return carry_out(request, calls[step], done[step], reverse("desk:commitment", args=[pk]))


def _day(text: str):
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("New due date: enter a day such as 2026-10-31."), code="no-date")
    return day
