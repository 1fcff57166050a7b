"""What workers leave for the watchers: when each task last ended well, how often it failed, whose request called it.

Imported by `redprop.celery`, so that worker, beat and web share it.
"""

import contextlib
import time
from typing import Any

import redis
from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun, task_success

from redprop.common import logs

HEADER = "request_number"


@before_task_publish.connect
def hand_on(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Send the number of the request along."""
    if headers is not None and (number := logs.request_id.get()):
        headers[HEADER] = number


@task_prerun.connect
def take_up(task: Any = None, **kwargs: Any) -> None:
    """Log under the number of the request that called for the task, or a new one."""
    logs.request_id.set(logs.new_request_id(getattr(task.request, HEADER, None) or ""))


@task_postrun.connect
def put_down(**kwargs: Any) -> None:
    """The next task has a number of its own."""
    logs.request_id.set("")


@task_success.connect
def note_success(sender: Any = None, **kwargs: Any) -> None:
    """Note the time at which the task ended well; without a broker nobody asks."""
    from redprop.operations.gauges import TASKS_DONE, broker  # settings are read only now

    with contextlib.suppress(redis.RedisError), contextlib.closing(broker()) as client:
        client.hset(TASKS_DONE, sender.name, str(time.time()))


@task_failure.connect
def note_failure(sender: Any = None, **kwargs: Any) -> None:
    """Count the failure."""
    from redprop.operations.gauges import TASKS_FAILED, broker

    with contextlib.suppress(redis.RedisError), contextlib.closing(broker()) as client:
        client.hincrby(TASKS_FAILED, sender.name, 1)
