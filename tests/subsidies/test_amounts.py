"""Amounts: every worked table of docs/subsidies.md is read and calculated again."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.services.rules import SAMPLE_BANDS
from evaluations.subsidies.amounts import (
    Terms,
    amount_of,
    factor_for,
    full_years,
    part_of,
    share_after_decline,
)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "subsidies.md").read_text("utf-8")


def table(title):
    """Return the rows of the table under a heading, without head and rule."""
    text = DOCUMENT.split(f"### {title}", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def terms(**changes):
    given_terms = {
        "rule_id": 1,
        "version": 1,
        "document": "T",
        "valid_from": dt.date(2020, 1, 1),
        "valid_to": None,
        "rates": {},
        "yearly_decline": Decimal("0.1"),
        "decline_floor": Decimal("0.5"),
        "decline_since": dt.date(2025, 1, 1),
    }
    return Terms(**{**given_terms, **changes})


@pytest.mark.parametrize("row", table("1."), ids=lambda row: row[-1])
def test_amounts_are_those_calculated_by_hand(row):
    quantity, rate, months, share, factor, _how, amount = row
    found = amount_of(Decimal(quantity), Decimal(rate), int(months), Decimal(share), Decimal(factor))
    assert str(found) == amount


@pytest.mark.parametrize("row", table("2."), ids=lambda row: row[0])
def test_the_rate_declines_a_step_for_each_full_year_down_to_its_floor(row):
    month, years, share = row
    first = dt.date.fromisoformat(f"{month}-01")
    assert full_years(dt.date(2025, 1, 1), first) == int(years)
    assert share_after_decline(terms(), None, first) == Decimal(share)


@pytest.mark.parametrize("row", table("3."), ids=lambda row: row[0])
def test_the_factor_follows_the_band_whose_lower_bound_is_included(row):
    score, factor = row
    bands = [(Decimal(begins), Decimal(value)) for begins, value in SAMPLE_BANDS]
    assert factor_for(None if score == "无" else Decimal(score), bands) == Decimal(factor)


@pytest.mark.parametrize("row", table("4."), ids=lambda row: row[0])
def test_a_projects_amount_is_shared_without_losing_a_fen(row):
    whole, sharers, parts = row
    found = [part_of(Decimal(whole), int(sharers), place) for place in range(1, int(sharers) + 1)]
    assert [str(part) for part in found] == parts.split("、")
    assert sum(found) == Decimal(whole)


@pytest.mark.parametrize("row", table("6."), ids=lambda row: "".join(row[:2]))
def test_the_programmes_compounds_are_worked_out_by_hand(row):
    _who, _class, count, area, rate, one, total = row
    assert str(amount_of(Decimal(area), Decimal(rate))) == one
    assert str(Decimal(one) * int(count)) == total


@pytest.mark.parametrize("row", table("8."), ids=lambda row: row[0])
def test_diverted_income_is_shared_over_its_months(row):
    amount, months, parts = row
    found = [part_of(Decimal(amount), int(months), place) for place in range(1, int(months) + 1)]
    assert [str(part) for part in found] == parts.split("、")


def test_all_tables_were_found():
    assert [len(table(f"{n}.")) for n in range(1, 9)] == [10, 8, 11, 3, 3, 6, 4, 4]
    assert re.search("3955200.00", DOCUMENT)


def test_decline_can_count_from_the_first_day_of_service():
    by_service = terms(decline_from_service=True, decline_since=None)
    assert share_after_decline(by_service, dt.date(2023, 8, 20), dt.date(2026, 8, 1)) == Decimal("0.8")
    assert share_after_decline(by_service, dt.date(2023, 8, 1), dt.date(2026, 8, 1)) == Decimal("0.7")
    assert share_after_decline(by_service, dt.date(2024, 2, 29), dt.date(2025, 2, 28)) == 1


def test_a_rule_without_decline_pays_the_whole_rate():
    assert share_after_decline(terms(yearly_decline=Decimal(0)), None, dt.date(2040, 1, 1)) == 1


def test_below_all_bands_nothing_is_paid_and_without_bands_the_factor_is_one():
    assert factor_for(Decimal(59), [(Decimal(60), Decimal(1))]) == 0
    assert factor_for(Decimal(59), []) == 1


def test_a_class_without_a_rate_of_its_own_takes_the_general_rate():
    general, own = ("m2", Decimal(1)), ("m2", Decimal(2))
    assert terms(rates={None: general, 1: own}).rate_for(1) == own
    assert terms(rates={None: general, 1: own}).rate_for(3) == general
    assert terms(rates={1: own}).rate_for(None) is None


@given(
    st.decimals(0, 10**6, places=2),
    st.decimals(0, 100, places=4),
    st.integers(1, 12),
    st.decimals(0, 1, places=4),
    st.decimals(0, 2, places=4),
)
def test_amounts_equal_the_sum_in_whole_numbers(quantity, rate, months, share, factor):
    """Recomputed with integers alone: 10^-14 yuan are the smallest unit, half of a fen goes up."""
    exact = int(quantity * 100) * int(rate * 10**4) * months * int(share * 10**4) * int(factor * 10**4)
    fen = (2 * exact + 10**12) // (2 * 10**12)
    assert amount_of(quantity, rate, months, share, factor) == Decimal(fen) / 100
