"""Registers `inspections`, `guarantee-marks`, `survey-answers` and `survey-households`.

A row of the first two is one mark: of the on-site scheme, or of the eight guarantees. The inspection
itself is found or begun by compound, day and inspector. Answers carry no household.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.imports.shared import (
    ClosedPeriods,
    attribute_to_serving,
    compound_columns,
    refuse_closed,
    refuse_future,
    stamp,
    user_reference,
)
from evaluations.models import EvaluationPeriod, HouseholdNumber, Inspection, InspectionMark, SurveyAnswer
from evaluations.models.surveys import HOUSEHOLD_NUMBER
from redprop.common.secrets import keyed_hash
from redprop.common.tabular import bulk, kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, recorded, scoped

CHANNELS = (
    (SurveyAnswer.Channel.LINK.value, "一次性链接"),
    (SurveyAnswer.Channel.LETTER.value, "二维码信函"),
    (SurveyAnswer.Channel.PHONE.value, "电话"),
    (SurveyAnswer.Channel.VISIT.value, "入户走访"),
    (SurveyAnswer.Channel.PAPER.value, "纸质答卷"),
)

inspection_rows = scoped(Inspection, "compound__district")


def _mark_rows(scheme: str) -> Any:
    def rows(context: Context) -> Any:
        return InspectionMark.objects.filter(scheme=scheme, inspection__in=inspection_rows(context))

    return rows


def _inspections(context: Context, rows: list[Row], plan: Plan) -> dict[Any, Inspection]:
    """Return (compound, day, inspector) → inspection for these rows' compounds, whoever may see them (one query)."""
    found = Inspection.objects.filter(compound__in={plan.value(row, "compound") for row in rows})
    return {(one.compound_id, one.inspected_on, one.inspector_id): one for one in found}


def _key(plan: Plan, row: Row) -> tuple[Any, Any, Any]:
    return plan.value(row, "compound"), plan.value(row, "inspected_on"), plan.value(row, "inspector")


def _check_marks(context: Context, plan: Plan) -> None:
    refuse_future(context, plan, "inspected_on")
    attribute_to_serving(context, plan, "inspected_on")
    closed = ClosedPeriods(context)
    rows = plan.of(NEW)
    known = _inspections(context, rows, plan)
    others: dict[Any, set[Any]] = {}
    for compound, day, inspector in known:
        others.setdefault((compound, day), set()).add(inspector)
    for row in plan.of(NEW, CHANGED):
        compound, day, inspector = _key(plan, row)
        if row.old is not None or (compound, day, inspector) in known:
            closed.refuse(plan, row, "inspected_on", [day])
        elif inspector is None and others.get((compound, day)):
            plan.refuse(
                row,
                "inspector",
                _("This compound was inspected by somebody on this day already. Name the inspector."),
            )
        if plan.value(row, "mark") > plan.value(row, "full_mark"):
            plan.refuse(row, "mark", _("The mark must be between zero and full marks."))


def _begin_inspections(context: Context, plan: Plan) -> None:
    rows = plan.of(NEW)
    known = _inspections(context, rows, plan)
    begun: dict[Any, Inspection] = {}
    for row in rows:
        key = _key(plan, row)
        if key not in known:
            compound, day, inspector = key
            known[key] = begun[key] = Inspection(
                compound_id=compound,
                inspected_on=day,
                inspector_id=inspector,
                project_id=plan.value(row, "project"),
            )
            stamp(context, recorded(context, begun[key]))
    bulk.insert(list(begun.values()))
    planned = {id(one): one for row in rows if (one := known[_key(plan, row)]).state != "marked"}
    for one in planned.values():
        one.state = Inspection.State.MARKED
    bulk.update(list(planned.values()), ["state"])
    for row in rows:
        plan.set(row, "inspection", known[_key(plan, row)].pk)


def _marks(name: str, title: Any, scheme: str, example: str, full: str) -> Register:
    """A register of the marks of one scheme."""

    def own(context: Context, instance: Any) -> None:
        instance.scheme = scheme

    return Register(
        name=name,
        title=title,
        model=InspectionMark,
        key=("compound", "inspected_on", "inspector", "item"),
        optional_key=("inspector",),
        rows=_mark_rows(scheme),
        order=("inspection__inspected_on", "inspection__compound__code", "inspection", "item"),
        page_path="inspection",
        prepare=own,
        derived_from=(),
        check=_check_marks,
        before=_begin_inspections,
        columns=(
            *compound_columns("inspection__"),
            Column(
                "inspected_on",
                "检查日期",
                kinds.Date(),
                ("日期", "检查时间"),
                required=True,
                attr=None,
                source="inspection__inspected_on",
                example="2026-08-10",
            ),
            Column(
                "inspector",
                "检查人",
                user_reference(),
                ("检查人账号", "检查人员"),
                attr=None,
                source="inspection__inspector",
                shown="inspection__inspector__username",
                help="账号；无重名时可填姓名",
            ),
            Column(
                "item",
                "检查项目",
                kinds.Text(longest=30),
                ("项目内容", "检查内容", "评分项目"),
                required=True,
                example=example,
            ),
            Column(
                "mark",
                "得分",
                kinds.Number(places=2, most=9999),
                ("实得分", "评分"),
                required=True,
                example=full,
            ),
            Column(
                "full_mark",
                "满分",
                kinds.Number(places=2, least=0, most=9999),
                ("标准分", "分值"),
                required=True,
                example=full,
            ),
            Column("finding", "发现的问题", kinds.Text(longest=300), ("问题", "扣分原因", "备注")),
            Column(
                "inspection",
                "检查",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="inspection",
                attr="inspection_id",
            ),
        ),
    )


register(_marks("inspections", gettext_lazy("marks of inspections"), "on_site", "保洁", "20"))
register(
    _marks("guarantee-marks", gettext_lazy("marks of the eight guarantees"), "guarantees", "楼道照明", "10")
)


# --- survey answers --------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperNumber(kinds.Code):
    """The number of an answer's paper or call, kept as a keyed hash; a hash of ours is taken as it is."""

    width = 30

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the digest."""
        text = super().parse(raw)
        if re.fullmatch("[0-9a-f]{64}", text):
            return text
        return keyed_hash(text.casefold(), about="survey-paper")


def _periods(context: Context) -> Any:
    return EvaluationPeriod.objects.filter(district=context.district)


def _own_answer(context: Context, instance: Any) -> None:
    stamp(context, instance)
    instance.is_satisfied = instance.score >= 4


def _check_answers(context: Context, plan: Plan) -> None:
    refuse_future(context, plan, "answered_on")
    periods = {period.pk: period for period in _periods(context)}
    for row in plan.of(NEW):
        period = periods.get(plan.value(row, "pooled_with"))
        if period and (
            period.state != EvaluationPeriod.State.CLOSED or plan.value(row, "answered_on") <= period.ends_on
        ):
            plan.refuse(
                row,
                "pooled_with",
                _(
                    "A second survey asks after %(period)s has been closed. Leave this empty for its own answers."
                )
                % {"period": period},
            )
    attribute_to_serving(context, plan, "answered_on")
    refuse_closed(context, plan, "answered_on")


register(
    Register(
        name="survey-answers",
        title=gettext_lazy("survey answers"),
        model=SurveyAnswer,
        key=("token_digest",),
        rows=scoped(SurveyAnswer, "compound__district"),
        order=("answered_on", "pk"),
        prepare=_own_answer,
        derived=("is_satisfied",),
        derived_from=("score",),
        check=_check_answers,
        columns=(
            Column(
                "token_digest",
                "答卷编号",
                PaperNumber(),
                ("编号", "问卷编号"),
                required=True,
                help="每份答卷一个编号，如 2026Q3-0001；不填门牌、姓名或电话。系统只存其密文",
                example="2026Q3-0001",
            ),
            *(replace(column, fixed=not column.read_only) for column in compound_columns()),
            Column(
                "answered_on",
                "答卷日期",
                kinds.Date(),
                ("日期", "调查日期"),
                required=True,
                fixed=True,
                example="2026-08-10",
            ),
            Column(
                "score",
                "满意度（1～5 分）",
                kinds.Integer(least=1, most=5, units=("分",)),
                ("满意度", "评分", "得分"),
                required=True,
                fixed=True,
                help="4、5 分为满意",
                example="5",
            ),
            Column(
                "channel",
                "调查方式",
                kinds.Choice(
                    choices=CHANNELS,
                    also=tuple(SurveyAnswer.Channel.choices),
                    aliases={
                        "链接": "link",
                        "信函": "letter",
                        "二维码": "letter",
                        "上门": "visit",
                        "入户": "visit",
                        "问卷": "paper",
                        "纸质": "paper",
                    },
                ),
                ("方式", "渠道"),
                required=True,
                fixed=True,
                example="电话",
            ),
            Column("is_valid", "是否有效", kinds.Boolean(), ("有效",), help="不填为有效", example="是"),
            Column(
                "pooled_with",
                "复评周期",
                kinds.Reference(resolve=by_paths(_periods, "code"), what=gettext_lazy("evaluation period")),
                ("合并周期",),
                fixed=True,
                attr="pooled_with_id",
                shown="pooled_with__code",
                help="只有“待定”项目的复评答卷才填：合并到哪个已结算的周期",
            ),
        ),
    )
)


# --- the frame of households -----------------------------------------------------------------------


@dataclass(frozen=True)
class HouseNumber(kinds.Text):
    """The number of a household: an address inside a compound, in which no name fits."""

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the number."""
        text = re.sub(r"\s", "", super().parse(raw))
        if not re.match(HOUSEHOLD_NUMBER, text) or re.search(r"\d{7}", text):
            raise kinds.CellError(
                _("Only the number, such as 3栋2单元501 or 3-2-501. No names, no telephone numbers.")
            )
        return text


register(
    Register(
        name="survey-households",
        title=gettext_lazy("household numbers"),
        model=HouseholdNumber,
        key=("compound", "number"),
        rows=scoped(HouseholdNumber, "compound__district"),
        order=("compound__code", "number"),
        prepare=stamp,
        derived_from=(),
        columns=(
            *compound_columns()[:2],
            Column(
                "number",
                "户号",
                HouseNumber(longest=40),
                ("门牌号", "房号", "楼栋单元室"),
                required=True,
                help="如 3栋2单元501 或 3-2-501；不填姓名和电话。没有户号的小区按户数编序号抽取",
                example="3栋2单元501",
            ),
        ),
    )
)
