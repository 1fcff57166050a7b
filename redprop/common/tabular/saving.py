"""Second pass of an import: one write of a validated plan, and what declarations share for it.

The caller holds the transaction and the audit context. Constraints of the database have the last
word; `readable` turns what they say into a sentence.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, models
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular import bulk
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, MISSING, NEW, Plan, Row

_CHUNK = 10_000


def save(context: Context, plan: Plan) -> None:
    """Write the new and changed rows of a plan; refused rows are left out."""
    register = plan.register
    with readable():
        if register.allot:
            register.allot(context, plan)
        if register.before:
            register.before(context, plan)
        _update(context, plan)
        _insert(context, plan)
        if register.after:
            register.after(context, plan)
    _recheck_scope(context, plan)


def _attributes(plan: Plan) -> list[tuple[int, str]]:
    return [
        (i, c.attribute)
        for i, c in enumerate(plan.register.columns)
        if c.attribute and (c.hidden or not c.read_only)
    ]


def _insert(context: Context, plan: Plan) -> None:
    attributes = _attributes(plan)
    rows = plan.of(NEW)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        built = []
        for row in part:
            values = {name: row.values[i] for i, name in attributes if row.values[i] is not MISSING}
            instance = plan.register.model(**values)
            _record(context, instance)
            if plan.register.prepare:
                plan.register.prepare(context, instance)
            built.append(instance)
        bulk.insert(built)
        for row, instance in zip(part, built, strict=True):
            row.pk = instance.pk


def _update(context: Context, plan: Plan) -> None:
    attributes = {plan.register.columns[i].field: name for i, name in _attributes(plan)}
    rows = plan.of(CHANGED)
    for start in range(0, len(rows), _CHUNK):
        _update_part(context, plan, attributes, rows[start : start + _CHUNK])


def _update_part(context: Context, plan: Plan, attributes: dict[str, str], rows: list[Row]) -> None:
    touched: dict[str, None] = {}
    derived: tuple[str, ...] = ()
    sources = [name for name in plan.register.derived_from if name in plan.at]
    stored = plan.register.model._base_manager.select_for_update().in_bulk([row.pk for row in rows])
    instances = []
    for row in rows:
        if row.pk not in stored:
            raise Refused(_("Row %(row)s was deleted meanwhile. Check the file again.") % {"row": row.number})
        instance = stored[row.pk]
        for field in plan.changes(row):
            if name := attributes.get(field):
                setattr(instance, name, row.values[plan.at[field]])
                touched[name] = None
        if plan.register.prepare and plan.differs(row, *sources):
            plan.register.prepare(context, instance)
            derived = plan.register.derived
        instances.append(instance)
    if touched:
        bulk.update(instances, [*touched, *derived])


def _record(context: Context, instance: models.Model) -> None:
    if hasattr(instance, "recorded_by"):
        instance.recorded_by = context.user.get_username() if context.user else "system"


def recorded(context: Context, instance: models.Model) -> models.Model:
    """Return the instance with its author set."""
    _record(context, instance)
    return instance


def _recheck_scope(context: Context, plan: Plan) -> None:
    """Refuse the import when a row ended up where its user cannot see it."""
    if context.user is None:
        return
    written = {row.pk: row for row in plan.of(NEW, CHANGED)}
    visible = set(plan.register.rows(context).filter(pk__in=written).values_list("pk", flat=True))
    for pk, row in written.items():
        if pk not in visible:
            raise Refused(
                _(
                    "Row %(row)s would end up outside your area. Name an area of yours in it or leave it out; nothing was written."
                )
                % {"row": row.number},
                code="out-of-scope",
            )


@contextmanager
def readable() -> Iterator[None]:
    """Turn a violated constraint into Refused with the constraint's own sentence."""
    try:
        yield
    except IntegrityError as error:
        raise Refused(constraint_message(error), code="constraint") from error
    except DataError as error:
        raise Refused(
            _("The database refused a value: %(reason)s. Check the length of texts and the size of numbers.")
            % {"reason": str(error).splitlines()[0]},
            code="data",
        ) from error


def constraint_message(error: Exception) -> str:
    """Return the human message of the constraint that `error` names."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.get_violation_error_message())
    return _("The rows contradict the register (%(name)s). Check the file again; nothing was written.") % {
        "name": name or type(error).__name__
    }


def by_paths(rows: Any, *paths: str, most: int = 3_000) -> Any:
    """Return a resolver: keys are looked up in the columns `paths` of `rows(context)`, with one query.

    A key found in an earlier path wins over a later one; found on several rows it is Ambiguous.
    """
    from redprop.common.tabular.kinds import Ambiguous

    def resolve(context: Context, keys: set[str]) -> Mapping[str, Any]:
        queryset = rows(context)
        if len(keys) <= most:
            wanted = models.Q()
            for path in paths:
                wanted |= models.Q(**{f"{path}__in": keys})
            queryset = queryset.filter(wanted)
        found: dict[str, tuple[int, Any]] = {}
        doubled: dict[str, set[str]] = {}
        for pk, *values in queryset.values_list("pk", *paths):
            for rank, value in enumerate(values):
                if not value or value not in keys:
                    continue
                known = found.get(value)
                if known is None or rank < known[0]:
                    found[value] = (rank, pk)
                    doubled[value] = {str(values[0])}
                elif known[0] == rank and known[1] != pk:
                    doubled[value].add(str(values[0]))
        return {
            key: Ambiguous(sorted(doubled[key])) if len(doubled[key]) > 1 else pk
            for key, (_rank, pk) in found.items()
        }

    return resolve


def offer(rows: Any, path: str) -> Any:
    """Return the function that lists `path` of `rows(context)` for a drop-down."""

    def listed(context: Context) -> list[str]:
        return [str(value) for value in rows(context).order_by(path).values_list(path, flat=True)[:2000]]

    return listed


def scoped(model: Any, district: str = "district") -> Any:
    """Return the function context → rows of the context's district that its user may see."""

    def rows(context: Context) -> Any:
        found = model.objects.filter(**{district: context.district})
        return found if context.user is None else found.for_user(context.user)

    return rows


def of_system(context: Context) -> Context:
    """Return the context without its user: for checks that must see everything."""
    return replace(context, user=None)


def refuse_overlaps(
    context: Context,
    plan: Plan,
    *,
    by: tuple[str, ...],
    message: str,
    only: Any = None,
    start: str = "valid_from",
    end: str = "valid_to",
) -> None:
    """Refuse rows whose days overlap with another row of the same `by` fields, in the file or stored.

    One query. `only(value)` tells which rows count, given a function field → value.
    """
    groups: dict[tuple[Any, ...], list[tuple[Any, Any, Row | None]]] = {}
    rows: dict[Any, Row] = {}
    for row in plan.good():
        if row.pk is not None:
            rows[row.pk] = row
        if only and not only(lambda name, row=row: plan.value(row, name)):
            continue
        key = tuple(plan.value(row, name) for name in by)
        if plan.value(row, start) is None or any(part is None for part in key):
            continue
        groups.setdefault(key, []).append((plan.value(row, start), plan.value(row, end), row))
    register = plan.register
    first = {key[0] for key in groups}
    paths = [register.by_field[name].path for name in (*by, start, end)]
    every = [register.by_field[c.field].path for c in register.columns]
    stored = register.rows(of_system(context))
    if len(first) <= 3_000:
        stored = stored.filter(**{f"{paths[0]}__in": first})
    for pk, *values in stored.values_list("pk", *dict.fromkeys(every)):
        if pk in rows:
            continue
        value_of = dict(zip(dict.fromkeys(every), values, strict=True))
        if only and not only(lambda name, v=value_of: v[register.by_field[name].path]):
            continue
        key = tuple(value_of[path] for path in paths[: len(by)])
        if key in groups:
            groups[key].append((value_of[paths[-2]], value_of[paths[-1]], None))
    for spans in groups.values():
        _refuse_in_group(plan, spans, message, start)


def _refuse_in_group(plan: Plan, spans: list[tuple[Any, Any, Row | None]], message: str, start: str) -> None:
    if len(spans) < 2:
        return
    spans.sort(key=lambda span: (span[0], span[2].number if span[2] else 0))
    last: tuple[Any, Any, Row | None] | None = None
    for span in spans:
        if last is not None and (last[1] is None or span[0] <= last[1]):
            blamed, other = (span[2], last) if span[2] is not None else (last[2], span)
            if blamed is not None:
                until = other[1].isoformat() if other[1] else _("open end")
                where = _("row %(row)s") % {"row": other[2].number} if other[2] else _("the register")
                plan.refuse(
                    blamed,
                    start,
                    message
                    + " "
                    + _("(%(where)s: %(from)s to %(until)s)")
                    % {"where": where, "from": other[0].isoformat(), "until": until},
                )
        if last is None or (last[1] is not None and (span[1] is None or span[1] > last[1])):
            last = span


def refuse_out_of_order(plan: Plan, start: str = "valid_from", end: str = "valid_to") -> None:
    """Refuse rows whose last day is before the first."""
    for row in plan.good():
        first, last = plan.value(row, start), plan.value(row, end)
        if first and last and last < first:
            name = end if plan.given(row, end) else start
            plan.refuse(row, name, _("The last day is before the first day. Correct one of the two dates."))
