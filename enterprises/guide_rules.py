"""Which guide-book work falls due when: pure functions over items and periods. No ORM, no clock."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from redprop.common.periods import Period, PeriodKind

OF_ADVISERS, OF_ORGANISATIONS, OF_ALL = "advisers", "organisations", "all"


def applies(of: str, form: str) -> bool:
    """Whether an item for `of` is work of an organisation of this form."""
    return of == OF_ALL or (of == OF_ADVISERS) == (form == "adviser")


def period_at(every: str, day: dt.date) -> Period:
    """The period of an item done `every` so often in which the day lies."""
    return Period.of(PeriodKind(every), day)


def periods_ending(every: str, first: dt.date, last: dt.date) -> Iterator[Period]:
    """The periods whose last day lies from `first` to `last`: the work that falls due then."""
    period = period_at(every, first)
    while period.end <= last:
        if period.end >= first:
            yield period
        period = period.following()


def owed(item: Any, period: Period, founded_on: dt.date, dissolved_on: dt.date | None) -> bool:
    """Whether an organisation owes the item in the period: item and organisation are there on its last day.

    An organisation founded within the period owes it only from the next one on.
    """
    return (
        item.valid_from <= period.end
        and (item.valid_to is None or item.valid_to >= period.end)
        and founded_on <= period.start
        and (dissolved_on is None or dissolved_on > period.end)
    )
