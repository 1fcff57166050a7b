"""`period`, `release_bundle` and the verifier from a shell: exit codes, one JSON object, and who may not act."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import EvaluationPeriod, Release
from evaluations.scoring.__main__ import main
from redprop.areas.models import District
from redprop.core.models import Holiday
from tests.evaluations.quarter import build_quarter, move_clock, veto

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter(cast, settings):
    settings.DEMO = True
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    return quarter


def run(*arguments):
    """Return exit code, standard output and standard error of a command."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def period(action, *more, code="2026Q3"):
    return run("period", action, code, "--district", "990101", *more)


def test_a_quarter_goes_from_opening_to_a_verified_bundle(quarter, tmp_path):
    assert period("open", "--sample")[0] == 0
    code, out, _ = period("close", "--inline", "--json", "--as", "evaluator")
    assert code == 0
    result = json.loads(out)
    assert (result["state"], result["entries"]["project"]) == ("closed", {"black": 1, "unlisted": 7})
    assert period("confirm", "--as", "evaluator")[0] == 0
    assert period("notice", "--as", "publisher")[0] == 0
    code, out, _ = period("finalise", "--as", "publisher", "--json")
    assert (code, json.loads(out)["code"]) == (1, "window-open")
    move_clock(quarter.district, dt.date(2026, 10, 20))
    assert period("finalise", "--as", "publisher")[0] == 0
    for more, kind in (((), "final"), (("--kind", "notice"), "notice"), (("--sequence", "1"), "notice")):
        bundle = tmp_path / "out.zip"
        code, out, _ = run("release_bundle", "2026Q3", bundle, "--district", "990101", "--json", *more)
        assert (code, json.loads(out)["kind"]) == (0, kind)
        assert main([str(bundle)]) == 0
    code, out, _ = period("status", "--json")
    assert [one["kind"] for one in json.loads(out)["releases"]] == ["notice", "final"]
    assert "2026" in period("status")[1]


def test_what_is_refused_exits_with_one_and_a_sentence(quarter, tmp_path):
    assert period("close")[0] == 1
    assert period("open", "--sample")[0] == 0
    assert period("open")[0] == 1
    assert period("open", code="2026Q9")[0] == 1
    code, out, err = period("notice", "--as", "publisher")
    assert (code, out) == (1, "")
    assert "2026" in err
    assert run("release_bundle", "2026Q3", tmp_path / "x.zip", "--district", "990101")[0] == 1
    Holiday.objects.all().delete()
    code, out, _ = period("close", "--inline", "--json", "--as", "evaluator")
    assert (code, json.loads(out)["code"]) == (1, "no-holidays")
    assert EvaluationPeriod.objects.get().state == "open"


def test_wrong_usage_exits_with_two(quarter, tmp_path):
    assert run("period", "status", "2026Q3")[0] == 2  # two districts: which one?
    assert run("period", "status", "2026Q3", "--district", "000000")[0] == 2
    assert period("open", "--sample")[0] == 0
    assert period("confirm")[0] == 2  # signed by a person
    assert period("confirm", "--as", "nobody")[0] == 2
    assert run("release_bundle", "2026Q3", tmp_path / "no" / "x.zip", "--district", "990101")[0] == 2


def test_a_shell_signs_nothing_outside_a_demo_district(quarter, settings):
    assert period("open", "--sample")[0] == 0
    assert period("close", "--inline")[0] == 0
    District.objects.filter(code="990101").update(is_demo=False, clock=None)
    for action, user in (("confirm", "evaluator"), ("notice", "publisher"), ("finalise", "publisher")):
        code, out, _ = period(action, "--as", user, "--json")
        assert (code, json.loads(out)["code"]) == (1, "not-in-a-shell")
    settings.DEMO = False
    District.objects.filter(code="990101").update(is_demo=True)
    assert period("confirm", "--as", "evaluator")[0] == 1
    assert not Release.objects.exists()


def test_the_role_counts_not_the_shell(quarter):
    assert period("open", "--sample", "--as", "publisher")[0] == 1
    assert period("open", "--sample")[0] == 0
    assert period("close", "--as", "publisher")[0] == 1
    assert period("close", "--as", "foreign_evaluator")[0] == 1
    assert period("close", "--inline", "--as", "evaluator")[0] == 0
    assert period("confirm", "--as", "publisher")[0] == 1


def test_waiting_joins_a_closing_that_is_running_and_gives_up_after_its_time(quarter):
    assert period("open", "--sample")[0] == 0
    assert period("close")[0] == 0
    code, out, _ = period("close", "--json")
    assert (code, json.loads(out)["code"]) == (1, "period-closing")
    code, out, _ = period("close", "--wait", "--timeout", "0.1", "--json")
    assert (code, json.loads(out)["code"]) == (1, "still-running")
    assert period("close", "--inline")[0] == 0
    assert EvaluationPeriod.objects.get().state == "closed"
