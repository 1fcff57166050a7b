"""What each lost point was lost for, and how far the next band is: hand-calculated on the small quarter."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.models import Commitment, CommitmentStep, MeetingAttendance
from enterprises.models import CrossAppointment, PartyPost
from evaluations.explaining import distance_of_card, losses_of_card, vetoes_of_card
from evaluations.indicators import REGISTRY
from evaluations.models import InspectionMark, Scorecard, ScoreLine
from evaluations.scoring.distance import distance
from evaluations.scoring.evaluate import Scorer, Subject
from evaluations.scoring.rubric import Item, Kind, ResultBand, Rubric, Transform
from evaluations.scoring.transforms import Value
from tests.evaluations.quarter import (
    DAY,
    SHANGHAI,
    ask,
    build_quarter,
    clear_survey,
    closed_quarter,
    promise,
    survey,
    veto,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast):
    return build_quarter(cast)


def card_of(quarter, number=1):
    closed_quarter(quarter)
    return Scorecard.objects.select_related("run__period__rubric").get(project=quarter.projects[number - 1])


def losses(card, item):
    points = {
        row.item: row.points
        for row in ScoreLine.objects.filter(run_id=card.run_id, project_id=card.project_id)
    }
    return losses_of_card(card, points, item).get(item, [])


def said(card, item):
    return [(loss.lost.what, loss.lost.why, loss.points) for loss in losses(card, item)]


def test_a_full_card_lost_nothing(quarter):
    card = card_of(quarter)
    assert card.total == 100
    assert losses_of_card(card, {item: D(100) for item in REGISTRY}) == {}
    assert distance_of_card(card).targets == ()


def test_a_late_promise_tells_its_days_and_each_gets_its_part_of_the_points(quarter):
    project = quarter.projects[0]
    late = promise(
        quarter,
        project,
        kept=True,
        answered_at=dt.datetime(2026, 8, 13, 10, tzinfo=SHANGHAI),
        confirmed_at=dt.datetime(2026, 8, 14, tzinfo=SHANGHAI),
    )
    promise(quarter, project, kept=False)
    card = card_of(quarter)
    # Of three promises one was kept: 2 of 6 points; the four lost ones are shared by the two others.
    # Not done by the cut-off, 10 October: from 10 August that is 61 days.
    assert said(card, "commitments_in_time") == [
        ("楼道灯不亮", "due on 2026-08-10, done on 2026-08-13: 3 days late", D("2.00")),
        ("楼道灯不亮", "due on 2026-08-10, not done by 2026-10-10: 61 days late", D("2.00")),
    ]
    first = losses(card, "commitments_in_time")[0].lost
    assert (first.model, first.source_id) == ("communities.Commitment", late.pk)


def test_a_missed_meeting_is_named(quarter):
    project = quarter.projects[0]
    MeetingAttendance.objects.filter(project=project, meeting=quarter.meetings[1]).update(kind="absent")
    MeetingAttendance.objects.filter(project=project, meeting=quarter.meetings[2]).update(kind="excused")
    [(what, why, points)] = said(card_of(quarter), "joint_meetings")
    assert ("2026-08" in what, why, points) == (True, "absent without an excuse", D("2.00"))


def test_an_unanswered_request_tells_its_days_and_never_the_resident_s_words(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    ask(project, compound, answered=DAY + dt.timedelta(days=14))
    [(what, why, points)] = said(card_of(quarter), "requests_in_time")
    assert "1号小区" in what
    assert "灯坏了" not in what + why
    assert (why, points) == ("to be answered by 2026-08-20, answered on 2026-08-24: 4 days late", D("2.50"))


def test_each_item_of_an_inspection_below_full_marks_is_told_with_its_finding(quarter):
    inspection = quarter.projects[0].inspections.get(marks__scheme="on_site")
    inspection.marks.all().delete()
    InspectionMark.objects.create(
        inspection=inspection, scheme="on_site", item="保洁", mark=6, full_mark=10, finding="楼道有积尘"
    )
    InspectionMark.objects.create(inspection=inspection, scheme="on_site", item="绿化", mark=9, full_mark=10)
    InspectionMark.objects.create(inspection=inspection, scheme="on_site", item="秩序", mark=30, full_mark=30)
    # 45 of 50 marks are 90 of 100: 2.2 of 22 points are lost, four fifths of them for cleaning.
    assert said(card_of(quarter), "onsite_inspection") == [
        ("1号小区 · 保洁", "6 of 10 marks：楼道有积尘", D("1.76")),
        ("1号小区 · 绿化", "9 of 10 marks", D("0.44")),
    ]


def test_a_vacant_post_tells_the_days_and_a_missing_direction_its_name(quarter):
    firm = quarter.enterprises[0]
    PartyPost.objects.filter(organisation__coverage__enterprise=firm).update(valid_to=dt.date(2026, 8, 31))
    CrossAppointment.objects.filter(project=quarter.projects[0], direction="to_community").delete()
    card = card_of(quarter)
    [(_what, why, points)] = said(card, "leadership_team")
    # 30 of 92 days: 7 × 30 / 92 = 2.28
    assert (why, points) == ("post vacant from 2026-09-01 to 2026-09-30: 30 days", D("2.28"))
    [(what, _why, points)] = said(card, "cross_appointments")
    assert (what, points) == (str(CrossAppointment.Direction.TO_COMMUNITY.label), D("4.00"))


def test_satisfaction_tells_how_many_gave_which_low_score_and_no_single_answer(quarter):
    project = quarter.projects[0]
    clear_survey(project)
    survey(project, quarter.compounds[0], 24, 30)
    # 24 of 30: 20 of 25 points
    assert said(card_of(quarter), "satisfaction") == [
        ("households that gave 2 of 5", "6 of 30 valid answers", D("5.00"))
    ]


def test_a_promise_found_not_fixed_tells_the_community_s_words(quarter):
    commitment = Commitment.objects.get(project=quarter.projects[0])
    CommitmentStep.objects.create(
        commitment=commitment,
        kind="reopened",
        at=dt.datetime(2026, 8, 11, 12, tzinfo=SHANGHAI),
        text="灯又灭了",
    )
    [(what, why, points)] = said(card_of(quarter), "commitments_reopened")
    assert (what, why, points) == ("楼道灯不亮", "the community found it not fixed: 灯又灭了", D("1.00"))


def test_the_vetoes_behind_a_card_stand_with_their_evidence(quarter, cast):
    veto(quarter.projects[0], cast.registrar)
    veto(quarter.projects[1], cast.registrar)
    assert [one.evidence for one in vetoes_of_card(card_of(quarter))] == ["事故调查报告"]


def test_every_registered_indicator_explains_what_it_takes_points_for():
    silent = {code for code, indicator in REGISTRY.items() if indicator.explain is None}
    assert silent <= {"volunteer_hours"}  # it is used for bonuses: what a bonus lacks is not lost


TWO = Rubric(
    code="T",
    version="1",
    title="T",
    document="T",
    items=(
        Item("a", "甲", D(40), Transform(Kind.LINEAR), "x"),
        Item("b", "乙", D(35), Transform(Kind.LINEAR), "x"),
        Item("c", "丙", D(25), Transform(Kind.LINEAR), "x"),
        Item("d", "丁", D(5), Transform(Kind.BONUS, per_event=D(1)), "x"),
    ),
    bands=(ResultBand(D(90), "A", "优秀"), ResultBand(D(80), "B", "良好"), ResultBand(D(0), "D", "不合格")),
)


def card(*numbers):
    scorer, subject = Scorer(TWO), Subject("1")
    values = [None if n is None else Value(D(n), D(100), 100) for n in numbers]
    return subject, scorer.card(subject, [*values, Value(D(0), None, 0)])


def test_the_distance_names_the_fewest_lines_that_reach_the_next_band():
    # 40×0.9 + 35×0.6 + 25×0.8 = 36 + 21 + 20 = 77: three points to 良好, thirteen to the red list's 90.
    subject, made = card(90, 60, 80)
    assert made.total == D("77.00")
    found = distance(TWO, subject, made.lines, made.total)
    assert [(g.item, g.lost, g.gain) for g in found.gains] == [
        ("b", D("14.00"), D("14.00")),
        ("c", D("5.00"), D("5.00")),
        ("a", D("4.00"), D("4.00")),
    ]
    assert [(t.kind, t.bound, t.needed, t.lines) for t in found.targets] == [
        ("band", D(80), D("3.00"), ("b",)),
        ("red", D(90), D("13.00"), ("b",)),
    ]


def test_an_item_without_a_value_scales_what_the_others_could_give():
    # Without 丙: (36 + 21) / 75 × 100 = 76.00; full marks in 乙 make (36 + 35) / 75 × 100 = 94.67.
    subject, made = card(90, 60, None)
    assert made.total == D("76.00")
    found = distance(TWO, subject, made.lines, made.total)
    assert (found.gains[0].item, found.gains[0].lost, found.gains[0].gain) == ("b", D("14.00"), D("18.67"))


def test_below_all_limits_each_is_a_step_of_its_own():
    subject, made = card(60, 60, 60)
    found = distance(TWO, subject, made.lines, made.total)
    assert [(t.kind, t.needed, t.lines) for t in found.targets] == [
        ("band", D("20.00"), ("a", "b")),
        ("black", D("10.00"), ("a",)),
        ("watch", D("15.00"), ("a",)),
        ("red", D("30.00"), ("a", "b")),
    ]


def test_the_card_in_the_admin_tells_what_was_lost_and_asks_no_more_with_more_facts(quarter, cast, client):
    project = quarter.projects[0]
    promise(quarter, project, kept=False)
    found = card_of(quarter)
    client.force_login(cast.evaluator)
    url = reverse("admin:evaluations_scorecard_change", args=[found.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        page = client.get(url).content.decode()
    assert "已超61天" in page
    Commitment.objects.bulk_create(
        promise_like(Commitment.objects.filter(project=project, state="open").get(), n) for n in range(20)
    )
    with CaptureQueriesContext(connection) as many:
        page = client.get(url).content.decode()
    assert page.count("已超61天") == 6
    assert "另有15项" in page
    assert len(many) == len(few)


def promise_like(one, number):
    names = (
        "meeting",
        "project",
        "promise",
        "responsible_post",
        "made_on",
        "first_due_on",
        "due_on",
        "state",
    )
    return Commitment(**{name: getattr(one, name) for name in names}, problem=f"又{number}")
