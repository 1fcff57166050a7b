"""What an indicator is: one SQL query of facts, from which both its values and their evidence come.

The query yields one row for each fact: project_id, source_id (the row behind it, null for "nothing
there"), day, numerator, denominator, label. Summed by project it gives the values of the whole
district in one statement; restricted to one project it is the answer to "where does this come
from". Parameters: %(run)s, %(district)s, %(start)s, %(end)s (days of the period), %(cutoff)s (the
moment after which nothing recorded counts).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Indicator:
    """A registered indicator. `model` names the kind of row behind its facts; `combine` tells how denominators join;
    `labels` are the choices from which the facts' labels come, if they are codes.
    """

    code: str
    title: Any
    explanation: Any
    model: str
    facts: str
    combine: str = "sum"
    counts_events: bool = False
    labels: Any = None

    def insert_sql(self, *, only_projects: bool = False) -> str:
        """Return the one statement that writes this indicator's values of a run; %(item)s is the rubric's item.

        `only_projects`: of the projects %(projects)s alone.
        """
        denominator = "NULL" if self.counts_events else f"{self.combine}(f.denominator)"
        return (
            "INSERT INTO evaluations_indicatorvalue (run_id, project_id, item, numerator, denominator, n) "
            f"SELECT %(run)s, f.project_id, %(item)s, sum(f.numerator), {denominator}, count(f.source_id) "
            f"FROM ({self.facts}) f "
            "JOIN evaluations_subject subject ON subject.run_id = %(run)s AND subject.project_id = f.project_id "
            + ("WHERE f.project_id = ANY(%(projects)s) " if only_projects else "")
            + "GROUP BY f.project_id"
        )


@dataclass(frozen=True)
class Evidence:
    """One fact behind a value: the row, its day, what it adds to numerator and denominator."""

    model: str
    source_id: int | None
    day: dt.date | None
    numerator: Decimal | None
    denominator: Decimal | None
    label: str


REGISTRY: dict[str, Indicator] = {}


def register(indicator: Indicator) -> Indicator:
    """Add the indicator to the registry; its code must be new."""
    if indicator.code in REGISTRY:
        raise ValueError(f"The indicator {indicator.code} is registered twice.")
    REGISTRY[indicator.code] = indicator
    return indicator


HAND_MARKS = Indicator(
    code="marks",
    title=_("marks by hand"),
    explanation=_("The mark given for this item in this period; without one the item is not applicable."),
    model="evaluations.HandMark",
    facts="""
    SELECT m.project_id, m.id AS source_id, p.ends_on AS day, m.mark AS numerator, 1 AS denominator,
           m.remark AS label
    FROM evaluations_handmark m
    JOIN evaluations_evaluationperiod p ON p.id = m.period_id
    WHERE p.district_id = %(district)s AND p.starts_on = %(start)s AND p.ends_on = %(end)s
      AND m.item = %(item)s AND m.recorded_at < %(cutoff)s""",
)
"""Not in the registry, because it takes its item from the rubric: see `indicator_of`."""


def indicator_of(source: str) -> Indicator:
    """Return the indicator of an item's source; raises KeyError when there is none."""
    return HAND_MARKS if source == HAND_MARKS.code else REGISTRY[source]


def write_values(indicator: Indicator, item: str, parameters: Mapping[str, Any]) -> int:
    """Write the indicator's values of a run for the whole district; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(indicator.insert_sql(), {**parameters, "item": item})
        return cursor.rowcount


def evidence(
    indicator: Indicator, project_id: int, parameters: Mapping[str, Any], item: str = ""
) -> list[Evidence]:
    """Return the facts behind the indicator's value of one project, by day (one query).

    `item` is the rubric's item, which marks by hand need.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source_id, day, numerator, denominator, label FROM "
            f"({indicator.facts}) f WHERE project_id = %(project)s ORDER BY day, source_id",
            {**parameters, "project": project_id, "item": item},
        )
        rows = cursor.fetchall()
    words = dict(indicator.labels.choices) if indicator.labels else {}
    return [Evidence(indicator.model, *row[:-1], str(words.get(row[-1], row[-1]))) for row in rows]
