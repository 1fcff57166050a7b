"""On-site inspection (现场检查): the mean of the period's inspections, each as a mark out of 100.

Exact: an inspection whose mark out of 100 has no end within four decimals (2 of 3 marks) is kept as a fraction;
the inspections of a project then share one denominator, so that each counts the same (beyond a million, which no
list of items comes to, four decimals are kept). Second markings do not count.
"""

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
    SELECT o.project_id, o.source_id, o.day,
           round(o.mark * 100 * o.share / o.full_mark, 4) AS numerator, o.share AS denominator, o.label
    FROM (
      SELECT s.*, CASE WHEN max(s.share_of_one) OVER project > 10000
                         OR evaluations_lcm(s.share_of_one) OVER project > 1000000 THEN 1
                       ELSE evaluations_lcm(s.share_of_one) OVER project END AS share
      FROM (
        SELECT t.*, t.full_mark * 100 / gcd(t.mark * 100 * 1000000, t.full_mark * 100) AS share_of_one
        FROM (
          SELECT i.project_id, i.id AS source_id, i.inspected_on AS day,
                 sum(m.mark) AS mark, sum(m.full_mark) AS full_mark, c.name AS label
          FROM evaluations_inspection i
          JOIN evaluations_inspectionmark m ON m.inspection_id = i.id AND m.scheme = 'on_site'
          JOIN communities_compound c ON c.id = i.compound_id
          WHERE c.district_id = %(district)s AND i.state = 'marked' AND NOT i.is_second
            AND i.inspected_on BETWEEN %(start)s AND %(end)s AND i.recorded_at < %(cutoff)s
          GROUP BY i.id, c.name HAVING sum(m.full_mark) > 0
        ) t
      ) s WINDOW project AS (PARTITION BY s.project_id)
    ) o""",
        explain=explain,
    )
)
