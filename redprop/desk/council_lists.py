"""The lists of the council at the desk, for the page and for the file: meetings, resolutions, topics, follow-ups, people."""

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import (
    CompoundPlacement,
    CouncilFollowUp,
    CouncilMeeting,
    CouncilResolution,
    CouncilTopic,
    NeighbourRepresentative,
)
from redprop.common.identifiers import mask_name
from redprop.desk.lists import LIGHTS, DeskList, desk_list
from redprop.desk.page import Desk

MEETINGS = {"filed": gettext_lazy("Filed"), "draft": gettext_lazy("Drafts"), "all": gettext_lazy("All")}
TOPICS = {
    "open": gettext_lazy("Open"),
    "settled": gettext_lazy("Resolved"),
    "refused": gettext_lazy("Not taken on"),
    "all": gettext_lazy("All"),
}
FOLLOW_UPS = {"open": gettext_lazy("Open"), "overdue": gettext_lazy("Overdue"), "all": gettext_lazy("All")}
PEOPLE = {"today": gettext_lazy("In office"), "all": gettext_lazy("All terms")}


def chosen_of(query: QueryDict, choices: dict[str, Any]) -> str:
    """The filter chosen in the address, or the first."""
    chosen = query.get("show", "")
    return chosen if chosen in choices else next(iter(choices))


def _words(rows: Any, query: QueryDict, *paths: str) -> Any:
    """Rows with the words of the search in one of the texts."""
    words = query.get("q", "").strip()[:50]
    if not words:
        return rows
    found = Q()
    for path in paths:
        found |= Q(**{f"{path}__icontains": words})
    return rows.filter(found)


@desk_list("councils")
def meetings_list(desk: Desk, query: QueryDict) -> DeskList:
    """Council meetings of the user's communities; drafts are the secretary's own affair."""
    if not desk.sees_meetings:
        raise Http404
    rows = CouncilMeeting.objects.for_user(desk.user)
    own = [c.pk for c in desk.communities]
    rows = rows.filter(Q(state=CouncilMeeting.State.FILED) | Q(community__in=own))
    chosen = chosen_of(query, MEETINGS) if query.get("show") else ("all" if own else "filed")
    if chosen != "all":
        rows = rows.filter(state=chosen)
    # A condition of its own query: searched compounds must not multiply the rows.
    rows = _words(rows, query, "community__name", "community__pinyin", "place")
    rows = (
        rows.select_related("community")
        .prefetch_related("compounds")
        .annotate(resolved=Count("resolutions", filter=Q(resolutions__replaces__isnull=True)))
        .order_by("-held_on", "-pk")
    )
    return DeskList(
        title=_("Council meetings"),
        rows=rows,
        columns=[
            (_("Held on"), "held_on"),
            (_("Time of day"), "get_session_display"),
            (_("Community"), "community"),
            (_("Compounds"), lambda row: "、".join(c.name for c in row.compounds.all())),
            (_("Present"), "present"),
            (_("In office"), "in_office"),
            (_("Quorum"), "quorum"),
            (_("Resolutions"), "resolved"),
            (_("State"), "get_state_display"),
        ],
        filters=[(_("Show"), MEETINGS[chosen]), (_("Search"), query.get("q", ""))],
    )


@desk_list("council-resolutions")
def resolutions_list(desk: Desk, query: QueryDict) -> DeskList:
    """The last word on each resolution that the user may see; for a contact those about the own compounds."""
    rows = _words(
        CouncilResolution.objects.for_user(desk.user).current(),
        query,
        "topic__title",
        "text",
        "meeting__community__name",
    )
    rows = rows.select_related("topic", "compound", "meeting__community").prefetch_related(
        "meeting__compounds"
    )
    return DeskList(
        title=_("Resolutions of the council"),
        rows=rows.order_by("-meeting__held_on", "number", "pk"),
        columns=[
            (_("Held on"), "meeting.held_on"),
            (_("Community"), "meeting.community"),
            (_("Compounds"), compounds_of_resolution),
            (_("Topic"), "topic"),
            (_("Resolution"), "text"),
            (_("For"), "votes_for"),
            (_("Against"), "votes_against"),
            (_("Abstained"), "votes_abstained"),
            (_("Outcome"), outcome_of),
        ],
        filters=[(_("Search"), query.get("q", ""))],
    )


def compounds_of_resolution(row: CouncilResolution) -> str:
    """The compounds that a resolution is about."""
    return row.compound.name if row.compound else "、".join(c.name for c in row.meeting.compounds.all())


def outcome_of(row: CouncilResolution) -> str:
    """Passed, rejected or withdrawn, in a word."""
    if row.withdrawn:
        return _("withdrawn")
    return _("passed") if row.passed else _("not passed")


@desk_list("council-topics")
def topics_list(desk: Desk, query: QueryDict) -> DeskList:
    """Topics of the user's communities; for a contact those the own enterprise proposed."""
    rows = CouncilTopic.objects.for_user(desk.user)
    chosen, state = chosen_of(query, TOPICS), CouncilTopic.State
    if chosen == "open":
        rows = rows.filter(state__in=[state.PROPOSED, state.ACCEPTED, state.DEFERRED])
    elif chosen != "all":
        rows = rows.filter(state=chosen)
    rows = _words(rows, query, "title", "community__name")
    return DeskList(
        title=_("Topics of the council"),
        rows=rows.select_related("community", "compound", "project").order_by("-proposed_on", "-pk"),
        columns=[
            (_("Topic"), "title"),
            (_("What it is about"), "text"),
            (_("Proposed by"), "get_proposer_display"),
            (_("Proposed on"), "proposed_on"),
            (_("Community"), "community"),
            (_("Compound"), "compound"),
            (_("State"), "get_state_display"),
            (_("Reason"), "reason"),
        ],
        filters=[(_("Show"), TOPICS[chosen]), (_("Search"), query.get("q", ""))],
    )


@desk_list("council-follow-ups")
def follow_ups_list(desk: Desk, query: QueryDict) -> DeskList:
    """What follows from resolutions, with lights; for a contact what the own enterprise is to promise."""
    rows = CouncilFollowUp.objects.for_user(desk.user)
    chosen = chosen_of(query, FOLLOW_UPS)
    if chosen != "all":
        rows = rows.open()
    if chosen == "overdue":
        rows = rows.filter(due_on__lt=desk.today)
    rows = _words(rows, query, "what", "resolution__topic__title", "resolution__meeting__community__name")
    rows = rows.select_related("resolution__topic", "resolution__meeting__community", "project", "commitment")

    def with_lights(part: list[CouncilFollowUp]) -> None:
        for row in part:
            row.light = light_of(desk, row)

    return DeskList(
        title=_("Follow-ups of resolutions"),
        rows=rows.order_by("due_on", "pk") if chosen != "all" else rows.order_by("-due_on", "-pk"),
        columns=[
            (_("What is to be done"), "what"),
            (_("Kind"), "get_kind_display"),
            (_("Warning light"), lambda row: LIGHTS[row.light]),
            (_("Due on"), "due_on"),
            (_("State"), state_of),
            (_("Responsible post"), "responsible"),
            (_("Service project"), "project"),
            (_("Community"), "resolution.meeting.community"),
            (_("Topic"), "resolution.topic"),
        ],
        filters=[(_("Show"), FOLLOW_UPS[chosen]), (_("Search"), query.get("q", ""))],
        prepare=with_lights,
    )


def light_of(desk: Desk, row: CouncilFollowUp) -> Any:
    """The light of a follow-up: a promise's own once a joint meeting has taken it up."""
    if row.commitment is not None:
        done = row.commitment.state in ("confirmed", "excluded")
        return desk.lights.of(row.commitment.due_on, done=done)
    return desk.lights.of(row.due_on, done=row.state != CouncilFollowUp.State.OPEN)


def state_of(row: CouncilFollowUp) -> str:
    """The state in words; that of the promise once there is one."""
    if row.commitment is not None:
        return str(row.commitment.get_state_display())
    if row.kind == CouncilFollowUp.Kind.PROMISE and row.state == CouncilFollowUp.State.OPEN:
        return _("waits for the joint meeting")
    return str(row.get_state_display())


@desk_list("council-people")
def people_list(desk: Desk, query: QueryDict) -> DeskList:
    """Representatives; the name for the own community alone, masked for everybody else."""
    if not desk.sees_meetings:
        raise Http404
    rows = NeighbourRepresentative.objects.for_user(desk.user)
    chosen = chosen_of(query, PEOPLE)
    if chosen == "today":
        rows = rows.on(desk.today)
    rows = _words(rows, query, "compound__name", "compound__pinyin")
    own = own_compounds(desk)

    def with_names(part: list[NeighbourRepresentative]) -> None:
        for row in part:
            row.is_own = row.compound_id in own
            row.shown = row.name if row.is_own else mask_name(row.name)

    return DeskList(
        title=_("Red-neighbour representatives"),
        rows=rows.select_related("compound").order_by(
            "compound__pinyin", "compound__code", "valid_from", "pk"
        ),
        columns=[
            (_("Compound"), "compound"),
            (_("Name"), "shown"),
            (_("Buildings represented"), "stands_for"),
            (_("How chosen"), "get_chosen_display"),
            (_("From"), "valid_from"),
            (_("Until"), "valid_to"),
        ],
        filters=[(_("Show"), PEOPLE[chosen]), (_("Search"), query.get("q", ""))],
        prepare=with_names,
    )


def own_compounds(desk: Desk) -> set[int]:
    """Compounds of the communities whose secretary the user is (one query)."""
    if not desk.communities:
        return set()
    placed = CompoundPlacement.objects.on(desk.today).filter(community__in=desk.communities)
    return set(placed.values_list("compound", flat=True))
