"""The way into the party: order and least times, by hand from the party's rules (S55R, S56T)."""

import datetime as dt

import pytest

from enterprises.stage_rules import (
    PATH,
    SAMPLE_STAGES,
    Held,
    due_on,
    earliest_step,
    fault_of_age,
    fault_of_way,
    next_stage,
)

LABELS = dict.fromkeys(PATH, "…") | {name: name for name in PATH}


def day(text):
    return dt.date.fromisoformat(text)


def way(*steps):
    return [Held(stage, day(first)) for stage, first in steps]


def fault(*steps):
    found = fault_of_way(way(*steps), SAMPLE_STAGES, LABELS)
    return found.code if found else None


@pytest.mark.parametrize(
    ("second", "expected"), [("2026-03-09", "too-early"), ("2026-03-10", None), ("2026-03-11", None)]
)
def test_an_activist_becomes_a_target_after_a_year_and_not_a_day_before(second, expected):
    assert fault(("activist", "2025-03-10"), ("development_target", second)) == expected


def test_a_probation_lasts_a_year_and_not_a_day_less():
    assert fault(("probationary_member", "2025-06-30"), ("full_member", "2026-06-29")) == "too-early"
    assert fault(("probationary_member", "2025-06-30"), ("full_member", "2026-06-30")) is None


def test_an_extended_probation_lasts_so_much_longer():
    before = Held("probationary_member", day("2025-06-30"), extension_months=6)
    assert earliest_step(before, "full_member", SAMPLE_STAGES) == day("2026-12-30")
    assert due_on(before, "full_member", SAMPLE_STAGES) == day("2026-12-30")


def test_the_refusal_says_from_which_day_the_step_is_possible():
    found = fault_of_way(
        way(("activist", "2025-03-10"), ("development_target", "2026-03-09")), SAMPLE_STAGES, LABELS
    )
    assert found.earliest == day("2026-03-10")
    assert "2026-03-10" in found.sentence


@pytest.mark.parametrize(
    "steps",
    [
        (("applicant", "2020-01-01"), ("development_target", "2022-01-01")),
        (("activist", "2020-01-01"), ("full_member", "2024-01-01")),
        (("development_target", "2020-01-01"), ("activist", "2022-01-01")),
        (("activist", "2020-01-01"), ("activist", "2022-01-01")),
    ],
)
def test_no_step_is_left_out_or_taken_back(steps):
    assert fault(*steps) == "order"


def test_after_full_membership_no_step_follows():
    assert fault(("full_member", "2020-01-01"), ("full_member", "2022-01-01")) == "final"
    assert next_stage("full_member") is None


def test_who_was_a_member_before_is_entered_as_one():
    assert fault(("full_member", "2014-05-01")) is None


@pytest.mark.parametrize(
    ("stage", "on", "born", "code"),
    [
        ("applicant", "2026-03-09", "2008-03-10", "too-young"),
        ("applicant", "2026-03-10", "2008-03-10", None),
        ("applicant", "2026-03-10", None, "age-unknown"),
        ("applicant", "2026-02-28", "2008-02-29", None),
        ("activist", "2026-03-09", "2008-03-10", "too-young"),
        ("activist", "2026-03-10", None, None),
    ],
)
def test_an_applicant_is_eighteen(stage, on, born, code):
    found = fault_of_age(stage, day(on), day(born) if born else None, SAMPLE_STAGES, LABELS)
    assert (found.code if found else None) == code


def test_a_later_step_of_somebody_on_the_way_does_not_ask_for_the_age():
    found = fault_of_age(
        "activist", day("2026-03-09"), day("2008-03-10"), SAMPLE_STAGES, LABELS, is_first=False
    )
    assert found is None
