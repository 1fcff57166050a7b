"""Facts by file: marks, answers and findings go to the project that served; closed periods and deciders are guarded."""

import datetime as dt
from itertools import groupby

import pytest
from django.utils import translation

from evaluations.models import (
    Deduction,
    EvaluationPeriod,
    Inspection,
    InspectionMark,
    Rubric,
    SurveyAnswer,
    Veto,
)
from evaluations.services.rubrics import load_sample
from redprop.accounts.clock import business_now
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.services import imports
from redprop.core.services.listings import open_listing
from tests.tabular.rows import errors

MARKS = ["小区", "检查日期", "检查人", "检查项目", "得分", "满分"]


def as_user(context, user):
    return imports.context_for(district=context.district, acting_user=user)


@pytest.fixture
def closed_quarter(filled):
    """The third quarter, closed."""
    district = filled.district
    rubric = load_sample(district=district, acting_user=None)
    assert isinstance(rubric, Rubric)
    return EvaluationPeriod.objects.create(
        district=district,
        code="2026Q3",
        kind="quarter",
        starts_on="2026-07-01",
        ends_on="2026-09-30",
        cutoff_on="2026-10-10",
        rubric=rubric,
        state="closed",
        closed_at=business_now(district),
    )


def test_marks_of_one_inspection_come_together_for_the_project_that_served(filled):
    inspection = Inspection.objects.get(inspected_on="2026-08-10", inspector__username="inspector")
    assert inspection.project.code == "FW0001"
    assert inspection.recorded_at == business_now(filled.district)
    assert sorted(inspection.marks.values_list("scheme", "item", "mark")) == [
        ("guarantees", "楼道照明", 9.5),
        ("on_site", "保洁", 18.5),
        ("on_site", "安保", 20),
    ]
    assert Inspection.objects.filter(compound__code="XQ0001").count() == 3
    assert InspectionMark.objects.filter(item="清空").exists()


def test_the_same_marks_again_change_nothing_and_a_nameless_inspector_is_asked_for(filled, load):
    plan = load("inspections", MARKS, ["XQ0001", "2026-08-10", "inspector", "保洁", "18.5", "20"])
    assert plan.counts()["unchanged"] == 1
    plan = load("inspections", MARKS, ["XQ0001", "2026-09-01", "", "保洁", "18.5", "20"])
    assert [column for _r, column, _m in errors(plan)] == ["检查人"]


def test_marks_above_full_marks_and_days_without_service_are_refused(filled, load):
    plan = load(
        "inspections",
        MARKS,
        ["XQ0001", "2026-08-11", "", "保洁", "21", "20"],
        ["XQ0002", "2026-08-11", "", "保洁", "20", "20"],
        ["XQ0001", "2026-12-01", "", "保洁", "20", "20"],
    )
    assert [column for _r, column, _m in errors(plan)] == ["得分", "小区", "检查日期"]


def test_a_project_that_did_not_serve_that_day_is_refused(filled, load):
    plan = load(
        "survey-answers",
        ["答卷编号", "小区", "项目编号", "答卷日期", "满意度", "方式"],
        ["甲-1", "XQ0001", "FW0002", "2026-08-10", "5", "电话"],
    )
    assert [column for _r, column, _m in errors(plan)] == ["项目编号"]


def test_a_closed_quarter_keeps_what_was_recorded_and_takes_new_facts_as_late(
    filled, load, closed_quarter, export, context
):
    plan = load("inspections", MARKS, ["XQ0001", "2026-08-10", "inspector", "保洁", "20", "20"])
    assert "2026" in errors(plan)[0][2]
    plan = load("inspections", MARKS, ["XQ0001", "2026-08-10", "inspector", "秩序", "20", "20"])
    assert [column for _r, column, _m in errors(plan)] == ["检查日期"]
    plan = load("survey-answers", ["答卷编号", "是否有效"], ["2026Q3-0001", "否"])
    assert plan.counts()["refused"] == 1
    plan = load(
        "vetoes", ["项目", "否决情形", "发生日期", "依据"], ["FW0001", "其他严重违规", "2026-08-01", "改"]
    )
    assert plan.counts()["refused"] == 1
    late = [["XQ0001", "2026-08-12", "inspector", "保洁", "20", "20"]]
    assert load("inspections", MARKS, *late).counts()["new"] == 1
    found = Inspection.objects.get(inspected_on="2026-08-12")
    assert found.recorded_at.date() > dt.date(2026, 10, 10)
    plan = imports.check(register=declare.get("inspections"), path=export("inspections"), context=context)
    assert plan.counts()["unchanged"] == plan.counts()["rows"]


def test_an_answer_is_stored_without_its_number_and_only_its_validity_changes(filled, load):
    answer = SurveyAnswer.objects.get(score=5)
    assert len(answer.token_digest) == 64
    assert "0001" not in answer.token_digest[:4]
    assert (answer.is_satisfied, answer.is_valid, answer.project.code) == (True, True, "FW0001")
    plan = load("survey-answers", ["答卷编号", "满意度"], ["2026Q3-0001", "1"])
    assert plan.counts()["refused"] == 1
    assert load("survey-answers", ["答卷编号", "是否有效"], ["2026q3-0001", "否"]).counts()["changed"] == 1
    answer.refresh_from_db()
    assert answer.is_valid is False


def test_a_finding_is_decided_by_whoever_imports_it(filled, load, context):
    header = ["项目", "否决情形", "发生日期", "认定日期", "依据", "认定人"]
    row = ["FW0001", "串通投标或阴阳合同", "2026-09-01", "2026-09-20", "查实"]
    plan = load("vetoes", header, [*row, ""])
    assert [column for _r, column, _m in errors(plan)] == ["认定人"]
    mine = as_user(context, filled.evaluator)
    plan = load("vetoes", header, [*row, "objection_decider"], context=mine)
    assert [column for _r, column, _m in errors(plan)] == ["认定人"]
    assert load("vetoes", header, [*row, ""], context=mine).counts()["new"] == 1
    assert Veto.objects.get(code="bidding").decided_by == filled.evaluator
    with pytest.raises(Refused):
        load("vetoes", header, [*row, ""], context=as_user(context, filled.inspector))


def test_evidence_with_a_mobile_number_and_a_decision_before_the_breach_are_refused(filled, load):
    plan = load(
        "vetoes",
        ["项目", "否决情形", "发生日期", "认定日期", "依据", "认定人"],
        ["FW0001", "其他严重违规", "2026-09-02", "2026-09-01", "查实", "evaluator"],
        ["FW0001", "其他严重违规", "2026-09-03", "2026-09-04", "见 13812345678", "evaluator"],
    )
    assert sorted(column for _r, column, _m in errors(plan)) == ["依据", "认定日期"]
    assert "13812345678" not in str(plan.problems())
    assert Deduction.objects.count() == 2


def test_marks_leave_with_the_filters_and_the_order_of_the_page_of_inspections(filled, cast, load):
    """Marks are rows of their own; the page lists inspections. What it shows is what leaves."""
    load("inspections", MARKS, ["XQ0001", "2026-08-20", "inspector", "秩序", "12", "20"])

    def days(register: str, query: str) -> list[str]:
        """The days in the order of the file, those in a row once."""
        listing = open_listing(
            user=cast.evaluator, page="admin:evaluations.inspection", register=register, query=query
        )
        place = list(listing.table.headers).index("检查日期" if register == "inspections" else "inspected on")
        rows = [str(row[place]) for row in listing.table.rows]
        assert listing.rows == len(rows)
        return [day for day, _same in groupby(rows)]

    with translation.override("en"):
        orders = {order: days("inspections", f"o={order}") for order in ("0", "-0", "1", "-1")}
        assert {order: days("list", f"o={order}") for order in orders} == orders
        assert len({tuple(found) for found in orders.values()}) > 1
        narrow = days("inspections", "inspected_on_from=2026-08-20&inspected_on_to=2026-08-20")
        assert narrow == ["2026-08-20"]
