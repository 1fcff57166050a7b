"""What the register of compounds refuses, and the dated facts that it writes with a compound."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from communities.imports import matching
from communities.models import Compound, CompoundClass, CompoundKind, CompoundPlacement
from redprop.common.tabular import codes, facets, saving
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row

FACETS = (
    facets.Facet(CompoundPlacement, "compound", {"community": "community_id"}),
    facets.Facet(CompoundKind, "compound", {"kind": "kind"}),
    facets.Facet(CompoundClass, "compound", {"compound_class": "compound_class"}),
)


def _start(context: Context, plan: Plan, row: Row) -> dt.date:
    """The day from which what the row says holds."""
    given = plan.value(row, "change_from")
    if given:
        return given
    if row.old is None:
        return plan.value(row, "registered_from") or context.day
    return context.day


def check(context: Context, plan: Plan) -> None:
    _check_merged(context, plan)
    codes.refuse_reused(context, plan)
    saving.refuse_out_of_order(plan, "registered_from", "retired_on")
    matching.fill_datum(plan)
    matching.check_names(plan)
    matching.check_district(context, plan)
    matching.check_outline(context, plan)
    of_community = matching.subdistricts_of(context)
    for row in plan.of(NEW, CHANGED):
        _check_place(plan, row)
        _check_area(plan, row, of_community)
        _check_class(plan, row)
        start, first = _start(context, plan, row), plan.value(row, "registered_from")
        if first and start < first and plan.differs(row, "community", "kind", "compound_class"):
            plan.refuse(
                row,
                "change_from" if plan.given(row, "change_from") else "registered_from",
                _(
                    "%(start)s is before the compound enters the register (%(first)s). Correct one of the two dates."
                )
                % {"start": start.isoformat(), "first": first.isoformat()},
            )
    facets.check(context, plan, FACETS, _start)


def _check_merged(context: Context, plan: Plan) -> None:
    """Refuse rows under the code of a compound that was merged into another, before the code counts as reused."""
    rows = {plan.value(row, "code"): row for row in plan.of(NEW) if plan.value(row, "code")}
    gone = Compound.objects.filter(
        district=context.district, merged_into__isnull=False, code__in=list(rows)
    ).select_related("merged_into")
    for compound in gone if rows else ():
        assert compound.merged_into is not None
        plan.refuse(
            rows[compound.code],
            "code",
            _("%(gone)s was merged into %(kept)s “%(name)s”. Use that code.")
            % {
                "gone": compound.code,
                "kept": compound.merged_into.code,
                "name": compound.merged_into.name,
            },
        )


def _check_place(plan: Plan, row: Row) -> None:
    parts = [plan.value(row, name) not in (None, "") for name in ("longitude", "latitude", "datum")]
    if any(parts) and not all(parts):
        name = ("longitude", "latitude", "datum")[parts.index(False)]
        plan.refuse(row, name, _("A place needs longitude, latitude and datum together."))


def after(context: Context, plan: Plan) -> None:
    facets.save(context, plan, FACETS, _start)
    matching.remember_names(context, plan)


def _check_area(plan: Plan, row: Row, of_community: dict[Any, Any]) -> None:
    community, told = plan.value(row, "community"), row.values[plan.at["subdistrict"]]
    if community and told and plan.given(row, "subdistrict") and of_community.get(community) != told:
        plan.refuse(
            row,
            "subdistrict",
            _("The community lies in another subdistrict. Correct the community or the subdistrict."),
        )


def _check_class(plan: Plan, row: Row) -> None:
    if not plan.differs(row, "compound_class", "kind") or plan.value(row, "compound_class") is None:
        return
    if plan.given(row, "compound_class") and plan.value(row, "kind") != CompoundKind.Kind.OLD:
        plan.refuse(
            row,
            "compound_class",
            _("Only old compounds have a class. Set the kind to “老旧小区” or leave the class empty."),
        )
