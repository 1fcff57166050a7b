"""Graduates at the desk: a contact's own graduates with mentors, duties and steps; a secretary's mentees.

The contact names the mentor from the enterprise, the secretary the one from the community: each once, where it is known.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from enterprises.mentors_present import present_mentors
from enterprises.models import (
    CommunitySecretary,
    CrossAppointment,
    Graduate,
    GrowthStep,
    Mentorship,
    Post,
    PostDuty,
)
from enterprises.party_checks import add_months
from enterprises.services.mentors import mentor_left, name_mentor
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.mentees import OFFERED, lacking
from redprop.desk.page import Desk, carry_out, desk_page, show


def _has_graduates(desk: Desk) -> bool:
    return bool(desk.enterprises or desk.communities)


def _people(desk: Desk) -> QuerySet[Graduate]:
    """Graduates in post at the own enterprises; for a secretary those with a mentor from the own communities."""
    reached = Q(pk__in=[])
    if desk.enterprises:
        posts = Post.objects.on(desk.today).filter(enterprise__in=desk.enterprises)
        reached |= Q(person__in=posts.values("person"))
    if desk.communities:
        rows = Mentorship.objects.on(desk.today).filter(community__in=desk.kept_community_ids)
        reached |= Q(person__in=rows.values("person"))
    return Graduate.objects.filter(reached).select_related("person").order_by("person__pinyin", "pk")


class Card:
    """A graduate with what the page shows."""

    def __init__(self, graduate: Graduate) -> None:
        self.graduate, self.person = graduate, graduate.person
        self.post: Post | None = None
        self.duties = ""
        self.firm: Mentorship | None = None
        self.community: Mentorship | None = None
        self.step: GrowthStep | None = None


def cards(graduates: Sequence[Graduate], day: dt.date) -> list[Card]:
    """What is known of each, with five queries for all."""
    found = {one.person_id: Card(one) for one in graduates}
    for post in (
        Post.objects.on(day).filter(person__in=found).select_related("enterprise", "project").order_by("pk")
    ):
        found[post.person_id].post = post
    for side in Mentorship.Side.values:
        for row in (
            present_mentors(day, side)
            .filter(person__in=found)
            .select_related("mentor", "enterprise", "community")
        ):
            setattr(found[row.person_id], side, row)
    for step in (
        GrowthStep.objects.filter(person__in=found, reached_on__lte=day)
        .select_related("rung")
        .order_by("reached_on")
    ):
        found[step.person_id].step = step
    duties = {
        (one.district_id, one.title): one.duties
        for one in PostDuty.objects.on(day).filter(title__in={c.post.title for c in found.values() if c.post})
    }
    for card in found.values():
        if card.post:
            card.duties = duties.get((card.person.district_id, card.post.title), "")
    return list(found.values())


@desk_list("graduates")
def graduate_list(desk: Desk, query: QueryDict) -> DeskList:
    """The graduates of the page as a file."""
    if not _has_graduates(desk):
        raise Http404
    return DeskList(
        _("Graduates and their mentors"),
        cards(_people(desk), desk.today),
        [
            (_("Person"), "person.name"),
            (_("Degree"), "graduate.get_degree_display"),
            (_("Enterprise"), "post.enterprise.name"),
            (_("Post title"), "post.title"),
            (_("In post since"), "post.valid_from"),
            (_("Mentor from the enterprise"), "firm.mentor.name"),
            (_("Mentor from the community"), "community.mentor.name"),
            (_("Latest growth step"), "step.rung.title"),
        ],
    )


@desk_page
def page(request: HttpRequest) -> HttpResponse:
    """Graduates with mentors and steps, and who still lacks a mentor."""
    desk = request.desk
    if not _has_graduates(desk):
        raise Http404
    firm = lacking(desk, Mentorship.Side.FIRM) if desk.enterprises else []
    community = lacking(desk, Mentorship.Side.COMMUNITY) if desk.communities else []
    return show(
        request,
        "desk/graduates.html",
        {
            "cards": cards(_people(desk), desk.today),
            "lacking_firm": cards(firm, desk.today),
            "lacking_community": cards(community, desk.today),
            "colleagues": _colleagues(desk) if firm else [],
            "cadres": _cadres(desk) if community else [],
            "own": _own_mentors(desk),
        },
    )


def _colleagues(desk: Desk) -> list[Person]:
    """Who works at the own enterprises and could be a mentor: managers first."""
    rows = (
        Post.objects.on(desk.today)
        .filter(enterprise__in=desk.enterprises)
        .exclude(
            person__in=Graduate.objects.filter(recruited_on__gt=add_months(desk.today, -24)).values("person")
        )
        .select_related("person")
        .order_by("-kind", "person__pinyin")
    )
    return list(dict.fromkeys(row.person for row in rows[: 4 * OFFERED]))[:OFFERED]


def _cadres(desk: Desk) -> list[tuple[Person, int]]:
    """Who works in the own communities, with the community: secretaries, those posted to firms, mentors before."""
    mine = {community.pk for community in desk.communities}
    found: dict[tuple[int, int], tuple[Person, int]] = {}
    for rows in (
        CommunitySecretary.objects.on(desk.today).filter(community__in=mine).select_related("person"),
        CrossAppointment.objects.on(desk.today)
        .filter(community__in=mine, direction="to_enterprise")
        .select_related("person"),
    ):
        for row in rows:
            found[row.person_id, row.community_id] = (row.person, row.community_id)
    for one in (
        Mentorship.objects.filter(community__in=mine)
        .exclude(end_reason="mentor_left")
        .select_related("mentor")
    ):
        found[one.mentor_id, one.community_id] = (one.mentor, one.community_id)
    return list(found.values())[:OFFERED]


def _own_mentors(desk: Desk) -> list[tuple[Person, int]]:
    """Mentors of the own communities with how many they have (one query)."""
    if not desk.communities:
        return []
    rows = (
        Mentorship.objects.on(desk.today)
        .filter(community__in=[c.pk for c in desk.communities], valid_to=None)
        .select_related("mentor")
    )
    count: dict[int, tuple[Person, int]] = {}
    for row in rows:
        count[row.mentor_id] = (row.mentor, count.get(row.mentor_id, (row.mentor, 0))[1] + 1)
    return list(count.values())


def _day(text: str) -> dt.date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("Enter the day, such as 2026-07-01."), code="day", field="day")
    return day


def _chosen(rows: Sequence[Any], text: str) -> Any:
    for row in rows:
        if str(row.pk) == text:
            return row
    raise Refused(_("Choose one of the persons offered."), code="no-person")


@require_POST
@desk_page
def mentor(request: HttpRequest, person: int, side: str) -> HttpResponse:
    """Name the mentor that this user names."""
    desk = request.desk
    if not _has_graduates(desk) or side not in Mentorship.Side.values:
        raise Http404
    mine = desk.enterprises if side == Mentorship.Side.FIRM else desk.communities
    graduate = next((one for one in lacking(desk, side) if one.person_id == person), None) if mine else None
    if graduate is None:
        raise Http404

    def act() -> None:
        data = request.POST
        community = None
        if side == Mentorship.Side.FIRM:
            who = _chosen(_colleagues(desk), data.get("mentor", ""))
        else:
            cadres = _cadres(desk)
            who = _chosen([one for one, _place in cadres], data.get("mentor", ""))
            place = next(place for one, place in cadres if one.pk == who.pk)
            community = next(c for c in desk.communities if c.pk == place)
        name_mentor(
            person=graduate.person,
            mentor=who,
            side=side,
            since=_day(data.get("day", "")),
            community=community,
            acting_user=request.user,
        )

    done = _("The mentor is named.")
    return carry_out(request, act, done, reverse("desk:graduates"))


@require_POST
@desk_page
def left(request: HttpRequest, mentor: int) -> HttpResponse:
    """A mentor from the own community has left."""
    desk = request.desk
    found = next((one for one, _count in _own_mentors(desk) if one.pk == mentor), None)
    if found is None:
        raise Http404

    def act() -> None:
        last_day = _day(request.POST.get("day", ""))
        if last_day > desk.today:
            raise Refused(_("Enter the mentor's last day, today at the latest."), code="day")
        mentor_left(
            mentor=found,
            last_day=last_day,
            acting_user=request.user,
            communities={community.pk for community in desk.communities},
        )

    done = _("Recorded. Name another mentor for each of the graduates below.")
    return carry_out(request, act, done, reverse("desk:graduates"))
