"""Registers `credit-schemes`, `credit-grades`, `credit-events` and `city-ratings`.

Events go out to the city's platform by export and come in by file; the city's grades come in by file.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference, project_reference
from evaluations.imports.shared import LONG_TEXT, refuse_future, stamp
from evaluations.models import CityRating, CreditEvent, CreditGrade, CreditScheme
from evaluations.services.credit import check_credit_event
from redprop.common.errors import Refused
from redprop.common.tabular import kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer_names, recorded, refuse_out_of_order, scoped

PARTS = (
    (CreditEvent.Part.BASIC.value, "基础信息"),
    (CreditEvent.Part.GOOD.value, "良好信息"),
    (CreditEvent.Part.BAD.value, "失信信息"),
)
SEVERITIES = (
    (CreditEvent.Severity.MINOR.value, "轻微"),
    (CreditEvent.Severity.ORDINARY.value, "一般"),
    (CreditEvent.Severity.SERIOUS.value, "严重"),
)
CONDITIONS = (
    (CreditGrade.Condition.NO_BAD.value, "没有不良信用信息"),
    (CreditGrade.Condition.HAS_BAD.value, "有不良信用信息"),
    (CreditGrade.Condition.SERIOUS.value, "严重失信"),
    (CreditGrade.Condition.UNREGISTERED.value, "未参加信用信息管理"),
)


def _schemes(context: Context) -> Any:
    return CreditScheme.objects.filter(district=context.district)


def scheme_reference() -> kinds.Reference:
    """A credit scheme by code or title."""
    return kinds.Reference(
        resolve=by_paths(_schemes, "code", "title"),
        what=gettext_lazy("credit scheme"),
        offer=offer_names(_schemes, "title"),
    )


SCHEME = Column(
    "scheme",
    "方案代码",
    scheme_reference(),
    ("方案", "scheme"),
    required=True,
    attr="scheme_id",
    shown="scheme__code",
    example="WH-2019",
)
TITLE = Column(
    "title",
    "方案名称",
    kinds.Text(longest=100),
    ("名称",),
    required=True,
    example="物业服务企业信用信息管理办法",
)


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


register(
    Register(
        name="credit-schemes",
        title=gettext_lazy("credit schemes"),
        model=CreditScheme,
        key=("code",),
        rows=scoped(CreditScheme),
        order=("code",),
        prepare=_own,
        derived_from=(),
        check=lambda context, plan: refuse_out_of_order(plan),
        columns=(
            Column("code", "方案代码", kinds.Code(), ("方案",), required=True, example="WH-2019"),
            TITLE,
            Column(
                "document",
                "文件依据",
                kinds.Text(longest=200),
                ("文号", "文件", "依据"),
                required=True,
                example="武房规〔2019〕11号",
            ),
            Column(
                "valid_from", "生效日期", kinds.Date(), ("起始日期",), required=True, example="2020-01-01"
            ),
            Column("valid_to", "失效日期", kinds.Date(end=True), ("截止日期",)),
            Column("start", "起始分", kinds.Number(), ("初始分", "基础分"), required=True, example="100"),
            Column("basic_cap", "基础信息最高分", kinds.Number()),
            Column("good_cap", "良好信息最高分", kinds.Number()),
            Column(
                "bad_adds",
                "失信记分累加",
                kinds.Boolean(),
                required=True,
                help="是：记分越多越差",
                example="否",
            ),
            Column("calendar_year", "按自然年计", kinds.Boolean(), required=True, example="否"),
            Column("term_months", "计分期限（月）", kinds.Integer(least=1), help="不填：长期有效"),
            Column("quantum", "分值精度", kinds.Number(), required=True, example="0.01"),
            Column("red_points", "红榜加分", kinds.Number(), help="一个季度上红榜；不填为 2，0 为不加"),
            Column("black_points", "黑榜扣分", kinds.Number(), help="一个季度上黑榜；不填为 2，0 为不扣"),
            Column("list_months", "榜单计分期限（月）", kinds.Integer(least=1, most=36), help="不填为 12"),
        ),
    )
)

register(
    Register(
        name="credit-grades",
        title=gettext_lazy("grades of credit schemes"),
        model=CreditGrade,
        key=("scheme", "name", "condition"),
        optional_key=("condition",),
        rows=scoped(CreditGrade, "scheme__district"),
        order=("scheme__code", "position", "pk"),
        columns=(
            SCHEME,
            Column("name", "等次", kinds.Text(longest=30), ("等级", "grade"), required=True, example="AAA"),
            Column("lower", "下限", kinds.Number(), ("lower",), example="85"),
            Column("lower_included", "含下限", kinds.Boolean(), required=True, example="是"),
            Column("upper", "上限", kinds.Number(), ("upper",)),
            Column("upper_included", "含上限", kinds.Boolean(), required=True, example="否"),
            Column("condition", "适用条件", kinds.Choice(choices=CONDITIONS), help="不填：不论"),
            Column("on_veto", "一票否决适用", kinds.Boolean(), required=True, example="否"),
            Column("position", "次序", kinds.Integer(), required=True, example="1"),
            Column("note", "说明", kinds.Text(longest=200)),
        ),
    )
)


def _record_events(context: Context, instance: Any) -> None:
    _own(context, instance)
    stamp(context, instance)
    recorded(context, instance)
    instance.source = CreditEvent.Source.FILE


def _check_events(context: Context, plan: Plan) -> None:
    refuse_future(context, plan, "happened_on")
    for row in plan.of(CHANGED):
        plan.refuse(
            row,
            "number",
            _(
                "An event of the ledger is never changed. End it with a reason, and enter the right one under a new number."
            ),
        )
    for row in plan.of(NEW):
        given = {
            name: plan.value(row, name)
            for name in ("part", "severity", "happened_on", "starts_on", "ends_on")
        }
        event = CreditEvent(district=context.district, evidence=plan.value(row, "evidence") or "", **given)
        if event.part == CreditEvent.Part.BAD and not (event.severity and event.evidence):
            plan.refuse(row, "severity", _("Bad information needs its severity and its evidence."))
            continue
        if (event.starts_on and event.happened_on and event.starts_on < event.happened_on) or (
            event.ends_on and event.starts_on and event.ends_on < event.starts_on
        ):
            plan.refuse(
                row,
                "starts_on",
                _(
                    "An event counts from the day it happened or later, and its last day is not before its first."
                ),
            )
            continue
        try:
            check_credit_event(event)
        except Refused as refused:
            plan.refuse(row, refused.fields.get("field") or "number", str(refused))


register(
    Register(
        name="credit-events",
        title=gettext_lazy("credit events"),
        model=CreditEvent,
        key=("number",),
        rows=lambda context: scoped(CreditEvent)(context).filter(person__isnull=True),
        order=("starts_on", "number"),
        prepare=_record_events,
        derived_from=(),
        check=_check_events,
        columns=(
            Column(
                "number", "编号", kinds.Code(longest=40), ("记分编号",), required=True, example="XY2026-0001"
            ),
            SCHEME,
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "企业", "物业公司"),
                required=True,
                attr="enterprise_id",
                shown="enterprise__uscc",
                example="91420100MA00000000",
            ),
            Column("enterprise_name", "所指企业", kinds.Text(), read_only=True, source="enterprise__name"),
            Column(
                "project",
                "项目编号",
                project_reference(),
                ("项目名称", "涉及小区"),
                attr="project_id",
                shown="project__code",
            ),
            Column(
                "part", "信息类型", kinds.Choice(choices=PARTS), ("类别",), required=True, example="失信信息"
            ),
            Column("points", "分值", kinds.Number(), ("记分",), required=True, example="2"),
            Column(
                "title",
                "事项",
                kinds.Text(longest=200),
                ("受理内容", "违规情形"),
                required=True,
                example="未按约定公示收支",
            ),
            Column(
                "article",
                "依据条款",
                kinds.Text(longest=200),
                ("指标依据",),
                required=True,
                example="记分标准第12项",
            ),
            Column("document", "文号", kinds.Text(longest=100)),
            Column(
                "evidence",
                "证据",
                kinds.Text(longest=LONG_TEXT),
                ("事实与依据",),
                help="查实的事实，失信信息必填；不写个人信息",
                example="检查记录2026年第8号",
            ),
            Column(
                "severity", "严重程度", kinds.Choice(choices=SEVERITIES), help="失信信息必填", example="一般"
            ),
            Column("vetoes", "一票否决", kinds.Boolean(), required=True, example="否"),
            Column(
                "happened_on", "发生日期", kinds.Date(), ("受理日期",), required=True, example="2026-08-10"
            ),
            Column("starts_on", "计分起始日", kinds.Date(), required=True, example="2026-08-24"),
            Column("ends_on", "计分截止日", kinds.Date(end=True), help="失信信息必填", example="2027-08-23"),
            Column("rectify_by", "整改期限", kinds.Date()),
            Column("ended_on", "提前终止日", kinds.Date(), read_only=True, source="end__ended_on"),
            Column("end_reason", "终止原因", kinds.Text(), read_only=True, source="end__reason"),
        ),
    )
)

register(
    Register(
        name="city-ratings",
        title=gettext_lazy("city ratings"),
        model=CityRating,
        key=("enterprise", "rated_on"),
        rows=scoped(CityRating, "enterprise__district"),
        order=("rated_on", "enterprise__uscc"),
        prepare=stamp,
        derived_from=(),
        check=lambda context, plan: refuse_future(context, plan, "rated_on"),
        columns=(
            Column(
                "enterprise",
                "统一社会信用代码",
                enterprise_reference(),
                ("企业名称", "企业"),
                required=True,
                attr="enterprise_id",
                shown="enterprise__uscc",
                example="91420100MA00000000",
            ),
            Column("enterprise_name", "所指企业", kinds.Text(), read_only=True, source="enterprise__name"),
            Column("rated_on", "评定日期", kinds.Date(), ("评级日期",), required=True, example="2026-06-30"),
            Column("grade", "等次", kinds.Text(longest=30), ("等级", "信用等级"), required=True, example="A"),
            Column("score", "得分", kinds.Number(least=None), ("分数",)),
            Column(
                "source", "来源", kinds.Text(longest=200), required=True, example="市信用信息平台2026年6月"
            ),
        ),
    )
)
