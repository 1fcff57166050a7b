"""Register `graduates`: from the firms' own lists, without a person's code. Nobody is recorded twice in silence.

A row without a code is compared with the register and with the rows above it by name, sound of the name,
school, day of the degree and telephone. Who may be somebody known is proposed; a person decides. A new row
makes the person, and with 用人单位 the post, too.
"""

import datetime as dt
from typing import Any

from django.db.models import CharField, IntegerField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from enterprises.imports.enterprises import enterprise_reference
from enterprises.imports.posts import refuse_by_birth
from enterprises.models import Graduate, Post, SchoolClass
from enterprises.talent_checks import check_degree
from redprop.common.errors import Refused
from redprop.common.matching import Candidate, Score, stands_out
from redprop.common.matching.reasons import Reason, reason
from redprop.common.tabular import bulk, codes, kinds, matches
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, Plan, Row, stored_rows
from redprop.common.tabular.saving import recorded, scoped
from redprop.common.text import pinyin_full
from redprop.core.imports import person_reference
from redprop.core.imports.ground import people_in_register
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
PEOPLE_SHOWN = 5
SURE = 95
"""From these points on the row is taken for the person, as a proposal that changes nothing unasked."""


def _rows(context: Context) -> Any:
    return graduate_rows(context).annotate(
        handling=Value("", CharField()),
        work_phone=Value("", CharField()),
        hired_by=Value(None, IntegerField()),
        hired_by_code=Value("", CharField()),
        post_title=Value("", CharField()),
    )


# Who a row may be


class _Known:
    """A person of the register, with what the comparison reads."""

    __slots__ = ("code", "degree_on", "graduate", "name", "phone", "pk", "posts", "school", "sound")

    def __init__(self, person: Person, graduate: tuple[Any, str, dt.date] | None, posts: list[Any]) -> None:
        self.pk, self.code, self.name, self.phone = person.pk, person.code, person.name, person.work_phone
        self.sound = person.pinyin.split(" ", 1)[0]
        self.graduate, self.school, self.degree_on = graduate or (None, "", None)
        self.posts = posts


def compare(row: tuple[str, str, str, dt.date | None, str, dt.date | None], known: _Known) -> Score | None:
    """The score of (name, sound, school, day of the degree, telephone, day of hire) against a known person."""
    name, sound, school, degree_on, phone, hired_on = row
    if sound != known.sound:
        return None
    same_name = name == known.name
    why: list[Reason] = [
        reason(gettext_noop("same name") if same_name else gettext_noop("same sound of the name"))
    ]
    same_phone = bool(phone and phone == known.phone)
    same_degree = _same_degree(school, degree_on, known.school, known.degree_on, same_name)
    if same_degree:
        why.append(reason(gettext_noop("same school and day of the degree")))
    if same_phone:
        why.append(reason(gettext_noop("same telephone")))
    hired = (
        known.graduate is None
        and hired_on is not None
        and any(first <= hired_on and (last is None or hired_on <= last) for first, last in known.posts)
    )
    if hired:
        why.append(reason(gettext_noop("in post on the day of recruitment")))
    if not (same_name or same_degree or same_phone):
        return None
    agree = same_degree or same_phone or hired
    points = (97 if agree else 80) if same_name else 86
    return Score(points, tuple(why), same_name=same_name)


def _same_degree(
    school: str, day: dt.date | None, other_school: str, other_day: dt.date | None, same_name: bool
) -> bool:
    """One degree: the same day, and the same school; with the same name one of the schools may be unknown."""
    if day is None or day != other_day:
        return False
    return school == other_school if school and other_school else same_name


def _described(plan: Plan, row: Row) -> tuple[str, str, str, dt.date | None, str, dt.date | None]:
    name = plan.value(row, "name") or ""
    return (
        name,
        pinyin_full(name),
        plan.value(row, "school") or "",
        plan.value(row, "graduated_on"),
        plan.value(row, "work_phone") or "",
        plan.value(row, "recruited_on"),
    )


def _people_of_sounds(context: Context, sounds: set[str]) -> dict[str, list[_Known]]:
    """Persons of the register by the sound of their names (three queries)."""
    found: dict[str, list[_Known]] = {}
    people = [
        one
        for one in people_in_register(context).only("pk", "code", "name", "pinyin", "work_phone")
        if one.pinyin.split(" ", 1)[0] in sounds
    ]
    pks = {one.pk for one in people}
    graduates = {
        person: (pk, school, day)
        for pk, person, school, day in Graduate.objects.filter(person__among=pks).values_list(
            "pk", "person", "school", "graduated_on"
        )
    }
    posts: dict[Any, list[Any]] = {}
    for person, *span in Post.objects.filter(person__among=pks).values_list(
        "person", "valid_from", "valid_to"
    ):
        posts.setdefault(person, []).append(span)
    for one in sorted(people, key=lambda person: person.code):
        known = _Known(one, graduates.get(one.pk), posts.get(one.pk, []))
        found.setdefault(known.sound, []).append(known)
    return found


def _match(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Propose the persons of rows without a code; rows of the file that may be one person stand against each other."""
    described = {}
    for row in rows:
        if plan.value(row, "name"):
            described[row.number] = _described(plan, row)
        else:
            plan.refuse(row, "name", _("This field is required."))
    known = _people_of_sounds(context, {one[1] for one in described.values()})
    above: dict[str, list[tuple[int, Any]]] = plan.memory.setdefault("graduates above", {})
    wanted: dict[Any, Row] = {}
    for row in rows:
        if row.number not in described:
            continue
        one = described[row.number]
        is_new = plan.value(row, "handling") == matches.IS_NEW
        decision = context.decisions.get(row.number) or (matches.IS_NEW if is_new else "")
        twin = None if decision == matches.IS_NEW else _twin(one, above.get(one[1], ()))
        above.setdefault(one[1], []).append((row.number, one))
        if decision == matches.IS_NEW:
            continue
        if twin is not None:
            plan.refuse(row, "name", _twin_sentence(*twin))
            continue
        scored = [(compare(one, person), person) for person in known.get(one[1], ())]
        candidates = [
            Candidate(person.pk, person.code, person.name, score) for score, person in scored if score
        ]
        candidates.sort(key=lambda candidate: (-candidate.score.points, candidate.code))
        if not candidates:
            continue
        row.candidates = candidates[:PEOPLE_SHOWN]
        target = matches.target_of(context, candidates, decision)
        if target is None and stands_out(candidates) and candidates[0].score.points >= SURE:
            target, row.proposed = candidates[0].pk, True
        if target is None:
            plan.refuse(row, "name", matches.sentence_of(candidates))
            continue
        first = plan.keys.setdefault(plan.register.by_field["person"].kind.key(target), row.number)
        if first != row.number:
            plan.refuse(
                row,
                "name",
                _("Row %(row)s is already the same row of the register. Delete one of them, or give a code.")
                % {"row": first},
            )
            continue
        plan.labels.setdefault("person", {})[target] = next(
            (c.code for c in candidates if c.pk == target), str(target)
        )
        plan.set(row, "person", target)
        wanted[target] = row
    _take(context, plan, wanted)


def _twin(one: Any, above: Any) -> tuple[int, Any, list[Reason]] | None:
    """The row above that may be the same person, with the reasons."""
    name, _sound, school, degree_on, phone, _hired = one
    for number, other in above:
        same_name = name == other[0]
        same_degree = _same_degree(school, degree_on, other[2], other[3], same_name)
        same_phone = bool(phone and phone == other[4])
        if same_name or same_degree or same_phone:
            why = [reason(gettext_noop("same name") if same_name else gettext_noop("same sound of the name"))]
            if same_degree:
                why.append(reason(gettext_noop("same school and day of the degree")))
            if same_phone:
                why.append(reason(gettext_noop("same telephone")))
            return number, other, why
    return None


def _twin_sentence(number: int, other: Any, why: list[Reason]) -> str:
    return _(
        "Perhaps the same person as row %(row)s, “%(name)s” (%(why)s). Keep one of the two rows and enter the second enterprise as a post; if it is somebody else, write 新建 in the column 处理."
    ) % {"row": number, "name": other[0], "why": "；".join(map(str, why))}


def _take(context: Context, plan: Plan, wanted: dict[Any, Row]) -> None:
    """Give rows whose person has a row in the register that row's stored values (two queries)."""
    if not wanted:
        return
    pks = dict(Graduate.objects.filter(person__among=wanted).values_list("pk", "person"))
    stored = stored_rows(plan.register, context, set(pks))
    for pk, person in pks.items():
        row = wanted[person]
        if pk not in stored:
            plan.refuse(
                row, "name", _("This row belongs to an area or enterprise outside yours. Leave it out.")
            )
            continue
        row.pk, row.old = pk, stored[pk]
    for person, row in wanted.items():
        if row.pk is None and not row.errors:
            row.proposed = False
            plan.labels.setdefault("person", {}).setdefault(person, "")


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
        match=_match,
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
