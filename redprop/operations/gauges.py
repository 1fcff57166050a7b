"""Figures read from the rows when they are asked for: work that waits, files that lag, backups, seals, room.

Each group stands alone: what cannot be read is missing and `redprop_figures_unread` counts it;
the page itself never fails.
"""

import contextlib
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import Error
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from redprop.operations import sources
from redprop.operations.health import short_connection

logger = logging.getLogger(__name__)

TASKS_DONE = "redprop:tasks:done"
TASKS_FAILED = "redprop:tasks:failed"


def gauge(name: str, about: str, rows: Iterable[tuple[Any, ...]], labels: tuple[str, ...] = ()) -> Metric:
    """Return a family from rows of (label values …, figure)."""
    family = GaugeMetricFamily(f"redprop_{name}", about, labels=labels)
    for *values, figure in rows:
        if figure is not None:
            family.add_metric([str(value) for value in values], float(figure))
    return family


def broker() -> redis.Redis:
    """Return a connection to the broker that gives up soon."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


class Rows(Collector):
    """All figures of rows, folders and broker."""

    def collect(self) -> Iterator[Metric]:
        """Yield the families that could be read."""
        unread = 0
        for part in (self._database, self._broker, self._disk):
            found: list[Metric] = []
            try:
                found = list(part())
            except (Error, OSError, redis.RedisError, sources.DatabaseTrouble) as error:
                unread += 1
                logger.warning("Figures could not be read: %s", type(error).__name__)
            yield from found
        yield gauge("figures_unread", "Groups of figures that could not be read", [(unread,)])

    def _database(self) -> Iterator[Metric]:
        with contextlib.closing(short_connection()) as connection:
            present = {name for (name,) in connection.execute(sources.TABLES).fetchall()}
            for source in sources.SOURCES:
                if source.needs <= present:
                    yield gauge(
                        source.name, source.about, connection.execute(source.sql).fetchall(), source.labels
                    )

    def _broker(self) -> Iterator[Metric]:
        with contextlib.closing(broker()) as client:
            lengths = [(queue.name, client.llen(queue.name)) for queue in settings.CELERY_TASK_QUEUES]
            yield gauge("queue_length", "Messages that no worker has taken", lengths, ("queue",))
            done = {name.decode(): float(at) for name, at in client.hgetall(TASKS_DONE).items()}  # type: ignore[union-attr]
            yield gauge(
                "task_last_done_timestamp_seconds", "When a task last ended well", done.items(), ("task",)
            )
            failed = {name.decode(): int(n) for name, n in client.hgetall(TASKS_FAILED).items()}  # type: ignore[union-attr]
            yield gauge(
                "task_failures", "How often a task has failed since counting began", failed.items(), ("task",)
            )

    def _disk(self) -> Iterator[Metric]:
        folders = {"media": settings.MEDIA_ROOT, "published": settings.PUBLISHED_ROOT}
        free = [(name, shutil.disk_usage(nearest(Path(path))).free) for name, path in folders.items()]
        yield gauge("disk_free_bytes", "Room where files are written", free, ("folder",))
        backups = [path.stat().st_mtime for path in Path(settings.BACKUP_FOLDER).glob("*.backup")]
        yield gauge(
            "backup_last_timestamp_seconds",
            "When the newest backup was whole",
            [(t,) for t in (max(backups, default=None),)],
        )


def nearest(path: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
