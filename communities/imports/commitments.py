"""Register `commitments`: the promises of filed minutes, numbered within their meeting.

They come in between the filing of the minutes and their acceptance, with the outcome that the ledger
gives. A recorded promise is answered and closed at the desk alone.
"""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.imports.meetings import COMMUNITY, MONTH
from communities.models import Commitment, CommitmentStep, JointMeeting
from communities.services.serving import ServedCommunities
from enterprises.imports.enterprises import project_reference
from redprop.accounts.clock import business_now
from redprop.common.tabular import bulk, kinds
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import recorded, scoped

State = Commitment.State
STATES = (
    (State.OPEN.value, "已承诺"),
    (State.ANSWERED.value, "企业已答复"),
    (State.REOPENED.value, "没修好"),
    (State.CONFIRMED.value, "社区已确认"),
    (State.EXCLUDED.value, "不计分"),
)


def _rows(context: Context) -> Any:
    before = Commitment.objects.filter(meeting=OuterRef("meeting"), pk__lte=OuterRef("pk")).order_by()
    return scoped(Commitment, "meeting__community__district")(context).annotate(
        number=Subquery(before.values("meeting").annotate(n=Count("pk")).values("n")),
        answered_on=TruncDate("answered_at"),
        confirmed_on=TruncDate("confirmed_at"),
    )


def _at(day: Any, now: dt.datetime) -> Any:
    """A time of a day that the ledger names: noon, not later than now."""
    if isinstance(day, dt.datetime) or day is None:
        return day
    return min(timezone.make_aware(dt.datetime.combine(day, dt.time(12))), now)


def _own(context: Context, instance: Any) -> None:
    now = business_now(context.district)
    instance.recorded_at, instance.due_on = now, instance.first_due_on
    instance.answered_at = _at(instance.answered_at, now)
    instance.confirmed_at = _at(instance.confirmed_at, now)
    if instance.confirmed_at:
        instance.state = State.CONFIRMED
    elif instance.answered_at:
        instance.state = State.ANSWERED


def _check(context: Context, plan: Plan) -> None:
    for row in plan.of(CHANGED):
        plan.refuse(
            row,
            next(iter(plan.changes(row))),
            _(
                "This promise is recorded already. It is answered, extended and closed at the desk, not by a file."
            ),
        )
    communities = {plan.value(row, "community") for row in plan.of(NEW)}
    served = ServedCommunities(communities)
    meetings = {
        (one.community_id, one.month): one
        for one in JointMeeting.objects.filter(community__in=communities).annotate(
            promises=Count("commitments")
        )
    }
    added: dict[Any, int] = defaultdict(int)
    for row in plan.of(NEW):
        meeting = meetings.get((plan.value(row, "community"), plan.value(row, "month")))
        if _meeting_takes(plan, row, meeting):
            assert meeting is not None
            added[meeting.pk] += 1
            if plan.value(row, "number") != meeting.promises + added[meeting.pk]:
                plan.refuse(
                    row,
                    "number",
                    _(
                        "The next number of this meeting is %(number)s. Number its promises in the order of the file."
                    )
                    % {"number": meeting.promises + added[meeting.pk]},
                )
            _check_served(plan, row, meeting, served)
            _check_days(context, plan, row, meeting)


def _meeting_takes(plan: Plan, row: Row, meeting: JointMeeting | None) -> bool:
    if meeting is None:
        plan.refuse(
            row, "month", _("This community has no joint meeting in this month. Import the meeting first.")
        )
    elif meeting.state == JointMeeting.State.ACCEPTED:
        plan.refuse(
            row, "month", _("The minutes of this month are accepted: no promise is added to them any more.")
        )
    elif meeting.state != JointMeeting.State.SUBMITTED:
        plan.refuse(row, "month", _("The minutes of this month are still being written at the desk."))
    elif meeting.nothing_new:
        plan.refuse(row, "month", _("The minutes of this month say “nothing new”: they hold no promise."))
    else:
        return True
    return False


def _check_served(plan: Plan, row: Row, meeting: JointMeeting, served: ServedCommunities) -> None:
    project, compound, held = plan.value(row, "project"), plan.value(row, "compound"), meeting.held_on
    assert held is not None
    if not served.serves(project, meeting.community_id, held):
        plan.refuse(
            row,
            "project",
            _("This service project does not serve this community on that day. Choose another."),
        )
    elif compound and not served.has(project, meeting.community_id, compound, held):
        plan.refuse(
            row,
            "compound",
            _("The project does not serve this compound on the day of the meeting. Choose another."),
        )


def _check_days(context: Context, plan: Plan, row: Row, meeting: JointMeeting) -> None:
    days = [(name, plan.value(row, name)) for name in ("first_due_on", "answered_on", "confirmed_on")]
    for name, day in days:
        if day and meeting.held_on and day < meeting.held_on:
            plan.refuse(
                row,
                name,
                _("This day is before the meeting (%(day)s). Correct it.") % {"day": meeting.held_on},
            )
        elif day and name != "first_due_on" and day > context.day:
            plan.refuse(row, name, _("%(day)s is in the future. Correct the date.") % {"day": day})
    answered, confirmed = days[1][1], days[2][1]
    if answered and confirmed and confirmed < answered:
        plan.refuse(
            row, "confirmed_on", _("It was confirmed before it was answered. Correct one of the two dates.")
        )


def _set_meetings(context: Context, plan: Plan) -> None:
    found = {
        (community, month): (pk, held)
        for pk, community, month, held in JointMeeting.objects.filter(
            community__in={plan.value(row, "community") for row in plan.of(NEW)}
        ).values_list("pk", "community", "month", "held_on")
    }
    for row in plan.of(NEW):
        meeting, held = found[plan.value(row, "community"), plan.value(row, "month")]
        plan.set(row, "meeting", meeting)
        plan.set(row, "made", held)


def _save_steps(context: Context, plan: Plan) -> None:
    """Write down what the ledger says happened: the promise, the answer, the confirmation."""
    now, kinds_of = business_now(context.district), CommitmentStep.Kind
    steps = []
    for row in plan.of(NEW):
        for kind, day, text in (
            (kinds_of.PROMISED, plan.value(row, "made"), plan.value(row, "promise")),
            (kinds_of.ANSWERED, plan.value(row, "answered_on"), plan.value(row, "answer")),
            (kinds_of.CONFIRMED, plan.value(row, "confirmed_on"), ""),
        ):
            if day:
                step = CommitmentStep(
                    commitment_id=row.pk, kind=kind, at=_at(day, now), text=text or "", recorded_at=now
                )
                steps.append(recorded(context, step))
    bulk.insert(steps)


register(
    Register(
        name="commitments",
        title=gettext_lazy("commitments"),
        model=Commitment,
        key=("community", "month", "number"),
        rows=_rows,
        order=("meeting__month", "meeting__community__code", "pk"),
        prepare=_own,
        derived_from=(),
        check=_check,
        before=_set_meetings,
        after=_save_steps,
        columns=(
            Column(
                "community",
                COMMUNITY.header,
                COMMUNITY.kind,
                COMMUNITY.aliases,
                required=True,
                attr=None,
                source="meeting__community",
                shown="meeting__community__code",
                help=COMMUNITY.help,
                example=COMMUNITY.example,
            ),
            Column(
                "community_name", "所属社区", kinds.Text(), read_only=True, source="meeting__community__name"
            ),
            Column(
                "month",
                MONTH.header,
                MONTH.kind,
                MONTH.aliases,
                required=True,
                attr=None,
                source="meeting__month",
                example=MONTH.example,
            ),
            Column(
                "number",
                "序号",
                kinds.Integer(least=1, most=999),
                ("承诺序号", "编号"),
                required=True,
                attr=None,
                help="在当月联席会中的序号：1、2、3……",
                example="1",
            ),
            Column(
                "project",
                "项目编号",
                project_reference(),
                ("项目名称", "项目", "服务项目", "承诺项目"),
                required=True,
                attr="project_id",
                shown="project__code",
                example="FW0001",
            ),
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                attr="compound_id",
                shown="compound__code",
                example="XQ0001",
            ),
            Column(
                "problem",
                "问题",
                kinds.Text(longest=300),
                ("存在问题", "诉求"),
                required=True,
                example="3栋楼道灯不亮",
            ),
            Column(
                "promise",
                "承诺内容",
                kinds.Text(longest=300),
                ("承诺", "承诺事项"),
                required=True,
                example="更换灯具",
            ),
            Column(
                "responsible_post",
                "责任岗位",
                kinds.Text(longest=50),
                ("责任人岗位", "责任人"),
                required=True,
                help="写岗位，不写姓名",
                example="项目经理",
            ),
            Column(
                "first_due_on",
                "完成时限",
                kinds.Date(),
                ("承诺时限", "办结时限", "期限"),
                required=True,
                example="2026-08-30",
            ),
            Column("answer", "答复内容", kinds.Text(longest=2000), ("答复", "办理情况")),
            Column(
                "answered_on",
                "答复日期",
                kinds.Date(),
                ("办结日期", "完成日期"),
                attr="answered_at",
                help="企业答复已办好的日期",
            ),
            Column(
                "confirmed_on",
                "销号日期",
                kinds.Date(),
                ("确认日期",),
                attr="confirmed_at",
                help="社区确认办好的日期",
            ),
            Column("due_on", "现完成时限", kinds.Date(), read_only=True),
            Column("state", "状态", kinds.Choice(choices=STATES), read_only=True),
            Column("times_reopened", "退回次数", kinds.Integer(), read_only=True),
            Column(
                "meeting",
                "联席会",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="meeting",
                attr="meeting_id",
            ),
            Column(
                "made",
                "承诺日期",
                kinds.Date(),
                read_only=True,
                hidden=True,
                source="made_on",
                attr="made_on",
            ),
        ),
    )
)
