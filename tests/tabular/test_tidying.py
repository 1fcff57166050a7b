"""The nightly tidying: what is past its time goes, what somebody still needs stays."""

import datetime as dt
import os
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportRow, ImportWrite
from redprop.core.models.exports import ExportFile
from redprop.core.services import imports, tidying, undo, uploads

State = ImportBatch.State


@pytest.fixture
def keep(cast):
    """Upload a file of compounds as the registrar, not checked yet."""

    def kept(text="小区名称\n红旗小区\n", register="compounds"):
        return uploads.keep(
            register=declare.get(register),
            upload=SimpleUploadedFile("小区.csv", text.encode("utf-8-sig")),
            context=imports.context_for(district=cast.district, acting_user=cast.registrar),
        )

    return kept


def aged(batch, days):
    """Make a batch, and whatever was done with it, so many days older."""
    past = timezone.now() - dt.timedelta(days=days)
    ImportBatch.objects.filter(pk=batch.pk).update(recorded_at=past)
    ImportBatch.objects.filter(pk=batch.pk).exclude(written_at=None).update(written_at=past)
    if batch.job is not None:
        type(batch.job).objects.filter(pk=batch.job_id).update(recorded_at=past, finished_at=past)
    batch.refresh_from_db()
    return batch


def exists(batch):
    return os.path.exists(batch.file.path)


def test_uploads_that_nobody_confirmed_lose_file_and_preview_after_a_fortnight(
    keep, cast, django_capture_on_commit_callbacks
):
    mapping = aged(keep(), 15)
    checked = uploads.check_kept(batch=keep(), acting_user=cast.registrar)
    assert checked.results.count() == 1
    checked = aged(checked, 15)
    young = uploads.check_kept(batch=keep(), acting_user=cast.registrar)
    young = aged(young, 13)
    written = uploads.check_kept(batch=keep("小区名称\n东风小区\n"), acting_user=cast.registrar)
    written = aged(uploads.start_write(batch=written, acting_user=cast.registrar), 15)
    gone = [mapping.file.path, checked.file.path]
    with django_capture_on_commit_callbacks(execute=True):
        assert tidying.tidy()["uploads"] == 2
    assert not any(map(os.path.exists, gone))
    for batch in (mapping, checked):
        batch.refresh_from_db()
        assert (batch.state, batch.file) == (State.CANCELLED, "")
        assert "14" in batch.message
    assert set(ImportRow.objects.values_list("batch", flat=True)) <= {young.pk, written.pk}
    for batch in (young, written):
        batch.refresh_from_db()
        assert exists(batch)
    assert (young.state, written.state) == (State.CHECKED, State.DONE)
    assert tidying.tidy()["uploads"] == 0


def test_what_undoing_takes_is_kept_for_half_a_year_and_people_s_data_for_a_month(cast, load):
    load("compounds", ["小区名称"], ["红旗小区"])
    load("people", ["姓名", "工作电话"], ["甲某", "027-82210000"])
    compounds, people = ImportBatch.objects.order_by("pk")
    assert set(ImportWrite.objects.values_list("batch", flat=True)) == {compounds.pk, people.pk}
    for batch in (compounds, people):
        aged(batch, 31)
    assert tidying.tidy()["undo"] == 1
    assert set(ImportWrite.objects.values_list("batch", flat=True)) == {compounds.pk}
    assert not people.results.exclude(changes={}).exists()
    with pytest.raises(Refused) as refusal:
        undo.undo_now(batch=people, acting_user=None)
    assert refusal.value.code == "not-undone"
    aged(compounds, 181)
    assert tidying.tidy()["undo"] == 1
    assert not ImportWrite.objects.exists()


def test_the_file_of_an_import_of_people_goes_with_their_data(keep, cast, django_capture_on_commit_callbacks):
    kept = {}
    for text, register in (
        ("小区名称\n红旗小区\n", "compounds"),
        ("姓名,工作电话\n甲某,027-82210000\n", "people"),
    ):
        batch = uploads.check_kept(batch=keep(text, register), acting_user=cast.registrar)
        batch = aged(uploads.start_write(batch=batch, acting_user=cast.registrar), 31)
        kept[register] = batch, batch.file.path
    with django_capture_on_commit_callbacks(execute=True):
        tidying.tidy()
    compounds, people = kept["compounds"], kept["people"]
    people[0].refresh_from_db()
    assert not people[0].file
    assert not os.path.exists(people[1])
    assert os.path.exists(compounds[1])


def test_files_without_a_row_go_and_others_stay(keep, settings):
    batch = keep()
    root = settings.MEDIA_ROOT
    old = time.time() - 3 * 86400
    orphan = root / "imports" / "2026" / "01" / "abc" / "x.csv"
    young = root / "exports" / "y.csv"
    paid = root / "payments" / "z.xlsx"
    for path in (orphan, young, paid):
        path.parent.mkdir(parents=True)
        path.write_text("x")
    for path in (orphan, paid, batch.file.path):
        os.utime(path, (old, old))
    assert tidying.tidy()["orphans"] == 1
    assert not orphan.parent.exists()
    assert young.exists()
    assert paid.exists()
    assert exists(batch)


def test_with_the_wrong_database_no_file_is_touched(settings, db):
    folder = settings.MEDIA_ROOT / "attachments"
    folder.mkdir(parents=True)
    for number in range(101):
        path = folder / f"{number}.jpg"
        path.write_text("x")
        os.utime(path, (0, 0))
    assert tidying.tidy()["orphans"] == 0
    assert len(list(folder.iterdir())) == 101


def test_exported_files_go_when_they_expire(cast, settings):
    now = timezone.now()
    for hours, name in ((-1, "exports/old/a.csv"), (1, "exports/new/b.csv")):
        path = settings.MEDIA_ROOT / name
        path.parent.mkdir(parents=True)
        path.write_text("x")
        ExportFile.objects.create(
            district=cast.district,
            user=User.objects.first(),
            file=name,
            expires_at=now + dt.timedelta(hours=hours),
        )
    tidying.drop_expired_exports(now)
    assert list(ExportFile.objects.values_list("file", flat=True)) == ["exports/new/b.csv"]


def test_temporary_files_of_killed_processes_go_after_two_days(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    for name, days in (("tmpa.upload.xlsx", 3), ("tmpb.upload.xlsx", 1), ("openpyxl.c", 3), ("other", 3)):
        path = tmp_path / name
        path.write_text("x")
        when = time.time() - days * 86400
        os.utime(path, (when, when))
    tidying.remove_temporary(timezone.now() - dt.timedelta(days=2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "tmpb.upload.xlsx"]
