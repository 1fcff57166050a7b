"""Working days by the official table; 2026: National Day 1 to 7 October, worked on 10 October."""

from datetime import date

import pytest

from redprop.common.workdays import (
    NoCalendarForYear,
    WorkCalendar,
    add_workdays,
    is_workday,
    workdays_between,
)

AUTUMN = WorkCalendar.build(
    [date(2026, 10, d) for d in range(1, 8)], [date(2026, 9, 20), date(2026, 10, 10)], years=[2026]
)


def test_a_week_is_counted_from_the_next_working_day():
    # Monday 12 October: 13, 14, 15, 16 and 19 are five working days
    assert add_workdays(date(2026, 10, 12), 5, AUTUMN) == date(2026, 10, 19)


def test_a_holiday_on_a_weekday_does_not_count_and_a_worked_saturday_does():
    assert not is_workday(date(2026, 10, 7), AUTUMN)
    assert is_workday(date(2026, 10, 10), AUTUMN)
    # after 30 September: Thursday 8, Friday 9, Saturday 10 October
    assert add_workdays(date(2026, 9, 30), 3, AUTUMN) == date(2026, 10, 10)


def test_counting_back_and_counting_nothing():
    assert add_workdays(date(2026, 10, 12), -1, AUTUMN) == date(2026, 10, 10)
    assert add_workdays(date(2026, 10, 4), 0, AUTUMN) == date(2026, 10, 4)


def test_working_days_between_two_dates_leave_out_the_first():
    assert workdays_between(date(2026, 10, 12), date(2026, 10, 19), AUTUMN) == 5
    assert workdays_between(date(2026, 10, 19), date(2026, 10, 12), AUTUMN) == 0


def test_a_year_without_a_table_is_refused_by_name():
    with pytest.raises(NoCalendarForYear, match="2027") as caught:
        add_workdays(date(2026, 12, 30), 5, AUTUMN)
    assert caught.value.code == "no-holidays"
