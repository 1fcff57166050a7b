"""What an import writes, statement by statement, so that it can be undone: ImportWrite rows.

Old and new values are taken by the database itself, as its JSON of them: no value passes through
Python, and 100,000 changed rows cost a handful of statements.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from redprop.core.models import ImportBatch, ImportWrite
from redprop.core.services.jobs import Progress


class Log:
    """A watcher of bulk writes that keeps them for `batch`, and shows how far the writing is."""

    def __init__(self, batch: ImportBatch, progress: Progress | None = None, total: int = 0) -> None:
        self.batch = batch
        self.progress, self.done, self.total = progress, 0, total
        self._number = 0
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS import_before")
            cursor.execute("CREATE TEMP TABLE import_before (pk bigint, old jsonb) ON COMMIT DROP")

    def made(self, model: type[models.Model], pks: Sequence[Any]) -> None:
        """Keep the primary keys of new rows as spans."""
        self._number += 1
        ImportWrite.objects.create(
            batch=self.batch, number=self._number, model=model._meta.label_lower, made=spans(pks)
        )
        self._tick(model, len(pks))

    def before_removal(self, model: type[models.Model], pks: Sequence[Any]) -> None:
        """Keep rows that are about to be deleted, with all their values."""
        self._number += 1
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO core_importwrite (batch_id, number, model, removed)
                SELECT %s, %s, %s, coalesce(jsonb_agg(jsonb_build_object('pk', {_pk(model)}, 'old', to_jsonb(t))), '[]')
                FROM "{model._meta.db_table}" t WHERE {_pk(model)} = ANY(%s)""",
                [self.batch.pk, self._number, model._meta.label_lower, list(pks)],
            )

    def before_change(self, model: type[models.Model], fields: Sequence[Any], pks: Sequence[Any]) -> None:
        """Note the values that are about to be overwritten."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE import_before")
            cursor.execute(
                f"INSERT INTO import_before SELECT {_pk(model)}, {_values(model, fields)} "
                f'FROM "{model._meta.db_table}" t WHERE {_pk(model)} = ANY(%s)',
                [list(pks)],
            )

    def after_change(self, model: type[models.Model], fields: Sequence[Any], pks: Sequence[Any]) -> None:
        """Keep the columns that differ, old and new."""
        self._number += 1
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO core_importwrite (batch_id, number, model, changed)
                SELECT %s, %s, %s, coalesce(jsonb_agg(jsonb_build_object('pk', pk, 'old', o, 'new', n)), '[]')
                FROM (
                  SELECT b.pk, jsonb_object_agg(e.key, e.value) AS o, jsonb_object_agg(e.key, s.new -> e.key) AS n
                  FROM import_before b
                  JOIN (SELECT {_pk(model)} AS pk, {_values(model, fields)} AS new
                        FROM "{model._meta.db_table}" t WHERE {_pk(model)} = ANY(%s)) s ON s.pk = b.pk
                  CROSS JOIN LATERAL jsonb_each(b.old) e
                  WHERE e.value IS DISTINCT FROM s.new -> e.key
                  GROUP BY b.pk) d""",
                [self.batch.pk, self._number, model._meta.label_lower, list(pks)],
            )
        self._tick(model, len(pks))

    def _tick(self, model: type[models.Model], count: int) -> None:
        self.done = min(self.total, self.done + count)
        if self.progress is not None:
            self.progress(self.done, self.total, "writing")


def _pk(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return f't."{model._meta.pk.column}"'


def _values(model: type[models.Model], fields: Iterable[Any]) -> str:
    columns = ", ".join(f't."{field.column}"' for field in fields)
    return f"(SELECT to_jsonb(v) FROM (SELECT {columns}) v)"


def spans(pks: Sequence[int]) -> list[list[int]]:
    """Return sorted primary keys as [[first, last], …] without gaps inside."""
    found: list[list[int]] = []
    for pk in sorted(pks):
        if found and pk == found[-1][1] + 1:
            found[-1][1] = pk
        else:
            found.append([pk, pk])
    return found
