"""Registers of the lead-goose secretaries: `community-secretaries`, `training-courses`, `secretary-training`, `secretary-ratings`."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.posts import FROM, PERSON, PERSON_NAME, TO
from enterprises.models import CommunitySecretary, SecretaryRating, TrainingAttendance, TrainingCourse
from enterprises.services.lead_geese import fault_of_attendance, fault_of_rating, spans_of
from redprop.areas.imports import community_reference
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, scoped

course_rows = scoped(TrainingCourse)
GRADES = (
    (SecretaryRating.Grade.GOOD.value, "好"),
    (SecretaryRating.Grade.FAIR.value, "较好"),
    (SecretaryRating.Grade.ORDINARY.value, "一般"),
    (SecretaryRating.Grade.POOR.value, "差"),
)


def _check_seats(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    saving.refuse_overlaps(
        context,
        plan,
        by=("community",),
        message=_("This community already has a secretary on some of these days. End that post first."),
    )


register(
    Register(
        name="community-secretaries",
        title=gettext_lazy("community secretaries"),
        model=CommunitySecretary,
        key=("community", "valid_from"),
        rows=scoped(CommunitySecretary, "person__district"),
        order=("community__code", "valid_from"),
        check=_check_seats,
        columns=(
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
            PERSON,
            PERSON_NAME,
            FROM,
            TO,
        ),
    )
)


KINDS = (
    (TrainingCourse.Kind.ROTATION.value, "集中轮训"),
    (TrainingCourse.Kind.WORKSHOP.value, "工作坊"),
    (TrainingCourse.Kind.VISIT.value, "观摩考察"),
    (TrainingCourse.Kind.ONLINE.value, "网络培训"),
)


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _check_courses(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan, "held_from", "held_to")
    for row in plan.of(NEW, CHANGED):
        first, last = plan.value(row, "held_from"), plan.value(row, "held_to")
        if first and last and first.year != last.year:
            plan.refuse(
                row,
                "held_to",
                _("Hours count in one year: enter a course over New Year as two courses."),
            )


register(
    Register(
        name="training-courses",
        title=gettext_lazy("courses for secretaries"),
        model=TrainingCourse,
        key=("code",),
        rows=course_rows,
        order=("held_from", "code"),
        prepare=_own,
        check=_check_courses,
        columns=(
            Column(
                "code", "培训班编号", kinds.Code(longest=20), ("编号",), required=True, example="PX2026-01"
            ),
            Column(
                "title",
                "培训班名称",
                kinds.Text(longest=100),
                ("培训班", "名称"),
                required=True,
                example="2026年党组织书记集中轮训班",
            ),
            Column(
                "kind",
                "培训类别",
                kinds.Choice(choices=KINDS, also=tuple(TrainingCourse.Kind.choices)),
                ("类别",),
                required=True,
                example="集中轮训",
            ),
            Column("held_from", "开始日期", kinds.Date(), ("起始日期",), required=True, example="2026-04-12"),
            Column(
                "held_to",
                "结束日期",
                kinds.Date(end=True),
                ("终止日期",),
                required=True,
                example="2026-04-14",
            ),
            Column(
                "hours",
                "学时",
                kinds.Number(places=1, least=Decimal("0.5"), most=500, units=("学时", "小时")),
                ("总学时",),
                required=True,
                example="24",
            ),
            Column("organiser", "主办单位", kinds.Text(longest=100), example="区委组织部"),
        ),
    )
)


def _people(plan: Plan) -> set[Any]:
    return {plan.value(row, "person") for row in plan.of(NEW, CHANGED)} - {None}


def _check_training(context: Context, plan: Plan) -> None:
    """Hours within the course, by somebody who was secretary then (three queries)."""
    spans = spans_of(_people(plan))
    courses = TrainingCourse.objects.filter(district=context.district).in_bulk()
    for row in plan.of(NEW, CHANGED):
        person, course = plan.value(row, "person"), courses.get(plan.value(row, "course"))
        if person is None or course is None:
            continue
        field, sentence = fault_of_attendance(
            course, plan.value(row, "hours"), context.day, spans.get(person, ())
        )
        if field:
            plan.refuse(row, field, sentence)


register(
    Register(
        name="secretary-training",
        title=gettext_lazy("attendance at courses"),
        model=TrainingAttendance,
        key=("course", "person"),
        rows=scoped(TrainingAttendance, "course__district"),
        order=("course__code", "person__code"),
        check=_check_training,
        page_path="course",
        columns=(
            Column(
                "course",
                "培训班编号",
                kinds.Reference(
                    resolve=by_paths(course_rows, "code", "title"),
                    what=gettext_lazy("course for secretaries"),
                    offer=saving.offer_names(course_rows, "title"),
                ),
                ("培训班", "培训班名称"),
                required=True,
                attr="course_id",
                shown="course__code",
                help="先在“书记培训班”中登记培训班",
                example="PX2026-01",
            ),
            PERSON,
            PERSON_NAME,
            Column(
                "hours",
                "参训学时",
                kinds.Number(places=1, least=Decimal("0.5"), most=500, units=("学时", "小时")),
                ("学时",),
                required=True,
                example="16",
            ),
        ),
    )
)


def _check_ratings(context: Context, plan: Plan) -> None:
    """Only who was secretary in the year is rated (two queries)."""
    spans = spans_of(_people(plan))
    for row in plan.of(NEW, CHANGED):
        person, year = plan.value(row, "person"), plan.value(row, "year")
        day = plan.value(row, "rated_on")
        if person is None or year is None or day is None:
            continue
        field, sentence = fault_of_rating(year, day, context.day, spans.get(person, ()))
        if field:
            plan.refuse(row, field, sentence)


register(
    Register(
        name="secretary-ratings",
        title=gettext_lazy("ratings of secretaries"),
        model=SecretaryRating,
        key=("person", "year"),
        rows=scoped(SecretaryRating, "person__district"),
        order=("year", "person__code"),
        check=_check_ratings,
        columns=(
            PERSON,
            PERSON_NAME,
            Column("year", "考核年度", kinds.Year(least=2000), ("年度",), required=True, example="2025"),
            Column(
                "grade",
                "评价等次",
                kinds.Choice(
                    choices=GRADES, also=tuple(SecretaryRating.Grade.choices), aliases={"优秀": "good"}
                ),
                ("等次", "评价"),
                required=True,
                example="好",
            ),
            Column("rated_on", "评价日期", kinds.Date(), ("评定日期",), required=True, example="2026-01-15"),
            Column(
                "grounds",
                "评价依据",
                kinds.Text(longest=300),
                ("依据", "理由"),
                required=True,
                help="写工作实绩，不写个人生活和健康",
                example="党员大会、主题党日按期开展，居民诉求办结率高",
            ),
            Column("document", "文号", kinds.Text(longest=100)),
        ),
    )
)
