"""A registrar imports a file in a real browser, on a phone and on a desktop."""

import os

import pytest
from django.db import connections

from communities.models import Compound

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="no Chromium on this machine"),
]


@pytest.fixture
def browser():
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [390, 1366])
def test_a_registrar_uploads_checks_and_confirms(live_server, browser, cast, client, write, width):
    path = write(
        ["小区名称", "户数"],
        ["红旗小区", "480"],
        ["东风小区", "约300"],
        *[[f"小区{n}", n] for n in range(70)],
    )
    client.force_login(cast.registrar)
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page, said = context.new_page(), []
    page.on("pageerror", lambda error: said.append(f"{page.url} {error.stack}"))

    def fits():
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    page.goto(f"{live_server.url}/admin/communities/compound/")
    fits()
    page.click(".exchange-main >> nth=0")
    fits()
    page.set_input_files("#id_file", path)
    page.click(".exchange-button")
    page.wait_for_selector(".exchange-rows")
    fits()
    assert "约300" in page.inner_text(".exchange-rows")
    assert not Compound.objects.exists()
    page.click(".exchange-tabs a >> nth=0")
    page.wait_for_selector(".exchange-pages")
    assert len(page.query_selector_all(".exchange-rows tbody tr")) == 50
    page.click(".exchange-act .exchange-button")
    page.wait_for_selector("text=71")
    assert Compound.objects.count() == 71
    assert said == []
    context.close()
    connections.close_all()  # playwright's loop gives this block a connection of its own
