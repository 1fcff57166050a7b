"""Databases for one measurement each, beside the one in use and dropped at the end."""

import contextlib
from collections.abc import Iterator

import psycopg
from django.core.management import call_command
from django.db import connection

from evaluations.demo.load import load_demo

EMPTY = "redprop_bench_empty"


@contextlib.contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """Yield a connection to the maintenance database, outside of any transaction."""
    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    parameters = {name: parameters[name] for name in parameters if name not in ("context", "cursor_factory")}
    server = psycopg.connect(**parameters, autocommit=True)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Let Django's connection lead to the database `name` inside the block."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _drop(server: psycopg.Connection, name: str) -> None:
    server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def empty_database() -> Iterator[None]:
    """Make a migrated empty database that those of the block are copied from."""
    with _server() as server:
        _drop(server, EMPTY)
        server.execute(f'CREATE DATABASE "{EMPTY}" TEMPLATE template0')
    try:
        with pointed_at(EMPTY):
            call_command("migrate", verbosity=0)
        yield
    finally:
        with _server() as server:
            _drop(server, EMPTY)


@contextlib.contextmanager
def copied(name: str) -> Iterator[str]:
    """Yield the name of a copy of the empty database, Django pointed at it."""
    with _server() as server:
        _drop(server, name)
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{EMPTY}"')
    try:
        with pointed_at(name):
            yield name
    finally:
        with _server() as server:
            _drop(server, name)


@contextlib.contextmanager
def district_of(scale: int, quarters: int) -> Iterator[str]:
    """Yield the name of a database with the demo district at `scale`, Django pointed at it."""
    with copied(f"redprop_bench_{scale}") as name:
        load_demo(scale=scale, quarters=quarters)
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            cursor.execute("VACUUM ANALYZE")
        yield name
