"""Register `rubrics`: a scoring standard with its items, bands and list rules in one workbook.

A draft is changed as the file says, its items and bands as a whole; a frozen rubric is refused.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, F, OuterRef
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.imports.rubric_parts import BOOK, KEYS
from evaluations.indicators import REGISTRY
from evaluations.models import EvaluationPeriod, Rubric, RubricBand, RubricItem
from evaluations.scoring import rubric as pure
from evaluations.scoring.problems import NotUsable
from evaluations.scoring.validation import problems
from evaluations.services.rubrics import translated
from redprop.common.tabular import bulk, kinds
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import recorded, scoped

MODES = (("HALF_UP", "四舍五入"), ("HALF_EVEN", "四舍六入五成双"), ("DOWN", "舍去"), ("UP", "进位"))
ROLL_UPS = (("households", "按户数"), ("area", "按面积"), ("equal", "各项目相同"))
PERIOD_KINDS = (("quarter", "季度"), ("half", "半年"), ("year", "年度"))


@dataclass(frozen=True)
class Lines(kinds.Kind):
    """A list in JSON, compared as numbers are written shortest. With `single` it holds one object."""

    single: bool = False

    cleared: Any = None

    def parse(self, raw: object, factor: int = 1) -> Any:
        """Return the canonical list, or its one object."""
        text = clean(raw)  # raises what is wrong with the lines of the sheet
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise CellError(
                _("This is not the list that an export writes. Use the workbook with its sheets.")
            )
        if self.single and len(found) != 1:
            raise CellError(
                _("There is one line for each rubric here, not %(count)s.") % {"count": len(found)}
            )
        return found[0] if self.single else found

    def same(self, stored: Any, new: Any) -> bool:
        """Compare the canonical forms."""
        return bool(canonical(stored) == canonical(new))

    def out(self, value: Any) -> Any:
        """Return the canonical JSON of the list."""
        if value in (None, [], ()):
            return None
        listed = canonical([value] if self.single else list(value))
        return json.dumps(listed, ensure_ascii=False, sort_keys=True)

    def show(self, value: Any) -> str:
        """Return the titles of what is listed, or the rule's numbers."""
        if self.single or not value:
            return ", ".join(f"{name}={one}" for name, one in (value or {}).items() if one is not None)
        return "；".join(
            f"{one['title']} {pure.number(Decimal(str(one.get('points') or one.get('lower') or 0)))}"
            for one in value
        )


def canonical(value: Any) -> Any:
    """Return JSON data with its decimal strings written shortest."""
    if isinstance(value, Mapping):
        return {name: one if name in ("code", "title") else canonical(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(one) for one in value]
    if isinstance(value, str) and value:
        try:
            return pure.number(Decimal(value))
        except ArithmeticError:
            return value
    return value


def _text(name: str) -> Any:
    return Cast(name, CharField())


def _rows(context: Context) -> Any:
    return annotated(scoped(Rubric)(context))


def annotated(rows: Any) -> Any:
    """Return rubrics with their items and bands as lists, and whether a period has used them."""
    items = RubricItem.objects.filter(rubric=OuterRef("pk")).order_by("position", "pk")
    bands = RubricBand.objects.filter(rubric=OuterRef("pk")).order_by("-lower")
    used = EvaluationPeriod.objects.filter(rubric=OuterRef("pk")).exclude(state=EvaluationPeriod.State.OPEN)
    own = {name: F(name) for name in ("code", "title", "pillar", "level", "source", "missing", "transform")}
    return rows.annotate(
        item_lines=ArraySubquery(
            items.values(line=JSONObject(**own, points=_text("points"), min_n=_text("min_n")))
        ),
        band_lines=ArraySubquery(
            bands.values(line=JSONObject(code="code", title="title", lower=_text("lower")))
        ),
        is_used=Exists(used),
    )


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _check(context: Context, plan: Plan) -> None:
    for row in plan.of(CHANGED):
        if plan.stored(row, "is_used"):
            plan.refuse(
                row,
                "version",
                _(
                    "A period was closed with this rubric: it is frozen. Write the changes under a new version."
                ),
            )
    complete(plan)
    refuse_unsound(plan)


def complete(plan: Plan) -> None:
    """Give new rubrics without list rules the sample ones; without a satisfaction item they do not ask for one."""
    for row in plan.of(NEW):
        rules = {"list_rule": pure.ListRule(), "enterprise_rule": pure.ENTERPRISE_SAMPLE}
        for name, rule in rules.items():
            if plan.given(row, name):
                continue
            if not plan.value(row, "satisfaction_item"):
                rule = replace(rule, red_needs_satisfaction=False, retest=False)
            plan.set(row, name, pure._rule_to_json(rule))


def refuse_unsound(plan: Plan) -> None:
    """Refuse rows whose rubric does not make sense as a whole."""
    for row in plan.of(NEW, CHANGED):
        try:
            wrong = [translated(problem) for problem in problems(value_of(plan, row), frozenset(REGISTRY))]
        except NotUsable as unusable:
            wrong = [translated(unusable.problem)]
        for sentence in wrong:
            plan.refuse(row, "items", sentence)


def value_of(plan: Plan, row: Row) -> pure.Rubric:
    """Return the rubric that a row describes as a value; raises NotUsable."""

    def said(name: str) -> Any:
        value = plan.value(row, name)
        if value is None:
            default = Rubric._meta.get_field(name).get_default() if name in _DEFAULTED else None
            value = (
                Decimal(str(default))
                if isinstance(default, int | Decimal) and not isinstance(default, bool)
                else default
            )
        return value

    def text(name: str) -> str:
        return pure.number(said(name))

    return pure.from_json(
        {
            "code": said("code"),
            "version": said("version"),
            "title": said("title"),
            "document": said("document"),
            "total_scale": text("total_scale"),
            "rounding": {"quantum": text("quantum"), "mode": said("mode")},
            "min_available": text("min_available"),
            "cap_total": said("cap_total"),
            "rollup": said("rollup"),
            "rank_groups": said("rank_groups"),
            "satisfaction_item": said("satisfaction_item") or None,
            "own_share": text("own_share"),
            "quarter_weights": list(said("quarter_weights") or ("1", "1", "1", "1")),
            "bands": canonical(said("bands") or []),
            "list_rule": canonical(said("list_rule")),
            "enterprise_rule": canonical(said("enterprise_rule")),
            "items": canonical(said("items") or []),
        }
    )


_DEFAULTED = frozenset(
    {
        "total_scale",
        "quantum",
        "mode",
        "min_available",
        "cap_total",
        "rollup",
        "rank_groups",
        "own_share",
    }
)


def _save(context: Context, plan: Plan) -> None:
    _save_lines(context, plan, "items", RubricItem, lambda line: line["code"], _item)
    _save_lines(context, plan, "bands", RubricBand, lambda line: line["code"], _band)


def _item(line: Mapping[str, Any], position: int) -> dict[str, Any]:
    return {
        **line,
        "points": Decimal(line["points"]),
        "min_n": int(Decimal(line["min_n"])),
        "transform": canonical(line["transform"]),
        "position": position,
    }


def _band(line: Mapping[str, Any], position: int) -> dict[str, Any]:
    return {**line, "lower": Decimal(line["lower"])}


def _save_lines(
    context: Context,
    plan: Plan,
    name: str,
    model: Any,
    key: Callable[[Mapping[str, Any]], str],
    fields: Callable[[Mapping[str, Any], int], dict[str, Any]],
) -> None:
    """Make the lines below each rubric those of the file: one query, at most three statements."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.given(row, name) and plan.differs(row, name)]
    stored: dict[Any, dict[str, Any]] = {}
    for one in model.objects.filter(rubric__in=[row.pk for row in rows]):
        stored.setdefault(one.rubric_id, {})[one.code] = one
    made, changed = [], []
    for row in rows:
        known = stored.get(row.pk, {})
        for position, line in enumerate(plan.value(row, name), start=1):
            told = fields(line, position)
            one = known.pop(key(line), None)
            if one is None:
                made.append(recorded(context, model(rubric_id=row.pk, **told)))
                continue
            for attribute, value in told.items():
                setattr(one, attribute, value)
            changed.append(one)
    bulk.delete(model, [one.pk for known in stored.values() for one in known.values()])
    if changed:
        bulk.update(changed, [n for n in fields(plan.value(rows[0], name)[0], 1) if n != "code"])
    bulk.insert(made)


register(
    Register(
        name="rubrics",
        title=gettext_lazy("rubrics"),
        model=Rubric,
        key=("code", "version"),
        rows=_rows,
        order=("code", "valid_from", "pk"),
        prepare=_own,
        derived_from=(),
        check=_check,
        after=_save,
        book=BOOK,
        columns=(
            Column("code", KEYS[0].header, kinds.Code(longest=20), ("代码",), required=True, example="JD"),
            Column(
                "version", KEYS[1].header, kinds.Text(longest=20), ("版本号",), required=True, example="2026"
            ),
            Column(
                "title",
                "标准名称",
                kinds.Text(longest=100),
                ("名称",),
                required=True,
                example="物业服务项目季度考评标准",
            ),
            Column(
                "document",
                "文号",
                kinds.Text(longest=60),
                ("依据文号",),
                required=True,
                example="岸房〔2026〕15号",
            ),
            Column(
                "period_kind",
                "考评周期",
                kinds.Choice(choices=PERIOD_KINDS, also=tuple(Rubric.PeriodKind.choices)),
                help="不填为季度",
                example="季度",
            ),
            Column(
                "valid_from", "施行日期", kinds.Date(), ("生效日期",), required=True, example="2026-10-01"
            ),
            Column(
                "total_scale", "总分", kinds.Number(places=2, most=10**5), help="不填为 100", example="100"
            ),
            Column(
                "quantum",
                "保留到",
                kinds.Number(places=4, most=100),
                help="总分取整到它的倍数：1 为整数，0.01 为两位小数；不填为 0.01",
                example="0.01",
            ),
            Column(
                "mode",
                "取整方式",
                kinds.Choice(choices=MODES, also=tuple(Rubric.Mode.choices)),
                help="不填为四舍五入",
                example="四舍五入",
            ),
            Column(
                "min_available",
                "至少可评分值",
                kinds.Number(places=2, most=10**5),
                help="可评指标的分值之和低于它不出总分；不填为 60",
                example="60",
            ),
            Column("cap_total", "总分封顶", kinds.Boolean(), help="不填为是", example="是"),
            Column(
                "rollup",
                "企业汇总",
                kinds.Choice(choices=ROLL_UPS, also=tuple(Rubric.RollUp.choices)),
                help="项目得分按什么汇总到企业；不填为按户数",
                example="按户数",
            ),
            Column(
                "rank_groups",
                "分组排名",
                kinds.Boolean(),
                help="专业物业与老旧小区分别排名；不填为否",
                example="否",
            ),
            Column(
                "satisfaction_item", "满意度指标代码", kinds.Text(longest=30), help="红榜和复核所依据的指标"
            ),
            Column(
                "own_share",
                "自有指标占比",
                kinds.Share(),
                help="半年、年度标准用；季度为 100%",
                example="100%",
            ),
            Column(
                "quarter_weights",
                "季度权重",
                kinds.Several(),
                read_only=True,
                help="各季度同权",
            ),
            Column("notice_workdays", "公示工作日", kinds.Integer(most=60), help="不填为 5", example="5"),
            Column(
                "objection_workdays", "异议处理工作日", kinds.Integer(most=60), help="不填为 5", example="5"
            ),
            Column("recording_workdays", "期后补录工作日", kinds.Integer(most=60), help="不填为 3"),
            Column("resurvey_workdays", "再次调查工作日", kinds.Integer(most=120), help="不填为 20"),
            Column("reinspection_workdays", "整改复查工作日", kinds.Integer(most=120), help="不填为 15"),
            Column("interview_workdays", "约谈工作日", kinds.Integer(most=120), help="连续黑榜；不填为 10"),
            Column(
                "manager_workdays", "更换项目经理工作日", kinds.Integer(most=120), help="连续黑榜；不填为 30"
            ),
            Column("advice_workdays", "建议业主工作日", kinds.Integer(most=120), help="连续黑榜；不填为 20"),
            Column("items", "考评指标", Lines(), attr=None, source="item_lines", help="在“考评指标”表里填写"),
            Column("bands", "等次", Lines(), attr=None, source="band_lines", help="在“等次”表里填写"),
            Column("list_rule", "项目名单规则", Lines(single=True), help="在“项目名单规则”表里填写"),
            Column("enterprise_rule", "企业名单规则", Lines(single=True), help="在“企业名单规则”表里填写"),
            Column("is_used", "已冻结", kinds.Boolean(), read_only=True),
        ),
    )
)
