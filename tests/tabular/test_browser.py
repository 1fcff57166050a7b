"""A registrar imports a file in a real browser, on a phone and on a desktop."""

import pytest
from django.db import connections

from communities.models import Compound

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("width", [390, 1366])
def test_a_registrar_uploads_checks_and_confirms(live_server, chromium, cast, client, write, width):
    path = write(
        ["小区名称", "户数"],
        ["红旗小区", "480"],
        ["东风小区", "约300"],
        *[[f"小区{n}", n] for n in range(70)],
    )
    client.force_login(cast.registrar)
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
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
