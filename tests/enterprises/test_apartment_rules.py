"""Talent apartments as pure rules: order, terms and who may apply, counted by hand (S63W: 3 years, 36 + 24 months)."""

import datetime as dt
from dataclasses import replace

import pytest

from enterprises.apartment_rules import (
    ApartmentTerms,
    Applicant,
    Span,
    Unit,
    Waiting,
    fault_of_application,
    fault_of_lease,
    full_months,
    in_order,
    last_day_of_term,
)

TERMS = ApartmentTerms()


def day(text):
    return dt.date.fromisoformat(text)


UNIT = Unit(day("2020-01-01"))


def placed(rows, on="2026-10-01", terms=TERMS):
    return [(one.who.key, one.total) for one in in_order(rows, day(on), terms)]


def test_the_order_is_by_points_then_by_date():
    """Recruit 10, master 5, bachelor 3, a point a full month: 10+3+2, 5+9, 10+5+0, 3+12."""
    rows = [
        Waiting(1, day("2026-07-15"), "bachelor", True),
        Waiting(2, day("2026-01-01"), "master", False),
        Waiting(3, day("2026-09-20"), "master", True),
        Waiting(4, day("2025-09-20"), "bachelor", False),
    ]
    assert placed(rows) == [(4, 15), (1, 15), (3, 15), (2, 14)]


def test_by_date_points_do_not_count():
    rows = [Waiting(1, day("2026-07-15"), "doctor", True), Waiting(2, day("2026-07-14"), "college", False)]
    assert [key for key, _n in placed(rows, terms=replace(TERMS, order="date"))] == [2, 1]


@pytest.mark.parametrize(("last", "months"), [("2026-02-14", 0), ("2026-02-15", 1), ("2027-01-15", 12)])
def test_a_month_counts_when_it_has_passed_in_full(last, months):
    assert full_months(day("2026-01-15"), day(last)) == months


@pytest.mark.parametrize(
    ("who", "on", "code"),
    [
        (Applicant(None, True), "2026-01-01", "no-graduate"),
        (Applicant(day("2024-06-30"), False), "2026-01-01", "not-in-post"),
        (Applicant(day("2024-06-30"), True, has_lease=True), "2026-01-01", "has-lease"),
        (Applicant(day("2024-06-30"), True, used_up=True), "2026-01-01", "used-up"),
        (Applicant(day("2023-06-30"), True), "2026-06-30", None),
        (Applicant(day("2023-06-30"), True), "2026-07-01", "too-long-ago"),
    ],
)
def test_who_may_apply(who, on, code):
    fault = fault_of_application(who, day(on), TERMS)
    assert (fault.code if fault else None) == code


def test_the_first_term_ends_after_thirty_six_months():
    assert last_day_of_term(day("2024-03-15"), [], TERMS, is_longer=False) == day("2027-03-14")


@pytest.mark.parametrize(("last", "code"), [("2027-03-14", None), ("2027-03-15", "too-long")])
def test_a_lease_is_a_day_too_long_and_refused(last, code):
    fault = fault_of_lease(Span(day("2024-03-15"), day(last)), UNIT, [], TERMS)
    assert (fault.code if fault else None) == code


def test_an_earlier_lease_is_taken_off_the_term():
    """365 days of 2024-03-15 to 2025-03-14 are used; 36 months from 2026-01-01 end on 2028-12-31, minus 365 days."""
    earlier = [Span(day("2024-03-15"), day("2025-03-14"))]
    assert last_day_of_term(day("2026-01-01"), earlier, TERMS, is_longer=False) == day("2028-01-01")


def test_the_second_term_follows_a_first():
    span = Span(day("2027-03-15"), day("2029-03-14"), is_longer=True)
    assert fault_of_lease(span, UNIT, [], TERMS).code == "no-first-term"
    earlier = [Span(day("2024-03-15"), day("2027-03-14"))]
    assert fault_of_lease(span, UNIT, earlier, TERMS) is None
    longer = Span(day("2027-03-15"), day("2029-03-15"), is_longer=True)
    assert fault_of_lease(longer, UNIT, earlier, TERMS).code == "too-long"


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        (Unit(day("2024-03-16")), "not-yet"),
        (Unit(day("2020-01-01"), withdrawn_on=day("2024-12-31")), "withdrawn"),
        (Unit(day("2020-01-01"), withdrawn_on=day("2025-01-01")), None),
        (Unit(day("2020-01-01"), pauses=((day("2024-12-31"), None),)), "paused"),
        (Unit(day("2020-01-01"), pauses=((day("2024-01-01"), day("2024-03-14")),)), None),
    ],
)
def test_a_unit_is_let_only_while_it_is_there(unit, code):
    fault = fault_of_lease(Span(day("2024-03-15"), day("2024-12-31")), unit, [], TERMS)
    assert (fault.code if fault else None) == code
