"""Writing sets of rows: COPY for new ones, one UPDATE … FROM unnest for changed ones.

Both go through Django's connection, so the audit context reaches the triggers. Callers hold the
transaction. `save()` and signals of the models are not called.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

_CHUNK = 20_000


def insert(instances: Sequence[models.Model]) -> None:
    """Insert instances of one model with COPY; their primary keys are allotted first and set."""
    if not instances:
        return
    meta = instances[0]._meta
    missing = [one for one in instances if one.pk is None]
    pk = meta.pk
    assert pk is not None
    with connection.cursor() as cursor:
        if missing:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{meta.db_table}"', pk.column, len(missing)],
            )
            for one, (allotted,) in zip(missing, cursor.fetchall(), strict=True):
                one.pk = allotted
        fields = [field for field in meta.concrete_fields if not field.generated]
        names = ", ".join(f'"{field.column}"' for field in fields)
        with cursor.copy(f'COPY "{meta.db_table}" ({names}) FROM STDIN') as copy:
            for one in instances:
                copy.write_row(
                    [field.get_db_prep_save(field.pre_save(one, True), connection) for field in fields]
                )
    for one in instances:
        one._state.adding = False
        one._state.db = "default"


def update(instances: Sequence[models.Model], names: Iterable[str]) -> None:
    """Set the named fields of existing rows, one statement per 20,000 rows."""
    if not instances:
        return
    meta = instances[0]._meta
    fields = [meta.get_field(name) for name in dict.fromkeys(names)]
    pk = meta.pk
    assert pk is not None
    assert fields
    if any(isinstance(field, ArrayField | models.JSONField) for field in fields):
        # unnest would flatten arrays of arrays
        type(instances[0])._base_manager.bulk_update(instances, [f.name for f in fields], batch_size=500)
        return
    with connection.cursor() as cursor:
        for start in range(0, len(instances), _CHUNK):
            part = instances[start : start + _CHUNK]
            arrays: list[list[Any]] = [[one.pk for one in part]]
            arrays += [
                [field.get_db_prep_save(field.pre_save(one, False), connection) for one in part]
                for field in fields
            ]
            types = [pk.rel_db_type(connection)] + [_type(field) for field in fields]
            unnests = ", ".join(f"%s::{kind}[]" for kind in types)
            columns = ", ".join(f'"{field.column}"' for field in fields)
            assignments = ", ".join(f'"{field.column}" = new."{field.column}"' for field in fields)
            cursor.execute(
                f'UPDATE "{meta.db_table}" AS t SET {assignments} '
                f'FROM unnest({unnests}) AS new("{pk.column}", {columns}) '
                f'WHERE t."{pk.column}" = new."{pk.column}"',
                arrays,
            )


def _type(field: Any) -> str:
    if field.is_relation:
        return str(field.target_field.rel_db_type(connection))
    return str(field.db_type(connection))
