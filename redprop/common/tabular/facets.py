"""Facts of a row that are kept as dated rows of their own: a compound's class, a community's name.

A new row begins them, a change ends the row in force the day before and begins another; what lies
before is never rewritten here (the register of the dated rows themselves corrects it).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from redprop.common.tabular import bulk
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import recorded


@dataclass(frozen=True)
class Facet:
    """`columns` maps a column of the register to the attribute of the dated `model`; `owner` is its key to the row.

    `nothing` is stored where a column of the fact says nothing beside another that does.
    """

    model: type[models.Model]
    owner: str
    columns: dict[str, str]
    nothing: Any = None

    @property
    def field(self) -> str:
        """The column that errors are reported under."""
        return next(iter(self.columns))


Start = Callable[[Context, Plan, Row], dt.date]


def _touched(plan: Plan, facet: Facet) -> list[Row]:
    rows = []
    for row in plan.of(NEW, CHANGED):
        given = [name for name in facet.columns if plan.given(row, name)]
        if given and (row.old is None or plan.differs(row, *given)):
            rows.append(row)
    return rows


def _latest(facet: Facet, rows: Sequence[Row]) -> dict[Any, Any]:
    """Return owner → its last dated row, with one query."""
    owners = [row.pk for row in rows if row.old is not None]
    if not owners:
        return {}
    found = facet.model._base_manager.filter(**{f"{facet.owner}__in": owners}).order_by("valid_from")
    return {getattr(one, f"{facet.owner}_id"): one for one in found}


def check(context: Context, plan: Plan, facets: Sequence[Facet], start: Start) -> None:
    """Refuse changes that would begin before the fact in force does."""
    for facet in facets:
        rows = _touched(plan, facet)
        latest = _latest(facet, rows)
        for row in rows:
            last = latest.get(row.pk) if row.old is not None else None
            day = start(context, plan, row)
            if last is None:
                continue
            if day < last.valid_from or (last.valid_to is not None and last.valid_to >= day):
                plan.refuse(
                    row,
                    facet.field,
                    _(
                        "From %(day)s on, a later entry (from %(from)s) already stands. Choose a later day of change, or correct the dated entries themselves."
                    )
                    % {"day": day.isoformat(), "from": last.valid_from.isoformat()},
                )


def _value(plan: Plan, row: Row, name: str) -> Any:
    value = plan.value(row, name)
    return plan.register.by_field[name].kind.cleared if value is None else value


def save(context: Context, plan: Plan, facets: Sequence[Facet], start: Start) -> None:
    """End and begin dated rows; one query, one update and one insert for each facet."""
    for facet in facets:
        rows = _touched(plan, facet)
        latest = _latest(facet, rows)
        ended, corrected, begun = [], [], []
        for row in rows:
            day = start(context, plan, row)
            values = {attribute: _value(plan, row, name) for name, attribute in facet.columns.items()}
            last = latest.get(row.pk) if row.old is not None else None
            cleared = all(value in (None, "") for value in values.values())
            if facet.nothing is not None:
                values = {name: facet.nothing if v is None else v for name, v in values.items()}
            if last is not None and last.valid_from == day and not cleared:
                for attribute, value in values.items():
                    setattr(last, attribute, value)
                corrected.append(last)
                continue
            if last is not None and last.valid_to is None:
                last.valid_to = max(day - dt.timedelta(days=1), last.valid_from)
                ended.append(last)
            if not cleared:
                new = facet.model(**{f"{facet.owner}_id": row.pk, "valid_from": day}, **values)
                begun.append(recorded(context, new))
        bulk.update(ended, ["valid_to"])
        bulk.update(corrected, list(facet.columns.values()))
        bulk.insert(begun)
