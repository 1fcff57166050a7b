"""When two names mean one compound: table tests from the district's real files, and what always holds."""

import json
import re

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from redprop.common.matching import (
    LOW,
    Candidate,
    Described,
    Reason,
    compare,
    match_key,
    parse_name,
    stands_out,
)
from redprop.common.matching.names import numbers_of
from redprop.common.matching.places import is_inside, metres, metres_to_ring, roads, to_gcj02, to_wgs84


def points(one, other, **more):
    return compare(Described(one), Described(other, **more)).points


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # phases, written in every way
        ("汉口城市广场三期", "汉口城市广场5期"),
        ("汉口城市广场3期", "汉口城市广场四期"),
        ("融创公园壹号(二期)", "融创公园壹号三期"),
        ("星悦城一期", "星悦城二期"),
        ("金岛御璟世家(一期)", "金岛御璟世家(二期)"),
        ("滨江苑(一期)", "滨江苑三期"),
        ("百步亭金桥汇II期", "百步亭金桥汇(一期)"),
        ("武汉天地云廷三期", "武汉天地云廷2期"),
        # zones
        ("百步亭现代城一区", "百步亭现代城四区"),
        ("怡康苑北区", "怡康苑南区"),
        ("秀泽园北区", "秀泽园南区"),
        ("沈阳社区东区", "沈阳社区西区"),
        ("蔡家田社区A区", "蔡家田社区B区"),
        ("百步亭花园安居苑A区", "百步亭花园安居苑D区"),
        ("温馨苑B区", "温馨苑CD区"),
        ("统建大江园北苑", "统建大江园南苑"),
        ("新地东方花都B区", "东方花都F区"),
        # numbers
        ("三眼桥一村", "三眼桥四村"),
        ("台北二村小区", "台北三村小区"),
        ("武汉天地一期A7", "武汉天地一期A9"),
        ("富士君安花园(1-7栋)", "富士君安花园(8-10栋)"),
        ("解放公园路79号小区", "解放公园路8号小区"),
        # another kind of place under one name
        ("君安公寓", "君安大厦"),
        ("君安公寓", "君安花园"),
        ("雅琪大厦", "雅琪公寓"),
        # one character more or less is another compound
        ("怡和苑北区", "怡康苑北区"),
        ("晋合世家", "晋合金桥世家"),
        ("新地东方广场", "新地盛世东方"),
        ("百步华庭", "百步龙庭"),
        ("华清园", "华清社区"),
        ("三阳广场", "三阳社区"),
        ("台北名居", "台北沁园"),
        ("幸福湾星润", "幸福湾星澜"),
        # two characters beside a common ending say too little to be a part of another name
        ("同鑫花园", "同鑫花园景福苑"),
    ],
)
def test_these_are_never_proposed_as_one(one, other):
    assert points(one, other) < LOW
    assert points(other, one) < LOW


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("汉口城市广场三期", "汉口城市广场3期", 88),
        ("融创公园壹号二期", "融创公园壹号（二期）", 88),
        ("百步亭金桥汇II期", "百步亭金桥汇(二期)", 88),
        ("百步亭金桥汇Ⅱ期", "百步亭金桥汇贰期", 88),
        ("华润·桃源里", "华润桃源里", 88),
        ("凯旋名苑", "凯旋名苑小区", 88),
        ("ＺＡＭＡＰＡＲＫ", "zama park", 88),
        ("惠園大公馆", "惠园大公馆", 80),
        ("统建大江园北园", "统建大江园北苑", 80),
        ("香港路万科8号", "万科香港路8号", 80),
        ("民福金堡", "民福金堡大厦", 80),
        ("新长江国际", "新长江国际大厦", 80),
        ("东方明珠", "新地东方明珠", 75),
        ("艺树家", "环亚艺树家", 70),
        ("现代城二区", "百步亭现代城二区", 70),
        ("百步亭花园世博园", "百步亭世博园", 70),
        ("美联联邦生活区二期城仕", "美联联邦生活区城仕", 70),
        ("锦湖金利花园一期", "锦湖金利花园", 70),
        ("尚都一品", "尚都一品东区", 70),
        ("华润桃源里商铺", "华润桃源里", 70),
    ],
)
def test_these_are_proposed(one, other, least):
    assert points(one, other) >= least
    assert points(other, one) >= least


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("陌陌屋", "陌陌屋三元中央公园"),
        ("新生活摩尔城", "新生活摩尔城柠檬墅"),
        ("盛景天地", "盛景天地盛景国际"),
        ("海赋江城", "海赋江城天韵"),
    ],
)
def test_a_name_that_is_a_part_of_the_other_is_asked_about_and_never_taken_by_itself(one, other):
    near = {"place": (114.30, 30.60), "datum": "gcj02"}
    for a, b in ((one, other), (other, one)):
        assert points(a, b) == LOW
        assert compare(Described(a, area=1), Described(b, area=1)).points == LOW + 4
        assert compare(Described(a, **near), Described(b, **near)).points == LOW + 8
        # whatever speaks against it: another subdistrict, other roads, more than half a kilometre
        assert compare(Described(a, area=1), Described(b, area=2)).points == 20  # 55 − 35
        assert (
            compare(Described(a, address="兴业路1号"), Described(b, address="怡和西路2号")).points == 51
        )  # 55 − 4
        assert (
            compare(
                Described(a, **near),
                Described(b, place=(114.30, 30.607), datum="gcj02"),  # 778 m
            ).points
            == 47
        )
        score = compare(Described(a, area=1, **near), Described(b, area=1, **near))
        assert not stands_out([Candidate(1, "XQ0001", b, score)])


def test_reasons_are_told_in_the_language_of_whoever_reads_them():
    one, other = Described("银泰御华园二期", area=1), Described("银泰御华园", area=1)
    with translation.override("en"):
        english = [str(reason) for reason in compare(one, other).reasons]
    assert english == [
        "the rest of the name is the same",
        "only one of them names a phase: 2",
        "same subdistrict",
    ]
    kept = json.loads(json.dumps([reason.as_list() for reason in compare(one, other).reasons]))
    with translation.override("zh-hans"):
        told = [str(Reason.from_list(reason)) for reason in kept]
    assert "2" in told[1]
    assert not re.search("[a-z]", "".join(told))
    assert str(Reason.from_list("同街道")) == "同街道"  # kept by an older release


def test_a_part_named_on_one_side_only_never_counts_as_the_same_name():
    score = compare(Described("银泰御华园二期"), Described("银泰御华园"))
    assert (score.points, score.same_name) == (70, False)
    assert compare(Described("银泰御华园2期"), Described("银泰御华园二期")).same_name


# Each line is one row of the table in docs/matching.md, added up by hand.
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Described("红旗小区"), Described("红旗小区"), 88),
        (Described("红旗小区", area=1), Described("红旗小区", area=1), 88 + 4),
        (Described("红旗小区", area=1), Described("红旗小区", area=2), 88 - 35),
        (
            Described("红旗小区", place=(114.30, 30.60), datum="gcj02"),
            Described("红旗小区", place=(114.30, 30.6009), datum="gcj02"),
            88 + 8,  # 100 m
        ),
        (
            Described("红旗小区", place=(114.30, 30.60), datum="gcj02"),
            Described("红旗小区", place=(114.30, 30.603), datum="gcj02"),
            88 + 4,  # 334 m
        ),
        (
            Described("红旗小区", place=(114.30, 30.60), datum="gcj02"),
            Described("红旗小区", place=(114.30, 30.618), datum="gcj02"),
            88 - 30,  # 2.0 km
        ),
        (
            Described("红旗小区", place=(114.30, 30.60), datum="gcj02"),
            Described("红旗小区", place=(114.30, 30.63), datum="gcj02"),
            88 - 40,  # 3.3 km
        ),
        (
            Described("红旗小区", address="解放大道1号"),
            Described("红旗", address="江岸区解放大道1号"),
            88 + 6,
        ),
        (Described("红旗小区", address="解放大道1号"), Described("红旗", address="解放大道9号"), 88 + 2),
        (Described("红旗小区", address="解放大道1号"), Described("红旗", address="中山大道1号"), 88 - 4),
        (Described("红旗小区", year=1995), Described("红旗小区", year=1995), 88 + 2),
        (Described("红旗小区", year=1995), Described("红旗小区", year=2005), 88 - 6),
    ],
)
def test_the_points_add_up_as_documented(one, other, expected):
    assert compare(one, other).points == expected


def test_an_old_name_at_the_same_house_is_proposed_in_spite_of_its_name():
    new = Described("桃花苑", place=(114.3, 30.6), datum="gcj02", address="解放大道18号")
    old = Described("第一棉纺厂宿舍", place=(114.3, 30.6005), datum="gcj02", address="解放大道18号")
    assert compare(new, old).points == LOW
    assert compare(new, Described("第一棉纺厂宿舍", address="解放大道18号")).points < LOW


def test_another_name_of_the_register_counts_and_is_told():
    score = compare(Described("老红旗"), Described("红星里"), other_names=("老红旗", "红旗里"))
    assert score.points == 88
    assert any("老红旗" in str(reason) for reason in score.reasons)


def test_the_reasons_are_told_in_words():
    one = Described("新地·东方明珠", area=3, place=(114.298723, 30.637937), datum="gcj02")
    other = Described("东方明珠", area=3, place=(114.2990, 30.6382), datum="gcj02")
    score = compare(one, other)
    assert score.metres == 39
    assert [reason for reason in score.reasons if "39" in str(reason)]
    assert len(score.reasons) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("二", [2]),
        ("贰", [2]),
        ("ii", [2]),
        ("十二", [12]),
        ("二十", [20]),
        ("一二", [1, 2]),
        ("1-3", [1, 2, 3]),
        ("1、3", [1, 3]),
        ("三至五", [3, 4, 5]),
    ],
)
def test_numbers_are_read_in_every_way(text, found):
    assert numbers_of(text) == found


@pytest.mark.parametrize(
    ("name", "core", "phases", "zones"),
    [
        ("汉口花园一期B区韵竹里", "汉口花园韵竹里", {1}, {"b"}),
        ("温馨苑AB区", "温馨苑", set(), {"a", "b"}),
        ("石桥花园(一期东区)", "石桥", {1}, {"东"}),
        ("紫荆花园(苗栗路)", "紫荆", set(), set()),
        ("星悦城六期玺樾", "星悦城玺樾", {6}, set()),
        ("万科城II", "万科城", {2}, set()),
    ],
)
def test_a_name_is_read_into_its_parts(name, core, phases, zones):
    parts = parse_name(name)
    assert (parts.core, set(parts.phases), set(parts.zones)) == (core, phases, zones)


def test_the_offsets_of_the_three_datums_are_undone():
    # published example pair of a point near Wuhan: GCJ-02 lies some 550 m from WGS-84
    wgs = (114.2986, 30.5844)
    gcj = to_gcj02(wgs)
    assert 400 < metres(wgs, gcj) < 700
    assert metres(to_wgs84(gcj, "gcj02"), wgs) < 0.5
    baidu = (gcj[0] + 0.0065, gcj[1] + 0.0060)  # the mean offset of BD-09, its wave is below 30 m here
    assert metres(to_wgs84(baidu, "bd09"), wgs) < 60
    one = Described("红旗小区", place=wgs, datum="wgs84")
    other = Described("红旗小区", place=gcj, datum="gcj02")
    assert compare(one, other).metres == 0


def test_a_degree_of_latitude_is_111_km():
    assert metres((114.0, 30.0), (114.0, 31.0)) == pytest.approx(111_195, abs=5)


def test_a_point_is_inside_its_ring_or_so_many_metres_from_it():
    square = [(114.0, 30.0), (114.1, 30.0), (114.1, 30.1), (114.0, 30.1)]
    assert is_inside((114.05, 30.05), square)
    assert not is_inside((114.15, 30.05), square)
    assert metres_to_ring((114.11, 30.05), square) == pytest.approx(
        962, abs=3
    )  # 0.01° × 111.2 km × cos 30.05°


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("江岸-百步亭-解放大道2657号", {("解放大道", "2657")}),
        ("后湖街兴业南路7号", {("兴业南路", "7")}),
        ("花桥街办事处建设大道1051号", {("建设大道", "1051")}),
        ("江岸区后湖大道特8号", {("后湖大道", "特8")}),
        ("后湖大道与中一路交汇处", set()),
    ],
)
def test_roads_with_house_numbers_are_read_from_addresses(address, found):
    assert set(roads(address)[1]) == found


chinese = st.text(alphabet="红旗东风花园苑小区一二三期北南村123ABⅡ（）()· 里新老台", max_size=14)


@given(chinese, chinese)
def test_a_pair_scores_the_same_from_both_sides_and_within_bounds(one, other):
    score, back = compare(Described(one), Described(other)), compare(Described(other), Described(one))
    assert score.points == back.points
    assert 0 <= score.points <= 100
    assert score.reasons


@given(chinese.filter(lambda name: parse_name(name).core))
def test_a_name_is_like_itself_and_keys_are_stable(name):
    assert points(name, name) == 88
    assert match_key(name) == match_key(" " + name + " ")


@given(
    chinese.filter(lambda n: not parse_name(n).phases and parse_name(n).core),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_phases_decide_whatever_else_the_name_says(name, one, other):
    if "期" in name:
        return
    score = points(f"{name}({one}期)", f"{name}({other}期)")
    assert (score >= LOW) == (one == other)
