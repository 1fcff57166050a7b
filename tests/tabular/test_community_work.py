"""Visits and rosters by file: what a file may not bring in."""

import json

import pytest
from django.utils.translation import override

from communities.council_paper import council_paper, paper_of_council
from communities.models import Compound, CouncilMeeting, CouncilResolution, GridShift, HomeVisit
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.services import imports, undo
from tests.tabular.rows import errors

VISIT = ["小区编号", "楼栋", "走访日期", "走访人员类别", "走访户数", "服务需求", "走访情况"]
SHIFT = ["网格编号", "值班日期", "开始时间", "结束时间", "值班人员编号"]
CELL, ONE, TWO = "990101009001-01", "990101009001-W01", "990101009001-W02"


def test_a_visit_down_to_the_door_or_with_too_many_homes_is_refused(filled, load):
    plan = load(
        "visits",
        VISIT,
        ["XQ0001", "3栋2单元501", "2026-08-10", "社区工作者", "5", "", ""],
        ["XQ0001", "3栋", "2026-08-10", "社区工作者", "5", "家电维修:6", ""],
        ["XQ0001", "4栋", "2026-08-10", "社区工作者", "5", "修飞机:1", ""],
        ["XQ0001", "5栋", "2026-10-13", "社区工作者", "5", "", ""],
        ["XQ0001", "6栋", "2026-08-10", "社区工作者", "5", "", "电话13712345678"],
        ["XQ0001", "7栋", "2026-08-10", "社区工作者", "5", "家电维修:5", ""],
        only_good=True,
    )
    assert plan.counts()["refused"] == 5, errors(plan)
    assert HomeVisit.objects.filter(building="7栋", counts__homes=5).count() == 1


def test_shifts_that_overlap_in_the_file_or_with_the_roster_are_refused(filled, load):
    plan = load(
        "grid-rosters",
        SHIFT,
        [CELL, "2026-10-12", "07:59", "16:00", TWO],
        [CELL, "2026-10-12", "08:00", "16:00", TWO],
        [CELL, "2026-10-12", "15:00", "20:00", ONE],
        [CELL, "2026-10-12", "16:00", "25:00", ONE],
        [CELL, "2019-10-12", "16:00", "20:00", ONE],
        only_good=True,
    )
    assert plan.counts()["refused"] == 4, errors(plan)
    assert GridShift.objects.count() == 2


def test_another_end_of_a_shift_changes_the_one_that_is_there(filled, load):
    assert load("grid-rosters", SHIFT, [CELL, "2026-10-11", "20:00", "6:30", ONE]).counts()["changed"] == 1
    with override("en"):
        assert GridShift.objects.get().hours_shown == "20:00–06:30 the next day"


COUNCIL = ["社区", "会议日期", "时段", "小区", "应到人数", "实到人数", "决议"]


def test_a_council_meeting_of_a_file_has_its_minutes_frozen(filled):
    meeting = CouncilMeeting.objects.get(held_on="2026-07-20")
    text = json.dumps(meeting.paper, ensure_ascii=False)
    assert "应到红色邻里代表9人，实到8人，法定人数6人" in text
    assert "实到8人，同意7票，反对0票，弃权1票，通过。" in text
    assert paper_of_council(meeting).to_dict() == meeting.paper == council_paper(meeting).to_dict()
    Compound.objects.filter(code="XQ0001").update(name="改名小区")
    assert "改名小区" not in json.dumps(paper_of_council(meeting).to_dict(), ensure_ascii=False)


def test_council_meetings_of_a_file_cannot_be_taken_back_what_was_resolved_stays(filled, context, write):
    lines = [COUNCIL, ["990101009001", "2026-09-20", "上午", "XQ0001", "9", "8", "停车｜划线｜8｜0｜0"]]
    _plan, batch = imports.import_file(
        register=declare.get("council-meetings"), path=write(*lines), context=context
    )
    with pytest.raises(Refused) as found:
        undo.undo_now(batch=batch, acting_user=None)
    assert "kept for good" in str(found.value) or "不可删改" in str(found.value)
    batch.refresh_from_db()
    assert batch.state == "done"
    assert CouncilResolution.objects.filter(meeting__held_on="2026-09-20").count() == 1
