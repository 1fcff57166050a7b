"""Ages, degrees, loads of mentors and growth steps: cases worked out by hand."""

import datetime as dt

import pytest

from enterprises.talent_checks import (
    Rung,
    age_on,
    check_age,
    check_degree,
    check_load,
    check_step,
    peak,
)
from redprop.common.errors import Refused

DAY = dt.date


def refused(function, *arguments):
    with pytest.raises(Refused) as caught:
        function(*arguments)
    return caught.value.code


def test_a_year_is_full_on_the_birthday_and_not_the_day_before():
    assert age_on(DAY(2008, 7, 1), DAY(2026, 6, 30)) == 17
    assert age_on(DAY(2008, 7, 1), DAY(2026, 7, 1)) == 18
    assert age_on(DAY(2008, 2, 29), DAY(2026, 2, 28)) == 17
    assert age_on(DAY(2008, 2, 29), DAY(2026, 3, 1)) == 18


def test_nobody_starts_a_day_before_the_eighteenth_birthday():
    assert refused(check_age, "甲", DAY(2008, 7, 2), DAY(2026, 7, 1), 18) == "too-young"
    check_age("甲", DAY(2008, 7, 1), DAY(2026, 7, 1), 18)
    check_age("甲", None, DAY(2026, 7, 1), 18)


def test_the_sentence_names_the_first_day_that_is_possible():
    with pytest.raises(Refused, match="2026-03-01"):
        check_age("甲", DAY(2008, 2, 29), DAY(2026, 2, 28), 18)


def test_a_degree_after_the_recruitment_is_refused_and_on_its_day_is_not():
    assert refused(check_degree, "甲", DAY(2026, 7, 2), DAY(2026, 7, 1)) == "degree-after-hire"
    check_degree("甲", DAY(2026, 7, 1), DAY(2026, 7, 1))
    check_degree("甲", DAY(2026, 7, 1), None)


def test_a_degree_of_a_child_says_that_number_and_diploma_disagree():
    assert refused(check_degree, "甲", DAY(2024, 6, 30), None, DAY(2012, 1, 1)) == "birth-date"
    check_degree("甲", DAY(2024, 6, 30), None, DAY(2002, 1, 1))


def test_a_load_counts_who_is_mentored_on_one_day():
    spans = [(DAY(2024, 1, 1), DAY(2024, 6, 30)), (DAY(2024, 7, 1), None), (DAY(2024, 5, 1), None)]
    assert peak((DAY(2024, 6, 1), None), spans) == 2
    assert peak((DAY(2025, 1, 1), None), spans) == 2
    assert peak((DAY(2023, 1, 1), DAY(2023, 12, 31)), spans) == 0
    check_load("乙", (DAY(2024, 6, 1), None), spans, 3)
    assert refused(check_load, "乙", (DAY(2024, 6, 1), None), spans, 2) == "mentor-load"


def ladder(first=None, second=None, third=None):
    return [Rung(1, "一级", 6, first), Rung(2, "二级", 12, second), Rung(3, "三级", 18, third)]


def test_a_step_a_day_too_early_is_refused_and_accepted_on_the_day():
    steps = ladder(DAY(2025, 1, 31))
    assert refused(check_step, steps, 2, DAY(2026, 1, 30), DAY(2024, 7, 1)) == "step-too-early"
    check_step(steps, 2, DAY(2026, 1, 31), DAY(2024, 7, 1))


def test_the_first_rung_counts_from_the_first_day_in_post():
    assert refused(check_step, ladder(), 1, DAY(2024, 12, 31), DAY(2024, 7, 1)) == "step-too-early"
    check_step(ladder(), 1, DAY(2025, 1, 1), DAY(2024, 7, 1))
    assert refused(check_step, ladder(), 1, DAY(2025, 1, 1), None) == "no-post"


def test_no_rung_is_left_out_and_none_comes_after_the_next():
    assert (
        refused(check_step, ladder(DAY(2024, 1, 1)), 3, DAY(2026, 1, 1), DAY(2023, 1, 1)) == "step-left-out"
    )
    steps = ladder(DAY(2024, 1, 1), DAY(2025, 1, 1))
    assert refused(check_step, steps, 1, DAY(2025, 2, 1), DAY(2023, 1, 1)) == "step-too-late"
