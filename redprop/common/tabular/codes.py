"""Own codes of the district: allotted to new rows, never given twice, not even after a deletion."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import NEW, Plan, stored_rows
from redprop.common.text import name_key

_MOST = 20_000
_FORM = re.compile(r"([^\d]*)(\d{1,12})")


def used(model: type[models.Model], district: Any, field: str = "code") -> Iterator[str]:
    """Yield every code that a row of the district has or had (deleted rows live on in the history)."""
    yield from _codes_of(model._base_manager, district, field)
    if events := getattr(model, "pgh_event_model", None):
        yield from _codes_of(events.objects, district, field)


def _codes_of(manager: Any, district: Any, field: str) -> Iterator[str]:
    found = manager.filter(district=district).order_by().values_list(field, flat=True).distinct()
    return found.iterator(chunk_size=2_000)  # type: ignore[no-any-return]


def _returned(model: type[models.Model], district: Any, taken: set[str]) -> dict[str, str]:
    """Return code → name of rows that went because their import was undone: the same row may come again."""
    events = getattr(model, "pgh_event_model", None)
    if events is None or "name" not in {f.name for f in model._meta.concrete_fields}:
        return {}
    gone = events.objects.filter(
        district=district, pgh_label__startswith="delete", pgh_context__metadata__has_key="undone_import"
    )
    if len(taken) <= _MOST:
        gone = gone.annotate(_folded=Lower("code")).filter(_folded__among=taken)
    present = model._base_manager.filter(district=district, code=models.OuterRef("code"))
    gone = gone.filter(~models.Exists(present)).order_by("pgh_id")
    return dict(gone.values_list("code", "name"))


def next_codes(
    model: type[models.Model], district: Any, wanted: int, *, prefix: str, digits: int
) -> list[str]:
    """Return `wanted` codes such as XQ0852, after the highest one ever used.

    The district's own habit goes before `prefix` and `digits`: the prefix most of its codes have.
    """
    return list(islice(_endless(model, district, prefix, digits), wanted))


def _endless(model: type[models.Model], district: Any, prefix: str, digits: int) -> Iterator[str]:
    habits: Counter[str] = Counter()
    last: dict[str, int] = {}
    widths: dict[str, int] = {}
    for code in used(model, district):
        if found := _FORM.fullmatch(code):
            habits[found[1]] += 1
            last[found[1]] = max(last.get(found[1], 0), int(found[2]))
            widths[found[1]] = max(widths.get(found[1], 0), len(found[2]))
    if habits:
        prefix = max(habits, key=lambda found: (habits[found], found))
        digits = widths[prefix]
    for number in count(last.get(prefix, 0) + 1):
        yield f"{prefix}{number:0{digits}d}"


def allot(context: Context, plan: Plan, *, prefix: str, digits: int) -> None:
    """Give a code to each new row of a plan that came without one; codes that the file itself gives are left out."""
    for row in plan.of(NEW):
        if plan.given(row, "code"):
            continue
        codes = plan.memory.get("codes")
        if codes is None:
            codes = _endless(plan.register.model, context.district, prefix, digits)
            codes = plan.memory["codes"] = (code for code in codes if code.casefold() not in plan.keys)
        plan.set(row, "code", next(codes))


def refuse_reused(context: Context, plan: Plan) -> None:
    """Refuse new rows whose code a row had that is gone."""
    given = {plan.value(row, "code").lower() for row in plan.of(NEW) if plan.given(row, "code")}
    if not given:
        return
    model, taken = plan.register.model, set()
    managers = [model._base_manager]
    if events := getattr(model, "pgh_event_model", None):
        managers.append(events.objects)
    for manager in managers:
        found = manager.filter(district=context.district).order_by().annotate(_folded=Lower("code"))
        if len(given) <= _MOST:
            found = found.filter(_folded__among=given)
        taken |= given.intersection(found.values_list("_folded", flat=True).distinct().iterator(2_000))
    returned = _returned(model, context.district, taken) if taken else {}
    for row in plan.of(NEW) if taken else ():
        code = plan.value(row, "code") if plan.given(row, "code") else ""
        if code in returned and name_key(returned[code]) == name_key(plan.value(row, "name") or ""):
            continue
        if code and code.lower() in taken:
            plan.refuse(
                row,
                "code",
                _("The code %(code)s was given before and is never reused. Leave it empty to get a new one.")
                % {"code": plan.value(row, "code")},
            )


def match_by_name(
    context: Context, plan: Plan, rows: list[Any], *, name_of: Any, known: dict[Any, list[Any]]
) -> None:
    """Propose for each row without a code the one stored row of the same normalised name.

    `name_of(row)` gives the key; `known` maps keys to (pk, code). Several candidates refuse the row.
    """
    wanted: dict[Any, Any] = {}
    first: dict[Any, int] = plan.memory.setdefault("rows by name", {})
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
