"""The grid of the demo: cells, cover, persons on duty; rosters of three years in the pilots, of this autumn elsewhere.

The first pilot of the secretaries' communities leaves a few evenings open, so that gaps show.
"""

import datetime as dt

from communities.models import GridArea, GridCell, GridMode, GridShift, GridWorker
from evaluations.demo.names import persons
from evaluations.demo.world import CLOCK, World, days_after, stamp
from redprop.common.workdays import is_workday

TODAY = CLOCK.date()
PILOTS = 8
ROSTER_FROM, ROSTER_TO = dt.date(2026, 9, 1), dt.date(2026, 10, 31)
DAY_SHIFT = (("09:00", "17:00", 0),)
ROUND = (("00:00", "08:00", 0), ("08:00", "16:00", 0), ("16:00", "00:00", 1))
SECRETARIES = ("420102002003", "420102002004", "420102017018", "420102400005")
"""Communities whose secretaries have demo accounts: each has a pilot."""


def make_grid(world: World) -> None:
    """One to three cells in each community."""
    if world.replica:
        return
    chance = world.chance("grid")
    names = persons(world.chance("names of the grid"))
    cells = world.book.sheet(GridCell, recorded_by="demo")
    areas = world.book.sheet(GridArea, recorded_by="demo")
    modes = world.book.sheet(GridMode, recorded_by="demo")
    workers = world.book.sheet(GridWorker, recorded_by="demo")
    shifts = world.book.sheet(GridShift, recorded_by="demo")
    at = stamp(world.facts_from)
    served: dict[int, list] = {}
    for project in world.projects:
        for home, _first, last in project.served:
            if last is None:
                served.setdefault(home.place.id, []).append((project, home))
    homes: dict[int, list] = {}
    for home in world.homes:
        homes.setdefault(home.place.id, []).append(home)
    pilots = 0
    for place in world.places:
        here = homes.get(place.id, [])
        if not here:
            continue
        wanted = min(3, max(1, len(here) // 3))
        for number in range(wanted):
            pilot = None
            if (
                number == 0
                and pilots < PILOTS
                and place.id in served
                and ((place.code in SECRETARIES) or chance.random() < 0.08)
            ):
                pilot, pilots = served[place.id][0][0], pilots + 1
            cell = cells.add(
                community_id=place.id,
                code=f"{place.code}-{number + 1:02d}",
                name=f"第{'一二三'[number]}网格",
                opened_on=world.facts_from,
                recorded_at=at,
            )
            for home in here[number::wanted]:
                areas.add(cell_id=cell, compound_id=home.id, valid_from=world.facts_from, recorded_at=at)
            modes.add(
                cell_id=cell,
                hours=24 if pilot else 8,
                starts="09:00",
                only_workdays=not pilot,
                project_id=pilot.id if pilot else None,
                valid_from=world.facts_from,
                recorded_at=at,
            )
            people = [
                workers.add(
                    community_id=place.id,
                    code=f"{place.code}-W{number * 4 + one + 1:02d}",
                    kind="staff" if pilot else "grid",
                    project_id=pilot.id if pilot else None,
                    name=next(names),
                    valid_from=world.facts_from,
                    recorded_at=at,
                )
                for one in range(4 if pilot else 1)
            ]
            day, last = (world.facts_from if pilot else ROSTER_FROM), ROSTER_TO
            pattern = ROUND if pilot else DAY_SHIFT
            turn = 0
            while day <= last:
                if pilot or _works(world, day):
                    for first, end, over in pattern:
                        missed = day > TODAY and chance.random() < (0.02 if pilot else 0.004)
                        worker = people[turn % len(people)]
                        turn += 1
                        if missed:
                            continue
                        shifts.add(
                            community_id=place.id,
                            cell_id=cell,
                            worker_id=worker,
                            project_id=pilot.id if pilot else None,
                            starts_at=f"{day} {first}:00+08:00",
                            ends_at=f"{days_after(day, over)} {end}:00+08:00",
                            recorded_at=at,
                        )
                day = days_after(day, 1)


def _works(world: World, day: dt.date) -> bool:
    return is_workday(day, world.calendar)
