"""Months, quarters, half-years and years as values."""

from datetime import date

import pytest

from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind

TABLE = [
    # text, first day, last day, the one before, Chinese name
    ("2026-07", date(2026, 7, 1), date(2026, 7, 31), "2026-06", "2026年7月"),
    ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "2025-12", "2026年1月"),
    ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-01", "2024年2月"),
    ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), "2026Q2", "2026年第3季度"),
    ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), "2025Q4", "2026年第1季度"),
    ("2026H1", date(2026, 1, 1), date(2026, 6, 30), "2025H2", "2026年上半年"),
    ("2026H2", date(2026, 7, 1), date(2026, 12, 31), "2026H1", "2026年下半年"),
    ("2026", date(2026, 1, 1), date(2026, 12, 31), "2025", "2026年"),
]


@pytest.mark.parametrize(("text", "first", "last", "before", "label"), TABLE)
def test_a_period_knows_its_days_its_neighbours_and_its_name(text, first, last, before, label):
    period = Period.parse(text)
    assert (period.start, period.end, str(period.preceding()), period.label) == (first, last, before, label)
    assert str(period) == text
    assert period.preceding().following() == period
    assert period.label_in("zh-hans") == label
    assert str(period.year) in period.label_in("en")


@pytest.mark.parametrize(
    "text", ["2026Q5", "2026Q0", "2026-13", "2026-7", "26Q3", "2026H3", "", "2026 Q3", "２０２６Q"]
)
def test_anything_else_is_refused_with_the_four_forms(text):
    with pytest.raises(Refused, match="2026Q3") as caught:
        Period.parse(text)
    assert caught.value.code == "period-form"


def test_small_letters_and_spaces_around_are_accepted():
    assert Period.parse(" 2026q3 ") == Period(PeriodKind.QUARTER, 2026, 3)


def test_a_year_has_its_parts_in_order_and_contains_them():
    year = Period.parse("2026")
    assert [str(q) for q in year.quarters()] == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]
    assert len(year.months()) == 12
    assert [str(m) for m in Period.parse("2026H2").quarters()] == ["2026Q3", "2026Q4"]
    assert year.contains(Period.parse("2026H1"))
    assert not Period.parse("2026Q3").contains(date(2026, 10, 1))
    assert Period.parse("2026Q3").contains(date(2026, 9, 30))
    assert Period.parse("2026Q3").days == 92


def test_the_period_of_a_day_is_found_for_each_kind():
    day = date(2026, 9, 30)
    assert [str(Period.of(kind, day)) for kind in PeriodKind] == ["2026-09", "2026Q3", "2026H2", "2026"]


def test_periods_sort_by_time():
    texts = ["2026Q3", "2025Q4", "2026Q1"]
    assert [str(p) for p in sorted(map(Period.parse, texts))] == ["2025Q4", "2026Q1", "2026Q3"]
