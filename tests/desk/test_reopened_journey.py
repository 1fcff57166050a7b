"""From the phone to the score: the firm answers, the community reopens, the next closing takes the points off."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from communities.services import commitments, meetings
from evaluations.models import Scorecard, ScoreLine
from evaluations.scoring.sample import SAMPLE
from evaluations.services import closing, periods, rubrics
from tests.browser import fits
from tests.desk.test_scores import SEPTEMBER, at
from tests.town import a_promise, build_town, minutes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ITEMS = ("joint_meetings", "commitments_in_time", "commitments_reopened")


@pytest.fixture
def town(transactional_db, settings):
    settings.DEMO = True
    return build_town()


def closed_quarter(town):
    """Close 2026Q3 by the sample rubric, whose totals here need no least number of points."""
    at(town, 2026, 10, 12, 10)
    rubric = replace(SAMPLE, code="DESK", min_available=Decimal(0))
    rubrics.record_rubric(
        district=town.district, value=rubric, valid_from=dt.date(2017, 1, 1), is_sample=True, acting_user=None
    )
    period = periods.open_period(district=town.district, code="2026Q3", acting_user=None)
    run = closing.run_inline(periods.close_period(period=period, acting_user=None))
    assert run.state == "done", run.message
    return run


def test_what_the_community_reopens_on_its_phone_costs_the_points_of_the_rule(town, open_desk) -> None:
    at(town, 2026, 9, 8, 10)
    due = dt.date(2026, 9, 25)
    meeting = meetings.save_meeting(
        community=town.a1,
        month=SEPTEMBER,
        minutes=minutes(
            town,
            a_promise(town.qingchuan, due_on=due),
            a_promise(town.qingchuan, problem="二单元路灯不亮", due_on=due),
            a_promise(town.tanli, problem="垃圾清运不及时", due_on=due),
            held_on=dt.date(2026, 9, 8),
        ),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=meeting, acting_user=town.secretary)
    meetings.accept_meeting(meeting=meeting, acting_user=town.clerk)
    at(town, 2026, 9, 20, 10)
    for commitment in meeting.commitments.exclude(problem="二单元路灯不亮"):
        commitments.answer_commitment(commitment=commitment, text="已办", acting_user=None)
        commitments.confirm_commitment(commitment=commitment, acting_user=None)
    lamp = meeting.commitments.get(problem="二单元路灯不亮")

    contact = open_desk("qy-huanan")
    contact.locator(".task a").first.click()
    contact.fill("[name=text]", "9月20日已更换灯具")
    contact.locator("section form button").first.click()
    contact.locator(".message-success").wait_for()
    # What was kept on the phone is gone once it has arrived.
    assert contact.evaluate("Object.keys(localStorage).filter(k => k.startsWith('redprop:')).length") == 0

    secretary = open_desk("sj-a1")
    secretary.locator(".task").filter(has_text="9月20日已更换灯具").locator("a").click()
    secretary.locator("summary").filter(has_text="没修好").click()
    secretary.fill("#reopen", "三楼还是不亮")
    assert fits(secretary)
    secretary.locator("details[open] button").click()
    secretary.locator(".message-success").wait_for()
    lamp.refresh_from_db()
    assert (lamp.state, lamp.times_reopened) == ("reopened", 1)

    run = closed_quarter(town)
    points = {
        project: dict(
            ScoreLine.objects.filter(run_id=run.pk, project_id=project.pk, item__in=ITEMS).values_list(
                "item", "points"
            )
        )
        for project in (town.qingchuan, town.tanli)
    }
    # Sample rubric: meetings 4 points, promises kept in time 6, each reopening -1.
    # Qingchuan was at the one meeting (4), kept one of two promises (6 × 1/2 = 3), was reopened once (-1).
    assert points[town.qingchuan] == {
        "joint_meetings": Decimal(4),
        "commitments_in_time": Decimal(3),
        "commitments_reopened": Decimal(-1),
    }
    # Tanli was absent (0), kept its promise (6), nothing of it was reopened: no line to deduct.
    assert points[town.tanli] == {
        "joint_meetings": Decimal(0),
        "commitments_in_time": Decimal(6),
        "commitments_reopened": None,
    }
    totals = dict(Scorecard.objects.filter(run=run).values_list("project", "total"))
    # 40 points can be had: 30 of the party's items, of which neither firm has any, 4 and 6; the rest does not apply.
    # Qingchuan (4 + 3) / 40 × 100 = 17.5, less 1. Had the community confirmed: 10 / 40 × 100 = 25.
    assert totals[town.qingchuan.pk] == Decimal("16.50")
    # Tanli 6 / 40 × 100.
    assert totals[town.tanli.pk] == Decimal("15.00")
    assert contact.troubles == secretary.troubles == []


def test_no_typed_word_is_lost_when_the_session_ends_at_an_answer(town, open_desk) -> None:
    from redprop.accounts.models import SignInSession
    from tests.town import PASSWORD, filed

    promise = filed(town, a_promise(town.qingchuan)).commitments.get()
    page = open_desk("sj-a1")
    page.goto(f"/desk/commitments/{promise.pk}/")
    page.locator("summary").filter(has_text="请其他单位联动").click()
    page.fill("#part-unit", "供电所值班长")
    page.fill("#part-task", "配合断电检修")
    page.fill("#part-due", "2026-11-01")
    SignInSession.objects.all().delete()
    page.locator("details[open] button").click()
    page.fill("[name=username]", "sj-a1")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**/desk/commitments/{promise.pk}/")
    assert page.input_value("#part-unit") == "供电所值班长"
    assert page.input_value("#part-task") == "配合断电检修"
    assert page.input_value("#part-due") == "2026-11-01"
    assert page.locator("#part-task").is_visible()
    page.locator("details[open] button").click()
    page.locator(".message-success").wait_for()
    assert promise.parts.get().unit == "供电所值班长"
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('redprop:')).length") == 0
