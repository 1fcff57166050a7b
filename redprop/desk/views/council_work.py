"""Around the council's meetings: topics proposed and decided, representatives' terms, follow-ups done."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.models import (
    Compound,
    CouncilFollowUp,
    CouncilTopic,
    NeighbourRepresentative,
    ServiceAssignment,
)
from communities.selectors import compounds_of
from communities.services import council_follow_ups, council_people
from redprop.common.errors import Refused
from redprop.core.services.attachments import MAX_BYTES
from redprop.desk.council_lists import (
    FOLLOW_UPS,
    PEOPLE,
    TOPICS,
    chosen_of,
    follow_ups_list,
    light_of,
    people_list,
    state_of,
    topics_list,
)
from redprop.desk.held import held
from redprop.desk.page import Desk, carry_out, desk_page, show
from redprop.desk.views.councils import or_hold, page_of

State = CouncilTopic.State


@desk_page
def topics(request: HttpRequest) -> HttpResponse:
    """Topics, and the form for a further one; decided here by the secretary."""
    desk = request.desk
    if request.method == "POST":
        return _propose(request)
    found = topics_list(desk, request.GET)
    typed, about = held(request)
    own = {c.pk for c in desk.communities}
    context = page_of(request, found, TOPICS, chosen_of(request.GET, TOPICS))
    for row in context["page_obj"]:
        row.moves = (
            council_people.TOPIC_MOVES[row.state] if row.community_id in desk.kept_community_ids else set()
        )
        row.may_accept, row.may_refuse = State.ACCEPTED in row.moves, State.REFUSED in row.moves
    context |= {
        "places": _places(desk),
        "proposers": [] if not own else CouncilTopic.Proposer.choices,
        "typed": typed or {},
        "refused": about.get("refused"),
    }
    return show(request, "desk/council_topics.html", context)


def _places(desk: Desk) -> list[tuple[str, str]]:
    """Where a topic may be about: for a secretary a community or compound, for a contact a compound it serves."""
    found = []
    for community in desk.communities:
        found.append((f"c{community.pk}", _("%(community)s, all compounds") % {"community": community}))
        found += [(f"h{c.pk}", str(c)) for c in compounds_of(community, desk.today).order_by("code")]
    if not desk.communities and desk.enterprises:
        rows = ServiceAssignment.objects.on(desk.today).filter(
            contract__project__enterprise__in=desk.enterprises
        )
        rows = rows.select_related("compound", "contract__project").order_by("compound__code")
        found += [(f"h{a.compound_id}p{a.contract.project_id}", str(a.compound)) for a in rows]
    return found


def _propose(request: HttpRequest) -> HttpResponse:
    desk, where = request.desk, request.POST.get("where", "")
    if where not in dict(_places(desk)):
        return or_hold(request, _choose_place, "", request.path)
    compound, community, project = None, None, None
    if where.startswith("c"):
        community = next(c for c in desk.communities if f"c{c.pk}" == where)
    else:
        number, _p, project_id = where[1:].partition("p")
        compound = get_object_or_404(Compound.objects.select_related("district"), pk=number)
        community = council_people.community_of(compound, desk.today)
        project = next(
            (
                a.contract.project
                for a in ServiceAssignment.objects.on(desk.today)
                .filter(compound=compound, contract__project=project_id or None)
                .select_related("contract__project__enterprise")
            ),
            None,
        )
    return or_hold(
        request,
        lambda: council_people.propose_topic(
            community=community,
            compound=compound,
            title=request.POST.get("title", ""),
            text=request.POST.get("text", ""),
            proposer=request.POST.get("proposer", ""),
            project=project,
            acting_user=request.user,
        ),
        _("Proposed. The community takes it on, defers or refuses it."),
        request.path,
    )


def _choose_place() -> None:
    raise Refused(_("Compound: choose what the topic is about."), code="no-place")


@require_POST
@desk_page
def decide(request: HttpRequest, pk: int, state: str) -> HttpResponse:
    """Take a topic on, defer or refuse it."""
    topic = get_object_or_404(CouncilTopic.objects.for_user(request.user), pk=pk)
    done = {
        State.ACCEPTED: _("Taken on. It stands in the form of the next meeting."),
        State.DEFERRED: _("Deferred, with the reason."),
        State.REFUSED: _("Not taken on, with the reason."),
    }
    if state not in done:
        raise Http404
    return carry_out(
        request,
        lambda: council_people.decide_topic(
            topic=topic, state=state, reason=request.POST.get("reason", ""), acting_user=request.user
        ),
        done[State(state)],
        reverse("desk:council-topics"),
    )


@desk_page
def people(request: HttpRequest) -> HttpResponse:
    """Representatives by compound; the secretary enters and ends terms."""
    desk = request.desk
    found = people_list(desk, request.GET)
    compounds = [c for one in desk.communities for c in compounds_of(one, desk.today).order_by("code")]
    if request.method == "POST":
        compound = next((c for c in compounds if str(c.pk) == request.POST.get("compound")), None)
        return or_hold(
            request,
            lambda: council_people.add_representative(
                compound=_needed(compound),
                name=request.POST.get("name", ""),
                stands_for=request.POST.get("stands_for", ""),
                chosen=request.POST.get("chosen", ""),
                valid_from=_day(request, "valid_from"),
                valid_to=_day(request, "valid_to") if request.POST.get("valid_to") else None,
                acting_user=request.user,
            ),
            _("Entered."),
            request.path,
        )
    typed, about = held(request)
    context = page_of(request, found, PEOPLE, chosen_of(request.GET, PEOPLE)) | {
        "compounds": compounds,
        "ways": NeighbourRepresentative.Chosen.choices,
        "typed": typed or {"valid_from": desk.today.isoformat()},
        "refused": about.get("refused"),
    }
    return show(request, "desk/council_people.html", context)


def _needed(compound: Compound | None) -> Compound:
    if compound is None:
        raise Refused(_("Compound: choose one of your community."), code="no-compound")
    return compound


def _day(request: HttpRequest, name: str):
    try:
        day = parse_date(request.POST.get(name, ""))
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("Term: enter days such as 2026-10-31."), code="no-date")
    return day


@require_POST
@desk_page
def end_term(request: HttpRequest, pk: int) -> HttpResponse:
    """End a representative's term."""
    row = get_object_or_404(NeighbourRepresentative.objects.for_user(request.user), pk=pk)
    return carry_out(
        request,
        lambda: council_people.end_term(
            representative=row, last_day=_day(request, "last_day"), acting_user=request.user
        ),
        _("The end of the term is set."),
        reverse("desk:council-people"),
    )


@desk_page
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Tasks and promises that follow from resolutions."""
    found = follow_ups_list(request.desk, request.GET)
    context = page_of(request, found, FOLLOW_UPS, chosen_of(request.GET, FOLLOW_UPS))
    for row in context["page_obj"]:
        row.state_shown = state_of(row)
    return show(request, "desk/council_follow_ups.html", context)


def _follow_up(request: HttpRequest, pk: int) -> CouncilFollowUp:
    rows = CouncilFollowUp.objects.for_user(request.user).select_related(
        "resolution__topic", "resolution__meeting__community__district", "project", "commitment", "photo"
    )
    return get_object_or_404(rows, pk=pk)


@desk_page
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """One follow-up, and what may be done to it."""
    desk, row = request.desk, _follow_up(request, pk)
    keeps = row.resolution.meeting.community_id in desk.kept_community_ids
    is_open = row.state == CouncilFollowUp.State.OPEN and row.commitment is None
    is_promise = row.kind == CouncilFollowUp.Kind.PROMISE
    typed, about = held(request)
    context = {
        "follow_up": row,
        "light": light_of(desk, row),
        "state": state_of(row),
        "may_finish": keeps and is_open and not is_promise,
        "may_drop": keeps and is_open,
        "may_hand_over": keeps and is_open and is_promise,
        "sees_meeting": desk.sees_meetings,
        "typed": typed or {},
        "refused": about.get("refused"),
        "most_bytes": MAX_BYTES,
        "most_megabytes": MAX_BYTES // 1048576,
    }
    return show(request, "desk/council_follow_up.html", context)


@require_POST
@desk_page
def act(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Done, dropped, or handed over to the joint meeting."""
    row, text = _follow_up(request, pk), request.POST.get("text", "")
    steps = {
        "finish": (
            lambda: council_follow_ups.finish_task(
                follow_up=row, outcome=text, photo=request.FILES.get("photo"), acting_user=request.user
            ),
            _("Done. The public page follows within a quarter of an hour."),
        ),
        "drop": (
            lambda: council_follow_ups.drop_follow_up(follow_up=row, reason=text, acting_user=request.user),
            _("Dropped, with the reason."),
        ),
        "hand-over": (
            lambda: council_follow_ups.hand_over(follow_up=row, acting_user=request.user),
            _(
                "It stands in the draft of this month's joint meeting. The enterprise sees it when that is filed."
            ),
        ),
    }
    if step not in steps:
        raise Http404
    call, done = steps[step]
    return or_hold(request, call, done, reverse("desk:council-follow-up", args=[pk]))


@desk_page
def photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photo of what was done: a file that we wrote."""
    attachment = _follow_up(request, pk).photo
    if attachment is None:
        raise Http404
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, content_type=attachment.content_type, filename=attachment.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
