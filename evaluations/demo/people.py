"""Persons: project managers, community secretaries, and 987 graduates, 412 of them recruited under the programme."""

import datetime as dt
import random
from collections.abc import Iterator

from enterprises.models import Graduate, PartyStage, Post
from evaluations.demo import names
from evaluations.demo.talent import end_reason, first_enterprise, school_of
from evaluations.demo.world import FIRST_DAY, LAST_DAY, Firm, Hired, World, days_after, stamp
from redprop.areas.services.search_keys import find_key
from redprop.core.models import Person

GRADUATES, RECRUITS = 987, 412
MASTERS_AT_ONE_WELFARE_FIRM, MEMBERS_OF_THEM = 20, 16
PROBATIONARY, MEMBERS_IN_MANAGEMENT = 15, 9
FULL_MEMBERS, ACTIVISTS, APPLICANTS = 118, 64, 90
BACKBONE_BEFORE_MEMBER = 3
"""Of the members in management so many led first and joined afterwards; the others rose as members."""
GONE = 84
"""Graduates who have left the trade again."""


class People:
    """Adds persons one by one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sheet = world.book.sheet(Person, district_id=world.district.pk, recorded_by="demo")
        self.names: Iterator[str] = names.persons(world.chance("names of persons"))
        self.count = 0

    def add(self, since: dt.date, work_phone: str = "") -> tuple[int, str]:
        """A new person; returns id and name."""
        self.count += 1
        name = next(self.names)
        key = self.sheet.add(
            code=self.world.code("RY", self.count, 5),
            name=name,
            pinyin=find_key(Person, name),
            work_phone=work_phone,
            recorded_at=stamp(since),
        )
        return key, name


def make_people(world: World) -> People:
    """Secretaries of the communities, managers of the projects, graduates."""
    people = People(world)
    if not world.replica:
        for number, place in enumerate(world.places):
            world.secretaries[place.id] = people.add(FIRST_DAY, f"027-0000{4001 + number}")
    make_managers(world, people)
    if not world.replica:
        make_graduates(world, people)
    return people


def make_managers(world: World, people: People) -> None:
    """A manager for every project; some changed once."""
    chance = world.chance("managers")
    posts = world.book.sheet(Post, recorded_by="demo")
    for project in world.projects:
        days = ((project.end or LAST_DAY) - project.start).days
        spans = [(project.start, project.end)]
        if days > 900 and chance.random() < 0.3:
            change = days_after(project.start, chance.randint(400, days - 120))
            spans = [(project.start, days_after(change, -1)), (change, project.end)]
        for first, last in spans:
            person, _name = people.add(first)
            project.manager, project.managed_since = person, first
            world.managers.append((person, project.firm.id, first, last))
            posts.add(
                person_id=person,
                enterprise_id=project.firm.id,
                project_id=project.id,
                kind="project_manager",
                title="项目经理",
                valid_from=first,
                valid_to=last,
                recorded_at=stamp(first, 30),
            )


def make_graduates(world: World, people: People) -> None:
    """987 graduates in post on 2026-09-30 and some who left; their stages of membership."""
    chance = world.chance("graduates")
    present = [firm for firm in world.firms if not firm.left]
    welfare = [firm for firm in present if firm.kind == "public_welfare"]
    graduates = world.book.sheet(Graduate, recorded_by="demo")
    posts = world.book.sheet(Post, recorded_by="demo")
    stages = world.book.sheet(PartyStage, recorded_by="demo")

    plan: list[tuple[bool, str, Firm, str]] = []
    for number in range(GRADUATES):
        recruit = number < RECRUITS
        degree = "master" if number < MASTERS_AT_ONE_WELFARE_FIRM else _degree(chance, recruit=recruit)
        firm = welfare[0] if number < MASTERS_AT_ONE_WELFARE_FIRM else chance.choice(present)
        if firm in welfare and number >= MASTERS_AT_ONE_WELFARE_FIRM and degree == "master":
            degree = "bachelor"
        plan.append((recruit, degree, firm, ""))
    others = list(range(MASTERS_AT_ONE_WELFARE_FIRM, GRADUATES))
    chance.shuffle(others)
    stage = dict.fromkeys(range(13), "full_member")
    stage |= dict.fromkeys(range(13, MEMBERS_OF_THEM), "probationary_member")
    wanted = [
        ("probationary_member", PROBATIONARY - (MEMBERS_OF_THEM - 13)),
        ("full_member", FULL_MEMBERS),
        ("activist", ACTIVISTS),
        ("applicant", APPLICANTS),
    ]
    for name, count in wanted:
        for _ in range(count):
            stage[others.pop()] = name
    full = sorted(
        n for n, name in stage.items() if name == "full_member" and n >= MASTERS_AT_ONE_WELFARE_FIRM
    )
    in_management = set(full[:MEMBERS_IN_MANAGEMENT]) | set(others[:26])
    backbone = set(full[:BACKBONE_BEFORE_MEMBER])

    for number, (recruit, degree, firm, _) in enumerate(plan):
        began = _first_day(chance, firm, recruit=recruit, early=stage.get(number) == "full_member")
        one = _graduate(people, graduates, chance, began, degree, firm, recruit=recruit)
        person, one.kind = one.person, "management" if number in in_management else "staff"
        _post(world, posts, chance, one, firm, at_once=number in backbone)
        if recruit:
            world.recruits.append((person, firm.id, began, None, degree))
        if number in stage:
            _stages(chance, stages, person, stage[number], late=number in backbone)
    for _ in range(GONE):
        firm = chance.choice(present)
        recruit = chance.random() < 0.4
        began = _first_day(chance, firm, recruit=recruit, early=True)
        degree = _degree(chance, recruit=recruit)
        one = _graduate(people, graduates, chance, began, degree, firm, recruit=recruit)
        ended = min(
            days_after(began, chance.randint(200, 1400)), days_after(LAST_DAY, -chance.randint(1, 300))
        )
        one.ended = max(ended, days_after(began, 30))
        _post(world, posts, chance, one, firm)
        if recruit:
            world.recruits.append((one.person, firm.id, began, one.ended, degree))


def _degree(chance: random.Random, *, recruit: bool) -> str:
    if recruit:
        return "master" if chance.random() < 0.05 else "bachelor"
    return chance.choices(("college", "bachelor", "master"), (60, 38, 2))[0]


def _first_day(chance: random.Random, firm: Firm, *, recruit: bool, early: bool) -> dt.date:
    years = range(2017, 2024) if early else range(2017, 2027)
    weights = [1 + max(0, year - 2020) * 0.6 for year in years]
    year = chance.choices(list(years), weights)[0]
    day = dt.date(year, 7, 1) if recruit else dt.date(year, chance.randint(2, 8), 1)
    return max(days_after(day, chance.randint(0, 45)), days_after(firm.since, 60))


def _graduate(people, sheet, chance, began, degree, firm, *, recruit):  # type: ignore[no-untyped-def]
    person, _name = people.add(began)
    subject = chance.choice(("工商管理", "物业管理", "社会工作", "土木工程", "行政管理", "会计"))
    # The degree comes first: who began in spring had finished the year before.
    graduated = dt.date(began.year - (began < dt.date(began.year, 6, 30)), 6, 30)
    if not recruit:
        graduated = dt.date(began.year - chance.randint(0, 4), 6, 30)
    school, school_class = f"演示大学{subject}专业", ""
    if recruit:
        school, school_class = school_of(people.world, graduated.year)
    elif degree == "college":
        school_class = "college"
    sheet.add(
        person_id=person,
        degree=degree,
        school=school,
        school_class=school_class,
        graduated_on=graduated,
        is_programme_recruit=recruit,
        recruited_on=began if recruit else None,
        recorded_at=stamp(began, 60),
    )
    one = Hired(person, firm.id, began, None, degree, graduated, school, "staff", "", recruit)
    people.world.graduates.append(one)
    return one


def _post(world, posts, chance, one, firm, *, at_once=False):  # type: ignore[no-untyped-def]
    projects = [p for p in firm.projects if p.start <= one.began and p.end is None]
    project = chance.choice(projects) if projects and one.kind == "staff" else None
    title = chance.choice(("客服主管", "楼栋管家", "党建专员", "工程助理", "综合管理员"))
    one.title = chance.choice(("部门经理", "经理助理", "副经理")) if one.kind == "management" else title
    first = one.began
    if before := first_enterprise(world, one, firm):
        one.firm, last = before
        one.left_firm, first = last, days_after(last, 1)
        posts.add(
            person_id=one.person,
            enterprise_id=one.firm,
            kind="staff",
            title="楼栋管家",
            valid_from=one.began,
            valid_to=last,
            end_reason="moved",
            recorded_at=stamp(one.began, 60),
        )
    elif not at_once and (since := _risen_on(world, one)) > one.began:
        first = since
        posts.add(
            person_id=one.person,
            enterprise_id=firm.id,
            kind="staff",
            title=title,
            valid_from=one.began,
            valid_to=days_after(since, -1),
            recorded_at=stamp(one.began, 60),
        )
    posts.add(
        person_id=one.person,
        enterprise_id=firm.id,
        project_id=project.id if project and project.start <= first else None,
        kind=one.kind,
        title=one.title,
        valid_from=first,
        valid_to=one.ended,
        end_reason=end_reason(world) if one.ended else "",
        recorded_at=stamp(first, 60),
    )


def _risen_on(world: World, one: Hired) -> dt.date:
    """The first day of the present post: half of the managers rose from another post at the same enterprise."""
    if one.kind != "management":
        return one.began
    chance = world.chances("promotions")
    since = days_after(one.began, chance.randint(420, 1500))
    rises = chance.random() < 0.75
    return since if rises and since < days_after(LAST_DAY, -60) else one.began


JOINED_LATE = dt.date(2024, 12, 1)
PATH = ("applicant", "activist", "development_target", "probationary_member", "full_member")


def _stages(chance, sheet, person, last, *, late=False):  # type: ignore[no-untyped-def]
    """The way to the present stage, each step no faster than the statutes allow."""
    if last == "full_member":
        since = dt.date(chance.randint(2014, 2024), chance.randint(1, 12), 1)
    elif last == "probationary_member":
        since = dt.date(2025, 11, 1) + dt.timedelta(days=chance.randint(0, 270))
    else:
        since = dt.date(chance.randint(2024, 2025), chance.randint(1, 12), 1)
    if late:
        since = JOINED_LATE
    lengths = {"applicant": 200, "activist": 420, "development_target": 80, "probationary_member": 366}
    until: dt.date | None = None
    for step in reversed(PATH[: PATH.index(last) + 1]):
        sheet.add(
            person_id=person, stage=step, valid_from=since, valid_to=until, recorded_at=stamp(since, 90)
        )
        until = days_after(since, -1)
        earlier = PATH[PATH.index(step) - 1] if step != PATH[0] else PATH[0]
        since = days_after(since, -lengths.get(earlier, 100))
