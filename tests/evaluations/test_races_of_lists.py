"""Two people at once: closing, confirming, finalising and objecting in the same moment happen once."""

import datetime as dt
import threading

import pytest
from django.db import connection

from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry, Release
from evaluations.services import objections, periods, releases
from redprop.common.errors import Refused
from tests.evaluations.quarter import (
    build_quarter,
    closed_quarter,
    move_clock,
    noticed_quarter,
    open_quarter,
    veto,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quarter(cast):
    quarter = build_quarter(cast)
    veto(quarter.projects[0], cast.registrar)
    return quarter


def at_once(*calls):
    """Run the calls in threads of their own, started together; return what each gave or refused."""
    start = threading.Barrier(len(calls))
    found = [None] * len(calls)

    def work(i, call):
        try:
            start.wait(10)
            found[i] = call()
        except Exception as error:
            found[i] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def codes(found):
    return sorted(one.code if isinstance(one, Refused) else type(one).__name__ for one in found)


def test_a_period_closed_by_two_at_once_has_one_run(quarter, cast):
    period = open_quarter(quarter)
    found = at_once(*[lambda: periods.close_period(period=period, acting_user=cast.evaluator)] * 3)
    assert codes(found) == ["ClosingRun", "period-closing", "period-closing"]
    assert ClosingRun.objects.count() == 1


def test_a_list_finalised_by_two_at_once_is_published_once_and_the_chain_has_no_fork(quarter, cast):
    period = noticed_quarter(quarter)
    move_clock(quarter.district, dt.date(2026, 10, 20))
    found = at_once(
        *[
            lambda: releases.finalise(
                period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.publisher
            )
        ]
        * 3
    )
    assert codes(found) == ["Release", "nothing-to-finalise", "nothing-to-finalise"]
    assert list(Release.objects.order_by("sequence").values_list("sequence", "kind")) == [
        (1, "notice"),
        (2, "final"),
    ]


def test_a_notice_put_up_by_two_at_once_appears_once(quarter, cast):
    period = closed_quarter(quarter)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    found = at_once(*[lambda: releases.publish_notice(period=period, acting_user=cast.publisher)] * 2)
    assert codes(found) == ["Release", "nothing-to-notice"]


def test_an_entry_confirmed_and_struck_at_once_takes_one_of_both(quarter, cast):
    period = closed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    found = at_once(
        lambda: releases.confirm_entries(period=period, entries=[entry.pk], acting_user=cast.evaluator),
        lambda: releases.strike_entry(entry=entry, reason="撤销", acting_user=cast.evaluator),
    )
    state = ListEntry.objects.get(pk=entry.pk).state
    # struck after confirming is allowed, confirming after striking is not
    assert state == "struck"
    assert codes(found) in (["ListEntry", "int"], ["ListEntry", "state"])


def test_an_objection_in_the_moment_of_the_final_list_is_either_in_time_or_refused(quarter, cast):
    """On the last evening the objection still holds the entry; the final list of the next day leaves it out."""
    period = noticed_quarter(quarter)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    move_clock(quarter.district, dt.date(2026, 10, 19), hour=23)
    objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
    move_clock(quarter.district, dt.date(2026, 10, 20))
    found = at_once(
        lambda: objections.file_objection(entry=entry, by="resident", text="晚了", acting_user=None),
        lambda: releases.finalise(
            period=EvaluationPeriod.objects.get(pk=period.pk), acting_user=cast.publisher
        ),
    )
    assert codes(found) == ["Release", "window-over"]
    assert ListEntry.objects.get(pk=entry.pk).state == "held"
