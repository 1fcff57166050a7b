"""The month's form on a phone: few words, a lost connection, two phones at once, an ended session, the way back."""

import re

import pytest

from communities.models import Commitment, JointMeeting, MeetingProblem, ResidentRequest
from communities.services import requests
from redprop.accounts.models import SignInSession
from redprop.core.models import FormBurden
from tests.browser import fits
from tests.desk.test_journey import small_targets
from tests.town import PASSWORD, build_town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(transactional_db, settings):
    settings.DEMO = True
    return build_town()


def form_url(town) -> str:
    return f"/desk/communities/{town.a1.pk}/meetings/2026-10/"


def promise(page, number: int, problem: str, due: str) -> None:
    page.locator("[data-add-row=promise-row]").click()
    row = f"[name=promises-{number}-"
    page.select_option(f"{row}where]", index=1)
    page.fill(f"{row}problem]", problem)
    page.fill(f"{row}promise]", "检修并公示")
    page.fill(f"{row}due_on]", due)


def test_a_month_without_news_is_two_taps_and_its_burden_is_counted(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.goto(form_url(town))
    page.locator("[name=recorder]").press_sequentially("钱干事")
    page.locator(".chip").filter(has_text="居民代表").click()
    page.locator("[name=nothing_new]").check()
    assert page.locator("#h-promises").is_hidden()
    assert fits(page)
    assert small_targets(page) == []
    page.locator("button[value=submit]").click()
    page.wait_for_url("**/desk/meetings/*/")
    meeting = JointMeeting.objects.get()
    assert (meeting.state, meeting.recorder) == ("submitted", "钱干事")
    assert meeting.attendance.filter(unit="居民代表", kind="present").exists()
    burden = FormBurden.objects.get()
    # One field was typed in; the chip and the ticks are no typing.
    assert (burden.form, burden.times, burden.typed_fields) == ("meeting", 1, 1)
    assert burden.typed_fields <= 6
    assert page.troubles == []


def test_two_promises_typed_partly_without_a_connection_are_filed_whole(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.goto(form_url(town))
    promise(page, 0, "3栋电梯常停", "2026-10-30")
    page.locator("#save-state").filter(has_text=re.compile("已保存|saved")).wait_for()
    page.context.set_offline(True)
    promise(page, 1, "路灯不亮", "2026-11-10")
    page.fill("[name=topics]", "研究三号楼电梯")
    page.locator("#save-state").filter(has_text=re.compile("本机|device")).wait_for()
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.context.set_offline(False)  # sent by itself, nobody touches anything
    page.locator("#save-state").filter(has_text=re.compile("已保存|saved")).wait_for()
    assert Commitment.objects.count() == 2
    page.locator("button[value=submit]").click()
    page.wait_for_url("**/desk/meetings/*/")
    meeting = JointMeeting.objects.get()
    assert (meeting.state, meeting.topics) == ("submitted", "研究三号楼电梯")
    assert [c.problem for c in meeting.commitments.order_by("due_on")] == ["3栋电梯常停", "路灯不亮"]


def test_two_phones_are_compared_side_by_side_and_each_field_is_chosen(town, open_desk) -> None:
    first, second = open_desk("sj-a1"), open_desk("sj-a1")
    first.goto(form_url(town))
    second.goto(form_url(town))
    first.fill("[name=place]", "红色驿站")
    promise(first, 0, "3栋电梯常停", "2026-10-30")
    first.locator("button[value=draft].btn-outline:not([data-compare])").click()
    first.locator(".message-success").wait_for()
    second.fill("[name=place]", "居委会二楼")
    second.fill("[name=topics]", "研究停车")
    second.locator("[data-compare]").wait_for(state="visible")
    second.locator("[data-compare]").click()
    second.locator(".compare").first.wait_for()
    assert fits(second)
    assert second.locator(".compare").count() == 3, second.locator(
        "main"
    ).inner_text()  # place, topics, promise
    shown = second.locator(".compare").first.inner_text()
    assert "居委会二楼" in shown
    assert "红色驿站" in shown
    second.locator("[name='head/place'][value=theirs]").check()
    second.locator("[name^='promises/'][value=theirs]").check()
    second.locator("button[value=merge]").click()
    second.locator(".message-success").wait_for()
    meeting = JointMeeting.objects.get()
    assert (meeting.place, meeting.topics) == ("红色驿站", "研究停车")
    assert [c.problem for c in meeting.commitments.all()] == ["3栋电梯常停"]
    assert second.input_value("[name=topics]") == "研究停车"


def test_a_session_that_ends_while_one_types_costs_no_word(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.goto(form_url(town))
    SignInSession.objects.all().delete()
    page.fill("[name=topics]", "研究三号楼电梯")
    page.locator("[data-sign-in]").wait_for(state="visible")
    page.locator("button[value=submit]").click()
    page.fill("[name=username]", "sj-a1")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**{form_url(town)}*")
    assert page.input_value("[name=topics]") == "研究三号楼电梯"
    page.locator("button[value=submit]").click()
    page.wait_for_url("**/desk/meetings/*/")
    assert JointMeeting.objects.get().topics == "研究三号楼电梯"


def test_one_can_go_back_after_a_refused_filing(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.goto(form_url(town))
    page.fill("[name=place]", "")
    page.fill("[name=topics]", "研究三号楼电梯")
    page.locator("button[value=submit]").click()
    page.locator("#errors").wait_for()
    assert page.input_value("[name=topics]") == "研究三号楼电梯"
    page.reload()
    assert page.input_value("[name=topics]") == "研究三号楼电梯"
    page.go_back()
    page.locator("#minutes").wait_for()
    assert page.input_value("[name=topics]") == "研究三号楼电梯"


def test_a_problem_of_the_ledger_becomes_a_promise_with_one_tap(town, open_desk) -> None:
    compound = town.qingchuan.contracts.get().assignments.get().compound
    asked = requests.record_request(
        compound=compound,
        source="call",
        category="repair",
        text="二单元路灯不亮",
        received_on=town.district.clock.date(),
        acting_user=None,
    )
    page = open_desk("sj-a1")
    page.goto(form_url(town))
    page.locator("[data-promise-for]").first.click()
    assert page.input_value("[name=promises-0-problem]") == "二单元路灯不亮"
    page.fill("[name=promises-0-promise]", "更换灯具")
    page.fill("[name=promises-0-due_on]", "2026-10-30")
    page.locator("[data-add-row=problem-row]").click()
    page.select_option("[name=problems-1-compound]", index=1)
    page.fill("[name=problems-1-text]", "联系 13800138000，垃圾桶破损")
    page.locator("#save-state").filter(has_text=re.compile("隐去|masked")).wait_for()
    assert page.input_value("[name=problems-1-text]") == "联系 138****8000，垃圾桶破损"
    page.locator("button[value=submit]").click()
    page.wait_for_url("**/desk/meetings/*/")
    asked.refresh_from_db()
    kept = Commitment.objects.get()
    assert asked.commitment == kept
    new = MeetingProblem.objects.exclude(request=asked).get().request
    assert (new.source, new.text) == ("meeting", "联系 138****8000，垃圾桶破损")
    assert ResidentRequest.objects.count() == 2
    assert page.troubles == []
