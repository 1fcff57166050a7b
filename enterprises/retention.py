"""What became of recruits: retention after 6, 12, 24 and 36 months, and the funnel of campus campaigns, as of a day.

Each line adds up: who reached a milestone is at the first enterprise, at another one of the district, or gone.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.coverage import Reach
from enterprises.models import Campaign, CampusOffer, Graduate, Post
from enterprises.party_checks import add_months

MONTHS = (6, 12, 24, 36)
BY = {
    "year": gettext_lazy("by year"),
    "campaign": gettext_lazy("by campaign"),
    "firm": gettext_lazy("by enterprise"),
    "school": gettext_lazy("by school"),
}
SAME, MOVED, GONE = "same", "moved", "gone"
STATES = (SAME, MOVED, GONE)


@dataclass
class Recruit:
    """A recruit with the state at each milestone reached and on the day itself (`now`)."""

    graduate: int
    person: int
    name: str
    code: str
    school: str
    recruited_on: dt.date
    firm: int | None = None
    firm_name: str = ""
    campaign: int | None = None
    campaign_name: str = ""
    now: str = GONE
    after: dict[int, str] = field(default_factory=dict)
    last_day: dt.date | None = None
    end_reason: str = ""


@dataclass
class Line:
    """A cohort: how many were hired, where they are now, and at each milestone (`reached` = same + moved + gone)."""

    key: str
    label: str
    hired: int = 0
    now: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    after: dict[int, dict[str, int]] = field(
        default_factory=lambda: {months: dict.fromkeys(STATES, 0) for months in MONTHS}
    )

    def add(self, one: Recruit) -> None:
        """Count a recruit."""
        self.hired += 1
        self.now[one.now] += 1
        for months, state in one.after.items():
            self.after[months][state] += 1

    def reached(self, months: int) -> int:
        """How many were hired so long ago."""
        return sum(self.after[months].values())

    def stayed(self, months: int) -> int:
        """How many of these were in post in the district after so many months."""
        return self.after[months][SAME] + self.after[months][MOVED]

    def share(self, months: int) -> str:
        """Their share, cut to one place; a dash where nobody has come so far."""
        whole = self.reached(months)
        return f"{self.stayed(months) * 1000 // whole / 10:.1f}%" if whole else "—"


def recruits(reach: Reach) -> list[Recruit]:
    """All recruits of the programme up to the day (three queries)."""
    rows = (
        reach.of(Graduate)
        .filter(person__district=reach.district, is_programme_recruit=True, recruited_on__lte=reach.day)
        .order_by("recruited_on", "person__code")
        .values_list("pk", "person", "person__name", "person__code", "school", "recruited_on")
    )
    found = {row[1]: Recruit(*row) for row in rows}
    posts: dict[int, list[tuple[Any, ...]]] = {}
    for person, *post in (
        Post.objects.filter(person__in=Graduate.objects.filter(is_programme_recruit=True).values("person"))
        .filter(enterprise__district=reach.district, valid_from__lte=reach.day)
        .order_by("valid_from", "pk")
        .values_list("person", "enterprise", "enterprise__name", "valid_from", "valid_to", "end_reason")
    ):
        posts.setdefault(person, []).append(tuple(post))
    offers = CampusOffer.objects.filter(
        campaign__district=reach.district, state=CampusOffer.State.TAKEN_UP
    ).values_list("person", "campaign", "campaign__name")
    for person, campaign, name in offers:
        if person in found:
            found[person].campaign, found[person].campaign_name = campaign, name
    for one in found.values():
        _place(one, posts.get(one.person, []), reach.day)
    return list(found.values())


def _place(one: Recruit, posts: list[tuple[Any, ...]], day: dt.date) -> None:
    first = next((post for post in posts if post[3] is None or post[3] >= one.recruited_on), None)
    if first is not None:
        one.firm, one.firm_name = first[0], first[1]

    def state(when: dt.date) -> str:
        firms = {post[0] for post in posts if post[2] <= when and (post[3] is None or post[3] >= when)}
        if not firms:
            return GONE
        return SAME if one.firm in firms else MOVED

    one.now = state(day)
    for months in MONTHS:
        milestone = add_months(one.recruited_on, months)
        if milestone <= day:
            one.after[months] = state(milestone)
    if one.now == GONE and posts:
        last = max(posts, key=lambda post: post[3] or dt.date.max)
        one.last_day, one.end_reason = last[3], last[4]


def key_of(one: Recruit, by: str) -> tuple[str, str]:
    """Key and label of the cohort that a recruit belongs to."""
    if by == "year":
        return str(one.recruited_on.year), str(one.recruited_on.year)
    if by == "campaign":
        return str(one.campaign or ""), one.campaign_name or _("without a campaign")
    if by == "firm":
        return str(one.firm or ""), one.firm_name or _("no post recorded")
    return one.school, one.school or _("school not entered")


def lines(people: list[Recruit], by: str) -> tuple[list[Line], Line]:
    """The cohorts in order, and the total, which is their sum."""
    found: dict[str, Line] = {}
    total = Line("", _("all together"))
    for one in people:
        key, label = key_of(one, by)
        found.setdefault(key, Line(key, label)).add(one)
        total.add(one)
    ordered = sorted(found.values(), key=lambda line: line.key if by == "year" else (-line.hired, line.label))
    return ordered, total


def behind(
    people: list[Recruit], by: str, key: str | None, months: int | None, states: set[str]
) -> list[Recruit]:
    """The recruits behind a number: of a cohort (None: all), at a milestone (None: now), in these states."""
    return [
        one
        for one in people
        if (key is None or key_of(one, by)[0] == key)
        and (one.now if months is None else one.after.get(months)) in states
    ]


# The funnel

State = CampusOffer.State
STEPS = {
    "made": gettext_lazy("offers made"),
    "waiting": gettext_lazy("waiting for the answer"),
    "accepted": gettext_lazy("accepted, not started yet"),
    "declined": gettext_lazy("offer declined"),
    "lapsed": gettext_lazy("no answer in time"),
    "broken_off": gettext_lazy("accepted, never started"),
    "taken_up": gettext_lazy("started work"),
    "in_post": gettext_lazy("in post on the day"),
}
"""`made` is the sum of the six behind it; `in_post` is a part of `taken_up`."""


def offers_on(reach: Reach) -> QuerySet[CampusOffer]:
    """Offers made by the day, with `step`: how far each had come on it, and `in_post`."""
    here = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return (
        reach.of(CampusOffer)
        .filter(campaign__district=reach.district, made_on__lte=reach.day)
        .annotate(
            step=Case(
                When(Q(answered_on__isnull=True) | Q(answered_on__gt=reach.day), then=Value("waiting")),
                When(Q(state=State.TAKEN_UP, started_on__gt=reach.day), then=Value("accepted")),
                default=F("state"),
            ),
            is_in_post=Exists(here),
        )
    )


def with_step(offers: QuerySet[CampusOffer], step: str) -> QuerySet[CampusOffer]:
    """Of `offers_on` rows those behind a number of the funnel."""
    if step == "made":
        return offers
    if step == "in_post":
        return offers.filter(step="taken_up", is_in_post=True)
    return offers.filter(step=step)


@dataclass
class Funnel:
    """One campaign: posts offered, and how many offers came how far."""

    campaign: Campaign | None
    posts: int
    steps: dict[str, int]


def funnels(reach: Reach, year: int | None) -> tuple[list[Funnel], Funnel]:
    """The campaigns of a year (None: of all) up to the day, and their sum (two queries)."""
    campaigns = reach.of(Campaign).filter(district=reach.district, held_from__lte=reach.day)
    if year is not None:
        campaigns = campaigns.filter(held_from__year=year)
    offers = offers_on(reach).order_by()
    counted: dict[Any, dict[str, int]] = {}
    for campaign, step, in_post, count in offers.values_list("campaign", "step", "is_in_post").annotate(
        n=Count("pk")
    ):
        steps = counted.setdefault(campaign, dict.fromkeys(STEPS, 0))
        steps["made"] += count
        steps[step] += count
        if step == "taken_up" and in_post:
            steps["in_post"] += count
    found = [
        Funnel(one, one.posts_offered, counted.get(one.pk, dict.fromkeys(STEPS, 0)))
        for one in campaigns.order_by("-held_from", "code")
    ]
    total = Funnel(
        None,
        sum(one.posts for one in found),
        {step: sum(one.steps[step] for one in found) for step in STEPS},
    )
    return found, total


def years_of(reach: Reach) -> Iterator[int]:
    """The years that have campaigns, the latest first."""
    days = reach.of(Campaign).filter(district=reach.district, held_from__lte=reach.day)
    yield from (day.year for day in days.dates("held_from", "year", order="DESC"))


__all__ = ["BY", "MONTHS", "STEPS", "behind", "funnels", "lines", "recruits", "years_of"]
