"""The demo district for tests: loaded once, then copied as a whole database in about a second.

`demo_district` points the default connection at a fresh copy for one module; tests then use `db`
as always (each in a transaction that is rolled back). The copy is made from a template that is
named after the code that makes it, so it is built again only when that code changes.
"""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings

from evaluations.demo.load import CODE, load_demo
from redprop.areas.models import District
from tests.databases import building, copy_database, digest_of, kept_template, maintenance, pointed_at

MADE_BY = (
    "evaluations/demo",
    "evaluations/services",
    "redprop/common",
    "*/migrations",
    "redprop/*/migrations",
)
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""As in all tests."""


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
    with building() as server:
        name, present = kept_template(server, "demo", digest_of(MADE_BY))
        if not present:
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
        with building() as server:
            copy_database(server, template, name)
        with pointed_at(name):
            yield name
        with maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def demo_district(demo_database, db) -> District:
    """The demo district on its first morning, 2026-10-12 09:00."""
    return District.objects.get(code=CODE)
