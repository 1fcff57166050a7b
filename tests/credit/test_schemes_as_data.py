"""Every scheme of the published file goes in by workbook as data, and every bound of every row holds at its edge."""

import csv
from decimal import Decimal as D

import pytest

from evaluations.credit.grading import Event, standing_on
from evaluations.credit.schemes import Part, faults_of
from evaluations.models import CreditScheme
from evaluations.services.credit import scheme_value
from redprop.common.tabular import declare
from redprop.core.services import imports
from tests.credit.published import FILE, HOW_POINTS_ADD_UP, published_schemes
from tests.credit.test_grading import DAY

pytestmark = pytest.mark.django_db

SCHEMES = ["方案代码", "方案名称", "文件依据", "生效日期", "起始分", "基础信息最高分", "良好信息最高分", "失信记分累加", "按自然年计", "计分期限（月）", "分值精度"]  # fmt: skip
GRADES = ["方案代码", "等次", "下限", "含下限", "上限", "含上限", "适用条件", "一票否决适用", "次序", "说明"]
CONDITIONS = {
    "没有不良信用信息": "没有不良信用信息",
    "有不良信用信息": "有不良信用信息",
    "严重失信": "严重失信",
    "实际从事物业服务活动但未按要求参加信用信息管理": "未参加信用信息管理",
}


def yes(answer):
    return "是" if answer else "否"


@pytest.fixture
def rows(cast, tmp_path):
    """The rows of the file, after both registers took them in as files."""
    published_schemes()  # skips where the file is not on this machine
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    schemes, grades = [SCHEMES], [GRADES]
    for position, row in enumerate(found, 1):
        how = HOW_POINTS_ADD_UP[row["scheme"]]
        caps = how.get("caps", {})
        if all(row["scheme"] != one[0] for one in schemes):
            schemes.append(
                [
                    row["scheme"], row["place"], row["document"], "2018-01-01", row["start_score"] or "0",
                    caps.get(Part.BASIC, ""), caps.get(Part.GOOD, ""), yes(how.get("bad_adds")),
                    yes(how.get("calendar_year")), how.get("term_months", ""), how.get("quantum", "0.01"),
                ]
            )  # fmt: skip
        grades.append(
            [
                row["scheme"], row["grade"], row["lower"], yes(row["lower_inclusive"] in ("Y", "?")), row["upper"],
                yes(row["upper_inclusive"] == "Y"), CONDITIONS.get(row["condition"], ""),
                yes("一票否决" in row["condition"]), position, "",
            ]
        )  # fmt: skip
    context = imports.context_for(district=cast.district, acting_user=None)
    for register, table in (("credit-schemes", schemes), ("credit-grades", grades)):
        path = tmp_path / f"{register}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)
        plan, _batch = imports.import_file(register=declare.get(register), path=path, context=context)
        assert plan.counts()["new"] == len(table) - 1, plan.problems()
    return found


def grade_at(scheme, total, row):
    """The grade of a subject with that total under the condition that the row names."""
    events = [Event(str(i), part, points, DAY) for i, (part, points) in enumerate(parts(scheme, total, row))]
    if row["condition"] == "严重失信":
        events.append(Event("s", Part.BAD, D(0), DAY, serious=True))
    found = standing_on(DAY, scheme, events, registered=not row["grade"].startswith("C(缺失"))
    assert found.total == total
    return found.grade.name if found.grade else None


def parts(scheme, total, row):
    """Points that add up to the total in the way of the scheme."""
    if scheme.bad_adds:
        return [(Part.BAD, total)]
    bad = D(1) if row["condition"] == "有不良信用信息" else D(0)
    away = total - scheme.start + bad
    if away < 0:
        return [(Part.BAD, bad - away)]
    basic = min(away, scheme.caps.get(Part.BASIC, away)) if not scheme.start else D(0)
    told = [(Part.BASIC, basic), (Part.GOOD, away - basic)]
    return told + ([(Part.BAD, bad)] if bad else [])


def test_every_row_of_the_published_schemes_holds_at_its_edges(rows):
    schemes = {one.code: scheme_value(one) for one in CreditScheme.objects.all()}
    assert len(schemes) == 6
    assert [code for code, scheme in schemes.items() if faults_of(scheme)] == []
    tried = 0
    for row in rows:
        scheme, name = schemes[row["scheme"]], row["grade"]
        alone = sum(r["scheme"] == row["scheme"] and r["grade"] == name for r in rows) == 1
        where = (row["scheme"], name)
        if row["lower"]:
            lower = D(row["lower"])
            assert grade_at(scheme, lower, row) == name, where
            below = grade_at(scheme, lower - scheme.quantum, row)
            assert below != name or not alone, where
            tried += 1
        if row["upper"]:
            upper = D(row["upper"])
            included = row["upper_inclusive"] == "Y"
            last, after = (upper, upper + scheme.quantum) if included else (upper - scheme.quantum, upper)
            assert grade_at(scheme, last, row) == name, where
            assert grade_at(scheme, after, row) != name or not alone, where
            tried += 1
        if not row["lower"] and not row["upper"]:
            # a grade by condition alone, whatever the total is
            assert {grade_at(scheme, D(total), row) for total in (0, 60, 100)} == {name}, where
            tried += 1
    # 31 rows: 26 lower and 19 upper bounds are printed, two grades hang on a condition alone
    printed = sum(bool(r["lower"]) + bool(r["upper"]) for r in rows)
    assert tried == printed + 2


def test_a_veto_gives_the_grade_that_the_scheme_names(rows):
    scheme = scheme_value(CreditScheme.objects.get(code="lianyungang-2018"))
    good = Event("1", Part.GOOD, D(60), DAY)
    assert standing_on(DAY, scheme, [good]).grade.name == "AAAA"
    assert standing_on(DAY, scheme, [good, Event("2", Part.BAD, D(0), DAY, vetoes=True)]).grade.name == "B"
