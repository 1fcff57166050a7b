"""Lead-goose secretaries as of a day: who is secretary where, hours of training, ratings, awards; and a person's history.

The yearly allowance is counted further up: whoever counts it registers itself with `tells_allowance`.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach, organisations_on
from enterprises.models import (
    CommunitySecretary,
    PartyPost,
    PartyRule,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
)
from redprop.core.models import Person

FIRM, COMMUNITY = "firm", "community"
KINDS = {FIRM: _("party organisation of an enterprise"), COMMUNITY: _("community")}
HOURS = 56
"""Hours of training a year where the district has no rule (regulations on the education of members, 2019)."""


@dataclass(frozen=True)
class Allowance:
    """The yearly allowance: the day that counts, a sentence about it, and person → what is due."""

    day: dt.date | None
    sentence: str
    people: dict[int, str] = field(default_factory=dict)


_ALLOWANCES: list[Callable[[Any, int], Allowance | None]] = []


def tells_allowance(function: Callable[[Any, int], Allowance | None]) -> Callable[..., Any]:
    """Decorator: the function (reach, year) tells the allowance, or None where the user may not know it."""
    _ALLOWANCES.append(function)
    return function


def allowance_of(reach: Reach, year: int) -> Allowance | None:
    """The yearly allowance as told by whoever counts it."""
    for function in _ALLOWANCES:
        found = function(reach, year)
        if found is not None:
            return found
    return None


@dataclass
class Secretary:
    """Somebody who is secretary on the day, in one post."""

    person: Person
    kind: str
    place: str
    since: dt.date
    qualified_on: dt.date | None = None
    hours: Decimal = Decimal(0)
    rating: SecretaryRating | None = None
    awards: int = 0
    allowance: str = ""

    @property
    def kind_name(self) -> Any:
        """What the person is secretary of, in words."""
        return KINDS[self.kind]


def hours_needed(reach: Reach) -> int:
    """Hours of training that a secretary needs in the year of the day."""
    rule = PartyRule.objects.on(reach.day).filter(district=reach.district).first()
    return rule.training_hours if rule else HOURS


def firm_posts(reach: Reach) -> QuerySet:
    """Posts of secretaries of party organisations on the day."""
    return (
        PartyPost.objects.on(reach.day)
        .filter(kind=PartyPost.Kind.SECRETARY, organisation__in=organisations_on(reach).values("pk"))
        .select_related("person", "organisation")
        .order_by("organisation__code")
    )


def community_posts(reach: Reach) -> QuerySet:
    """Posts of secretaries of communities on the day."""
    return (
        reach.of(CommunitySecretary)
        .on(reach.day)
        .filter(person__district=reach.district)
        .select_related("person", "community__subdistrict")
        .order_by("community__code")
    )


def secretaries_on(reach: Reach) -> list[Secretary]:
    """Everybody who is secretary on the day, with the facts of the year (eight queries, whatever the number)."""
    found = [
        Secretary(one.person, FIRM, one.organisation.name, one.valid_from, one.qualified_on)
        for one in firm_posts(reach)
    ]
    found += [
        Secretary(
            one.person, COMMUNITY, f"{one.community.subdistrict.name}{one.community.name}", one.valid_from
        )
        for one in community_posts(reach)
    ]
    people = {one.person.pk for one in found}
    hours = hours_by_person(reach, reach.day.year, people)
    ratings: dict[int, SecretaryRating] = {}
    for rating in SecretaryRating.objects.filter(person__in=people, rated_on__lte=reach.day).order_by("year"):
        ratings[rating.person_id] = rating
    awards: dict[int, int] = {}
    for person, gone in SecretaryAward.objects.filter(
        person__in=people, awarded_on__lte=reach.day
    ).values_list("person", "withdrawn_on"):
        if gone is None or gone > reach.day:
            awards[person] = awards.get(person, 0) + 1
    allowance = allowance_of(reach, reach.day.year)
    for one in found:
        key = one.person.pk
        one.hours = hours.get(key, Decimal(0))
        one.rating, one.awards = ratings.get(key), awards.get(key, 0)
        if allowance and one.kind == FIRM:
            one.allowance = allowance.people.get(key, "")
    return found


def hours_by_person(reach: Reach, year: int, people: set[int]) -> dict[int, Decimal]:
    """Hours attended in the year, at courses that ended by the day (one query)."""
    rows = TrainingAttendance.objects.filter(
        person__in=people,
        course__district=reach.district,
        course__held_to__year=year,
        course__held_to__lte=reach.day,
    )
    return dict(rows.order_by().values("person").annotate(sum=Sum("hours")).values_list("person", "sum"))


def figures_of(rows: list[Secretary], reach: Reach, needed: int) -> list[tuple[Any, int, str, bool]]:
    """Title, number, filter of the list, and whether it is a gap."""
    year = reach.day.year - 1
    return [
        (_("secretaries of party organisations"), sum(one.kind == FIRM for one in rows), FIRM, False),
        (_("secretaries of communities"), sum(one.kind == COMMUNITY for one in rows), COMMUNITY, False),
        (_("hours of the year reached"), sum(one.hours >= needed for one in rows), "trained", False),
        (_("hours of the year not yet reached"), sum(one.hours < needed for one in rows), "short", True),
        (
            _("last year not rated"),
            sum(lacks_rating(one, year) for one in rows),
            "unrated",
            True,
        ),
        (_("with an award"), sum(one.awards > 0 for one in rows), "awarded", False),
    ]


def lacks_rating(one: Secretary, year: int) -> bool:
    """Whether somebody who was in the post in that year has no rating of it."""
    return one.since.year <= year and (one.rating is None or one.rating.year < year)


def narrowed(rows: list[Secretary], choice: str, reach: Reach, needed: int) -> list[Secretary]:
    """The rows of a figure."""
    tests: dict[str, Callable[[Secretary], bool]] = {
        FIRM: lambda one: one.kind == FIRM,
        COMMUNITY: lambda one: one.kind == COMMUNITY,
        "trained": lambda one: one.hours >= needed,
        "short": lambda one: one.hours < needed,
        "unrated": lambda one: lacks_rating(one, reach.day.year - 1),
        "awarded": lambda one: one.awards > 0,
    }
    return [one for one in rows if tests[choice](one)] if choice in tests else rows


def columns(needed: int, *, with_allowance: bool) -> list[tuple[Any, Callable[[Secretary], Any]]]:
    """The columns of the list."""
    found: list[tuple[Any, Callable[[Secretary], Any]]] = [
        (_("person"), lambda one: one.person.name),
        (_("secretary of"), lambda one: one.place),
        (_("kind"), lambda one: one.kind_name),
        (_("in the post since"), lambda one: one.since),
        (
            _("hours of training this year (%(needed)s needed)") % {"needed": needed},
            lambda one: one.hours,
        ),
        (
            _("last rating"),
            lambda one: f"{one.rating.year} {one.rating.get_grade_display()}" if one.rating else None,
        ),
        (_("awards"), lambda one: one.awards),
    ]
    if with_allowance:
        found.append((_("allowance of the year"), lambda one: one.allowance or None))
    return found


@dataclass(frozen=True)
class Story:
    """All that is recorded of a person as secretary, the newest first."""

    posts: list[tuple[dt.date, dt.date | None, str, Any]]
    training: list[TrainingAttendance]
    hours: list[tuple[int, Decimal]]
    ratings: list[SecretaryRating]
    awards: list[SecretaryAward]


def story_of(person: Person, reach: Reach) -> Story:
    """Posts, training with the hours of each year, ratings and awards up to the day (five queries)."""
    day = reach.day
    posts = [
        (one.valid_from, one.valid_to, one.organisation.name, KINDS[FIRM])
        for one in PartyPost.objects.filter(
            person=person, kind=PartyPost.Kind.SECRETARY, valid_from__lte=day
        ).select_related("organisation")
    ]
    posts += [
        (one.valid_from, one.valid_to, one.community.name, KINDS[COMMUNITY])
        for one in CommunitySecretary.objects.filter(person=person, valid_from__lte=day).select_related(
            "community"
        )
    ]
    posts.sort(key=lambda one: one[0], reverse=True)
    training = list(
        TrainingAttendance.objects.filter(person=person, course__held_to__lte=day)
        .select_related("course")
        .order_by("-course__held_from")
    )
    by_year: dict[int, Decimal] = {}
    for one in training:
        year = one.course.held_to.year
        by_year[year] = by_year.get(year, Decimal(0)) + one.hours
    return Story(
        posts,
        training,
        sorted(by_year.items(), reverse=True),
        list(SecretaryRating.objects.filter(person=person, rated_on__lte=day).order_by("-year")),
        list(SecretaryAward.objects.filter(person=person, awarded_on__lte=day).order_by("-awarded_on")),
    )
