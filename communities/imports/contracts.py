"""Registers `contracts`, `assignments` and `market-rounds`."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.models import Compound, MarketRound, ServiceAssignment, ServiceContract
from communities.services.rules import AssignmentRules, check_inside_contract, check_not_before_compound
from enterprises.imports.enterprises import enterprise_reference, project_reference, project_rows
from enterprises.models import Enterprise
from redprop.common.errors import Refused
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
                example="FW0001",
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
    rows = plan.of(NEW, CHANGED)
    compounds = Compound.objects.in_bulk({plan.value(row, "compound") for row in rows})
    contracts = ServiceContract.objects.select_related("project__enterprise").in_bulk(
        {plan.value(row, "contract") for row in rows}
    )
    rules = AssignmentRules.load(compounds)
    for row in rows:
        contract, compound = contracts[plan.value(row, "contract")], compounds[plan.value(row, "compound")]
        start = plan.value(row, "valid_from")
        if row.old is None and plan.value(row, "valid_to") is None:
            # as when a compound is assigned on a page: until the contract ends
            plan.set(row, "valid_to", contract.valid_to)
        try:
            check_not_before_compound(compound, start, what=_("contract's cover"))
            check_inside_contract(contract, start, plan.value(row, "valid_to"))
            if row.old is None:
                rules.check_market_first(contract, compound, start)
        except Refused as refused:
            field = refused.fields.get("field")
            plan.refuse(row, str(field) if field in plan.at else "valid_from", str(refused))
    saving.refuse_out_of_order(plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("compound",),
        message=_("Another contract covers this compound on some of these days. End that one first."),
    )


register(
    Register(
        name="assignments",
        page_path="contract",
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
                example="XQ0001",
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
    public_welfare = set(
        Enterprise.objects.filter(district=context.district, kind=Enterprise.Kind.PUBLIC_WELFARE).values_list(
            "pk", flat=True
        )
    )
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
        elif taker in public_welfare:
            plan.refuse(
                row,
                "taker",
                _("Only a market enterprise takes over in a market round. Close it without a taker instead."),
            )


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
                example="XQ0001",
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
