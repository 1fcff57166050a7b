"""Register `hand-marks`: one mark by hand for a project, a period and an item of the period's rubric."""

from typing import Any

from django.utils.translation import gettext_lazy

from evaluations.imports.findings import PROJECT, PROJECT_NAME
from evaluations.imports.shared import stamp, user_reference
from evaluations.models import EvaluationPeriod, HandMark
from evaluations.services.hand_marks import closed_sentence, items_by_hand, mark_problem, no_such_item
from redprop.common.tabular import kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, scoped


def _periods(context: Context) -> Any:
    return EvaluationPeriod.objects.filter(district=context.district)


def _check(context: Context, plan: Plan) -> None:
    rows = plan.of(NEW, CHANGED)
    wanted = {plan.value(row, "period") for row in rows}
    periods = EvaluationPeriod.objects.select_related("rubric", "district").in_bulk(wanted)
    items = {pk: items_by_hand(period.rubric) for pk, period in periods.items()}
    for row in rows:
        period = periods[plan.value(row, "period")]
        code = plan.value(row, "item")
        known = items[period.pk]
        if closed := closed_sentence(period):
            plan.refuse(row, "period", closed)
        elif code not in known:
            plan.refuse(row, "item", no_such_item(code, known))
        elif problem := mark_problem(known[code], plan.value(row, "mark")):
            plan.refuse(row, "mark", problem)
    for row in plan.of(NEW):
        given = plan.value(row, "marked_by")
        if context.user is None:
            if given is None:
                plan.refuse(row, "marked_by", gettext_lazy("Name the user who gave this mark."))
        elif given not in (None, context.user.pk):
            plan.refuse(
                row,
                "marked_by",
                gettext_lazy("A mark is entered by whoever gave it. Leave this field empty."),
            )
        else:
            plan.set(row, "marked_by", context.user.pk)


register(
    Register(
        name="hand-marks",
        title=gettext_lazy("marks by hand"),
        model=HandMark,
        key=("period", "project", "item"),
        rows=scoped(HandMark, "project__district"),
        order=("period__starts_on", "project__code", "item"),
        prepare=stamp,
        derived_from=(),
        check=_check,
        columns=(
            Column(
                "period",
                "考评周期",
                kinds.Reference(resolve=by_paths(_periods, "code"), what=gettext_lazy("evaluation period")),
                ("周期", "季度"),
                required=True,
                attr="period_id",
                shown="period__code",
                help="已开启、未到录入截止日的周期",
                example="2026Q3",
            ),
            PROJECT,
            PROJECT_NAME,
            Column(
                "item",
                "指标代码",
                kinds.Text(longest=30),
                ("指标",),
                required=True,
                help="本周期评分标准中取值来源为“人工评分”的指标",
                example="cleaning",
            ),
            Column(
                "mark",
                "评分",
                kinds.Number(places=4, most=10**7),
                ("得分", "打分"),
                required=True,
                help="按指标的量表；不适用的不列",
                example="4",
            ),
            Column("remark", "评分依据", kinds.Text(longest=300), ("备注", "扣分原因")),
            Column(
                "marked_by",
                "评分人",
                user_reference(),
                ("评分人账号",),
                fixed=True,
                attr="marked_by_id",
                shown="marked_by__username",
                help="不填为导入人",
            ),
        ),
    )
)
