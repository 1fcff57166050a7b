"""Whether an import can be taken back: one statement for each table it touched or that refers to it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext as _
from pghistory.models import Event

from redprop.core.models import ImportBatch
from redprop.core.services.undo_rows import changed_columns, count_in, models_in, pk_column

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


def examine(batch: ImportBatch) -> Undoing:
    """Return what undoing would do, with every reason against it. Reads the temporary tables of `collect`."""
    found = Undoing()
    for model in models_in("undo_changed"):
        found.restored += count_in("undo_changed", model)
        _find_changed_since(model, found)
    for model in models_in("undo_removed"):
        found.restored += count_in("undo_removed", model)
    made = models_in("undo_made")
    for model in made:
        found.deleted += count_in("undo_made", model)
        _find_edited(model, batch, found)
        _find_frozen(model, found)
    for model in made:
        for relation in _relations(model):
            _find_dependents(model, relation, found)
    _find_untold(batch, found)
    return found


def _find_changed_since(model: type[models.Model], found: Undoing) -> None:
    """Rows whose fields no longer hold what the import put there, or that are gone."""
    differs = " OR ".join(
        f'(c.new ? \'{name}\' AND t."{name}" IS DISTINCT FROM n."{name}")' for name in changed_columns(model)
    )
    if not differs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), (array_agg(c.pk ORDER BY c.pk))[1:{SHOWN}]
            FROM undo_changed c LEFT JOIN "{model._meta.db_table}" t ON t.{pk_column(model)} = c.pk
            CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", c.new) n
            WHERE c.model = %s AND (t.{pk_column(model)} IS NULL OR {differs})
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
            % {"count": count_in("undo_made", model), "register": model._meta.verbose_name}
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
              SELECT 1 FROM undo_made o WHERE o.model = %s AND o.pk = t.{pk_column(other)})""",
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
