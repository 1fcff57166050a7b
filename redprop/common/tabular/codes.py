"""Own codes of the district: allotted to new rows, never given twice, not even after a deletion."""

import re
from collections import Counter
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import MISSING, NEW, Plan

_FORM = re.compile(r"([^\d]*)(\d{1,12})")


def used(model: type[models.Model], district: Any, field: str = "code") -> set[str]:
    """Return every code that a row of the district has or had (deleted rows live on in the history)."""
    found = set(model._base_manager.filter(district=district).values_list(field, flat=True))
    events = getattr(model, "pgh_event_model", None)
    if events is not None:
        found |= set(events.objects.filter(district=district).values_list(field, flat=True).distinct())
    return found


def next_codes(
    model: type[models.Model], district: Any, count: int, *, prefix: str, digits: int
) -> list[str]:
    """Return `count` codes such as XQ0852, after the highest one ever used.

    The district's own habit goes before `prefix` and `digits`: the prefix most of its codes have.
    """
    known = [m for code in used(model, district) if (m := _FORM.fullmatch(code))]
    habits = Counter(m[1] for m in known)
    if habits:
        prefix = max(habits, key=lambda found: (habits[found], found))
        digits = max(len(m[2]) for m in known if m[1] == prefix)
    last = max((int(m[2]) for m in known if m[1] == prefix), default=0)
    return [f"{prefix}{number:0{digits}d}" for number in range(last + 1, last + 1 + count)]


def allot(context: Context, plan: Plan, *, prefix: str, digits: int) -> None:
    """Give a code to each new row of a plan that came without one."""
    at = plan.at["code"]
    rows = [row for row in plan.of(NEW) if row.values[at] is MISSING]
    if not rows:
        return
    codes = next_codes(plan.register.model, context.district, len(rows), prefix=prefix, digits=digits)
    for row, code in zip(rows, codes, strict=True):
        row.values[at] = code


def refuse_reused(context: Context, plan: Plan) -> None:
    """Refuse new rows whose code a row had that is gone."""
    at = plan.at["code"]
    rows = [row for row in plan.of(NEW) if row.values[at] is not MISSING]
    if not rows:
        return
    taken = {code.casefold() for code in used(plan.register.model, context.district)}
    for row in rows:
        if row.values[at].casefold() in taken:
            plan.refuse(
                row,
                "code",
                _("The code %(code)s was given before and is never reused. Leave it empty to get a new one.")
                % {"code": row.values[at]},
            )


def match_by_name(
    context: Context, plan: Plan, rows: list[Any], *, name_of: Any, known: dict[Any, list[Any]]
) -> None:
    """Propose for each row without a code the one stored row of the same normalised name.

    `name_of(row)` gives the key; `known` maps keys to (pk, code). Several candidates refuse the row.
    """
    from redprop.common.tabular.engine import stored_rows

    wanted: dict[Any, Any] = {}
    first: dict[Any, int] = {}
    for row in rows:
        key = name_of(row)
        if key is None:
            continue
        if key in first:
            plan.refuse(
                row,
                "name",
                _(
                    "Row %(row)s has the same name and area. Delete one of them, or tell them apart by their codes."
                )
                % {"row": first[key]},
            )
            continue
        first[key] = row.number
        candidates = known.get(key, [])
        if len(candidates) > 1:
            plan.refuse(
                row,
                "name",
                _("Several rows of the register have this name: %(codes)s. Fill in the code.")
                % {"codes": "、".join(sorted(code for _pk, code in candidates))},
            )
        elif candidates:
            wanted.setdefault(candidates[0][0], row)
    if wanted:
        for pk, stored in stored_rows(plan.register, context, set(wanted)).items():
            row = wanted[pk]
            row.pk, row.old, row.proposed = pk, stored, True
