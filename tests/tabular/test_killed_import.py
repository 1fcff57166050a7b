"""A real worker: kill -9 in the middle of the writing, cancel, two persons at once, undo against an edit."""

import os
import signal
import threading

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from kombu import Connection

from communities.models import Compound
from redprop.celery import app
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportRow, ImportWrite, Job
from redprop.core.services import imports, jobs, undo, uploads
from tests.evaluations.test_killed_worker import own_broker, start_worker, wait_until

State = ImportBatch.State
pytestmark = pytest.mark.django_db(transaction=True)


def upload(cast, rows, first="小区"):
    text = "小区名称,户数\n" + "".join(f"{first}{n},{n + 1}\n" for n in range(rows))
    return uploads.stage(
        register=declare.get("compounds"),
        upload=SimpleUploadedFile("小区.csv", text.encode("utf-8-sig")),
        context=imports.context_for(district=cast.district, acting_user=cast.registrar),
    )


def other_connection():
    parameters = connection.get_connection_params() | {"autocommit": True, "cursor_factory": None}
    return psycopg.connect(**parameters)


def waits_for(monitor, table):
    return monitor.execute(
        "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "WHERE c.relname = %s AND NOT l.granted",
        [table],
    ).fetchone()[0]


@pytest.mark.faults  # kill -9 and the sweeper take twelve seconds
@pytest.mark.worker
def test_a_worker_killed_while_it_writes_leaves_nothing_and_the_sweeper_has_it_done_once(
    cast, tmp_path, monkeypatch, settings
):
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))  # the worker's own settings
    monkeypatch.setattr(uploads, "SMALL_ROWS", -1)
    monkeypatch.setattr(uploads, "PATIENCE", 300)
    monkeypatch.setattr(jobs, "send_on_commit", lambda *arguments: None)
    batch = upload(cast, 400)
    batch = uploads.start_write(batch=batch, acting_user=cast.registrar)
    assert batch.state == State.WRITING
    with Connection(own_broker()) as broker:
        broker.default_channel.client.flushdb()

        def call(task, pk):
            app.send_task(task, args=[pk], connection=broker)

        monkeypatch.setattr(jobs, "send_now", call)
        with (
            (tmp_path / "worker.log").open("w") as log,
            other_connection() as keeper,
            other_connection() as monitor,
        ):
            # The worker has written the compounds and waits here for the record of what it wrote.
            keeper.autocommit = False
            keeper.execute("LOCK TABLE core_importwrite IN SHARE MODE")
            first = start_worker(log)
            try:
                call(jobs.TASK, batch.job_id)
                wait_until(lambda: waits_for(monitor, "core_importwrite"))
                # seen from inside only: the rows are there, uncommitted
                assert monitor.execute("SELECT count(*) FROM communities_compound").fetchone()[0] == 0
                assert (
                    monitor.execute("SELECT state FROM core_job WHERE id = %s", [batch.job_id]).fetchone()[0]
                    == "running"
                )
            finally:
                os.killpg(first.pid, signal.SIGKILL)
                first.wait()
            keeper.rollback()
            wait_until(lambda: not waits_for(monitor, "core_importwrite"))
            assert not Compound.objects.exists()
            assert not ImportWrite.objects.exists()
            broker.default_channel.client.flushdb()  # the message is lost with the worker

            monkeypatch.setattr(jobs, "LOST_AFTER", jobs.dt.timedelta(0))
            wait_until(lambda: jobs.sweep() == 1)
            jobs.sweep()  # called for twice, done once
            second = start_worker(log)
            try:
                wait_until(lambda: ImportBatch.objects.get(pk=batch.pk).state == State.DONE)
                wait_until(lambda: broker.default_channel.client.llen("celery") == 0)
            finally:
                os.killpg(second.pid, signal.SIGKILL)
                second.wait()
            broker.default_channel.client.flushdb()
    assert Compound.objects.count() == 400
    assert Job.objects.get(pk=batch.job_id).attempts == 2
    undo.undo_now(batch=ImportBatch.objects.get(pk=batch.pk), acting_user=cast.registrar)
    assert not Compound.objects.exists()


def at_once(*acts):
    """Run acts in threads that start together; returns the result or the refusal of each."""
    ready, ends = threading.Barrier(len(acts)), []

    def run(act):
        try:
            ready.wait()
            ends.append(act())
        except Refused as refused:
            ends.append(refused)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


@pytest.fixture
def patient(monkeypatch):
    """Small files are waited for on a busy machine too."""
    monkeypatch.setattr(uploads, "PATIENCE", 300)
    monkeypatch.setattr(undo, "PATIENCE", 300)


def test_two_clerks_confirm_the_same_upload_at_once_and_it_is_written_once(cast, patient):
    batch = upload(cast, 30)
    ends = at_once(
        *[lambda: uploads.start_write(batch=ImportBatch.objects.get(pk=batch.pk), acting_user=cast.registrar)]
        * 2
    )
    assert sorted(isinstance(end, Refused) for end in ends) == [False, True]
    assert Compound.objects.count() == 30
    assert ImportWrite.objects.filter(batch=batch, model="communities.compound").count() == 1


def test_two_clerks_upload_and_confirm_the_same_file_at_once_and_nothing_is_doubled(cast, patient):
    def all_of_it():
        return uploads.start_write(batch=upload(cast, 30), acting_user=cast.registrar)

    ends = at_once(all_of_it, all_of_it)
    batches = list(ImportBatch.objects.order_by("pk"))
    assert len({batch.file.name for batch in batches}) == 2
    assert Compound.objects.count() == 30
    # the later one was shown rows that are there now: its preview is made anew, and asks for nothing new
    assert State.DONE in {batch.state for batch in batches}, ends
    for batch in batches:
        if batch.state == State.CHECKED:
            assert batch.new == 0
            assert batch.message


def test_cancelling_a_job_that_somebody_works_on_ends_it_at_its_next_step(cast, monkeypatch):
    monkeypatch.setattr(uploads, "SMALL", -1)
    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 0)
    batch = upload(cast, 30)
    original = jobs.Progress.__call__

    def somebody_cancels(self, done=0, total=0, step=""):
        if step == "checking":
            other = threading.Thread(
                target=lambda: (
                    uploads.cancel(batch=ImportBatch.objects.get(pk=batch.pk), acting_user=cast.registrar),
                    connection.close(),
                )
            )
            other.start()
            other.join()
        original(self, done, total, step)

    monkeypatch.setattr(jobs.Progress, "__call__", somebody_cancels)
    kept = batch.file.path
    jobs.run(batch.job_id)
    batch.refresh_from_db()
    assert (batch.state, batch.job.state) == (State.CANCELLED, Job.State.CANCELLED)
    assert not ImportRow.objects.exists()
    assert not os.path.exists(kept)


def test_an_edit_that_came_first_is_not_overwritten_by_the_undoing(cast, patient):
    batch = upload(cast, 5)
    uploads.start_write(batch=batch, acting_user=cast.registrar)
    batch.refresh_from_db()
    edited = Compound.objects.order_by("pk").first()
    with other_connection() as editor:
        editor.autocommit = False
        editor.execute("UPDATE communities_compound SET households = 77 WHERE id = %s", [edited.pk])
        with other_connection() as monitor:
            ends = []
            undoing = threading.Thread(
                target=lambda: (
                    ends.extend(
                        at_once(
                            lambda: undo.start_undo(
                                batch=ImportBatch.objects.get(pk=batch.pk), acting_user=cast.registrar
                            )
                        )
                    ),
                    connection.close(),
                )
            )
            undoing.start()
            wait_until(
                lambda: monitor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                    "AND query LIKE '%%FOR UPDATE%%' AND datname = current_database()"
                ).fetchone()[0]
            )
            editor.commit()
            undoing.join()
    assert isinstance(ends[0], Refused)
    assert Compound.objects.count() == 5
    assert Compound.objects.get(pk=edited.pk).households == 77
    batch.refresh_from_db()
    assert batch.state == State.DONE
