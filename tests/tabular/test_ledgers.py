"""Ledgers of meetings, promises and requests by file: what a file may do, what only the desk may, and for whom."""

import datetime as dt

import pytest

from communities.models import Commitment, CommitmentStep, JointMeeting, ResidentRequest
from communities.services import meetings
from evaluations.models import EvaluationPeriod
from evaluations.services.rubrics import load_sample
from redprop.accounts.clock import business_now
from redprop.common.tabular import declare
from redprop.core.services import imports
from tests.tabular.rows import errors

MEETING = ["社区", "月份", "状态", "召开日期", "地点", "主持人", "议题", "出席单位和职务"]
PROMISE = ["社区", "月份", "序号", "项目", "问题", "承诺", "责任岗位", "完成时限"]
REQUEST = ["小区", "收到日期", "来源", "类别", "诉求内容", "答复日期"]


def columns(plan):
    return [column for _row, column, _message in errors(plan)]


def a_meeting(
    state="", community="新一社区", month="2026-09", held="2026-09-20", topics="照明", present="民警"
):
    return [community, month, state, held, "会议室", "书记", topics, present]


@pytest.fixture
def clerk(filled, load):
    """The clerk of the first subdistrict, with a compound of a community there under contract."""
    load("compounds", ["小区编号", "社区代码", "变更生效日期"], ["XQ0002", "990101001001", "2017-03-01"])
    load("assignments", ["合同编号", "小区编号", "起始日期"], ["合〔2017〕1号", "XQ0002", "2018-01-01"])
    return imports.context_for(district=filled.district, acting_user=filled.subdistrict_clerk)


def test_a_meeting_from_the_ledger_is_filed_or_accepted_at_the_time_of_the_import(filled):
    now = business_now(filled.district)
    filed = JointMeeting.objects.get(month="2026-07-01")
    assert (filed.state, filed.submitted_at, filed.decided_at) == ("submitted", now, None)
    assert filed.due_on == dt.date(2026, 8, 5)
    lines = filed.attendance.values_list("kind", "project__code", "unit")
    assert sorted(lines, key=str) == [
        ("excused", None, "“红旗”楼长"),
        ("excused", None, "业委会"),
        ("present", "FW0001", ""),
        ("present", None, "社区民警"),
        ("present", None, "网格长"),
    ]
    accepted = JointMeeting.objects.get(month="2026-08-01")
    assert (accepted.state, accepted.decided_at, accepted.nothing_new) == ("accepted", now, True)


def test_a_file_accepts_filed_minutes_and_their_promises_begin(filled, load):
    meeting = JointMeeting.objects.get(month="2026-07-01")
    plan = load("joint-meetings", ["社区", "月份", "状态"], ["新一社区", "2026-07", "已接收"])
    assert plan.counts()["changed"] == 1
    meeting.refresh_from_db()
    assert (meeting.state, meeting.decided_by) == ("accepted", "")
    assert meeting.decided_at == business_now(filled.district)
    assert CommitmentStep.objects.filter(commitment__meeting=meeting, kind="promised").count() == 2


@pytest.mark.parametrize(
    "change",
    [
        ["2026-08", "已提交", "会议室"],
        ["2026-08", "已通过", "别处"],
        ["2026-07", "", "别处"],
        ["2026-07", "草稿", "=会议室"],
    ],
)
def test_recorded_minutes_are_not_changed_by_a_file(filled, load, change):
    plan = load("joint-meetings", ["社区", "月份", "状态", "地点"], ["新一社区", *change])
    assert plan.counts()["refused"] == 1


def test_minutes_that_cannot_be_are_refused(filled, load):
    plan = load(
        "joint-meetings",
        [*MEETING, "出席项目"],
        [*a_meeting(held="2026-08-31"), ""],
        [*a_meeting(month="2026-11", held="2026-11-01"), ""],
        [*a_meeting(month="2026-06", held="2026-06-01", topics=""), ""],
        [*a_meeting(month="2026-05", held="2026-05-01", present=""), ""],
        [*a_meeting(month="2026-04", held="2026-04-01"), "FW0002"],
        [*a_meeting(month="2026-03", held="2026-03-01"), "没有的项目"],
        [*a_meeting("草稿", month="2026-02", held="2026-02-01"), ""],
        [*a_meeting(month="2026-01", held="2026-01-05", present="张三13812345678"), ""],
    )
    assert columns(plan) == [
        "召开日期",
        "召开日期",
        "议题",
        "出席单位和职务",
        "出席项目",
        "出席项目",
        "状态",
        "出席单位和职务",
    ]
    assert "13812345678" not in str(plan.problems())


def test_only_the_clerk_of_the_subdistrict_accepts_and_only_there(filled, load, clerk):
    registrar = imports.context_for(district=filled.district, acting_user=filled.registrar)
    mine = a_meeting("已通过", community="990101001001")
    assert columns(load("joint-meetings", MEETING, mine, context=registrar)) == ["状态"]
    filed = a_meeting("", community="990101001001")
    assert load("joint-meetings", MEETING, filed, context=registrar).counts()["new"] == 1
    plan = load("joint-meetings", MEETING, mine, context=clerk)
    assert plan.counts()["changed"] == 1
    assert JointMeeting.objects.get(month="2026-09-01").decided_by == str(filled.subdistrict_clerk)


def test_a_clerk_sees_and_touches_only_the_own_subdistrict(filled, load, clerk, export):
    assert columns(load("joint-meetings", MEETING, a_meeting(), context=clerk)) == ["社区"]
    foreign = a_meeting("已通过", community="990101009001", month="2026-07", held="2026-07-20")
    plan = load("joint-meetings", MEETING, foreign, context=clerk)
    assert columns(plan) == ["社区"]
    for name in ("joint-meetings", "commitments"):
        assert len(export(name, context=clerk).read_text("utf-8-sig").splitlines()) == 1, name
    assert "AB23" in (listed := export("requests", context=clerk).read_text("utf-8-sig"))
    assert len(listed.splitlines()) == 2
    plan = load("requests", REQUEST, ["XQ0001", "2026-09-01", "来电", "维修", "灯", ""], context=clerk)
    assert columns(plan) == ["小区"]
    plan = load("requests", ["诉求编号", "类别"], ["AB23", "维修"], context=clerk)
    assert plan.counts()["changed"] == 1


def test_promises_join_filed_minutes_in_order_with_their_outcome(filled):
    kept, open_one = Commitment.objects.filter(meeting__month="2026-07-01").order_by("pk")
    assert (kept.state, kept.due_on, kept.made_on) == (
        "confirmed",
        dt.date(2026, 8, 10),
        dt.date(2026, 7, 20),
    )
    assert kept.answered_at.astimezone().date() == dt.date(2026, 8, 1)
    assert list(kept.steps.order_by("at").values_list("kind", flat=True)) == [
        "promised",
        "answered",
        "confirmed",
    ]
    assert {step.recorded_at for step in kept.steps.all()} == {business_now(filled.district)}
    assert open_one.state == "open"


def test_promises_that_cannot_be_are_refused(filled, load):
    rest = ["FW0001", "灯", "换", "经理"]
    plan = load(
        "commitments",
        PROMISE,
        ["新一社区", "2026-08", "1", *rest, "2026-09-30"],
        ["新一社区", "2026-05", "1", *rest, "2026-09-30"],
        ["新一社区", "2026-07", "9", *rest, "2026-09-30"],
        ["新一社区", "2020-07", "2", "FW0002", "灯", "换", "经理", "2020-09-30"],
        ["新一社区", "2020-07", "3", *rest, "2020-07-19"],
        ["新一社区", "2020-07", "1", "FW0001", "改", "换", "经理", "2020-09-30"],
    )
    assert sorted(columns(plan)) == sorted(["月份", "月份", "序号", "项目", "完成时限", "问题"])


def test_an_accepted_month_takes_no_promise_any_more(filled, load):
    meeting = JointMeeting.objects.get(month="2026-07-01")
    meetings.accept_meeting(meeting=meeting, acting_user=None)
    plan = load(
        "commitments", PROMISE, ["新一社区", "2026-07", "3", "FW0001", "灯", "换", "经理", "2026-09-30"]
    )
    assert columns(plan) == ["月份"]


def test_requests_are_found_again_without_a_code_and_take_their_first_answer_once(filled, load):
    again = ["XQ0001", "2026-08-10", "走访", "维修", "=灯不亮“一单元”", "2026-08-12"]
    parking = ["红旗小区", "2026-08-10", "来电", "停车", "'+占道；“两处”", ""]
    assert load("requests", REQUEST, again, parking, parking).counts()["unchanged"] == 3
    plan = load("requests", REQUEST, again, parking, parking, parking)
    assert plan.counts() == {"rows": 4, "new": 1, "changed": 0, "unchanged": 3, "refused": 0}
    answered = [*parking[:-1], "2026-08-20"]
    assert load("requests", REQUEST, answered).counts()["changed"] == 1
    first = ResidentRequest.objects.filter(category="order").order_by("pk").first()
    assert (first.state, first.answered_on) == ("answered", dt.date(2026, 8, 20))
    assert columns(load("requests", REQUEST, [*parking[:-1], "2026-08-15"])) == ["答复日期"]


def test_requests_that_cannot_be_are_refused(filled, load):
    plan = load(
        "requests",
        REQUEST,
        ["XQ0001", "2026-10-13", "来电", "维修", "灯", ""],
        ["XQ0001", "2026-10-01", "来电", "维修", "灯", "2026-09-30"],
        ["XQ0003", "2026-10-01", "来电", "维修", "灯", ""],
        ["XQ0001", "2026-10-01", "来电", "维修", "住户电话13812345678", ""],
        ["XQ0001", "2026-10-01", "来电", "维修", "证号110105194912310021", ""],
    )
    assert sorted(columns(plan)) == sorted(["收到日期", "答复日期", "小区", "诉求内容", "诉求内容"])
    assert "13812345678" not in str(plan.problems())
    assert "110105194912310021" not in str(plan.problems())


def test_an_answer_that_a_closed_quarter_did_not_know_is_not_dated_into_it(filled, load):
    EvaluationPeriod.objects.create(
        district=filled.district,
        code="2026Q3",
        kind="quarter",
        starts_on="2026-07-01",
        ends_on="2026-09-30",
        cutoff_on="2026-10-10",
        rubric=load_sample(district=filled.district, acting_user=None),
        state="closed",
        closed_at=business_now(filled.district),
    )
    assert columns(load("requests", ["诉求编号", "答复日期"], ["AB23", "2026-10-02"])) == ["答复日期"]
    assert load("requests", ["诉求编号", "答复日期"], ["AB23", "2026-10-11"]).counts()["changed"] == 1


def test_the_ledgers_take_the_same_queries_for_more_rows(
    filled, load, export, context, django_assert_max_num_queries
):
    rows = [["XQ0001", "2026-09-01", "来电", "维修", f"灯{n}", ""] for n in range(150)]
    with django_assert_max_num_queries(40):
        assert load("requests", REQUEST, *rows).counts()["new"] == 150
    months = [(f"{2010 + n // 12}-{n % 12 + 1:02d}") for n in range(100)]
    with django_assert_max_num_queries(40):
        plan = load("joint-meetings", MEETING, *(a_meeting(month=m, held=f"{m}-05") for m in months))
        assert plan.counts()["new"] == 100
    with django_assert_max_num_queries(30):
        imports.check(register=declare.get("joint-meetings"), path=export("joint-meetings"), context=context)
