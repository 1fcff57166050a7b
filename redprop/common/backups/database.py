"""Copies every table out of one snapshot and into an empty database, with counts and digests.

Nothing here needs the programs of PostgreSQL: rows travel by COPY over the ordinary connection, in the order of
their key, so that the same rows give the same bytes and the same digest on any server of any version.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

PLAIN_SESSION = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL statement_timeout = 0; "
    "SET LOCAL lock_timeout = 0; SET LOCAL search_path = public"
)
"""What decides how a value looks as text."""

TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname) FILTER (WHERE a.attgenerated = ''),
       array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attname)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
 GROUP BY c.relname ORDER BY c.relname COLLATE "C"
"""
KEYS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY k.place), array_agg(t.typcategory::text ORDER BY k.place)
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
 CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY k (number, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE i.indisprimary GROUP BY c.relname
"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0 ORDER BY 1, 2
"""
TRIGGERS = """
SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT tgisinternal AND tgenabled = 'O' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
SEQUENCES = """
SELECT s.relname FROM pg_class s WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace
 ORDER BY s.relname COLLATE "C"
"""


@dataclass(frozen=True)
class Table:
    """A table: the columns that are copied, all columns with their types, and how its rows are ordered.

    Columns go by their names: two databases of one version may hold them in another order (one was migrated step by
    step, the other made anew), and two texts that changed places would even compare equal.
    """

    name: str
    columns: tuple[str, ...]
    shape: tuple[str, ...]
    order: tuple[tuple[str, bool], ...]

    def copy_out(self) -> sql.Composed:
        """The statement that writes its rows in their order."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        order = [
            sql.SQL('{}::text COLLATE "C"' if is_text else "{}").format(sql.Identifier(name))
            for name, is_text in self.order
        ]
        if not order:
            whole = sql.SQL('ROW({})::text COLLATE "C"').format(columns)
            order = [whole]
        return sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
            columns, sql.Identifier(self.name), sql.SQL(", ").join(order)
        )

    def copy_in(self) -> sql.Composed:
        """The statement that reads them back."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.name), columns)


def plain_session(cursor: psycopg.Cursor) -> None:
    """Let values look the same in every session, until the transaction ends."""
    cursor.execute(PLAIN_SESSION)


def tables_of(cursor: psycopg.Cursor) -> list[Table]:
    """Every table of the portal, by name."""
    keys = {name: list(zip(columns, kinds, strict=True)) for name, columns, kinds in cursor.execute(KEYS)}
    return [
        Table(
            name,
            tuple(columns),
            tuple(shape),
            tuple((column, kind not in "NDBT") for column, kind in keys.get(name, [])),
        )
        for name, columns, shape in cursor.execute(TABLES).fetchall()
    ]


def shape_digest(tables: list[Table]) -> str:
    """Digest of all tables' columns and types: equal where rows of one fit into the other."""
    found = hashlib.sha256()
    for table in tables:
        found.update(f"{table.name}: {', '.join(table.shape)}\n".encode())
    return found.hexdigest()


def rows_of(cursor: psycopg.Cursor, table: Table) -> Iterator[bytes]:
    """The table's rows as COPY writes them, one a line."""
    with cursor.copy(table.copy_out()) as copy:
        for data in copy:
            yield bytes(data)


def digest_of(cursor: psycopg.Cursor, table: Table) -> tuple[int, str]:
    """How many rows the table has, and the digest of them all."""
    count, digest = 0, hashlib.sha256()
    for row in rows_of(cursor, table):
        count += 1
        digest.update(row)
    return count, digest.hexdigest()


def sequences_of(cursor: psycopg.Cursor) -> dict[str, list[Any]]:
    """Where each sequence stands."""
    found: dict[str, list[Any]] = {}
    for (name,) in cursor.execute(SEQUENCES).fetchall():
        row = cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name)))
        found[name] = list(row.fetchone() or ())
    return found


class Loading:
    """Loads tables inside one transaction: without triggers and foreign keys until `finish` puts them back.

    The owner of the tables can do this; a superuser is not needed. `finish` checks every foreign key anew.
    """

    def __init__(self, cursor: psycopg.Cursor) -> None:
        self.cursor = cursor
        plain_session(cursor)
        self.foreign_keys = cursor.execute(FOREIGN_KEYS).fetchall()
        self.with_triggers = [name for (name,) in cursor.execute(TRIGGERS).fetchall()]
        for name in self.with_triggers:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")  # type: ignore[call-overload]
        for table, name, _definition in self.foreign_keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')  # type: ignore[call-overload]

    def clear(self, tables: list[Table]) -> None:
        """Take away what `migrate` itself has written."""
        for table in tables:
            self.cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))

    def write(self, table: Table) -> tuple[Callable[[bytes], None], Callable[[], None]]:
        """Two functions: one takes bytes of COPY, the other ends it."""
        manager = self.cursor.copy(table.copy_in())
        copy = manager.__enter__()

        def end() -> None:
            manager.__exit__(None, None, None)

        return copy.write, end

    def finish(self, sequences: dict[str, list[Any]]) -> None:
        """Put sequences, foreign keys and triggers back; raises IntegrityError where a row points to nothing."""
        for name, (value, is_called) in sequences.items():
            self.cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'public."{name}"', value, is_called])
        for table, name, definition in self.foreign_keys:
            self.cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')  # type: ignore[call-overload]
        for name in self.with_triggers:
            self.cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")  # type: ignore[call-overload]
