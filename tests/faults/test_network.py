"""Several hosts on one PostgreSQL and one broker, each with a network of its own, and cables that are pulled."""

import re
import time

import pytest
from django.urls import reverse

from evaluations.models import ClosingChunk, ClosingRun, ListEntry
from evaluations.services import closing
from tests.evaluations.quarter import build_quarter, open_quarter
from tests.evaluations.test_closing import results, undisturbed
from tests.faults.landscape import sign_in, until

LANDSCAPE = "network"
pytestmark = pytest.mark.faults


def waits_for_lines(land) -> bool:
    with land.session() as monitor:
        return (
            monitor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
                "WHERE c.relname = 'evaluations_scoreline' AND NOT l.granted"
            ).fetchone()[0]
            > 0
        )


def test_of_several_hosts_a_worker_cut_off_in_the_middle_of_a_closing_is_replaced_by_another(
    cast, land, monkeypatch
):
    """Two web hosts and two worker hosts on one PostgreSQL and one broker, each in a network of its own."""
    monkeypatch.setattr(closing, "SMALLEST_RANGE", 2)
    period = open_quarter(build_quarter(cast))
    expected = undisturbed(period, cast.evaluator)
    first, second = land.new_host(), land.new_host()
    webs = [land.new_host(), land.new_host()]
    evaluator = sign_in(cast.evaluator)
    for number, web in enumerate(webs):
        land.start_web(8000, web, f"web{number}")
    one = land.start_worker("one", first)
    page = reverse("admin:evaluations_evaluationperiod_change", args=[period.pk])
    close = reverse("admin:evaluations_evaluationperiod_step", args=[period.pk, "close"])
    with land.session() as keeper:
        keeper.autocommit = False
        keeper.execute("LOCK TABLE evaluations_scoreline IN SHARE MODE")
        assert land.ask(8000, "POST", close, session=evaluator, host=webs[0])[0] == 302
        until(lambda: waits_for_lines(land), 120, "for the first cards")
        first.cut()
        keeper.rollback()
    run = ClosingRun.objects.get(period=period)
    for web in webs:
        status, told = land.ask(8000, "GET", page, session=evaluator, host=web)
        assert status == 200
        assert re.search(r">\s*\d+ / \d+\s*<", told), "each web host shows how far it is"
    begin = time.monotonic()
    land.start_worker("two", second)

    def ended() -> bool:
        land.send("evaluations.tasks.work_on_run", run.pk)  # as the sweeper does every half minute
        time.sleep(2)
        return ClosingRun.objects.get(pk=run.pk).state == "done"

    until(ended, 120, "for the second host")
    assert time.monotonic() - begin < 100
    workers = set(ClosingChunk.objects.filter(run=run).values_list("worker", flat=True))
    assert all(workers), "every part was done by somebody"
    assert results(run) == expected
    assert ListEntry.objects.filter(run=run).count() == 12
    # the cable is put back: the host cut off finds nothing to do and is of use again
    first.mend()
    until(lambda: one.poll() is None and "Task" in (land.folder / "one.log").read_text(), 60)
    again = ClosingRun.objects.get(pk=run.pk)
    land.send("evaluations.tasks.work_on_run", run.pk)
    time.sleep(5)
    assert results(again) == expected
    for web in webs:
        assert land.ask(8000, "GET", page, session=evaluator, host=web)[0] == 200


def test_a_web_host_cut_off_from_the_database_says_so_and_comes_back_by_itself(cast, land):
    host, neighbour = land.new_host(), land.new_host()
    registrar = sign_in(cast.registrar)
    for number, web in enumerate((host, neighbour)):
        land.start_web(8000, web, f"web{number}")
        until(lambda web=web: land.get(8000, "/health/ready", web)[0] == 200, 60, "for the web host")
    assert land.ask(8000, "GET", "/desk/", session=registrar, host=host)[0] == 200
    assert land.get(8000, "/r/NOBODY/", host)[0] in (200, 404)
    host.cut()
    begin = time.monotonic()
    status, told = land.get(8000, "/health/ready", host)
    assert status == 503
    assert '"database": "no answer"' in told
    assert time.monotonic() - begin < 15, "the balancer must hear of it soon"
    begin = time.monotonic()
    status, page = land.ask(8000, "GET", "/desk/", session=registrar, host=host)
    assert time.monotonic() - begin < 60, "nobody waits a quarter of an hour for a page"
    assert status in (500, 503), page[:200]
    assert "redprop.css" in page, "a page in the words of the portal"
    assert land.get(8000, "/health/ready", neighbour)[0] == 200, "the other web host goes on"
    assert land.ask(8000, "GET", "/desk/", session=registrar, host=neighbour)[0] == 200
    assert land.get(8000, "/", host)[0] == 200, "the published pages need no database"
    assert land.get(8000, "/health/live", host)[0] == 200
    host.mend()
    until(lambda: land.get(8000, "/health/ready", host)[0] == 200, 60, "for the database to be back")
    assert land.ask(8000, "GET", "/desk/", session=registrar, host=host)[0] == 200
