"""What a resident's phone meets: light pages without inline script, clean for axe at both widths in both languages, also in large print."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils.translation import override

from redprop.public import content, english, files, languages, pages
from tests.browser import faults, fits
from tests.public import sample

BOTH = (("", 390), ("", 1366), ("/en", 390), ("/en", 1366))
"""The home page is tried in all four ways, the others in Chinese on a phone and in English on a desk."""
ADDRESSES = (
    "/",
    "/lists/2026Q2/final-1/",
    "/compounds/C00038/",
    "/enterprises/91420102MA0000010X/",
)


def full_site() -> content.Site:
    """A site whose first pages carry everything that a card, a home and an enterprise can show."""
    site = sample.site(40, quarters=2, notice=True)
    promises = content.Promises(
        open=(
            content.Promise("楼道灯不亮", "更换声控灯", site.today, "open", overdue=True),
            content.Promise("门禁失灵", "更换主机", site.today, "answered"),
        ),
        kept=(content.Promise("垃圾未清", "每日清运", site.today, "confirmed", done_on=site.today),),
        due=3,
        in_time=2,
    )
    guarantees = content.Guarantees((("保洁", "有人扫、日日清"), ("保亮", "楼道、路灯完好")), "示例1号")
    money = ((2026, 9, Decimal("39916.80"), Decimal("26611.20")),)
    compounds = tuple(
        replace(
            c,
            promises=promises,
            guarantees=guarantees,
            received=money,
            secretary="社区党组织书记",
            secretary_phone="027-82000009",
        )
        for c in site.compounds
    )
    quarters = tuple(
        content.Quarter(f"2026Q{n}", 40, 38, 20, 18 + n % 2, 60, 55, money[0][2], money[0][3])
        for n in (1, 2, 3)
    )
    credit = content.Credit(
        site.today,
        "AA",
        Decimal(106),
        "信用等级方案",
        "",
        Decimal(100),
        (("good", Decimal(6)),),
    )
    return replace(
        site,
        compounds=compounds,
        quarters=quarters,
        enterprises=tuple(replace(e, credit=credit) for e in site.enterprises),
    )


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return dict(languages.in_both(lambda: pages.Pages(full_site())))


def test_a_page_with_everything_on_it_is_light_and_has_no_script_of_its_own(made):
    for address in ADDRESSES:
        for folder in ("", "en/"):
            page = made[f"{folder}{address.strip('/')}/index.html".replace("//", "/").lstrip("/")]
            assert len(page) < 100_000, address
            text = page.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), address
            assert re.search(r'<a class="skip-link" href="#content">', text)
    styles = sum(
        (Path(django_settings.BASE_DIR) / "static" / n).stat().st_size for n in ("public.css", "redprop.css")
    )
    assert styles < 60_000, "the way to the first word on an old phone"


@pytest.mark.browser
def test_axe_finds_nothing_on_the_public_pages_at_both_widths_in_both_languages(
    made, live_server, published_root, chromium
):
    files.replace_tree(published_root / "990101", iter(made.items()))
    context = chromium.new_context(bypass_csp=True)
    page = context.new_page()
    for address in ADDRESSES:
        for prefix, width in (("", 390), ("/en", 1366)) if address != "/" else BOTH:
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(live_server.url + prefix + address)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            assert faults(page) == [], (address, prefix, width)
            assert fits(page), (address, prefix, width)
    context.close()


@pytest.mark.browser
def test_large_print_is_remembered_and_works_without_javascript_on_the_page(
    made, live_server, published_root, chromium
):
    files.replace_tree(published_root / "990101", iter(made.items()))
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(live_server.url + "/")
    page.click("#large")
    assert page.evaluate(size) == 20
    page.goto(live_server.url + "/compounds/C00038/")
    assert page.evaluate(size) == 20
    assert fits(page)
    page.click("#normal")
    assert page.evaluate(size) == 16
    context.close()
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + "/")
    page.click("#large")
    page.wait_for_url("**/#large")
    page.get_by_text("标准字号").click()
    page.wait_for_url("**/#content")
    context.close()


def test_english_pages_mark_their_chinese_and_name_items_in_english(made):
    card = made["en/compounds/C00038/index.html"].decode()
    text = re.sub(r"<head>.*?</head>", "", card, flags=re.S)
    spoken = re.sub(r'<([a-z0-9]+)(?=[^>]* lang="zh)[^>]*>[^<]*</\1>', "", text)
    assert '<strong lang="zh">楼道灯不亮</strong>' in text
    assert not re.search(r">[^<]*[\u4e00-\u9fff]", spoken), re.findall(r">[^<]*[\u4e00-\u9fff][^<]*", spoken)[
        :3
    ]
    assert "lang=" not in re.sub(r"(?s).*<main|</main>.*", "", made["compounds/C00038/index.html"].decode())
    with override("en"):
        assert (english.word("优秀"), english.word("某某")) == ("excellent", "某某")
    assert english.word("优秀") == "优秀"
