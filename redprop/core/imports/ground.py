"""Registers `people`, `holidays` and `reported-figures`."""

from typing import Any

from django.db.models import CharField, Value
from django.utils.translation import gettext_lazy, gettext_noop

from redprop.common.matching import Candidate, Score
from redprop.common.matching.reasons import reason
from redprop.common.tabular import codes, kinds, matches
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import Plan, Row
from redprop.common.tabular.saving import by_paths, scoped
from redprop.core.models import Holiday, Person, ReportedFigure
from redprop.core.services.search_keys import fill_person

person_rows = scoped(Person)
SAME_NAME = Score(88, (reason(gettext_noop("same name")),), same_name=True)


def people_in_register(context: Context) -> Any:
    """Persons of the district who are not merged into another record."""
    return person_rows(context).filter(merged_into__isnull=True)


def person_reference() -> kinds.Reference:
    """A person by own code, or by name where nobody else has it."""
    return kinds.Reference(resolve=by_paths(people_in_register, "code", "name"), what=gettext_lazy("person"))


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _own_with_pinyin(context: Context, instance: Any) -> None:
    _own(context, instance)
    fill_person(instance)


def _match_people(context: Context, plan: Plan, rows: list[Row]) -> None:
    """Propose the persons of this name for rows without a code: nobody is recorded twice in silence (one query)."""
    names = {name for row in rows if (name := plan.value(row, "name"))}
    known: dict[str, list[Candidate]] = {}
    stored = people_in_register(context).filter(name__among=names).order_by("code")
    for pk, code, name in stored.values_list("pk", "code", "name"):
        known.setdefault(name, []).append(Candidate(pk, code, name, SAME_NAME))
    matches.apply(
        context,
        plan,
        rows,
        {row.number: known.get(plan.value(row, "name") or "", []) for row in rows},
        key_of=lambda row: plan.value(row, "name"),
        says_new=lambda row: plan.value(row, "handling") == matches.IS_NEW,
        keep=lambda row, decided: None,
    )


def _people(context: Context) -> Any:
    return people_in_register(context).annotate(handling=Value("", CharField()))


def _allot_person_codes(context: Context, plan: Plan) -> None:
    codes.allot(context, plan, prefix="RY", digits=5)


register(
    Register(
        name="people",
        title=gettext_lazy("persons"),
        model=Person,
        key=("code",),
        rows=_people,
        match=_match_people,
        order=("code",),
        prepare=_own_with_pinyin,
        derived=("pinyin",),
        allot=_allot_person_codes,
        check=codes.refuse_reused,
        allotted_key=True,
        columns=(
            Column(
                "code",
                "人员编号",
                kinds.Code(longest=20),
                ("编号", "人员编码", "编码"),
                help="新增人员留空，系统自动编号",
                example="RY00001",
            ),
            Column("name", "姓名", kinds.Name(longest=50), ("人员姓名",), required=True, example="张某某"),
            Column(
                "work_phone",
                "工作电话",
                kinds.Text(longest=30, personal=True),
                ("办公电话", "联系电话"),
                help="办公电话；不收集身份证号",
                example="027-82000000",
            ),
            Column(
                "handling",
                "处理",
                kinds.Choice(choices=((matches.IS_NEW, "新建"),), aliases={"新增": matches.IS_NEW}),
                ("处理方式",),
                attr=None,
                transient=True,
                help="与已有人员同名、确是另一人的填“新建”",
            ),
        ),
    )
)

register(
    Register(
        name="holidays",
        title=gettext_lazy("holidays"),
        model=Holiday,
        key=("day",),
        rows=scoped(Holiday),
        order=("day",),
        prepare=_own,
        columns=(
            Column("day", "日期", kinds.Date(), required=True, example="2027-01-01"),
            Column(
                "is_workday",
                "是否上班",
                kinds.Boolean(),
                ("上班", "是否工作日", "工作日", "调休上班"),
                required=True,
                help="放假填“否”，调休上班填“是”",
                example="否",
            ),
            Column("name", "名称", kinds.Text(longest=50), ("节假日", "节日", "说明"), example="元旦"),
        ),
    )
)

register(
    Register(
        name="reported-figures",
        title=gettext_lazy("reported figures"),
        model=ReportedFigure,
        key=("on", "code"),
        rows=scoped(ReportedFigure),
        order=("on", "code"),
        prepare=_own,
        columns=(
            Column(
                "on",
                "截至日期",
                kinds.Date(),
                ("日期", "统计日期", "as_of"),
                required=True,
                example="2026-09-30",
            ),
            Column(
                "code",
                "指标代码",
                kinds.Code(longest=60),
                ("指标", "代码", "figure"),
                required=True,
                example="compounds",
            ),
            Column(
                "value",
                "数值",
                kinds.Number(places=2, least=None),
                ("数量", "上报数"),
                required=True,
                example="851",
            ),
            Column(
                "source",
                "来源",
                kinds.Text(longest=300),
                ("出处", "数据来源"),
                required=True,
                help="文件、报道或报表的名称与日期",
                example="区委宣传部 2026 年材料",
            ),
        ),
    )
)
