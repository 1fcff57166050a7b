"""Finds lines of the audit trail by whom they concern, and names tables in words."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from redprop.accounts.audit_triggers import LOGS, OPENING_STEPS, RIGHTS, tracked_models
from redprop.accounts.models.audit import AuditLine, NumbersField
from redprop.accounts.permissions import ROLE_PERMISSIONS
from redprop.common.scope import scope_of

NAMES = ("name", "code", "username", "full_name", "uscc")
AT_MOST = 500
TOLD_ELSEWHERE = {"stands_in_for", "id", "at", "user_id", "username", "address", "recorded_at", "recorded_by"}
"""Facts that a line shows in columns of its own."""
FACTS = {
    "database": _("account of the database"),
    "what": _("what"),
    "rows": _("rows"),
    "adopted": _("taken over from before the trail"),
}


@NumbersField.register_lookup
class Overlaps(models.Lookup):
    """`lines__overlaps=[1, 5]`: any of these numbers is in the set."""

    lookup_name = "overlaps"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, params = self.process_lhs(compiler, connection)
        ranges = "{" + ",".join(f"[{number},{number}]" for number in sorted(self.rhs)) + "}"
        return f"{lhs} && %s::int8multirange", (*params, ranges)


@cache
def _models() -> dict[str, type[models.Model]]:
    """The models of the tables that lines name."""
    by_table = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    tables = [event.pgh_tracked_model._meta.db_table for event in tracked_models()]  # type: ignore[attr-defined]
    return {table: by_table[table] for table in [*tables, *LOGS, *OPENING_STEPS, *RIGHTS]}


def titles_of_tables() -> dict[str, str]:
    """The registers' names in the reader's language, by table."""
    return {table: str(model._meta.verbose_name) for table, model in _models().items()}


KINDS = ("added", "changed", "removed", "exported", "opened")
"""Kinds of lines that need a right on their register."""


def capacity(line: AuditLine) -> tuple[str, str]:
    """Return for whom the line's actor stood in that day, and whether the act needed it: "stand-in", "own" or "".

    "" where the roles of both give the right (then the area of the row tells), or where the table of rights says
    nothing of the register, because the desk decides by area alone.
    """
    standing = line.facts.get("stands_in_for")
    if not isinstance(standing, dict):
        return str(standing or ""), ""
    names = f"{'、'.join(standing['names'])}（{'、'.join(standing['areas'])}）"
    model = _models().get(line.register)
    if model is None or line.kind not in KINDS:
        return names, ""
    label = model._meta.label_lower

    def gives(roles: list[str]) -> bool:
        given = {one for role in roles for one in ROLE_PERMISSIONS.get(role, {}).get(label, "").split()}
        if line.kind == "exported":
            return "view" in given
        if line.kind == "opened":
            return any(one.startswith("open_") for one in given)
        return bool({"add"} & given if line.kind == "added" else given - {"view"})

    by_own, by_other = gives(standing["own"]), gives(standing["roles"])
    return names, "" if by_own == by_other else ("own" if by_own else "stand-in")


def fact_names(line: AuditLine) -> list[tuple[str, str]]:
    """The line's facts with the names of the fields they come from, what the line says elsewhere left out."""
    model = _models().get(line.register)
    fields = {field.attname: field for field in model._meta.concrete_fields} if model else {}
    found = []
    for name, value in sorted(line.facts.items()):
        if name in TOLD_ELSEWHERE or value in ("", None, [], {}):
            continue
        field = fields.get(name)
        words = dict(getattr(field, "flatchoices", ()) or ())
        title = field.verbose_name if field else FACTS.get(name, name)
        found.append((str(title), str(words.get(value, value)) if isinstance(value, str) else str(value)))
    return found


def concerning(text: str, *, user: object) -> Q:
    """Condition on lines about rows with this name or code in the user's district, and about rows that point to them."""
    scope = scope_of(user)
    districts = scope.district_ids | scope.administered_ids
    wanted: dict[type[models.Model], list[int]] = {}
    for model in _models().values():
        fields = {field.name for field in model._meta.concrete_fields}
        names = [name for name in NAMES if name in fields]
        if not names or "district" not in fields:
            continue
        reach = Q()
        for name in names:
            reach |= Q(**{name: text})
        rows = model._base_manager.filter(reach)
        if not scope.everything:
            rows = rows.filter(district__in=districts)
        if found := list(rows.values_list("pk", flat=True)[:AT_MOST]):
            wanted[model] = found
    condition = Q(username=text)
    for model, ids in list(wanted.items()):
        condition |= Q(register=model._meta.db_table, concerned__overlaps=ids)
        for table, other in _models().items():
            condition |= _pointing(table, other, model, ids)
    return condition


def _pointing(table: str, other: type[models.Model], model: type[models.Model], ids: list[int]) -> Q:
    """Lines about rows of `other` that point to the rows `ids` of `model`."""
    condition = Q()
    for field in other._meta.concrete_fields:
        if not field.is_relation or field.related_model is not model:
            continue
        rows = list(
            other._base_manager.filter(**{f"{field.name}__in": ids}).values_list("pk", flat=True)[:AT_MOST]
        )
        if rows:
            condition |= Q(register=table, concerned__overlaps=rows)
    return condition
