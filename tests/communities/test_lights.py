"""Lights of promises: three working days before the due date they turn yellow."""

from datetime import date

import pytest

from communities.lights import Light, Lights, filing_deadline
from redprop.common.periods import Period
from redprop.common.workdays import WorkCalendar

# 国庆 2026: 1 to 7 October off; Sunday 20 September and Saturday 10 October are worked.
AUTUMN = WorkCalendar(
    holidays=frozenset(date(2026, 10, d) for d in range(1, 8)),
    makeup_days=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
    years=frozenset({2026}),
)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (date(2026, 9, 27), Light.RED),
        (date(2026, 9, 28), Light.YELLOW),  # due today is in time
        (date(2026, 9, 30), Light.YELLOW),
        (date(2026, 10, 8), Light.YELLOW),  # 29, 30 September and 8 October: three working days
        (date(2026, 10, 9), Light.GREEN),
    ],
)
def test_light_counts_working_days_over_a_holiday(due: date, expected: Light) -> None:
    assert Lights.on(date(2026, 9, 28), AUTUMN).of(due) is expected


def test_something_done_has_no_warning_light() -> None:
    assert Lights.on(date(2026, 9, 28), AUTUMN).of(date(2026, 1, 1), done=True) is Light.DONE


def test_lights_still_show_where_the_holiday_table_ends() -> None:
    # 31 December 2026 is a Thursday; without a table for 2027 Friday, Monday, Tuesday are taken as worked.
    assert Lights.on(date(2026, 12, 31), AUTUMN).last_yellow == date(2027, 1, 5)


def test_meeting_of_september_is_on_time_until_three_working_days_after_its_end() -> None:
    assert filing_deadline(Period.parse("2026-09"), AUTUMN) == date(2026, 10, 10)


def test_filing_deadline_of_a_plain_month() -> None:
    # 31 July 2026 is a Friday: 3, 4, 5 August.
    assert filing_deadline(Period.parse("2026-07"), AUTUMN) == date(2026, 8, 5)
