"""The draw of inspection plans: the same seed the same draw, parts in proportion, nobody at home, loads even."""

import hashlib
import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.agreement import agreement
from evaluations.sampling import (
    NobodyLeft,
    Unit,
    allocate,
    assign,
    draw,
    draw_second,
    one_of_each,
    sample_size,
    spread,
)

SIZES = st.dictionaries(st.sampled_from("甲乙丙丁戊己庚"), st.integers(0, 60), min_size=1).filter(
    lambda sizes: any(sizes.values())
)


def test_parts_of_a_worked_example() -> None:
    # 200 compounds, 20 drawn: parts 12.4, 4.1, 3.2 and 0.3. The last gets one; 19 are left for 197:
    # 124 × 19/197 = 11.96, 41 × 19/197 = 3.95, 32 × 19/197 = 3.09 → 11 + 3 + 3, the two largest remainders get one more.
    assert allocate({"a": 124, "b": 41, "c": 32, "d": 3}, 20) == {"a": 12, "b": 4, "c": 3, "d": 1}


def test_an_empty_stratum_gets_nothing_and_too_few_for_the_strata_are_refused() -> None:
    assert allocate({"a": 5, "b": 0}, 2) == {"a": 2, "b": 0}
    with pytest.raises(ValueError, match="between 2 and 8"):
        allocate({"a": 5, "b": 3}, 1)
    with pytest.raises(ValueError, match="between 2 and 8"):
        allocate({"a": 5, "b": 3}, 9)


@given(SIZES, st.data())
def test_every_stratum_has_its_part_and_none_more_than_it_holds(sizes, data) -> None:
    filled = {name: size for name, size in sizes.items() if size}
    total = sum(filled.values())
    n = data.draw(st.integers(len(filled), total))
    parts = allocate(sizes, n)
    assert sum(parts.values()) == n
    for name, size in sizes.items():
        assert (parts[name] == 0) == (size == 0)
        assert parts[name] <= size
    # Nobody above the quota by a whole unit, except for the one that everybody gets.
    for name, size in filled.items():
        assert parts[name] <= max(1, Fraction(n * size, total) + 1)
    # A larger stratum never gets less.
    for one, other in itertools.combinations(filled, 2):
        if filled[one] > filled[other]:
            assert parts[one] >= parts[other]


@given(SIZES, st.integers(0, 2**40), st.data())
def test_the_same_seed_draws_the_same_whatever_the_order_of_the_register(sizes, seed, data) -> None:
    frame = {name: [f"{name}{i:03d}" for i in range(size)] for name, size in sizes.items()}
    filled = sum(1 for size in sizes.values() if size)
    n = data.draw(st.integers(filled, sum(sizes.values())))
    once = draw(frame, n, seed)
    shuffled = {name: data.draw(st.permutations(frame[name])) for name in reversed(frame)}
    assert draw(shuffled, n, seed) == once
    for name, codes in once.items():
        assert len(set(codes)) == len(codes)
        assert set(codes) <= set(frame[name])


def test_another_seed_draws_others_and_every_unit_has_the_same_chance() -> None:
    frame = {"a": [f"X{i}" for i in range(10)]}
    drawn = [draw(frame, 3, seed)["a"] for seed in range(2000)]
    assert len({tuple(codes) for codes in drawn}) > 400
    for code in frame["a"]:
        # 600 expected, standard deviation 20.5: five of them either way
        assert 500 < sum(code in codes for codes in drawn) < 700


def test_the_draw_can_be_repeated_with_a_calculator_of_sha256() -> None:
    # printf '7|一街|A' | sha256sum, and so on: the order of the digests is the draw.
    order = sorted("ABCD", key=lambda code: hashlib.sha256(f"7|一街|{code}".encode()).hexdigest())
    assert draw({"一街": ["A", "B", "C", "D"]}, 2, 7) == {"一街": order[:2]}


def test_sizes_and_shares() -> None:
    assert sample_size(851, share=Decimal(20)) == 171  # 170.2, rounded up
    assert sample_size(851, size=200) == 200
    assert len(draw_second([f"X{i}" for i in range(171)], Decimal(10), 1)) == 18
    assert draw_second(["X1"], Decimal(0), 1) == []


def test_one_compound_of_each_project() -> None:
    groups = {"P1": ["X1", "X2", "X3"], "P2": ["X4"], "P3": []}
    found = one_of_each(groups, 5)
    assert found["P2"] == "X4"
    assert set(found) == {"P1", "P2"}
    assert found == one_of_each({"P2": ["X4"], "P1": ["X3", "X1", "X2"]}, 5)
    assert {one_of_each(groups, seed)["P1"] for seed in range(20)} == {"X1", "X2", "X3"}


UNITS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=6)
OWN = st.lists(st.sets(st.integers(1, 3), max_size=2), min_size=2, max_size=3)


@given(UNITS, OWN, st.integers(0, 99))
def test_nobody_marks_at_home_or_twice_and_no_sharing_out_is_more_even(units, own, seed) -> None:
    inspectors = {number + 1: streets for number, streets in enumerate(own)}
    rows = [Unit(f"X{i}", street, first) for i, (street, first) in enumerate(units)]

    def able(unit):
        return [
            who
            for who, streets in inspectors.items()
            if unit.subdistrict not in streets and who != unit.first_by
        ]

    if not all(able(unit) for unit in rows):
        with pytest.raises(NobodyLeft):
            assign(rows, inspectors, seed)
        return
    given_to = assign(rows, inspectors, seed)
    assert set(given_to) == {unit.code for unit in rows}
    for unit in rows:
        assert given_to[unit.code] in able(unit)

    def unevenness(chosen):
        return sum(list(chosen).count(who) ** 2 for who in inspectors)

    best = min(unevenness(chosen) for chosen in itertools.product(*(able(unit) for unit in rows)))
    assert unevenness(given_to.values()) == best


def test_a_subdistrict_is_marked_by_several() -> None:
    rows = [Unit(f"X{i}", 1) for i in range(6)] + [Unit(f"Y{i}", 2) for i in range(6)]
    found = assign(rows, {7: [1], 8: [2], 9: [], 10: []}, 3)
    assert {found[unit.code] for unit in rows if unit.subdistrict == 1} == {8, 9, 10}
    assert sorted(list(found.values()).count(who) for who in (7, 8, 9, 10)) == [3, 3, 3, 3]


@given(st.integers(1, 40), st.integers(1, 30))
def test_units_are_spread_over_the_days(units, days) -> None:
    found = spread([(f"X{i:02d}", i % 3) for i in range(units)], days)
    per_day = [list(found.values()).count(day) for day in range(days)]
    assert sum(per_day) == units
    assert max(per_day) - min(per_day) <= 1


def test_agreement_of_a_worked_example() -> None:
    # Pairs (90, 92), (80, 80), (70, 76): differences 2, 0, 6, mean 8/3, two of three within 5.
    # inside the pairs: (4 + 0 + 36) / 6 = 6.667; between, from the means 91, 80, 73:
    found = agreement(
        [(Decimal(90), Decimal(92)), (Decimal(80),) * 2, (Decimal(70), Decimal(76))], Decimal(5)
    )
    assert found.n == 3
    assert round(found.mean_difference, 4) == Decimal("2.6667")
    assert round(found.share_within, 4) == Decimal("0.6667")
    # squares of (91, 80, 73) about 81.333: 93.444 + 1.778 + 69.444 = 164.667; × 2 / 2 = 164.667
    # (164.667 − 6.667) / (164.667 + 6.667) = 158 / 171.333 = 0.9222
    assert round(found.icc, 4) == Decimal("0.9222")


def test_agreement_of_few() -> None:
    assert agreement([], Decimal(5)).n == 0
    assert agreement([(Decimal(90), Decimal(80))], Decimal(5)).icc is None
    same = agreement([(Decimal(90), Decimal(90))] * 3, Decimal(5))
    assert (same.mean_difference, same.share_within, same.icc) == (0, 1, None)
