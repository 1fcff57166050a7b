"""Whether this process lives, and whether its host is fit to answer: database, migrations, broker, disk.

Without database or with migrations outstanding a host is not ready (503) and the balancer
leaves it out. A silent broker or a disk with little room is told and alarmed about, but pages
are still answered: leaving every host out for it would make a small trouble a great one.
"""

import contextlib
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OK = "ok"
NEEDED = ("database", "migrations")
"""Without these a host answers nothing that is worth having."""


def short_connection() -> psycopg.Connection:
    """Return a connection of its own to the database that gives up within seconds. Raises psycopg.Error."""
    given = {
        k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")
    }
    given |= {"connect_timeout": 3, "tcp_user_timeout": 3000, "options": "-c statement_timeout=5000"}
    return psycopg.connect(**given, autocommit=True)


@cache
def migrations_here() -> frozenset[tuple[str, str]]:
    """Return the migrations that this code brings."""
    return frozenset(MigrationLoader(None).disk_migrations)


def examine() -> dict[str, str]:
    """Return what was looked at, each "ok" or what is wrong in a word or two; raises nothing."""
    found = {"database": "no answer", "migrations": "unknown", "broker": "no answer", "disk": OK}
    with contextlib.suppress(psycopg.Error, OSError), contextlib.closing(short_connection()) as session:
        session.execute("SELECT 1")
        found["database"] = OK
        rows: list[Any] = []
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            rows = session.execute("SELECT app, name FROM django_migrations").fetchall()
        missing = migrations_here() - {(app, name) for app, name in rows}
        found["migrations"] = f"{len(missing)} outstanding" if missing else OK
    with contextlib.suppress(redis.RedisError, OSError):
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        with contextlib.closing(client):
            client.ping()
        found["broker"] = OK
    for folder in (settings.MEDIA_ROOT, settings.PUBLISHED_ROOT):
        path = Path(folder)
        place = next((p for p in (path, *path.parents) if p.exists()), Path("/"))
        with contextlib.suppress(OSError):
            if shutil.disk_usage(place).free < settings.DISK_RESERVE_MB * 1024 * 1024:
                found["disk"] = "little room"
    return found


def verdict(found: dict[str, str]) -> str:
    """Return "ready", "degraded" or "not ready"."""
    if any(found[name] != OK for name in NEEDED):
        return "not ready"
    return "ready" if all(value == OK for value in found.values()) else "degraded"
