"""The offset of GCJ-02 against pairs published with the open conversion (googollee/eviltransform), and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redprop.common.matching.places import metres, to_gcj02, to_wgs84

PAIRS = [
    # Shanghai, Shenzhen, Beijing: WGS-84, then GCJ-02, longitude first
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]


@pytest.mark.parametrize(("wgs84", "gcj02"), PAIRS)
def test_published_pairs_are_met_within_a_decimetre_and_undone_within_a_metre(wgs84, gcj02):
    assert metres(to_gcj02(wgs84), gcj02) < 0.1
    assert metres(to_wgs84(gcj02, "gcj02"), wgs84) < 1


@given(st.floats(113.6, 115.1), st.floats(29.9, 31.4))
def test_there_and_back_is_the_same_place_all_over_the_city(east, north):
    point = (east, north)
    assert metres(to_wgs84(to_gcj02(point), "gcj02"), point) < 0.01
    assert 300 < metres(to_gcj02(point), point) < 800, "the offset is real"
