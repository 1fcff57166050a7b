"""Register `graduates`: from the firms' own lists, without a person's code. Nobody is recorded twice in silence.

A row without a code is compared with the register and with the rows above it by name, sound of the name,
school, day of the degree and telephone. Who may be somebody known is proposed; a person decides. A new row
makes the person, and with 用人单位 the post, too.
"""

import datetime as dt
from typing import Any

from django.db.models import CharField, IntegerField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.imports.enterprises import enterprise_reference
from enterprises.imports.graduate_matches import match_graduates
from enterprises.imports.posts import refuse_by_birth
from enterprises.models import Graduate, Post, SchoolClass
from enterprises.talent_checks import check_degree
from redprop.common.errors import Refused
from redprop.common.tabular import bulk, codes, kinds, matches
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, Plan
from redprop.common.tabular.saving import recorded, scoped
from redprop.core.imports import person_reference
from redprop.core.models import Person
from redprop.core.services.people import birth_date_of
from redprop.core.services.search_keys import fill_person

DEGREES = (
    (Graduate.Degree.COLLEGE.value, "大专"),
    (Graduate.Degree.BACHELOR.value, "本科"),
    (Graduate.Degree.MASTER.value, "硕士"),
    (Graduate.Degree.DOCTOR.value, "博士"),
)
DEGREE_NAMES = {
    "专科": "college",
    "学士": "bachelor",
    "大学本科": "bachelor",
    "研究生": "master",
    "硕士研究生": "master",
}
SCHOOL_CLASSES = (
    (SchoolClass.FIRST_CLASS.value, "双一流"),
    (SchoolClass.UNIVERSITY.value, "普通本科"),
    (SchoolClass.COLLEGE.value, "高职高专"),
    (SchoolClass.ABROAD.value, "境外院校"),
)

graduate_rows = scoped(Graduate, "person__district")


def _rows(context: Context) -> Any:
    return graduate_rows(context).annotate(
        handling=Value("", CharField()),
        work_phone=Value("", CharField()),
        hired_by=Value(None, IntegerField()),
        hired_by_code=Value("", CharField()),
        post_title=Value("", CharField()),
    )


# Rules


def _check(context: Context, plan: Plan) -> None:
    rows = list(plan.of(NEW, CHANGED))
    people = {
        one.pk: one
        for one in Person.objects.filter(pk__among={plan.value(row, "person") for row in rows} - {None})
    }
    today = context.day
    for row in rows:
        person = people.get(plan.value(row, "person"))
        name = plan.value(row, "name") or ""
        if person is not None and plan.given(row, "name") and name != person.name and row.candidates is None:
            plan.refuse(
                row,
                "name",
                _(
                    "%(code)s is “%(name)s”. Correct the code or the name; a name is changed in the register of persons."
                )
                % {"code": person.code, "name": person.name},
            )
            continue
        recruited_on = plan.value(row, "recruited_on")
        if plan.value(row, "is_programme_recruit") and not recruited_on:
            plan.refuse(row, "recruited_on", _("Enter the day of recruitment of a programme recruit."))
            continue
        if plan.given(row, "hired_by") and plan.value(row, "hired_by") and not recruited_on:
            plan.refuse(row, "recruited_on", _("Enter the day of recruitment: the post begins on it."))
            continue
        graduated_on = plan.value(row, "graduated_on")
        if graduated_on and plan.differs(row, "graduated_on", "recruited_on"):
            if graduated_on > today and recruited_on is None:
                plan.refuse(
                    row,
                    "graduated_on",
                    _("%(day)s is in the future. Correct the date.") % {"day": graduated_on.isoformat()},
                )
                continue
            try:
                born = birth_date_of(person) if person is not None else None
                check_degree(person.name if person else name, graduated_on, recruited_on, born)
            except Refused as refused:
                plan.refuse(row, str(refused.fields["field"]), str(refused))
    refuse_by_birth(context, plan, "recruited_on")
    _check_posts(context, plan)


def _check_posts(context: Context, plan: Plan) -> None:
    """Refuse to hire who is in post elsewhere on that day or later (one query)."""
    rows = [row for row in plan.of(NEW, CHANGED) if plan.value(row, "hired_by") and plan.value(row, "person")]
    spans: dict[Any, list[tuple[Any, dt.date, dt.date | None, str]]] = {}
    posts = Post.objects.filter(person__among={plan.value(row, "person") for row in rows})
    for person, *span in posts.values_list(
        "person", "enterprise", "valid_from", "valid_to", "enterprise__name"
    ):
        spans.setdefault(person, []).append(tuple(span))
    for row in rows:
        firm, day = plan.value(row, "hired_by"), plan.value(row, "recruited_on")
        for other, _first, last, name in spans.get(plan.value(row, "person"), ()):
            if other != firm and (last is None or last >= day):
                plan.refuse(
                    row,
                    "hired_by",
                    _("This person is at %(enterprise)s on some of these days. End that post first.")
                    % {"enterprise": name},
                )
                break


# Writing


def _make_people(context: Context, plan: Plan) -> None:
    """Record the persons of new rows that are nobody known."""
    for part in plan.parts_of(NEW):
        rows = [row for row in part if row.status != REFUSED and plan.value(row, "person") is None]
        if not rows:
            continue
        allotted = codes.next_codes(Person, context.district, len(rows), prefix="RY", digits=5)
        people = []
        for row, code in zip(rows, allotted, strict=True):
            person = Person(
                district=context.district,
                code=code,
                name=plan.value(row, "name"),
                work_phone=plan.value(row, "work_phone") or "",
            )
            fill_person(person)
            people.append(recorded(context, person))
        bulk.insert(people)
        for row, made in zip(rows, people, strict=True):
            plan.labels.setdefault("person", {})[made.pk] = made.code  # type: ignore[attr-defined]
            plan.set(row, "person", made.pk)


def _make_posts(context: Context, plan: Plan) -> None:
    """Record the posts of rows that name who hired (one query a part)."""
    for part in plan.parts_of(NEW, CHANGED):
        rows = [row for row in part if row.status != REFUSED and plan.value(row, "hired_by")]
        people = {plan.value(row, "person") for row in rows}
        there = set(Post.objects.filter(person__among=people).values_list("person", "enterprise"))
        posts = [
            recorded(
                context,
                Post(
                    person_id=plan.value(row, "person"),
                    enterprise_id=plan.value(row, "hired_by"),
                    kind=Post.Kind.STAFF,
                    title=plan.value(row, "post_title") or "",
                    valid_from=plan.value(row, "recruited_on"),
                ),
            )
            for row in rows
            if (plan.value(row, "person"), plan.value(row, "hired_by")) not in there
        ]
        bulk.insert(posts)


register(
    Register(
        name="graduates",
        title=gettext_lazy("graduates"),
        model=Graduate,
        key=("person",),
        rows=_rows,
        order=("person__code",),
        match=match_graduates,
        check=_check,
        allot=_make_people,
        allotted_key=True,
        after=_make_posts,
        columns=(
            Column(
                "person",
                "人员编号",
                person_reference(),
                ("人员编码",),
                attr="person_id",
                shown="person__code",
                help="新增人员留空；已登记人员填编号",
                example="RY00001",
            ),
            Column(
                "name",
                "姓名",
                kinds.Name(longest=50),
                ("人员姓名", "人员"),
                attr=None,
                source="person__name",
                transient=True,
                help="无编号时必填；疑似已登记的由人工确认",
                example="张某某",
            ),
            Column(
                "degree",
                "学历",
                kinds.Choice(choices=DEGREES, also=tuple(Graduate.Degree.choices), aliases=DEGREE_NAMES),
                ("学位", "文化程度"),
                required=True,
                example="本科",
            ),
            Column("school", "毕业院校", kinds.Text(longest=100), ("学校", "院校")),
            Column(
                "school_class",
                "院校类别",
                kinds.Choice(
                    choices=SCHOOL_CLASSES,
                    also=tuple(SchoolClass.choices),
                    aliases={
                        "985": "first_class",
                        "211": "first_class",
                        "本科院校": "university",
                        "高职": "college",
                    },
                ),
                ("学校类别",),
                example="普通本科",
            ),
            Column(
                "graduated_on", "毕业日期", kinds.Date(), ("毕业时间",), required=True, example="2023-06-30"
            ),
            Column(
                "is_programme_recruit",
                "计划招录",
                kinds.Boolean(),
                ("是否计划招录", "是否招录"),
                required=True,
                example="是",
            ),
            Column(
                "recruited_on",
                "招录日期",
                kinds.Date(),
                ("招聘日期", "入职日期"),
                help="计划招录的必填",
                example="2023-07-01",
            ),
            Column(
                "hired_by",
                "用人单位",
                enterprise_reference(),
                ("企业", "企业名称", "统一社会信用代码"),
                attr=None,
                transient=True,
                shown="hired_by_code",
                help="填了即同时登记任职，自招录日期起",
            ),
            Column(
                "post_title",
                "岗位名称",
                kinds.Text(longest=50),
                ("岗位", "职务"),
                attr=None,
                transient=True,
                help="与用人单位同填",
            ),
            Column(
                "work_phone",
                "工作电话",
                kinds.Text(longest=30, personal=True),
                ("联系电话", "办公电话"),
                attr=None,
                transient=True,
                help="仅用于新增人员与查重；不收集身份证号",
            ),
            Column(
                "handling",
                "处理",
                kinds.Choice(choices=((matches.IS_NEW, "新建"),), aliases={"新增": matches.IS_NEW}),
                ("处理方式",),
                attr=None,
                transient=True,
                help="与已有人员相似、确是另一人的填“新建”",
            ),
        ),
    )
)
