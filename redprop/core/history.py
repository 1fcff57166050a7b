"""What one act changed, from the former versions that the triggers keep."""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q
from pghistory.models import Event


@dataclass(frozen=True)
class Change:
    """One row that an act changed or deleted: the fields' names with their values before and after."""

    register: str
    row: str
    deleted: bool
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    before: list[tuple[str, str]] = field(default_factory=list)


def event_models() -> list[type[models.Model]]:
    """Models of the former versions, one for each tracked register."""
    return [model for model in apps.get_models() if issubclass(model, Event) and not model._meta.abstract]


def _touched(context_id: Any) -> list[type[models.Model]]:
    """Registers with a former version under this context (one query)."""
    every = event_models()
    asked = " UNION ALL ".join(
        f"SELECT {place} WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(model._meta.db_table)}"
        " WHERE pgh_context_id = %s)"
        for place, model in enumerate(every)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked, [context_id] * len(every))
        return [every[place] for (place,) in sorted(cursor.fetchall())]


def changes_of(context_id: Any, at_most: int = 200) -> list[Change]:
    """Rows changed under one context (one query for all registers, three more for each where rows changed).

    The value after is that of the next former version, or of the row itself.
    """
    found: list[Change] = []
    for model in _touched(context_id):
        found += _changes(model, model.objects.filter(pgh_context_id=context_id), at_most)
    return found[:at_most]


def changes_of_line(line: Any, at_most: int = 200) -> list[Change]:
    """Rows changed by the whole act that a line of the trail belongs to, or by its statement where it has no act."""
    if line.context is not None:
        return changes_of(line.context, at_most)
    model = next((m for m in event_models() if m.pgh_tracked_model._meta.db_table == line.register), None)
    if model is None or not line.versions:
        return []
    numbers = Q(pk__in=[])
    for part in line.versions:
        numbers |= Q(pgh_id__gte=part.lower, pgh_id__lt=part.upper)
    return _changes(model, model.objects.filter(numbers), at_most)


def _changes(model: Any, chosen: models.QuerySet, at_most: int) -> list[Change]:
    found: list[Change] = []
    events = list(chosen.order_by("pgh_id")[:at_most])
    tracked = model.pgh_tracked_model
    names = [f for f in model._meta.concrete_fields if not f.name.startswith("pgh_")]
    objects = {event.pgh_obj_id for event in events}
    current = {row.pk: row for row in tracked._base_manager.filter(pk__in=objects)}
    later: dict[Any, list[Any]] = {}
    for version in model.objects.filter(pgh_obj_id__in=objects).order_by("pgh_id"):
        later.setdefault(version.pgh_obj_id, []).append(version)
    for event in events:
        after = next((v for v in later[event.pgh_obj_id] if v.pgh_id > event.pgh_id), None)
        after = after or current.get(event.pgh_obj_id)
        deleted = event.pgh_label.startswith("delete")
        register = str(tracked._meta.verbose_name)
        row = f"{event.pgh_obj_id}"
        label = getattr(event, "name", "") or getattr(event, "code", "")
        label = label or getattr(current.get(event.pgh_obj_id), "username", "")
        if label:
            row = f"{label} ({row})"
        if deleted or after is None:
            before = [(str(f.verbose_name), _text(event, f)) for f in names if _text(event, f)]
            found.append(Change(register, row, True, before=before))
            continue
        changed = [
            (str(f.verbose_name), _text(event, f), _text(after, f))
            for f in names
            if getattr(event, f.attname) != getattr(after, f.attname)
        ]
        found.append(Change(register, row, False, fields=changed))
    return found


def _text(row: Any, field_: models.Field) -> str:
    display = getattr(row, f"get_{field_.name}_display", None)
    value = display() if display else getattr(row, field_.attname)
    return "" if value is None else str(value)
