"""What the public pages say, as plain values: no model, no query and no HTML here.

`selectors` and `adapters` fill these from the database, `pages` turns them into files.
There is no field for a telephone of a person, an ID number or a resident: what is not here
cannot be published by mistake.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

NOTICE = "notice"
FINAL = "final"
SUPPLEMENT = "supplement"
CORRECTION = "correction"

RED = "red"
WATCH = "watch"
BLACK = "black"
UNDETERMINED = "undetermined"
UNLISTED = "unlisted"
WITHDRAWN = "withdrawn"
NAMED = (RED, BLACK, WATCH)
LISTED = (*NAMED, UNDETERMINED)


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a scorecard: the raw figure, the points and the rule, all in words."""

    title: str
    raw: str
    points: str
    out_of: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The result of one service project (or, in the enterprise list, of one enterprise) in one release.

    `manager` is the post, with a name only where the district may publish names.
    `held` marks an entry whose objection is open; a withdrawn one has no names and no reasons.
    """

    key: str
    name: str
    enterprise: str
    uscc: str
    colour: str
    total: Decimal | None
    full: Decimal | None = None
    rank: int | None = None
    group: str = ""
    band: str = ""
    compounds: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    why_unlisted: str = ""
    manager: str = ""
    reply: str = ""
    held: bool = False
    window_ends: dt.date | None = None
    shown_until: dt.date | None = None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A published release.

    `number` counts within period and kind, `sequence` within the district's chain; `ranked` is N of
    the list rule; `dropped` counts entries of a notice that did not become final. `entries` hold
    every scored project, only those of a colour in NAMED are named on lists.
    """

    pk: int
    period: str
    period_label: str
    kind: str
    number: int
    sequence: int
    index_number: str
    issuer: str
    published_on: dt.date
    window_from: dt.date | None = None
    window_to: dt.date | None = None
    valid_until: dt.date | None = None
    ranked: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    replaced: dict[str, int] = field(default_factory=dict)
    """How many of its projects, by colour, a later correction gave another result."""
    note: str = ""
    digest: str = ""
    previous_digest: str = ""
    rubric: str = ""
    list_rule: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    enterprises: tuple[Entry, ...] = ()
    has_bundle: bool = False
    rewritten_on: dt.date | None = None
    """The last day on which its files were made anew: with a withdrawal they are."""

    @property
    def slug(self) -> str:
        """Its last address part: `final-1`."""
        return f"{self.kind}-{self.number}"

    @property
    def path(self) -> str:
        """Its address: `/lists/2026Q3/final-1/`."""
        return f"/lists/{self.period}/{self.slug}/"

    @property
    def is_notice(self) -> bool:
        """Whether it only announces, and may be objected to."""
        return self.kind == NOTICE

    def of_colour(self, colour: str) -> list[Entry]:
        """Its entries of a colour, best first; those without a rank after the others."""
        found = [entry for entry in self.entries if entry.colour == colour]
        return sorted(found, key=lambda e: (e.rank is None, e.rank or 0, e.key))


@dataclass(frozen=True, slots=True)
class Service:
    """Who served a compound, from a day to a day."""

    project: str
    project_name: str
    enterprise: str
    uscc: str
    kind: str
    since: dt.date
    until: dt.date | None = None
    phone: str = ""
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The last word on a resolution of a compound's council, with its votes. No person is named."""

    held_on: dt.date
    topic: str
    text: str
    votes: tuple[int, int, int]
    passed: bool
    withdrawn: bool = False
    changed_on: dt.date | None = None
    reason: str = ""
    follow_ups: tuple[tuple[str, dt.date, bool], ...] = ()
    """What follows: the words, the due day, whether it is done."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What an enterprise promised at a joint meeting: the problem, the words, by when, how it stands."""

    problem: str
    promise: str
    due_on: dt.date
    state: str
    overdue: bool = False
    done_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises of a compound: those still open, the kept ones newest first, how many were due in a year and kept in time."""

    open: tuple[Promise, ...] = ()
    kept: tuple[Promise, ...] = ()
    due: int = 0
    in_time: int = 0


@dataclass(frozen=True, slots=True)
class Guarantees:
    """The eight guarantees that hold for a compound: title and what is looked at, and the document that says so."""

    items: tuple[tuple[str, str], ...] = ()
    document: str = ""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of the district: compounds and those served, promises due and kept in time, requests and those
    answered in time, yuan approved and paid."""

    period: str
    compounds: int
    served: int
    due: int
    kept: int
    requests: int
    answered: int
    approved: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit of an enterprise on a day: the district's sum by its scheme, and the city's own grade."""

    on: dt.date
    grade: str
    total: Decimal
    scheme: str
    document: str
    start: Decimal
    sums: tuple[tuple[str, Decimal], ...] = ()
    city_grade: str = ""
    city_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A rotating red flag: who holds or held it, for what, and how it ended."""

    number: str
    period_label: str
    project: str
    project_name: str
    enterprise: str
    uscc: str
    where: str
    awarded_on: dt.date
    reason: str
    compounds: tuple[tuple[str, str], ...] = ()
    passed_from: str = ""
    is_kept: bool = False
    ended_on: dt.date | None = None
    how: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A rule of rotating flags in words."""

    title: str
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Compound:
    """A compound as the register shows it on the day of publication."""

    code: str
    name: str
    subdistrict: str = ""
    subdistrict_code: str = ""
    community: str = ""
    address: str = ""
    kind: str = ""
    kind_since: dt.date | None = None
    compound_class: str = ""
    class_since: dt.date | None = None
    households: int | None = None
    year_built: int | None = None
    search: str = ""
    point: tuple[float, float] | None = None
    """Longitude and latitude in WGS-84, whatever datum the register keeps."""
    services: tuple[Service, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    received: tuple[tuple[int, int, Decimal, Decimal], ...] = ()
    """By year: months, yuan approved, yuan paid of its class subsidy."""
    promises: Promises = field(default_factory=Promises)
    guarantees: Guarantees | None = None
    secretary: str = ""
    """The post of the community's party secretary, with a name only where it may be published."""
    secretary_phone: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """The code of a compound that was merged into another; its address leads on."""

    code: str
    name: str
    to_code: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A running service project of an enterprise with the compounds it serves."""

    code: str
    name: str
    since: dt.date
    phone: str = ""
    manager: str = ""
    compounds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A property enterprise with its running projects."""

    uscc: str
    name: str
    kind: str
    address: str = ""
    phone: str = ""
    registered_from: dt.date | None = None
    search: str = ""
    projects: tuple[Project, ...] = ()
    credit: Credit | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """An approved subsidy batch as a sum: payments to persons are in it, persons are not."""

    number: str
    fund: str
    document: str
    period: str
    approved_on: dt.date | None
    payments: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the public pages of one district are made of. Releases: newest first."""

    code: str
    name: str
    today: dt.date
    is_demo: bool = False
    releases: tuple[Release, ...] = ()
    compounds: tuple[Compound, ...] = ()
    enterprises: tuple[Enterprise, ...] = ()
    moved: tuple[Moved, ...] = ()
    flags: tuple[Flag, ...] = ()
    flag_rules: tuple[FlagRule, ...] = ()
    batches: tuple[Batch, ...] = ()
    quarters: tuple[Quarter, ...] = ()
    """The last whole quarters, oldest first."""
