"""Registers `vetoes` and `deductions`: proven findings, each with its evidence and who decided it.
And what a closed period asks of the register of requests, which lies further down.

Whoever enters a finding has decided it and may decide no objection to it: nobody enters one for another.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import project_reference
from evaluations.imports.shared import (
    LONG_TEXT,
    ClosedPeriods,
    refuse_closed,
    refuse_future,
    stamp,
    user_reference,
)
from evaluations.models import Deduction, Veto
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, also_check, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped

GROUNDS = (
    (Veto.Code.SAFETY.value, "维修不及时造成安全事故"),
    (Veto.Code.TAKEOVER.value, "违规进驻或退出"),
    (Veto.Code.FUNDS.value, "挪用维修资金"),
    (Veto.Code.BIDDING.value, "串通投标或阴阳合同"),
    (Veto.Code.EXPOSURE.value, "被通报曝光并查实的违规"),
    (Veto.Code.BREACH.value, "引发长期矛盾并查实的违规"),
    (Veto.Code.OTHER.value, "其他严重违规"),
)


def _decided_by_importer(context: Context, plan: Plan) -> None:
    """Fill in who decided: the user who imports. The system itself must be told."""
    for row in plan.of(NEW):
        given = plan.value(row, "decided_by")
        if context.user is None:
            if given is None:
                plan.refuse(row, "decided_by", _("Name the user who decided this."))
        elif given not in (None, context.user.pk):
            plan.refuse(
                row, "decided_by", _("A finding is entered by whoever decided it. Leave this field empty.")
            )
        else:
            plan.set(row, "decided_by", context.user.pk)


def _check_vetoes(context: Context, plan: Plan) -> None:
    _decided_by_importer(context, plan)
    refuse_future(context, plan, "happened_on", "decided_on")
    saving.refuse_out_of_order(plan, "happened_on", "decided_on")
    refuse_closed(context, plan, "decided_on")


def _check_deductions(context: Context, plan: Plan) -> None:
    _decided_by_importer(context, plan)
    refuse_future(context, plan, "happened_on")
    refuse_closed(context, plan, "happened_on")


PROJECT = Column(
    "project",
    "项目编号",
    project_reference(),
    ("项目名称", "项目", "服务项目"),
    required=True,
    attr="project_id",
    shown="project__code",
    example="FW0001",
)
PROJECT_NAME = Column("project_name", "所指项目", kinds.Text(), read_only=True, source="project__name")
HAPPENED = Column(
    "happened_on", "发生日期", kinds.Date(), ("日期", "发生时间"), required=True, example="2026-08-10"
)
EVIDENCE = Column(
    "evidence",
    "依据",
    kinds.Text(longest=LONG_TEXT),
    ("证据", "事实与依据", "查实情况"),
    required=True,
    help="查实的事实和文书文号；不写个人信息",
    example="责令整改通知书〔2026〕8号，逾期未改",
)
DECIDED_BY = Column(
    "decided_by",
    "认定人",
    user_reference(),
    ("认定人账号",),
    fixed=True,
    attr="decided_by_id",
    shown="decided_by__username",
    help="不填为导入人",
)

register(
    Register(
        name="vetoes",
        title=gettext_lazy("vetoes"),
        model=Veto,
        key=("project", "code", "happened_on"),
        rows=scoped(Veto, "project__district"),
        order=("decided_on", "project__code", "pk"),
        prepare=stamp,
        derived_from=(),
        check=_check_vetoes,
        columns=(
            PROJECT,
            PROJECT_NAME,
            Column(
                "code",
                "否决情形",
                kinds.Choice(choices=GROUNDS, also=tuple(Veto.Code.choices)),
                ("情形", "一票否决情形"),
                required=True,
                example="挪用维修资金",
            ),
            HAPPENED,
            Column(
                "decided_on",
                "认定日期",
                kinds.Date(),
                ("查实日期", "决定日期"),
                required=True,
                example="2026-08-24",
            ),
            EVIDENCE,
            DECIDED_BY,
        ),
    )
)

register(
    Register(
        name="deductions",
        title=gettext_lazy("deductions"),
        model=Deduction,
        key=("project", "code", "happened_on"),
        rows=scoped(Deduction, "project__district"),
        order=("happened_on", "project__code", "pk"),
        prepare=stamp,
        derived_from=(),
        check=_check_deductions,
        columns=(
            PROJECT,
            PROJECT_NAME,
            Column(
                "code",
                "扣分事项",
                kinds.Text(longest=30),
                ("事项", "扣分项"),
                required=True,
                example="消防通道被占",
            ),
            HAPPENED,
            EVIDENCE,
            DECIDED_BY,
        ),
    )
)


def _refuse_answers_of_closed_periods(context: Context, plan: Plan) -> None:
    """An answer that was not recorded by the cut-off of its request's period is not dated before it now."""
    closed = ClosedPeriods(context)
    for row in plan.of(CHANGED):
        period, answered = closed.of(plan.value(row, "received_on")), plan.value(row, "answered_on")
        if period and answered and answered <= period.cutoff_on and plan.differs(row, "answered_on"):
            plan.refuse(
                row,
                "answered_on",
                _(
                    "%(period)s is closed, and this answer was not recorded by its cut-off %(day)s. Enter the day on which it is recorded."
                )
                % {"period": period, "day": period.cutoff_on},
            )


also_check("requests", _refuse_answers_of_closed_periods)
