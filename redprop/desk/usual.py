"""What is known of a month's joint meeting before anything is typed: day, place, people, choices, residents' requests."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from communities.models import (
    Commitment,
    Compound,
    JointMeeting,
    MeetingAttendance,
    ResidentRequest,
    ServiceAssignment,
)
from communities.selectors import compounds_of, projects_serving, waiting_requests
from enterprises.models import Post, ServiceProject
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.periods import Period

Kind = MeetingAttendance.Kind
MEETINGS_BACK = 6
MOST_OFFERED, MOST_REQUESTS = 8, 20


@dataclass
class Usual:
    """What stands in the form, and what one tap puts there."""

    head: dict[str, Any]
    people: list[dict[str, Any]]
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Field → values that earlier meetings had there; `units` are participants of the last half year."""


def usual_minutes(
    community: Community, month: Period, user: User, today: dt.date, projects: list[ServiceProject]
) -> Usual:
    """Day, place, chair and people as in the last filed meeting; what the half year before it had as offers."""
    meetings = list(
        JointMeeting.objects.filter(
            community=community, month__lt=month.start, submitted_at__isnull=False
        ).order_by("-month")[:MEETINGS_BACK]
    )
    before = meetings[0] if meetings else None
    attended = MeetingAttendance.objects.filter(meeting__in=meetings, project=None).order_by(
        "-meeting__month", "pk"
    )
    by_meeting: dict[int, list[str]] = {}
    for meeting_id, unit in attended.values_list("meeting", "unit"):
        by_meeting.setdefault(meeting_id, []).append(unit)
    standing = [
        gettext("subdistrict liaison officer"),
        gettext("community grid worker"),
        gettext("community police officer"),
        gettext("owners' committee"),
    ]
    units = by_meeting.get(before.pk, []) if before else []
    units = units or standing
    earlier = [unit for found in by_meeting.values() for unit in found]
    head = {
        "held_on": today if month.contains(today) else None,
        "place": before.place if before else gettext("community meeting room"),
        "chair": before.chair if before and user.full_name in before.chair else user.full_name,
        "recorder": before.recorder if before else "",
        "topics": "",
        "decisions": "",
    }
    people = [{"project": p.pk, "unit": "", "kind": Kind.PRESENT} for p in projects]
    people += [{"project": None, "unit": unit, "known": True, "kind": Kind.PRESENT} for unit in units]
    offered = {
        name: _distinct([getattr(m, name) for m in meetings], without=[head[name]])
        for name in ("place", "chair", "recorder")
    }
    if user.full_name != head["chair"]:
        offered["chair"] = _distinct([user.full_name, *offered["chair"]], without=[head["chair"]])
    offered["units"] = _distinct([*earlier, *standing, gettext("residents' representative")], without=units)
    return Usual(head, people, offered)


def _distinct(values: list[str], *, without: list[str]) -> list[str]:
    return [v for v in dict.fromkeys(values) if v and v not in without][:MOST_OFFERED]


def usual_posts(projects: list[ServiceProject], day: dt.date) -> list[str]:
    """Titles of the posts at these projects: who may be responsible for a promise. No person is named."""
    titles = (
        Post.objects.on(day)
        .filter(project__in=projects)
        .exclude(title="")
        .values_list("title", flat=True)
        .distinct()
    )
    common = [
        gettext("project manager"),
        gettext("engineering supervisor"),
        gettext("customer service supervisor"),
    ]
    return list(dict.fromkeys([*common, *sorted(titles)]))[:12]


def serving_on(community: Community, day: dt.date) -> dict[int, ServiceProject]:
    """Projects that serve the community on `day`, by id."""
    return {p.pk: p for p in projects_serving(community, day)}


def places_of(community: Community, day: dt.date, rows: list[Commitment]) -> list[tuple[str, str]]:
    """Choices of a promise: each compound of the community with the project that serves it on `day`."""
    found = {
        f"{a.contract.project_id}:{a.compound_id}": f"{a.compound}（{a.contract.project.enterprise}）"
        for a in ServiceAssignment.objects.on(day)
        .filter(compound__in=compounds_of(community, day))
        .select_related("compound", "contract__project__enterprise")
        .order_by("compound__code")
    }
    for row in rows:
        found.setdefault(f"{row.project_id}:{row.compound_id or ''}", str(row.compound or row.project))
    return list(found.items())


def compounds_to_choose(community: Community, day: dt.date) -> list[tuple[str, str]]:
    """Choices of a problem: every compound of the community, also one that nobody serves."""
    rows: list[Compound] = list(compounds_of(community, day).order_by("code"))
    return [(str(row.pk), str(row)) for row in rows]


def requests_to_choose(community: Community, day: dt.date) -> list[ResidentRequest]:
    """Requests that wait for a settlement, those due first."""
    return list(waiting_requests(community, day)[:MOST_REQUESTS])
