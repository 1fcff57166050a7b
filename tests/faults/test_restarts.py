"""Servers restarted and killed while they are at work: nothing acknowledged is lost, nothing is done twice."""

import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.urls import reverse

from evaluations.models import ClosingRun, ListEntry
from evaluations.services import closing, periods
from redprop.accounts.models import User
from redprop.common.servers import postgres
from redprop.core.models import Job
from redprop.core.services import jobs
from redprop.core.services.error_books import ERRORS
from tests.evaluations.quarter import build_quarter, open_quarter
from tests.evaluations.test_closing import results, undisturbed
from tests.faults.landscape import ROOT, free_port, sign_in, until
from tests.faults.test_network import waits_for_lines

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
def test_postgresql_restarted_in_the_middle_of_a_closing(cast, land, monkeypatch, how):
    monkeypatch.setattr(closing, "SMALLEST_RANGE", 2)
    period = open_quarter(build_quarter(cast))
    expected = undisturbed(period, cast.evaluator)
    worker = land.start_worker("one")
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    keeper = land.session()
    keeper.autocommit = False
    keeper.execute("LOCK TABLE evaluations_scoreline IN SHARE MODE")
    land.send("evaluations.tasks.work_on_run", run.pk)
    until(lambda: waits_for_lines(land), 120, "for the first cards")
    connection.close()
    land.stop_postgres(how)
    time.sleep(2)
    land.start_postgres()
    until(lambda: ClosingRun.objects.get(pk=run.pk).state == "running", 10)

    def ended() -> bool:
        land.send("evaluations.tasks.sweep_runs")
        time.sleep(2)
        return ClosingRun.objects.get(pk=run.pk).state == "done"

    until(ended, 90, "for the same worker to go on")
    assert worker.poll() is None, "the worker outlives the database"
    assert results(run) == expected
    assert ListEntry.objects.filter(run=run).count() == 12


def test_postgresql_restarted_during_a_request(cast, land):
    port = free_port()
    land.start_web(port)
    # the web host knows only the strong hashers, the tests' users have a quick one
    User.objects.filter(pk=cast.registrar.pk).update(
        password=PBKDF2PasswordHasher().encode("pw", "saltsaltsalt")
    )
    form = {"username": cast.registrar.username, "password": "pw"}
    program = (
        "import http.cookiejar, re, sys, urllib.parse, urllib.request, urllib.error\n"
        "jar = http.cookiejar.CookieJar()\n"
        "web = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))\n"
        f"address = 'http://127.0.0.1:{port}/accounts/sign-in/'\n"
        "page = web.open(address, timeout=60).read().decode()\n"
        "token = re.search(r'csrfmiddlewaretoken\" value=\"(\\w+)', page).group(1)\n"
        f"data = urllib.parse.urlencode({form!r} | {{'csrfmiddlewaretoken': token}}).encode()\n"
        "try:\n"
        "    answer = web.open(address, data, timeout=60)\n"
        "    print(answer.status, answer.url)\n"
        "except urllib.error.HTTPError as error:\n"
        "    print(error.code, error.read().decode()[:3000])\n"
    )

    def sign_in() -> str:
        return subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout

    keeper = land.session()
    keeper.autocommit = False
    keeper.execute("LOCK TABLE accounts_signinsession IN ACCESS EXCLUSIVE MODE")
    told: list[str] = []
    request = threading.Thread(target=lambda: told.append(sign_in()))
    request.start()

    def waits() -> bool:
        with land.session() as monitor:
            return monitor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0] > 0

    until(waits, 60, "for the request")
    connection.close()
    land.stop_postgres(signal.SIGINT)
    request.join(60)
    assert told, "the user got an answer"
    assert told[0][:3] in ("500", "503"), told[0][:200]
    assert "redprop.css" in told[0], "a page in the words of the portal, not a naked error"
    assert land.get(port, "/")[0] == 200, "published pages go on without a database"
    land.start_postgres()
    assert sign_in().startswith("200"), (
        "the same step again goes through, without a restart of the web server"
    )
    assert User.objects.get(username="registrar").last_login is not None


def forty_jobs(cast) -> list[Job]:
    """Work whose end is seen in its row alone: each was cancelled, and a worker has to say so."""
    waiting = [
        jobs.start(kind=ERRORS, district=cast.district, acting_user=None, send=False) for _n in range(40)
    ]
    Job.objects.update(cancel_requested=True)
    return waiting


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
def test_the_broker_restarted_with_queued_work(cast, land, how):
    waiting = forty_jobs(cast)
    for job in waiting:
        land.send("redprop.core.tasks.work_on_job", job.pk)
    time.sleep(1.5)  # appendfsync everysec
    land.stop_broker(how)
    land.start_broker()
    with land.queue() as broker:
        assert broker.default_channel.client.llen("celery") == 40
    land.start_worker("one")
    until(lambda: not Job.objects.filter(state__in=Job.OPEN).exists(), 60, "for the queued work")
    assert Job.objects.filter(pk__in=[job.pk for job in waiting], state=Job.State.CANCELLED).count() == 40


def test_a_broker_that_lost_everything_is_told_again_by_the_sweeper(cast, land):
    waiting = forty_jobs(cast)
    Job.objects.update(recorded_at="2026-01-01T00:00:00+08:00")
    land.stop_broker(signal.SIGKILL)
    for file in (land.folder / "broker").rglob("*"):
        if file.is_file():
            file.unlink()
    land.start_broker()
    land.start_worker("one")
    land.send("redprop.core.tasks.sweep_jobs")
    until(lambda: not Job.objects.filter(state__in=Job.OPEN).exists(), 60, "for the sweeper")
    assert Job.objects.filter(pk__in=[job.pk for job in waiting], state=Job.State.CANCELLED).count() == 40


def test_without_a_broker_a_click_is_kept_and_done_later(cast, land):
    period = open_quarter(build_quarter(cast))
    evaluator = sign_in(cast.evaluator)
    land.stop_broker(signal.SIGKILL)
    port = free_port()
    try:
        land.start_web(port)
        assert land.get(port, "/accounts/sign-in/")[0] == 200
        status, told = land.get(port, "/health/ready")
        assert (status, '"degraded"' in told) == (200, True)
        begin = time.monotonic()
        step = reverse("admin:evaluations_evaluationperiod_step", args=[period.pk, "close"])
        assert land.ask(port, "POST", step, session=evaluator)[0] == 302, "the click is taken"
        assert time.monotonic() - begin < 60
        run = ClosingRun.objects.get(period=period)
        assert run.state == "running"
    finally:
        land.start_broker()
    land.start_worker("one")
    land.send("evaluations.tasks.sweep_runs")
    until(lambda: ClosingRun.objects.get(pk=run.pk).state == "done", 90, "for the closing")
    assert ListEntry.objects.filter(run=run).count() == 12


def test_the_portals_role_cannot_switch_off_what_keeps_the_frozen_frozen(cast, land):
    with psycopg.connect(
        host=str(land.folder / "s"), port=land.pg_port, user="portal", dbname="faults", autocommit=True
    ) as portal:
        for statement in (
            "ALTER TABLE evaluations_scoreline DISABLE TRIGGER ALL",
            "TRUNCATE evaluations_scoreline",
            "DROP TABLE evaluations_scoreline",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                portal.execute(statement)
        assert portal.execute("SELECT count(*) FROM accounts_user").fetchone()[0] > 0


def test_two_deployments_migrate_at_once_and_both_end_well(db, land):
    with land.session("postgres") as server:
        server.execute("DROP DATABASE IF EXISTS fresh WITH (FORCE)")
        server.execute("CREATE DATABASE fresh TEMPLATE template0")
    environment = land.environment() | {
        "DATABASE_URL": land.database_url.replace("portal@", f"{postgres.ROLE}@").replace("/faults", "/fresh")
    }
    both = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for _n in range(2)
    ]  # fmt: skip
    told = [one.communicate(timeout=900)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert sum("waiting for its end" in text for text in told) == 1
    assert sum("No migrations to apply" in text for text in told) == 1
