"""Eight guarantees (八保): marks reached of full marks in the period's inspections of old compounds. Second markings do not count."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, register
from evaluations.indicators.inspection_marks import lost_marks


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each item of each inspection below full marks, with the finding (one query)."""
    return lost_marks(facts, "guarantees")


INDICATOR = register(
    Indicator(
        code="eight_guarantees",
        title=gettext_lazy("eight guarantees"),
        explanation=gettext_lazy(
            "Marks reached of full marks on the eight basic services, over the inspections of the period."
        ),
        model="evaluations.Inspection",
        facts="""
    SELECT i.project_id, i.id AS source_id, i.inspected_on AS day,
           sum(m.mark) AS numerator, sum(m.full_mark) AS denominator, c.name AS label
    FROM evaluations_inspection i
    JOIN evaluations_inspectionmark m ON m.inspection_id = i.id AND m.scheme = 'guarantees'
    JOIN communities_compound c ON c.id = i.compound_id
    WHERE c.district_id = %(district)s AND i.state = 'marked' AND NOT i.is_second
      AND i.inspected_on BETWEEN %(start)s AND %(end)s AND i.recorded_at < %(cutoff)s
    GROUP BY i.id, c.name""",
        explain=explain,
    )
)
