"""Registers `funds` and `subsidy-rules`: ceilings, rates and bands stand as lines in one cell.

Lines are added and changed by a file, never taken away: what a cell leaves out is refused. An adopted
rule is not changed by any file.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Model, OuterRef, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import CLASSES
from evaluations.models import FactorBand, Fund, FundYear, SubsidyRate, SubsidyRule
from redprop.common.money import format_yuan
from redprop.common.tabular import bulk, kinds, parts, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, recorded, scoped

BENEFITS = (
    ("class_subsidy", "老旧小区分类补贴"),
    ("secretary", "书记工作补贴"),
    ("reward", "红榜奖励"),
    ("graduate_month", "大学生岗位补贴"),
    ("hiring", "招聘一次性补贴"),
)
PAYEES = (("enterprise", "企业"), ("person", "个人"))
COUNTS_FROM = (("rule", "规则所定日期"), ("service", "开始服务之日"))
_BASES = (
    ("平方米", "m2"),
    ("户", "household"),
    ("小区", "compound"),
    ("项目", "project"),
    ("人", "person"),
    ("m2", "m2"),
)
RATE_WORDS = {
    f"{label}/{word}": f"{'' if value is None else value}/{basis}"
    for word, basis in _BASES
    for value, label in (*CLASSES, (None, "全部"))
}
"""What a line of rates says on its left, as one text of class and basis: 一类/平方米 is 1/m2."""


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _text(expression: Any) -> Any:
    return Cast(expression, CharField())


def _lines(model: type[Model], owner: str, left: Any, right: str, order: str) -> ArraySubquery:
    rows = model._default_manager.filter(**{owner: OuterRef("pk")}).order_by(order)  # type: ignore[misc]
    return ArraySubquery(rows.annotate(_line=Concat(left, Value(":"), _text(right))).values("_line"))


Parts = dict[Any, Decimal]


def _stored_lines(
    plan: Plan, rows: list[Row], model: type[Model], owner: str, key: Callable[[Any], Any]
) -> dict[Any, dict[Any, Any]]:
    """Return owner → key → row of what stands below these rows (one query)."""
    found: dict[Any, dict[Any, Any]] = {}
    pks = [row.pk for row in rows if row.old is not None]
    for one in model._default_manager.filter(**{f"{owner}__among": pks}):
        found.setdefault(getattr(one, f"{owner}_id"), {})[key(one)] = one
    return found


def _refuse_left_out(
    plan: Plan, name: str, model: type[Model], owner: str, key: Callable[[Any], Any]
) -> dict[Any, dict[Any, Any]]:
    """Refuse cells that leave out a stored line; returns the stored lines of the rows that say something."""
    rows = [row for row in plan.of(CHANGED) if plan.given(row, name)]
    stored = _stored_lines(plan, rows, model, owner, key)
    for row in rows:
        kept = {left for left, _right in plan.value(row, name) or ()}
        if stored.get(row.pk, {}).keys() - kept:
            plan.refuse(
                row,
                name,
                _(
                    "This leaves out a line of the register: %(stored)s. Lines are never deleted by a file; write them all, with the new ones."
                )
                % {"stored": plan.stored_text(row, name)},
            )
    return stored


def _save_lines(
    context: Context,
    plan: Plan,
    name: str,
    model: type[Model],
    owner: str,
    attribute: str,
    key: Callable[[Any], Any],
    fill: Callable[[Any], dict[str, Any]],
) -> None:
    """Add and change the lines of new and changed rows: one query, one insert, one update."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.given(row, name)]
    stored = _stored_lines(plan, rows, model, owner, key)
    made, changed = [], []
    for row in rows:
        known = stored.get(row.pk, {})
        for left, right in plan.value(row, name) or ():
            one = known.get(left)
            if one is None:
                line = model(**{f"{owner}_id": row.pk, attribute: right, **fill(left)})
                made.append(recorded(context, line))
            elif getattr(one, attribute) != right:
                setattr(one, attribute, right)
                changed.append(one)
    bulk.update(changed, [attribute])
    bulk.insert(made)


# --- funds -------------------------------------------------------------------------------------------


def _year(one: FundYear) -> Decimal:
    return Decimal(one.year)


def _check_funds(context: Context, plan: Plan) -> None:
    stored = _refuse_left_out(plan, "ceilings", FundYear, "fund", _year)
    for row in plan.of(NEW, CHANGED):
        for year, ceiling in plan.value(row, "ceilings") or () if plan.given(row, "ceilings") else ():
            known = stored.get(row.pk, {}).get(year)
            if year != int(year) or not 2000 <= year <= 2100 or ceiling < 0:
                plan.refuse(
                    row,
                    "ceilings",
                    _(
                        "“%(line)s” is not a year and its ceiling in yuan. Write 2026:20000000, with ; between the years."
                    )
                    % {"line": f"{year}:{ceiling}"},
                )
            elif known is not None and ceiling < known.committed:
                plan.refuse(
                    row,
                    "ceilings",
                    _("%(committed)s are committed already. The ceiling cannot be lower than that.")
                    % {"committed": format_yuan(known.committed)},
                )


def _save_funds(context: Context, plan: Plan) -> None:
    _save_lines(
        context, plan, "ceilings", FundYear, "fund", "ceiling", _year, lambda left: {"year": int(left)}
    )


def _fund_rows(context: Context) -> Any:
    return scoped(Fund)(context).annotate(
        ceilings=_lines(FundYear, "fund", _text("year"), "ceiling", "-year")
    )


register(
    Register(
        name="funds",
        title=gettext_lazy("funds"),
        model=Fund,
        key=("code",),
        rows=_fund_rows,
        order=("code",),
        prepare=_own,
        derived_from=(),
        check=_check_funds,
        after=_save_funds,
        columns=(
            Column(
                "code",
                "资金编号",
                kinds.Code(longest=20),
                ("编号", "资金代码"),
                required=True,
                help="字母、数字和短横线",
                example="services",
            ),
            Column(
                "name",
                "资金名称",
                kinds.Name(longest=60),
                ("名称",),
                required=True,
                example="购买物业服务专项资金",
            ),
            Column("document", "文号", kinds.Text(longest=60), ("依据文号",), example="岸财〔2026〕1号"),
            Column(
                "notice_days",
                "公示工作日",
                kinds.Integer(most=365),
                ("公示天数", "公示期"),
                help="名单贴出后至少公示几个工作日，才能批准",
                example="5",
            ),
            Column(
                "ceilings",
                "年度上限（元）",
                parts.Table(places=2, most=10**12),
                ("年度上限", "年度额度", "资金上限"),
                attr=None,
                help="年份:金额，多年用分号隔开；已有年份要写全",
                example="2026:20000000",
            ),
        ),
    )
)


# --- rules -------------------------------------------------------------------------------------------


def _rate_key(one: SubsidyRate) -> str:
    return f"{one.compound_class or ''}/{one.basis}"


def _rate_of(left: str) -> dict[str, Any]:
    compound_class, _mark, basis = left.partition("/")
    return {"compound_class": int(compound_class) if compound_class else None, "basis": basis}


def _check_rules(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    for row in plan.of(CHANGED):
        if plan.stored(row, "adopted_on"):
            plan.refuse(
                row,
                "version",
                _(
                    "This rule was adopted on %(day)s and is no longer changed by a file. Write it under the next version number."
                )
                % {"day": plan.stored(row, "adopted_on")},
            )
    _refuse_left_out(plan, "rates", SubsidyRate, "rule", _rate_key)
    _refuse_left_out(plan, "bands", FactorBand, "rule", lambda one: one.score_from.normalize() + 0)
    for row in plan.of(NEW, CHANGED):
        _check_rule(plan, row)


def _check_rule(plan: Plan, row: Row) -> None:
    if (plan.value(row, "benefit") == "secretary") != (plan.value(row, "reference_month") is not None):
        plan.refuse(
            row,
            "reference_month",
            _("The secretaries' allowance, and only it, needs the month that decides."),
        )
    declines = plan.value(row, "yearly_decline") or 0
    if declines and plan.value(row, "decline_from") != "service" and not plan.value(row, "decline_since"):
        plan.refuse(row, "decline_since", _("Enter the day from which the years of decline are counted."))
    classes = [left.partition("/")[0] for left, _rate in _pairs(plan, row, "rates")]
    if len(classes) != len(set(classes)):
        plan.refuse(row, "rates", _("This rule already has a rate for this class."))
    if any(rate < 0 for _left, rate in _pairs(plan, row, "rates")):
        plan.refuse(row, "rates", _("A rate is not negative."))
    if any(score < 0 or factor < 0 for score, factor in _pairs(plan, row, "bands")):
        plan.refuse(row, "bands", _("Scores and factors are not negative."))


def _pairs(plan: Plan, row: Row, name: str) -> Any:
    return (plan.value(row, name) or ()) if plan.given(row, name) else ()


def _save_rules(context: Context, plan: Plan) -> None:
    _save_lines(context, plan, "rates", SubsidyRate, "rule", "rate", _rate_key, _rate_of)
    _save_lines(
        context,
        plan,
        "bands",
        FactorBand,
        "rule",
        "factor",
        lambda one: one.score_from.normalize() + 0,
        lambda left: {"score_from": left},
    )


def _rule_rows(context: Context) -> Any:
    rate = Concat(Coalesce(_text("compound_class"), Value("")), Value("/"), "basis")
    return scoped(SubsidyRule)(context).annotate(
        rate_lines=_lines(SubsidyRate, "rule", rate, "rate", "compound_class"),
        band_lines=_lines(FactorBand, "rule", _text("score_from"), "factor", "-score_from"),
    )


register(
    Register(
        name="subsidy-rules",
        title=gettext_lazy("subsidy rules"),
        model=SubsidyRule,
        key=("benefit", "version"),
        rows=_rule_rows,
        order=("benefit", "version"),
        prepare=_own,
        derived_from=(),
        check=_check_rules,
        after=_save_rules,
        columns=(
            Column(
                "benefit",
                "补贴种类",
                kinds.Choice(choices=BENEFITS, also=tuple(SubsidyRule.Benefit.choices)),
                ("种类", "补贴项目"),
                required=True,
                example="老旧小区分类补贴",
            ),
            Column(
                "version", "版本", kinds.Integer(least=1, most=32767), ("版本号",), required=True, example="2"
            ),
            Column(
                "title",
                "规则名称",
                kinds.Text(longest=100),
                ("名称", "标题"),
                required=True,
                example="老旧小区物业服务分类补贴办法",
            ),
            Column(
                "document",
                "文号",
                kinds.Text(longest=60),
                ("依据文号",),
                required=True,
                example="岸房〔2026〕12号",
            ),
            Column(
                "fund",
                "资金编号",
                kinds.Reference(
                    resolve=by_paths(scoped(Fund), "code", "name"),
                    what=gettext_lazy("fund"),
                    offer=saving.offer_names(scoped(Fund)),
                ),
                ("资金", "资金名称"),
                required=True,
                attr="fund_id",
                shown="fund__code",
                example="services",
            ),
            Column(
                "payee",
                "发给",
                kinds.Choice(choices=PAYEES, also=tuple(SubsidyRule.Payee.choices)),
                ("补贴对象",),
                required=True,
                example="企业",
            ),
            Column(
                "valid_from", "起始日期", kinds.Date(), ("生效日期",), required=True, example="2026-01-01"
            ),
            Column("valid_to", "终止日期", kinds.Date(end=True), ("失效日期",), help="长期有效不填"),
            Column(
                "rates",
                "标准（元）",
                parts.Table(left=RATE_WORDS),
                ("标准", "补贴标准"),
                attr=None,
                source="rate_lines",
                help="类别/计量单位:金额，每条用分号隔开；不分类写“全部”；单位：平方米、户、小区、项目、人",
                example="一类/平方米:0.26; 二类/平方米:0.2; 三类/平方米:0.15",
            ),
            Column(
                "bands",
                "考评系数",
                parts.Table(),
                ("系数",),
                attr=None,
                source="band_lines",
                help="总分下限（含）:系数，每档用分号隔开",
                example="90:1.1; 75:1; 60:0.8; 0:0",
            ),
            Column(
                "yearly_decline",
                "每年递减",
                kinds.Share(),
                ("年递减比例",),
                help="每满一年减去标准的几成；不填为不递减",
                example="10%",
            ),
            Column("decline_floor", "递减下限", kinds.Share(), help="最低为标准的几成", example="50%"),
            Column(
                "decline_from",
                "递减起算",
                kinds.Choice(choices=COUNTS_FROM, also=tuple(SubsidyRule.CountsFrom.choices)),
                example="规则所定日期",
            ),
            Column("decline_since", "递减起算日", kinds.Date(), example="2025-01-01"),
            Column(
                "reference_month",
                "认定月份",
                kinds.Integer(least=1, most=12, units=("月",)),
                help="仅书记补贴：当月15日在任者得全年",
            ),
            Column("adopted_on", "采用日期", kinds.Date(), read_only=True, help="采用后不再由文件修改"),
        ),
    )
)
