"""The two real lists of compounds give one register in either order: proposals for a person, never doubles.

What is expected was read in the files by hand: 146 names stand in both as they are; nine names stand
twice in the list of 275, and five of its places lie in other districts.
"""

import csv
import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from communities.models import Compound, DistrictOutline
from redprop.areas.models import District
from redprop.common.tabular import declare
from redprop.core.services import imports
from tests.tabular.test_real_files import DATA

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.exists(), reason="the real files are not beside the repository"),
]

STREETS = DATA / "compounds/jiangan_wufang_distinct.csv"
YEARS = DATA / "compounds/jiangan_xiaoqu_lianjia_amap_2020.csv"
MAPPED = {STREETS: {"楼盘名称": "name", "楼盘地址": "address"}, YEARS: {}}
NAME = {STREETS: "楼盘名称", YEARS: "name"}

ELSEWHERE = {"汉口城市广场三期", "东方华府", "阳光城央座", "清芷园", "鹏程花苑"}
TWICE = {
    "二七小路24到32号",
    "外滩棕榈泉",
    "金益大厦",
    "桃源大厦",
    "金凌育才雅苑",
    "中奇香港花园",
    "云湖大厦",
    "东新熙园",
    "空间贵族",
}
THE_SAME = {
    # in the list of 275: in the list of 422, the same place under a name written in another way
    "香港路万科8号": "万科香港路8号",
    "东方明珠": "新地东方明珠",
    "三阳金城": "外滩三阳金城",
    "大智嘉园": "银泰大智嘉园",
    "统建大江园北园": "统建大江园北苑",
    "惠園大公馆": "惠园大公馆",
    "民福金堡": "民福金堡大厦",
    "艺树家": "环亚艺树家",
    "文卉苑": "百步亭花园文卉苑",
    "现代城二区": "百步亭现代城二区",
    "百步亭金桥汇II期": "百步亭金桥汇(二期)",
}
PARTS = {
    # in the list of 275: in the list of 422, one name holding the other and nothing speaking against it
    "陌陌屋三元中央公园": "陌陌屋",
    "新生活摩尔城": "新生活摩尔城柠檬墅",
    "盛景天地盛景国际": "盛景天地",
}
ONLY_275 = {
    # names beside which the list of 422 has a similar one that is another compound, or none
    "雅琪大厦",  # 雅琪公寓
    "同安大厦",  # 同安家园
    "新地东方花都B区",  # 东方花都F区
    "幸福湾星苑",  # 幸福湾星润
    "瑞云公馆",  # 瑞云居
    "锦苑公寓",
    "枫丹白鹭",
    "德盛大厦",
}
# 同鑫花园: the list of 275 has 同鑫花园景福苑, on another road
ONLY_422 = {
    "同鑫花园",
    "雅琪公寓",
    "东方花都F区",
    "富强天合熙园",
    "星悦城四期",
    "融科天城三期",
    "二七人家",
    "温馨苑CD区",
}


def names(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row[NAME[path]] for row in csv.DictReader(file)]


@pytest.fixture
def bring(settings, tmp_path):
    """Import a list; returns the plan. `accept` takes proposals from so many points on."""
    settings.MEDIA_ROOT = tmp_path
    district = District.objects.create(code="420102", name="江岸区")
    context = imports.context_for(district=district, acting_user=None)

    def brought(path, accept=None):
        plan, _batch = imports.import_file(
            register=declare.get("compounds"),
            path=path,
            context=context if accept is None else replace(context, accept_matches=True, accept_from=accept),
            mapping=MAPPED[path],
            only_good=True,
        )
        return plan

    return brought


def by_status(plan):
    found = {}
    for row in plan.rows:
        found.setdefault(row.status, set()).add(plan.value(row, "name"))
    return found


def registered():
    return set(Compound.objects.values_list("name", flat=True))


def test_the_facts_of_the_files_are_as_counted_by_hand():
    streets, years = names(STREETS), names(YEARS)
    assert (len(streets), len(set(streets)), len(years), len(set(years))) == (422, 422, 275, 266)
    assert len(set(streets) & set(years)) == 146
    assert {name for name in years if years.count(name) > 1} == TWICE


@pytest.mark.parametrize(
    ("first", "second"), [(STREETS, YEARS), (YEARS, STREETS)], ids=["422-275", "275-422"]
)
def test_in_either_order_what_both_lists_name_is_proposed_and_nothing_is_doubled(bring, first, second):
    bring(first)
    before = registered()
    plan = bring(second)
    new = by_status(plan)["new"]
    both = set(names(STREETS)) & set(names(YEARS)) & before
    assert not new & both
    pairs = THE_SAME | PARTS
    if first is YEARS:
        pairs = {there: here for here, there in pairs.items()}
    assert not new & {one for one, other in pairs.items() if other in before}
    assert (ONLY_275 if first is STREETS else ONLY_422) <= new
    assert Compound.objects.count() == len(before) + len(new)


def test_a_name_that_is_a_part_of_another_is_never_taken_without_a_person(bring):
    bring(STREETS)
    plan = bring(YEARS, accept=55)
    for row in plan.rows:
        name = plan.value(row, "name")
        if name in PARTS:
            assert row.status == "refused"
            assert [one.name for one in row.candidates] == [PARTS[name]]


def test_places_in_other_districts_are_refused_and_second_rows_too(bring):
    plan = bring(YEARS)
    status = by_status(plan)
    assert ELSEWHERE.isdisjoint(status["new"])
    assert status["refused"] == ELSEWHERE | TWICE
    assert plan.counts() == {"rows": 275, "new": 261, "changed": 0, "unchanged": 0, "refused": 14}


def test_all_above_a_line_are_taken_and_the_same_list_again_changes_nothing(bring):
    bring(STREETS)
    plan = bring(YEARS, accept=70)
    taken = plan.counts()["changed"]
    total = Compound.objects.count()
    assert total == 422 + plan.counts()["new"]
    pearl = Compound.objects.get(name="新地东方明珠")
    assert "东方明珠" in pearl.aliases
    assert pearl.year_built is not None
    again = bring(YEARS)
    counts = again.counts()
    assert (counts["new"], counts["changed"]) == (0, 0)
    assert counts["unchanged"] >= taken
    assert Compound.objects.count() == total
    back = bring(STREETS)
    assert (back.counts()["new"], back.counts()["changed"]) == (0, 0)
    assert Compound.objects.count() == total


def test_build_years_are_read_from_their_text(bring):
    bring(YEARS)
    with YEARS.open(encoding="utf-8-sig", newline="") as file:
        told = {row["name"]: row["buildYear"] for row in csv.DictReader(file)}
    assert told["国际百纳"] == "2015年建成"
    assert Compound.objects.get(name="国际百纳").year_built == 2015
    assert Compound.objects.get(name="百步亭金桥汇II期").year_built == 2012
    for compound in Compound.objects.all():
        digits = re.fullmatch(r"(\d{4})年建成", told[compound.name])
        assert compound.year_built == (int(digits[1]) if digits else None), compound.name


def test_coordinates_outside_the_outline_are_refused_even_when_the_file_does_not_say_the_district(
    bring, tmp_path
):
    """鹏程花苑 (青山区) and 清芷园 (武昌区) lie across the river; without the column of the district the outline tells."""
    bring(STREETS)
    district = District.objects.get(code="420102")
    DistrictOutline.objects.create(
        district=district,
        ring=[[114.27, 30.56], [114.33, 30.58], [114.36, 30.68], [114.26, 30.68]],
        datum="gcj02",
        source="test",
        valid_from=dt.date(2020, 1, 1),
    )
    with YEARS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["amap_adname"] = ""
    stripped = tmp_path / "years.csv"
    with stripped.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    MAPPED[stripped] = {}
    refused = {
        p.row: p.message for p in bring(stripped).problems() if "公里" in p.message or " km " in p.message
    }
    by_name = {rows[number - 2]["name"] for number in refused}
    assert {"鹏程花苑", "清芷园"} <= by_name
    assert "国际百纳" not in by_name
