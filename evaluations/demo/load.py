"""Loads the demo district into an empty place: everything in one transaction, by COPY, from one seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from evaluations.demo.accounts import make_contacts, make_users
from evaluations.demo.apartments import make_apartments
from evaluations.demo.areas import make_areas
from evaluations.demo.compounds import make_compounds
from evaluations.demo.contracts import make_contracts
from evaluations.demo.councils import make_councils
from evaluations.demo.enterprises import make_enterprises
from evaluations.demo.figures import calendar, make_calendar, make_figures
from evaluations.demo.grid import make_grid
from evaluations.demo.joint_projects import make_joint_projects
from evaluations.demo.lead_geese import make_lead_geese
from evaluations.demo.marks import make_marks
from evaluations.demo.meetings import make_attendance, make_meetings
from evaluations.demo.money import make_market, make_staff
from evaluations.demo.party import make_party
from evaluations.demo.people import make_people
from evaluations.demo.quality import QUARTERS, cast_parts
from evaluations.demo.requests import make_requests
from evaluations.demo.talent import make_talent
from evaluations.demo.visits import make_visits
from evaluations.demo.volunteers import make_volunteers
from evaluations.demo.world import CLOCK, FIRST_DAY, LAST_DAY, World, stamp
from evaluations.demo.writer import Book
from redprop.accounts.audit import acting
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.models import Job

CODE, NAME = "420102", "江岸区"
SEED = 20261012
LOADED = "load_demo"
"""Kind of the job row that tells by which seed a district was loaded."""


@dataclass(frozen=True)
class Loaded:
    """What a load did."""

    district: District
    seed: int
    scale: int
    already: bool
    rows: dict[str, int]
    seconds: float


def load_demo(*, seed: int = SEED, scale: int = 1, quarters: int = QUARTERS) -> Loaded:
    """Load the demo district, or report the one that is there with the same seed and scale.

    `scale` multiplies compounds, enterprises, projects and facts for measurements (the totals are then
    others); `quarters` keeps only the facts of the last ones.

    Refused unless DEMO=1, and when a district is there that another seed made, or a real one.
    """
    if not settings.DEMO:
        raise Refused(
            _("Demo data are loaded with DEMO=1 only. Set it in the environment of a trial machine."),
            code="demo-off",
        )
    if scale < 1 or not 1 <= quarters <= QUARTERS:
        raise Refused(
            _("The scale is a whole number from 1, the number of quarters one from 1 to 12."),
            code="demo-scale",
        )
    began = time.monotonic()
    arguments = {"seed": seed, "scale": scale, "quarters": quarters}
    present = District.objects.filter(code=CODE).first()
    if present:
        return _already(present, arguments)
    with transaction.atomic(), acting(None, "demo data"):
        world = _first_world(arguments)
    for replica in range(1, scale):
        with transaction.atomic(), acting(None, "demo data"):
            _further(world, replica)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Loaded(world.district, seed, scale, False, world.book.rows, time.monotonic() - began)


def _already(district: District, arguments: dict[str, int]) -> Loaded:
    job = Job.objects.filter(district=district, kind=LOADED).first()
    if not district.is_demo or job is None:
        raise Refused(
            _("District %(code)s is already there and was not made as a demo. Use an empty database.")
            % {"code": district.code},
            code="demo-district-exists",
        )
    if job.arguments != arguments:
        raise Refused(
            _(
                "A demo district is already there, made with seed %(seed)s, scale %(scale)s and %(quarters)s quarters. "
                "Use these, or an empty database."
            )
            % job.arguments,
            code="demo-other-seed",
        )
    return Loaded(district, arguments["seed"], arguments["scale"], True, {}, 0.0)


def _first_world(arguments: dict[str, int]) -> World:
    district = District.objects.create(
        code=CODE,
        name=NAME,
        is_demo=True,
        clock=CLOCK,
        names_of_persons_since=FIRST_DAY,
        recorded_at=stamp(FIRST_DAY),
        recorded_by="demo",
    )
    first = Period.of("quarter", LAST_DAY).shift(1 - arguments["quarters"])
    world = World(district, arguments["seed"], Book(), calendar(), facts_from=first.start)
    make_calendar(world)
    make_figures(world)
    make_areas(world)
    _registers(world, before_people=make_users)
    make_contacts(world)
    _facts(world)
    world.book.flush()
    Job.objects.create(
        district=district,
        kind=LOADED,
        arguments=arguments,
        state=Job.State.DONE,
        recorded_at=CLOCK,
        recorded_by="demo",
        finished_at=CLOCK,
    )
    return world


def _registers(world: World, before_people: Callable[[World], None] | None = None) -> None:
    make_compounds(world)
    make_enterprises(world)
    make_contracts(world)
    cast_parts(world)
    people = make_people(world)
    if before_people:
        before_people(world)
    make_party(world, people)
    make_talent(world)
    if not world.replica:
        make_lead_geese(world, people)


def _facts(world: World) -> None:
    """Three years of what happened; further replicas meet in the same meetings."""
    if not world.replica:
        make_meetings(world)
    make_attendance(world)
    if not world.replica:
        make_councils(world)
    make_requests(world)
    make_visits(world)
    make_volunteers(world)
    make_joint_projects(world)
    make_grid(world)
    make_marks(world)
    make_market(world)
    if not world.replica:
        make_staff(world)
        make_apartments(world)


def _further(world: World, replica: int) -> None:
    """Another set of compounds, enterprises, projects and facts in the same communities."""
    world.replica = replica
    world.homes, world.firms, world.projects = [], [], []
    _registers(world)
    _facts(world)
    world.book.flush()
