"""The preview of a merge: which value stays field by field, what moves, what contradicts, row by row.

`plan_merge` only reads (about thirty queries, whatever the number of rows). The service computes it again
under its locks and writes the same changes; `seal` tells whether they are still the ones a person saw.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from communities.merging.becomes import BECOMES, DATED, MERGES, MOVE, NAMES, PAIRS, SERVICE, STAY, relations
from communities.merging.spans import overlap, without
from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    ResidentFee,
    ServiceAssignment,
)
from redprop.common.text import name_key

KEPT, GONE = "kept", "gone"

FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "address": ("address",),
    "place": ("longitude", "latitude", "datum"),
    "year_built": ("year_built",),
    "buildings": ("buildings",),
    "households": ("households",),
    "residents": ("residents",),
    "floor_area": ("floor_area",),
    "survey": (
        "building_condition",
        "road_condition",
        "wiring_condition",
        "greening_condition",
        "surveyed_on",
    ),
}
"""What stays together: a place is three fields, a survey five."""

HISTORIES: dict[str, type[Any]] = {
    "community": CompoundPlacement,
    "kind": CompoundKind,
    "class": CompoundClass,
    "fee": ResidentFee,
}
_OF_LABEL = {model._meta.label: name for name, model in HISTORIES.items()}


@dataclass(slots=True)
class Change:
    """One row to write: `before` None is a new row, `after` None a row that falls away."""

    model: type[Any]
    pk: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(slots=True)
class Choice:
    """A value of both sides; `is_open` when a person may choose between them."""

    name: str
    label: str
    kept: list[str]
    gone: list[str]
    chosen: str
    is_open: bool
    result: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MergePlan:
    """What a merge does. With `reasons` it is refused; `notes` are worth knowing before."""

    kept: Compound
    gone: Compound
    fields: dict[str, Any] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    service: Choice | None = None
    changes: list[Change] = field(default_factory=list)
    counts: list[tuple[str, int, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def seal(self) -> str:
        """Digest of all that would be written: what a person has seen is what is written."""
        said = [
            (one.model._meta.label, one.pk, _plain(one.before), _plain(one.after)) for one in self.changes
        ]
        text = repr((self.kept.pk, self.gone.pk, _plain(self.fields), said))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(values: dict[str, Any] | None) -> list[tuple[str, str]] | None:
    return None if values is None else sorted((name, str(value)) for name, value in values.items())


def plan_merge(*, kept: Compound, gone: Compound, values: Mapping[str, str] | None = None) -> MergePlan:
    """What giving up `gone` for `kept` does; `values` (name of a choice → "gone") takes the other's value."""
    plan = MergePlan(kept, gone)
    chosen = values or {}
    _fields(plan, chosen)
    if kept.retired_on is not None and gone.retired_on is None:
        plan.reasons.append(
            _("%(kept)s is out of the register since %(day)s, %(gone)s is not. Keep the other one.")
            % {"kept": _named(kept), "day": kept.retired_on.isoformat(), "gone": _named(gone)}
        )
    for label, model, name in relations():
        becomes = BECOMES.get(label)
        if becomes is None:
            _refuse_unknown(plan, model, name)
        elif becomes.what == DATED:
            _history(plan, model, chosen.get(_OF_LABEL[model._meta.label], KEPT))
        elif becomes.what == SERVICE:
            _service(plan)
        elif becomes.what == MOVE:
            _move(plan, model, name, becomes.once, becomes.same)
        elif becomes.what == NAMES:
            _names(plan, model)
        elif becomes.what == PAIRS:
            _pairs(plan, model, name)
        elif becomes.what == MERGES:
            _lead_on(plan)
        elif becomes.what == STAY:
            _stay(plan, model, name)
    _check_classes(plan)
    return plan


# --- fields ----------------------------------------------------------------------------------------


def _fields(plan: MergePlan, chosen: Mapping[str, str]) -> None:
    kept, gone = plan.kept, plan.gone
    for name, parts in FIELDS.items():
        ours, theirs = ([getattr(one, part) for part in parts] for one in (kept, gone))
        has_ours, has_theirs = (any(v not in (None, "") for v in side) for side in (ours, theirs))
        is_open = has_ours and has_theirs and ours != theirs
        side = chosen.get(name, KEPT) if is_open else KEPT if has_ours or not has_theirs else GONE
        plan.choices.append(
            Choice(
                name,
                _label(name, parts),
                [_text(kept, parts)],
                [_text(gone, parts)],
                side,
                is_open,
                [_text(gone if side == GONE else kept, parts)],
            )
        )
        if side == GONE:
            plan.fields.update(zip(parts, theirs, strict=True))
    plan.fields["registered_from"] = min(kept.registered_from, gone.registered_from)
    name = plan.fields.get("name", kept.name)
    known = {name_key(name)}
    names = []
    for other in (*kept.aliases, *gone.aliases, kept.name, gone.name):
        if name_key(other) not in known:
            known.add(name_key(other))
            names.append(other)
    plan.fields["aliases"] = names
    plan.fields = {name: value for name, value in plan.fields.items() if getattr(kept, name) != value}


def _label(name: str, parts: tuple[str, ...]) -> str:
    if name == "place":
        return _("Place on the map")
    if name == "survey":
        return _("Condition survey")
    return str(Compound._meta.get_field(parts[0]).verbose_name)  # type: ignore[union-attr]


def _text(compound: Compound, parts: tuple[str, ...]) -> str:
    found = []
    for part in parts:
        value = getattr(compound, part)
        shown = getattr(compound, f"get_{part}_display", None)
        if value not in (None, ""):
            found.append(str(shown() if shown else value))
    return " ".join(found)


# --- dated rows ------------------------------------------------------------------------------------


def _rows(model: type[Any], compound: Compound) -> list[Any]:
    related = {CompoundPlacement: ["community__subdistrict"], ServiceAssignment: ["contract__project"]}
    return list(
        model.objects.filter(compound=compound).select_related(*related.get(model, [])).order_by("valid_from")
    )


def _span(row: Any) -> tuple[dt.date, dt.date | None]:
    return row.valid_from, row.valid_to


def _history(plan: MergePlan, model: type[Any], side: str) -> None:
    """The chosen history stays whole; of the other only what fills its gaps."""
    ours, theirs = _rows(model, plan.kept), _rows(model, plan.gone)
    first, second = (theirs, ours) if side == GONE else (ours, theirs)
    covered = [_span(row) for row in first]
    result = [(row, _span(row)) for row in first]
    for row in first:
        _keep(plan, row, [_span(row)])
    for row in second:
        parts = without(_span(row), covered)
        _keep(plan, row, parts)
        result += [(row, part) for part in parts]
    name = _OF_LABEL[model._meta.label]
    plan.choices.append(
        Choice(
            name,
            str(model._meta.verbose_name),
            [_said(row, _span(row)) for row in ours],
            [_said(row, _span(row)) for row in theirs],
            side,
            bool(ours and theirs) and [_fact(row) for row in ours] != [_fact(row) for row in theirs],
            [_said(row, part) for row, part in sorted(result, key=lambda one: one[1][0])],
        )
    )
    _count(plan, model, sum(bool(c.after) and c.model is model for c in plan.changes))


def _fact(row: Any) -> tuple[Any, ...]:
    return _value(row), row.valid_from, row.valid_to


def _value(row: Any) -> str:
    if isinstance(row, CompoundPlacement):
        return f"{row.community.subdistrict.name} {row.community.name}"
    if isinstance(row, CompoundKind):
        return str(row.get_kind_display())
    if isinstance(row, CompoundClass):
        return str(row.get_compound_class_display())
    if isinstance(row, ResidentFee):
        return f"{row.agreed_fee} / {row.charged_fee}"
    return f"{row.contract.project.name} {row.contract.number}"


def _said(row: Any, span: tuple[dt.date, dt.date | None]) -> str:
    start, end = span
    return f"{_value(row)} {start.isoformat()}—{end.isoformat() if end else _('further notice')}"


def _keep(plan: MergePlan, row: Any, parts: list[tuple[dt.date, dt.date | None]]) -> None:
    """Note what becomes of a dated row of which these parts stay, at the compound that is kept."""
    before = {"compound_id": row.compound_id, "valid_from": row.valid_from, "valid_to": row.valid_to}
    if not parts:
        plan.changes.append(Change(type(row), row.pk, _all(row), None))
        return
    spans = [{"compound_id": plan.kept.pk, "valid_from": start, "valid_to": end} for start, end in parts]
    if spans[0] != before:
        plan.changes.append(Change(type(row), row.pk, before, spans[0]))
    for more in spans[1:]:
        plan.changes.append(Change(type(row), None, None, {**_all(row), "id": None, **more}))


def _all(row: Any) -> dict[str, Any]:
    return {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields}


def _service(plan: MergePlan) -> None:
    """Assignments are joined; where both are served on a day it must be by one project."""
    ours, theirs = _rows(ServiceAssignment, plan.kept), _rows(ServiceAssignment, plan.gone)
    for row in theirs:
        for other in ours:
            shared = overlap(_span(row), _span(other))
            if shared is None or row.contract.project_id == other.contract.project_id:
                continue
            plan.reasons.append(
                _(
                    "From %(start)s to %(end)s %(kept)s is served by %(one)s (contract %(one_number)s) and %(gone)s by %(other)s "
                    "(contract %(other_number)s). One compound is served by one project a day: correct the contract that is wrong first."
                )
                % {
                    "start": shared[0].isoformat(),
                    "end": shared[1].isoformat() if shared[1] else _("further notice"),
                    "kept": _named(plan.kept),
                    "one": other.contract.project.name,
                    "one_number": other.contract.number,
                    "gone": _named(plan.gone),
                    "other": row.contract.project.name,
                    "other_number": row.contract.number,
                }
            )
    result = [(row, _span(row)) for row in ours]
    for row in theirs:
        parts = without(_span(row), [_span(other) for other in ours])
        _keep(plan, row, parts)
        result += [(row, part) for part in parts]
    plan.service = Choice(
        "service",
        str(ServiceAssignment._meta.verbose_name),
        [_said(row, _span(row)) for row in ours],
        [_said(row, _span(row)) for row in theirs],
        KEPT,
        False,
        [_said(row, part) for row, part in sorted(result, key=lambda one: one[1][0])],
    )
    _count(plan, ServiceAssignment, len(theirs))


def _named(compound: Compound) -> str:
    return f"{compound.code} {compound.name}"


def _check_classes(plan: MergePlan) -> None:
    """A class needs an old compound on its first day, in the result too."""
    kinds, classes = _result(plan, CompoundKind), _result(plan, CompoundClass)
    for one in classes:
        start = one["valid_from"]
        on_day = (
            k["kind"]
            for k in kinds
            if k["valid_from"] <= start and (k["valid_to"] is None or k["valid_to"] >= start)
        )
        if next(on_day, "") == CompoundKind.Kind.PROFESSIONAL:
            plan.reasons.append(
                _(
                    "From %(start)s on the compound would have a class although it has professional service. Choose the same side for kind and class, or correct the kind first."
                )
                % {"start": start.isoformat()}
            )


def _result(plan: MergePlan, model: type[Any]) -> list[dict[str, Any]]:
    """All rows of the kept compound as they stand after the merge."""
    rows = {row.pk: _all(row) for one in (plan.kept, plan.gone) for row in _rows(model, one)}
    new = []
    for change in plan.changes:
        if change.model is not model:
            continue
        if change.after is None:
            del rows[change.pk]
        elif change.pk is None:
            new.append(change.after)
        else:
            rows[change.pk].update(change.after)
    return [*rows.values(), *new]


# --- other rows ------------------------------------------------------------------------------------


def _count(plan: MergePlan, model: type[Any], number: int, what: str = "moves") -> None:
    if number:
        plan.counts.append((str(model._meta.verbose_name_plural), number, what))


def _move(plan: MergePlan, model: type[Any], name: str, once: tuple[str, ...], same: tuple[str, ...]) -> None:
    column = f"{name}_id"
    rows = list(model._base_manager.filter(**{name: plan.gone}).order_by("pk"))
    taken = {}
    if once and rows:
        for row in model._base_manager.filter(**{name: plan.kept}):
            taken[tuple(getattr(row, part) for part in once)] = row
    for row in rows:
        twin = taken.get(tuple(getattr(row, part) for part in once)) if once else None
        if twin is None:
            plan.changes.append(Change(model, row.pk, {column: plan.gone.pk}, {column: plan.kept.pk}))
        elif same and all(getattr(twin, part) == getattr(row, part) for part in same):
            plan.changes.append(Change(model, row.pk, _all(row), None))
        else:
            plan.reasons.append(
                _(
                    "Both have a row “%(what)s” of %(day)s that says something else. Correct one of the two first."
                )
                % {"what": model._meta.verbose_name, "day": getattr(row, once[0]).isoformat()}
            )
    _count(plan, model, len(rows))


def _names(plan: MergePlan, model: type[Any]) -> None:
    """Known names move, those that the kept one has already stay behind."""
    known = set(model._base_manager.filter(compound=plan.kept).values_list("key", flat=True))
    for row in model._base_manager.filter(compound=plan.gone).order_by("pk"):
        if row.key not in known:
            plan.changes.append(
                Change(model, row.pk, {"compound_id": plan.gone.pk}, {"compound_id": plan.kept.pk})
            )


def _pairs(plan: MergePlan, model: type[Any], name: str) -> None:
    """A pair that somebody found to be two is not merged; pairs with others stay as they are."""
    other = "other" if name == "one" else "one"
    found = model._base_manager.filter(**{name: plan.gone, other: plan.kept}).first()
    if found is not None:
        plan.reasons.append(
            _(
                "%(who)s has found on %(day)s that these are two compounds. Take that back on this page first, if it was wrong."
            )
            % {"who": found.recorded_by, "day": f"{found.recorded_at:%Y-%m-%d}"}
        )


def _lead_on(plan: MergePlan) -> None:
    for row in Compound._base_manager.filter(merged_into=plan.gone).order_by("pk"):
        plan.changes.append(
            Change(Compound, row.pk, {"merged_into_id": plan.gone.pk}, {"merged_into_id": plan.kept.pk})
        )


def _stay(plan: MergePlan, model: type[Any], name: str) -> None:
    if model._meta.label == "communities.CompoundMerge":
        return
    rows = model._base_manager.filter(**{name: plan.gone})
    _count(plan, model, rows.count(), "stays")
    if model._meta.label == "evaluations.Entitlement":
        live = rows.filter(voided_at__isnull=True, adjusts__isnull=True).values_list("unit", flat=True)
        both = model._base_manager.filter(
            **{name: plan.kept, "voided_at__isnull": True, "adjusts__isnull": True, "unit__in": live}
        )
        if twice := sorted(set(both.values_list("unit", flat=True))):
            plan.notes.append(
                _(
                    "A subsidy was granted to both for the same time (%(units)s). What is not approved falls away when it is computed next; what was paid is offset by an adjustment."
                )
                % {"units": "、".join(twice)}
            )


def _refuse_unknown(plan: MergePlan, model: type[Any], name: str) -> None:
    if model._base_manager.filter(**{name: plan.gone}).exists():
        plan.reasons.append(
            _("“%(what)s” hangs on %(gone)s, and nothing says what becomes of it.")
            % {"what": model._meta.verbose_name_plural, "gone": _named(plan.gone)}
        )
