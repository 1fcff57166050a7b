"""Two people at once: closing, confirming, finalising and objecting in the same moment happen once."""

import contextlib
import datetime as dt
import threading

import pytest
from django.db import connection, models

from evaluations.models import ClosingRun, EvaluationPeriod, ListEntry, Objection, Release
from evaluations.services import corrections, objections, periods, releases
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


@contextlib.contextmanager
def without_locks(monkeypatch, module, name):
    """Take the row locks away and let both threads meet inside `module.name`."""
    meeting = threading.Barrier(2)
    inner = getattr(module, name)

    def met(*args, **kwargs):
        meeting.wait(10)
        return inner(*args, **kwargs)

    with monkeypatch.context() as inside:
        inside.setattr(models.QuerySet, "select_for_update", lambda self, **how: self.all())
        inside.setattr(module, name, met)
        yield


def test_an_objection_decided_by_two_officers_at_once_has_one_decision(quarter, cast, monkeypatch):
    veto(quarter.projects[2], cast.registrar)
    noticed_quarter(quarter)
    decider = cast.objection_decider

    def decided_twice(project):
        entry = ListEntry.objects.get(project=project)
        objection = objections.file_objection(entry=entry, by="resident", text="不属实", acting_user=None)
        objections.admit_objection(objection=objection, acting_user=decider)
        return codes(
            at_once(
                *[
                    lambda upheld=upheld: objections.decide_objection(
                        objection=objection, upheld=upheld, result="已核实", acting_user=decider
                    )
                    for upheld in (True, False)
                ]
            )
        )

    # without the lock both pass every check, and only the database's own trigger stops the second
    with without_locks(monkeypatch, objections, "scorer_role"):
        assert decided_twice(quarter.projects[2]) == ["IntegrityError", "Objection"]
    assert decided_twice(quarter.projects[0]) == ["Objection", "state"]
    decided = Objection.objects.get(entry__project=quarter.projects[0])
    entry = ListEntry.objects.get(project=quarter.projects[0])
    assert (decided.state, entry.state) in (("upheld", "struck"), ("rejected", "noticed"))


def test_a_result_corrected_by_two_officers_at_once_is_corrected_once(quarter, cast, monkeypatch):
    found = [veto(project, cast.registrar) for project in quarter.projects[1:3]]
    period = noticed_quarter(quarter)

    def corrected_twice(project):
        return codes(
            at_once(
                *[
                    lambda: corrections.correct_results(
                        period=period, projects=[project], reason="认定书撤销", acting_user=cast.evaluator
                    )
                ]
                * 2
            )
        )

    def live(project):
        return ListEntry.objects.filter(project=project).exclude(state="withdrawn").count()

    for one in found:
        one.delete()
    assert corrected_twice(quarter.projects[1]) == ["list", "no-change"]
    assert live(quarter.projects[1]) == 1
    # without the locks both recompute from the same run, and the project stands on the list twice
    with without_locks(monkeypatch, corrections, "load_run"):
        assert corrected_twice(quarter.projects[2]) == ["list", "list"]
    assert live(quarter.projects[2]) == 2
