"""Checks of what is recorded about secretaries: only who was secretary is trained, rated and honoured as one."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from enterprises.models import (
    CommunitySecretary,
    PartyPost,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused

Span = tuple[dt.date, dt.date | None]


def spans_of(people: Collection[int]) -> dict[int, list[Span]]:
    """Days on which each person was secretary of a party organisation or a community (two queries)."""
    found: dict[int, list[Span]] = {}
    posts = PartyPost.objects.filter(person__in=people, kind=PartyPost.Kind.SECRETARY)
    seats = CommunitySecretary.objects.filter(person__in=people)
    for rows in (posts, seats):
        for person, first, last in rows.values_list("person", "valid_from", "valid_to"):
            found.setdefault(person, []).append((first, last))
    return found


def was_secretary(spans: Iterable[Span], first: dt.date, last: dt.date) -> bool:
    """Whether any of the spans touches the days."""
    return any(start <= last and (end is None or end >= first) for start, end in spans)


def fault_of_rating(year: int, rated_on: dt.date, today: dt.date, spans: Iterable[Span]) -> tuple[str, str]:
    """Field and sentence of what is wrong with a rating; two empty texts where nothing is."""
    if rated_on > today:
        return "rated_on", _("%(day)s is in the future. Correct the date.") % {"day": rated_on.isoformat()}
    if rated_on.year < year:
        return "rated_on", _("A year is rated in its course or afterwards. Correct the day.")
    if not was_secretary(spans, dt.date(year, 1, 1), dt.date(year, 12, 31)):
        return "person", _(
            "This person was not secretary on any day of %(year)s. Enter the post first, or correct the year."
        ) % {"year": year}
    return "", ""


def check_rating(row: SecretaryRating) -> None:
    """Refuse a rating to come, or of somebody who was not secretary that year (two queries)."""
    today = business_today(row.person.district)
    spans = spans_of([row.person_id]).get(row.person_id, [])
    field, sentence = fault_of_rating(row.year, row.rated_on, today, spans)
    if field:
        raise Refused(sentence, code="rating", field=field)


def check_award(row: SecretaryAward) -> None:
    """Refuse an award to come, or before the person was secretary (two queries)."""
    if row.awarded_on > business_today(row.person.district):
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": row.awarded_on.isoformat()},
            code="future",
            field="awarded_on",
        )
    spans = spans_of([row.person_id]).get(row.person_id, [])
    if not was_secretary(spans, dt.date.min, row.awarded_on):
        raise Refused(
            _("Until %(day)s this person was not secretary. Enter the post first, or correct the person.")
            % {"day": row.awarded_on.isoformat()},
            code="not-secretary",
            field="person",
        )


def fault_of_attendance(
    course: TrainingCourse, hours: object, today: dt.date, spans: Iterable[Span]
) -> tuple[str, str]:
    """Field and sentence of what is wrong with an attendance; two empty texts where nothing is."""
    if course.held_from > today:
        return "course", _("The course begins on %(day)s. Enter who was there afterwards.") % {
            "day": course.held_from.isoformat()
        }
    if hours is not None and hours > course.hours:  # type: ignore[operator]
        return "hours", _("The course has %(hours)s hours. Nobody attends more of it.") % {
            "hours": course.hours
        }
    if not was_secretary(spans, course.held_from, course.held_to):
        return "person", _(
            "This person was not secretary on the days of the course. Enter the post first, or correct the person."
        )
    return "", ""


def check_attendance(row: TrainingAttendance) -> None:
    """Refuse hours beyond the course, and who was not secretary then (two queries)."""
    spans = spans_of([row.person_id]).get(row.person_id, [])
    today = business_today(row.course.district)
    field, sentence = fault_of_attendance(row.course, row.hours, today, spans)
    if field:
        raise Refused(sentence, code="attendance", field=field)
