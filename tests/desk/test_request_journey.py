"""A request on a telephone, from the QR page to a resident who says it is not fixed; and the lists behind it."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.models import Compound, ResidentRequest
from communities.services.requests import record_request
from redprop.public import quiet
from tests.browser import faults, fits


def clean(page):
    """The page fits a telephone and axe finds nothing."""
    assert fits(page), page.url
    assert faults(page) == [], page.url


def test_a_resident_reports_the_firm_answers_the_resident_opens_it_again(
    town, open_desk, chromium, live_server, settings, tmp_path, monkeypatch
):
    settings.PUBLISHED_ROOT, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    monkeypatch.setattr(quiet, "FASTEST_SECONDS", 0)
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=live_server.url, bypass_csp=True
    )
    resident = context.new_page()
    resident.set_default_timeout(15_000)
    resident.goto("/r/XP1/")
    clean(resident)
    resident.check("[name=category][value=repair]")
    resident.fill("[name=text]", "三栋二楼楼道灯不亮")
    resident.click("main form button.btn-primary")
    resident.wait_for_url(re.compile("/follow/"))
    clean(resident)
    follow = resident.url.partition("?")[0]
    row = ResidentRequest.objects.get()
    assert row.state == "received"

    secretary = open_desk("sj-a1", bypass_csp=True)
    secretary.click(f"a[href='/desk/requests/{row.pk}/'] >> nth=0")
    secretary.check("[name=who][value=enterprise]")
    clean(secretary)
    secretary.click("form[action$='/assign/'] button")
    secretary.wait_for_load_state()

    contact = open_desk("qy-huanan", bypass_csp=True)
    contact.click(f"a[href='/desk/requests/{row.pk}/'] >> nth=0")
    contact.fill("#answer", "已更换灯具")
    clean(contact)
    contact.click("form[action$='/answer/'] button")
    contact.wait_for_load_state()
    assert contact.troubles == []

    resident.goto(follow)
    assert "已更换灯具" in resident.inner_text("main")
    clean(resident)
    resident.click("main details:has(#why) summary")
    resident.fill("#why", "晚上又灭了")
    resident.click("form:has(#why) button")
    resident.wait_for_load_state()
    clean(resident)
    row.refresh_from_db()
    assert (row.state, row.times_reopened) == ("reopened", 1)

    contact.goto("/desk/")
    assert contact.locator(f"a[href='/desk/requests/{row.pk}/']").count() >= 1
    for address in ("/r/", "/follow/", "/follow/AAAAABBBBB/", "/r/NOSUCH/"):
        resident.goto(address)
        clean(resident)
    context.close()


@pytest.mark.parametrize("who", ["secretary", "clerk", "huanan_contact", "registrar"])
def test_the_ledger_asks_no_query_per_row(town, who):
    def fill(count):
        for number in range(count):
            record_request(
                compound=Compound.objects.get(code="XP1"),
                source="call",
                category="repair",
                text=f"第 {number} 盏灯不亮",
                received_on=dt.date(2026, 10, 9),
                acting_user=None,
            )

    client = Client()
    client.force_login(getattr(town, who))

    def queries():
        with CaptureQueriesContext(connection) as found:
            answer = client.get(reverse("desk:requests"), {"show": "all"})
            rows = len(answer.context["page_obj"].object_list)
        return rows, len(found)

    fill(2)
    queries()
    small_rows, small = queries()
    fill(18)
    rows, asked = queries()
    assert (small_rows, rows) == (2, 20)
    assert asked == small
