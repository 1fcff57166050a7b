"""Databases of the tests: migrated once, then copied whole in about a second.

The migrated database is kept as a template that is named after the code that makes it, so a run
after a change of a view or a service begins at once, and only a change of a model, a migration or
a role migrates again. The demo's template (`demo_fixture`) is kept the same way.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
MADE_BY = (
    "*/migrations",
    "redprop/*/migrations",
    "*/models",
    "redprop/*/models",
    "redprop/accounts",
    "redprop/common",
    "requirements.lock",
)

BUILDING = 4_201_020_001
"""Key of the lock under which one process builds a template and the others wait."""


def digest_of(patterns: Iterable[str]) -> str:
    """Digest of the code that a template's rows depend on."""
    found = hashlib.sha256()
    for pattern in patterns:
        for place in sorted(ROOT.glob(pattern)):
            files = [place] if place.is_file() else sorted([*place.rglob("*.py"), *place.rglob("*.csv")])
            for path in files:
                found.update(path.relative_to(ROOT).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:12]


@contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """A connection to the server that can create databases."""
    given = connection.get_connection_params()
    wanted = {k: v for k, v in given.items() if k in ("host", "port", "user", "password")}
    with psycopg.connect(**wanted, dbname="postgres", autocommit=True) as server:
        yield server


@contextmanager
def building() -> Iterator[psycopg.Connection]:
    """The same, while no other process builds or copies."""
    with maintenance() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
        yield server


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """The default connection of Django on another database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def copy_database(server: psycopg.Connection, source: str, target: str) -> None:
    """A new database `target` with all that is in `source`, which nobody may be using."""
    server.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
    until = time.monotonic() + 60
    while True:
        # A worker of an earlier test that is just ending, or an autovacuum, may still look at it.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [source],
        )
        try:
            server.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def kept_template(server: psycopg.Connection, kind: str, digest: str) -> tuple[str, bool]:
    """Name of the template `kind` made by the code of `digest`, and whether it is there; older ones are dropped."""
    name = f"test_{kind}_{digest}"
    present = [row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()]
    if name not in present:
        for old in present:
            if old.startswith(f"test_{kind}_") and digest not in old:
                server.execute(f'DROP DATABASE IF EXISTS "{old}"')
    return name, name in present


def migrated_template(server: psycopg.Connection) -> str:
    """Name of the migrated and otherwise empty database."""
    name, present = kept_template(server, "empty", digest_of(MADE_BY))
    if not present:
        making = f"{name}_making"
        server.execute(f'DROP DATABASE IF EXISTS "{making}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{making}" TEMPLATE template0')
        with pointed_at(making):
            call_command("migrate", verbosity=0, interactive=False)
        server.execute(f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    return name


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_blocker, django_db_modify_db_settings
) -> Iterator[None]:
    """In place of pytest-django's: the test database is a copy of the kept template."""
    with django_db_blocker.unblock():
        name = connection.creation._get_test_db_name()
        with building() as server:
            copy_database(server, migrated_template(server), name)
        with pointed_at(name):
            yield
        with maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
