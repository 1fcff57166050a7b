"""Amounts in yuan: shown, cut into fen, shared without loss."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redprop.common.money import allocate, format_yuan, from_fen, to_fen, yuan

D = Decimal


def test_an_amount_is_shown_with_sign_thousands_and_two_places():
    assert format_yuan(D("1234.5")) == "¥1,234.50"
    assert format_yuan(D("-800")) == "-¥800.00"
    assert format_yuan(3955200) == "¥3,955,200.00"


def test_parts_of_a_fen_are_refused():
    assert to_fen(D("0.10")) == 10
    with pytest.raises(ValueError, match="fen"):
        to_fen(D("0.105"))
    assert str(from_fen(5)) == "0.05"
    assert str(yuan("0.005")) == "0.01"


def test_a_yuan_in_three_leaves_the_odd_fen_with_the_first():
    assert allocate(D("1.00"), [1, 1, 1]) == [D("0.34"), D("0.33"), D("0.33")]


def test_the_largest_remainder_gets_the_odd_fen():
    # 10.00 by 1 : 2 : 4 = 1.4285…, 2.8571…, 5.7142…: the odd fen of 9.98 go to .857 (1st) and .714 (2nd)
    assert allocate(D("10.00"), [1, 2, 4]) == [D("1.43"), D("2.86"), D("5.71")]


def test_an_amount_taken_back_is_shared_alike():
    assert allocate(D("-1.00"), [1, 1, 1]) == [D("-0.34"), D("-0.33"), D("-0.33")]


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(ValueError, match="weights"):
        allocate(D(1), [0, 0])


@given(
    st.integers(-(10**10), 10**10),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(lambda w: sum(w) > 0),
)
def test_the_parts_always_add_up(fen, weights):
    parts = allocate(from_fen(fen), weights)
    assert sum(parts) == from_fen(fen)
    assert all(abs(to_fen(p)) <= abs(fen) * w / sum(weights) + 1 for p, w in zip(parts, weights, strict=True))
