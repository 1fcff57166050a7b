"""What an import made, changed and removed, put into three temporary tables for undoing it."""

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.core.models import ImportBatch


def collect(batch: ImportBatch) -> None:
    """Put what the import made, changed and removed into temporary tables; raises Refused when it is not kept."""
    if not batch.writes.exists() and batch.new + batch.changed:
        raise Refused(
            _("What import %(number)s wrote is no longer kept; it can only be corrected by another import.")
            % {"number": batch.pk},
            code="not-kept",
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS undo_made, undo_changed, undo_removed")
        cursor.execute("CREATE TEMP TABLE undo_made (model text, pk bigint, number int) ON COMMIT DROP")
        cursor.execute(
            "CREATE TEMP TABLE undo_changed (model text, pk bigint, old jsonb, new jsonb) ON COMMIT DROP"
        )
        cursor.execute(
            "CREATE TEMP TABLE undo_removed (model text, pk bigint, number int, old jsonb) ON COMMIT DROP"
        )
        cursor.execute(
            """
            INSERT INTO undo_made
            SELECT w.model, p, w.number FROM core_importwrite w, jsonb_array_elements(w.made) s,
              generate_series((s ->> 0)::bigint, (s ->> 1)::bigint) p
            WHERE w.batch_id = %s AND w.made IS NOT NULL""",
            [batch.pk],
        )
        cursor.execute(
            """
            INSERT INTO undo_removed
            SELECT w.model, r.pk, w.number, r.old FROM core_importwrite w,
              jsonb_to_recordset(w.removed) AS r (pk bigint, old jsonb)
            WHERE w.batch_id = %s AND w.removed IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM undo_made o WHERE o.model = w.model AND o.pk = r.pk)""",
            [batch.pk],
        )
        cursor.execute("CREATE INDEX ON undo_removed (model, pk)")
        cursor.execute("CREATE INDEX ON undo_made (model, pk)")
        cursor.execute("ANALYZE undo_made")
        # Of a column that the import set twice the first old and the last new value count.
        cursor.execute(
            """
            WITH single AS (
              SELECT w.model, w.number, c.pk, c.old, c.new FROM core_importwrite w,
                jsonb_to_recordset(w.changed) AS c (pk bigint, old jsonb, new jsonb)
              WHERE w.batch_id = %s AND w.changed IS NOT NULL
            ), counted AS (
              SELECT *, count(*) OVER (PARTITION BY model, pk) AS times FROM single
            ), twice AS (
              SELECT DISTINCT model, pk, e.key,
                first_value(e.value) OVER (PARTITION BY model, pk, e.key ORDER BY number) AS old,
                first_value(c.new -> e.key) OVER (PARTITION BY model, pk, e.key ORDER BY number DESC) AS new
              FROM counted c, jsonb_each(c.old) e WHERE times > 1
            ), merged AS (
              SELECT model, pk, old, new FROM counted WHERE times = 1
              UNION ALL
              SELECT model, pk, jsonb_object_agg(key, old), jsonb_object_agg(key, new)
              FROM twice WHERE old IS DISTINCT FROM new GROUP BY model, pk
            )
            INSERT INTO undo_changed SELECT m.* FROM merged m
            WHERE NOT EXISTS (SELECT 1 FROM undo_made o WHERE o.model = m.model AND o.pk = m.pk)""",
            [batch.pk],
        )
        cursor.execute("CREATE INDEX ON undo_changed (model, pk)")
        cursor.execute("ANALYZE undo_changed")


def models_in(table: str) -> list[type[models.Model]]:
    """Return the models of one of the three tables; made rows in the order in which they can be deleted."""
    order = "max(number) DESC" if table == "undo_made" else "model"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT model FROM {table} GROUP BY model ORDER BY {order}")
        return [apps.get_model(label) for (label,) in cursor.fetchall()]


def changed_columns(model: type[models.Model]) -> list[str]:
    """Return the columns that the import changed in the model\'s rows, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k FROM undo_changed, jsonb_object_keys(new) k WHERE model = %s ORDER BY k",
            [model._meta.label_lower],
        )
        return [name for (name,) in cursor.fetchall()]


def pk_column(model: type[models.Model]) -> str:
    """Return the quoted name of the primary key\'s column."""
    assert model._meta.pk is not None
    return f'"{model._meta.pk.column}"'


def lock_rows() -> None:
    """Lock every row to be deleted or set back: whoever is about to refer to one or change it waits."""
    for table in ("undo_made", "undo_changed"):
        for model in models_in(table):
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT count(*) FROM (SELECT 1 FROM "{model._meta.db_table}" t '
                    f"WHERE t.{pk_column(model)} IN (SELECT pk FROM {table} WHERE model = %s) "
                    f"ORDER BY t.{pk_column(model)} FOR UPDATE) locked",
                    [model._meta.label_lower],
                )


def count_in(table: str, model: type[models.Model]) -> int:
    """Return how many rows of the model stand in one of the three tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE model = %s", [model._meta.label_lower])
        return int(cursor.fetchone()[0])
