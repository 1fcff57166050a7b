"""Lead-goose secretaries of the demo: who was secretary of each community, courses, yearly ratings, awards.

Draws from chance of its own and adds its persons last, so that everybody else keeps name and code.
"""

import datetime as dt

from enterprises.models import (
    CommunitySecretary,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from evaluations.demo.people import People
from evaluations.demo.world import FIRST_DAY, World, days_after, stamp

COURSES = (
    ("党组织书记集中轮训班", "rotation", 4, 12, 3, 24),
    ("红色物业书记工作坊", "workshop", 6, 18, 1, 8),
    ("先进社区现场观摩", "visit", 8, 20, 1, 8),
    ("网络专题培训", "online", 9, 5, 11, 20),
)
"""Title, kind, month, day, days, hours of each year's courses."""

YEARS = (2024, 2025, 2026)
GROUNDS = {
    "good": "党组织生活规范，居民诉求按期办结率高，群众评价好",
    "fair": "党组织生活正常，联席会承诺事项基本按期办结",
    "ordinary": "部分承诺事项逾期，党建指导书工作有缺项",
    "poor": "党组织生活不正常，多项工作未完成",
}
AWARDS = (
    ("优秀党务工作者", "district"),
    ("红色物业头雁书记", "district"),
    ("优秀社区工作者", "subdistrict"),
    ("市级先进基层党组织书记", "city"),
)


def make_lead_geese(world: World, people: People) -> None:
    """Posts of community secretaries, then what is known of all secretaries."""
    chance = world.chance("lead geese")
    seats = world.book.sheet(CommunitySecretary, recorded_by="demo")
    spans: list[tuple[int, dt.date]] = list(world.party_secretaries)
    for place in world.places:
        now, _name = world.secretaries[place.id]
        since = FIRST_DAY
        if chance.random() < 0.2:
            since = dt.date(chance.randint(2021, 2025), chance.randint(1, 12), 1)
            before, _name = people.add(FIRST_DAY)
            seats.add(
                community_id=place.id,
                person_id=before,
                valid_from=FIRST_DAY,
                valid_to=days_after(since, -1),
                recorded_at=stamp(FIRST_DAY, 20),
            )
        seats.add(community_id=place.id, person_id=now, valid_from=since, recorded_at=stamp(since, 20))
        spans.append((now, since))
    _Work(world, spans).run()


class _Work:
    """Training, ratings and awards of everybody who is secretary."""

    def __init__(self, world: World, spans: list[tuple[int, dt.date]]) -> None:
        self.chance = world.chance("work of secretaries")
        self.district = world.district.pk
        self.book = world.book
        since: dict[int, dt.date] = {}
        for person, day in spans:
            since[person] = min(day, since.get(person, day))
        self.since = since
        self.keen = {person: self.chance.uniform(0.7, 1.0) for person in since}

    def run(self) -> None:
        """Three years."""
        courses = self.book.sheet(TrainingCourse, district_id=self.district, recorded_by="demo")
        attendance = self.book.sheet(TrainingAttendance, recorded_by="demo")
        for year in YEARS:
            for number, (title, kind, month, day, days, hours) in enumerate(COURSES, 1):
                first = dt.date(year, month, day)
                course = courses.add(
                    code=f"PX{year}-{number:02d}",
                    title=f"{year}年{title}",
                    kind=kind,
                    held_from=first,
                    held_to=days_after(first, days - 1),
                    hours=f"{hours}.0",
                    organiser="区委组织部（演示）",
                    recorded_at=stamp(first),
                )
                for person, since in self.since.items():
                    if since > first or self.chance.random() > self.keen[person]:
                        continue
                    whole = self.chance.random() < 0.9
                    attendance.add(
                        course_id=course,
                        person_id=person,
                        hours=f"{hours if whole else hours // 2}.0",
                        recorded_at=stamp(days_after(first, days), 60),
                    )
        self._ratings()
        self._awards()

    def _ratings(self) -> None:
        sheet = self.book.sheet(SecretaryRating, recorded_by="demo")
        for year in (2023, 2024, 2025):
            rated = dt.date(year + 1, 1, 20)
            for person, since in self.since.items():
                if since.year > year or (year == 2025 and self.chance.random() < 0.03):
                    continue
                draw = self.keen[person] + self.chance.uniform(-0.1, 0.1)
                grade = (
                    "good" if draw > 0.82 else "fair" if draw > 0.7 else "ordinary" if draw > 0.62 else "poor"
                )
                sheet.add(
                    person_id=person,
                    year=year,
                    grade=grade,
                    rated_on=rated,
                    grounds=GROUNDS[grade],
                    document=f"演示组〔{year + 1}〕2号",
                    recorded_at=stamp(rated, 30),
                )

    def _awards(self) -> None:
        sheet = self.book.sheet(SecretaryAward, recorded_by="demo")
        for person, since in self.since.items():
            if self.keen[person] < 0.95:
                continue
            title, level = self.chance.choice(AWARDS)
            day = dt.date(self.chance.choice((2024, 2025, 2026)), 7, 1)
            if since < day:
                sheet.add(
                    person_id=person,
                    title=title,
                    level=level,
                    awarded_on=day,
                    grounds=GROUNDS["good"],
                    document=f"演示发〔{day.year}〕7号",
                    recorded_at=stamp(day, 30),
                )
