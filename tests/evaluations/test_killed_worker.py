"""kill -9 of a real Celery worker in the middle of closing: the next worker ends with the same scorecards."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection

from evaluations.models import ClosingChunk, ClosingRun, ListEntry, ScoreLine
from evaluations.services import closing, periods
from redprop.celery import app
from tests.evaluations.quarter import build_quarter, open_quarter
from tests.evaluations.test_closing import results, undisturbed

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def own_broker():
    """A database of the broker that nobody else listens to."""
    return settings.REDIS_URL.rpartition("/")[0] + "/9"


def database_url():
    one = connection.settings_dict
    host = one["HOST"] or one["OPTIONS"].get("host", "")
    if host.startswith("/"):
        return f"postgres://{one['USER']}@/{one['NAME']}?host={host}"
    login = one["USER"] + (f":{one['PASSWORD']}" if one["PASSWORD"] else "")
    return f"postgres://{login}@{host}:{one['PORT'] or 5432}/{one['NAME']}"


def start_worker(log):
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": own_broker(), "DEMO": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "redprop", "worker", "-c", "1", "--without-gossip", "--without-mingle",
         "-n", f"closing-{os.getpid()}@{socket.gethostname()}"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def wait_until(condition, seconds=150):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def somebody_waits_for_the_lines(monitor):
    row = monitor.execute(
        "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "WHERE c.relname = 'evaluations_scoreline' AND NOT l.granted"
    ).fetchone()
    return row[0] > 0


@pytest.mark.faults  # kill -9 and the sweeper take twelve seconds
def test_a_worker_killed_in_the_middle_of_the_cards_loses_nothing_and_the_next_one_ends_the_same(
    cast, tmp_path, monkeypatch
):
    monkeypatch.setattr(closing, "SMALLEST_RANGE", 2)
    quarter = build_quarter(cast)
    period = open_quarter(quarter)
    expected = undisturbed(period, cast.evaluator)
    with Connection(own_broker()) as broker:
        broker.default_channel.client.flushdb()
        run = periods.close_period(period=period, acting_user=cast.evaluator)

        def call():
            app.send_task("evaluations.tasks.work_on_run", args=[run.pk], connection=broker)

        with (
            (tmp_path / "worker.log").open("w") as log,
            psycopg.connect(
                **connection.get_connection_params() | {"autocommit": True, "cursor_factory": None}
            ) as keeper,
            psycopg.connect(
                **connection.get_connection_params() | {"autocommit": True, "cursor_factory": None}
            ) as monitor,
        ):
            # The worker will come as far as the first cards and wait there for this lock.
            keeper.autocommit = False
            keeper.execute("LOCK TABLE evaluations_scoreline IN SHARE MODE")
            first = start_worker(log)
            try:
                call()
                wait_until(lambda: somebody_waits_for_the_lines(monitor))
            finally:
                os.killpg(first.pid, signal.SIGKILL)
                first.wait()
            keeper.rollback()
            done = ClosingChunk.objects.filter(run=run, is_done=True)
            wait_until(lambda: not somebody_waits_for_the_lines(monitor))
            assert set(done.values_list("stage", flat=True)) == {1, 2}
            assert not ScoreLine.objects.filter(run_id=run.pk).exists()
            assert ClosingRun.objects.get(pk=run.pk).state == "running"

            second = start_worker(log)
            try:
                call()
                wait_until(lambda: ClosingRun.objects.get(pk=run.pk).state == "done")
            finally:
                os.killpg(second.pid, signal.SIGKILL)
                second.wait()
            broker.default_channel.client.flushdb()
    assert results(run) == expected
    assert ListEntry.objects.filter(run=run).count() == 12
