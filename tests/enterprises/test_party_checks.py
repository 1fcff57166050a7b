"""Which form fits and what is wrong with an organisation: tables worked out by hand from the rules (S48R, S49R)."""

import datetime as dt

import pytest

from enterprises.guide_rules import applies, periods_ending
from enterprises.party_checks import Numbers, Standing, add_months, breaches, hard, propose_form, term_years

DAY = dt.date(2026, 9, 30)
IN_A_YEAR = dt.date(2027, 9, 30)


@pytest.mark.parametrize(
    ("full", "probationary", "form", "kind", "elects"),
    [
        (0, 0, "adviser", "", False),
        (0, 1, "joint", "joint_branch", False),
        (1, 0, "joint", "joint_branch", False),
        (2, 5, "joint", "joint_branch", False),
        (3, 0, "single", "branch", False),
        (6, 4, "single", "branch", False),
        (7, 0, "single", "branch", True),
        (49, 0, "single", "branch", True),
        (45, 5, "single", "general_branch", True),
        (99, 0, "single", "general_branch", True),
        (96, 4, "single", "committee", True),
    ],
)
def test_the_form_that_fits_follows_from_the_members(full, probationary, form, kind, elects):
    found = propose_form(full, probationary, Numbers())
    assert (found.form, found.kind, found.elects_committee) == (form, kind, elects)
    assert found.reasons


def test_other_parameters_give_another_form():
    assert propose_form(3, 0, Numbers(branch_min=4, branch_committee_min=7)).form == "joint"


def codes(one, day=DAY, team=()):
    return [breach.code for breach in breaches(one, Numbers(), day, team)]


def single(**changes):
    values = {"form": "single", "kind": "branch", "units": 1, "full": 5, "term_due": IN_A_YEAR, **changes}
    return Standing(**values)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"full": 2}, ["too-few"]),
        ({"full": 3}, []),
        ({"full": None}, ["not-counted"]),
        ({"full": 48, "probationary": 3}, ["too-many"]),
        ({"full": 48, "probationary": 2}, []),
        ({"kind": "general_branch", "full": 49}, ["too-few-for-kind"]),
        ({"kind": "committee", "full": 99, "probationary": 1}, []),
        ({"kind": "joint_branch"}, ["kind-form"]),
        ({"kind": ""}, ["no-kind"]),
        ({"units": 2}, ["single-units"]),
        ({"units": 0}, ["no-unit"]),
        ({"form": "joint", "kind": "joint_branch", "units": 5}, []),
        ({"form": "joint", "kind": "joint_branch", "units": 6}, ["joint-units"]),
        ({"form": "joint", "kind": "joint_branch", "units": 1}, ["joint-alone"]),
        ({"form": "joint", "kind": "joint_branch", "units": 3, "full": 2}, ["too-few"]),
        ({"form": "adviser", "kind": "", "units": 3, "full": None, "term_due": None}, []),
        ({"form": "adviser", "kind": "", "units": 4, "full": None}, ["adviser-units"]),
        ({"form": "adviser", "kind": "branch", "units": 3}, ["kind-form"]),
        ({"term_due": None}, ["no-term"]),
        ({"term_due": dt.date(2026, 9, 29)}, ["term-late"]),
        ({"term_due": dt.date(2026, 9, 30)}, ["term-soon"]),
        ({"term_due": dt.date(2027, 3, 30)}, ["term-soon"]),
        ({"term_due": dt.date(2027, 3, 31)}, []),
    ],
)
def test_what_is_wrong_is_named(changes, expected):
    assert codes(single(**changes)) == expected


def test_a_sixth_unit_is_refused_with_the_way_out():
    found = hard(breaches(single(form="joint", kind="joint_branch", units=6), Numbers(), DAY))
    assert found is not None
    assert "6" in found.sentence
    assert "5" in found.sentence


def test_members_that_became_fewer_are_told_and_not_refused():
    assert hard(breaches(single(full=2), Numbers(), DAY)) is None


def test_a_post_of_the_standard_that_stands_empty_is_named():
    team = [("secretary", "secretary"), ("organisation_member", "organisation member")]
    assert codes(single(posts={"secretary"}), team=team) == ["post-organisation_member"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 13, "2027-12-30"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day, months, expected):
    assert add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(expected)


def test_terms_last_three_years_in_a_branch_and_five_above():
    assert [term_years(kind, Numbers()) for kind in ("branch", "joint_branch", "committee")] == [3, 3, 5]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("month", ["2026-07", "2026-08", "2026-09"]),
        ("quarter", ["2026Q3"]),
        ("half", []),
        ("year", []),
    ],
)
def test_work_falls_due_at_the_end_of_its_period(every, expected):
    found = periods_ending(every, dt.date(2026, 7, 1), DAY)
    assert [str(period) for period in found] == expected


@pytest.mark.parametrize(
    ("of", "form", "expected"),
    [
        ("all", "single", True),
        ("all", "adviser", True),
        ("organisations", "joint", True),
        ("organisations", "adviser", False),
        ("advisers", "adviser", True),
        ("advisers", "single", False),
    ],
)
def test_an_item_is_for_organisations_or_advisers(of, form, expected):
    assert applies(of, form) is expected
