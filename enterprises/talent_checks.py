"""What must hold of graduates, their hires, mentors and growth, as pure functions. No ORM, no clock.

Numbers are the district's dated parameters (`TalentRule`, `GrowthRung`). Each check raises Refused with the way out.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from enterprises.party_checks import add_months
from redprop.common.errors import Refused

FIRM, COMMUNITY = "firm", "community"
LEAST_AGE_AT_DEGREE = 17
"""Younger than this nobody holds a college diploma: then the number or the day is wrong."""

Span = tuple[dt.date, dt.date | None]


@dataclass(frozen=True)
class TalentNumbers:
    """The parameters in force on a day; the sample where the district has none."""

    mentor_months: int = 24
    firm_mentor_most: int = 3
    community_mentor_most: int = 5
    mentor_days: int = 30
    least_age: int = 18

    def most(self, side: str) -> int:
        """How many graduates a mentor of this side may have at once."""
        return self.firm_mentor_most if side == FIRM else self.community_mentor_most


def age_on(born: dt.date, day: dt.date) -> int:
    """Full years on the day; who is born on 29 February turns a year older on 1 March of common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def check_age(name: str, born: dt.date | None, first_day: dt.date, least_age: int) -> None:
    """Refuse a first day in post before the least age, where the ID number is known."""
    if born is not None and age_on(born, first_day) < least_age:
        of_age = dt.date(born.year + least_age, 3, 1) if _leap_day(born, least_age) else None
        raise Refused(
            _(
                "By the ID number %(person)s is under %(age)s on %(day)s. The first day in post can be %(from)s at the earliest; if the number is wrong, have it corrected first."
            )
            % {
                "person": name,
                "age": least_age,
                "day": first_day.isoformat(),
                "from": (of_age or born.replace(year=born.year + least_age)).isoformat(),
            },
            code="too-young",
            field="valid_from",
        )


def _leap_day(born: dt.date, years: int) -> bool:
    try:
        born.replace(year=born.year + years)
    except ValueError:
        return True
    return False


def check_degree(
    name: str, graduated_on: dt.date, recruited_on: dt.date | None, born: dt.date | None = None
) -> None:
    """Refuse a degree after the recruitment, and one earned as a child by the ID number."""
    if recruited_on is not None and graduated_on > recruited_on:
        raise Refused(
            _(
                "%(person)s: the degree (%(degree)s) is after the recruitment (%(day)s). Correct one of the two dates; time before the degree is an internship, and recruitment begins after it."
            )
            % {"person": name, "degree": graduated_on.isoformat(), "day": recruited_on.isoformat()},
            code="degree-after-hire",
            field="graduated_on",
        )
    if born is not None and age_on(born, graduated_on) < LEAST_AGE_AT_DEGREE:
        raise Refused(
            _(
                "%(person)s: by the ID number this person was %(age)s on the day of the degree (%(degree)s). Compare card and diploma: the number or the day is wrong."
            )
            % {
                "person": name,
                "age": max(0, age_on(born, graduated_on)),
                "degree": graduated_on.isoformat(),
            },
            code="birth-date",
            field="graduated_on",
        )


def overlap(one: Span, other: Span) -> bool:
    """Tell whether two spans share a day; both ends included."""
    return (one[1] is None or other[0] <= one[1]) and (other[1] is None or one[0] <= other[1])


def peak(new: Span, others: Iterable[Span]) -> int:
    """The most of `others` that hold on one day of `new`."""
    spans = [span for span in others if overlap(new, span)]
    starts = {max(new[0], span[0]) for span in spans}
    return max((sum(overlap((day, day), span) for span in spans) for day in starts), default=0)


def check_load(mentor: str, new: Span, others: Iterable[Span], most: int) -> None:
    """Refuse a mentorship beyond the load of its mentor."""
    held = peak(new, others)
    if held >= most:
        raise Refused(
            _(
                "%(mentor)s already mentors %(count)s graduates; the limit is %(most)s. Choose somebody else, or end one of those first."
            )
            % {"mentor": mentor, "count": held, "most": most},
            code="mentor-load",
            field="mentor",
        )


@dataclass(frozen=True)
class Rung:
    """A rung with the day it was reached (None: not yet). `title` names it for a sentence."""

    place: int
    title: str
    least_months: int
    reached_on: dt.date | None = None


def check_step(
    rungs: Iterable[Rung], place: int, reached_on: dt.date, employed_since: dt.date | None
) -> None:
    """Refuse a step that leaves a rung out, or that comes before its months are full. On the day it is accepted."""
    ladder = sorted(rungs, key=lambda rung: rung.place)
    wanted = next(rung for rung in ladder if rung.place == place)
    before = next((rung for rung in reversed(ladder) if rung.place < place), None)
    after = next((rung for rung in ladder if rung.place > place and rung.reached_on), None)
    if before is not None and before.reached_on is None:
        raise Refused(
            _("“%(before)s” comes before “%(rung)s”. Enter the day of that step first.")
            % {"before": before.title, "rung": wanted.title},
            code="step-left-out",
            field="rung",
        )
    since = before.reached_on if before is not None else employed_since
    if since is None:
        raise Refused(
            _("On %(day)s this person is not in post. Enter the post first.")
            % {"day": reached_on.isoformat()},
            code="no-post",
            field="reached_on",
        )
    earliest = add_months(since, wanted.least_months)
    if reached_on < earliest:
        raise Refused(
            _(
                "“%(rung)s” needs %(months)s months after %(since)s: %(earliest)s at the earliest. Correct the day, or wait until then."
            )
            % {
                "rung": wanted.title,
                "months": wanted.least_months,
                "since": since.isoformat(),
                "earliest": earliest.isoformat(),
            },
            code="step-too-early",
            field="reached_on",
        )
    if after is not None and after.reached_on is not None and reached_on > after.reached_on:
        raise Refused(
            _(
                "“%(rung)s” cannot be later than “%(after)s” (%(day)s), which comes behind it. Correct the day."
            )
            % {"rung": wanted.title, "after": after.title, "day": after.reached_on.isoformat()},
            code="step-too-late",
            field="reached_on",
        )
