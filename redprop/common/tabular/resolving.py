"""References and stored rows of one part of a file: each looked up for the whole part at once.

Queries are narrowed to the keys of the part, so a file of fifty rows does not read a register of
100,000. Rows of the file that refer to each other are linked when the whole file has been read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

import redprop.common.lookups  # noqa: F401  (registers “among”)
from redprop.common.tabular.declare import Column, Context, Register, names
from redprop.common.tabular.kinds import Ambiguous, Code, Kind, Reference
from redprop.common.tabular.plan import Plan
from redprop.common.tabular.rows import MISSING, REFUSED, Pending, Row
from redprop.common.text import normalise_name

_OWN = "rows of the file by name"
_FOUND = "references found"


def resolve(plan: Plan, context: Context, part: list[Row]) -> None:
    """Put primary keys in the place of keys; a key already looked up in this file is not looked up again."""
    for column in plan.register.columns:
        kind = column.kind
        if not isinstance(kind, Reference) or column.field not in plan.present:
            continue
        index = plan.at[column.field]
        known = plan.memory.setdefault(_FOUND, {}).setdefault(column.field, {})
        keys = {row.values[index] for row in part if row.values[index] not in (MISSING, None)} - known.keys()
        if keys:
            found = kind.resolve(context, keys) if kind.resolve else {}
            known.update((key, found.get(key)) for key in keys)
        labels = plan.labels.setdefault(column.field, {})
        for row in part:
            key = row.values[index]
            if key is MISSING or key is None:
                continue
            match = known.get(key)
            if match is None and column.own:
                row.values[index] = Pending(key)
                plan.links.setdefault(row.at, set())
            elif match is None or isinstance(match, Ambiguous):
                row.values[index] = MISSING
                plan.refuse(row, column.field, _not_found(kind, key, match))
            else:
                labels.setdefault(match, key)
                row.values[index] = match


def _not_found(kind: Reference, key: str, match: Ambiguous | None) -> str:
    if match is None:
        return _("There is no %(what)s “%(key)s”. Check the spelling, or import the %(what)s first.") % {
            "what": kind.what,
            "key": key[:60],
        }
    return _("“%(key)s” is the name of more than one %(what)s: %(found)s. Write the code instead.") % {
        "what": kind.what,
        "key": key[:60],
        "found": "、".join(match[:5]),
    }


def find_existing(plan: Plan, context: Context, part: list[Row]) -> None:
    """Find the stored row of each row by its natural key; refuse doubles and rows out of the user's reach."""
    register = plan.register
    columns = [register.by_field[name] for name in register.key]
    places = [plan.at[name] for name in register.key]
    keyed: dict[Any, Row] = {}
    unkeyed = []
    for row in part:
        values = [
            None if row.values[i] is MISSING and name in register.optional_key else row.values[i]
            for i, name in zip(places, register.key, strict=True)
        ]
        if any(
            value is MISSING or (value is None and name not in register.optional_key)
            for value, name in zip(values, register.key, strict=True)
        ):
            if not row.errors or (register.match and not unreadable(row)):
                unkeyed.append(row)
            continue
        key = _key(columns, values)
        first = plan.keys.setdefault(key, row.number)
        if first != row.number:
            plan.refuse(
                row,
                register.key[-1] if len(register.key) == 1 else None,
                _("Row %(first)s has the same %(key)s. Delete one of the two rows.")
                % {"first": first, "key": names(columns)},
            )
        else:
            keyed[key] = row
    if keyed:
        for pk, stored in _stored(plan, context, keyed, columns, places):
            match = keyed.get(_key(columns, [stored[i] for i in places]))
            if match is not None:
                match.pk, match.old = pk, stored
        _refuse_out_of_scope(plan, context, part)
    if unkeyed:
        if register.match:
            register.match(context, plan, unkeyed)
        elif not register.allotted_key:
            for row in unkeyed:
                for name, place in zip(register.key, places, strict=True):
                    if row.values[place] is MISSING:
                        plan.refuse(row, name, _("This field is required: rows are matched by it."))


def unreadable(row: Row) -> bool:
    """Tell whether the line as a whole could not be read, so that none of its fields means anything."""
    return getattr(row.raw, "message", None) is not None


def _key(columns: list[Column], values: list[Any]) -> Any:
    # an empty part of a key is stored as nothing or as an empty text, by the field
    parts = tuple(
        None if value is None or value == "" else column.kind.key(value)
        for column, value in zip(columns, values, strict=True)
    )
    return parts if len(parts) > 1 else parts[0]


def _stored(
    plan: Plan, context: Context, keyed: dict[Any, Row], columns: list[Column], places: list[int]
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield (pk, stored values) of the rows that may have one of these keys, with one query or two."""
    every = plan.register.rows(replace(context, user=None))
    narrow, only_codes = Q(), True
    for column, place in zip(columns, places, strict=True):
        values = {row.values[place] for row in keyed.values()}
        if (
            isinstance(column.path, str)
            and type(column.kind).key is Kind.key
            and values.isdisjoint((None, MISSING))
        ):
            narrow, only_codes = narrow & Q(**{f"{column.path}__among": values}), False
    if not only_codes:
        yield from _values(plan.register, every.filter(narrow))
        return
    column, place = columns[0], places[0]
    if len(columns) > 1 or not isinstance(column.kind, Code) or not isinstance(column.path, str):
        yield from _values(plan.register, every)
        return
    values = {row.values[place] for row in keyed.values()}
    yield from _values(plan.register, every.filter(**{f"{column.path}__among": values}))
    # codes that differ in case only: rare, and no index serves them
    other = {
        value.lower()
        for value in (row.values[place] for row in keyed.values() if row.old is None)
        if value.lower() != value.upper()
    }
    if other:
        yield from _values(
            plan.register, every.annotate(_folded=Lower(column.path)).filter(_folded__among=other)
        )


def _values(register: Register, rows: Any) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    paths = [column.path for column in register.columns]
    shown = [column.shown_path for column in register.columns]
    fields = list(dict.fromkeys([*paths, *shown]))
    at = {path: i + 1 for i, path in enumerate(fields)}
    places = [at[path] for path in (*paths, *shown)]
    for found in rows.values_list("pk", *fields).iterator(chunk_size=2_000):
        yield found[0], tuple([found[i] for i in places])


def stored_rows(register: Register, context: Context, pks: Iterable[Any]) -> dict[Any, tuple[Any, ...]]:
    """Return pk → stored values as `Row.old` holds them, for rows that a matcher has proposed."""
    return dict(_values(register, register.rows(context).filter(pk__among=pks)))


def _refuse_out_of_scope(plan: Plan, context: Context, part: list[Row]) -> None:
    """Refuse rows that exist, but not for this user: they must neither be changed nor doubled."""
    if context.user is None:
        return
    reached = {row.pk: row for row in part if row.pk is not None}
    visible = set(plan.register.rows(context).filter(pk__among=reached).values_list("pk", flat=True))
    for pk, row in reached.items():
        if pk not in visible:
            row.old = row.pk = None
            plan.refuse(
                row,
                plan.register.key[0],
                _("This row belongs to an area or enterprise outside yours. Leave it out."),
            )


# --- references to rows of the same file -------------------------------------------------------------


def remember_own(plan: Plan, part: list[Row]) -> None:
    """Keep under which names rows of this file may refer to the rows of this part."""
    for column in plan.register.columns:
        if not column.own:
            continue
        for rank, name in enumerate(column.own):
            index = plan.memory.setdefault(_OWN, {}).setdefault((column.field, rank), {})
            for row in part:
                value = plan.value(row, name)
                if value not in (None, "", MISSING):
                    index.setdefault(value, []).append((row.at, row.number, row.pk))


def link_own(plan: Plan) -> None:
    """Find the rows that rows of this file refer to in the same file; refuse what is nowhere."""
    columns = [column for column in plan.register.columns if column.own]
    for at in plan.links:
        row = plan.row_at(at)
        for column in columns:
            value = row.values[plan.at[column.field]]
            if not isinstance(value, Pending):
                continue
            hits = _own_rows(plan, column, value.key)
            if len(hits) != 1:
                plan.set(row, column.field, MISSING)
                match = Ambiguous([_("row %(row)s") % {"row": number} for _at, number, _pk in hits])
                assert isinstance(column.kind, Reference)
                plan.refuse(row, column.field, _not_found(column.kind, value.key, match if hits else None))
                continue
            target, _number, pk = hits[0]
            found = Pending(value.key, target) if pk is None else pk
            plan.labels.setdefault(column.field, {}).setdefault(found, value.key)
            plan.set(row, column.field, found)
            plan.links[at].add(target)
    plan.memory.pop(_OWN, None)


def _own_rows(plan: Plan, column: Column, key: str) -> list[tuple[int, int, Any]]:
    for rank in range(len(column.own)):
        index = plan.memory[_OWN].get((column.field, rank), {})
        if hits := index.get(key) or index.get(normalise_name(key)):
            return list(hits)
    return []


def refuse_dangling(plan: Plan) -> None:
    """Refuse rows that refer to a refused row of the same file, and those that refer to them in turn."""
    columns = [column for column in plan.register.columns if column.own]
    while True:
        dangling = [
            (at, target)
            for at, targets in plan.links.items()
            for target in targets
            if plan.status_at(at) != REFUSED and plan.status_at(target) == REFUSED
        ]
        if not dangling:
            return
        for at, target in dangling:
            row, other = plan.row_at(at), plan.row_at(target)
            field = next(
                (
                    column.field
                    for column in columns
                    if isinstance(value := row.values[plan.at[column.field]], Pending) and value.at == target
                ),
                None,
            )
            if field is None:
                plan.links[at].discard(target)
                continue
            plan.refuse(
                row,
                field,
                _("Row %(row)s, which this one refers to, is refused. Mend that row first.")
                % {"row": other.number},
            )
