"""What an indicator is: one SQL query of facts, from which both its values and their evidence come.

The query yields one row for each fact: project_id, source_id (the row behind it, null for "nothing
there"), day, numerator, denominator, label. Summed by project it gives the values of the whole
district in one statement; restricted to one project it is the answer to "where does this come
from". Parameters: %(run)s, %(district)s, %(start)s, %(end)s (days of the period), %(cutoff)s (the
moment after which nothing recorded counts).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Evidence:
    """One fact behind a value: the row, its day, what it adds to numerator and denominator."""

    model: str
    source_id: int | None
    day: dt.date | None
    numerator: Decimal | None
    denominator: Decimal | None
    label: str

    @property
    def missing(self) -> Decimal:
        """What the numerator lacks of the denominator."""
        return (self.denominator or Decimal(0)) - (self.numerator or Decimal(0))


@dataclass(frozen=True)
class Lost:
    """One thing that points were lost for: what it is, why it counts against, and its share (`missing`, in the
    indicator's own unit). `model` and `source_id` name the row to open.
    """

    day: dt.date | None
    what: str
    why: str
    missing: Decimal
    model: str = ""
    source_id: int | None = None


Explain = Callable[[Sequence[Evidence], Mapping[str, Any]], list[Lost]]
"""From the facts of one project and the query's parameters to what they cost: one query at most, not one a fact."""

FIRST_LOAD = """(SELECT (max(rule.first_load_until) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
        FROM enterprises_partyrule rule WHERE rule.district_id = %(district)s)"""
"""The moment until which facts of the party registers count as known all along: they were taken over from paper."""


def known(alias: str) -> str:
    """Condition: the row of a party register was recorded by the cut-off, or taken over in the first load."""
    return f"({alias}.recorded_at < %(cutoff)s OR {alias}.recorded_at < {FIRST_LOAD})"


@dataclass(frozen=True)
class Indicator:
    """A registered indicator. `model` names the kind of row behind its facts; `combine` tells how denominators join;
    `labels` are the choices from which the facts' labels come, if they are codes; `explain` says what points
    were lost for.
    """

    code: str
    title: Any
    explanation: Any
    model: str
    facts: str
    combine: str = "sum"
    counts_events: bool = False
    labels: Any = None
    explain: Explain | None = None

    def values_sql(self, subjects: str) -> str:
        """Return the statement that reads project, numerator, denominator and n, with `subjects` in place of a run's.

        `subjects` is the WITH clause that names them (see `services.subjects`).
        """
        denominator = "NULL" if self.counts_events else f"{self.combine}(f.denominator)"
        return (
            f"{subjects} SELECT f.project_id, sum(f.numerator), {denominator}, count(f.source_id) "
            f"FROM ({self.facts}) f JOIN evaluations_subject subject ON subject.project_id = f.project_id "
            "GROUP BY f.project_id"
        )

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


REGISTRY: dict[str, Indicator] = {}


def register(indicator: Indicator) -> Indicator:
    """Add the indicator to the registry; its code must be new."""
    if indicator.code in REGISTRY:
        raise ValueError(f"The indicator {indicator.code} is registered twice.")
    REGISTRY[indicator.code] = indicator
    return indicator


def explain_hand_marks(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """The mark with what it was given for (no query); what it lacks is known by the item's scale."""
    return [
        Lost(
            fact.day,
            _("mark by hand: %(mark)s") % {"mark": f"{(fact.numerator or Decimal(0)).normalize():f}"},
            fact.label or _("no reason was written beside the mark"),
            Decimal(1),
        )
        for fact in facts
    ]


HAND_MARKS = Indicator(
    code="marks",
    title=gettext_lazy("marks by hand"),
    explanation=gettext_lazy(
        "The mark given for this item in this period; without one the item is not applicable."
    ),
    model="evaluations.HandMark",
    facts="""
    SELECT m.project_id, m.id AS source_id, p.ends_on AS day, m.mark AS numerator, 1 AS denominator,
           m.remark AS label
    FROM evaluations_handmark m
    JOIN evaluations_evaluationperiod p ON p.id = m.period_id
    WHERE p.district_id = %(district)s AND p.starts_on = %(start)s AND p.ends_on = %(end)s
      AND m.item = %(item)s AND m.recorded_at < %(cutoff)s""",
    explain=explain_hand_marks,
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
    indicator: Indicator,
    project_id: int,
    parameters: Mapping[str, Any],
    item: str = "",
    subjects: str = "",
) -> list[Evidence]:
    """Return the facts behind the indicator's value of one project, by day (one query).

    `item` is the rubric's item, which marks by hand need; `subjects` as in `Indicator.values_sql`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"{subjects} SELECT source_id, day, numerator, denominator, label FROM "
            f"({indicator.facts}) f WHERE project_id = %(project)s ORDER BY day, source_id",
            {**parameters, "project": project_id, "item": item},
        )
        rows = cursor.fetchall()
    words = dict(indicator.labels.choices) if indicator.labels else {}
    return [Evidence(indicator.model, *row[:-1], str(words.get(row[-1], row[-1]))) for row in rows]
