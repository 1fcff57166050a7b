"""Home visits of three years: rounds through buildings, what was told, how many homes need what."""

import datetime as dt

from communities.models import HomeVisit, VisitCount, VisitItem
from evaluations.demo.world import CLOCK, World, days_after, stamp

POLICIES = (
    "老旧小区改造政策",
    "电动自行车充电安全",
    "生活垃圾分类",
    "医保参保缴费",
    "反诈骗宣传",
    "养老服务补贴",
)
NEEDS = ("家电维修", "助老送餐", "楼道保洁", "电动车充电桩", "健身设施", "课后托管", "理发", "磨刀补鞋")
WEIGHTS = (30, 18, 26, 34, 12, 14, 9, 6)
OUTCOMES = (
    "",
    "",
    "",
    "居民希望增加楼道照明",
    "居民反映单元门禁时好时坏",
    "居民建议在空地增设晾晒架",
    "居民对保洁频次有意见，已转物业",
    "已介绍改造安排，居民表示支持",
)
TODAY = CLOCK.date()
ROUNDS = 1.0
"""Rounds for each compound and quarter."""


def make_items(world: World) -> tuple[list[int], list[int]]:
    """The district's list of policies and questions."""
    sheet = world.book.sheet(VisitItem, recorded_by="demo", recorded_at=stamp(world.facts_from))
    found: list[list[int]] = [[], []]
    for place, (kind, texts) in enumerate((("policy", POLICIES), ("need", NEEDS))):
        for number, text in enumerate(texts, 1):
            found[place].append(
                sheet.add(
                    district_id=world.district.pk,
                    kind=kind,
                    code=f"{'ZC' if kind == 'policy' else 'XQ'}{number:02d}",
                    text=text,
                    place=number * 10,
                    valid_from=world.facts_from,
                )
            )
    return found[0], found[1]


def make_visits(world: World) -> None:
    """About a round for each compound and quarter; a third by property staff."""
    chance = world.chance("visits")
    if world.replica == 0:
        world.visit_items = make_items(world)
    policies, needs = world.visit_items
    visits = world.book.sheet(HomeVisit, recorded_by="demo")
    counts = world.book.sheet(VisitCount)
    horizon = (TODAY - world.facts_from).days
    for project in world.projects:
        for home, first, last in project.served:
            begin = max(0, (first - world.facts_from).days)
            end = min(horizon, ((last or dt.date.max) - world.facts_from).days)
            if end <= begin:
                continue
            seen: set[tuple[int, int]] = set()
            for _ in range(int((end - begin) / 91.3 * ROUNDS + chance.random())):
                offset, building = chance.randrange(begin, end), chance.randint(1, 12)
                if (offset, building) in seen:
                    continue
                seen.add((offset, building))
                day = days_after(world.facts_from, offset)
                visitor = chance.choices(("community", "staff", "party"), (50, 33, 17))[0]
                homes = chance.randint(4, 24)
                visit = visits.add(
                    community_id=home.place.id,
                    compound_id=home.id,
                    building=f"{building}栋",
                    visited_on=day,
                    visitor=visitor,
                    project_id=project.id if visitor == "staff" else None,
                    homes=homes,
                    outcome=chance.choice(OUTCOMES),
                    recorded_at=stamp(day, chance.randint(60, 500)),
                )
                counts.add(visit_id=visit, item_id=chance.choice(policies), homes=homes)
                for item in sorted(set(chance.choices(needs, WEIGHTS, k=2))):
                    counts.add(visit_id=visit, item_id=item, homes=chance.randint(1, max(1, homes // 3)))
