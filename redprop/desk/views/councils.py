"""The council at the desk: its meetings with their resolutions, and all resolutions; minutes as paper."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.council_paper import paper_of_council
from communities.models import CouncilFollowUp, CouncilMeeting, CouncilResolution
from communities.services import council_follow_ups
from redprop.common.errors import Refused
from redprop.desk.council_lists import MEETINGS, light_of, meetings_list, resolutions_list, state_of
from redprop.desk.files import paper_answer
from redprop.desk.held import held, hold, let_go
from redprop.desk.lists import DeskList
from redprop.desk.page import desk_page, show

PAGE = 30
State = CouncilMeeting.State


def page_of(
    request: HttpRequest, found: DeskList, choices: Mapping[str, Any] | None = None, chosen: str = ""
) -> dict[str, Any]:
    """One page of a list with its filters, for the template."""
    page = Paginator(found.rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    if found.prepare:
        found.prepare(page.object_list)
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "page_obj": page,
        "choices": list((choices or {}).items()),
        "chosen": chosen,
        "words": request.GET.get("q", ""),
        "page_query": f"{query.urlencode()}&" if query else "",
    }


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """Meetings of the user's communities."""
    found = meetings_list(request.desk, request.GET)
    chosen = request.GET.get("show") or ("all" if request.desk.communities else "filed")
    return show(request, "desk/councils.html", page_of(request, found, MEETINGS, chosen))


@desk_page
def resolutions(request: HttpRequest) -> HttpResponse:
    """Resolutions that concern the user."""
    found = resolutions_list(request.desk, request.GET)
    return show(request, "desk/council_resolutions.html", page_of(request, found))


def in_reach(request: HttpRequest, pk: int) -> CouncilMeeting:
    """The meeting; a draft for its own secretary alone."""
    rows = CouncilMeeting.objects.for_user(request.user).select_related(
        "community__district", "community__subdistrict"
    )
    meeting = get_object_or_404(rows, pk=pk)
    if meeting.state == State.DRAFT:
        get_object_or_404(rows.filter(community__in=request.desk.communities), pk=pk)
    return meeting


def is_own(request: HttpRequest, meeting: CouncilMeeting) -> bool:
    """Whether the user is the secretary of the meeting's community, who alone sees names."""
    return meeting.community_id in {c.pk for c in request.desk.communities}


@desk_page
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A filed meeting: the minutes as on paper, each resolution as it stands, what follows from it."""
    desk, meeting = request.desk, in_reach(request, pk)
    if meeting.state == State.DRAFT:
        return redirect("desk:council-edit", pk=pk)
    own = is_own(request, meeting)
    rows = list(meeting.resolutions.current().select_related("topic", "compound").order_by("number"))
    by_number: dict[int, list[Any]] = {}
    for follow in (
        CouncilFollowUp.objects.filter(resolution__meeting=meeting)
        .select_related("resolution", "project", "commitment")
        .order_by("pk")
    ):
        follow.light, follow.state_shown = light_of(desk, follow), state_of(follow)
        by_number.setdefault(follow.resolution.number, []).append(follow)
    typed, about = held(request)
    for row in rows:
        row.follows = by_number.get(row.number, [])
        row.may_change = own and not row.withdrawn
        mine = typed if typed and typed.get("row") == str(row.pk) else None
        row.typed = mine or {
            "text": row.text,
            "votes_for": row.votes_for,
            "votes_against": row.votes_against,
            "votes_abstained": row.votes_abstained,
        }
        row.is_open = mine is not None
    context = {
        "meeting": meeting,
        "resolutions": rows,
        "paper": paper_of_council(meeting, with_names=own).to_dict(),
        "own": own,
        "refused": about.get("refused"),
        "autosave_key": f"council-{meeting.pk}",
    }
    return show(request, "desk/council.html", context)


@desk_page
def paper(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The minutes as .docx or PDF; with the representatives' names for the community alone."""
    meeting = in_reach(request, pk)
    document = paper_of_council(meeting, with_names=is_own(request, meeting))
    return paper_answer(request, document, form, reverse("desk:council", args=[pk]))


@require_POST
@desk_page
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a resolution by a further row."""
    row = _own_resolution(request, pk)
    counted = [request.POST.get(name, "") for name in ("votes_for", "votes_against", "votes_abstained")]

    def act() -> None:
        if not all(text.isdigit() and len(text) < 4 for text in counted):
            raise Refused(_("Votes: enter whole numbers, 0 where nobody did."), code="votes")
        council_follow_ups.correct_resolution(
            resolution=row,
            text=request.POST.get("text", ""),
            votes=tuple(int(text) for text in counted),  # type: ignore[arg-type]
            reason=request.POST.get("reason", ""),
            acting_user=request.user,
        )

    return or_hold(
        request,
        act,
        _("Corrected. The row before stays on record; the public page follows within a quarter of an hour."),
        reverse("desk:council", args=[row.meeting_id]),
    )


@require_POST
@desk_page
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a resolution by a further row."""
    row = _own_resolution(request, pk)
    return or_hold(
        request,
        lambda: council_follow_ups.withdraw_resolution(
            resolution=row, reason=request.POST.get("reason", ""), acting_user=request.user
        ),
        _("Withdrawn. The public page follows within a quarter of an hour."),
        reverse("desk:council", args=[row.meeting_id]),
    )


def _own_resolution(request: HttpRequest, pk: int) -> CouncilResolution:
    """The resolution, where the meeting is in the user's area: the service says who may change it."""
    rows = CouncilResolution.objects.for_user(request.user).select_related(
        "topic", "meeting__community__district"
    )
    row = get_object_or_404(rows, pk=pk)
    in_reach(request, row.meeting_id)
    return row


def or_hold(request: HttpRequest, act: Callable[[], object], done: str, back: str) -> HttpResponse:
    """Do it and say so; what was typed stands in the page again when it is refused."""
    try:
        act()
    except Refused as refused:
        return hold(request, request.POST, back, refused=str(refused))
    let_go(request, back)
    messages.success(request, done)
    # The mark tells the device to forget what it kept of the form.
    return redirect(f"{back}?done=1")
