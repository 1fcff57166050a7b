"""Cover of a grid cell, as spans of time: what must be covered, what is, and the gaps between. Pure."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

SHANGHAI = ZoneInfo("Asia/Shanghai")
Span = tuple[dt.datetime, dt.datetime]


def moment(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment in Shanghai."""
    return dt.datetime.combine(day, time, SHANGHAI)


def hours_in_words(first: dt.datetime, last: dt.datetime) -> str:
    """A span as written on a roster: 08:00–16:00; an end on another day says so."""
    first, last = first.astimezone(SHANGHAI), last.astimezone(SHANGHAI)
    hours = {"first": f"{first:%H:%M}", "last": f"{last:%H:%M}"}
    if last.date() > first.date():
        return _("%(first)s–%(last)s the next day") % hours
    return "{first}–{last}".format(**hours)


def span_of(day: dt.date, first: dt.time, last: dt.time) -> Span:
    """The span that begins on `day`; an end not after the start lies on the next day."""
    start = moment(day, first)
    end = moment(day, last)
    return start, end if end > start else moment(day + dt.timedelta(days=1), last)


def wanted(day: dt.date, hours: int, starts: dt.time) -> Span:
    """What must be covered on `day`: the whole day for 24 hours, else `hours` from `starts`."""
    start = moment(day, dt.time(0) if hours == 24 else starts)
    return start, start + dt.timedelta(hours=hours)


def gaps(span: Span, covered: Iterable[Span]) -> list[Span]:
    """The parts of `span` that no covering span reaches, in order of time; never empty ones."""
    found = []
    at, end = span
    for first, last in sorted(covered):
        if first >= end:
            break
        if first > at:
            found.append((at, first))
        at = max(at, last)
        if at >= end:
            return found
    if at < end:
        found.append((at, end))
    return found


def source_day(day: dt.date) -> dt.date:
    """The day of the month before whose roster `day` takes over: same weekday, four weeks back, or five."""
    four = day - dt.timedelta(days=28)
    return four if four.month != day.month else day - dt.timedelta(days=35)
