"""Cross-appointments (双向进入、交叉任职) on the last day of service: each of the two directions counts one half."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.models import CrossAppointment
from evaluations.indicators.base import Evidence, Indicator, Lost, known, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """The directions in which nobody held a post (one query)."""
    rows = CrossAppointment.objects.filter(pk__in=[fact.source_id for fact in facts if fact.source_id])
    there = set(rows.values_list("direction", flat=True))
    day = max((fact.day for fact in facts if fact.day), default=None)
    return [
        Lost(day, str(direction.label), _("nobody held such a post on this day"), Decimal(1))
        for direction in CrossAppointment.Direction
        if direction not in there
    ]


INDICATOR = register(
    Indicator(
        code="cross_appointments",
        title=gettext_lazy("cross-appointments"),
        explanation=gettext_lazy(
            "Both directions in force on the last day of service: from the firm into the community, and the reverse."
        ),
        model="enterprises.CrossAppointment",
        labels=CrossAppointment.Body,
        combine="max",
        facts=f"""
    SELECT s.project_id, a.id AS source_id, s.last_day AS day,
           CASE WHEN a.id IS NULL THEN 0 ELSE 1 END AS numerator, 2 AS denominator,
           coalesce(a.body, '') AS label
    FROM evaluations_subject s
    LEFT JOIN (
      SELECT DISTINCT ON (s.project_id, a.direction) s.project_id, a.direction, a.id, a.body
      FROM evaluations_subject s
      JOIN enterprises_crossappointment a ON a.enterprise_id = s.enterprise_id
        AND (a.project_id = s.project_id OR a.project_id IS NULL)
        AND a.valid_from <= s.last_day AND (a.valid_to IS NULL OR a.valid_to >= s.last_day)
        AND {known("a")}
      WHERE s.run_id = %(run)s
      ORDER BY s.project_id, a.direction, a.project_id NULLS LAST, a.id
    ) a ON a.project_id = s.project_id
    WHERE s.run_id = %(run)s""",
        explain=explain,
    )
)
