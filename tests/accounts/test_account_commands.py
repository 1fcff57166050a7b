"""The first accounts of a district, and the demo's clock."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command

from redprop.accounts.clock import business_now
from redprop.accounts.management.commands import demo_clock
from redprop.accounts.models import Posting, User
from redprop.areas.models import District
from redprop.checks import check_demo

pytestmark = pytest.mark.django_db


def run(command: str, *arguments: str) -> dict:
    out = io.StringIO()
    call_command(command, *arguments, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def refused(command: str, *arguments: str) -> dict:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(command, *arguments, "--json", stdout=out, stderr=io.StringIO())
    assert ended.value.code == 1
    return json.loads(out.getvalue())


@pytest.fixture
def district() -> District:
    return District.objects.create(code="420199", name="试区")


def test_three_administrators_are_created_once_with_three_accounts(district):
    found = run("create_administrators")
    users = {one["user"]: one["password"] for one in found["administrators"].values()}
    assert len(users) == 3
    for username, password in users.items():
        user = User.objects.get(username=username)
        assert user.check_password(password)
        assert user.is_staff
        assert not user.is_superuser
        assert user.postings.count() == 1
    assert refused("create_administrators")["code"] == "administrators-exist"
    assert Posting.objects.count() == 3


def test_nobody_gets_two_administrator_roles(district):
    found = refused("create_administrators", "--system", "wang", "--audit", "wang")
    assert found["code"] == "administrators-differ"
    assert not User.objects.exists()


def test_the_clock_of_a_demo_moves(district):
    District.objects.update(is_demo=True)
    run("demo_clock", "--to", "2026-10-19T09:00")
    district.refresh_from_db()
    assert business_now(district) == dt.datetime(2026, 10, 19, 1, 0, tzinfo=dt.UTC)


def test_a_demo_clock_moved_over_midnight_brings_the_work_of_the_night(district, monkeypatch):
    sent = []
    monkeypatch.setattr(demo_clock, "send_now", lambda task: sent.append(task) or True)
    District.objects.update(is_demo=True, clock=dt.datetime(2026, 10, 21, 2, tzinfo=dt.UTC))
    run("demo_clock", "--to", "2026-10-21T23:00")
    assert sent == []
    run("demo_clock", "--to", "2026-10-22T09:00")
    assert {"communities.tasks.issue_orders", "communities.tasks.remind_of_filing"} <= set(sent)
    # What beat sends every few seconds comes by itself.
    assert "redprop.core.tasks.sweep_jobs" not in sent


def test_a_real_district_has_no_clock_to_move(district):
    assert refused("demo_clock", "--to", "2026-10-19T09:00")["code"] == "no-demo"


def test_outside_a_demo_no_clock_moves_at_all(district, settings):
    District.objects.update(is_demo=True)
    settings.DEMO = False
    assert refused("demo_clock", "--to", "2026-10-19T09:00")["code"] == "no-demo"


def test_with_two_districts_one_must_be_named(district):
    District.objects.create(code="420198", name="别区")
    assert refused("demo_clock")["code"] == "district"
    assert run("demo_clock", "--district", "420198")["district"] == "420198"


def test_outside_a_demo_a_demo_district_is_refused_and_a_superuser_is_told_of(district, settings):
    assert check_demo(None) == []
    settings.DEMO = False
    assert [message.id for message in check_demo(None)] == []
    District.objects.update(is_demo=True)
    User.objects.create_superuser("root", password="pw")
    assert [message.id for message in check_demo(None)] == ["redprop.E001", "redprop.E003"]
    settings.HASH_KEY = ""
    assert "redprop.E002" in [message.id for message in check_demo(None)]
