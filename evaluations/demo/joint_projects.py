"""Joint service projects of three years, and important situations: what happened where, never who."""

import datetime as dt

from communities.models import JointProject, SituationReport
from evaluations.demo.visits import NEEDS, WEIGHTS
from evaluations.demo.world import CLOCK, World, days_after, stamp

TODAY = CLOCK.date()
PARTNERS = ("社区卫生服务中心", "供电所", "消防救援站", "区图书馆", "社区银行网点", "辖区学校")
SITUATIONS = (
    ("utility", "3栋地下室", "水管爆裂，地下室积水约10厘米", "已关闭总阀抽水，当日修复"),
    ("fire", "5栋楼道", "楼道堆物冒烟，无人受伤", "已扑灭并清理堆物"),
    ("lift", "2栋1单元", "电梯停运，已通知维保单位", "维保单位更换部件后恢复"),
    ("building", "8栋外墙", "外墙砖松动，已拉警戒线", "已铲除松动部分，安排维修"),
    ("weather", "小区北门", "暴雨积水，车辆无法通行", "启用水泵排水，两小时后通行"),
)


def make_joint_projects(world: World) -> None:
    """A few projects for each community, one in ten still open; a situation a year for each fifth compound."""
    if world.replica:
        return
    chance = world.chance("joint-projects")
    _policies, needs = world.visit_items
    projects = world.book.sheet(JointProject, recorded_by="demo")
    for place in world.places:
        for _ in range(chance.randint(1, 3)):
            number = chance.choices(range(len(NEEDS)), WEIGHTS)[0]
            proposed = days_after(world.facts_from, chance.randrange((TODAY - world.facts_from).days - 5))
            due = days_after(proposed, chance.randint(40, 120))
            age = (TODAY - proposed).days
            state = "done" if age > 130 else chance.choice(("proposed", "adopted", "running"))
            homes = chance.randint(20, 160)
            projects.add(
                community_id=place.id,
                need_id=needs[number],
                title=f"{NEEDS[number]}进社区",
                plan=f"每月两次在社区广场提供{NEEDS[number]}，居民免费或按成本价参加",
                partners=chance.choice(PARTNERS),
                proposed_on=proposed,
                due_on=due,
                state=state,
                adopted_on=days_after(proposed, 3) if state != "proposed" else None,
                homes_at_adoption=homes if state != "proposed" else None,
                started_on=days_after(proposed, 5) if state in ("running", "done") else None,
                done_on=days_after(due, -chance.randint(0, 10)) if state == "done" else None,
                homes_served=homes - chance.randint(0, 15) if state == "done" else None,
                result="已完成，居民反映较好，转为常态服务" if state == "done" else "",
                recorded_at=stamp(proposed, 120),
            )
    reports = world.book.sheet(SituationReport, recorded_by="demo")
    for project in world.projects:
        for home, first, last in project.served:
            if chance.random() > 0.3:
                continue
            day = days_after(world.facts_from, chance.randrange((TODAY - world.facts_from).days - 1))
            if not first <= day <= (last or dt.date.max):
                continue
            kind, where, text, measures = chance.choice(SITUATIONS)
            settled = (TODAY - day).days > 4
            reports.add(
                community_id=home.place.id,
                compound_id=home.id,
                project_id=project.id,
                happened_at=f"{day} {chance.randint(6, 22):02d}:{chance.choice((5, 20, 40)):02d}:00+08:00",
                kind=kind,
                place=where,
                text=text,
                handled_by="项目经理",
                measures=measures if settled else "",
                state="settled" if settled else "reported",
                noted_at=stamp(days_after(day, 1)) if settled else None,
                settled_on=days_after(day, 2) if settled else None,
                recorded_at=stamp(days_after(day, 1) if day < TODAY else day),
            )
