"""The rules of talent apartments as pure functions: who may apply, the order of the waiting list, terms of leases. No ORM.

Numbers are the district's dated parameters; the sample follows what another district of the city does
(docs: domain S63W: three years since graduation, three years and two more at the market rent).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from enterprises.party_checks import add_months

A_DAY = dt.timedelta(days=1)
BY_POINTS, BY_DATE = "points", "date"


@dataclass(frozen=True)
class ApartmentTerms:
    """The parameters in force on a day; the sample where the district has none."""

    first_months: int = 36
    longer_months: int = 24
    graduated_years: int | None = 3
    order: str = BY_POINTS
    points_programme: int = 10
    points_doctor: int = 8
    points_master: int = 5
    points_bachelor: int = 3
    points_month: int = 1
    answer_days: int = 7
    declines_most: int = 2
    leave_days: int = 30
    warn_days: int = 60
    document: str = ""


@dataclass(frozen=True)
class Waiting:
    """Somebody on the waiting list."""

    key: int
    applied_on: dt.date
    degree: str
    is_recruit: bool
    rooms: int = 1


@dataclass(frozen=True)
class Placed:
    """A place in the order: the points one by one, as (what for, how many)."""

    who: Waiting
    place: int
    points: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """All points."""
        return sum(number for _what, number in self.points)


@dataclass(frozen=True)
class Fault:
    """Why something is not possible: a code, a sentence with the way out, the field it is about."""

    code: str
    sentence: str
    field: str = ""


def full_months(first: dt.date, last: dt.date) -> int:
    """How many months have passed in full from one day to another."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return max(0, months - (add_months(first, months) > last))


def points_of(who: Waiting, day: dt.date, terms: ApartmentTerms) -> tuple[tuple[str, int], ...]:
    """The points on the day: programme, degree, months waited in full."""
    degree = {
        "doctor": terms.points_doctor,
        "master": terms.points_master,
        "bachelor": terms.points_bachelor,
    }.get(who.degree, 0)
    found = (
        ("programme", terms.points_programme if who.is_recruit else 0),
        ("degree", degree),
        ("waited", full_months(who.applied_on, day) * terms.points_month),
    )
    return tuple((what, number) for what, number in found if number)


def in_order(rows: Iterable[Waiting], day: dt.date, terms: ApartmentTerms) -> list[Placed]:
    """The waiting list in its order: by points or by date; equal points by date, equal days by who came first."""
    if terms.order == BY_DATE:
        sorted_rows = sorted(rows, key=lambda one: (one.applied_on, one.key))
        return [Placed(one, place) for place, one in enumerate(sorted_rows, 1)]
    scored = [(points_of(one, day, terms), one) for one in rows]
    scored.sort(key=lambda pair: (-sum(n for _w, n in pair[0]), pair[1].applied_on, pair[1].key))
    return [Placed(one, place, points) for place, (points, one) in enumerate(scored, 1)]


@dataclass(frozen=True)
class Applicant:
    """What is known of somebody who applies or moves in, on that day."""

    graduated_on: dt.date | None
    in_post: bool
    has_lease: bool = False
    used_up: bool = False


def fault_of_application(
    who: Applicant, day: dt.date, terms: ApartmentTerms, *, is_new: bool = True
) -> Fault | None:
    """Why this person cannot apply on the day; None when nothing speaks against it."""
    if who.graduated_on is None:
        return Fault(
            "no-graduate",
            _("This person is not in the register of graduates. Enter degree and day of graduation first."),
            "person",
        )
    if not who.in_post:
        return Fault(
            "not-in-post",
            _(
                "On %(day)s this person has no post at an enterprise of the district. Enter the post first, or correct the day."
            )
            % {"day": day.isoformat()},
            "person",
        )
    if who.has_lease:
        return Fault(
            "has-lease",
            _("This person already has a talent apartment. End that lease first."),
            "person",
        )
    if who.used_up:
        return Fault(
            "used-up",
            _("This person has had a talent apartment for the first term of %(months)s months already.")
            % {"months": terms.first_months},
            "person",
        )
    if is_new and terms.graduated_years is not None:
        last = add_months(who.graduated_on, 12 * terms.graduated_years)
        if day > last:
            return Fault(
                "too-long-ago",
                _(
                    "Graduated on %(graduated)s: an application was possible until %(last)s (%(years)s years after graduation)."
                )
                % {
                    "graduated": who.graduated_on.isoformat(),
                    "last": last.isoformat(),
                    "years": terms.graduated_years,
                },
                "applied_on",
            )
    return None


@dataclass(frozen=True)
class Span:
    """Days of an earlier lease."""

    first: dt.date
    last: dt.date
    is_longer: bool = False


@dataclass(frozen=True)
class Unit:
    """When a unit can be let."""

    available_from: dt.date
    withdrawn_on: dt.date | None = None
    pauses: Sequence[tuple[dt.date, dt.date | None]] = field(default_factory=tuple)


def days_used(earlier: Iterable[Span], *, is_longer: bool) -> int:
    """Days of earlier leases of the same kind of term."""
    return sum((one.last - one.first).days + 1 for one in earlier if one.is_longer == is_longer)


def last_day_of_term(
    first: dt.date, earlier: Sequence[Span], terms: ApartmentTerms, *, is_longer: bool
) -> dt.date:
    """The last day on which a lease from `first` may end; earlier leases are taken off."""
    months = terms.longer_months if is_longer else terms.first_months
    end = add_months(first, months) - A_DAY
    return end - dt.timedelta(days=days_used(earlier, is_longer=is_longer))


def fault_of_lease(span: Span, unit: Unit, earlier: Sequence[Span], terms: ApartmentTerms) -> Fault | None:
    """Why the unit cannot be let for these days to somebody with these earlier leases."""
    if span.last < span.first:
        return Fault(
            "order", _("The last day is before the first day. Correct one of the two dates."), "valid_to"
        )
    if span.first < unit.available_from:
        return Fault(
            "not-yet",
            _("The unit is available from %(day)s. Enter that day or a later one.")
            % {"day": unit.available_from.isoformat()},
            "valid_from",
        )
    if unit.withdrawn_on is not None and span.last >= unit.withdrawn_on:
        return Fault(
            "withdrawn",
            _("The unit is given up on %(day)s. The lease must end before.")
            % {"day": unit.withdrawn_on.isoformat()},
            "valid_to",
        )
    for start, end in unit.pauses:
        if start <= span.last and (end is None or end >= span.first):
            return Fault(
                "paused",
                _("The unit is out of use from %(day)s. Choose other days or another unit.")
                % {"day": start.isoformat()},
                "valid_from",
            )
    if span.is_longer and not any(one.last < span.first and not one.is_longer for one in earlier):
        return Fault(
            "no-first-term",
            _("Days after the first term follow a lease of the first term. There is none."),
            "valid_from",
        )
    latest = last_day_of_term(span.first, earlier, terms, is_longer=span.is_longer)
    if span.last > latest:
        months = terms.longer_months if span.is_longer else terms.first_months
        if latest < span.first:
            return Fault(
                "used-up",
                _("The %(months)s months of this term are used up by earlier leases.") % {"months": months},
                "valid_to",
            )
        return Fault(
            "too-long",
            _("The term is %(months)s months at most: until %(day)s. Enter that day or an earlier one.")
            % {"months": months, "day": latest.isoformat()},
            "valid_to",
        )
    return None
