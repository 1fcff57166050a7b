"""Second pass of an import: one write of a validated plan, and what declarations share for it.

The caller holds the transaction and the audit context. Constraints of the database have the last
word; `readable` turns what they say into a sentence.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, models
from django.utils.translation import gettext as _

import redprop.common.lookups  # noqa: F401  (registers “among”)
from redprop.common.errors import Refused
from redprop.common.tabular import bulk
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, MISSING, NEW, Pending, Plan, Row

_LINKED = "keys of rows referred to"
_MOST = 20_000
"""More keys than this are not listed in a query: the register is read through instead."""

Written = Callable[[int, int], Any]


def save(context: Context, plan: Plan, progress: Written | None = None) -> None:
    """Write the new and changed rows of a plan; refused rows are left out.

    `progress(done, total)` is called after each part with rows written; it may raise to break off.
    """
    register = plan.register
    meter = _Meter(plan, progress)
    with readable():
        _allot_linked(plan)
        if register.part_wise:
            for number in range(plan.part_count):
                with plan.only_part(number):
                    _around(context, plan, meter)
        else:
            _around(context, plan, meter)


class _Meter:
    def __init__(self, plan: Plan, progress: Written | None) -> None:
        counts = plan.counts()
        self.done, self.total, self.progress = 0, counts[NEW] + counts[CHANGED], progress

    def add(self, count: int) -> None:
        self.done += count
        if self.progress and count:
            self.progress(self.done, self.total)


def _around(context: Context, plan: Plan, meter: _Meter) -> None:
    """Write the rows within the plan's reach, with the register's own steps before and after."""
    register = plan.register
    for step in (register.allot, register.before):
        if step:
            step(context, plan)
    for status, write in ((CHANGED, _update_part), (NEW, _insert_part)):
        for rows in plan.parts_of(status):
            write(context, plan, rows)
            meter.add(len(rows))
    if register.after:
        register.after(context, plan)
    _recheck_scope(context, plan)


def _attributes(plan: Plan) -> list[tuple[int, str]]:
    return [
        (i, c.attribute)
        for i, c in enumerate(plan.register.columns)
        if c.attribute and not (c.read_only and not c.hidden)
    ]


def _allot_linked(plan: Plan) -> None:
    """Give primary keys to the new rows that rows of the same file refer to: these may come first."""
    targets = sorted({at for found in plan.links.values() for at in found if plan.status_at(at) == NEW})
    keys = bulk.allot_keys(plan.register.model, len(targets))
    plan.memory[_LINKED] = dict(zip(targets, keys, strict=True))


def _written(plan: Plan, value: Any) -> Any:
    return plan.memory[_LINKED][value.at] if isinstance(value, Pending) else value


def _insert_part(context: Context, plan: Plan, rows: list[Row]) -> None:
    attributes, linked = _attributes(plan), plan.memory[_LINKED]
    built = []
    for row in rows:
        values = {
            name: _written(plan, row.values[i]) for i, name in attributes if row.values[i] is not MISSING
        }
        instance = plan.register.model(**values)
        instance.pk = linked.get(row.at, instance.pk)
        _record(context, instance)
        if plan.register.prepare:
            plan.register.prepare(context, instance)
        built.append(instance)
    bulk.insert(built)
    for row, instance in zip(rows, built, strict=True):
        row.pk = instance.pk
    plan.touch()


def _update_part(context: Context, plan: Plan, rows: list[Row]) -> None:
    attributes = {plan.register.columns[i].field: name for i, name in _attributes(plan)}
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
                setattr(instance, name, _written(plan, row.values[plan.at[field]]))
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
    for part in plan.parts_of(NEW, CHANGED):
        written = {row.pk: row.number for row in part}
        visible = set(plan.register.rows(context).filter(pk__among=written).values_list("pk", flat=True))
        if outside := written.keys() - visible:
            raise Refused(
                _(
                    "Row %(row)s would end up outside your area. Name an area of yours in it or leave it out; nothing was written."
                )
                % {"row": min(written[pk] for pk in outside)},
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


def by_paths(rows: Any, *paths: str, most: int = _MOST) -> Any:
    """Return a resolver: keys are looked up in the columns `paths` of `rows(context)`, with one query.

    A key found in an earlier path wins over a later one; found on several rows it is Ambiguous.
    """
    from redprop.common.tabular.kinds import Ambiguous

    def resolve(context: Context, keys: set[str]) -> Mapping[str, Any]:
        queryset = rows(context)
        if len(keys) <= most:
            wanted = models.Q()
            for path in paths:
                wanted |= models.Q(**{f"{path}__among": keys})
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


def offer_names(rows: Any, name: str = "name", code: str = "code") -> Any:
    """Return the function that lists the names of `rows(context)`, and codes in place of names that several carry."""

    def listed(context: Context) -> list[str]:
        found = list(rows(context).order_by(name, code).values_list(name, code)[:2000])
        count = Counter(text for one in found for text in set(one))
        return [text if text and count[text] == 1 else key for text, key in found]

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
    groups: dict[tuple[Any, ...], list[_Span]] = {}
    known: set[Any] = set()
    for row in plan.good():
        if row.pk is not None:
            known.add(row.pk)
        if only and not only(lambda name, row=row: plan.value(row, name)):
            continue
        key = tuple(plan.value(row, name) for name in by)
        if plan.value(row, start) is None or any(part is None for part in key):
            continue
        groups.setdefault(key, []).append((plan.value(row, start), plan.value(row, end), row.number, row.at))
    register = plan.register
    first = {key[0] for key in groups if not isinstance(key[0], Pending)}
    paths = [register.by_field[name].path for name in (*by, start, end)]
    every = [register.by_field[c.field].path for c in register.columns]
    stored = register.rows(of_system(context))
    if len(first) <= _MOST:
        stored = stored.filter(**{f"{paths[0]}__in": first})
    for pk, *values in stored.values_list("pk", *dict.fromkeys(every)).iterator(chunk_size=2_000):
        if pk in known:
            continue
        value_of = dict(zip(dict.fromkeys(every), values, strict=True))
        if only and not only(lambda name, v=value_of: v[register.by_field[name].path]):
            continue
        key = tuple(value_of[path] for path in paths[: len(by)])
        if key in groups:
            groups[key].append((value_of[paths[-2]], value_of[paths[-1]], 0, -1))
    for spans in groups.values():
        _refuse_in_group(plan, spans, message, start)


_Span = tuple[Any, Any, int, int]
"""First and last day, number and place of the file's row; 0 and -1 for a stored row."""


def _refuse_in_group(plan: Plan, spans: list[_Span], message: str, start: str) -> None:
    if len(spans) < 2:
        return
    spans.sort(key=lambda span: (span[0], span[2]))
    last: _Span | None = None
    for span in spans:
        if last is not None and (last[1] is None or span[0] <= last[1]):
            blamed, other = (span, last) if span[2] else (last, span)
            if blamed[2]:
                until = other[1].isoformat() if other[1] else _("open end")
                where = _("row %(row)s") % {"row": other[2]} if other[2] else _("the register")
                plan.refuse(
                    plan.row_at(blamed[3]),
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
