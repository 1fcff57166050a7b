"""Health, readiness, figures and the log: what the watchers see, also when nothing else works."""

import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import timezone

from redprop.common import logs
from redprop.core.models import Job
from redprop.operations import health

BEHIND_PROXY = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}


def figures(client, **extra) -> dict[str, float]:
    text = client.get("/metrics", **extra).content.decode()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines() if line and line[0] != "#")
    }


def test_a_host_with_everything_is_ready(client, db):
    assert client.get("/health/live").json() == {"status": "live"}
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "broker": "ok", "disk": "ok"}
    assert answer["Cache-Control"] == "no-store"


def test_the_balancer_asks_by_address_and_is_answered(client, db, settings):
    settings.ALLOWED_HOSTS = ["portal.example.cn"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/ready", HTTP_HOST="10.0.0.7:8000").status_code == 200
    assert client.get("/accounts/sign-in/", HTTP_HOST="10.0.0.7:8000").status_code == 400


def test_outstanding_migrations_take_a_host_out(client, db, monkeypatch):
    monkeypatch.setattr(health, "migrations_here", lambda: frozenset({("core", "0999_of_tomorrow")}))
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["checks"]["migrations"] == "1 outstanding"


def test_little_room_is_told_and_the_host_goes_on(client, db, settings):
    settings.DISK_RESERVE_MB = 10**9
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["disk"] == "little room"


DEAD = """
import django; django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
for address in ("/health/live", "/health/ready", "/metrics"):
    answer = client.get(address)
    print(answer.status_code, answer.content.decode().replace(chr(10), " ")[-400:])
"""


def test_without_database_and_broker_the_pages_say_so_and_never_fail():
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "redprop.settings",
        "DEMO": "1",
        "DATABASE_URL": "postgres://nobody:x@127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", DEAD], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    live, ready, told = done.stdout.splitlines()
    assert live.startswith("200")
    assert ready.startswith("503")
    assert '"database": "no answer"' in ready
    assert '"broker": "no answer"' in ready
    assert told.startswith("200")
    assert "redprop_figures_unread 2.0" in told


def test_figures_are_for_this_host_or_the_token_alone(client, db, settings):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    assert client.get("/metrics", **BEHIND_PROXY).status_code == 404
    assert "checks" not in client.get("/health/ready", **BEHIND_PROXY).json()
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics", **BEHIND_PROXY, HTTP_AUTHORIZATION="Bearer a-long-token").status_code == 200
    assert client.get("/metrics", **BEHIND_PROXY, HTTP_AUTHORIZATION="Bearer another").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_requests_and_waiting_jobs_are_counted(client, cast):
    Job.objects.create(district=cast.district, kind="export", recorded_by="x")
    Job.objects.filter(kind="export").update(recorded_at=timezone.now() - timezone.timedelta(minutes=10))
    name = 'redprop_requests_total{method="GET",status="200",view="accounts:sign-in"}'
    before = figures(client).get(name, 0)
    client.get("/accounts/sign-in/")
    now = figures(client)
    assert now[name] == before + 1
    assert now['redprop_jobs{kind="export",state="queued"}'] == 1
    assert 600 <= now['redprop_job_oldest_seconds{kind="export",state="queued"}'] < 700
    assert now["redprop_publish_lag_seconds"] == 0
    assert now["redprop_figures_unread"] == 0
    # What dashboard and rules ask for is really given out, also where nothing has happened yet
    given = set(re.findall(r"^# TYPE (\w+)", client.get("/metrics").content.decode(), re.MULTILINE))
    for name in ("alerts.yml", "grafana.json"):
        asked = re.findall(r"\bredprop_\w+", (settings.BASE_DIR / "deploy" / name).read_text())
        assert {one.removesuffix("_bucket") for one in asked} - given == set(), name


def lines_of(caplog) -> list[dict]:
    mine = ("redprop.requests", "django.request")
    return [json.loads(logs.JsonLines().format(one)) for one in caplog.records if one.name in mine]


def test_a_request_is_one_line_with_its_number_and_without_its_address(client, db, caplog):
    with caplog.at_level(logging.INFO, "redprop.requests"):
        answer = client.get("/s/SECRET-CODE/", HTTP_X_REQUEST_ID="from-the-proxy-1")
    assert answer["X-Request-Id"] == "from-the-proxy-1"
    line = next(one for one in lines_of(caplog) if one["logger"] == "redprop.requests")
    assert line["view"] == "public:survey-answer"
    assert "SECRET-CODE" not in json.dumps(line)


def test_a_failed_request_is_logged_by_its_route(client, db, caplog, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("no account 6222021234567890123 of lee@example.cn")

    monkeypatch.setattr("redprop.public.views.current_tree", fail)
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        assert client.get("/find/?q=x").status_code == 500
    line = lines_of(caplog)[-1]
    assert line["message"] == "500 GET find/"
    assert line["error"] == "ValueError"
    assert line["told"] == "no account … of …@…"
    assert any("public/views.py" in frame for frame in line["frames"])


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("duplicate key value\nDETAIL:  Key (name)=(张三) already exists.", "duplicate key value"),
        ("call 13812341234 now", "call … now"),
        ("id 11010519491231002X", "id …"),
        ("run 17 took 1234 ms", "run 17 took 1234 ms"),
    ],
)
def test_what_may_be_about_a_person_is_scrubbed(told, kept):
    assert logs.scrub(told) == kept


def test_a_forged_number_of_a_request_is_replaced():
    assert logs.new_request_id('x"\n{"level":"forged"}') != 'x"\n{"level":"forged"}'
    assert len(logs.new_request_id("")) == 32
