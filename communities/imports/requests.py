"""Register `requests`: the ledger of residents' requests, with the day of the answer. No resident is named.

A file records requests and their first answer; the resident alone closes or reopens one.
"""

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.models import CompoundPlacement, ResidentRequest, Urgency
from communities.services.request_codes import new_code
from communities.services.request_terms import Terms
from redprop.accounts.clock import business_now
from redprop.common.tabular import kinds
from redprop.common.tabular.cells import clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, MISSING, NEW, Plan, Row, stored_rows
from redprop.common.tabular.saving import scoped

State = ResidentRequest.State
SOURCES = (
    (ResidentRequest.Source.VISIT.value, "入户走访"),
    (ResidentRequest.Source.CALL.value, "来电"),
    (ResidentRequest.Source.QR_PAGE.value, "小区二维码页面"),
    (ResidentRequest.Source.MEETING.value, "会议"),
    (ResidentRequest.Source.PLATFORM.value, "区级平台"),
)
CATEGORIES = (
    (ResidentRequest.Category.CLEANING.value, "保洁"),
    (ResidentRequest.Category.SECURITY.value, "安保"),
    (ResidentRequest.Category.GREENING.value, "绿化"),
    (ResidentRequest.Category.REPAIR.value, "维修"),
    (ResidentRequest.Category.ORDER.value, "秩序与停车"),
    (ResidentRequest.Category.FEES.value, "收费"),
    (ResidentRequest.Category.OTHER.value, "其他"),
)
URGENCIES = (
    (Urgency.EMERGENCY.value, "紧急"),
    (Urgency.URGENT.value, "较急"),
    (Urgency.ORDINARY.value, "一般"),
)
STATES = (
    (State.RECEIVED.value, "已收到"),
    (State.ASSIGNED.value, "已派单"),
    (State.ANSWERED.value, "已答复"),
    (State.CONFIRMED.value, "居民已确认"),
    (State.REOPENED.value, "退回重办"),
    (State.DUPLICATE.value, "并入其他诉求"),
)

request_rows = scoped(ResidentRequest, "compound__district")


def _terms(context: Context) -> Terms:
    """The district's terms of answer, read once for all rows of an import."""
    if not hasattr(context.district, "terms_of_answer"):
        context.district.terms_of_answer = Terms.of(context.district)
    terms: Terms = context.district.terms_of_answer
    return terms


def _own(context: Context, instance: Any) -> None:
    if instance._state.adding:
        instance.recorded_at = business_now(context.district)
        instance.due_on = _terms(context).due_on(
            category=instance.category, urgency=instance.urgency, day=instance.received_on
        )
        instance.state, instance.assigned_on = State.ASSIGNED, instance.received_on
        instance.code = instance.code.upper()
    if instance.answered_on and instance.state in (State.RECEIVED, State.ASSIGNED):
        instance.state = State.ANSWERED


def _same_request(compound: Any, day: Any, text: str) -> tuple[Any, Any, str]:
    """What a stored request and its row in a file have in common: the text as a file would be read."""
    return compound, day, str(clean("'" + text if text.startswith("'") else text))


def _match(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Rows without a code are the stored ones of the same compound, day and words: the n-th the n-th."""
    names = ("compound", "received_on", "text")
    wanted: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.errors and all(plan.given(row, name) for name in names):
            wanted[tuple(plan.value(row, name) for name in names)].append(row)
    found: dict[Any, list[Any]] = defaultdict(list)
    stored = request_rows(context).filter(
        compound__in={key[0] for key in wanted}, received_on__in={key[1] for key in wanted}
    )
    for pk, *values in stored.order_by("pk").values_list("pk", *names):
        found[_same_request(*values)].append(pk)
    seen: dict[Any, int] = plan.memory.setdefault("requests", defaultdict(int))
    pairs = {}
    for key, same in wanted.items():
        for row in same:
            place = seen[key]
            seen[key] += 1
            if place < len(found[key]):
                pairs[found[key][place]] = row
    for pk, old in stored_rows(plan.register, context, set(pairs)).items():
        pairs[pk].pk, pairs[pk].old = pk, old


def _check(context: Context, plan: Plan) -> None:
    placed = defaultdict(list)
    compounds = {plan.value(row, "compound") for row in plan.of(NEW)}
    for placement in CompoundPlacement.objects.filter(compound__in=compounds):
        placed[placement.compound_id].append(placement)
    for row in plan.of(NEW, CHANGED):
        received, answered = plan.value(row, "received_on"), plan.value(row, "answered_on")
        before = plan.stored(row, "answered_on")
        if received > context.day:
            plan.refuse(
                row, "received_on", _("%(day)s is in the future. Correct the date.") % {"day": received}
            )
        elif row.old is None and not any(
            p.is_valid_on(received) for p in placed[plan.value(row, "compound")]
        ):
            plan.refuse(
                row,
                "compound",
                _("This compound is in no community on %(day)s. Enter its community first.")
                % {"day": received},
            )
        elif before and answered != before:
            plan.refuse(
                row,
                "answered_on",
                _("The first answer of %(day)s decides and stays.") % {"day": before},
            )
        elif answered and answered > context.day:
            plan.refuse(
                row, "answered_on", _("%(day)s is in the future. Correct the date.") % {"day": answered}
            )
        elif answered and answered < received:
            plan.refuse(row, "answered_on", _("A request cannot be due or answered before it was received."))


def _allot(context: Context, plan: Plan) -> None:
    for row in plan.of(NEW):
        if not plan.given(row, "code") or plan.value(row, "code") is MISSING:
            plan.set(row, "code", new_code())


register(
    Register(
        name="requests",
        title=gettext_lazy("resident requests"),
        model=ResidentRequest,
        key=("code",),
        rows=request_rows,
        order=("received_on", "pk"),
        prepare=_own,
        derived=("state",),
        derived_from=("answered_on",),
        match=_match,
        check=_check,
        allot=_allot,
        allotted_key=True,
        columns=(
            Column(
                "code",
                "诉求编号",
                kinds.Code(longest=20),
                ("编号", "登记编号"),
                help="新诉求留空，系统自动编号；没有编号的按小区、日期和内容核对",
            ),
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                required=True,
                fixed=True,
                attr="compound_id",
                shown="compound__code",
                help="小区编号；无重名时可填名称",
                example="XQ0001",
            ),
            Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name"),
            Column(
                "received_on",
                "收到日期",
                kinds.Date(),
                ("诉求日期", "登记日期", "受理日期", "日期"),
                required=True,
                fixed=True,
                example="2026-08-10",
            ),
            Column(
                "source",
                "来源",
                kinds.Choice(
                    choices=SOURCES,
                    also=tuple(ResidentRequest.Source.choices),
                    aliases={
                        "走访": "visit",
                        "入户": "visit",
                        "电话": "call",
                        "二维码": "qr_page",
                        "平台": "platform",
                    },
                ),
                ("诉求来源", "渠道"),
                required=True,
                example="入户走访",
            ),
            Column(
                "category",
                "类别",
                kinds.Choice(
                    choices=CATEGORIES,
                    also=tuple(ResidentRequest.Category.choices),
                    aliases={"卫生": "cleaning", "安全": "security", "停车": "order", "秩序": "order"},
                ),
                ("诉求类别", "诉求类型"),
                required=True,
                example="维修",
            ),
            Column(
                "urgency",
                "紧急程度",
                kinds.Choice(
                    choices=URGENCIES,
                    also=tuple(Urgency.choices),
                    aliases={"特急": "emergency", "急": "urgent", "普通": "ordinary"},
                ),
                ("缓急", "紧急情况"),
                fixed=True,
                help="不填为一般；决定应答复日期",
                example="一般",
            ),
            Column(
                "is_for_the_enterprise",
                "是否属物业职责",
                kinds.Boolean(),
                ("物业职责", "属物业"),
                fixed=True,
                help="不填为是",
                example="是",
            ),
            Column(
                "text",
                "诉求内容",
                kinds.Text(longest=2000),
                ("内容", "诉求", "问题"),
                required=True,
                help="不写居民姓名、电话、门牌号和身份证号",
                example="3栋一单元楼道灯不亮",
            ),
            Column(
                "answered_on",
                "答复日期",
                kinds.Date(),
                ("办理日期", "回复日期"),
                help="第一次答复的日期；办结由居民本人确认",
                example="2026-08-14",
            ),
            Column(
                "answer",
                "答复内容",
                kinds.Text(longest=2000),
                ("办理结果", "办理情况"),
                help="居民凭查询码能看到，不写姓名和电话",
                example="已更换灯具并试亮",
            ),
            Column("due_on", "应答复日期", kinds.Date(), read_only=True),
            Column("state", "状态", kinds.Choice(choices=STATES), read_only=True),
            Column("closed_on", "居民确认日期", kinds.Date(), read_only=True),
            Column("times_reopened", "退回次数", kinds.Integer(), read_only=True),
            Column("joined_to", "并入诉求", kinds.Text(), read_only=True, source="joined_to__code"),
        ),
    )
)
