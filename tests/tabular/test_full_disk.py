"""The disk is full: one sentence, nothing half written, no temporary file left.

A small limit on the size of files (RLIMIT_FSIZE) makes the very errors of a full disk; a real full file
system is tried under the marker `faults`.
"""

import os
import resource
import subprocess
import tempfile
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from communities.models import Compound
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, Job
from redprop.core.services import error_books, imports, jobs, uploads

IMPORT = "/admin/communities/compound/import/compounds/"
State = ImportBatch.State
# openpyxl's generators complain once more when they are thrown away
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path, settings, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)


@contextmanager
def room(size):
    """No file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def long_text(rows=20_000):
    return "小区名称,户数\n" + "".join(f"小区{n},{n}\n" for n in range(rows))


def test_while_an_upload_comes_in(client, cast, tmp_path, settings):
    client.force_login(cast.registrar)
    big = SimpleUploadedFile("小区.csv", b"x" * 3_000_000)  # beyond what is held in memory
    with room(1_000_000):
        answer = client.post(IMPORT, {"file": big})
    assert answer.status_code == 507
    assert "磁盘" in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert files_in(tmp_path) == []


def test_while_the_upload_is_kept(client, cast, tmp_path, settings):
    client.force_login(cast.registrar)
    with room(100_000):
        answer = client.post(IMPORT, {"file": SimpleUploadedFile("小区.csv", long_text().encode())})
    assert "磁盘" in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert files_in(tmp_path) == []


def test_while_a_command_keeps_the_file(cast, write, settings):
    path = write(["小区名称", "户数"], *[[f"小区{n}", n] for n in range(8_000)])
    told = StringIO()
    with room(20_000), pytest.raises(SystemExit) as end:
        call_command("import_register", "compounds", str(path), "--district", "990101", stderr=told)
    assert end.value.code == 1
    assert "磁盘" in told.getvalue()
    assert not Compound.objects.exists()
    assert not ImportBatch.objects.exists()
    assert files_in(settings.MEDIA_ROOT) == []


def test_a_file_kept_for_an_import_that_fails_does_not_stay(cast, write, settings, monkeypatch):
    def fails(*arguments):
        raise Refused("no")

    monkeypatch.setattr(imports, "write_plan", fails)
    path = write(["小区名称"], ["红旗小区"])
    context = imports.context_for(district=cast.district, acting_user=None)
    with pytest.raises(Refused):
        imports.import_file(register=declare.get("compounds"), path=path, context=context)
    assert files_in(settings.MEDIA_ROOT) == []


@pytest.fixture
def refused(cast, monkeypatch):
    """A checked upload with 4,000 refused rows."""
    monkeypatch.setattr(uploads, "PATIENCE", 300)
    text = "小区名称,户数\n" + "".join(f"小区{n},约{n}\n" for n in range(4_000))
    batch = uploads.stage(
        register=declare.get("compounds"),
        upload=SimpleUploadedFile("小区.csv", text.encode()),
        context=imports.context_for(district=cast.district, acting_user=cast.registrar),
    )
    assert (batch.state, batch.refused) == (State.CHECKED, 4_000)
    return batch


def test_while_errors_are_marked_at_once(refused, client, cast, tmp_path):
    client.force_login(cast.registrar)
    before = files_in(tmp_path)
    with room(60_000):
        answer = client.get(reverse("admin:communities_compound_errors", args=["compounds", refused.pk]))
    assert answer.status_code == 302
    assert "磁盘" in client.get(answer.url).content.decode()
    assert files_in(tmp_path) == before


def test_while_errors_are_marked_by_a_worker(refused, client, cast, tmp_path, monkeypatch):
    monkeypatch.setattr(error_books, "AT_ONCE", 10)
    before = files_in(tmp_path)
    batch = error_books.start_error_book(batch=refused, acting_user=cast.registrar)
    with room(60_000):
        job = jobs.run(batch.error_job_id)
    assert job.state == Job.State.FAILED
    assert "磁盘" in job.message
    assert files_in(tmp_path) == before
    batch.refresh_from_db()
    assert batch.error_file == ""
    # there is room again: the same button makes it
    batch = error_books.start_error_book(batch=batch, acting_user=cast.registrar)
    assert jobs.run(batch.error_job_id).state == Job.State.DONE


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small file system")
def test_on_a_file_system_that_is_really_full(client, cast, tmp_path, settings):
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small], check=False)
    if done.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        client.force_login(cast.registrar)
        settings.FILE_UPLOAD_TEMP_DIR = str(small)
        answer = client.post(IMPORT, {"file": SimpleUploadedFile("小区.csv", b"x" * 4_000_000)})
        assert answer.status_code == 507
        assert files_in(small) == []
        settings.MEDIA_ROOT = small / "media"
        settings.FILE_UPLOAD_TEMP_DIR = None
        answer = client.post(IMPORT, {"file": SimpleUploadedFile("小区.csv", b"x" * 2_400_000)})
        assert "磁盘" in answer.content.decode()
        assert files_in(small) == []
        assert not ImportBatch.objects.exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_gigabyte_is_answered_without_reading_it(client, cast):
    client.force_login(cast.registrar)
    answer = client.generic(
        "POST", IMPORT, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30)
    )
    assert answer.status_code == 413
    assert "1024 MB" in answer.content.decode()
    assert "50 MB" in answer.content.decode()
