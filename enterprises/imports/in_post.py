"""Register `in-post-months`: who was in post on the 15th of each month, as the enterprises confirm it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.posts import ENTERPRISE, PERSON, PERSON_NAME
from enterprises.models import InPostMonth, Post
from redprop.common.tabular import kinds, parts
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import Plan
from redprop.common.tabular.saving import scoped


def _check_months(context: Context, plan: Plan) -> None:
    """Nobody is in post at two enterprises in one month, and the register of posts must say the same (three queries)."""
    rows = [row for row in plan.good() if plan.value(row, "person") is not None]
    known = {row.pk for row in rows if row.pk is not None}
    people = {plan.value(row, "person") for row in rows}
    months = {plan.value(row, "month") for row in rows}
    taken: dict[tuple[Any, Any], tuple[Any, str]] = {}
    stored = InPostMonth.objects.filter(person__in=people, month__in=months, in_post=True)
    for pk, person, month, enterprise, name in stored.values_list(
        "pk", "person", "month", "enterprise", "enterprise__name"
    ):
        if pk not in known:
            taken[person, month] = (enterprise, name)
    employed: dict[Any, list[tuple[Any, Any, Any]]] = {}
    for person, enterprise, first, last in Post.objects.filter(person__in=people).values_list(
        "person", "enterprise", "valid_from", "valid_to"
    ):
        employed.setdefault(person, []).append((enterprise, first, last))
    for row in rows:
        if plan.value(row, "in_post") is False:
            continue
        person, enterprise = plan.value(row, "person"), plan.value(row, "enterprise")
        month = plan.value(row, "month")
        other = taken.get((person, month))
        if other is not None and plan.differs(row, "person", "enterprise", "month", "in_post"):
            plan.refuse(
                row,
                "month",
                _(
                    "%(enterprise)s has confirmed this person for this month. Find out who employed on the 15th."
                )
                % {"enterprise": other[1] or _("another row of this file")},
            )
            continue
        taken[person, month] = (enterprise, "")
        day = month.replace(day=15)
        if not any(
            firm == enterprise and first <= day and (last is None or last >= day)
            for firm, first, last in employed.get(person, ())
        ) and plan.differs(row, "person", "enterprise", "month", "in_post"):
            plan.refuse(
                row,
                "month",
                _(
                    "The register of posts has no post of this person at this enterprise on %(day)s. Enter the post first."
                )
                % {"day": day.isoformat()},
            )


register(
    Register(
        name="in-post-months",
        title=gettext_lazy("months in post"),
        model=InPostMonth,
        key=("person", "enterprise", "month"),
        rows=scoped(InPostMonth, "enterprise__district"),
        order=("person__code", "month", "pk"),
        check=_check_months,
        columns=(
            PERSON,
            PERSON_NAME,
            ENTERPRISE,
            Column("month", "月份", parts.Month(), ("年月", "所属月份"), required=True, example="2026-08"),
            Column(
                "in_post",
                "在岗",
                kinds.Boolean(),
                ("是否在岗",),
                required=True,
                help="当月15日是否在岗",
                example="是",
            ),
            Column("left_on", "离岗日期", kinds.Date(), ("离职日期",), help="不在岗的填最后在岗日"),
            Column(
                "pay",
                "月工资（元）",
                kinds.Money(least=1, most=10**6),
                ("月工资", "应发工资"),
                help="用于核对工资指导标准",
                example="4200.00",
            ),
            Column("note", "备注", kinds.Text(longest=200)),
        ),
    )
)
