"""What a secretary enters for a month, as plain values between the form and the services."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Attendee:
    """One line of attendance: a service project, or another unit named by its post."""

    kind: str
    project_id: int | None = None
    unit: str = ""


@dataclass(frozen=True)
class Promise:
    """One promise as typed; `pk` names the row it changes, None adds one."""

    project_id: int
    problem: str
    promise: str
    responsible_post: str
    due_on: dt.date
    compound_id: int | None = None
    pk: int | None = None


@dataclass(frozen=True)
class Problem:
    """A problem of residents: a request of the ledger, or a new one. `promise` is the place in `Minutes.promises`
    of the promise that settles it.
    """

    text: str = ""
    request_id: int | None = None
    compound_id: int | None = None
    category: str = "other"
    promise: int | None = None


@dataclass(frozen=True)
class Minutes:
    """All that a secretary enters for a month."""

    held_on: dt.date | None = None
    place: str = ""
    chair: str = ""
    recorder: str = ""
    nothing_new: bool = False
    topics: str = ""
    decisions: str = ""
    attendance: Sequence[Attendee] = ()
    problems: Sequence[Problem] = ()
    promises: Sequence[Promise] = ()
