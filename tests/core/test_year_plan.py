"""The year's calendar: read from the notice as it stands, saved whole, and shown with what it moves."""

import datetime as dt

import pytest
from django.test import Client

from evaluations.models import ListEntry, Objection
from evaluations.services import objections
from redprop.common.errors import Refused
from redprop.common.workdays import is_workday
from redprop.core.models import Holiday, Notification
from redprop.core.selectors import work_calendar
from redprop.core.services.calendar import (
    Planned,
    as_text,
    days_of,
    effects_of,
    missing_year,
    read_plan,
    remind_of_calendar,
    save_year,
)
from tests.evaluations.quarter import build_quarter, noticed_quarter, veto

D = dt.date
NOTICE = """一、元旦：1月1日（星期五）至3日（星期日）放假，共3天。
二、春节：2月5日（星期五）至11日（星期四）放假调休，共7天。2月14日（星期日）、2月20日（星期六）上班。
三、清明节：4月3日至5日放假，共3天。
2027-05-01~2027-05-05 劳动节
"""


def test_the_notice_is_read_as_it_stands():
    plan = read_plan(NOTICE, 2027)
    assert plan.problems == []
    off = sorted(day for day, one in plan.days.items() if not one.is_workday)
    assert off == [
        *[D(2027, 1, day) for day in (1, 2, 3)],
        *[D(2027, 2, day) for day in range(5, 12)],
        *[D(2027, 4, day) for day in (3, 4, 5)],
        *[D(2027, 5, day) for day in (1, 2, 3, 4, 5)],
    ]
    worked = {day: one.name for day, one in plan.days.items() if one.is_workday}
    assert worked == {D(2027, 2, 14): "春节", D(2027, 2, 20): "春节"}
    assert plan.days[D(2027, 5, 3)].name == "劳动节"
    assert read_plan(as_text(plan.days), 2027).days == plan.days


def test_what_names_no_day_or_a_weekday_to_be_worked_is_a_problem():
    assert read_plan("2027-02-30 放假", 2027).problems
    assert read_plan("国庆7天10号起", 2027).problems
    assert read_plan("2月15日上班", 2027).problems  # a Monday


def year(*, more=()):
    days = read_plan(NOTICE, 2027).days
    return days | {day: Planned(False, "补") for day in more}


@pytest.mark.django_db
def test_a_year_is_saved_whole_and_counts_from_then_on(cast):
    assert missing_year(cast.district) in (2026, 2027)
    save_year(district=cast.district, year=2027, days=year(), acting_user=cast.registrar)
    calendar = work_calendar(cast.district)
    assert not is_workday(D(2027, 2, 8), calendar)
    assert is_workday(D(2027, 2, 20), calendar)
    fewer = {day: one for day, one in year().items() if day.month != 4}
    save_year(district=cast.district, year=2027, days=fewer, acting_user=cast.registrar)
    assert days_of(cast.district, 2027) == fewer
    with pytest.raises(Refused) as caught:
        save_year(
            district=cast.district,
            year=2028,
            days={D(2028, 1, 1): Planned(False)},
            acting_user=cast.registrar,
        )
    assert caught.value.code == "not-whole"


@pytest.mark.django_db
def test_days_that_are_over_stay_as_they_were(cast):
    Holiday.objects.create(district=cast.district, day=D(2026, 10, 1), name="国庆节")
    days = {D(2026, 10, day): Planned(False, "国庆节") for day in range(1, 9)}
    with pytest.raises(Refused) as caught:
        save_year(district=cast.district, year=2026, days=days, acting_user=cast.registrar)
    assert caught.value.code == "past-day"


@pytest.mark.django_db
def test_from_october_on_the_registrar_is_told_of_a_missing_next_year_once_a_month(cast):
    Holiday.objects.create(district=cast.district, day=D(2026, 12, 31))
    assert missing_year(cast.district) == 2027
    assert remind_of_calendar(district=cast.district) == 1
    assert remind_of_calendar(district=cast.district) == 0
    assert Notification.objects.get().user == cast.registrar
    Holiday.objects.create(district=cast.district, day=D(2027, 1, 1))
    assert missing_year(cast.district) is None


@pytest.mark.django_db
def test_what_runs_is_shown_before_saving_and_an_objection_moves_later_only(cast):
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    noticed_quarter(quarter)  # on Monday 12 October 2026, five working days: until Monday the 19th
    entry = ListEntry.objects.get(project=quarter.projects[0])
    objection = objections.file_objection(
        entry=entry, by=Objection.By.RESIDENT, text="有误", acting_user=None
    )
    before = objection.due_on
    days = days_of(quarter.district, 2026)
    days[D(2026, 10, 14)] = Planned(False, "放假")
    shown = effects_of(quarter.district, 2026, days)
    assert len(shown) == 2
    assert str(entry.notice_ends_on) in shown[0].after
    save_year(district=quarter.district, year=2026, days=days, acting_user=cast.registrar)
    objection.refresh_from_db()
    entry.refresh_from_db()
    assert objection.due_on > before
    assert entry.notice_ends_on == D(2026, 10, 19)
    del days[D(2026, 10, 14)]
    save_year(district=quarter.district, year=2026, days=days, acting_user=cast.registrar)
    moved = objection.due_on
    objection.refresh_from_db()
    assert objection.due_on == moved


@pytest.mark.django_db
def test_the_page_checks_first_and_saves_then(cast):
    client = Client()
    client.force_login(cast.registrar)
    address = "/admin/core/holiday/year/2027/"
    assert client.get(address).status_code == 200
    checked = client.post(address, {"text": NOTICE, "check": ""})
    assert checked.status_code == 200
    assert b'name="save"' in checked.content
    assert not Holiday.objects.filter(day__year=2027).exists()
    assert client.post(address, {"text": NOTICE, "save": ""}).status_code == 302
    assert Holiday.objects.filter(day__year=2027).count() == 20
    reader = Client()
    reader.force_login(cast.publisher)
    assert reader.get(address).status_code == 200
    assert reader.post(address, {"text": "", "save": ""}).status_code == 403
