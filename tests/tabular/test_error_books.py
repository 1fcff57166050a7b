"""The file with the errors marked of a long import: made by a worker, with progress, once, and dropped when old."""

import os
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from redprop.common.tabular import declare, errorbook
from redprop.core.models import ImportBatch, Job
from redprop.core.services import error_books, imports, jobs, uploads


@pytest.fixture
def batch(cast, monkeypatch) -> ImportBatch:
    """A checked upload with two refused rows of thirty; more than ten rows are long, more than twenty very long."""
    monkeypatch.setattr(error_books, "AT_ONCE", 10)
    monkeypatch.setattr(errorbook, "WHOLE_UP_TO", 20)
    monkeypatch.setattr(uploads, "PATIENCE", 300)
    text = "小区名称,户数\n" + "".join(f"小区{n},{n if n % 20 else '约'}\n" for n in range(30))
    return uploads.stage(
        register=declare.get("compounds"),
        upload=SimpleUploadedFile("小区.csv", text.encode()),
        context=imports.context_for(district=cast.district, acting_user=cast.registrar),
    )


def test_a_long_file_s_errors_are_marked_by_a_worker_with_the_refused_rows_alone(batch, cast, client):
    client.force_login(cast.registrar)
    one = f"/admin/communities/compound/import/compounds/{batch.pk}/"
    assert batch.refused == 2
    assert f"{one}mark/" in client.get(one).content.decode()
    assert client.get(f"{one}errors.xlsx").status_code == 302
    client.post(f"{one}mark/")
    client.post(f"{one}mark/")  # a second click asks for nothing more
    batch.refresh_from_db()
    assert Job.objects.filter(kind=error_books.ERRORS).count() == 1
    waiting = client.get(f"{one}marking/").content.decode()
    assert "hx-get" in waiting
    assert f"{one}unmark/" in waiting
    jobs.run(batch.error_job_id)
    ready = client.get(f"{one}marking/").content.decode()
    assert "hx-get" not in ready
    assert f"{one}errors.xlsx" in ready
    content = b"".join(client.get(f"{one}errors.xlsx").streaming_content)
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert [row[0].value for row in sheet.iter_rows()] == ["小区名称", "小区0", "小区20"]


def test_a_new_check_drops_the_marked_file(batch, cast, django_capture_on_commit_callbacks):
    found = error_books.start_error_book(batch=batch, acting_user=cast.registrar)
    jobs.run(found.error_job_id)
    found.refresh_from_db()
    path = found.error_file.path
    assert os.path.exists(path)
    with django_capture_on_commit_callbacks(execute=True):
        uploads.start_check(batch=found, acting_user=cast.registrar)
    found.refresh_from_db()
    assert (found.error_file, found.error_job) == ("", None)
    assert not os.path.exists(path)


def test_stopping_leaves_no_file_and_lets_ask_again(batch, cast, settings):
    found = error_books.start_error_book(batch=batch, acting_user=cast.registrar)
    before = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    jobs.cancel(job=found.error_job, acting_user=cast.registrar)
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == before
    found.refresh_from_db()
    assert found.error_job.state == Job.State.CANCELLED
    again = error_books.start_error_book(batch=found, acting_user=cast.registrar)
    assert again.error_job_id != found.error_job_id
