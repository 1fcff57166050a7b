"""Rows that many tests begin with, entered through the models once in a run and by one statement after that.

Making the cast of `conftest` takes 78 queries and a tenth of a second, in more than a thousand tests. The first
test of a process makes it in the ordinary way; what it wrote, rows of triggers too, is kept with the objects that
it returned. A later test gets the same rows under the same keys and fresh copies of the objects.
"""

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection

MADE_BY_MIGRATE = frozenset(
    {
        "django_migrations",
        "django_content_type",
        "auth_permission",
        "accounts_auditshape",
        "auth_group",
        "auth_group_permissions",
    }
)
"""Tables that `migrate` fills; no test empties them."""

T = TypeVar("T")
Rows = dict[str, set[str]]
"""For each table its rows, each as JSON."""


@dataclass(frozen=True)
class Kept:
    """What a build has left: the keys it stood on, a script that enters the same rows, the objects it returned."""

    stood_on: tuple[Any, ...]
    script: str
    objects: bytes


kept: dict[str, Kept] = {}


def entered_once(name: str, build: Callable[[], T], *, on: dict[str, Any] | None = None) -> T:
    """What `build` returns, with its rows in the database.

    `on` names the objects made before that `build` refers to and may change: the copies refer to those of the
    test. Where the database holds other districts or users than at the first time, `build` is called as ever.
    """
    on = on or {}
    stood_on = (*((key, getattr(one, "pk", None)) for key, one in on.items()), *people())
    if name in kept and kept[name].stood_on != stood_on:
        return build()
    if name not in kept:
        before = all_rows()
        made = build()
        kept[name] = Kept(stood_on, script(before, all_rows()), stored(made, on))
        return made
    with connection.cursor() as cursor:
        cursor.execute(kept[name].script)
    return copied(kept[name].objects, on)


def people() -> list[tuple[str, int]]:
    """Keys of the districts and of the users: whoever has entered other rows has entered one of these."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'district', id FROM areas_district UNION ALL SELECT 'user', id FROM accounts_user ORDER BY 1, 2"
        )
        return cursor.fetchall()


def all_rows() -> Rows:
    """The rows of all tables that tests fill."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND pg_relation_size(oid) > 0"
        )
        found = {}
        for table in sorted({name for (name,) in cursor.fetchall()} - MADE_BY_MIGRATE):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found[table] = {line for (line,) in cursor.fetchall()}
        return found


def script(before: Rows, after: Rows) -> str:
    """Statements that make the rows of `after` from those of `before`, with the sequences behind them.

    Triggers sleep meanwhile: what they have written is among the rows.
    """
    made = ["SET session_replication_role = replica"]
    for table, rows in after.items():
        if gone := before.get(table, set()) - rows:
            made.append(f'DELETE FROM "{table}" t WHERE to_jsonb(t) = ANY({array(gone)}::jsonb[])')
        if new := rows - before.get(table, set()):
            columns = ", ".join(stored_columns(table))
            made.append(
                f'INSERT INTO "{table}" ({columns}) SELECT {columns} '
                f'FROM jsonb_populate_recordset(NULL::"{table}", {literal("[" + ",".join(sorted(new)) + "]")})'
            )
            made += [
                f"SELECT setval('{sequence}', greatest({last}, (SELECT last_value FROM {sequence})))"
                for sequence, last in sequences(table)
            ]
    return "; ".join([*made, "SET session_replication_role = DEFAULT"])


def literal(text: str) -> str:
    """The text as SQL, safe in a statement without parameters."""
    return "'" + text.replace("'", "''") + "'"


def array(texts: set[str]) -> str:
    return "ARRAY[" + ", ".join(map(literal, sorted(texts))) + "]"


def stored_columns(table: str) -> list[str]:
    """Columns of the table that are not computed by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [f'"{table}"'],
        )
        return [name for (name,) in cursor.fetchall()]


def sequences(table: str) -> list[tuple[str, int]]:
    """Sequences of the table's columns with the last value of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.oid::regclass::text FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') "
            "WHERE s.relkind = 'S' AND d.refobjid = %s::regclass",
            [f'"{table}"'],
        )
        names = [name for (name,) in cursor.fetchall()]
        found = []
        for name in names:
            cursor.execute(f"SELECT last_value FROM {name}")
            found.append((name, cursor.fetchone()[0]))
        return found


def stored(made: Any, on: dict[str, Any]) -> bytes:
    """`made` and what has become of the objects of `on`, which are named instead of copied."""
    names = {id(one): key for key, one in on.items()}
    written = io.BytesIO()
    pickler = pickle.Pickler(written)
    pickler.persistent_id = lambda one: names.get(id(one))  # type: ignore[method-assign]
    pickler.dump((made, {key: vars(one) for key, one in on.items()}))
    return written.getvalue()


def copied(objects: bytes, on: dict[str, Any]) -> Any:
    """The objects of `stored` anew; those of `on` are brought to the state that the build has left them in."""
    unpickler = pickle.Unpickler(io.BytesIO(objects))
    unpickler.persistent_load = on.__getitem__  # type: ignore[method-assign]
    made, states = unpickler.load()
    for key, state in states.items():
        vars(on[key]).update(state)
    return made
