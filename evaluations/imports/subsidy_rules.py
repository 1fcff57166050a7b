"""Register `subsidy-rules`: rates, bands, requirements and pay guidance stand as lines in one cell.

An adopted rule is not changed by any file; what is new comes as the next version.
"""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import CLASSES
from evaluations.imports.money import lines_of, own, refuse_left_out, save_lines, text_of
from evaluations.models import FactorBand, Fund, SubsidyRate, SubsidyRequirement, SubsidyRule
from redprop.common.tabular import bulk, kinds, parts, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, scoped

BENEFITS = (
    ("class_subsidy", "老旧小区分类补贴"),
    ("secretary", "书记工作补贴"),
    ("reward", "红榜奖励"),
    ("graduate_month", "大学生岗位补贴"),
    ("hiring", "招聘一次性补贴"),
)
PAYEES = (("enterprise", "企业"), ("person", "个人"))
COUNTS_FROM = (("rule", "规则所定日期"), ("service", "开始服务之日"), ("market", "市场企业接管之日"))
_BASES = (
    ("平方米", "m2"),
    ("户", "household"),
    ("小区", "compound"),
    ("项目", "project"),
    ("人", "person"),
    ("m2", "m2"),
)
DEGREES = (("本科", "bachelor"), ("硕士", "master"), ("博士", "doctor"), ("大专", "college"))
COLOURS = (("红榜", "red"), ("重点监管", "watch"), ("黑榜", "black"))
RATE_WORDS = {
    **{
        f"{label}/{word}": f"{'' if value is None else value}/{basis}/"
        for word, basis in _BASES
        for value, label in (*CLASSES, (None, "全部"))
    },
    **{
        f"{label}/{word}": f"/{basis}/{value}"
        for word, basis in _BASES
        for label, value in (*DEGREES, *COLOURS)
    },
}
"""What a line of rates says on its left, as one text of class, basis and degree or list: 一类/平方米 is 1/m2/."""
FLOOR_WORDS = dict(DEGREES)
REQUIREMENT_WORDS = {
    "劳动合同": "contract",
    "社会保险": "insurance",
    "毕业证书": "diploma",
    "在岗": "in_post",
    "合同": "contract",
    "社保": "insurance",
}


def _rate_key(one: SubsidyRate) -> str:
    return f"{one.compound_class or ''}/{one.basis}/{one.category}"


def _rate_of(left: str) -> dict[str, Any]:
    compound_class, basis, category = left.split("/")
    return {
        "compound_class": int(compound_class) if compound_class else None,
        "basis": basis,
        "category": category,
    }


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
    refuse_left_out(plan, "rates", SubsidyRate, "rule", _rate_key)
    refuse_left_out(plan, "requirements", SubsidyRequirement, "rule", lambda one: one.kind)
    refuse_left_out(plan, "bands", FactorBand, "rule", lambda one: one.score_from.normalize() + 0)
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
    if (
        declines
        and plan.value(row, "decline_from") not in ("service", "market")
        and not plan.value(row, "decline_since")
    ):
        plan.refuse(row, "decline_since", _("Enter the day from which the years of decline are counted."))
    classes = [
        (compound_class, category)
        for compound_class, _basis, category in (
            left.split("/") for left, _rate in _pairs(plan, row, "rates")
        )
    ]
    if len(classes) != len(set(classes)):
        plan.refuse(row, "rates", _("This rule already has a rate for this class."))
    floors = {left for left, _floor in _pairs(plan, row, "floors")}
    if plan.given(row, "rates") and floors - {category for _class, category in classes}:
        plan.refuse(
            row, "floors", _("Pay guidance is given for a degree that has no rate. Write its rate, too.")
        )
    if plan.value(row, "benefit") != "class_subsidy" and (
        plan.value(row, "ends_at_collection") is not None
        or plan.value(row, "deducts_diverted")
        or plan.value(row, "decline_from") in ("service", "market")
    ):
        plan.refuse(
            row,
            "benefit",
            _("Only the class subsidy of compounds follows their collection rate, diversions and service."),
        )
    if any(rate < 0 for _left, rate in _pairs(plan, row, "rates")):
        plan.refuse(row, "rates", _("A rate is not negative."))
    if any(score < 0 or factor < 0 for score, factor in _pairs(plan, row, "bands")):
        plan.refuse(row, "bands", _("Scores and factors are not negative."))


def _pairs(plan: Plan, row: Row, name: str) -> Any:
    return (plan.value(row, name) or ()) if plan.given(row, name) else ()


def _save_rules(context: Context, plan: Plan) -> None:
    save_lines(context, plan, "rates", SubsidyRate, "rule", "rate", _rate_key, _rate_of)
    save_lines(
        context,
        plan,
        "bands",
        FactorBand,
        "rule",
        "factor",
        lambda one: one.score_from.normalize() + 0,
        lambda left: {"score_from": left},
    )
    save_lines(
        context,
        plan,
        "requirements",
        SubsidyRequirement,
        "rule",
        "at_least",
        lambda one: one.kind,
        lambda left: {"kind": left},
    )
    _save_floors(plan)


def _save_floors(plan: Plan) -> None:
    """Write the pay guidance of each degree into its rates (two queries)."""
    wanted: dict[tuple[Any, str], Any] = {}
    for row in plan.of(NEW, CHANGED):
        for category, floor in _pairs(plan, row, "floors"):
            wanted[row.pk, category] = floor
    if not wanted:
        return
    changed = []
    for rate in SubsidyRate.objects.filter(rule__in={pk for pk, _category in wanted}):
        floor = wanted.get((rate.rule_id, rate.category))
        if floor is not None and rate.pay_floor != floor:
            rate.pay_floor = floor
            changed.append(rate)
    bulk.update(changed, ["pay_floor"])


def _own_rule(context: Context, instance: Any) -> None:
    own(context, instance)
    instance.deducts_diverted = bool(instance.deducts_diverted)


def _rule_rows(context: Context) -> Any:
    rate = Concat(Coalesce(text_of("compound_class"), Value("")), Value("/"), "basis", Value("/"), "category")
    floors = SubsidyRate.objects.filter(rule=OuterRef("pk"), pay_floor__isnull=False).order_by("category")
    return scoped(SubsidyRule)(context).annotate(
        rate_lines=lines_of(SubsidyRate, "rule", rate, "rate", "compound_class"),
        floor_lines=ArraySubquery(
            floors.annotate(_line=Concat("category", Value(":"), text_of("pay_floor"))).values("_line")
        ),
        requirement_lines=lines_of(SubsidyRequirement, "rule", "kind", "at_least", "kind"),
        band_lines=lines_of(FactorBand, "rule", text_of("score_from"), "factor", "-score_from"),
    )


register(
    Register(
        name="subsidy-rules",
        title=gettext_lazy("subsidy rules"),
        model=SubsidyRule,
        key=("benefit", "version"),
        rows=_rule_rows,
        order=("benefit", "version"),
        prepare=_own_rule,
        derived=("deducts_diverted",),
        derived_from=("deducts_diverted",),
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
                "floors",
                "工资指导标准（元）",
                parts.Table(places=2, left=FLOOR_WORDS),
                ("工资指导标准",),
                attr=None,
                source="floor_lines",
                help="学历:每月金额，用分号隔开；低于此数的提示，不影响发放",
            ),
            Column(
                "requirements",
                "所需材料",
                parts.Table(places=0, left=REQUIREMENT_WORDS),
                ("材料要求",),
                attr=None,
                source="requirement_lines",
                help="劳动合同、社会保险、毕业证书、在岗:至少几个月，用分号隔开",
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
            Column(
                "max_months",
                "最长月数",
                kinds.Integer(least=1, most=600, units=("个月", "月")),
                ("最多月数",),
            ),
            Column(
                "ends_at_collection",
                "收缴率达到即止",
                kinds.Share(),
                help="仅分类补贴：已收费且上季收缴率达到此数的小区不再补贴",
            ),
            Column(
                "deducts_diverted",
                "扣减挪用收益",
                kinds.Boolean(),
                help="仅分类补贴",
                example="否",
            ),
            Column("adopted_on", "采用日期", kinds.Date(), read_only=True, help="采用后不再由文件修改"),
        ),
    )
)
