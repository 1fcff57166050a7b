"""Registers `contracts`, `assignments` and `market-rounds`."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compounds import compound_reference, compound_rows
from communities.models import MarketRound, ServiceAssignment, ServiceContract
from enterprises.imports.enterprises import enterprise_reference, project_reference, project_rows
from enterprises.models import Enterprise
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer, scoped

contract_rows = scoped(ServiceContract)

CONTRACT_KINDS = (
    (ServiceContract.Kind.SERVICE.value, "物业服务合同"),
    (ServiceContract.Kind.TAKEOVER.value, "市场接管"),
    (ServiceContract.Kind.TRUSTEESHIP.value, "托管"),
)
OUTCOMES = (
    (MarketRound.Outcome.OPEN.value, "进行中"),
    (MarketRound.Outcome.TAKEN.value, "有企业承接"),
    (MarketRound.Outcome.NO_TAKER.value, "无企业承接"),
)


def contract_reference() -> kinds.Reference:
    """A contract by number."""
    return kinds.Reference(
        resolve=by_paths(contract_rows, "number"),
        what=gettext_lazy("service contract"),
        offer=offer(contract_rows, "number"),
        personal=True,
    )


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _check_contracts(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    started = dict(project_rows(saving.of_system(context)).values_list("pk", "started_on"))
    for row in plan.of(NEW, CHANGED):
        first = started.get(plan.value(row, "project"))
        if first and plan.value(row, "valid_from") < first and plan.differs(row, "valid_from", "project"):
            plan.refuse(
                row,
                "valid_from",
                _("The contract begins before its service project (%(day)s). Correct one of the two dates.")
                % {"day": first.isoformat()},
            )


register(
    Register(
        name="contracts",
        title=gettext_lazy("service contracts"),
        model=ServiceContract,
        key=("number",),
        rows=contract_rows,
        order=("number",),
        prepare=_own,
        check=_check_contracts,
        columns=(
            Column(
                "number",
                "合同编号",
                kinds.Code(longest=40, personal=True),
                ("编号", "合同号"),
                required=True,
                example="岸物合〔2017〕1号",
            ),
            Column(
                "project",
                "项目编号",
                project_reference(),
                ("项目名称", "项目", "服务项目"),
                required=True,
                attr="project_id",
                shown="project__code",
                example="P00001",
            ),
            Column(
                "kind",
                "合同类型",
                kinds.Choice(
                    choices=CONTRACT_KINDS,
                    also=tuple(ServiceContract.Kind.choices),
                    aliases={"服务合同": "service", "接管": "takeover", "托管协议": "trusteeship"},
                ),
                ("类型",),
                required=True,
                example="物业服务合同",
            ),
            Column("signed_on", "签订日期", kinds.Date(), ("签约日期",), required=True, example="2017-02-20"),
            Column(
                "valid_from",
                "起始日期",
                kinds.Date(),
                ("生效日期", "合同起始日期", "开始日期"),
                required=True,
                example="2017-03-01",
            ),
            Column(
                "valid_to",
                "终止日期",
                kinds.Date(end=True),
                ("到期日期", "合同终止日期", "结束日期"),
                help="最后一天；无固定期限填“长期”或留空",
                example="2027-02-28",
            ),
            Column(
                "scope", "服务范围", kinds.Text(longest=300), ("服务内容",), example="保洁、保安、保绿、保修"
            ),
            Column(
                "monthly_fee",
                "物业费（元/㎡·月）",
                kinds.Money(most=9999, units=("元", "元/m2·月", "元/平方米·月", "元/m2/月")),
                ("物业费", "收费标准"),
                example="0.60",
            ),
        ),
    )
)


# --- assignments -----------------------------------------------------------------------------------


def _check_assignments(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    everyone = saving.of_system(context)
    spans = {
        pk: (first, last, kind, enterprise)
        for pk, first, last, kind, enterprise in contract_rows(everyone).values_list(
            "pk", "valid_from", "valid_to", "kind", "project__enterprise__kind"
        )
    }
    registered = dict(compound_rows(everyone).values_list("pk", "registered_from"))
    offered: dict[Any, list[Any]] = {}
    for compound, closed in MarketRound.objects.filter(
        district=context.district, outcome=MarketRound.Outcome.NO_TAKER
    ).values_list("compound", "closed_on"):
        offered.setdefault(compound, []).append(closed)
    for row in plan.of(NEW, CHANGED):
        if row.errors:
            continue
        first, last, kind, enterprise = spans[plan.value(row, "contract")]
        compound, start = plan.value(row, "compound"), plan.value(row, "valid_from")
        end = plan.value(row, "valid_to")
        if start < first or (last and (start > last or (end and end > last))):
            plan.refuse(
                row,
                "valid_from" if start < first or (last and start > last) else "valid_to",
                _("The days lie outside the contract (%(from)s to %(to)s). Correct them or the contract.")
                % {"from": first.isoformat(), "to": last.isoformat() if last else _("open end")},
            )
        elif registered.get(compound) and start < registered[compound]:
            plan.refuse(
                row,
                "valid_from",
                _(
                    "%(start)s is before the compound enters the register (%(first)s). Correct one of the two dates."
                )
                % {"start": start.isoformat(), "first": registered[compound].isoformat()},
            )
        elif (
            row.old is None
            and kind == ServiceContract.Kind.TRUSTEESHIP
            and enterprise == Enterprise.Kind.PUBLIC_WELFARE
            and not any(day <= start for day in offered.get(compound, []))
        ):
            plan.refuse(
                row,
                "compound",
                _(
                    "A public-welfare enterprise takes over a compound only after a market round without a taker. Record that round first (register market-rounds)."
                ),
            )
    saving.refuse_overlaps(
        context,
        plan,
        by=("compound",),
        message=_("Another contract covers this compound on some of these days. End that one first."),
    )


register(
    Register(
        name="assignments",
        title=gettext_lazy("compounds under contract"),
        model=ServiceAssignment,
        key=("contract", "compound", "valid_from"),
        rows=scoped(ServiceAssignment, "compound__district"),
        order=("contract__number", "compound__code", "valid_from"),
        check=_check_assignments,
        columns=(
            Column(
                "contract",
                "合同编号",
                contract_reference(),
                ("合同号",),
                required=True,
                attr="contract_id",
                shown="contract__number",
                example="岸物合〔2017〕1号",
            ),
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                required=True,
                attr="compound_id",
                shown="compound__code",
                help="小区编号；无重名时可填名称",
                example="C00001",
            ),
            Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name"),
            Column(
                "valid_from",
                "起始日期",
                kinds.Date(),
                ("进场日期", "自"),
                required=True,
                example="2017-03-01",
            ),
            Column(
                "valid_to",
                "终止日期",
                kinds.Date(end=True),
                ("退场日期", "至"),
                help="最后一天；仍在服务的留空",
            ),
        ),
    )
)


# --- market rounds ---------------------------------------------------------------------------------


def _check_rounds(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan, "opened_on", "closed_on")
    for row in plan.of(NEW, CHANGED):
        outcome = plan.value(row, "outcome") or MarketRound.Outcome.OPEN
        closed, taker = plan.value(row, "closed_on"), plan.value(row, "taker")
        if outcome == MarketRound.Outcome.OPEN and (closed or taker):
            plan.refuse(row, "outcome", _("An open round has neither a closing day nor a taker."))
        elif outcome != MarketRound.Outcome.OPEN and not closed:
            plan.refuse(row, "closed_on", _("A round with an outcome needs its closing day."))
        elif outcome == MarketRound.Outcome.TAKEN and not taker:
            plan.refuse(row, "taker", _("Name the enterprise that took the compound."))
        elif outcome == MarketRound.Outcome.NO_TAKER and taker:
            plan.refuse(row, "taker", _("A round without a taker names no enterprise."))


register(
    Register(
        name="market-rounds",
        title=gettext_lazy("market rounds"),
        model=MarketRound,
        key=("compound", "opened_on"),
        rows=scoped(MarketRound),
        order=("compound__code", "opened_on"),
        prepare=_own,
        check=_check_rounds,
        columns=(
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                required=True,
                attr="compound_id",
                shown="compound__code",
                example="C00001",
            ),
            Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name"),
            Column(
                "opened_on",
                "发布日期",
                kinds.Date(),
                ("开始日期", "起始日期"),
                required=True,
                example="2017-02-01",
            ),
            Column("closed_on", "截止日期", kinds.Date(), ("结束日期", "终止日期"), example="2017-02-20"),
            Column(
                "outcome",
                "结果",
                kinds.Choice(
                    choices=OUTCOMES,
                    also=tuple(MarketRound.Outcome.choices),
                    aliases={"无人承接": "no_taker", "流标": "no_taker", "已承接": "taken"},
                ),
                ("承接结果",),
                required=True,
                example="无企业承接",
            ),
            Column(
                "taker",
                "承接企业信用代码",
                enterprise_reference(),
                ("承接企业", "企业名称"),
                attr="taker_id",
                shown="taker__uscc",
            ),
            Column("document", "文号", kinds.Text(longest=60), ("依据文号",)),
        ),
    )
)
