"""The open data as files: complete, described, the same in every form, light, and found by a catalogue."""

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from django.utils.translation import override
from openpyxl import load_workbook

from redprop.public import content, directory, feed, languages, maps, opendata, publishing, robots, search
from redprop.public.open_table import DATE, INTEGER, LIST
from redprop.public.plane import Plane, hull
from tests.public import sample

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site():
    return sample.site(40, quarters=2)


@pytest.fixture(scope="module")
def made(site) -> dict[str, bytes]:
    return dict(opendata.render(site, opendata.Measures()))


def rows_of(made, table) -> list[dict]:
    return json.loads(made[f"open-data/{table}/{table}.json"])["rows"]


def test_the_catalogue_names_every_file_with_its_size_and_digest(made, settings):
    catalogue = json.loads(made["open-data/catalogue.json"])
    named = {}
    for dataset in catalogue["dataset"]:
        for file in dataset["distribution"]:
            named[file["downloadURL"].removeprefix(f"{settings.SITE_ADDRESS}/")] = file
    tables = {p for p in made if re.fullmatch(r"open-data/([a-z-]+)/\1(-\d{4})?\.(csv|json|xlsx)", p)}
    assert set(named) == tables
    for path, file in named.items():
        assert file["byteSize"] == len(made[path])
        assert file["checksum"]["value"] == hashlib.sha256(made[path]).hexdigest()
    assert all(f"open-data/{d['identifier']}/index.html" in made for d in catalogue["dataset"])


def test_csv_json_and_xlsx_say_the_same(made, site):
    rows = rows_of(made, "entries")
    assert len(rows) == 4 * 4 + 4, (
        "two quarters, each with a notice and a final list: 2 red, 1 black, 1 watch, a firm"
    )
    table = list(csv.reader(io.StringIO(made["open-data/entries/entries.csv"].decode("utf-8-sig"))))
    sheet = list(load_workbook(io.BytesIO(made["open-data/entries/entries.xlsx"])).active.values)
    assert len(table) == len(rows) + 1
    with override("en"):
        twins = dict(languages.placed(opendata.render(site, opendata.Measures(), with_data=False)))
    english = list(csv.reader(io.StringIO(twins["en/open-data/entries/entries.csv"].decode("utf-8-sig"))))
    assert (english[0][9:11], len(english)) == (["Rank", "Total score (points)"], len(table))
    schema = json.loads(made["open-data/entries/schema.json"])
    assert [f["title_en"] for f in schema["fields"]][9:11] == ["Rank", "Total score"]
    assert "/en/open-data/entries/entries.csv" in twins["en/open-data/entries/index.html"].decode()
    assert len(sheet) == len(rows) + 3, "title and day stand above the header"
    for row, line, cells in zip(rows, table[1:], sheet[3:], strict=True):
        assert row["code"] == line[4] == cells[4]
        assert row["total"] == line[10]
        assert float(row["total"]) == cells[10], "a number in the workbook"
        assert "；".join(row["reasons"]) == line[12] == (cells[12] or "")


def test_every_row_is_what_the_schema_says(made):
    for path in [p for p in made if p.endswith("schema.json")]:
        schema = json.loads(made[path])
        fields = {f["name"]: f for f in schema["fields"]}
        rows = rows_of(made, schema["name"])
        for row in rows:
            assert list(row) == list(fields)
            for name, value in row.items():
                kind = fields[name]["type"]
                if value is None:
                    assert name not in schema["primaryKey"]
                elif kind == INTEGER:
                    assert isinstance(value, int)
                elif kind == LIST:
                    assert all(isinstance(one, str) for one in value)
                else:
                    assert isinstance(value, str), (schema["name"], name)
                if kind == DATE and value:
                    assert re.fullmatch(r"\d{4}-\d\d-\d\d", value)
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        assert len(keys) == len(set(keys)), schema["name"]


def test_the_files_of_the_years_add_up_to_the_whole(site):
    long = replace(site, releases=sample.site(40, quarters=5).releases)
    made = dict(opendata.render(long, opendata.Measures()))
    parts = [json.loads(made[f"open-data/results/results-{year}.json"])["rows"] for year in (2026, 2025)]
    assert [len(part) for part in parts] == [60, 40], "20 projects: three quarters of 2026, two of 2025"
    assert parts[0] + parts[1] == rows_of(made, "results")


def test_the_chain_names_each_bundle_with_its_digest(site):
    measures = opendata.Measures()
    measures.take("lists/2026Q3/final-1/bundle.zip", b"PK")
    chain = json.loads(opendata.chain_json(site, measures))["releases"]
    assert [link["sequence"] for link in chain] == [4, 3, 2, 1]
    assert chain[0]["bundle_sha256"] == hashlib.sha256(b"PK").hexdigest()
    assert chain[0]["previous_digest"] == site.releases[0].previous_digest


def test_the_feed_has_lasting_ids_and_tells_of_a_withdrawal_without_its_name(site):
    tree = ElementTree.fromstring(feed.atom(site))
    ids = [one.text for one in tree.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids)) == 5
    assert ids[1].endswith(":990101:release:4")
    final = site.releases[0]
    gone = content.Entry(key="P1a2b", name="", enterprise="", uscc="", colour=content.WITHDRAWN, total=None)
    after = replace(site, releases=(replace(final, entries=(gone, *final.entries[1:])), *site.releases[1:]))
    entry = ElementTree.fromstring(feed.atom(after)).find(f"{ATOM}entry")
    assert "：1。" in entry.find(f"{ATOM}summary").text or "1 个" in entry.find(f"{ATOM}summary").text
    assert entry.find(f"{ATOM}id").text == ids[1]
    assert "安澜第0服务项目" not in feed.atom(after).decode()


def test_search_engines_get_the_pages_that_may_be_found_and_no_others(site):
    files = dict(languages.in_both(lambda: sample_pages(site)))
    listed = robots.sitemap(
        site, [address(n) for n, d in files.items() if n.endswith("index.html") and robots.may_be_found(d)]
    )
    paths = re.findall(r"<loc>[a-z]+://[^/]+(/[^<]*)</loc>", listed.decode())
    assert {"/", "/en/", "/map/", "/open-data/entries/"} <= set(paths)
    for path in paths:
        assert f"{path.strip('/')}/index.html".lstrip("/") in files
    assert not [path for path in paths if re.search(r"/(compounds/C0|enterprises/9)", path)]
    assert b"Sitemap: " in robots.robots()


def sample_pages(site):
    yield from publishing.rendered(site, opendata.Measures())


def address(name: str) -> str:
    return "/" + name.removesuffix("index.html")


# The search


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("和合花园7期", "/compounds/C00007/"),
        ("hhhy7q", "/compounds/C00007/"),
        ("c00007", "/compounds/C00007/"),
        ("青禾第3", "/enterprises/91420102MA0000030X/"),
        ("jaqh3", "/enterprises/91420102MA0000030X/"),
        ("一元", "/compounds/in/420102000/"),
        ("yyjd", "/compounds/in/420102000/"),
        ("ＹＹＪＤ", "/compounds/in/420102000/"),
    ],
)
def test_a_compound_an_enterprise_and_a_subdistrict_are_found_by_name_pinyin_initials_and_code(
    site, query, path
):
    assert path in [one.path for one in search.matching(json.loads(search.index(site)), query)]


def test_names_that_begin_with_what_was_typed_come_first(site):
    rows = [["c", "C1", "新和合", "", "xinhehe xhh"], ["c", "C2", "和合", "", "hehe hh"]]
    assert [one.code for one in search.matching(rows, "和合")] == ["C2", "C1"]
    assert search.matching(rows, "  ") == []


def test_every_compound_stands_once_in_the_directory_from_a_to_z(site):
    pages = {name: data.decode() for name, data in directory.render(site)}
    linked = [code for text in pages.values() for code in re.findall(r'href="/compounds/(C\d+)/"', text)]
    assert sorted(linked) == [c.code for c in site.compounds]


# The map


@pytest.fixture(scope="module")
def drawn(site) -> dict[str, str]:
    return {name: data.decode() for name, data in maps.render(site)}


def test_a_map_and_its_table_show_the_same_compounds(site, drawn):
    for code in {c.subdistrict_code for c in site.compounds}:
        page = drawn[f"map/{code}/index.html"]
        picture, table = page.split("</svg>\n</div>" if "</svg>\n</div>" in page else "</svg></div>", 1)
        here = [c for c in site.compounds if c.subdistrict_code == code]
        marked = set(re.findall(r'<a href="/compounds/(C\d+)/"><title>', picture))
        assert marked == {c.code for c in here if c.point}
        assert set(re.findall(r'href="/compounds/(C\d+)/"', table)) == {c.code for c in here}


def test_a_result_is_told_by_shape_and_word_not_by_colour_alone():
    marks = {colour: re.sub(r"[\d.]+", "", maps.shape(colour, 10, 10, 5)) for colour in maps.ORDER[:4]}
    assert len(set(marks.values())) == 4
    assert len({maps.name_of(colour) for colour in maps.ORDER}) == len(maps.ORDER)


def test_a_map_is_light_also_with_all_compounds_of_the_district():
    assert len(dict(maps.render(sample.site(860)))["map/index.html"]) < 150_000
    one_subdistrict = [len(data) for _name, data in maps.render(sample.site(440))]
    assert max(one_subdistrict) < 100_000, "110 compounds in each of the four"


def test_a_withdrawn_entry_has_no_result_on_the_map(site):
    final = site.releases[0]
    gone = content.Entry(key="P1a2b", name="", enterprise="", uscc="", colour=content.WITHDRAWN, total=None)
    entries = tuple(gone if e.colour == content.BLACK else e for e in final.entries)
    after = replace(site, releases=(replace(final, entries=entries), *site.releases[1:]))
    code = next(e for e in final.entries if e.colour == content.BLACK).compounds[0][0]
    compound = next(c for c in site.compounds if c.code == code)
    assert maps.Maps(site).colour(compound) == content.BLACK
    assert maps.Maps(after).colour(compound) == maps.NONE


def test_distances_on_the_map_are_those_on_the_ground():
    # One minute of latitude is 1,853 m on the mean sphere; at 30.6° one of longitude is 1,595 m.
    west, east, north = (114.30, 30.60), (114.30 + 1 / 60, 30.60), (114.30, 30.60 + 1 / 60)
    plane = Plane([west, east, north], width=800, margin=40)
    (x0, y0), (x1, y1), (x2, y2) = map(plane.place, (west, east, north))
    assert (y0, x0) == (y1, x2), "north is up"
    assert x1 - x0 == pytest.approx(plane.pixels(1595), rel=0.005)
    assert y0 - y2 == pytest.approx(plane.pixels(1853), rel=0.005)
    assert (x0, x1) == (pytest.approx(40), pytest.approx(760))


def test_a_hull_holds_all_points():
    square = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]
    assert sorted(hull([*square, (1.0, 1.0), (1.0, 0.0)])) == sorted(square)
    assert hull([(1.0, 1.0)]) == [(1.0, 1.0)]
