"""The grid's rosters: no gap unnoticed, no overlap possible, last month copied by weekday, stand-ins kept on record."""

import datetime as dt
import threading

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from communities.cover import SHANGHAI, gaps, source_day, wanted
from communities.models import Compound, GridCell, GridShift
from communities.rosters import find_gaps
from communities.services import grid, grid_roster
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.core.models import Notification
from redprop.core.selectors import work_calendar
from tests.town import START

T0 = dt.datetime(2026, 10, 21, 0, 0, tzinfo=SHANGHAI)
A_DAY = dt.timedelta(days=1)
minutes = st.integers(min_value=-300, max_value=1800)


def at(minute):
    return T0 + dt.timedelta(minutes=minute)


@given(st.lists(st.tuples(minutes, st.integers(min_value=1, max_value=900)), max_size=8))
def test_every_minute_is_either_covered_or_in_a_gap(drawn):
    span = (at(0), at(1440))
    shifts = [(at(first), at(first + length)) for first, length in drawn]
    found = gaps(span, shifts)
    for minute in range(0, 1440):
        covered = any(first <= at(minute) < last for first, last in shifts)
        in_gaps = sum(first <= at(minute) < last for first, last in found)
        assert in_gaps == (0 if covered else 1)
    assert all(span[0] <= first < last <= span[1] for first, last in found)


@given(st.dates(min_value=dt.date(2024, 1, 1), max_value=dt.date(2028, 12, 31)))
def test_the_day_copied_from_lies_in_the_month_before_on_the_same_weekday(day):
    source = source_day(day)
    assert source.weekday() == day.weekday()
    assert (day.replace(day=1) - A_DAY).month == source.month


def test_what_must_be_covered():
    assert wanted(T0.date(), 24, dt.time(9)) == (T0, T0 + A_DAY)
    assert wanted(T0.date(), 8, dt.time(9)) == (at(540), at(1020))


@pytest.fixture
def cell(town):
    return grid.open_cell(
        community=town.a1, name="第一网格", hours=24, opened_on=START, acting_user=town.secretary
    )


@pytest.fixture
def workers(town):
    return [
        grid_roster.add_worker(
            community=town.a1, name=name, kind="grid", valid_from=START, acting_user=town.secretary
        )
        for name in ("甲", "乙", "丙")
    ]


def enter(town, cell, worker, first, last=None, starts="08:00", ends="16:00", **changes):
    return grid_roster.enter_shifts(
        cell=cell,
        worker=worker,
        first_day=dt.date.fromisoformat(first),
        last_day=dt.date.fromisoformat(last or first),
        starts=dt.time.fromisoformat(starts),
        ends=dt.time.fromisoformat(ends),
        acting_user=changes.pop("acting_user", town.secretary),
        **changes,
    )


def gaps_of(town, first, last=None):
    found = find_gaps(
        GridCell.objects.all(),
        dt.date.fromisoformat(first),
        dt.date.fromisoformat(last or first),
        work_calendar(town.district),
    )
    return [f"{gap.starts_at.astimezone(SHANGHAI):%d %H:%M}+{gap.hours:g}" for gap in found]


def test_a_night_shift_covers_the_morning_and_what_is_left_shows_as_gap(town, cell, workers):
    enter(town, cell, workers[0], "2026-10-21", "2026-10-22", "20:00", "06:00")
    enter(town, cell, workers[1], "2026-10-22", starts="06:00", ends="19:30")
    assert gaps_of(town, "2026-10-22") == ["22 19:30+0.5"]
    assert gaps_of(town, "2026-10-23") == ["23 06:00+18"]


def test_eight_hours_are_covered_on_working_days_only(town, cell, workers):
    grid.set_cover(cell=cell, hours=8, valid_from=dt.date(2026, 10, 1), acting_user=town.secretary)
    # 2026-10-24 and 25 are a weekend; 10-10 was a working Saturday.
    assert gaps_of(town, "2026-10-23", "2026-10-26") == ["23 09:00+8", "26 09:00+8"]
    assert gaps_of(town, "2026-10-10") == ["10 09:00+8"]
    assert gaps_of(town, "2026-10-05") == []


def test_two_at_once_in_a_cell_and_one_in_two_cells_are_refused(town, cell, workers):
    second = grid.open_cell(
        community=town.a1, name="第二网格", hours=8, opened_on=START, acting_user=town.secretary
    )
    enter(town, cell, workers[0], "2026-10-22")
    with pytest.raises(Refused, match="2026-10-22 15:00"):
        enter(town, cell, workers[1], "2026-10-21", "2026-10-23", "15:00", "20:00")
    with pytest.raises(Refused) as refused:
        enter(town, second, workers[0], "2026-10-22", starts="15:59", ends="17:00")
    assert refused.value.code == "overlap"
    assert GridShift.objects.count() == 1
    enter(town, cell, workers[1], "2026-10-22", starts="16:00", ends="20:00")


def test_last_months_roster_is_copied_by_weekday_once(town, cell, workers):
    enter(town, cell, workers[0], "2026-10-05", "2026-10-31", only_workdays=False)
    month = Period.parse("2026-11")
    done = grid_roster.copy_roster(community=town.a1, month=month, acting_user=town.secretary)
    # 1 November is a Sunday and takes 4 October, which had none; 29 and 30 take 25 and 26 October.
    assert (done.made, done.taken, done.ended) == (29, 0, 0)
    again = grid_roster.copy_roster(community=town.a1, month=month, acting_user=town.secretary)
    assert (again.made, again.taken) == (0, 29)
    grid_roster.end_worker(worker=workers[0], last_day=dt.date(2026, 11, 15), acting_user=town.secretary)
    assert GridShift.objects.filter(starts_at__month=11).count() == 14
    third = grid_roster.copy_roster(community=town.a1, month=month, acting_user=town.secretary)
    assert (third.made, third.taken, third.ended) == (0, 14, 15)


def test_a_stand_in_takes_the_shift_and_the_roster_says_for_whom(town, cell, workers):
    shift = enter(town, cell, workers[0], "2026-10-22")[0]
    shift = grid_roster.stand_in(shift=shift, worker=workers[1], acting_user=town.secretary)
    shift = grid_roster.stand_in(shift=shift, worker=workers[2], acting_user=town.secretary)
    assert (shift.worker, shift.stands_in_for) == (workers[2], workers[0])
    shift = grid_roster.stand_in(shift=shift, worker=workers[0], acting_user=town.secretary)
    assert shift.stands_in_for is None


def test_the_firm_is_told_of_a_stand_in_by_the_community_and_the_community_of_one_by_the_firm(
    town, cell, workers
):
    staff = [
        grid_roster.add_worker(
            community=town.a1,
            name=name,
            kind="staff",
            project=town.qingchuan,
            valid_from=START,
            acting_user=town.secretary,
        )
        for name in ("物业甲", "物业乙")
    ]
    shift = enter(town, cell, staff[0], "2026-10-22")[0]
    grid_roster.stand_in(shift=shift, worker=staff[1], acting_user=town.secretary)
    told = Notification.objects.get()
    assert told.user == town.huanan_contact
    assert "物业甲" in told.text
    assert "物业乙" in told.text
    Notification.objects.all().delete()
    grid_roster.stand_in(shift=shift, worker=staff[0], acting_user=town.huanan_contact)
    assert Notification.objects.get().user == town.secretary
    Notification.objects.all().delete()
    # Among the community's own grid workers there is nobody else to tell.
    shift = enter(town, cell, workers[0], "2026-10-23")[0]
    grid_roster.stand_in(shift=shift, worker=workers[1], acting_user=town.secretary)
    assert not Notification.objects.exists()


def test_a_pilot_is_seen_by_the_firm_which_swaps_its_own_staff_only(town, cell, workers):
    grid.set_cover(
        cell=cell,
        hours=24,
        project=town.qingchuan,
        valid_from=dt.date(2026, 10, 1),
        acting_user=town.secretary,
    )
    staff = [
        grid_roster.add_worker(
            community=town.a1,
            name=name,
            kind="staff",
            project=town.qingchuan,
            valid_from=START,
            acting_user=town.secretary,
        )
        for name in ("物业甲", "物业乙")
    ]
    shift = enter(town, cell, staff[0], "2026-10-22")[0]
    enter(town, cell, workers[0], "2026-10-22", starts="16:00", ends="20:00")
    seen = GridShift.objects.for_user(town.huanan_contact)
    assert list(seen) == [shift]
    assert not GridShift.objects.for_user(town.jiangtan_contact).exists()
    assert not GridCell.objects.for_user(town.jiangtan_contact).exists()
    grid_roster.stand_in(shift=shift, worker=staff[1], acting_user=town.huanan_contact)
    for worker, user in ((workers[1], town.huanan_contact), (staff[0], town.jiangtan_contact)):
        with pytest.raises(Refused):
            grid_roster.stand_in(shift=shift, worker=worker, acting_user=user)


def test_what_was_worked_stays_and_others_may_not_enter(town, cell, workers):
    worked = enter(town, cell, workers[0], "2026-10-20")[0]
    with pytest.raises(Refused):
        grid_roster.remove_shift(shift=worked, acting_user=town.secretary)
    for user in (town.other_secretary, town.clerk, town.huanan_contact):
        with pytest.raises(Refused):
            enter(town, cell, workers[0], "2026-10-23", acting_user=user)


def test_a_building_belongs_to_one_cell_at_a_time(town, cell):
    second = grid.open_cell(
        community=town.a1, name="第二网格", hours=8, opened_on=START, acting_user=town.secretary
    )
    compound = Compound.objects.get(code="XP1")
    day = dt.date(2026, 10, 1)
    area = grid.add_area(
        cell=cell, compound=compound, buildings="1栋、2栋", valid_from=day, acting_user=town.secretary
    )
    for buildings in ("", "2栋", "2栋,3栋"):
        with pytest.raises(Refused):
            grid.add_area(
                cell=second,
                compound=compound,
                buildings=buildings,
                valid_from=day,
                acting_user=town.secretary,
            )
    grid.add_area(cell=second, compound=compound, buildings="3栋", valid_from=day, acting_user=town.secretary)
    grid.end_area(area=area, acting_user=town.secretary)
    today = dt.date(2026, 10, 21)
    grid.add_area(
        cell=second, compound=compound, buildings="1栋", valid_from=today, acting_user=town.secretary
    )


@pytest.mark.django_db(transaction=True)
def test_two_phones_copying_at_once_leave_one_roster(town, cell, workers):
    enter(town, cell, workers[0], "2026-10-05", "2026-10-31")
    start, made = threading.Barrier(2), []

    def copy():
        try:
            start.wait()
            done = grid_roster.copy_roster(
                community=town.a1, month=Period.parse("2026-11"), acting_user=town.secretary
            )
            made.append(done.made)
        finally:
            connection.close()

    threads = [threading.Thread(target=copy) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 29]
    assert GridShift.objects.filter(starts_at__month=11).count() == 29
