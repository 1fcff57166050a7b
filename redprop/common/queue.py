"""Sending a task by name after the transaction has committed.

The rows in the database are the truth about queued work, so a broker that is down delays it until
the sweeper comes by, and fails nothing.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

_held_back: ContextVar[frozenset[str]] = ContextVar("held back", default=frozenset())


@contextmanager
def held_back(*tasks: str) -> Iterator[None]:
    """Within it these tasks are not sent: for a long row of steps whose last one calls for the work of all."""
    token = _held_back.set(_held_back.get() | set(tasks))
    try:
        yield
    finally:
        _held_back.reset(token)


def send_on_commit(task: str, *arguments: int, times: int = 1) -> None:
    """Send the task named `task` after commit, `times` times (one for each helper wanted)."""
    transaction.on_commit(lambda: send_now(task, *arguments, times=times))


def send_now(task: str, *arguments: int, times: int = 1) -> bool:
    """Send the task at once; return whether the broker took it."""
    if task in _held_back.get():
        return False
    try:
        for _ in range(times):
            current_app.send_task(task, args=list(arguments), retry=False)
    except (OperationalError, OSError) as error:
        logger.warning(
            "The broker did not take %s%s: %s. The sweeper will send it again.", task, arguments, error
        )
        return False
    return True
