"""Registers `posts` and `cross-appointments`: who works where, since when."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference, project_reference, project_rows
from enterprises.models import CrossAppointment, Graduate, Post
from enterprises.services.talent_rules import talent_numbers_on
from enterprises.talent_checks import LEAST_AGE_AT_DEGREE, age_on, check_age
from redprop.areas.imports import community_reference
from redprop.common.errors import Refused
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, also_check, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped
from redprop.core.imports import person_reference
from redprop.core.imports.id_numbers import Number
from redprop.core.models import Person
from redprop.core.services.people import birth_date_in, birth_date_of

POSTS = (
    (Post.Kind.PROJECT_MANAGER.value, "项目经理"),
    (Post.Kind.MANAGEMENT.value, "管理人员"),
    (Post.Kind.STAFF.value, "员工"),
)
ENDS = (
    (Post.End.CHANGED.value, "本企业转岗"),
    (Post.End.MOVED.value, "转到区内其他企业"),
    (Post.End.PAY.value, "薪酬或发展"),
    (Post.End.PUBLIC.value, "考录公职"),
    (Post.End.COMMUNITY.value, "到社区工作"),
    (Post.End.STUDY.value, "升学"),
    (Post.End.FAMILY.value, "家庭或异地"),
    (Post.End.CONTRACT.value, "合同期满"),
    (Post.End.DISMISSED.value, "企业辞退"),
    (Post.End.OTHER.value, "其他"),
)
DIRECTIONS = (
    (CrossAppointment.Direction.TO_COMMUNITY.value, "企业到社区"),
    (CrossAppointment.Direction.TO_ENTERPRISE.value, "社区到企业"),
)
BODIES = (
    (CrossAppointment.Body.BIG_COMMITTEE.value, "社区大党委"),
    (CrossAppointment.Body.PARTY_COMMITTEE.value, "社区党委"),
    (CrossAppointment.Body.RESIDENTS_COMMITTEE.value, "社区居委会"),
    (CrossAppointment.Body.ENTERPRISE.value, "物业企业"),
)

PERSON = Column(
    "person",
    "人员编号",
    person_reference(),
    ("姓名", "人员"),
    required=True,
    attr="person_id",
    shown="person__code",
    help="人员编号；无重名时可填姓名",
    example="RY00001",
)
PERSON_NAME = Column(
    "person_name", "人员姓名", kinds.Text(), read_only=True, source="person__name", help="仅供查看"
)
ENTERPRISE = Column(
    "enterprise",
    "统一社会信用代码",
    enterprise_reference(),
    ("企业名称", "物业企业", "企业"),
    required=True,
    attr="enterprise_id",
    shown="enterprise__uscc",
    example="91350100M000100Y43",
)
PROJECT = Column(
    "project",
    "项目编号",
    project_reference(),
    ("项目名称", "项目"),
    attr="project_id",
    shown="project__code",
    help="在企业本部的留空",
    example="FW0001",
)
FROM = Column(
    "valid_from",
    "起始日期",
    kinds.Date(),
    ("任职日期", "入职日期", "自"),
    required=True,
    example="2023-07-01",
)
TO = Column(
    "valid_to",
    "终止日期",
    kinds.Date(end=True),
    ("离任日期", "离职日期", "至"),
    help="最后一天；仍在职的留空",
)


def _check_project(context: Context, plan: Plan) -> None:
    """Refuse rows whose project belongs to another enterprise (one query)."""
    saving.refuse_out_of_order(plan)
    of_enterprise = dict(project_rows(saving.of_system(context)).values_list("pk", "enterprise"))
    for row in plan.of(NEW, CHANGED):
        project = plan.value(row, "project")
        if project and of_enterprise.get(project) != plan.value(row, "enterprise"):
            plan.refuse(
                row, "project", _("This project belongs to another enterprise. Correct one of the two.")
            )


def _check_posts(context: Context, plan: Plan) -> None:
    _check_project(context, plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("project",),
        message=_("This project already has a manager on some of these days. End that post first."),
        only=lambda value: value("kind") == Post.Kind.PROJECT_MANAGER and value("project") is not None,
    )
    _refuse_two_enterprises(context, plan)
    _refuse_ends_without_day(plan)
    refuse_by_birth(context, plan, "valid_from")


def _refuse_ends_without_day(plan: Plan) -> None:
    for row in plan.of(NEW, CHANGED):
        if plan.value(row, "end_reason") and not plan.value(row, "valid_to"):
            plan.refuse(row, "end_reason", _("A reason for the end needs the last day, too."))


def refuse_by_birth(context: Context, plan: Plan, field: str) -> None:
    """Refuse a first day in post before the holder is of age, where the ID number is known (two queries)."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.value(row, field) and plan.differs(row, field)]
    people = Person.objects.filter(pk__among={plan.value(row, "person") for row in rows} - {None})
    known = {one.pk: one for one in people.exclude(id_number_cipher="")}
    if not known:
        return
    numbers: dict[Any, int] = {}
    for row in rows:
        person, day = known.get(plan.value(row, "person")), plan.value(row, field)
        if person is None:
            continue
        if day not in numbers:
            numbers[day] = talent_numbers_on(context.district, day).least_age
        try:
            check_age(person.name, birth_date_of(person), day, numbers[day])
        except Refused as refused:
            plan.refuse(row, field, str(refused))


def _refuse_two_enterprises(context: Context, plan: Plan) -> None:
    """Nobody is at two enterprises on one day: within the file and against the register (one query)."""
    spans: dict[Any, list[tuple[Any, Any, Any, Any]]] = {}
    rows = [row for row in plan.good() if plan.value(row, "person") is not None]
    known = {row.pk for row in rows if row.pk is not None}
    people = {plan.value(row, "person") for row in rows}
    stored = plan.register.rows(saving.of_system(context)).values_list(
        "pk", "person", "enterprise", "valid_from", "valid_to"
    )
    for pk, person, enterprise, first, last in stored:
        if person in people and pk not in known:
            spans.setdefault(person, []).append((enterprise, first, last, None))
    for row in rows:
        person, enterprise = plan.value(row, "person"), plan.value(row, "enterprise")
        first, last = plan.value(row, "valid_from"), plan.value(row, "valid_to")
        for other, start, end, number in spans.get(person, []):
            if (
                other != enterprise
                and (end is None or end >= first)
                and (last is None or last >= start)
                and plan.differs(row, "valid_from", "valid_to", "enterprise", "person")
            ):
                where = _("row %(row)s") % {"row": number} if number else _("the register")
                plan.refuse(
                    row,
                    "valid_from",
                    _("This person is at another enterprise on some of these days. End that post first.")
                    + " "
                    + _("(%(where)s: %(from)s to %(until)s)")
                    % {
                        "where": where,
                        "from": start.isoformat(),
                        "until": end.isoformat() if end else _("open end"),
                    },
                )
                break
        spans.setdefault(person, []).append((enterprise, first, last, row.number))


register(
    Register(
        name="posts",
        title=gettext_lazy("posts"),
        model=Post,
        key=("person", "enterprise", "valid_from"),
        rows=scoped(Post, "enterprise__district"),
        order=("person__code", "valid_from", "pk"),
        check=_check_posts,
        columns=(
            PERSON,
            PERSON_NAME,
            ENTERPRISE,
            PROJECT,
            Column(
                "kind",
                "岗位类别",
                kinds.Choice(choices=POSTS, also=tuple(Post.Kind.choices), aliases={"管理层": "management"}),
                ("岗位", "类别"),
                required=True,
                example="项目经理",
            ),
            Column("title", "职务名称", kinds.Text(longest=50), ("职务",), example="客服主管"),
            FROM,
            TO,
            Column(
                "end_reason",
                "离岗原因",
                kinds.Choice(
                    choices=ENDS,
                    also=tuple(Post.End.choices),
                    aliases={"辞职": "pay", "考公": "public", "考研": "study", "合同到期": "contract"},
                ),
                ("离职原因", "终止原因"),
                help="有终止日期时填",
            ),
        ),
    )
)


def _check_appointments(context: Context, plan: Plan) -> None:
    _check_project(context, plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("person", "community", "body"),
        message=_("This person already holds this post on some of these days."),
    )


register(
    Register(
        name="cross-appointments",
        title=gettext_lazy("cross-appointments"),
        model=CrossAppointment,
        key=("person", "community", "body", "valid_from"),
        rows=scoped(CrossAppointment, "enterprise__district"),
        order=("person__code", "community__code", "body", "valid_from"),
        check=_check_appointments,
        columns=(
            PERSON,
            PERSON_NAME,
            ENTERPRISE,
            PROJECT,
            Column(
                "community",
                "社区代码",
                community_reference(),
                ("社区", "社区名称"),
                required=True,
                attr="community_id",
                shown="community__code",
                example="420102002003",
            ),
            Column(
                "direction",
                "任职方向",
                kinds.Choice(choices=DIRECTIONS, also=tuple(CrossAppointment.Direction.choices)),
                ("方向",),
                required=True,
                example="企业到社区",
            ),
            Column(
                "body",
                "任职组织",
                kinds.Choice(
                    choices=BODIES,
                    also=tuple(CrossAppointment.Body.choices),
                    aliases={"大党委": "big_party_committee", "居委会": "residents_committee"},
                ),
                ("兼任组织",),
                required=True,
                example="社区大党委",
            ),
            FROM,
            TO,
        ),
    )
)


def _numbers_against_posts(context: Context, plan: Plan) -> None:
    """Refuse numbers by which somebody was too young for the first post or for the degree (two queries)."""
    rows = {
        row.pk: row
        for row in plan.of(CHANGED)
        if row.pk is not None
        and plan.differs(row, "id_number")
        and isinstance(plan.value(row, "id_number"), Number)
    }
    first = dict(
        Post.objects.filter(person__among=rows).order_by("-valid_from").values_list("person", "valid_from")
    )
    degrees = dict(Graduate.objects.filter(person__among=rows).values_list("person", "graduated_on"))
    numbers: dict[Any, int] = {}
    for pk, row in rows.items():
        born, day, degree = birth_date_in(str(plan.value(row, "id_number"))), first.get(pk), degrees.get(pk)
        if day is not None and day not in numbers:
            numbers[day] = talent_numbers_on(context.district, day).least_age
        if day is not None and age_on(born, day) < numbers[day]:
            plan.refuse(
                row,
                "id_number",
                _(
                    "By this ID number the person was under %(age)s on the first day in post (%(day)s). Compare with the card, or correct the post first."
                )
                % {"age": numbers[day], "day": day.isoformat()},
                hide=True,
            )
        elif degree is not None and age_on(born, degree) < LEAST_AGE_AT_DEGREE:
            plan.refuse(
                row,
                "id_number",
                _(
                    "By this ID number the person was %(age)s on the day of the degree (%(day)s). Compare card and diploma: the number or the day is wrong."
                )
                % {"age": max(0, age_on(born, degree)), "day": degree.isoformat()},
                hide=True,
            )


also_check("people-id-numbers", _numbers_against_posts)
