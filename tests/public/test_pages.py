"""What the public pages say and do not say, from plain values."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from django.utils.translation import override

from redprop.public import content, languages, pages
from tests.public import sample


@pytest.fixture(scope="module")
def site() -> content.Site:
    return sample.site(40)


@pytest.fixture(scope="module")
def made(site) -> dict[str, str]:
    return {path: data.decode() for path, data in languages.in_both(lambda: pages.Pages(site))}


FINAL = "lists/2026Q3/final-1/index.html"
NOTICE = "lists/2026Q3/notice-1/index.html"


def middle(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_every_address_ends_in_a_file_that_a_plain_server_finds(made):
    linked = set()
    for path, page in made.items():
        if path.endswith(".html"):
            linked |= set(re.findall(r'href="(/[^"#?]*)"', page))
    ours = {re.sub("^/en(?=/)", "", u) for u in linked if not u.startswith(("/static/", "/desk/"))}
    assert {u for u in linked if u.startswith("/en/")}, "the way to English"
    assert ours
    # Forms of residents are answered by the application: the report of a compound that has a page, and the way to follow it.
    answered = {"/follow/", "/r/", "/credit/"}
    forms = {u for u in ours if u in answered or u.startswith("/r/")}
    assert all(u in answered or f"compounds/{u.split('/')[2]}/index.html" in made for u in forms)
    ours -= forms
    wanted = {u.strip("/") + "/index.html" if u.endswith("/") else u.strip("/") for u in ours}
    wanted = {"index.html" if w == "/index.html" else w for w in wanted}
    wanted -= {"open-data/index.html", "map/index.html", "compounds/az/index.html"}  # tests of their own
    wanted.discard("subsidies/index.html")  # rendered by `redprop.public.subsidies`, tried in tests/subsidies
    assert wanted - set(made) == {
        f"lists/2026Q3/{kind}-1/{name}"
        for kind in ("final", "notice")
        for name in ("bundle.zip", "list.xlsx")
    }, "rendered by `publishing`"


def test_every_page_has_a_twin_in_english_and_each_names_the_other(made):
    chinese = {path for path in made if path.endswith(".html") and not path.startswith("en/")}
    tables = {path for path in made if path.endswith(".csv") and not path.startswith("en/")}
    assert {f"en/{path}" for path in chinese | tables} == {p for p in made if p.startswith("en/")}, (
        "no other data file twice"
    )
    for path in chinese - {"404.html", "500.html"}:
        address = "/" + path.removesuffix("index.html")
        assert '<html lang="zh-Hans">' in made[path]
        assert '<html lang="en">' in made[f"en/{path}"]
        assert f'href="/en{address}" lang="en"' in made[path]
        assert f'href="{address}" lang="zh-Hans"' in made[f"en/{path}"]
        for page in (made[path], made[f"en/{path}"]):
            assert re.search(f'hreflang="en" href="https?://[^/"]+/en{address}"', page)
            assert re.search(f'hreflang="zh-Hans" href="https?://[^/"]+{address}"', page)


def test_an_english_page_leads_only_to_english_pages(made):
    for path, page in made.items():
        if path.startswith("en/"):
            others = {u for u in re.findall(r'(?:href|action)="(/[^"#?]*)"', page) if u.endswith("/")}
            others = {u for u in others if not u.startswith(("/en/", "/desk/"))}
            assert others <= {"/" + path.removeprefix("en/").removesuffix("index.html"), "/"}, path


def test_the_home_page_shows_the_red_list_and_the_black_list_with_reasons(made):
    page = middle(made["index.html"])
    assert 'class="result result-red"' in page
    assert 'class="result result-black"' in page
    assert "安澜第0服务项目" in page
    assert "低于黑榜线 70 分" in page, "the black list says why"
    assert "安澜第17服务项目" not in page, "the watch list has its place on the whole list"


def test_a_list_names_red_black_and_watch_but_never_undetermined_or_unlisted(made):
    page = middle(made[FINAL])
    for number in (0, 1, 17, 19):
        assert f"安澜第{number}服务项目" in page
    for number in (18, 2, 3, 10):
        assert f"安澜第{number}服务项目" not in page


def test_a_notice_says_until_when_and_how_to_object_as_long_as_it_runs(made):
    running = dict(pages.render(sample.site(40, notice=True)))[NOTICE].decode()
    assert "2026年10月19日" in middle(running)
    assert 'id="object"' in running
    assert 'id="object"' not in made[NOTICE]
    assert "/lists/2026Q3/final-1/" in middle(made[NOTICE])
    assert 'id="object"' not in made[FINAL]


def test_a_compound_shows_its_projects_result_without_a_rank(site):
    entry = replace(next(e for e in site.releases[0].entries if e.key == "P0019"), rank=7319)
    release = replace(site.releases[0], entries=(entry,))
    page = middle(
        dict(pages.render(replace(site, releases=(release,))))["compounds/C00038/index.html"].decode()
    )
    assert f"{entry.total}" in page
    assert "居民满意度" in page
    assert "2024年1月1日" in page
    assert "清源物业有限公司" in page, "who served it before"
    assert "7319" not in page


def test_before_the_final_list_the_pages_show_only_the_notice():
    made = {p: d.decode() for p, d in pages.render(sample.site(40, notice=True))}
    assert "/lists/2026Q3/notice-1/" in middle(made["index.html"])
    assert "安澜第19服务项目" not in middle(made["index.html"])
    compound = middle(made["compounds/C00038/index.html"])
    assert "/lists/2026Q3/notice-1/" in compound
    assert "list-black" not in compound


def test_a_supplement_replaces_the_result_on_every_page(site):
    final = site.releases[0]
    changed = replace(final.entries[19], colour=content.WATCH, reasons=("复核后调整",))
    supplement = replace(final, pk=99, kind=content.CORRECTION, entries=(changed,), enterprises=())
    made = {p: d.decode() for p, d in pages.render(replace(site, releases=(supplement, *site.releases)))}
    assert "复核后调整" in middle(made["compounds/C00038/index.html"])
    assert "安澜第19服务项目" not in middle(made["index.html"])


def test_a_withdrawn_entry_is_counted_and_not_named(site):
    final = site.releases[0]
    gone = content.Entry(key="x1", name="", enterprise="", uscc="", colour=content.WITHDRAWN, total=None)
    kept = tuple(e for e in final.entries if e.key != "P0019")
    made = {
        p: d.decode()
        for p, d in pages.render(replace(site, releases=(replace(final, entries=(*kept, gone)),)))
    }
    assert "安澜第19服务项目" not in middle(made[FINAL])
    assert "P0019" not in made["lists/2026Q3/final-1/list.json"]
    assert "安澜第19服务项目" not in made["lists/2026Q3/final-1/list.csv"]


def test_pages_of_enterprises_and_compounds_are_not_for_search_engines(made):
    for path, page in made.items():
        if re.fullmatch(r"(compounds/C\d+|enterprises/\w{18})/index.html", path):
            assert '<meta name="robots" content="noindex, noarchive">' in page


def test_every_page_of_a_whole_district_is_light():
    with override("en"):
        made = dict(pages.render(sample.site(851, quarters=4)))
    assert max(len(data) for path, data in made.items() if path.endswith(".html")) < 100_000


def test_every_page_needs_nothing_from_elsewhere(made):
    for path, text in made.items():
        if path.endswith(".html"):
            assert not re.search("@@[a-z]+@@", text), path
            text = re.sub(r'<link rel="alternate" [^>]*>', "", text)
            assert not re.search(r'(?:src|href)="(?:https?:)?//', text), path
            assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", text), path


def test_names_from_the_registers_cannot_smuggle_html(site):
    evil = "<script>alert(1)</script>@@content@@"
    compound = replace(site.compounds[0], name=evil, address=evil)
    made = {p: d.decode() for p, d in pages.render(replace(site, compounds=(compound,)))}
    page = made[f"compounds/{compound.code}/index.html"]
    assert "<script>alert" not in page
    assert page.count("<main") == page.count('class="facts facts-two"') - 1 == 1


def test_the_list_for_excel_has_no_formula_and_the_same_entries_as_the_page(made, site):
    rows = list(csv.reader(io.StringIO(made["lists/2026Q3/final-1/list.csv"].removeprefix("\ufeff"))))
    assert len(rows) == 1 + 4
    evil = replace(site.releases[0].entries[0], name="=HYPERLINK(1)")
    release = replace(site.releases[0], entries=(evil,))
    made = {p: d.decode() for p, d in pages.render(replace(site, releases=(release,)))}
    assert "'=HYPERLINK(1)" in made["lists/2026Q3/final-1/list.csv"]


def test_the_list_as_data_has_decimal_strings(made):
    data = json.loads(made["lists/2026Q3/final-1/list.json"])
    assert data["kind"] == "final"
    assert {e["colour"] for e in data["projects"]} == {"red", "black", "watch"}
    assert data["projects"][0]["total"] == "95.00"


def test_a_site_without_releases_says_why_it_is_empty():
    made = {p: d.decode() for p, d in pages.render(replace(sample.site(4), releases=()))}
    assert 'class="empty"' in middle(made["index.html"])
    assert 'class="empty"' in middle(made["lists/index.html"])
    assert 'class="empty"' in middle(made["compounds/C00000/index.html"])


def test_a_second_rendering_gives_the_same_bytes(site, made):
    assert {p: d.decode() for p, d in languages.in_both(lambda: pages.Pages(site))} == made


def test_the_newest_quarter_is_the_current_list_also_beside_a_half_year(site):
    quarter = replace(site.releases[0], period="2026Q2", period_label="2026年第2季度")
    half = replace(site.releases[0], pk=98, period="2026H1", period_label="2026年上半年")
    year = replace(site.releases[0], pk=97, period="2025", period_label="2025年")
    made = dict(pages.render(replace(site, releases=(year, half, quarter))))
    assert "2026年第2季度" in middle(made["index.html"].decode())
    assert "2026年上半年" not in middle(made["index.html"].decode())
    history = middle(made["compounds/C00000/index.html"].decode())
    assert history.index("2026年上半年") < history.index("2025年")


def test_the_address_of_a_merged_compound_leads_to_the_one_that_was_kept(site):
    """Also the results under the old code are on the page of the kept one, once."""
    gone, kept = site.compounds[0], site.compounds[1]
    after = replace(
        site,
        compounds=site.compounds[1:],
        moved=(content.Moved(gone.code, gone.name, kept.code, kept.name),),
    )
    made = {path: data.decode() for path, data in pages.render(after)}
    page = made[f"compounds/{gone.code}/index.html"]
    head = page[: page.index("</head>")]
    assert f'url=/compounds/{kept.code}/"' in head
    assert f'href="/compounds/{kept.code}/"' in middle(page)
    assert f"/compounds/{gone.code}/" not in made["compounds/index.html"]
    assert gone.code not in made["compounds/index.json"]
    assert set(pages.Pages(after).by_compound) >= {kept.code}
    assert gone.code not in pages.Pages(after).by_compound
