"""How the list of an edition is read: the columns of the register `communities`, as a whole and for a day.

Not a register of its own: `redprop.areas.services.editions` compares the list with what stands
there and writes it.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.imports.communities import COMMUNITIES, check_inside_district, open_communities
from redprop.areas.models import Community
from redprop.areas.services.editions import Listed
from redprop.common.errors import Refused
from redprop.common.tabular import cells, kinds
from redprop.common.tabular.cells import CellError
from redprop.common.tabular.declare import Column, Context, Register
from redprop.common.tabular.engine import MISSING, Plan, Problem, validate

LIST = Register(
    name="communities",
    title=gettext_lazy("communities"),
    model=Community,
    key=("code",),
    rows=open_communities,
    order=("code",),
    check=check_inside_district,
    columns=(
        *(column for column in COMMUNITIES.columns if column.field in ("code", "name", "subdistrict")),
        Column(
            "as_of",
            "区划版本",
            kinds.Text(longest=40),
            ("版本", "版本日期", "截止日期"),
            attr=None,
            source="closed_on",
            transient=True,
        ),
    ),
)

REFERENCE_DAYS = {
    2016: dt.date(2016, 7, 31),
    2017: dt.date(2017, 10, 31),
    2018: dt.date(2018, 10, 31),
    2019: dt.date(2019, 10, 31),
    2020: dt.date(2020, 6, 30),
    2021: dt.date(2021, 10, 31),
    2022: dt.date(2022, 10, 31),
    2023: dt.date(2023, 6, 30),
}
"""Days as of which the statistics bureau published its codes of a year."""


def edition_day(edition: str) -> dt.date:
    """The day as of which an edition holds: a date, or a year of the bureau's. Raises Refused."""
    text = edition.strip()
    if text.isdigit() and int(text) in REFERENCE_DAYS:
        return REFERENCE_DAYS[int(text)]
    try:
        if not (text.isdigit() and len(text) == 4):
            day = cells.day(text)
            if day is not None:
                return day
    except CellError:
        pass
    raise Refused(
        _("Edition “%(edition)s”: write the day as of which the list holds, such as 2024-06-30.")
        % {"edition": text[:40]},
        code="edition-day",
        field="edition",
    )


def read_edition(
    path: Path,
    context: Context,
    *,
    as_of: dt.date,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Plan, list[Listed]]:
    """The plan of the file (its errors by row) and the communities of its good rows."""
    plan = validate(LIST, path, context, sheet=sheet, mapping=mapping)
    for row in plan.good():
        stated = row.values[plan.at["as_of"]]
        if stated in (MISSING, None, ""):
            continue
        try:
            day = edition_day(stated)
        except Refused:
            continue  # a name of the edition, not a day
        if day != as_of:
            raise Refused(
                _("The file says “as of %(stated)s” in row %(row)s, not %(day)s. Name that edition.")
                % {"stated": stated, "row": row.number, "day": as_of.isoformat()},
                code="other-edition",
                field="edition",
            )
    listed = [
        Listed(row.number, plan.value(row, "code"), plan.value(row, "name"), plan.value(row, "subdistrict"))
        for row in plan.good()
    ]
    return plan, listed


def refuse_listed(plan: Plan, number: int, field: str, message: str) -> None:
    """Refuse the row of this number in the plan."""
    for row in plan.good():
        if row.number == number:
            plan.refuse(row, field, message)
            return


__all__ = ["LIST", "Problem", "edition_day", "read_edition", "refuse_listed"]
