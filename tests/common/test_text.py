"""Text as people type it, made comparable."""

import pytest

from redprop.common.text import name_key, normalise, normalise_name, pinyin_full, pinyin_initials, search_key


def test_width_spaces_and_invisible_characters_are_evened_out():
    assert normalise("　Ａ１２（东区）\u200b \ufeff x ") == "A12(东区) x"
    assert normalise(None) == ""
    assert normalise_name(" 花 桥 一 村 ") == "花桥一村"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("百步亭花园（一期）", "百步亭花园 1期"),
        ("丹水池小区", "丹水池"),
        ("ＡＢＣ公寓", "abc公寓"),
        ("后湖·十二村", "后湖12村"),
        ("花桥二十一区", "花桥21区"),
        ("幸福苑-B区", "幸福苑B区"),
    ],
)
def test_two_spellings_of_one_compound_share_a_key(one, other):
    assert name_key(one) == name_key(other)


def test_different_phases_keep_different_keys():
    assert name_key("花园一期") != name_key("花园二期")
    assert name_key("小区") == "小区"


def test_pinyin_serves_sorting_and_searching():
    assert pinyin_full("红色物业") == "hongsewuye"
    assert pinyin_initials("红色物业") == "hswy"
    assert pinyin_initials("A座花园") == "azhy"


def test_a_search_key_holds_name_pinyin_initials_and_code():
    key = search_key("黄河花园", "XQ-0012")
    for typed in ("河花", "hhhy", "huanghe", "xq-0012"):
        assert typed in key


def test_a_character_with_two_readings_is_found_by_both_initials():
    key = search_key("长乐")
    assert "cl" in key.split()
    assert "zl" in key.split()
