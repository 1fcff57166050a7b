"""Register `joint-meetings`: minutes that a community filed on paper, one row each, with who attended.

A file only adds filed minutes and accepts them, as the desk would; what is recorded is changed at the
desk alone. So a ledger of the past comes in three steps: the meetings as filed, their commitments,
and the meetings again as accepted by a clerk of their subdistrict.
"""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.lights import filing_deadline
from communities.models import Commitment, CommitmentStep, JointMeeting, MeetingAttendance
from communities.services.serving import ServedCommunities
from enterprises.imports.enterprises import project_rows
from redprop.accounts.clock import business_now
from redprop.accounts.roles import Role
from redprop.areas.imports import any_community_reference
from redprop.areas.models import Community
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular import bulk, kinds, parts
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, recorded, scoped
from redprop.core.selectors import work_calendar

State = JointMeeting.State
STATES = (
    (State.DRAFT.value, "草稿"),
    (State.SUBMITTED.value, "已提交"),
    (State.RETURNED.value, "已退回"),
    (State.ACCEPTED.value, "已通过"),
)
ATTENDANCE = (("present", "出席"), ("observer", "列席"), ("excused", "请假"), ("absent", "缺席"))

meeting_rows = scoped(JointMeeting, "community__district")


def _attended(kind: str, path: str) -> ArraySubquery:
    rows = MeetingAttendance.objects.filter(meeting=OuterRef("pk"), kind=kind)
    if path == "unit":
        return ArraySubquery(rows.exclude(unit="").order_by("unit").values("unit"))
    return ArraySubquery(rows.filter(project__isnull=False).order_by("project__code").values(path))


def _rows(context: Context) -> Any:
    annotations: dict[str, Any] = {"filed_on": TruncDate("submitted_at")}
    for kind, _label in ATTENDANCE:
        annotations |= {
            f"{kind}_pks": _attended(kind, "project"),
            f"{kind}_codes": _attended(kind, "project__code"),
            f"{kind}_units": _attended(kind, "unit"),
        }
    return meeting_rows(context).annotate(**annotations)


def _own(context: Context, instance: Any) -> None:
    now, by = business_now(context.district), str(context.user or "")
    if instance._state.adding:
        instance.recorded_at = instance.submitted_at = now
        instance.submitted_by, instance.version = by, 1
        if instance.state != State.ACCEPTED:
            instance.state = State.SUBMITTED
    if instance.state == State.ACCEPTED:
        instance.decided_at, instance.decided_by = now, by


def may_accept(context: Context, subdistrict_id: Any) -> bool:
    """Whether the user accepts minutes of this subdistrict: its clerk, or the system itself."""
    return context.user is None or any(
        p.role == Role.SUBDISTRICT_CLERK and p.subdistrict_id == subdistrict_id
        for p in context.user.current_postings
    )


def _check(context: Context, plan: Plan) -> None:
    communities = {
        pk: (subdistrict, closed)
        for pk, subdistrict, closed in Community.objects.filter(district=context.district).values_list(
            "pk", "subdistrict", "closed_on"
        )
    }
    served = ServedCommunities({plan.value(row, "community") for row in plan.of(NEW)})
    for row in plan.of(CHANGED):
        _check_changed(context, plan, row, communities)
    for row in plan.of(NEW):
        _check_month(context, plan, row, communities)
        _check_minutes(plan, row)
        _check_attendance(plan, row, served)


def _check_changed(context: Context, plan: Plan, row: Row, communities: dict[Any, Any]) -> None:
    """A recorded meeting only goes on from filed to accepted."""
    old, new = plan.stored(row, "state"), plan.value(row, "state")
    if set(plan.changes(row)) != {"state"} or (old, new) != (State.SUBMITTED, State.ACCEPTED):
        plan.refuse(
            row,
            next(iter(plan.changes(row))),
            _(
                "The minutes of this month are recorded already (%(state)s). They are changed at the desk; a file can only accept filed ones."
            )
            % {"state": State(old).label},
        )
    else:
        _check_accepting(context, plan, row, communities)


def _check_accepting(context: Context, plan: Plan, row: Row, communities: dict[Any, Any]) -> None:
    if not may_accept(context, communities[plan.value(row, "community")][0]):
        plan.refuse(
            row,
            "state",
            _("Only a clerk of the community's subdistrict accepts minutes. Enter them as “已提交”."),
        )


def _check_month(context: Context, plan: Plan, row: Row, communities: dict[Any, Any]) -> None:
    month, held = plan.value(row, "month"), plan.value(row, "held_on")
    period = Period.of(PeriodKind.MONTH, month)
    _subdistrict, closed = communities[plan.value(row, "community")]
    state = plan.value(row, "state")
    if state in (State.DRAFT, State.RETURNED):
        plan.refuse(
            row, "state", _("Minutes come in by file as filed or accepted; drafts are written at the desk.")
        )
    elif state == State.ACCEPTED:
        _check_accepting(context, plan, row, communities)
    if not period.contains(held):
        plan.refuse(
            row,
            "held_on",
            _("Held on: %(day)s is not in %(month)s. Enter a day of that month, or open the other month.")
            % {"day": held, "month": period.label},
        )
    elif held > context.day:
        plan.refuse(
            row, "held_on", _("Held on: the day is in the future. Enter the day the meeting took place.")
        )
    elif closed and closed <= month:
        plan.refuse(
            row,
            "community",
            _("This community was dissolved on %(day)s. Meetings from then on are filed by its successor.")
            % {"day": closed},
        )


def _check_minutes(plan: Plan, row: Row) -> None:
    if not plan.value(row, "present_pks") and not plan.value(row, "present_units"):
        plan.refuse(row, "present_units", _("Attendance: mark at least one participant as present."))
    if not plan.value(row, "nothing_new") and not plan.value(row, "topics"):
        plan.refuse(
            row, "topics", _("Enter what was discussed or promised, or tick “nothing new this month”.")
        )


def _check_attendance(plan: Plan, row: Row, served: ServedCommunities) -> None:
    seen: set[Any] = set()
    for kind, _label in ATTENDANCE:
        name = f"{kind}_pks"
        for project in plan.value(row, name) or ():
            if isinstance(project, str):
                plan.refuse(
                    row,
                    name,
                    _("There is no single service project “%(key)s”. Write its code.")
                    % {"key": project[:60]},
                )
            elif project in seen:
                plan.refuse(row, name, _("A service project stands in two columns of attendance. Keep one."))
            elif not served.serves(project, plan.value(row, "community"), plan.value(row, "held_on")):
                plan.refuse(
                    row,
                    name,
                    _("A service project does not serve this community on that day. Leave it out."),
                )
            seen.add(project)
        if any(len(unit) > 100 for unit in plan.value(row, f"{kind}_units") or ()):
            plan.refuse(row, f"{kind}_units", _("A unit has at most 100 characters."))


def _set_deadlines(context: Context, plan: Plan) -> None:
    calendar = work_calendar(context.district)
    for row in plan.of(NEW):
        month = Period.of(PeriodKind.MONTH, plan.value(row, "month"))
        plan.set(row, "due", filing_deadline(month, calendar))


def _save_attendance(context: Context, plan: Plan) -> None:
    now = business_now(context.district)
    lines = []
    for row in plan.of(NEW):
        for kind, _label in ATTENDANCE:
            parties = [{"project_id": pk} for pk in plan.value(row, f"{kind}_pks") or ()]
            parties += [{"unit": unit} for unit in plan.value(row, f"{kind}_units") or ()]
            lines += [
                recorded(context, MeetingAttendance(meeting_id=row.pk, kind=kind, recorded_at=now, **party))
                for party in parties
            ]
    bulk.insert(lines)
    _begin_promises(context, [row.pk for row in plan.of(CHANGED)])


def _begin_promises(context: Context, meetings: list[Any]) -> None:
    """With the acceptance the promises begin, as at the desk."""
    promises = Commitment.objects.filter(meeting__in=meetings).exclude(
        steps__kind=CommitmentStep.Kind.PROMISED
    )
    now = business_now(context.district)
    bulk.insert(
        [
            recorded(
                context,
                CommitmentStep(
                    commitment=one,
                    kind=CommitmentStep.Kind.PROMISED,
                    at=one.meeting.submitted_at,
                    text=one.promise,
                    recorded_at=now,
                ),
            )
            for one in promises.select_related("meeting")
        ]
    )


def _attendance_columns() -> list[Column]:
    columns = []
    for kind, label in ATTENDANCE:
        columns += [
            Column(
                f"{kind}_pks",
                f"{label}项目",
                parts.References(
                    resolve=parts.resolve_each(by_paths(project_rows, "code", "name")),
                    what=gettext_lazy("service project"),
                ),
                (f"{label}企业项目",),
                attr=None,
                shown=f"{kind}_codes",
                help="项目编号，多个用顿号隔开",
                example="FW0001" if kind == "present" else "",
            ),
            Column(
                f"{kind}_units",
                f"{label}单位和职务",
                parts.Names(),
                (f"{label}人员", f"{label}单位"),
                attr=None,
                help="只写单位和职务，不写姓名；多个用顿号隔开",
                example="社区民警" if kind == "present" else "",
            ),
        ]
    return columns


COMMUNITY = Column(
    "community",
    "社区代码",
    any_community_reference(),
    ("社区", "社区名称"),
    required=True,
    attr="community_id",
    shown="community__code",
    help="社区代码或名称",
    example="420102002003",
)
MONTH = Column("month", "月份", parts.Month(), ("会议月份", "年月"), required=True, example="2026-08")

register(
    Register(
        name="joint-meetings",
        title=gettext_lazy("joint meetings"),
        model=JointMeeting,
        key=("community", "month"),
        rows=_rows,
        order=("month", "community__code"),
        prepare=_own,
        derived=("decided_at", "decided_by"),
        derived_from=("state",),
        check=_check,
        before=_set_deadlines,
        after=_save_attendance,
        columns=(
            COMMUNITY,
            Column("community_name", "所属社区", kinds.Text(), read_only=True, source="community__name"),
            MONTH,
            Column(
                "state",
                "状态",
                kinds.Choice(
                    choices=STATES,
                    also=tuple(State.choices),
                    aliases={"已报送": "submitted", "已接收": "accepted", "已审核": "accepted"},
                ),
                ("审核状态",),
                help="不填为“已提交”；还有承诺事项要导入的，先填“已提交”，导入承诺后再改为“已通过”",
                example="已提交",
            ),
            Column(
                "held_on", "召开日期", kinds.Date(), ("会议日期", "日期"), required=True, example="2026-08-20"
            ),
            Column(
                "place", "地点", kinds.Text(longest=100), ("会议地点",), required=True, example="社区会议室"
            ),
            Column(
                "chair",
                "主持人",
                kinds.Text(longest=50),
                ("主持",),
                required=True,
                help="职务",
                example="社区党组织书记",
            ),
            Column(
                "recorder", "记录人", kinds.Text(longest=50), ("记录",), help="职务", example="社区副书记"
            ),
            Column(
                "nothing_new",
                "本月无新增事项",
                kinds.Boolean(),
                ("无新增事项",),
                help="填“是”则不能再有议题和承诺事项",
                example="否",
            ),
            Column(
                "topics", "议题", kinds.Text(longest=4000), ("会议议题", "议题内容"), example="楼道照明维修"
            ),
            Column("decisions", "议定事项", kinds.Text(longest=4000), ("会议决定", "决议")),
            *_attendance_columns(),
            Column("due_on", "应提交日期", kinds.Date(), read_only=True),
            Column("filed_on", "提交日期", kinds.Date(), read_only=True),
            Column("due", "期限", kinds.Date(), read_only=True, hidden=True, source="due_on", attr="due_on"),
        ),
    )
)
