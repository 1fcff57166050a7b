"""Finds lines of the audit trail by whom they concern, and names tables in words."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from redprop.accounts.audit_triggers import LOGS, OPENING_STEPS, RIGHTS, tracked_models
from redprop.accounts.models.audit import NumbersField
from redprop.common.scope import scope_of

NAMES = ("name", "code", "username", "full_name", "uscc")
AT_MOST = 500


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
