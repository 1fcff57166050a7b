"""A clock that jumps: work is neither lost nor done twice, and the order of what was published does not hang on it."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from redprop.core.models import Job
from redprop.core.services import jobs

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def counted(monkeypatch):
    """A kind of work that counts how often it was done, and the messages that the sweeper sends."""
    done, sent = [], []
    monkeypatch.setitem(
        jobs._KINDS, "counted", jobs.Kind(do=lambda job, progress: (done.append(job.pk), progress.finish()))
    )
    monkeypatch.setattr(jobs, "send_now", lambda task, pk: sent.append(pk))
    return done, sent


@pytest.mark.parametrize(
    "jump", [dt.timedelta(hours=-6), dt.timedelta(days=-2), dt.timedelta(days=3)], ids=str
)
def test_work_that_a_killed_worker_left_is_taken_up_whatever_the_clock_says(cast, counted, jump):
    done, sent = counted
    job = jobs.start(kind="counted", district=cast.district, acting_user=None, send=False)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, heartbeat_at=timezone.now(), recorded_at=timezone.now(), attempts=1
    )
    with time_machine.travel(timezone.now() + jump, tick=True):
        assert jobs.sweep() == 1
        assert sent == [job.pk]
        jobs.run(job.pk)
        jobs.run(job.pk)
    assert done == [job.pk]
    assert Job.objects.get(pk=job.pk).state == Job.State.DONE


def test_work_that_somebody_is_at_is_not_called_for_twice_after_a_jump(cast, counted):
    done, sent = counted
    job = jobs.start(kind="counted", district=cast.district, acting_user=None, send=False)
    with jobs._held(job.pk), time_machine.travel(timezone.now() + dt.timedelta(days=3), tick=True):
        assert jobs.sweep() == 0
    assert (done, sent) == ([], [])
