"""20 and 21 October: the plan of the new quarter is drawn and confirmed, and the first compounds are marked."""

import datetime as dt
import uuid
from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.demo.drive.handling import DAY
from evaluations.demo.drive.stage import Stage
from evaluations.demo.photos import clear_way, stairwell
from evaluations.models import InspectionPlan, InspectionTask
from evaluations.services import inspection_plans
from evaluations.services.inspections import Given, Marking, items_of, mark_task
from redprop.accounts.models import User

PLAN, PERIOD, SEED = "季度现场检查（抽样）", "2026Q4", 2026102007
MARKED = 3
"""Compounds that each inspector has marked at the end of the first day."""


def begin_inspections(stage: Stage) -> None:
    """Draw, confirm, and mark the first compounds with a photo here and there."""
    plan = InspectionPlan.objects.filter(district=stage.district, period=PERIOD, name=PLAN).first()
    if plan is None:
        plan = inspection_plans.save_plan(
            district=stage.district,
            wanted=inspection_plans.Wanted(
                PLAN,
                PERIOD,
                SEED,
                sample_share=Decimal(20),
                second_share=Decimal(10),
                starts_on=DAY,
                ends_on=dt.date(2026, 12, 18),
            ),
            acting_user=stage.user("evaluator"),
        )
    if plan.drawn_at is None:
        inspection_plans.draw_plan(plan=plan, acting_user=stage.user("evaluator"))
    if plan.state == InspectionPlan.State.DRAFT:
        plan = inspection_plans.confirm_plan(plan=plan, acting_user=stage.user("evaluator"))
        stage.say(_("Inspection plan of %(period)s drawn and confirmed.") % {"period": PERIOD})
    if not plan.tasks.filter(inspection__isnull=False).exists():
        _mark_first(plan)


def _mark_first(plan: InspectionPlan) -> None:
    for user in User.objects.filter(inspection_tasks__plan=plan).distinct().order_by("pk"):
        tasks = plan.tasks.filter(inspector=user, is_second=False).select_related("plan__district")
        for place, task in enumerate(tasks.order_by("planned_on", "pk")[:MARKED]):
            mark_task(
                task=task,
                marking=_marking(task, place),
                client_key=uuid.uuid5(uuid.NAMESPACE_URL, f"demo/{task.pk}"),
                acting_user=user,
            )


def _marking(task: InspectionTask, place: int) -> Marking:
    marks, photos = {}, []
    for scheme, held in items_of(task, DAY).items():
        for number, item in enumerate(held.items.all()):
            lost = (
                Decimal((task.number * 7 + number * 3 + place) % 5) / 2
                if number % 2 == place % 2
                else Decimal(0)
            )
            finding = ("楼道有零星堆物", "个别灯具不亮", "一处绿地踩踏", "公示栏内容未更新")[number % 4]
            marks[scheme, item.code] = Given(item.full_mark - lost, finding if lost else "")
            if lost and not photos and place < 2:
                picture = (
                    clear_way("现场", seed=task.pk) if place else stairwell("现场", lit=False, seed=task.pk)
                )
                photos.append(((scheme, item.code), picture))
    return Marking(DAY, marks, photos)
