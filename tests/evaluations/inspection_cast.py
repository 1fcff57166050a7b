"""A district to inspect: eight compounds in two subdistricts, three old ones of a class, four inspectors."""

import datetime as dt
import uuid
from decimal import Decimal
from types import SimpleNamespace

from communities.models import CompoundClass, CompoundKind, CompoundPlacement
from evaluations.models import InspectionItemSet, InspectionPlan, OwnSubdistrict
from evaluations.services import inspection_plans
from evaluations.services.inspection_items import load_sample_items
from evaluations.services.inspection_plans import Wanted
from evaluations.services.inspections import Given, Marking, items_of, mark_task
from tests.conftest import make_user
from tests.evaluations.quarter import SINCE, build_quarter

DAY = dt.date(2026, 10, 12)
"""The district's today."""


def build(cast) -> SimpleNamespace:
    """X1 to X4 lie in the first subdistrict, X5 to X8 in the other; X1, X2 and X5 are old compounds of class two.

    inspector (of the cast) has no ties, anna comes from the first subdistrict, bert from the other, carl lives
    in the first.
    """
    made = build_quarter(cast)
    moved = [compound.pk for compound in made.compounds[4:]]
    CompoundPlacement.objects.filter(compound__in=moved).update(community=cast.other_community)
    for place in (0, 1, 4):
        compound = made.compounds[place]
        CompoundKind.objects.filter(compound=compound).update(kind="old")
        CompoundClass.objects.create(compound=compound, compound_class=2, valid_from=SINCE)
    made.free = cast.inspector
    for name, subdistrict, reason in (
        ("anna", cast.subdistrict, "post"),
        ("bert", cast.other_subdistrict, "post"),
        ("carl", cast.subdistrict, "home"),
    ):
        user = make_user(name, "inspector", cast.district)
        OwnSubdistrict.objects.create(user=user, subdistrict=subdistrict, reason=reason, valid_from=SINCE)
        setattr(made, name, user)
    load_sample_items(district=cast.district, since=SINCE, acting_user=None)
    return made


def plan_of(made, **wanted) -> InspectionPlan:
    """A plan of all eight compounds with half of them marked twice, drawn but not confirmed."""
    values = {
        "name": "四季度检查",
        "period": "2026Q4",
        "seed": 7,
        "sample_size": 8,
        "second_share": Decimal(50),
    }
    plan = inspection_plans.save_plan(
        district=made.district, wanted=Wanted(**values | wanted), acting_user=made.cast.evaluator
    )
    return inspection_plans.draw_plan(plan=plan, acting_user=made.cast.evaluator)


def confirmed(made, **wanted) -> InspectionPlan:
    return inspection_plans.confirm_plan(plan=plan_of(made, **wanted), acting_user=made.cast.evaluator)


def marking(task, *, less=Decimal(0), day=DAY, photos=(), remark="") -> Marking:
    """Full marks for every item, `less` points fewer for the first of each scheme."""
    marks = {}
    for scheme, held in items_of(task, day).items():
        for place, item in enumerate(held.items.all()):
            lost = less if place == 0 else Decimal(0)
            marks[scheme, item.code] = Given(item.full_mark - lost, "楼道有堆物" if lost else "")
    return Marking(day, marks, photos, remark)


def mark(task, *, key=None, **changes):
    """Mark the task by its own inspector."""
    return mark_task(
        task=task,
        marking=marking(task, **changes),
        client_key=key or uuid.uuid4(),
        acting_user=task.inspector,
    )


def item_set(made, scheme) -> InspectionItemSet:
    return InspectionItemSet.objects.get(district=made.district, scheme=scheme)
