"""Registers `resident-fees`, `fee-collections` and `income-diversions`: the way of old compounds to the market."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.models import FeeCollection, IncomeDiversion, ResidentFee
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular import kinds, parts, saving
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped

FEE_UNITS = ("元", "元/m2·月", "元/平方米·月", "元/m2/月")


@dataclass(frozen=True)
class Quarter(kinds.Kind):
    """A quarter, stored as its first day, written as 2026Q3."""

    cleared: Any = None
    width = 12

    def parse(self, raw: object, factor: int = 1) -> date:
        """Return the first day of the quarter."""
        text = clean(raw).upper()
        for words, number in (("一", "1"), ("二", "2"), ("三", "3"), ("四", "4")):
            text = text.replace(f"第{words}季度", f"Q{number}")
        text = text.replace("年", "").replace("第", "Q").replace("季度", "").replace(" ", "")
        try:
            period = Period.parse(text)
        except ValueError:
            period = None
        if period is None or period.kind != PeriodKind.QUARTER:
            raise CellError(_("“%(value)s” is no quarter. Write it as 2026Q3.") % {"value": clean(raw)[:40]})
        return period.start

    def same(self, stored: Any, new: Any) -> bool:
        """Compare as dates."""
        return bool(stored == new)

    def out(self, value: Any) -> Any:
        """Return 2026Q3."""
        return str(Period.of(PeriodKind.QUARTER, value)) if value else None

    def show(self, value: Any) -> str:
        """Return 2026Q3."""
        return self.out(value) or ""


COMPOUND = Column(
    "compound",
    "小区编号",
    compound_reference(),
    ("小区名称", "小区"),
    required=True,
    attr="compound_id",
    shown="compound__code",
    help="小区编号；无重名时可填名称",
    example="XQ0001",
)
COMPOUND_NAME = Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name")


def _check_fees(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    for row in plan.of(NEW, CHANGED):
        agreed, charged = plan.value(row, "agreed_fee"), plan.value(row, "charged_fee") or 0
        if agreed is not None and charged > agreed:
            plan.refuse(row, "charged_fee", _("No more is charged than was agreed, and no fee is negative."))
    saving.refuse_overlaps(
        context,
        plan,
        by=("compound",),
        message=_("This compound has another fee on some of these days. End that entry first."),
    )


register(
    Register(
        name="resident-fees",
        title=gettext_lazy("resident fees"),
        model=ResidentFee,
        key=("compound", "valid_from"),
        rows=scoped(ResidentFee, "compound__district"),
        order=("compound__code", "valid_from"),
        check=_check_fees,
        columns=(
            COMPOUND,
            COMPOUND_NAME,
            Column(
                "agreed_fee",
                "议定收费（元/㎡·月）",
                kinds.Money(most=9999, units=FEE_UNITS),
                ("议定收费", "议定标准"),
                required=True,
                help="业主议定的每月每平方米收费",
                example="0.50",
            ),
            Column(
                "charged_fee",
                "实际收费（元/㎡·月）",
                kinds.Money(most=9999, units=FEE_UNITS),
                ("实际收费", "现行收费"),
                help="尚未收费填0",
                example="0.30",
            ),
            Column("document", "议定方式", kinds.Text(longest=100), ("依据",), example="2026年业主大会决议"),
            Column(
                "valid_from",
                "起始日期",
                kinds.Date(),
                ("生效日期", "自"),
                required=True,
                example="2026-01-01",
            ),
            Column("valid_to", "终止日期", kinds.Date(end=True), ("至",), help="最后一天；仍有效的留空"),
        ),
    )
)

register(
    Register(
        name="fee-collections",
        title=gettext_lazy("fees collected"),
        model=FeeCollection,
        key=("compound", "quarter"),
        rows=scoped(FeeCollection, "compound__district"),
        order=("compound__code", "quarter"),
        columns=(
            COMPOUND,
            COMPOUND_NAME,
            Column("quarter", "季度", Quarter(), ("所属季度", "期间"), required=True, example="2026Q3"),
            Column(
                "due",
                "应收（元）",
                kinds.Money(most=10**9),
                ("应收", "应收物业费"),
                required=True,
                example="4707.00",
            ),
            Column(
                "collected",
                "实收（元）",
                kinds.Money(most=10**9),
                ("实收", "实收物业费"),
                required=True,
                example="3200.00",
            ),
            Column(
                "other_income",
                "其他收入（元）",
                kinds.Money(most=10**9),
                ("其他收入", "公共收益"),
                help="停车、广告等用于物业服务的收入",
                example="600.00",
            ),
        ),
    )
)

register(
    Register(
        name="income-diversions",
        title=gettext_lazy("diverted income"),
        model=IncomeDiversion,
        key=("compound", "found_on"),
        rows=scoped(IncomeDiversion, "compound__district"),
        order=("compound__code", "found_on"),
        columns=(
            COMPOUND,
            COMPOUND_NAME,
            Column("found_on", "查实日期", kinds.Date(), ("日期",), required=True, example="2026-03-10"),
            Column(
                "amount",
                "金额（元）",
                kinds.Money(least=1, most=10**9),
                ("金额", "挪用金额"),
                required=True,
                example="1200.00",
            ),
            Column(
                "deduct_from",
                "起扣月份",
                parts.Month(),
                ("扣减起始月份",),
                required=True,
                help="从哪个月的补贴起扣",
                example="2027-01",
            ),
            Column(
                "deduct_months",
                "分几个月扣",
                kinds.Integer(least=1, most=60, units=("个月", "月")),
                ("扣减月数",),
                required=True,
                example="12",
            ),
            Column(
                "document",
                "文号",
                kinds.Text(longest=60),
                ("依据文号",),
                required=True,
                example="岸房查〔2026〕3号",
            ),
            Column("reason", "情况", kinds.Text(longest=200), ("说明",)),
        ),
    )
)
