"""Commitments at the desk: the enterprise answers, the community confirms or reopens."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from communities.models import (
    Colour,
    Commitment,
    CommitmentPhoto,
    CommitmentStep,
    Exclusion,
    ExtensionRequest,
    JointMeeting,
)
from communities.services import commitments
from redprop.accounts.models import User
from redprop.core.services.attachments import MAX_BYTES
from redprop.desk.commitment_acts import ACTS, Posted
from redprop.desk.files import file_of
from redprop.desk.held import held
from redprop.desk.lists import LIGHTS, DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show, tell_masked

PAGE = 50
State = Commitment.State


def visible(user: User):
    """Commitments that the user may see, once the minutes are filed."""
    return Commitment.objects.for_user(user).filter(meeting__submitted_at__isnull=False)


CHOICES = {"open": gettext_lazy("Open"), "overdue": gettext_lazy("Overdue"), "all": gettext_lazy("All")}


@desk_list("commitments")
def commitments_list(desk: Desk, query: QueryDict) -> DeskList:
    """Commitments in the user's reach: open ones unless asked otherwise."""
    chosen = _chosen(query)
    rows = visible(desk.user).select_related("project__enterprise", "compound", "meeting__community")
    if chosen == "overdue":
        rows = rows.open().filter(due_on__lt=desk.today)
    elif chosen == "open":
        rows = rows.open()

    def with_lights(part: list[Commitment]) -> None:
        for row in part:
            row.light = desk.lights.of(row.due_on, done=row.state in (State.CONFIRMED, State.EXCLUDED))

    return DeskList(
        title=_("Commitments"),
        rows=rows.order_by("due_on", "pk") if chosen != "all" else rows.order_by("-due_on", "-pk"),
        columns=[
            (_("Problem"), "problem"),
            (_("Warning light"), lambda row: LIGHTS[row.light]),
            (_("Due on"), "due_on"),
            (_("State"), "get_state_display"),
            (_("times reopened"), "times_reopened"),
            (_("Service project"), "project"),
            (_("Compound"), "compound"),
            (_("Community"), "meeting.community"),
        ],
        filters=[(_("Show"), CHOICES[chosen])],
        prepare=with_lights,
    )


def _chosen(query: QueryDict) -> str:
    chosen = query.get("show", "open")
    return chosen if chosen in CHOICES else "open"


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """A page of the commitments."""
    found, chosen = commitments_list(request.desk, request.GET), _chosen(request.GET)
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    found.prepare(page.object_list)
    context = {
        "page_obj": page,
        "chosen": chosen,
        "choices": CHOICES.items(),
        "page_query": f"show={chosen}&",
    }
    return show(request, "desk/commitments.html", context)


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One commitment with all its steps, and what this user may do next."""
    found = visible(request.user).select_related(
        "project__enterprise", "compound", "meeting__community__district", "keeper"
    )
    commitment = get_object_or_404(found, pk=pk)
    desk, state = request.desk, commitment.state
    moves = commitments.COMMITMENT_MOVES[state]
    is_secretary = commitment.kept_in.pk in desk.kept_community_ids
    is_contact = commitment.project.enterprise_id in {e.pk for e in desk.enterprises}
    is_clerk = commitment.meeting.community.subdistrict_id in desk.subdistrict_ids
    accepted = commitment.meeting.state == JointMeeting.State.ACCEPTED
    filed = accepted or commitment.meeting.state == JointMeeting.State.SUBMITTED
    is_closed = state in (State.CONFIRMED, State.EXCLUDED)
    in_time = commitment.due_on >= desk.today
    asked = commitment.extensions.filter(state=ExtensionRequest.State.ASKED).first()
    to_sign = commitment.exclusions.filter(state=Exclusion.State.ASKED).select_related("asked_by").first()
    orders = list(commitment.orders.order_by("serial"))
    for order in orders:
        order.may_reply = is_contact and not order.reply and not is_closed
    parts = list(commitment.parts.select_related("project"))
    own = {e.pk for e in desk.enterprises}
    typed, about = held(request)
    steps = list(commitment.steps.prefetch_related("photos"))
    for part in parts:
        part.may_finish = part.is_open and (
            is_secretary or (part.project is not None and part.project.enterprise_id in own)
        )
        part.light = desk.lights.of(part.due_on, done=not part.is_open)
    context = {
        "commitment": commitment,
        "steps": steps,
        "answered": next((s for s in reversed(steps) if s.kind == CommitmentStep.Kind.ANSWERED), None),
        "typed": {about.get("step", "").replace("-", "_"): typed} if typed is not None else {},
        "most_bytes": MAX_BYTES,
        "most_megabytes": MAX_BYTES // 1048576,
        "most_photos": commitments.MOST_PHOTOS,
        "light": desk.lights.of(commitment.due_on, done=is_closed),
        "may_answer": is_contact and filed and State.ANSWERED in moves,
        "may_confirm": is_secretary and accepted and State.CONFIRMED in moves,
        "may_reopen": is_secretary and State.REOPENED in moves,
        "may_extend": is_secretary and accepted and not is_closed and in_time and not asked,
        "may_ask_time": is_contact and accepted and not is_closed and in_time and not asked,
        "asked": asked,
        "may_decide_time": is_secretary and asked is not None and not is_closed,
        "parts": parts,
        "parts_open": any(part.is_open for part in parts),
        "may_add_part": is_secretary and not is_closed,
        "may_drop_part": is_secretary,
        "orders": orders,
        "may_order": is_clerk and accepted and state in (State.OPEN, State.REOPENED),
        "colours": Colour.choices,
        "to_sign": to_sign,
        "may_sign": is_clerk and to_sign is not None and to_sign.asked_by_id != request.user.pk,
        "may_exclude": is_secretary and State.EXCLUDED in moves and to_sign is None,
        "reasons": Exclusion.Reason.choices,
        "sees_meeting": JointMeeting.objects.for_user(request.user).filter(pk=commitment.meeting_id).exists(),
    }
    return show(request, "desk/commitment.html", context)


@require_POST
@desk_page
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step of a commitment: see `ACTS`."""
    if step not in ACTS:
        raise Http404
    commitment = get_object_or_404(visible(request.user), pk=pk)
    call, done = ACTS[step]
    posted = Posted(request.POST, request.FILES)
    if posted.masked:
        tell_masked(request, posted.masked)
    return carry_out(
        request,
        lambda: call(commitment, posted, request.user),
        str(done),
        reverse("desk:commitment", args=[pk]),
        holding=step,
    )


@desk_page
def photo(request: HttpRequest, pk: int, photo: int) -> HttpResponseBase:
    """A photo with an answer or with "not fixed"."""
    found = CommitmentPhoto.objects.filter(commitment__in=visible(request.user)).select_related("attachment")
    return file_of(get_object_or_404(found, pk=photo, commitment=pk).attachment)
