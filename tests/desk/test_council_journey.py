"""A council on a phone: convened, topics proposed, votes typed without a connection, filed; its task done; its lists."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.models import CouncilFollowUp, CouncilMeeting, CouncilResolution
from communities.services import council_people, councils
from communities.services.council_minutes import Follow
from redprop.core.models import FormBurden
from tests.browser import faults, fits
from tests.communities.council import convene, file, resolved, said, seat
from tests.desk.test_journey import small_targets
from tests.town import build_town

LISTS = ("councils", "council-resolutions", "council-topics", "council-follow-ups", "council-people")


def has_no_faults(page) -> bool:
    """Whether axe finds nothing on the page and it fits."""
    assert faults(page) == []
    assert fits(page)
    return True


@pytest.mark.browser
def test_a_council_from_the_first_topic_to_the_task_that_is_done(
    transactional_db, settings, open_desk
) -> None:
    settings.DEMO = True
    town = build_town()
    seat(town)
    page = open_desk("sj-a1", bypass_csp=True)

    page.goto(reverse("desk:council-topics"))
    page.locator("summary").first.click()
    page.fill("[name=title]", "楼道堆物整治")
    page.select_option("[name=where]", label="晴川里小区")
    page.select_option("[name=proposer]", "residents")
    page.locator("main form[method=post] .btn-primary").click()
    page.wait_for_selector(".messages")
    page.locator("summary").first.click()
    assert page.input_value("[name=title]") == ""  # arrived: the device forgets it
    page.locator("form[action$='/accepted/'] button").click()
    page.wait_for_selector(".messages")
    assert has_no_faults(page)

    page.goto(reverse("desk:council-new"))
    page.get_by_label("晴川里小区").check()
    page.fill("[name=held_on]", "2026-10-20")
    assert has_no_faults(page)
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/edit/")
    assert small_targets(page) == []
    assert has_no_faults(page)

    page.locator("[name^=rep-][name$=-kind]").last.select_option("excused")
    prefix = "topic-" + re.search(r"topic-(\d+)-outcome", page.content()).group(1)
    page.select_option(f"[name={prefix}-outcome]", "resolved")
    page.locator("#save-state").filter(has_text=re.compile("已保存|saved")).wait_for()
    page.fill("[name=chair]", "社区书记")
    page.context.set_offline(True)
    page.locator(f"[name={prefix}-text]").press_sequentially("每月第一个周末清理。")
    for name, votes in (("for", "4"), ("against", "1"), ("abstained", "0")):
        page.locator(f"[name={prefix}-votes_{name}]").press_sequentially(votes)
    page.locator("#save-state").filter(has_text=re.compile("本机|device")).wait_for()
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.context.set_offline(False)
    page.locator("#save-state").filter(has_text=re.compile("已保存|saved")).wait_for()
    page.locator("fieldset.part details summary").first.click()
    page.select_option(f"[name={prefix}-follow]", "task")
    page.fill(f"[name={prefix}-what]", "张贴通知并清理")
    page.fill(f"[name={prefix}-responsible]", "社区干事")
    page.fill(f"[name={prefix}-due_on]", "2026-10-30")
    page.locator("button[value=submit]").click()
    page.wait_for_url(re.compile(r"/councils/\d+/"))
    row = CouncilResolution.objects.get()
    assert (row.text, row.votes_for, row.votes_against, row.passed) == ("每月第一个周末清理。", 4, 1, True)
    burden = FormBurden.objects.get()
    assert (burden.form, burden.times) == ("council", 1)
    assert burden.typed_fields >= 4
    assert page.locator("h1").count() == 1
    assert has_no_faults(page)

    page.get_by_role("link", name="张贴通知并清理").click()
    assert has_no_faults(page)
    page.locator("[name=text]").first.fill("10月24日全部清理。")
    page.locator("section .btn-primary").click()
    page.wait_for_selector(".messages")
    follow = CouncilFollowUp.objects.get()
    assert (follow.state, follow.outcome) == ("done", "10月24日全部清理。")
    for name in LISTS:
        page.goto(reverse(f"desk:{name}"))
        assert has_no_faults(page), name


def test_no_list_of_the_council_asks_a_query_per_row(town) -> None:
    people = seat(town)
    client = Client()

    def add(number: int) -> None:
        day = dt.date(2026, 10, number)
        meeting = convene(town, held_on=day)
        follow = Follow(what=f"任务{number}", responsible="干事", due_on=dt.date(2026, 11, 30))
        file(town, meeting, said(people, 5, resolved(title=f"议题{number}", follow=follow), held_on=day))
        council_people.propose_topic(
            community=town.a1,
            compound=town.qingchuanli,
            title=f"新议题{number}",
            text="",
            proposer="residents",
            project=None,
            acting_user=town.secretary,
        )

    asked = []
    for days in ((1,), (2, 3, 4, 5, 6)):
        for number in days:
            add(number)
        counts = {}
        for user in (town.secretary, town.clerk, town.huanan_contact):
            client.force_login(user)
            for name in LISTS:
                for _time in range(2):  # the first visit may still fill caches
                    with CaptureQueriesContext(connection) as queries:
                        answer = client.get(reverse(f"desk:{name}") + "?show=all")
                counts[user.username, name] = (answer.status_code, len(queries))
        last = CouncilMeeting.objects.order_by("-pk")[0]
        client.force_login(town.secretary)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk:council", args=[last.pk]))
        counts["one"] = len(queries)
        asked.append(counts)
    assert asked[0] == asked[1]
    assert CouncilMeeting.objects.filter(state=councils.State.FILED).count() == 6
