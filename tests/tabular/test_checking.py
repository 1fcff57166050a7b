"""Checking and writing as jobs: the preview grows part by part, progress, stale previews, cancelling."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from communities.models import Compound
from redprop.common.tabular import declare, engine
from redprop.core.models import ImportBatch, ImportRow, Job
from redprop.core.services import checking, imports, jobs, uploads

State = ImportBatch.State


@pytest.fixture
def send(cast, monkeypatch):
    """Upload rows as the registrar; whatever their size, a worker checks them, ten rows at a time."""
    monkeypatch.setattr(uploads, "SMALL", -1)
    monkeypatch.setattr(uploads, "SMALL_ROWS", -1)
    monkeypatch.setattr(engine, "PART", 10)
    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 0)

    def sent(*lines, register="compounds"):
        text = "\n".join(lines) + "\n"
        return uploads.stage(
            register=declare.get(register),
            upload=SimpleUploadedFile("文件.csv", text.encode("utf-8-sig")),
            context=imports.context_for(district=cast.district, acting_user=cast.registrar),
        )

    return sent


@pytest.fixture
def told(monkeypatch):
    """What the jobs told of their progress: (step, done, total)."""
    found, original = [], jobs.Progress.__call__

    def tell(self, done=0, total=0, step=""):
        found.append((step, done, total))
        original(self, done, total, step)

    monkeypatch.setattr(jobs.Progress, "__call__", tell)
    return found


def work(batch):
    jobs.run(batch.job_id)
    batch.refresh_from_db()
    return batch


def names(count):
    return ["小区名称", *(f"小区{n}" for n in range(count))]


@pytest.mark.django_db(transaction=True)
def test_the_first_page_of_the_preview_is_seen_while_the_rest_is_still_checked(
    send, client, cast, monkeypatch
):
    batch = send(*names(35))
    assert batch.state == State.CHECKING
    seen, original = [], jobs.Progress.__call__

    def look(self, done=0, total=0, step=""):
        if step == "checking":
            other = connections["default"].copy()  # sees only what is committed
            with other.cursor() as cursor:
                cursor.execute("SELECT count(*), min(number), max(number) FROM core_importrow")
                kept = cursor.fetchone()
                cursor.execute("SELECT state, rows, new FROM core_importbatch")
                seen.append((done, kept, cursor.fetchone()))
            other.close()
            if done == 30:
                client.force_login(cast.registrar)
                answer = client.get(f"/admin/communities/compound/import/compounds/{batch.pk}/")
                seen.append(answer.content.decode())
        original(self, done, total, step)

    monkeypatch.setattr(jobs.Progress, "__call__", look)
    work(batch)
    page = seen.pop(3)
    assert seen == [
        (10, (0, None, None), ("checking", 0, 0)),
        (20, (10, 2, 11), ("checking", 10, 10)),
        (30, (20, 2, 21), ("checking", 20, 20)),
        (35, (30, 2, 31), ("checking", 30, 30)),
    ]
    assert "小区0" in page
    assert "小区19" in page
    assert "小区20" not in page
    assert (batch.state, batch.rows, batch.new) == (State.CHECKED, 35, 35)
    assert list(batch.results.values_list("number", flat=True)) == list(range(2, 37))


def test_progress_names_rows_done_and_about_all_of_them(send, told):
    work(send(*names(35)))
    checked = [(done, total) for step, done, total in told if step == "checking"]
    assert [done for done, _total in checked] == [10, 20, 30, 35]
    assert checked[-1] == (35, 35)
    assert all(30 <= total <= 40 for _done, total in checked), checked


def test_rules_over_the_whole_file_mend_the_rows_that_were_shown_before(send, filled):
    # the last day before the first: known only when the whole file was read
    rows = ["党组织,姓名,职务,起始日期,终止日期"]
    rows += [f"DZ0001,甲某,书记,{2001 + n}-07-02,{2002 + n}-07-01" for n in range(12)]
    rows[3] = "DZ0001,甲某,书记,2003-07-02,2003-06-01"
    batch = work(send(*rows, register="party-posts"))
    assert batch.rows == 12
    assert batch.results.count() == 12
    assert batch.results.get(number=4).outcome == "refused"
    assert batch.results.filter(outcome="refused").count() == batch.refused


def test_a_second_check_leaves_no_row_of_the_first(send):
    batch = work(send(*names(25)))
    uploads.start_check(batch=batch, acting_user=None)
    batch.refresh_from_db()
    work(batch)
    assert ImportRow.objects.count() == batch.rows == 25


def test_the_check_before_the_writing_shows_its_progress_too(send, cast, told):
    batch = work(send(*names(25)))
    told.clear()
    work(uploads.start_write(batch=batch, acting_user=cast.registrar))
    assert [one for one in told if one[0] == "checking again"][-1] == ("checking again", 25, 25)
    assert any(step == "writing" for step, _done, _total in told)
    assert Compound.objects.count() == 25


def outrun(cast):
    Compound.objects.create(
        district=cast.district, code="XQ0001", name="别人小区", registered_from=dt.date(2020, 1, 1)
    )


CODED = ["小区编号,小区名称", "XQ0001,红旗小区", *(f"XQ1{n:03},小区{n}" for n in range(24))]


def test_a_stale_preview_is_made_anew_and_asks_for_one_confirmation(send, cast):
    batch = work(send(*CODED))
    outrun(cast)
    batch = work(uploads.start_write(batch=batch, acting_user=cast.registrar))
    assert batch.state == State.CHECKED
    assert (batch.new, batch.changed, batch.refused) == (24, 1, 0), batch.message
    assert "没有写入" in batch.message or "nothing was written" in batch.message
    assert Compound.objects.count() == 1
    batch = work(uploads.start_write(batch=batch, acting_user=cast.registrar))
    assert batch.state == State.DONE
    assert Compound.objects.get(code="XQ0001").name == "红旗小区"


def test_cancelling_the_new_preview_of_a_stale_one_leaves_the_upload_to_be_checked_again(
    send, cast, client, monkeypatch
):
    batch = work(send(*CODED))
    outrun(cast)
    batch = uploads.start_write(batch=batch, acting_user=cast.registrar)
    original = jobs.Progress.__call__

    def break_off(self, done=0, total=0, step=""):
        if step == "checking" and done == 20:
            raise jobs.Cancelled
        original(self, done, total, step)

    with monkeypatch.context() as patched:
        patched.setattr(jobs.Progress, "__call__", break_off)
        work(batch)
    assert (batch.state, batch.rows) == (State.UPLOADED, 0)
    assert not batch.results.exists()
    assert batch.job.state == Job.State.CANCELLED
    client.force_login(cast.registrar)
    page = client.get(f"/admin/communities/compound/import/compounds/{batch.pk}/").content.decode()
    assert f"/import/compounds/{batch.pk}/check/" in page
    assert f"/import/compounds/{batch.pk}/confirm/" not in page
    batch = uploads.start_check(batch=batch, acting_user=cast.registrar)
    assert work(batch).state == State.CHECKED
    assert batch.changed == 1


def test_a_worker_that_takes_up_the_new_preview_of_a_stale_one_does_not_write(send, cast, monkeypatch):
    batch = work(send(*CODED))
    outrun(cast)
    batch = uploads.start_write(batch=batch, acting_user=cast.registrar)
    with monkeypatch.context() as patched:
        patched.setattr(checking, "check_batch", lambda *arguments: None)  # the worker was killed here
        jobs.run(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == State.CHECKING
    work(batch)
    assert (batch.state, batch.new, batch.changed) == (State.CHECKED, 24, 1)
    assert Compound.objects.get().name == "别人小区"


def test_cancelling_while_checking_drops_the_file_and_its_rows(send, cast, settings, monkeypatch):
    batch = send(*names(35))
    original = jobs.Progress.__call__

    def cancelled_meanwhile(self, done=0, total=0, step=""):
        if done == 20:
            raise jobs.Cancelled  # what the side connection reads when somebody has asked for the end
        original(self, done, total, step)

    monkeypatch.setattr(jobs.Progress, "__call__", cancelled_meanwhile)
    work(batch)
    assert (batch.state, batch.rows, batch.file) == (State.CANCELLED, 0, "")
    assert not ImportRow.objects.exists()


def test_cancelling_while_writing_leaves_the_preview_as_it_was(send, cast, monkeypatch):
    batch = work(send(*names(25)))
    batch = uploads.start_write(batch=batch, acting_user=cast.registrar)
    original = jobs.Progress.__call__

    def cancelled_meanwhile(self, done=0, total=0, step=""):
        if step == "writing":
            raise jobs.Cancelled
        original(self, done, total, step)

    with monkeypatch.context() as patched:
        patched.setattr(jobs.Progress, "__call__", cancelled_meanwhile)
        work(batch)
    assert batch.state == State.CHECKED
    assert batch.results.count() == 25
    assert not Compound.objects.exists()
    work(uploads.start_write(batch=batch, acting_user=cast.registrar))
    assert Compound.objects.count() == 25
