"""Several hosts on one PostgreSQL and one broker, each with a network of its own, and cables that are pulled."""

import time

import pytest

from evaluations.models import ClosingChunk, ClosingRun, ListEntry
from evaluations.services import closing, periods
from tests.evaluations.quarter import build_quarter, open_quarter
from tests.evaluations.test_closing import results, undisturbed
from tests.faults.landscape import until

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


def test_a_worker_host_cut_off_in_the_middle_of_a_closing_is_replaced_by_another(cast, land, monkeypatch):
    monkeypatch.setattr(closing, "SMALLEST_RANGE", 2)
    period = open_quarter(build_quarter(cast))
    expected = undisturbed(period, cast.evaluator)
    first, second = land.new_host(), land.new_host()
    one = land.start_worker("one", first)
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    with land.session() as keeper:
        keeper.autocommit = False
        keeper.execute("LOCK TABLE evaluations_scoreline IN SHARE MODE")
        land.send("evaluations.tasks.work_on_run", run.pk)
        until(lambda: waits_for_lines(land), 120, "for the first cards")
        first.cut()
        keeper.rollback()
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


def test_a_web_host_cut_off_from_the_database_says_so_and_comes_back_by_itself(cast, land):
    host = land.new_host()
    land.start_web(8000, host)
    until(lambda: land.get(8000, "/health/ready", host)[0] == 200, 60, "for the web host")
    assert land.get(8000, "/r/NOBODY/", host)[0] in (200, 404)
    host.cut()
    begin = time.monotonic()
    status, told = land.get(8000, "/health/ready", host)
    assert status == 503
    assert '"database": "no answer"' in told
    assert time.monotonic() - begin < 15, "the balancer must hear of it soon"
    begin = time.monotonic()
    status, _page = land.get(8000, "/accounts/sign-in/?next=/desk/", host)
    status_of_row, page = land.get(8000, "/s/ABCDEFGH/", host)
    assert time.monotonic() - begin < 90, "nobody waits a quarter of an hour for a page"
    assert 200 in (status, 200)
    assert status_of_row in (404, 500, 503), page[:200]
    assert land.get(8000, "/", host)[0] == 200, "the published pages need no database"
    assert land.get(8000, "/health/live", host)[0] == 200
    host.mend()
    until(lambda: land.get(8000, "/health/ready", host)[0] == 200, 60, "for the database to be back")
    assert land.get(8000, "/s/ABCDEFGH/", host)[0] in (200, 404)
