"""187 enterprises (185 market, 2 public-welfare), three that left, and their 382 running projects.

A new enterprise on a compound means a new project, so some compounds have a former project as well.
"""

import datetime as dt
import random
from collections import defaultdict
from itertools import islice

from enterprises.models import Enterprise, ServiceProject
from evaluations.demo import names
from evaluations.demo.world import (
    FIRST_DAY,
    LAST_DAY,
    PROFESSIONAL,
    TAKEOVER,
    TRUSTEESHIP,
    Firm,
    Home,
    Project,
    World,
    days_after,
    stamp,
)
from redprop.areas.services.search_keys import find_key

TAKEOVER_FIRMS, OTHER_FIRMS, WELFARE_FIRMS, LEFT_FIRMS = 39, 146, 2, 3
TAKEOVER_PROJECTS, TRUSTEESHIP_PROJECTS, PROFESSIONAL_PROJECTS = 110, 22, 250
TRUSTEESHIPS_OF_2017, MOVED_TO_THE_MARKET = 107, 10
YOUNG = [dt.date(2026, 8, 20), dt.date(2026, 8, 25), dt.date(2026, 9, 1), dt.date(2026, 9, 5)]
"""First days of the projects with fewer than 45 days of service in the last quarter."""


def make_enterprises(world: World) -> None:
    """Enterprises, then their projects with the compounds they serve."""
    make_firms(world)
    chance = world.chance("projects")
    old = [home for home in world.homes if home.kind == "old"]
    new = [home for home in world.homes if home.kind != "old"]
    entrusted = choose_entrusted(old)
    taken = {home.id for group in entrusted for home in group}
    market = [home for home in old if home.id not in taken]
    takeovers = make_takeovers(world, chance, market)
    make_trusteeships(world, chance, entrusted, takeovers)
    make_professional(world, chance, new)
    write_projects(world)


def make_firms(world: World) -> None:
    """Enterprises with fictional names and credit codes of a region that does not exist."""
    chance = world.chance("firms")
    sheet = world.book.sheet(Enterprise, district_id=world.district.pk, recorded_by="demo")
    trade_names = names.firms(random.Random(f"{world.seed}/firm names"))
    total = TAKEOVER_FIRMS + OTHER_FIRMS + LEFT_FIRMS
    first = total * world.replica
    trade_names = islice(trade_names, first, first + total)
    kinds = ["market"] * (TAKEOVER_FIRMS + OTHER_FIRMS) + ["public_welfare"] * WELFARE_FIRMS
    kinds += ["market"] * LEFT_FIRMS
    for number, kind in enumerate(kinds):
        if kind == "market":
            trade = next(trade_names)
            name, short = f"{trade}物业服务有限公司", f"{trade}物业"
        else:
            trade = names.WELFARE[number - TAKEOVER_FIRMS - OTHER_FIRMS]
            trade += str(world.replica or "")
            name, short = f"{trade}公益物业服务有限公司", f"{trade}公益物业"
        since = days_after(
            FIRST_DAY, 0 if number < TAKEOVER_FIRMS or kind != "market" else chance.randint(0, 50)
        )
        left = None
        if number >= len(kinds) - LEFT_FIRMS:
            left = dt.date(2019 + 2 * (len(kinds) - number), 7, 1)
        key = sheet.add(
            uscc=names.credit_code(world.replica * 200 + number + 1),
            name=name,
            short_name=short,
            pinyin=find_key(Enterprise, name, short) if not world.replica else "",
            kind=kind,
            address=f"{chance.choice(names.STREETS)}{chance.randint(1, 398)}号",
            work_phone=f"027-0000{chance.randint(1000, 9999)}",
            registered_from=since,
            left_on=left,
            recorded_at=stamp(since),
        )
        quality = min(0.97, max(0.76, chance.gauss(0.835, 0.033)))
        world.firms.append(Firm(key, name, short, kind, since, quality, left=left))


def choose_entrusted(old: list[Home]) -> list[list[Home]]:
    """The 107 old compounds that found no taker in 2017, in 22 groups of one community each."""
    by_place: dict[int, list[Home]] = defaultdict(list)
    for home in old:
        by_place[home.place.id].append(home)
    wide = [homes for homes in by_place.values() if len(homes) >= 5]
    step = len(wide) / TRUSTEESHIP_PROJECTS
    groups = [wide[int(i * step)] for i in range(TRUSTEESHIP_PROJECTS)]
    fives = TRUSTEESHIPS_OF_2017 - 4 * TRUSTEESHIP_PROJECTS
    return [homes[: 5 if i < fives else 4] for i, homes in enumerate(groups)]


def new_project(
    world: World,
    chance: random.Random,
    firm: Firm,
    kind: str,
    homes: list[Home],
    start: dt.date,
    end: dt.date | None = None,
) -> Project:
    """A project of `firm` that serves `homes` for its whole life."""
    if kind == PROFESSIONAL:
        name = homes[0].name + (f"等{len(homes)}个小区" if len(homes) > 1 else "")
    else:
        area = homes[0].place.name.removesuffix("社区").removesuffix("村委会").removesuffix("居委会")
        name = f"{area}片区{'托管' if kind == TRUSTEESHIP else ''}"
    quality = min(0.97, max(0.73, firm.quality + chance.gauss(0.0, 0.022)))
    number = len(world.projects) + 1
    project = Project(0, world.code("FW", number), name, firm, kind, start, end, quality)
    project.served = [(home, max(start, home.since), end) for home in homes]
    world.projects.append(project)
    firm.projects.append(project)
    return project


def make_takeovers(world: World, chance: random.Random, homes: list[Home]) -> list[Project]:
    """110 running projects of 39 market enterprises on the old compounds they took over in 2017."""
    sizes = [len(homes) // TAKEOVER_PROJECTS] * TAKEOVER_PROJECTS
    for index in range(len(homes) - sum(sizes)):
        sizes[index * 7 % TAKEOVER_PROJECTS] += 1
    for _ in range(40):
        a, b = chance.sample(range(TAKEOVER_PROJECTS), 2)
        if sizes[a] > 2 and sizes[b] < 7:
            sizes[a] -= 1
            sizes[b] += 1
    replaced = {9 * i + 5: dt.date(2019 + i % 7, 1 + i % 12, 1) for i in range(12)}
    replaced[12], replaced[77] = YOUNG[0], YOUNG[2]
    running, position = [], 0
    for index, size in enumerate(sizes):
        group = homes[position : position + size]
        position += size
        owner = index * TAKEOVER_FIRMS // TAKEOVER_PROJECTS
        firm = world.firms[owner]
        start = days_after(dt.date(2017, 4, 10), chance.randint(0, 130))
        if index in replaced:
            change = replaced[index]
            former = world.firms[(owner + 1) % TAKEOVER_FIRMS]
            new_project(world, chance, former, TAKEOVER, group, start, days_after(change, -1))
            start = change
        running.append(new_project(world, chance, firm, TAKEOVER, group, start))
    return running


def make_trusteeships(
    world: World, chance: random.Random, groups: list[list[Home]], takeovers: list[Project]
) -> None:
    """22 trusteeships of the two public-welfare enterprises; ten compounds later found a market enterprise."""
    welfare = [firm for firm in world.firms if firm.kind == "public_welfare"]
    for index, group in enumerate(groups):
        start = days_after(dt.date(2017, 6, 1), chance.randint(0, 75))
        project = new_project(world, chance, welfare[index % 5 > 2], TRUSTEESHIP, group, start)
        if index % 2 == 0 and index // 2 < MOVED_TO_THE_MARKET:
            change = dt.date(2018 + index // 2 % 5, 1 + index % 12, 1)
            home, first, _end = project.served[-1]
            project.served[-1] = (home, first, days_after(change, -1))
            near = min(
                (p for p in takeovers if p.start < change),
                key=lambda p: abs(int(p.served[0][0].place.code) - int(home.place.code)),
            )
            near.served.append((home, change, None))


def make_professional(world: World, chance: random.Random, homes: list[Home]) -> None:
    """250 projects on 291 compounds with professional service; every market enterprise has at least one."""
    doubles = set(chance.sample(range(PROFESSIONAL_PROJECTS), len(homes) - PROFESSIONAL_PROJECTS))
    market = world.firms[: TAKEOVER_FIRMS + OTHER_FIRMS]
    owners = market[TAKEOVER_FIRMS:] + market[:TAKEOVER_FIRMS]
    big = chance.sample(market, 18)
    owners += [chance.choice(big) for _ in range(PROFESSIONAL_PROJECTS - len(owners))]
    chance.shuffle(owners)
    left = [firm for firm in world.firms if firm.left]
    replaced = {11 * i + 4: dt.date(2019 + i % 7, 1 + i * 5 % 12, 1) for i in range(20)}
    replaced[33], replaced[140] = YOUNG[1], YOUNG[3]
    position = 0
    for index, firm in enumerate(owners):
        group = homes[position : position + 1 + (index in doubles)]
        position += len(group)
        start = max(home.since for home in group)
        if start == FIRST_DAY:
            start = max(firm.since, days_after(start, chance.randint(0, 1500)))
        if index in replaced and start < days_after(replaced[index], -400):
            change = replaced[index]
            former = owners[(index + 1) % len(owners)]
            new_project(world, chance, former, PROFESSIONAL, group, start, days_after(change, -1))
            start = change
        elif left and start.year < 2018:
            gone = left.pop()
            assert gone.left
            new_project(world, chance, gone, PROFESSIONAL, group, start, days_after(gone.left, -1))
            start = gone.left
        new_project(world, chance, firm, PROFESSIONAL, group, start)


def write_projects(world: World) -> None:
    """The rows of the projects, with names that differ."""
    chance = world.chance("project rows")
    sheet = world.book.sheet(ServiceProject, district_id=world.district.pk, recorded_by="demo")
    seen: dict[str, int] = defaultdict(int)
    for project in world.projects:
        seen[project.name] += 1
        number = seen[project.name]
        project.name += (f"第{number}" if number > 1 else "") + "项目"
        assert project.end is None or project.end <= LAST_DAY
        project.id = sheet.add(
            enterprise_id=project.firm.id,
            code=project.code,
            name=project.name,
            pinyin=find_key(ServiceProject, project.name) if not world.replica else "",
            started_on=project.start,
            ended_on=project.end,
            work_phone=f"027-0000{chance.randint(1000, 9999)}",
            recorded_at=stamp(project.start),
        )
