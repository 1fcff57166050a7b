"""How well each project works, quarter by quarter. Everything that is counted later follows from it.

A handful of projects play a part, so that the last quarter's list shows every case once.
"""

from evaluations.demo.world import LAST_DAY, Project, World

QUARTERS = 12

BAD, DOUBTFUL, BREACH, SILENT, MODEL = "bad", "doubtful", "breach", "silent", "model"
CASTING = {BAD: 2, DOUBTFUL: 2, BREACH: 1, SILENT: 3, MODEL: 46}
"""How many projects are weak for half a year, weak just now, guilty of a breach, hardly answered for, exemplary."""

LEVEL = {BAD: 0.36, DOUBTFUL: 0.56, MODEL: 0.985}
DRIFT, PULL, WAVER = 0.010, 0.75, 0.012


def cast_parts(world: World) -> None:
    """Give every project its quality in each of the twelve quarters, and some their part."""
    chance = world.chance("quality")
    settled = [p for p in world.projects if p.end is None and p.start.year < 2023 and p.firm.kind == "market"]
    picked = chance.sample(settled, min(len(settled), sum(CASTING.values())))
    parts = [part for part, count in CASTING.items() for _ in range(count)]
    for project, part in zip(picked, parts, strict=False):
        project.part = part
    for project in world.projects:
        away, form = 0.0, []
        for _ in range(QUARTERS):
            away = away * PULL + chance.gauss(DRIFT * (0.84 - project.quality), WAVER)
            form.append(min(0.995, max(0.72, project.quality + away)))
        if project.part == MODEL:
            form = [LEVEL[MODEL] + chance.uniform(-0.012, 0.01) for _ in form]
        elif project.part == BAD:
            form[-3:] = [LEVEL[BAD] + 0.06, LEVEL[BAD] + 0.02, LEVEL[BAD]]
        elif project.part == DOUBTFUL:
            form[-1] = LEVEL[DOUBTFUL]
        project.form = form


def quarter_of(month_index: int, months: int) -> int:
    """Index of the quarter (the last is 11) of a month counted from the first of `months` months."""
    return QUARTERS - 1 - (months - 1 - month_index) // 3


def is_young(project: Project) -> bool:
    """Whether it has served fewer than 45 days of the last quarter."""
    return (LAST_DAY - project.start).days < 44
