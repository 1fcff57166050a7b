"""The month's meeting in a real browser: filed on a phone, returned, mended, accepted, answered, confirmed."""

import datetime as dt
import re

import pytest

from communities.models import Commitment, JointMeeting, SupervisionOrder
from communities.services import exclusions, extensions, meetings
from evaluations.models import Scorecard
from tests.browser import drawn, faults, fits
from tests.desk.test_scores import at, close_quarter, file_september
from tests.town import MONTH, a_promise, build_town, minutes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def town(transactional_db, settings):
    settings.DEMO = True
    return build_town()


def typed_in(page) -> set[str]:
    """Watch the page: names of the fields that keys were pressed in."""
    names: set[str] = set()
    page.expose_function("typedField", lambda name: names.add(name))
    page.evaluate(
        "document.addEventListener('keydown', e => e.target.name && window.typedField(e.target.name), true)"
    )
    return names


def small_targets(page) -> list[str]:
    """Buttons and fields under 44 px, the least that a finger hits."""
    return drawn(page).evaluate(
        """() => [...document.querySelectorAll('main .btn, main select, main input:not([type=hidden],[type=checkbox]), main textarea')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"""
    )


def test_a_month_without_news_takes_no_typing_on_a_phone(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.get_by_role("link", name="2026年10月").click()
    assert fits(page)
    assert small_targets(page) == []
    typed = typed_in(page)
    page.locator("[name=nothing_new]").check()
    page.locator("button[value=submit]").click()
    page.wait_for_url("**/desk/meetings/*/")
    meeting = JointMeeting.objects.get()
    assert meeting.state == "submitted"
    assert len(typed) <= 6
    assert typed == set()
    assert fits(page)
    assert page.troubles == []


def test_the_whole_life_of_a_promise(town, open_desk) -> None:
    secretary = open_desk("sj-a1")
    secretary.get_by_role("link", name="2026年10月").click()
    for number, (problem, due) in enumerate([("3栋电梯常停", "2026-10-30"), ("路灯不亮", "2026-11-10")]):
        secretary.locator("[data-add-row=promise-row]").click()
        row = f"[name=promises-{number}-"
        secretary.select_option(f"{row}where]", index=1)
        secretary.fill(f"{row}problem]", problem)
        secretary.fill(f"{row}promise]", "检修并公示")
        secretary.fill(f"{row}due_on]", due)
    secretary.locator("button[value=submit]").click()
    secretary.wait_for_url("**/desk/meetings/*/")
    meeting = JointMeeting.objects.get()
    assert [c.problem for c in meeting.commitments.order_by("due_on")] == ["3栋电梯常停", "路灯不亮"]

    clerk = open_desk("jd-a", width=1366)
    clerk.locator(".task a").first.click()
    clerk.locator("details summary").click()
    clerk.fill("[name=reason]", "缺网格员签到")
    clerk.locator("details button").click()
    clerk.locator(".notice-returned").wait_for()

    secretary.goto("/desk/")
    mend = secretary.locator(".task").filter(has_text="缺网格员签到")
    mend.locator("a").click()
    secretary.fill("[name=recorder]", "钱干事")
    secretary.locator("button[value=submit]").click()
    secretary.wait_for_url("**/desk/meetings/*/")

    clerk.goto(f"/desk/meetings/{meeting.pk}/")
    clerk.locator("section form button").first.click()
    clerk.locator(".state-accepted").wait_for()
    meeting.refresh_from_db()
    assert (meeting.state, meeting.recorder) == ("accepted", "钱干事")

    contact = open_desk("qy-huanan")
    contact.locator(".task a").first.click()
    contact.fill("[name=text]", "10月21日更换主板")
    contact.locator("section form button").first.click()
    contact.locator(".message-success").wait_for()
    assert fits(contact)

    secretary.goto("/desk/")
    secretary.locator(".task").filter(has_text="10月21日更换主板").locator("a").click()
    secretary.locator("section form button").first.click()
    secretary.locator(".light-done").wait_for()
    done = Commitment.objects.get(problem="3栋电梯常停")
    assert done.state == "confirmed"
    assert [s.kind for s in done.steps.all()] == ["promised", "answered", "confirmed"]
    assert secretary.troubles == clerk.troubles == contact.troubles == []


def test_a_lost_connection_loses_nothing_that_was_typed(town, open_desk) -> None:
    page = open_desk("sj-a1")
    url = f"/desk/communities/{town.a1.pk}/meetings/2026-10/"
    page.goto(url)
    page.context.set_offline(True)
    page.fill("[name=topics]", "研究三号楼电梯")
    page.locator("[data-add-row=promise-row]").click()
    page.fill("[name=promises-0-problem]", "电梯停运")
    page.locator("#save-state").filter(has_text=re.compile("本机|device")).wait_for()
    page.context.set_offline(False)
    page.goto("/desk/")  # the page is lost
    page.goto(url)
    assert page.input_value("[name=topics]") == "研究三号楼电梯"
    assert page.input_value("[name=promises-0-problem]") == "电梯停运"
    assert not JointMeeting.objects.exists()


def test_a_draft_reaches_the_server_by_itself(town, open_desk) -> None:
    page = open_desk("sj-a1")
    page.goto(f"/desk/communities/{town.a1.pk}/meetings/2026-10/")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("[name=topics]", "研究电梯")
    assert JointMeeting.objects.get().topics == "研究电梯"
    page.locator("[name=place]").fill("党群服务中心")
    page.locator("button[value=submit]").click()  # while the next draft may be on its way
    page.wait_for_url("**/desk/meetings/*/")
    meeting = JointMeeting.objects.get()
    assert (meeting.state, meeting.place, meeting.topics) == ("submitted", "党群服务中心", "研究电梯")


def test_filing_works_without_javascript(town, open_desk) -> None:
    page = open_desk("sj-a1", java_script_enabled=False)
    page.goto(f"/desk/communities/{town.a1.pk}/meetings/2026-10/")
    page.locator("button[value=add-promises]").click()
    page.select_option("[name=promises-0-where]", index=1)
    page.fill("[name=promises-0-problem]", "漏水")
    page.fill("[name=promises-0-promise]", "维修")
    page.fill("[name=promises-0-due_on]", "2026-10-30")
    page.locator("button[value=submit]").click()
    assert JointMeeting.objects.get().state == "submitted"
    assert Commitment.objects.get().due_on == dt.date(2026, 10, 30)


def test_the_form_is_reached_and_filed_by_keyboard_alone(town, open_desk) -> None:
    page = open_desk("sj-a1", width=1366)
    page.goto(f"/desk/communities/{town.a1.pk}/meetings/2026-10/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || ''")
        if name == "nothing_new":
            page.keyboard.press("Space")
        if page.evaluate("document.activeElement.value || ''") == "submit":
            page.keyboard.press("Enter")
            break
    page.wait_for_url("**/desk/meetings/*/")
    assert JointMeeting.objects.get().state == "submitted"


@pytest.mark.parametrize("width", [390, 1366])
def test_pages_have_no_accessibility_faults(town, open_desk, width) -> None:
    file_september(town)
    run = close_quarter(town)
    commitment = town.qingchuan.commitments.get()
    card = Scorecard.objects.get(run=run, project=town.qingchuan)
    item = run.period.rubric.items.get(source="commitments_in_time")
    order = SupervisionOrder.objects.create(
        district=town.district,
        commitment=commitment,
        colour="yellow",
        level="subdistrict",
        year=2026,
        serial=1,
        issued_on=dt.date(2026, 9, 28),
        due_on=commitment.due_on,
    )
    at(town, 2026, 10, 21, 10)
    held = meetings.save_meeting(
        community=town.a1,
        month=MONTH,
        minutes=minutes(town, a_promise(town.qingchuan)),
        version=None,
        acting_user=town.secretary,
    )
    meetings.submit_meeting(meeting=held, acting_user=town.secretary)
    meetings.accept_meeting(meeting=held, acting_user=town.clerk)
    waiting = held.commitments.get()
    extensions.ask_extension(
        commitment=waiting,
        wanted_until=dt.date(2026, 11, 13),
        reason="等配件",
        acting_user=town.huanan_contact,
    )
    exclusions.ask_exclusion(
        commitment=waiting, reason="against_law", explanation="违建", acting_user=town.secretary
    )
    page = open_desk("sj-a1", width=width, bypass_csp=True)
    found = {}
    for url in (
        "/desk/",
        "/desk/meetings/",
        f"/desk/meetings/{commitment.meeting_id}/",
        f"/desk/communities/{town.a1.pk}/meetings/2026-08/",
        f"/desk/commitments/{waiting.pk}/",
        "/desk/orders/?show=all",
        f"/desk/orders/{order.pk}/",
        "/desk/exclusions/",
        "/desk/notices/",
        "/desk/notices/choices/",
        "/desk/commitments/?show=all",
        f"/desk/commitments/{commitment.pk}/",
        "/desk/scores/",
        f"/desk/scores/{card.pk}/",
        f"/desk/scores/{card.pk}/lines/{item.code}/",
        "/desk/nothing/",
    ):
        page.goto(url)
        assert fits(page), url
        if broken := faults(page):
            found[url] = broken
    assert found == {}
