"""A registrar imports a file in a real browser, on a phone and on a desktop."""

import os

import pytest
from django.db import connections
from openpyxl import load_workbook

from communities.models import Compound
from redprop.core.services import uploads
from tests.browser import fits

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

    def looked_at():
        assert fits(page)

    page.goto(f"{live_server.url}/admin/communities/compound/")
    looked_at()
    page.click(".exchange-main >> nth=0")
    looked_at()
    page.set_input_files("#id_file", path)
    page.click(".exchange-button")
    page.wait_for_selector(".exchange-rows")
    looked_at()
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


def test_errors_are_downloaded_mended_sent_again_imported_and_undone(
    live_server, chromium, cast, client, write, tmp_path, monkeypatch
):
    monkeypatch.setattr(uploads, "PATIENCE", 300)
    path = write(["小区名称", "户数"], ["红旗小区", "480"], ["东风小区", "约300"])
    client.force_login(cast.registrar)
    context = chromium.new_context(
        viewport={"width": 390, "height": 900}, locale="zh-CN", accept_downloads=True
    )
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()

    def looked_at():
        assert fits(page)
        if folder := os.environ.get("SHOTS"):
            names.append(page.url)
            page.screenshot(path=f"{folder}/import-{len(names)}.png", full_page=True)

    names: list[str] = []
    page.goto(f"{live_server.url}/admin/communities/compound/import/compounds/")
    looked_at()
    page.set_input_files("#id_file", path)
    page.click(".exchange-form .exchange-button")
    page.wait_for_selector(".exchange-rows")
    looked_at()
    with page.expect_download() as waiting:
        page.click("#book a")
    book = tmp_path / "errors.xlsx"
    waiting.value.save_as(book)

    mended = load_workbook(book)
    sheet = mended.worksheets[0]
    bad = [cell for row in sheet.iter_rows() for cell in row if cell.value == "约300"]
    assert len(bad) == 1
    assert bad[0].comment
    bad[0].value = 300
    mended.save(book)

    page.click(".exchange-act .exchange-link:has-text('上传')")
    page.wait_for_selector("#id_file")
    page.set_input_files("#id_file", book)
    page.click(".exchange-form .exchange-button")
    page.wait_for_selector(".exchange-rows")
    looked_at()
    page.click(".exchange-act .exchange-button")
    page.wait_for_selector("a[href$='/undo/']")
    looked_at()
    assert sorted(Compound.objects.values_list("name", "households")) == [
        ("东风小区", 300),
        ("红旗小区", 480),
    ]
    page.click("a[href$='/undo/']")
    page.wait_for_selector("form[action$='/undo/'] .exchange-button")
    looked_at()
    page.click("form[action$='/undo/'] .exchange-button")
    page.wait_for_selector("form[action$='/again/']")
    looked_at()
    assert not Compound.objects.exists()
    page.goto(f"{live_server.url}/admin/core/importbatch/?register=compounds")
    looked_at()
    context.close()
    connections.close_all()
