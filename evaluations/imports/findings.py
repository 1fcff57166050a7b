"""Registers `vetoes`, `deduction-grounds` and `deductions`: proven findings, each with its evidence and who decided it.
And what a closed period asks of the register of requests, which lies further down.

Whoever enters a finding has decided it and may decide no objection to it: nobody enters one for another.
"""

from itertools import pairwise
from typing import Any

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
from evaluations.models import Deduction, DeductionGround, Veto
from evaluations.models.severity import Severity
from evaluations.scoring.rubric import number
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, also_check, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer_names, scoped

GROUNDS = (
    (Veto.Code.INSPECTION.value, "日常检查不合格且逾期未改"),
    (Veto.Code.SAFETY.value, "维修不及时造成安全事故"),
    (Veto.Code.TAKEOVER.value, "违规进驻或退出"),
    (Veto.Code.FUNDS.value, "挪用维修资金"),
    (Veto.Code.BIDDING.value, "串通投标或阴阳合同"),
    (Veto.Code.EXPOSURE.value, "被通报曝光并查实的违规"),
    (Veto.Code.BREACH.value, "引发长期矛盾并查实的违规"),
    (Veto.Code.OTHER.value, "其他严重违规"),
)
SEVERITIES = (
    (Severity.MINOR.value, "轻微"),
    (Severity.ORDINARY.value, "一般"),
    (Severity.SERIOUS.value, "严重"),
)


def _grounds(context: Context) -> Any:
    return DeductionGround.objects.filter(district=context.district)


def ground_reference() -> kinds.Reference:
    """A ground for deductions by code or title; which one of its versions the day decides."""
    return kinds.Reference(
        resolve=by_paths(_grounds, "code", "title"),
        what=gettext_lazy("ground for deductions"),
        offer=offer_names(_grounds, "title"),
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
    _check_hearing(plan)
    refuse_closed(context, plan, "decided_on")


def _check_hearing(plan: Plan) -> None:
    """The firm was heard after the event and before the decision, and what it said is written down."""
    for row in plan.of(NEW, CHANGED):
        heard, said = plan.value(row, "heard_on"), plan.value(row, "hearing")
        if heard is None:
            continue
        if not said:
            plan.refuse(row, "hearing", _("Write down what the firm said, or that it did not come."))
        elif not _in_order(plan.value(row, "happened_on"), heard, plan.value(row, "decided_on")):
            plan.refuse(
                row,
                "heard_on",
                _("The firm is heard after the event and before the decision. Correct the date."),
            )


def _in_order(*days: Any) -> bool:
    return all(one <= other for one, other in pairwise(day for day in days if day is not None))


def _check_deductions(context: Context, plan: Plan) -> None:
    _decided_by_importer(context, plan)
    grounds = {ground.pk: ground for ground in _grounds(context)}
    for row in plan.of(NEW, CHANGED):
        ground, day = grounds.get(plan.value(row, "ground")), plan.value(row, "happened_on")
        if ground is None or day is None:
            continue
        if not ground.is_valid_on(day):
            plan.refuse(
                row,
                "ground",
                _("The ground “%(ground)s” was not in force on %(day)s. Choose the one that was.")
                % {"ground": ground, "day": day},
            )
            continue
        given = plan.value(row, "points")
        if given is None:
            plan.set(row, "points", ground.points)
        elif not 0 < given <= ground.points:
            plan.refuse(
                row,
                "points",
                _("“%(ground)s” costs at most %(points)s points for one event (%(document)s).")
                % {"ground": ground, "points": number(ground.points), "document": ground.document},
            )
        if plan.value(row, "decided_on") is None:
            plan.set(row, "decided_on", context.day if day <= context.day else day)
    refuse_future(context, plan, "happened_on", "decided_on")
    saving.refuse_out_of_order(plan, "happened_on", "decided_on")
    _check_hearing(plan)
    refuse_closed(context, plan, "happened_on")


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _standing(model: type) -> Any:
    """Rows that were not revoked: a revoked one may be followed by another of the same day."""
    found = scoped(model, "project__district")
    return lambda context: found(context).filter(revoked_at__isnull=True)


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
    help="查实的事实；不写个人信息",
    example="责令整改后逾期未改",
)
DOCUMENT = Column(
    "document",
    "文书文号",
    kinds.Text(longest=100),
    ("文号", "认定文书", "整改通知书文号"),
    example="责令整改通知书〔2026〕8号",
)
HEARD = Column("heard_on", "听取意见日期", kinds.Date(), ("陈述申辩日期", "听证日期"), example="2026-08-18")
HEARING = Column(
    "hearing",
    "企业意见",
    kinds.Text(longest=LONG_TEXT),
    ("陈述申辩意见", "听证记录"),
    help="企业的陈述申辩；未到的写明“未到”",
    example="企业到会陈述，对事实无异议",
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
        rows=_standing(Veto),
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
            Column(
                "severity",
                "严重程度",
                kinds.Choice(choices=SEVERITIES, also=tuple(Severity.choices)),
                ("程度", "情节"),
                help="不填为一般；决定公示多久",
                example="一般",
            ),
            EVIDENCE,
            DOCUMENT,
            HEARD,
            HEARING,
            DECIDED_BY,
        ),
    )
)

register(
    Register(
        name="deduction-grounds",
        title=gettext_lazy("grounds for deductions"),
        model=DeductionGround,
        key=("code",),
        rows=scoped(DeductionGround),
        order=("code", "valid_from"),
        prepare=_own,
        derived_from=(),
        check=lambda context, plan: saving.refuse_out_of_order(plan),
        columns=(
            Column("code", "事项代码", kinds.Code(longest=30), ("代码",), required=True, example="XF01"),
            Column(
                "title",
                "扣分事项",
                kinds.Text(longest=60),
                ("事项", "名称"),
                required=True,
                example="消防通道被占，逾期未清",
            ),
            Column(
                "points",
                "一次最多扣分",
                kinds.Number(places=2, most=10**4),
                ("扣分", "分值"),
                required=True,
                example="2",
            ),
            Column(
                "most",
                "一期最多扣分",
                kinds.Number(places=2, most=10**4),
                ("封顶",),
                help="不填：不封顶",
                example="4",
            ),
            Column(
                "document",
                "文件依据",
                kinds.Text(longest=100),
                ("文号", "依据"),
                required=True,
                example="岸房〔2026〕15号",
            ),
            Column(
                "valid_from", "生效日期", kinds.Date(), ("起始日期",), required=True, example="2026-01-01"
            ),
            Column("valid_to", "失效日期", kinds.Date(end=True), ("截止日期",)),
        ),
    )
)

register(
    Register(
        name="deductions",
        title=gettext_lazy("deductions"),
        model=Deduction,
        key=("project", "ground", "happened_on"),
        rows=_standing(Deduction),
        order=("happened_on", "project__code", "pk"),
        prepare=stamp,
        derived_from=(),
        check=_check_deductions,
        columns=(
            PROJECT,
            PROJECT_NAME,
            Column(
                "ground",
                "扣分事项",
                ground_reference(),
                ("事项", "扣分项", "事项代码"),
                required=True,
                attr="ground_id",
                shown="ground__code",
                help="扣分事项的代码或名称",
                example="XF01",
            ),
            HAPPENED,
            Column(
                "points",
                "扣分",
                kinds.Number(places=2, most=10**4),
                ("扣分值", "分值"),
                help="不填：该事项一次最多扣分",
                example="2",
            ),
            Column(
                "decided_on",
                "认定日期",
                kinds.Date(),
                ("查实日期", "决定日期"),
                help="不填：导入当天",
                example="2026-08-24",
            ),
            EVIDENCE,
            DOCUMENT,
            HEARD,
            HEARING,
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
