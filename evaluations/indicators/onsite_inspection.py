"""On-site inspection (现场检查): the mean of the period's inspections, each as a mark out of 100."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, register
from evaluations.indicators.inspection_marks import lost_marks


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each item of each inspection below full marks, with the finding (one query)."""
    return lost_marks(facts, "on_site")


INDICATOR = register(
    Indicator(
        code="onsite_inspection",
        title=gettext_lazy("on-site inspection"),
        explanation=gettext_lazy(
            "Each inspection of the period as marks out of 100; the mean of all of them."
        ),
        model="evaluations.Inspection",
        facts="""
    SELECT i.project_id, i.id AS source_id, i.inspected_on AS day,
           round(sum(m.mark) * 100 / sum(m.full_mark), 4) AS numerator, 1 AS denominator, c.name AS label
    FROM evaluations_inspection i
    JOIN evaluations_inspectionmark m ON m.inspection_id = i.id AND m.scheme = 'on_site'
    JOIN communities_compound c ON c.id = i.compound_id
    WHERE c.district_id = %(district)s AND i.state = 'marked'
      AND i.inspected_on BETWEEN %(start)s AND %(end)s AND i.recorded_at < %(cutoff)s
    GROUP BY i.id, c.name HAVING sum(m.full_mark) > 0""",
        explain=explain,
    )
)
