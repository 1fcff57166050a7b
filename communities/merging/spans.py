"""Spans of days, both ends included, an open end as None: what is left of one beside others. Pure."""

import datetime as dt
from collections.abc import Iterable

Span = tuple[dt.date, dt.date | None]

A_DAY = dt.timedelta(days=1)


def overlap(one: Span, other: Span) -> Span | None:
    """Return the days that two spans share."""
    start = max(one[0], other[0])
    ends = [end for end in (one[1], other[1]) if end is not None]
    end = min(ends) if ends else None
    return None if end is not None and end < start else (start, end)


def without(span: Span, covered: Iterable[Span]) -> list[Span]:
    """Return the parts of a span that none of `covered` reaches."""
    left = [span]
    for other in covered:
        parts: list[Span] = []
        for one in left:
            shared = overlap(one, other)
            if shared is None:
                parts.append(one)
                continue
            if one[0] < shared[0]:
                parts.append((one[0], shared[0] - A_DAY))
            if shared[1] is not None and (one[1] is None or one[1] > shared[1]):
                parts.append((shared[1] + A_DAY, one[1]))
        left = parts
    return sorted(left, key=lambda part: part[0])
