"""Campaigns that explain the recruits, offers with those who declined, two mentors, growth steps, duties, leavers.

Draws from chance of its own: the persons, posts and days of `people` stay what they are.
"""

import datetime as dt
from collections import Counter, defaultdict

from enterprises.models import (
    Campaign,
    CampusOffer,
    GrowthRung,
    GrowthStep,
    Mentorship,
    PostDuty,
    TalentRule,
)
from enterprises.party_checks import add_months
from evaluations.demo import names
from evaluations.demo.world import CLOCK, FIRST_DAY, LAST_DAY, Firm, Hired, World, days_after, stamp

DOCUMENT = "演示人才〔2017〕5号"
MENTOR_MONTHS, FIRM_MOST, COMMUNITY_MOST = 24, 3, 5

SCHOOLS = (
    ("演示大学", "first_class", 30),
    ("江城示例大学", "first_class", 14),
    ("示例师范大学", "first_class", 10),
    ("示例工程大学", "university", 18),
    ("示例商学院", "university", 16),
    ("示例文理学院", "university", 12),
)
"""School, class, how many of a hundred recruits."""

RUNGS = (
    ("GL1", "management", "项目助理", 1, 6),
    ("GL2", "management", "项目主管", 2, 12),
    ("GL3", "management", "部门经理、项目经理", 3, 18),
    ("ZY1", "professional", "初级物业管理员", 1, 6),
    ("ZY2", "professional", "中级物业管理师", 2, 18),
    ("ZY3", "professional", "高级物业管理师", 3, 24),
    ("SQ1", "community", "社区协商议事召集人", 1, 6),
    ("SQ2", "community", "社区工作者后备人选", 2, 12),
    ("SQ3", "community", "社区“两委”成员", 3, 18),
)
"""Sample rungs: no source names the district's own; months are since the rung before."""

DUTIES = (
    ("客服主管", "带领客服岗位，当天答复居民诉求，每周向项目经理报告未办结事项"),
    ("楼栋管家", "联系楼栋住户，收集诉求和意见，每日巡查楼道，协助社区网格员"),
    ("党建专员", "协助党组织书记落实党建指导书，组织党员志愿服务，整理台账"),
    ("工程助理", "巡查公共设施设备，登记报修并跟进到办结，配合工程主管开展年度检修"),
    ("综合管理员", "负责项目档案、公示和会议记录，准备每月联席会材料"),
    ("部门经理", "负责本部门工作计划、人员安排和考核"),
    ("经理助理", "协助项目经理处理日常事务，督办承诺事项"),
    ("副经理", "分管服务质量和考评整改，项目经理不在岗时代行职责"),
)
UNWRITTEN = "副经理"
"""Left out, so that the worklist of duties has something."""

REASONS = (
    ("pay", 30),
    ("public", 24),
    ("study", 12),
    ("family", 14),
    ("contract", 8),
    ("community", 6),
    ("", 6),
)
MOVES_UNTIL = dt.date(2023, 6, 30)
DECLINED = ("已与其他单位签约", "继续升学", "工作地点不合适", "薪酬不合适")


def end_reason(world: World) -> str:
    """Why a graduate of the demo left."""
    return world.chances("reasons of leaving").choices(
        [name for name, _weight in REASONS], [weight for _name, weight in REASONS]
    )[0]


def school_of(world: World, year: int) -> tuple[str, str]:
    """The school of a recruit of the year, with its class."""
    chance = world.chances("schools of recruits")
    name, kind, _weight = chance.choices(SCHOOLS, [weight for *_rest, weight in SCHOOLS])[0]
    return name, kind


def first_enterprise(world: World, one: Hired, firm: Firm) -> tuple[int, dt.date] | None:
    """Of an early recruit who moved: the enterprise before this one, and the last day there.

    All moves are before the facts begin, so that no score hangs on them.
    """
    chance = world.chances("moves of recruits")
    draw, days = chance.random(), chance.randint(150, 500)
    if not one.recruit or one.ended or one.began.year > 2021 or draw > 0.14:
        return None
    others = [f for f in world.firms if not f.left and f is not firm and f.since < one.began]
    last = days_after(one.began, days)
    return (chance.choice(others).id, last) if others and last < MOVES_UNTIL else None


def make_talent(world: World) -> None:
    """Everything that hangs on graduates beyond their posts."""
    if world.replica:
        return
    _rules(world)
    _campaigns(world)
    _mentors(world)
    _steps(world)


def _rules(world: World) -> None:
    always = {"district_id": world.district.pk, "recorded_by": "demo"}
    said = {"valid_from": FIRST_DAY, "document": DOCUMENT, "recorded_at": stamp(FIRST_DAY)}
    world.book.sheet(TalentRule, **always).add(
        mentor_months=MENTOR_MONTHS,
        firm_mentor_most=FIRM_MOST,
        community_mentor_most=COMMUNITY_MOST,
        **said,
    )
    duties = world.book.sheet(PostDuty, **always)
    for title, text in DUTIES:
        if title != UNWRITTEN:
            duties.add(title=title, duties=text, **said)
    rungs = world.book.sheet(GrowthRung, **always)
    world.rungs = {
        code: (
            rungs.add(code=code, channel=channel, title=title, place=place, least_months=months, **said),
            months,
        )
        for code, channel, title, place, months in RUNGS
    }


def _campaigns(world: World) -> None:
    """A spring campaign at each school and year that gave a recruit; offers for all who came, and who did not."""
    chance = world.chance("campaigns")
    people = names.persons(world.chance("names of candidates"))
    sheet = world.book.sheet(Campaign, district_id=world.district.pk, recorded_by="demo")
    offers = world.book.sheet(CampusOffer, district_id=world.district.pk, recorded_by="demo")
    firms = [firm for firm in world.firms if not firm.left]
    taken: dict[tuple[int, str], list] = defaultdict(list)
    for one in world.recruited:
        taken[one.graduated_on.year, one.school].append(one)
    kinds = {name: kind for name, kind, _weight in SCHOOLS}
    codes = 0
    for number, ((year, school), came) in enumerate(sorted(taken.items()), 1):
        held = dt.date(year, 3, 10) + dt.timedelta(days=chance.randint(0, 20))
        still_open = chance.randint(1, 3) if year == LAST_DAY.year else 0
        posts = len(came) + max(2, round(len(came) * chance.uniform(0.3, 0.7)))
        campaign = sheet.add(
            code=f"XZ{number:04d}",
            name=f"{year}届春季校园招聘（{school}专场）",
            school=school,
            school_class=kinds[school],
            held_from=held,
            held_to=days_after(held, 1),
            posts_offered=posts + still_open,
            document=DOCUMENT,
            recorded_at=stamp(held),
        )
        rows: list[tuple[str, object]] = [("taken_up", one) for one in came]
        rows += [("declined", None)] * round(len(came) * chance.uniform(0.15, 0.4))
        rows += [("lapsed", None)] * chance.randint(0, 2)
        for state, one in rows:
            codes += 1
            made = days_after(held, chance.randint(3, 25))
            answered = days_after(made, chance.randint(2, 14))
            offers.add(
                code=f"LY{codes:05d}",
                campaign_id=campaign,
                enterprise_id=one.firm if one else chance.choice(firms).id,
                degree=one.degree if one else "bachelor",
                kind="staff",
                title=one.title if one else "楼栋管家",
                made_on=made,
                answer_by=days_after(made, 14),
                state=state,
                answered_on=days_after(made, 15) if state == "lapsed" else answered,
                person_id=one.person if one else None,
                started_on=one.began if one else None,
                reason=chance.choice(DECLINED) if state == "declined" else "",
                recorded_at=stamp(made, 30),
            )
        for _ in range(still_open):
            codes += 1
            made = days_after(CLOCK.date(), -chance.randint(4, 24))
            offers.add(
                code=f"LY{codes:05d}",
                campaign_id=campaign,
                enterprise_id=chance.choice(firms).id,
                candidate=next(people),
                degree="bachelor",
                kind="staff",
                title="客服主管",
                made_on=made,
                answer_by=days_after(made, 14),
                state="made",
                recorded_at=stamp(made, 30),
            )


def _mentors(world: World) -> None:
    """Two mentors for the first two years: a manager of the firm and the secretary of a community nearby."""
    chance = world.chance("mentors")
    sheet = world.book.sheet(Mentorship, recorded_by="demo")
    busy: dict[tuple[str, int], list[tuple[dt.date, dt.date]]] = defaultdict(list)
    load: Counter[int] = Counter()
    places = sorted(world.secretaries)
    managers = defaultdict(list)
    for person, firm, first, last in world.managers:
        managers[firm].append((person, first, last))
    for one in world.recruited:
        ends = days_after(add_months(one.began, MENTOR_MONTHS), -1)
        until = min(ends, one.ended) if one.ended else ends
        reason = "person_left" if one.ended and one.ended < ends else "done"
        recent = one.began > days_after(LAST_DAY, -45)
        span = (one.began, until)
        found = [
            person
            for person, first, last in managers[one.firm]
            if first <= one.began
            and (last is None or last >= one.began)
            and person != one.person
            and _free(busy["firm", person], span, FIRM_MOST)
        ]
        if found and chance.random() < (0.5 if recent else 0.97):
            mentor = chance.choice(found)
            busy["firm", mentor].append(span)
            moved = one.left_firm is not None and one.left_firm < until
            last = one.left_firm if moved else until
            _mentor(sheet, one, mentor, "firm", one.firm, None, last, "person_left" if moved else reason)
        place = min(chance.sample(places, 6), key=lambda key: (load[key], key))
        mentor = world.secretaries[place][0]
        if _free(busy["community", mentor], span, COMMUNITY_MOST) and chance.random() < (
            0.5 if recent else 0.98
        ):
            busy["community", mentor].append(span)
            load[place] += 1
            _mentor(sheet, one, mentor, "community", None, place, until, reason)


def _free(spans: list[tuple[dt.date, dt.date]], new: tuple[dt.date, dt.date], most: int) -> bool:
    return sum(first <= new[1] and new[0] <= last for first, last in spans) < most


def _mentor(sheet, one, mentor, side, enterprise, community, until, reason):  # type: ignore[no-untyped-def]
    over = until < LAST_DAY
    sheet.add(
        person_id=one.person,
        mentor_id=mentor,
        side=side,
        enterprise_id=enterprise,
        community_id=community,
        valid_from=one.began,
        valid_to=until if over else None,
        end_reason=reason if over else "",
        recorded_at=stamp(one.began, 90),
    )


def _steps(world: World) -> None:
    """Steps of about half of the graduates in post, each no faster than its rung allows."""
    chance = world.chance("growth steps")
    sheet = world.book.sheet(GrowthStep, recorded_by="demo")
    for one in world.graduates:
        if one.ended or chance.random() < 0.45:
            continue
        drawn = chance.choices(("GL", "ZY", "SQ"), (30, 48, 22))[0]
        channel = "GL" if one.kind == "management" else drawn
        day = one.began
        for place in (1, 2, 3):
            rung, months = world.rungs[f"{channel}{place}"]
            day = days_after(add_months(day, months), chance.randint(0, 300))
            if day > LAST_DAY or (place == 3 and one.kind != "management" and chance.random() < 0.8):
                break
            sheet.add(
                person_id=one.person,
                rung_id=rung,
                reached_on=day,
                document="企业任命文件" if channel == "GL" else ("证书" if channel == "ZY" else "社区证明"),
                recorded_at=stamp(day, 60),
            )
