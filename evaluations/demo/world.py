"""What the modules of the demo share: the dates, the things made so far, and chance from the seed."""

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, field

from evaluations.demo.writer import Book
from redprop.areas.models import District
from redprop.common.workdays import WorkCalendar

FIRST_DAY = dt.date(2017, 1, 1)
"""From this day the registers are kept."""

CLASSES_FROM = dt.date(2017, 3, 1)
"""The three classes of old compounds began in March 2017 (S1N)."""

REPORT_OF_2017 = dt.date(2017, 9, 2)
FACTS_FROM = dt.date(2023, 10, 1)
LAST_DAY = dt.date(2026, 9, 30)
CLOCK = dt.datetime(2026, 10, 12, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
"""When the demo begins: the morning on which the last quarter closes."""

PROFESSIONAL, TAKEOVER, TRUSTEESHIP = "professional", "takeover", "trusteeship"


@dataclass(slots=True)
class Place:
    """A community."""

    id: int
    code: str
    name: str
    subdistrict: int
    subdistrict_code: str


@dataclass(slots=True)
class Firm:
    """An enterprise."""

    id: int
    name: str
    short: str
    kind: str
    since: dt.date
    quality: float
    projects: list["Project"] = field(default_factory=list)
    secretary: int | None = None
    left: dt.date | None = None


@dataclass(slots=True)
class Project:
    """A service project with the compounds it served, each from a day to a day."""

    id: int
    code: str
    name: str
    firm: Firm
    kind: str
    start: dt.date
    end: dt.date | None
    quality: float
    served: list[tuple["Home", dt.date, dt.date | None]] = field(default_factory=list)
    manager: int | None = None
    managed_since: dt.date = FIRST_DAY
    part: str = ""
    form: list[float] = field(default_factory=list)

    def compounds_on(self, day: dt.date) -> list["Home"]:
        """Compounds served on `day`."""
        return [home for home, first, last in self.served if first <= day and (last is None or day <= last)]


@dataclass(slots=True)
class Home:
    """A compound."""

    id: int
    code: str
    name: str
    place: Place
    kind: str
    compound_class: int
    households: int
    floor_area: int
    since: dt.date


@dataclass(slots=True)
class Hired:
    """A graduate: `firm` is the first enterprise, `left_firm` the last day there of who moved within the district."""

    person: int
    firm: int
    began: dt.date
    ended: dt.date | None
    degree: str
    graduated_on: dt.date
    school: str
    kind: str
    title: str
    recruit: bool
    left_firm: dt.date | None = None


@dataclass(slots=True)
class Meeting:
    """A joint meeting that was filed."""

    id: int
    held: dt.date
    submitted: str
    decided: str
    accepted: bool


@dataclass
class World:
    """One load: what it writes to, what it has made, and its chance."""

    district: District
    seed: int
    book: Book
    calendar: WorkCalendar
    replica: int = 0
    grounds: dict[str, int] = field(default_factory=dict)
    """Grounds of a deduction by code: their ids."""
    facts_from: dt.date = FACTS_FROM
    places: list[Place] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    streams: dict[tuple[str, int], random.Random] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    secretaries: dict[int, tuple[int, str]] = field(default_factory=dict)
    party_secretaries: list[tuple[int, dt.date]] = field(default_factory=list)
    """Secretaries of party organisations of enterprises, with the first day of their post."""
    meetings: dict[tuple[int, dt.date], "Meeting"] = field(default_factory=dict)
    # By compound: the promises made for it (commitment, project, made on, due on, problem, promise).
    promises: dict[int, list[tuple[int, int, dt.date, dt.date, str, str]]] = field(default_factory=dict)
    recruits: list[tuple[int, int, dt.date, dt.date | None, str]] = field(default_factory=list)
    """Recruits of the programme: person, enterprise, first and last day, degree."""
    graduates: list["Hired"] = field(default_factory=list)
    managers: list[tuple[int, int, dt.date, dt.date | None]] = field(default_factory=list)
    """Managers of projects: person, enterprise, first and last day."""
    rungs: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Rungs of the growth channels by code: id and months since the one before."""
    contact_firms: set[int] = field(default_factory=set)
    visit_items: tuple[list[int], list[int]] = ([], [])
    order_serials: Counter[int] = field(default_factory=Counter)

    @property
    def recruited(self) -> list["Hired"]:
        """Recruits of the programme."""
        return [one for one in self.graduates if one.recruit]

    def chance(self, subject: str) -> random.Random:
        """Chance of one subject: adding to one subject does not reshuffle the others."""
        return random.Random(f"{self.seed}/{subject}/{self.replica}")

    def chances(self, subject: str) -> random.Random:
        """As `chance`, but one stream that goes on from call to call within a replica."""
        key = (subject, self.replica)
        if key not in self.streams:
            self.streams[key] = self.chance(subject)
        return self.streams[key]

    def code(self, prefix: str, number: int, width: int = 4) -> str:
        """An own code; those of further replicas carry the replica's number."""
        mark = f"{self.replica}-" if self.replica else ""
        return f"{prefix}{mark}{number:0{width}d}"


def months_of_facts(world: World) -> list[dt.date]:
    """First days of the months that have facts."""
    return months_between(world.facts_from, LAST_DAY)


def days_after(day: dt.date, days: int) -> dt.date:
    """The day `days` later."""
    return day + dt.timedelta(days=days)


def stamp(day: dt.date, minutes: int = 0) -> str:
    """A moment of a business day as text: 09:00 plus `minutes`."""
    hour, minute = divmod(540 + minutes, 60)
    return f"{day.isoformat()} {hour:02d}:{minute:02d}:00+08:00"


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of the months from `first` to `last`."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = (month + dt.timedelta(days=32)).replace(day=1)
    return found
