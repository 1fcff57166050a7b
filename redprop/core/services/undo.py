"""Taking an import back while nothing depends on it: new rows deleted, changed fields set back.

All checks are set-based: one statement for each table the import touched or that refers to it. The
whole is one transaction under the register's lock, in the history as "undo of import N".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.utils.translation import gettext as _
from pghistory.models import Event

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.tabular.saving import readable
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.checking import context_of
from redprop.core.services.imports import _lock, require_permission
from redprop.core.services.uploads import PATIENCE, SMALL_ROWS, State, _locked, begin

UNDO = "import-undo"
SHOWN = 5


@dataclass
class Undoing:
    """What undoing an import would do, or why it cannot: readable reasons."""

    deleted: int = 0
    restored: int = 0
    reasons: list[str] = field(default_factory=list)

    def refusal(self) -> str:
        """Return the reasons as one sentence with the way out."""
        return _(
            "This import cannot be undone: %(reasons)s. Settle these first, or correct the rows themselves."
        ) % {"reasons": "；".join(self.reasons)}


def look(batch: ImportBatch) -> Undoing:
    """Return what undoing would do now. Reads only."""
    if batch.state != State.DONE:
        raise Refused(
            _("Only a written import can be undone; this one is: %(state)s.")
            % {"state": batch.get_state_display()},
            code="not-done",
        )
    with transaction.atomic():
        _collect(batch)
        return _examine(batch)


def start_undo(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Undo an import, at once when it is small, else by a worker. Raises Refused when something depends on it."""
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.DONE)
        small = batch.new + batch.changed <= SMALL_ROWS
        begin(batch, State.UNDOING, UNDO, acting_user, send=not small)
    assert batch.job_id is not None
    job = jobs.run(batch.job_id, patience=PATIENCE) if small else None
    batch.refresh_from_db()
    if job is not None and job.state == Job.State.FAILED:
        raise Refused(job.message, code="not-undone")
    return batch


def undo_now(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Undo an import in this process, however large it is (for commands). Raises Refused."""
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.DONE)
        begin(batch, State.UNDOING, UNDO, acting_user, send=False)
    assert batch.job_id is not None
    job = jobs.run(batch.job_id)
    batch.refresh_from_db()
    if job is None or job.state != Job.State.DONE:
        raise Refused(job.message if job else "", code="not-undone")
    return batch


def undo_batch(job: Job, progress: jobs.Progress) -> None:
    """The work of an undoing job."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    register = declare.get(batch.register)
    context = context_of(batch, job)
    with (
        transaction.atomic(),
        acting(context.user, f"undo of import {batch.pk}", undone_import=batch.pk),
        readable(),
    ):
        _lock(batch.district, register, progress)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.job_id != job.pk or batch.state != State.UNDOING:
            raise jobs.Cancelled
        _collect(batch)
        _lock_rows()
        found = _examine(batch)
        if found.reasons:
            raise Refused(found.refusal(), code="depends")
        _take_back(found, progress)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        batch.writes.all()._raw_delete(batch.writes.db)
        batch.state = State.UNDONE
        batch.undone_at = business_now(batch.district)
        batch.undone_by = context.user.get_username() if context.user else "system"
        batch.options = {**batch.options, "deleted": found.deleted, "restored": found.restored}
        batch.save(update_fields=["state", "undone_at", "undone_by", "options"])
        progress.finish()


def _give_up(job: Job, sentence: str, cancelled: bool) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"], job=job).update(
        state=State.DONE,
        message=_("The import stands as it was. %(reason)s") % {"reason": sentence},
    )


jobs.register(UNDO, jobs.Kind(undo_batch, _give_up))


# What the import wrote


def _collect(batch: ImportBatch) -> None:
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


def _models(table: str) -> list[type[models.Model]]:
    """Return the models of one of the three tables; made rows in the order in which they can be deleted."""
    order = "max(number) DESC" if table == "undo_made" else "model"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT model FROM {table} GROUP BY model ORDER BY {order}")
        return [apps.get_model(label) for (label,) in cursor.fetchall()]


def _columns(model: type[models.Model]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k FROM undo_changed, jsonb_object_keys(new) k WHERE model = %s ORDER BY k",
            [model._meta.label_lower],
        )
        return [name for (name,) in cursor.fetchall()]


def _pk(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return f'"{model._meta.pk.column}"'


def _lock_rows() -> None:
    """Lock every row to be deleted or set back: whoever is about to refer to one or change it waits."""
    for table in ("undo_made", "undo_changed"):
        for model in _models(table):
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT count(*) FROM (SELECT 1 FROM "{model._meta.db_table}" t '
                    f"WHERE t.{_pk(model)} IN (SELECT pk FROM {table} WHERE model = %s) "
                    f"ORDER BY t.{_pk(model)} FOR UPDATE) locked",
                    [model._meta.label_lower],
                )


# Whether it can be taken back


def _examine(batch: ImportBatch) -> Undoing:
    found = Undoing()
    for model in _models("undo_changed"):
        found.restored += _count("undo_changed", model)
        _find_changed_since(model, found)
    for model in _models("undo_removed"):
        found.restored += _count("undo_removed", model)
    made = _models("undo_made")
    for model in made:
        found.deleted += _count("undo_made", model)
        _find_edited(model, batch, found)
        _find_frozen(model, found)
    for model in made:
        for relation in _relations(model):
            _find_dependents(model, relation, found)
    _find_untold(batch, found)
    return found


def _count(table: str, model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE model = %s", [model._meta.label_lower])
        return int(cursor.fetchone()[0])


def _find_changed_since(model: type[models.Model], found: Undoing) -> None:
    """Rows whose fields no longer hold what the import put there, or that are gone."""
    differs = " OR ".join(
        f'(c.new ? \'{name}\' AND t."{name}" IS DISTINCT FROM n."{name}")' for name in _columns(model)
    )
    if not differs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), (array_agg(c.pk ORDER BY c.pk))[1:{SHOWN}]
            FROM undo_changed c LEFT JOIN "{model._meta.db_table}" t ON t.{_pk(model)} = c.pk
            CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", c.new) n
            WHERE c.model = %s AND (t.{_pk(model)} IS NULL OR {differs})
              AND NOT EXISTS (SELECT 1 FROM undo_removed r WHERE r.model = c.model AND r.pk = c.pk)""",
            [model._meta.label_lower],
        )
        count, pks = cursor.fetchone()
    if count:
        found.reasons.append(
            _("%(count)s changed rows of “%(register)s” were changed again since (%(examples)s)")
            % {"count": count, "register": model._meta.verbose_name, "examples": _examples(model, pks, count)}
        )


def _find_edited(model: type[models.Model], batch: ImportBatch, found: Undoing) -> None:
    """New rows that somebody has changed or deleted since, by the history."""
    events = getattr(model, "pgh_event_model", None)
    if events is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(DISTINCT m.pk), (array_agg(DISTINCT m.pk))[1:{SHOWN}]
            FROM undo_made m JOIN "{events._meta.db_table}" e ON e.pgh_obj_id = m.pk
            WHERE m.model = %s AND e.pgh_context_id::text IS DISTINCT FROM %s""",
            [model._meta.label_lower, batch.options.get("context")],
        )
        count, pks = cursor.fetchone()
    if count:
        found.reasons.append(
            _("%(count)s new rows of “%(register)s” were changed since (%(examples)s)")
            % {"count": count, "register": model._meta.verbose_name, "examples": _examples(model, pks, count)}
        )


def _find_frozen(model: type[models.Model], found: Undoing) -> None:
    """New rows that stand for good: their table refuses every change (history.refuse_changes)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT 1 FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = %s::regclass AND p.proname = 'redprop_refuse_change'""",
            [f'"{model._meta.db_table}"'],
        )
        frozen = cursor.fetchone() is not None
    if frozen:
        found.reasons.append(
            _("%(count)s rows of “%(register)s” are kept for good; they are corrected by further rows")
            % {"count": _count("undo_made", model), "register": model._meta.verbose_name}
        )


def _relations(model: type[models.Model]) -> Iterator[Any]:
    """Every foreign key of a real table to `model`, but those of former versions."""
    for other in apps.get_models(include_auto_created=True):
        if issubclass(other, Event) or not other._meta.managed or other._meta.proxy:
            continue
        for one in other._meta.concrete_fields:
            if one.is_relation and one.related_model is model:
                yield one


def _find_dependents(model: type[models.Model], relation: Any, found: Undoing) -> None:
    """Rows that refer to a new row and are not themselves of this import."""
    other = relation.model
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), (array_agg(DISTINCT m.pk))[1:{SHOWN}], count(DISTINCT m.pk)
            FROM undo_made m JOIN "{other._meta.db_table}" t ON t."{relation.column}" = m.pk
            WHERE m.model = %s AND NOT EXISTS (
              SELECT 1 FROM undo_made o WHERE o.model = %s AND o.pk = t.{_pk(other)})""",
            [model._meta.label_lower, other._meta.label_lower],
        )
        count, pks, parents = cursor.fetchone()
    if count:
        found.reasons.append(
            _("%(count)s rows of “%(register)s” refer to its new rows of “%(to)s” (%(examples)s)")
            % {
                "count": count,
                "register": other._meta.verbose_name,
                "to": model._meta.verbose_name,
                "examples": _examples(model, pks, parents),
            }
        )


def _find_untold(batch: ImportBatch, found: Undoing) -> None:
    """Rows that the import changed by a way that kept no old values (they stand in the history only)."""
    context = batch.options.get("context")
    parts, params = [], []
    for model in apps.get_models():
        if issubclass(model, Event) or (events := getattr(model, "pgh_event_model", None)) is None:
            continue
        parts.append(
            f'SELECT %s AS model, count(*) AS n FROM "{events._meta.db_table}" e '
            "WHERE e.pgh_context_id = %s::uuid "
            "AND NOT EXISTS (SELECT 1 FROM undo_changed c WHERE c.model = %s AND c.pk = e.pgh_obj_id) "
            "AND NOT EXISTS (SELECT 1 FROM undo_made m WHERE m.model = %s AND m.pk = e.pgh_obj_id) "
            "AND NOT EXISTS (SELECT 1 FROM undo_removed r WHERE r.model = %s AND r.pk = e.pgh_obj_id) "
            # an UPDATE that left a row as it was is in the history, not in the log
            "AND NOT EXISTS (SELECT 1 FROM core_importwrite w "
            "WHERE w.batch_id = %s AND w.model = %s AND w.changed IS NOT NULL)"
        )
        label = model._meta.label_lower
        params += [label, context, label, label, label, batch.pk, label]
    if context is None or not parts:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT model, n FROM ({' UNION ALL '.join(parts)}) u WHERE n > 0", params)
        untold = cursor.fetchall()
    for label, count in untold:
        found.reasons.append(
            _("it also changed %(count)s rows of “%(register)s” as a consequence")
            % {"count": count, "register": apps.get_model(label)._meta.verbose_name}
        )


def _examples(model: type[models.Model], pks: list[int], count: int) -> str:
    rows = model._base_manager.in_bulk(pks)
    texts = [_name_of(rows[pk]) if pk in rows else str(pk) for pk in pks]
    return "、".join(texts) + ("…" if count > len(pks) else "")


def _name_of(row: Any) -> str:
    code = getattr(row, "code", "")
    return f"{code} {row}" if code and str(code) not in str(row) else str(row)


# Taking it back


def _take_back(found: Undoing, progress: jobs.Progress) -> None:
    done, total = 0, found.deleted + found.restored
    for model in _models("undo_made"):
        with connection.cursor() as cursor:
            cursor.execute(
                f'DELETE FROM "{model._meta.db_table}" t USING undo_made m '
                f"WHERE m.model = %s AND t.{_pk(model)} = m.pk",
                [model._meta.label_lower],
            )
        done += _count("undo_made", model)
        progress(done, total, "undoing")
    for model in _models("undo_removed"):
        columns = ", ".join(f'"{one.column}"' for one in model._meta.concrete_fields if not one.generated)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {columns} FROM undo_removed r '
                f'CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", r.old) '
                "WHERE r.model = %s ORDER BY r.pk",
                [model._meta.label_lower],
            )
        done += _count("undo_removed", model)
        progress(done, total, "undoing")
    for model in _models("undo_changed"):
        columns = _columns(model)
        if not columns:
            continue
        settings = ", ".join(
            f'"{name}" = CASE WHEN c.old ? \'{name}\' THEN o."{name}" ELSE t."{name}" END' for name in columns
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{model._meta.db_table}" t SET {settings} FROM undo_changed c '
                f'CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", c.old) o '
                f"WHERE c.model = %s AND t.{_pk(model)} = c.pk",
                [model._meta.label_lower],
            )
        done += _count("undo_changed", model)
        progress(done, total, "undoing")
