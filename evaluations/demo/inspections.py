"""Inspectors, item sets, the last quarter's inspection plan with its second markings.

The plan draws one compound of each project by its seed, as the district would have done on the first day of the
quarter; `marks` then inspects what was drawn.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from evaluations.demo.world import LAST_DAY, Home, Project, World, days_after, stamp
from evaluations.inspecting import frame_on, inspectors_of, own_subdistricts
from evaluations.models import (
    Inspection,
    InspectionItemSet,
    InspectionMark,
    InspectionPlan,
    InspectionRule,
    InspectionTask,
    OwnSubdistrict,
)
from evaluations.sampling import chance
from evaluations.services.inspection_items import SAMPLE, load_sample_items
from evaluations.services.inspection_plans import drawn_of, make_tasks
from redprop.common.periods import Period

PLAN = "季度现场检查（每项目一处）"
SEED = 20260630
SECOND_SHARE = Decimal(15)
CONFIRMED = "2026-07-01 09:30:00+08:00"


@dataclass
class Visits:
    """What the inspections of the demo are made by."""

    inspectors: list[int] = field(default_factory=list)
    own: dict[int, set[int]] = field(default_factory=dict)
    sets: dict[str, int] = field(default_factory=dict)
    # By project: the compound drawn in the last quarter, its task, and the task of the second marking.
    drawn: dict[str, tuple[str, InspectionTask]] = field(default_factory=dict)
    again: dict[int, InspectionTask] = field(default_factory=dict)
    last_index: int = -1

    def marker(self, home: Home, quarter: int) -> int:
        """Who inspects a compound in a quarter without a plan: never at home, going round."""
        able = [who for who in self.inspectors if home.place.subdistrict not in self.own[who]]
        return able[int(chance(quarter, home.code)[:8], 16) % len(able)]


def prepare_visits(world: World, last_index: int, period: Period) -> Visits:
    """Enter own subdistricts and items, draw the last quarter's plan from the registers; needs them flushed."""
    district = world.district
    since = dt.date(2023, 10, 1)
    names = sorted(name for name in world.users if name.split("-")[0] == "inspector")
    streets = sorted({(place.subdistrict_code, place.subdistrict) for place in world.places})
    if not world.replica:
        OwnSubdistrict.objects.bulk_create(
            OwnSubdistrict(
                user_id=world.users[name],
                subdistrict_id=streets[place * 2 % len(streets)][1],
                reason="post" if place % 2 else "home",
                valid_from=since,
                recorded_at=stamp(since),
                recorded_by="demo",
            )
            for place, name in enumerate(names)
        )
        # Somewhat stricter than the sample, so that the page of the watch shows what standing out looks like.
        InspectionRule.objects.create(
            district=district,
            full_share_over=5,
            mean_over=Decimal("1.5"),
            spread_under=70,
            document=SAMPLE,
            valid_from=since,
            recorded_at=stamp(since),
            recorded_by="demo",
        )
        load_sample_items(district=district, since=since, acting_user=None)
    visits = Visits(
        [world.users[name] for name in names],
        own_subdistricts([world.users[name] for name in names], since, LAST_DAY),
        {row.scheme: row.pk for row in InspectionItemSet.objects.filter(district=district, document=SAMPLE)},
        last_index=last_index,
    )
    if not world.replica:
        _draw(world, visits, period)
    return visits


def _draw(world: World, visits: Visits, period: Period) -> None:
    district = world.district
    plan = InspectionPlan(
        district=district,
        name=PLAN,
        period=str(period),
        starts_on=period.start,
        ends_on=period.end,
        frame=InspectionPlan.Frame.PROJECTS,
        frame_on=period.start,
        seed=SEED,
        sample_share=Decimal(100),
        second_share=SECOND_SHARE,
        state=InspectionPlan.State.CONFIRMED,
        drawn_at=stamp(period.start),
        confirmed_at=CONFIRMED,
        confirmed_by_id=world.users["evaluator"],
        recorded_at=stamp(period.start),
        recorded_by="demo",
    )
    frame = frame_on(district, period.start)
    projects = {one.code: one.project for one in frame}
    drawn, plan.draw = drawn_of(plan, frame)
    inspectors = inspectors_of(district, period.start)
    plan.draw |= {"inspectors": [user.username for user in inspectors], "earlier": []}
    plan.save()
    tasks = make_tasks(plan, drawn, plan.draw["second"], inspectors, period.start)
    codes = {one.pk: one.code for one in drawn}
    for task in tasks:
        task.recorded_at = stamp(period.start)
    InspectionTask.objects.bulk_create(tasks)
    for task in tasks:
        code = codes[task.compound_id]
        if task.is_second:
            visits.again[task.compound_id] = task
        else:
            visits.drawn[projects[code]] = (code, task)


Served = tuple[Home, dt.date, dt.date]


def place_of(
    visits: Visits, project: Project, index: int, chosen: Served, day: dt.date, served: list[Served]
) -> tuple[Home, dt.date, InspectionTask | None]:
    """Return compound, day and task of a project's inspection: what was drawn, where the quarter had a plan."""
    found = visits.drawn.get(project.code) if index == visits.last_index else None
    if found is None:
        return chosen[0], day, None
    code, task = found
    home, first, last = next(one for one in served if one[0].code == code)
    return home, min(max(day, first), last), task


def mark_again(world: World, visits: Visits, first: dict[str, Any], marks: list[dict[str, Any]]) -> None:
    """The second marking of a compound: by another inspector, a little apart from the first."""
    task = visits.again.get(first["compound_id"])
    if task is None or first.get("task_id") is None:
        return
    chance_of = world.chances("second markings")
    day = min(days_after(first["inspected_on"], chance_of.randint(1, 9)), LAST_DAY)
    inspection = world.book.sheet(Inspection).add(
        **first
        | {
            "inspector_id": task.inspector_id,
            "inspected_on": day,
            "recorded_at": stamp(day, 550),
            "task_id": task.pk,
            "is_second": True,
        }
    )
    sheet = world.book.sheet(InspectionMark)
    for mark in marks:
        full = float(mark["full_mark"])
        apart = chance_of.choice((-1.0, -0.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0)) * full / 20
        given = min(full, max(0.0, round((float(mark["mark"]) + apart) * 2) / 2))
        sheet.add(
            **mark
            | {
                "inspection_id": inspection,
                "mark": f"{given:.2f}",
                "finding": mark.get("finding") or ("" if given == full else "复查发现个别点位不到位"),
            }
        )
