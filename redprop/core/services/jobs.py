"""Background work: claimed by a row and a lock of the database, with progress, cancelling and second attempts.

Whoever works on a job holds an advisory lock of its connection: it ends with the worker, however
that ends, so that work is never done twice at once and a killed worker's job is free at once. The
last transaction of a job ends the row too (`Progress.finish`), so that "done" and what was done
cannot part. Progress goes through a connection of its own: it is seen while the work's transaction
is open.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    Error,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.disk import is_full, no_room
from redprop.common.errors import Refused
from redprop.common.queue import send_now, send_on_commit
from redprop.core.models import Job

logger = logging.getLogger(__name__)

TASK = "redprop.core.tasks.work_on_job"
LOCK_CLASS = 0x4A4F42  # "JOB"
MOST_ATTEMPTS = 3
PROGRESS_EVERY = 0.5
LOST_AFTER = dt.timedelta(seconds=20)
"""A job that nobody has taken up for so long is sent again."""


class Cancelled(Exception):
    """Raised out of the work when its job was cancelled: nothing of it may be committed."""


class Later(Exception):
    """Raised out of the work when it takes longer than a request should wait: a worker begins it anew."""


@dataclass(frozen=True)
class Kind:
    """How one kind of work is done, and what is put back when it does not come to its end.

    `do(job, progress)` calls `progress.finish()` in its last transaction. `give_up(job, sentence,
    cancelled)` runs in the transaction that ends a failed or cancelled job.
    """

    do: Callable[[Job, "Progress"], None]
    give_up: Callable[[Job, str, bool], None] = lambda job, sentence, cancelled: None


_KINDS: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Add a kind of work; a second one of the same name is a programming error."""
    if name in _KINDS:
        raise ValueError(f"Kind of job {name} is declared twice.")
    _KINDS[name] = kind


def start(
    *,
    kind: str,
    district: District,
    acting_user: User | None,
    arguments: dict[str, Any] | None = None,
    send: bool = True,
) -> Job:
    """Record work to be done and, after the commit, call for a worker (or leave that to `run`)."""
    job = Job.objects.create(
        district=district,
        kind=kind,
        arguments={**(arguments or {}), "user": acting_user.pk if acting_user else None},
        recorded_by=acting_user.get_username() if acting_user else "system",
    )
    if send:
        send_on_commit(TASK, job.pk)
    return job


def user_of(job: Job) -> User | None:
    """Return the user in whose name and scope the job runs; raises Refused when the account has ended."""
    pk = job.arguments.get("user")
    if pk is None:
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Refused(
            _("The account that asked for this has ended. Somebody else must ask for it again."),
            code="no-user",
        )
    return user


class Progress:
    """How far a job is; calling it may raise Cancelled."""

    def __init__(self, job: Job, patience: float | None = None) -> None:
        self.job = job
        self._until = None if patience is None else time.monotonic() + patience
        self._next = time.monotonic() + PROGRESS_EVERY
        self._step: str | None = None
        self._side: Any = None

    def __call__(self, done: int = 0, total: int = 0, step: str = "") -> None:
        """Show `done` of `total` rows of a step, twice a second at most; raises Cancelled when cancelled."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PROGRESS_EVERY
        if self._until is not None and now > self._until:
            raise Later
        if self._side is None:
            self._side = connections[DEFAULT_DB_ALIAS].copy()
        with self._side.cursor() as cursor:
            cursor.execute(
                "UPDATE core_job SET done = %s, total = %s, step = %s, heartbeat_at = clock_timestamp(),"
                " step_started_at = CASE WHEN step = %s THEN step_started_at ELSE clock_timestamp() END"
                " WHERE id = %s RETURNING cancel_requested OR state <> 'running'",
                [done, max(total, done), step, step, self.job.pk],
            )
            row = cursor.fetchone()
        if row and row[0]:
            raise Cancelled

    def finish(self, message: str = "") -> None:
        """End the job as done, in the caller's transaction; raises Cancelled when it was cancelled before."""
        now = timezone.now()
        ended = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, cancel_requested=False).update(
            state=Job.State.DONE, message=message, finished_at=now, heartbeat_at=now
        )
        if not ended:
            raise Cancelled

    def close(self) -> None:
        """Give the second connection back."""
        if self._side is not None:
            self._side.close()
            self._side = None


@contextmanager
def _held(job_id: int) -> Iterator[bool]:
    """Hold the job's lock while the block runs; yields False when another worker holds it."""
    key = [LOCK_CLASS, job_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
            except Error:  # the connection is gone, and the lock with it
                connection.close()


def run(job_id: int, *, patience: float | None = None) -> Job | None:
    """Do the job unless it is done or somebody is at it; returns it as it then stands. Safe to call twice.

    Work that takes longer than `patience` seconds is rolled back and left to a worker.
    """
    with _held(job_id) as mine:
        if mine:
            _work(job_id, patience)
    job = Job.objects.filter(pk=job_id).first()
    if patience is not None and job is not None and job.state == Job.State.QUEUED:
        send_now(TASK, job.pk)
    return job


def _work(job_id: int, patience: float | None = None) -> None:
    job = Job.objects.filter(pk=job_id, state__in=Job.OPEN).select_related("district").first()
    if job is None:
        return
    kind = _KINDS[job.kind]
    if job.cancel_requested:
        return _end(job, kind, _("Cancelled."), cancelled=True)
    if job.attempts >= MOST_ATTEMPTS:
        return _end(
            job,
            kind,
            _("The work was broken off %(count)s times (the server was stopped, or its memory ran out).")
            % {"count": job.attempts},
        )
    now = timezone.now()
    job.state, job.attempts, job.started_at, job.heartbeat_at = Job.State.RUNNING, job.attempts + 1, now, now
    job.done = job.total = 0
    job.step = ""
    job.save(update_fields=["state", "attempts", "started_at", "heartbeat_at", "done", "total", "step"])
    progress = Progress(job, patience)
    try:
        kind.do(job, progress)
    except Cancelled:
        _end(job, kind, _("Cancelled."), cancelled=True)
    except Later:
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            state=Job.State.QUEUED, attempts=job.attempts - 1, started_at=None
        )
    except Refused as refused:
        _end(job, kind, str(refused))
    except Exception as error:
        if is_full(error):
            logger.exception("job %s (%s): the disk is full", job.pk, job.kind)
            return _end(job, kind, str(no_room()))
        if isinstance(error, (OperationalError, InterfaceError, psycopg.OperationalError)):
            raise  # the connection or a lock (COPY's own errors are not Django's): the sweeper calls for it again
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        _end(
            job,
            kind,
            _("A fault of the program stopped this (job %(number)s). Tell the administrator the number.")
            % {"number": job.pk},
        )
    finally:
        progress.close()
    return None


def _end(job: Job, kind: Kind, sentence: str, *, cancelled: bool = False) -> None:
    """End a job that did not come to its end, and put back what waits for it, in one transaction."""
    state = Job.State.CANCELLED if cancelled else Job.State.FAILED
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, state__in=Job.OPEN).update(
            state=state, message=sentence[:2000], finished_at=timezone.now()
        )
        if ended:
            kind.give_up(job, sentence, cancelled)


def cancel(*, job: Job, acting_user: User | None) -> Job:
    """Ask for the end of a job; one that nobody works on ends at once. Raises Refused when it is over."""
    asked = Job.objects.filter(pk=job.pk, state__in=Job.OPEN).update(cancel_requested=True)
    if not asked:
        job.refresh_from_db()
        raise Refused(
            _("This is already over (%(state)s).") % {"state": job.get_state_display()}, code="job-over"
        )
    return run(job.pk) or job


def sweep() -> int:
    """Call for workers for open jobs that nobody holds; returns how many.

    A sign of life from the future was given before the clock was set back: it says nothing.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM core_job j
            WHERE state IN ('queued', 'running')
              AND coalesce(heartbeat_at, recorded_at) NOT BETWEEN %s AND %s
              AND NOT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = %s
                AND l.objid = (j.id %% 2147483648)::oid AND l.objsubid = 2 AND l.granted
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            ORDER BY id""",
            [now - LOST_AFTER, now + LOST_AFTER, LOCK_CLASS],
        )
        lost = [pk for (pk,) in cursor.fetchall()]
    for pk in lost:
        send_now(TASK, pk)
    return len(lost)
