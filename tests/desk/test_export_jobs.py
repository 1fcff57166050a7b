"""Long workbooks are made by a worker: one file, for one user, fetched under the same area, gone after a week."""

import datetime as dt
import io
import os
import resource

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from redprop.accounts.models import Posting
from redprop.common.disk import no_room
from redprop.core.models import ExportFile, ExportLog, Job, Notification
from redprop.core.services import export_files, jobs
from redprop.core.services.listings import open_listing
from tests.town import a_promise, filed


@pytest.fixture
def long_lists(town, settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("redprop.core.downloads.AT_ONCE", 1)
    filed(town, a_promise(town.qingchuan), a_promise(town.qingchuan, problem="=2+5"))
    return town


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(user) -> ExportFile:
    answer = client_of(user).get(reverse("desk:export", args=["commitments", "xlsx"]) + "?show=all")
    assert (answer.status_code, answer.url) == (302, reverse("desk:exports"))
    return ExportFile.objects.get()


def test_a_long_workbook_is_made_by_a_worker_and_fetched(long_lists) -> None:
    secretary = long_lists.secretary
    file = ask(secretary)
    assert not ExportLog.objects.exists()
    client = client_of(secretary)
    assert "Refresh" in client.get(reverse("desk:exports")).headers
    assert jobs.run(file.job_id).state == Job.State.DONE
    answer = client.get(reverse("desk:export-file", args=[file.pk]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue()))
    cells = [row[0] for row in rows.get_sheet_by_index(0).to_python()]
    assert cells[-2:] == ["3栋电梯常停", "=2+5"] or cells[-2:] == ["=2+5", "3栋电梯常停"]
    log = ExportLog.objects.get()
    assert (log.way, log.rows, log.user, log.query) == ("job", 2, secretary, "show=all")
    assert Notification.objects.get(user=secretary, kind="file").address == reverse("desk:exports")
    assert "Refresh" not in client.get(reverse("desk:exports")).headers


def test_asking_twice_makes_one_file(long_lists) -> None:
    assert ask(long_lists.secretary) == ask(long_lists.secretary)


def test_nobody_else_fetches_cancels_or_removes_it(long_lists) -> None:
    file = ask(long_lists.secretary)
    jobs.run(file.job_id)
    other = client_of(long_lists.clerk)
    assert other.get(reverse("desk:export-file", args=[file.pk])).status_code == 404
    for step in ("cancel", "remove"):
        assert other.post(reverse(f"desk:export-{step}", args=[file.pk])).status_code == 404


def test_a_cancelled_one_leaves_no_file_and_no_line_in_the_log(long_lists) -> None:
    file = ask(long_lists.secretary)
    client_of(long_lists.secretary).post(reverse("desk:export-cancel", args=[file.pk]))
    file.refresh_from_db()
    assert file.job.state == Job.State.CANCELLED
    assert not ExportLog.objects.exists()
    assert list(export_files.folder().iterdir()) == []


def test_a_fault_in_the_middle_leaves_no_half_file(long_lists, monkeypatch) -> None:
    file = ask(long_lists.secretary)
    monkeypatch.setattr(export_files, "log_export", lambda **named: 1 / 0)
    assert jobs.run(file.job_id).state == Job.State.FAILED
    assert list(export_files.folder().iterdir()) == []
    assert Notification.objects.filter(user=long_lists.secretary, kind="file").count() == 1


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(long_lists) -> None:
    file = ask(long_lists.secretary)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        job = jobs.run(file.job_id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert job.state == Job.State.FAILED
    assert job.message == str(no_room())
    assert list(export_files.folder().iterdir()) == []
    assert not ExportLog.objects.exists()
    assert str(no_room()) in Notification.objects.get(user=long_lists.secretary, kind="file").text
    assert str(no_room()) in client_of(long_lists.secretary).get(reverse("desk:exports")).content.decode()


def test_whoever_lost_the_area_while_it_waited_gets_nothing(long_lists) -> None:
    file = ask(long_lists.secretary)
    Posting.objects.filter(user=long_lists.secretary).update(
        community=long_lists.other_secretary.postings.get().community
    )
    assert jobs.run(file.job_id).state == Job.State.DONE
    file.refresh_from_db()
    assert file.rows == 0


def test_a_finished_file_is_closed_when_the_area_changes(long_lists) -> None:
    file = ask(long_lists.secretary)
    jobs.run(file.job_id)
    Posting.objects.filter(user=long_lists.secretary).update(
        community=long_lists.other_secretary.postings.get().community
    )
    answer = client_of(long_lists.secretary).get(reverse("desk:export-file", args=[file.pk]))
    assert answer.status_code == 302


def test_after_a_week_the_file_is_gone_from_the_disk(long_lists) -> None:
    file = ask(long_lists.secretary)
    jobs.run(file.job_id)
    folder = export_files.folder()
    export_files.expire_files()
    assert len(list(folder.iterdir())) == 1
    ExportFile.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    client = client_of(long_lists.secretary)
    assert client.get(reverse("desk:export-file", args=[file.pk])).status_code == 302
    with_commit = export_files.expire_files()
    assert with_commit == 1


def test_what_a_killed_worker_left_is_swept(long_lists) -> None:
    begun = export_files.folder() / "begun-999.xlsx"
    begun.write_bytes(b"x")
    export_files.expire_files()
    assert begun.exists()
    old = timezone.now().timestamp() - 7200
    os.utime(begun, (old, old))
    export_files.expire_files()
    assert not begun.exists()


def test_the_listing_is_the_same_in_the_worker_as_on_the_page(long_lists) -> None:
    listing = open_listing(user=long_lists.secretary, page="desk:commitments", query="show=all")
    assert listing.rows == 2
