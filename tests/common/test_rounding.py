"""The one rounding function: worked values, exactness, and what it refuses."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redprop.common.rounding import DOWN, HALF_EVEN, HALF_UP, UP, quantize

D = Decimal

TABLE = [
    # value, quantum, mode, expected
    ("0.125", "0.01", HALF_UP, "0.13"),
    ("-0.125", "0.01", HALF_UP, "-0.13"),
    ("2.675", "0.01", HALF_UP, "2.68"),
    ("0.125", "0.01", HALF_EVEN, "0.12"),
    ("0.135", "0.01", HALF_EVEN, "0.14"),
    ("0.129", "0.01", DOWN, "0.12"),
    ("-0.129", "0.01", DOWN, "-0.12"),
    ("0.121", "0.01", UP, "0.13"),
    ("87.25", "0.5", HALF_UP, "87.5"),
    ("0.07", "0.05", HALF_UP, "0.05"),
    ("0.075", "0.05", HALF_UP, "0.10"),
    ("150", "1E+2", HALF_UP, "200"),
    ("89.995", "0.01", HALF_UP, "90.00"),
    ("89.9949999999999999999999999999999999", "0.01", HALF_UP, "89.99"),
]


@pytest.mark.parametrize(("value", "quantum", "mode", "expected"), TABLE)
def test_the_worked_values_round_as_written(value, quantum, mode, expected):
    result = quantize(D(value), D(quantum), mode)
    assert (result, str(result)) == (D(expected), expected)


def test_a_fraction_is_rounded_once_from_its_exact_value():
    assert quantize(Fraction(2, 3) * 30, D("0.01")) == D("20.00")
    assert quantize(Fraction(1, 3), D("0.0001")) == D("0.3333")


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        quantize(0.125, D("0.01"))


def test_an_unknown_mode_or_a_quantum_of_zero_is_refused():
    with pytest.raises(ValueError, match="mode"):
        quantize(D(1), D("0.01"), "ROUND_HALF_UP")
    with pytest.raises(ValueError, match="positive"):
        quantize(D(1), D(0))


def test_the_precision_of_the_thread_does_not_matter():
    with localcontext() as context:
        context.prec = 3
        assert quantize(D("123456.785"), D("0.01")) == D("123456.79")


@given(
    st.decimals(min_value=-10_000_000, max_value=10_000_000, places=6),
    st.sampled_from(["0.01", "0.05", "0.5", "1", "0.03"]),
)
def test_half_up_is_the_nearest_multiple_and_never_further_than_half_a_quantum(value, quantum):
    q = D(quantum)
    result = quantize(value, q)
    assert Fraction(result) % Fraction(q) == 0
    assert abs(Fraction(result) - Fraction(value)) <= Fraction(q) / 2
    assert quantize(result, q) == result
