"""The public pages in a real browser: nothing wider than the phone, nothing refused by the policy, search while typing."""

import pytest

from redprop.public import files
from tests.public import sample

pytestmark = [
    pytest.mark.browser,
]

ADDRESSES = [
    "/",
    "/lists/",
    "/lists/2026Q3/notice-1/",
    "/lists/2026Q2/final-1/",
    "/compounds/",
    "/compounds/in/420102001/",
    "/compounds/C00039/",
    "/enterprises/",
    "/enterprises/91420102MA0000010X/",
    "/find/?q=hhhy3",
    "/compounds/az/H/",
    "/map/",
    "/map/420102001/",
    "/open-data/",
    "/open-data/entries/",
    "/open-data/chain/",
]


@pytest.fixture
def site(live_server, published_root):
    files.replace_tree(published_root / "990101", sample.files(40, quarters=2, notice=True))
    return live_server.url


def test_every_page_fits_and_is_clean_at_both_widths(site, chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in ADDRESSES:
        assert page.goto(site + address).status == 200, address
        for width in (390, 1366):
            page.set_viewport_size({"width": width, "height": 900})
            wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wider <= 0, f"{address} is {wider} px wider than {width}"
            small = page.evaluate(
                "[...document.querySelectorAll('button, .site-nav a, .areas a, input')]"
                ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).length"
            )
            assert small == 0, f"{address} has {small} targets too small to touch at {width}"
    assert said == []
    page.close()


def test_a_resident_finds_the_compound_while_typing(site, chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.goto(site + "/compounds/")
    page.fill("#find-main", "hhhy17")
    page.wait_for_selector("#found a")
    page.click("#found a")
    page.wait_for_url("**/compounds/C00017/")
    page.close()


def test_without_javascript_the_server_finds_it(site, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(site + "/compounds/")
    page.fill("#find-main", "hhhy17")
    page.click(".find-large button")
    page.click(".areas a")
    page.wait_for_url("**/compounds/C00017/")
    context.close()
