"""Registers `guide-items` and `guide-checks`: the guide book of party building, and what was done."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.guide_rules import applies
from enterprises.imports.party import organisation_rows
from enterprises.imports.party_work import ORGANISATION, ORGANISATION_NAME
from enterprises.models import GuideCheck, GuideItem
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, scoped

item_rows = scoped(GuideItem)

EVERY = (("month", "每月"), ("quarter", "每季度"), ("half", "每半年"), ("year", "每年"))
OF = (("all", "全部"), ("organisations", "党组织"), ("advisers", "党建指导组"))
STATES = (("confirmed", "已完成"), ("reported", "待确认"), ("returned", "已退回"))


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk
    if instance.place is None:
        instance.place = 100


register(
    Register(
        name="guide-items",
        title=gettext_lazy("items of the guide book"),
        model=GuideItem,
        key=("code",),
        rows=item_rows,
        order=("place", "code"),
        prepare=_own,
        derived=("place",),
        derived_from=("place",),
        check=lambda context, plan: saving.refuse_out_of_order(plan),
        columns=(
            Column("code", "事项编号", kinds.Code(longest=20), ("编号",), required=True, example="DJ01"),
            Column(
                "title",
                "工作事项",
                kinds.Text(longest=100),
                ("事项", "工作内容", "任务"),
                required=True,
                example="召开支部党员大会",
            ),
            Column(
                "explanation", "完成标准", kinds.Text(longest=300), ("标准", "要求"), example="有会议记录"
            ),
            Column(
                "every",
                "周期",
                kinds.Choice(
                    choices=EVERY,
                    also=tuple(GuideItem.Every.choices),
                    aliases={"月": "month", "季度": "quarter", "半年": "half", "年": "year", "年度": "year"},
                ),
                ("频次", "完成周期"),
                required=True,
                example="每季度",
            ),
            Column(
                "of",
                "适用对象",
                kinds.Choice(choices=OF, also=tuple(GuideItem.For.choices)),
                ("适用范围",),
                required=True,
                example="党组织",
            ),
            Column("place", "排序", kinds.Integer(), ("序位",), example="10"),
            Column("document", "文号", kinds.Text(longest=100), ("依据",)),
            Column("valid_from", "起始日期", kinds.Date(), ("自", "起"), required=True, example="2024-01-01"),
            Column("valid_to", "终止日期", kinds.Date(end=True), ("至", "止"), help="最后一天；仍执行的留空"),
        ),
    )
)


def _check_done(context: Context, plan: Plan) -> None:
    """Each row: a period of the item's kind, a day within it, an item of that day for such organisations (two queries)."""
    items = {one.pk: one for one in GuideItem.objects.filter(district=context.district)}
    forms = dict(organisation_rows(saving.of_system(context)).values_list("pk", "form"))
    for row in plan.of(NEW, CHANGED):
        item, day = items.get(plan.value(row, "item")), plan.value(row, "done_on")
        form = forms.get(plan.value(row, "organisation"))
        if item is None or day is None or form is None:
            continue
        try:
            period = Period.parse(plan.value(row, "period") or "")
        except Refused as refused:
            plan.refuse(row, "period", str(refused))
            continue
        if period.kind != item.every:
            plan.refuse(
                row,
                "period",
                _("This work is done %(every)s. Name such a period.") % {"every": item.get_every_display()},
            )
        elif not period.start <= day <= period.end:
            plan.refuse(row, "done_on", _("The day lies outside the period. Correct one of the two."))
        elif day > context.day:
            plan.refuse(row, "done_on", _("%(day)s is in the future. Correct the date.") % {"day": day})
        elif not applies(item.of, form):
            plan.refuse(row, "item", _("This work is not for an organisation of this form."))
        elif not item.is_valid_on(day):
            plan.refuse(row, "item", _("The guide book does not ask for this on that day."))


def _decided(context: Context, instance: Any) -> None:
    """What is taken over as done was confirmed on paper: by the one who imports, on the day of the import."""
    if instance.state == GuideCheck.State.REPORTED:
        instance.decided_on, instance.decided_by = None, ""
        return
    instance.decided_on = instance.decided_on or context.day
    instance.decided_by = instance.decided_by or (context.user.get_username() if context.user else "system")
    if instance.state == GuideCheck.State.RETURNED and not instance.reason:
        instance.reason = "—"


register(
    Register(
        name="guide-checks",
        title=gettext_lazy("guide-book work"),
        model=GuideCheck,
        key=("organisation", "item", "period"),
        rows=scoped(GuideCheck, "organisation__district"),
        order=("organisation__code", "period", "item__code"),
        check=_check_done,
        prepare=_decided,
        derived=("decided_on", "decided_by", "reason"),
        derived_from=("state",),
        columns=(
            ORGANISATION,
            ORGANISATION_NAME,
            Column(
                "item",
                "事项编号",
                kinds.Reference(
                    resolve=by_paths(item_rows, "code", "title"),
                    what=gettext_lazy("item of the guide book"),
                    offer=saving.offer_names(item_rows, "title"),
                ),
                ("工作事项", "事项"),
                required=True,
                attr="item_id",
                shown="item__code",
                example="DJ01",
            ),
            Column(
                "period",
                "所属期",
                kinds.Code(longest=7),
                ("期间", "月份", "季度"),
                required=True,
                help="2026-07、2026Q3、2026H1 或 2026",
                example="2026Q3",
            ),
            Column("done_on", "完成日期", kinds.Date(), ("日期",), required=True, example="2026-09-10"),
            Column(
                "note",
                "完成情况",
                kinds.Text(longest=300),
                ("情况", "说明"),
                required=True,
                example="召开党员大会，到会5人",
            ),
            Column(
                "state",
                "状态",
                kinds.Choice(choices=STATES, also=tuple(GuideCheck.State.choices)),
                required=True,
                example="已完成",
            ),
        ),
    )
)
