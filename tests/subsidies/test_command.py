"""`manage.py subsidy`: the same services from the shell, one JSON object, exit codes 0, 1 and 2."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import SubsidyBatch
from tests.subsidies.conftest import set_clock

pytestmark = pytest.mark.django_db


def run(town, *arguments, user=None, code=0):
    out, err = io.StringIO(), io.StringIO()
    options = ["--district", town.district.code, "--json", *(["--as", user.username] if user else [])]
    ended = 0
    try:
        call_command("subsidy", *arguments, *options, stdout=out, stderr=err)
    except SystemExit as end:
        ended = end.code
    assert ended == code, out.getvalue()
    return json.loads(out.getvalue())


def test_the_whole_way_by_command(scored):
    cast = scored.cast
    found = run(scored, "prepare", "2026Q3", user=cast.finance_maker)
    assert [(b["number"], b["lines"], b["total"]) for b in found["batches"]] == [
        ("services-2026Q3-1", 6, "9979.50")
    ]
    for clerk in scored.clerks.values():
        found = run(scored, "review", "2026Q3", user=clerk)
    assert found["batches"][0]["state"] == "first_reviewed"
    assert (
        run(scored, "review", "2026Q3", user=cast.finance_checker)["batches"][0]["state"] == "second_reviewed"
    )
    run(scored, "notice", "2026Q3", user=cast.publisher)
    refused = run(scored, "approve", "2026Q3", user=cast.approver, code=1)
    assert refused["code"] == "notice-lasts"
    set_clock(scored.district, 2026, 10, 21, 9)
    digest = run(scored, "status", "2026Q3")["batches"][0]["digest"]
    assert (
        run(scored, "approve", "2026Q3", "--digest", "0" * 64, user=cast.approver, code=1)["code"] == "digest"
    )
    run(scored, "approve", "services-2026Q3-1", "--digest", digest, user=cast.approver)
    exported = run(scored, "export", "2026Q3", user=cast.finance_maker)["batches"][0]
    assert exported["state"] == "exported"
    assert exported["approved_digest"] == digest
    assert run(scored, "reconcile") == {
        "district": scored.district.code,
        "checked": 1,
        "differences": [],
    }
    status = run(scored, "status")
    assert status["funds"][1]["committed"] == "9979.50"


def test_a_hold_takes_a_line_out_and_a_release_puts_it_back(scored):
    cast = scored.cast
    run(scored, "prepare", "2026Q3", user=cast.finance_maker)
    held = run(scored, "hold", "services-2026Q3-1", "1", "--reason", "area", user=cast.subdistrict_clerk)
    assert (held["batches"][0]["held_lines"], held["batches"][0]["total"]) == (1, "8633.30")
    back = run(scored, "release", "services-2026Q3-1", "1", "--reason", "ok", user=cast.subdistrict_clerk)
    assert back["batches"][0]["held_lines"] == 0
    returned = run(
        scored,
        "return",
        "2026Q3",
        "--slice",
        cast.subdistrict.code,
        "--reason",
        "x",
        user=cast.subdistrict_clerk,
    )
    assert returned["batches"][0]["state"] == "prepared"
    cancelled = run(scored, "cancel", "2026Q3", "--reason", "x", user=cast.finance_maker)
    assert cancelled["batches"][0]["state"] == "cancelled"


def test_a_shell_plays_nobody_in_a_real_district(scored):
    cast = scored.cast
    scored.district.clock, scored.district.is_demo = None, False
    scored.district.save()
    run(scored, "prepare", "2026Q3", user=cast.finance_maker)
    for action in ("review", "return", "hold", "release", "notice", "approve", "export", "cancel"):
        refused = run(scored, action, "2026Q3", user=cast.finance_checker, code=1)
        assert refused["code"] == "shell-plays-person"
    assert SubsidyBatch.objects.get().state == "prepared"


def test_a_refusal_exits_1_and_changes_nothing(town):
    refused = run(town, "prepare", "2026Q3", user=town.cast.finance_maker, code=1)
    assert refused["code"] == "no-final-list"
    assert run(town, "prepare", "2026H1", user=town.cast.finance_maker, code=1)["code"] == "not-a-quarter"
    assert run(town, "prepare", "2026/3", user=town.cast.finance_maker, code=1)["code"] == "period-form"
    assert run(town, "status", "2026Q3", code=1)["code"] == "no-batch"


@pytest.mark.parametrize("arguments", [["prepare"], ["prepare", "2026Q3"], ["dance"], ["hold", "2026Q3"]])
def test_wrong_usage_exits_2(scored, arguments):
    with pytest.raises(CommandError) as wrong:
        call_command("subsidy", *arguments, "--district", scored.district.code)
    assert wrong.value.returncode in (1, 2)
