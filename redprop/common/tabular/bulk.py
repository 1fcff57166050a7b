"""Writing sets of rows: COPY for new ones, one UPDATE … FROM unnest for changed ones.

Updates go through Django's cursor, so the audit context reaches the triggers. Callers hold the
transaction. `save()` and signals of the models are not called; values have their fields' types.
Who must know what an import wrote, so that it can be undone, puts a watcher around it (`watched_by`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, Protocol

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connections, models

_CHUNK = 20_000


class Watcher(Protocol):
    """Is told of every statement: of made rows after it, of removed ones before, of changed ones before and after."""

    def made(self, model: type[models.Model], pks: Sequence[Any]) -> None:
        """Rows with these primary keys were inserted."""

    def before_removal(self, model: type[models.Model], pks: Sequence[Any]) -> None:
        """These rows are about to be deleted."""

    def before_change(self, model: type[models.Model], fields: Sequence[Any], pks: Sequence[Any]) -> None:
        """These fields of these rows are about to be set."""

    def after_change(self, model: type[models.Model], fields: Sequence[Any], pks: Sequence[Any]) -> None:
        """They have been set."""


_watcher: ContextVar[Watcher | None] = ContextVar("watcher of bulk writes", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` of every insert, update and removal inside the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def _getter(field: Any, adding: bool) -> Callable[[Any], Any]:
    """Return instance → value for the database; only the fields that need it go through Django's adapters."""
    if isinstance(field, models.JSONField | ArrayField) or getattr(field, "auto_now", False):
        connection = connections[DEFAULT_DB_ALIAS]
        return lambda one: field.get_db_prep_save(field.pre_save(one, adding), connection)
    if adding and getattr(field, "auto_now_add", False):
        connection = connections[DEFAULT_DB_ALIAS]
        return lambda one: field.get_db_prep_save(field.pre_save(one, True), connection)
    return attrgetter(field.attname)


def allot_keys(model: type[models.Model], count: int) -> list[Any]:
    """Return so many primary keys of the table's sequence, each its own for ever."""
    if not count:
        return []
    pk = model._meta.pk
    assert pk is not None
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [f'"{model._meta.db_table}"', pk.column, count],
        )
        return [allotted for (allotted,) in cursor.fetchall()]


def insert(instances: Sequence[models.Model]) -> None:
    """Insert instances of one model with COPY; their primary keys are allotted first and set."""
    if not instances:
        return
    meta = instances[0]._meta
    missing = [one for one in instances if one.pk is None]
    for one, allotted in zip(missing, allot_keys(type(instances[0]), len(missing)), strict=True):
        one.pk = allotted
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        fields = [field for field in meta.concrete_fields if not field.generated]
        names = ", ".join(f'"{field.column}"' for field in fields)
        getters = [_getter(field, True) for field in fields]
        with cursor.copy(f'COPY "{meta.db_table}" ({names}) FROM STDIN') as copy:
            for one in instances:
                copy.write_row([get(one) for get in getters])
    for one in instances:
        one._state.adding = False
        one._state.db = DEFAULT_DB_ALIAS
    if watcher := _watcher.get():
        watcher.made(type(instances[0]), [one.pk for one in instances])


def delete(model: type[models.Model], pks: Iterable[Any]) -> None:
    """Delete rows that nothing refers to, by their primary keys, in one statement."""
    gone = sorted(pks)
    if not gone:
        return
    if watcher := _watcher.get():
        watcher.before_removal(model, gone)
    model._base_manager.filter(pk__in=gone)._raw_delete(DEFAULT_DB_ALIAS)


def insert_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values with COPY, without an instance each; JSON is given as text. No watcher is told."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with (
        connections[DEFAULT_DB_ALIAS].cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def update(instances: Sequence[models.Model], names: Iterable[str]) -> None:
    """Set the named fields of existing rows, one statement per 20,000 rows."""
    if not instances:
        return
    watcher, names = _watcher.get(), list(dict.fromkeys(names))
    if watcher is None:
        return _set(instances, names)
    model = type(instances[0])
    fields = [model._meta.get_field(name) for name in names]
    for start in range(0, len(instances), _CHUNK):
        part = instances[start : start + _CHUNK]
        pks = [one.pk for one in part]
        watcher.before_change(model, fields, pks)
        _set(part, names)
        watcher.after_change(model, fields, pks)
    return None


def _set(instances: Sequence[models.Model], names: Iterable[str]) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    meta = instances[0]._meta
    fields: list[Any] = [meta.get_field(name) for name in dict.fromkeys(names)]
    pk = meta.pk
    assert pk is not None
    assert fields
    if any(isinstance(field, ArrayField | models.JSONField) for field in fields):
        # unnest would flatten arrays of arrays
        type(instances[0])._base_manager.bulk_update(instances, [f.name for f in fields], batch_size=500)
        return
    types = [str(pk.rel_db_type(connection)), *(_type(field, connection) for field in fields)]
    unnests = ", ".join(f"%s::{kind}[]" for kind in types)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    assignments = ", ".join(f'"{field.column}" = new."{field.column}"' for field in fields)
    getters: list[Callable[[Any], Any]] = [attrgetter("pk"), *(_getter(field, False) for field in fields)]
    with connection.cursor() as cursor:
        for start in range(0, len(instances), _CHUNK):
            part = instances[start : start + _CHUNK]
            cursor.execute(
                f'UPDATE "{meta.db_table}" AS t SET {assignments} '
                f'FROM unnest({unnests}) AS new("{pk.column}", {columns}) '
                f'WHERE t."{pk.column}" = new."{pk.column}"',
                [[get(one) for one in part] for get in getters],
            )


def _type(field: Any, connection: Any) -> str:
    if field.is_relation:
        return str(field.target_field.rel_db_type(connection))
    return str(field.db_type(connection))
