"""The demo district for tests: loaded once, then copied as a whole database in about a second.

`demo_district` points the default connection at a fresh copy for one module; tests then use `db`
as always (each in a transaction that is rolled back). The copy is made from a template that is
named after the code that makes it, so it is built again only when that code changes.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from evaluations.demo.load import CODE, load_demo
from redprop.areas.models import District

ROOT = Path(__file__).resolve().parent.parent
MADE_BY = (
    "evaluations/demo",
    "evaluations/services",
    "redprop/common",
    "*/migrations",
    "redprop/*/migrations",
)
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""As in all tests."""

BUILDING = 4_201_020_001
"""Key of the lock under which one process builds the template and the others wait."""


def digest_of_code() -> str:
    """Digest of the code that the demo's rows depend on."""
    found = hashlib.sha256()
    for pattern in MADE_BY:
        for folder in sorted(ROOT.glob(pattern)):
            for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.csv")]):
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


def restart_numbers() -> None:
    """Let the ids of empty tables begin at 1 again: tests that were rolled back have used some."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                "SELECT pg_get_serial_sequence(%s, a.attname) FROM pg_attribute a "
                "WHERE a.attrelid = %s::regclass AND a.attname = 'id'",
                [table, table],
            )
            row = cursor.fetchone()
            cursor.execute(f'SELECT NOT EXISTS (SELECT 1 FROM "{table}")')
            if cursor.fetchone()[0] and row and row[0]:
                cursor.execute(f"ALTER SEQUENCE {row[0]} RESTART")


def demo_template(empty: str) -> str:
    """Name of the database with the demo district, built from the migrated database `empty` if need be."""
    digest = digest_of_code()
    name = f"test_demo_{digest}"
    with maintenance() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
        present = [row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()]
        if name not in present:
            for old in present:
                if old.startswith("test_demo_") and digest not in old:
                    server.execute(f'DROP DATABASE IF EXISTS "{old}"')
            connection.close()
            making = f"{name}_making"
            copy_database(server, empty, making)
            with pointed_at(making), override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
                restart_numbers()
                load_demo()
            server.execute(f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    return name


@pytest.fixture(scope="module")
def demo_database(django_db_setup, django_db_blocker) -> Iterator[str]:
    """A fresh copy of the demo's database for this module; the default connection points at it."""
    with django_db_blocker.unblock():
        empty = connection.settings_dict["NAME"]
        if not empty.startswith("test_"):
            pytest.fail("No test database: mark the test with django_db, or let it use demo_district.")
        template = demo_template(empty)
        name = f"{template}_of_{empty}"[:63]
        with maintenance() as server:
            server.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
            copy_database(server, template, name)
        with pointed_at(name):
            yield name
        with maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def demo_district(demo_database, db) -> District:
    """The demo district on its first morning, 2026-10-12 09:00."""
    return District.objects.get(code=CODE)
