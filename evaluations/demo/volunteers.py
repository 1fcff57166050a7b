"""Volunteer teams and three years of their activities. Help for households is only entered by hand."""

from decimal import Decimal

from communities.models import VolunteerActivity, VolunteerTeam
from evaluations.demo.world import World, days_after, months_of_facts, stamp

NAMES = ("红马甲", "老党员", "青春", "邻里帮", "红管家", "银发", "爱心", "平安")
TITLES = {
    "cleaning": ("清理楼道杂物", "清洁家园行动", "清理小广告"),
    "repair": ("便民小修", "检修楼道灯"),
    "care": ("陪伴走访", "代买代办"),
    "teaching": ("手机课堂", "垃圾分类讲座", "社区文艺活动"),
    "patrol": ("夜间巡逻", "消防隐患排查"),
}


def make_volunteers(world: World) -> None:
    """Two teams in each community; about two activities a quarter each."""
    if world.replica:
        return
    chance = world.chance("volunteers")
    teams = world.book.sheet(VolunteerTeam, recorded_by="demo")
    activities = world.book.sheet(VolunteerActivity, recorded_by="demo")
    served: dict[int, list] = {}
    for project in world.projects:
        for home, first, last in project.served:
            served.setdefault(home.place.id, []).append((project, home, first, last))
    months = months_of_facts(world)
    for place in world.places:
        here = served.get(place.id, [])
        for number, kind in enumerate(("residents", "property" if here else "party")):
            project = chance.choice(here)[0] if here else None
            team = teams.add(
                community_id=place.id,
                project_id=project.id if kind == "property" and project else None,
                name=f"{chance.choice(NAMES)}志愿服务{'一' if number == 0 else '二'}队",
                kind=kind,
                members=chance.randint(8, 40),
                founded_on=days_after(world.facts_from, -chance.randint(30, 600)),
                recorded_at=stamp(world.facts_from),
            )
            for month in months:
                if chance.random() > 0.6:
                    continue
                day = days_after(month, chance.randint(1, 26))
                serving = [row for row in here if row[2] <= day and (row[3] is None or day <= row[3])]
                one = chance.choice(serving) if serving else None
                what = chance.choice(tuple(TITLES))
                people = chance.randint(4, 18)
                hours = Decimal(people) * chance.choice((1, 2, 2, 3))
                firm = Decimal(chance.randint(0, people // 3)) * 2 if one else Decimal(0)
                activities.add(
                    team_id=team,
                    community_id=place.id,
                    compound_id=one[1].id if one else None,
                    project_id=one[0].id if one else None,
                    held_on=day,
                    kind=what,
                    title=chance.choice(TITLES[what]),
                    participants=people,
                    hours=hours,
                    firm_hours=min(hours, firm),
                    is_free_help=what in ("care", "repair") and chance.random() < 0.4,
                    recorded_at=stamp(day, chance.randint(60, 500)),
                )
