"""Scheduled reports: on the business calendar, once, each recipient in the own area, by link and never by data."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from redprop.accounts.models import Posting
from redprop.common.errors import Refused
from redprop.common.workdays import WorkCalendar
from redprop.core.models import ExportFile, ExportLog, Job, Notification, ScheduledReport
from redprop.core.services import delivery, jobs, reports
from tests.town import a_promise, filed


@pytest.fixture
def sent(town, settings, tmp_path):
    """A monthly report of the secretary's promises to the secretary and the clerk."""
    settings.MEDIA_ROOT = tmp_path
    filed(town, a_promise(town.qingchuan))
    for user in (town.secretary, town.clerk):
        user.email = f"{user.username}@example.org"
        user.save(update_fields=["email"])
    town.report = reports.set_up(
        page="desk:commitments",
        register="list",
        query="show=all",
        ending="csv",
        every="month",
        recipients=[town.secretary, town.clerk],
        acting_user=town.clerk,
    )
    return town


def fall_due(town) -> None:
    ScheduledReport.objects.update(next_on=dt.date(2026, 10, 1))


def work() -> None:
    for job in Job.objects.filter(kind="export", state="queued"):
        jobs.run(job.pk)
    delivery.send_out()


# The calendar: National Day 2026-10-01 to 10-07 off, Saturday 10-10 worked (State Council).
CALENDAR = WorkCalendar.build(
    [dt.date(2026, 10, day) for day in range(1, 8)], [dt.date(2026, 10, 10)], years=[2026]
)


@pytest.mark.parametrize(
    ("every", "after", "expected"),
    [
        ("month", "2026-09-15", "2026-10-08"),
        ("month", "2026-10-02", "2026-10-08"),
        ("month", "2026-10-08", "2026-11-02"),  # 11-01 is a Sunday
        ("month", "2026-12-31", "2027-01-01"),  # no table for 2027: plain weeks
        ("week", "2026-09-28", "2026-10-08"),  # Monday 10-05 is a day off
        ("week", "2026-10-08", "2026-10-12"),
        ("quarter", "2026-07-01", "2026-10-08"),
        ("quarter", "2026-10-08", "2027-01-01"),
        ("quarter", "2026-02-28", "2026-04-01"),
    ],
)
def test_a_report_is_made_on_the_first_working_day(every, after, expected) -> None:
    day = reports.next_day(every, dt.date.fromisoformat(after), CALENDAR)
    assert day == dt.date.fromisoformat(expected)


def test_each_recipient_gets_one_link_and_no_data(sent) -> None:
    assert reports.prepare_due() == 0
    fall_due(sent)
    assert reports.prepare_due() == 2
    work()
    assert sorted(to for message in mail.outbox for to in message.to) == sorted(
        [sent.secretary.email, sent.clerk.email]
    )
    for message in mail.outbox:
        assert reverse("desk:exports") in message.body
        assert "电梯" not in message.body
        assert not message.attachments
    assert ExportLog.objects.filter(way="schedule").count() == 2


def test_a_beat_that_runs_twice_makes_nothing_twice(sent) -> None:
    fall_due(sent)
    assert [reports.prepare_due(), reports.prepare_due()] == [2, 0]
    work()
    work()
    assert len(mail.outbox) == 2
    report = ScheduledReport.objects.get()
    assert report.last_on == dt.date(2026, 10, 1)
    assert report.next_on > dt.date(2026, 10, 1)


def test_who_lost_the_right_gets_nothing_and_the_owner_is_told(sent) -> None:
    fall_due(sent)
    Posting.objects.filter(user=sent.secretary).delete()
    reports.prepare_due()
    work()
    assert [message.to for message in mail.outbox] == [[sent.clerk.email]]
    assert not ExportFile.objects.get(user=sent.secretary).file
    assert Notification.objects.filter(user=sent.clerk, subject__startswith="report:").count() == 1


def test_a_paused_report_sends_nothing_and_does_not_catch_up(sent) -> None:
    fall_due(sent)
    reports.pause(report=sent.report, paused=True, acting_user=sent.clerk)
    assert reports.prepare_due() == 0
    reports.pause(report=sent.report, paused=False, acting_user=sent.clerk)
    assert reports.prepare_due() == 0


def test_nobody_without_the_list_becomes_a_recipient(sent) -> None:
    Posting.objects.filter(user=sent.registrar).delete()
    with pytest.raises(Refused):
        reports.set_up(
            page="desk:meetings",
            register="list",
            query="",
            ending="csv",
            every="week",
            recipients=[sent.registrar],
            acting_user=sent.clerk,
        )


def test_it_is_set_up_seen_paused_and_deleted_on_its_pages(sent) -> None:
    client = Client()
    client.force_login(sent.clerk)
    address = reverse("desk:report-new")
    page = client.get(address, {"page": "desk:commitments", "query": "show=overdue"})
    assert page.status_code == 200
    assert client.get(address, {"page": "desk:nothing"}).status_code == 404
    answer = client.post(
        address,
        {
            "page": "desk:commitments",
            "register": "list",
            "query": "show=overdue",
            "title": "每周逾期",
            "every": "week",
            "ending": "xlsx",
            "recipients": [sent.clerk.pk, sent.jiangtan_contact.pk],
        },
    )
    assert answer.url == reverse("desk:reports")
    made = ScheduledReport.objects.get(title="每周逾期")
    assert list(made.recipients.all()) == [sent.clerk]  # a contact is no colleague of the street
    assert "每周逾期" in client.get(reverse("desk:reports")).content.decode()
    for step, check in (("pause", True), ("resume", False)):
        client.post(reverse("desk:report-act", args=[made.pk, step]))
        made.refresh_from_db()
        assert made.is_paused is check
    stranger = Client()
    stranger.force_login(sent.secretary)
    assert stranger.post(reverse("desk:report-act", args=[made.pk, "delete"])).status_code == 404
    client.post(reverse("desk:report-act", args=[made.pk, "delete"]))
    assert not ScheduledReport.objects.filter(pk=made.pk).exists()
