"""Graduates employed (大学生在岗) on the last day of the period: of the enterprise, for each of its projects."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.models import Graduate
from evaluations.indicators.base import Evidence, Indicator, Lost, known, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """How many graduates the enterprise has for its projects (no query)."""
    have = sum((fact.numerator or Decimal(0) for fact in facts), Decimal(0))
    projects = max((fact.denominator or Decimal(0) for fact in facts), default=Decimal(0))
    words = {"have": int(have), "projects": int(projects)}
    return [
        Lost(
            parameters["end"],
            _("graduates of the enterprise"),
            _("%(have)s in post for %(projects)s assessed projects") % words,
            Decimal(1),
        )
    ]


INDICATOR = register(
    Indicator(
        code="graduates_employed",
        title=gettext_lazy("graduates employed"),
        explanation=gettext_lazy(
            "Graduates with a post at the enterprise on the last day of the period, for each of its assessed projects."
        ),
        model="enterprises.Graduate",
        labels=Graduate.Degree,
        combine="max",
        facts=f"""
    SELECT s.project_id, g.id AS source_id, %(end)s::date AS day,
           CASE WHEN g.id IS NULL THEN 0 ELSE 1 END AS numerator, firm.projects AS denominator,
           coalesce(g.degree, '') AS label
    FROM evaluations_subject s
    JOIN (SELECT enterprise_id, count(*) AS projects FROM evaluations_subject
          WHERE run_id = %(run)s GROUP BY enterprise_id) firm ON firm.enterprise_id = s.enterprise_id
    LEFT JOIN (SELECT DISTINCT post.enterprise_id, g.id, g.degree
          FROM enterprises_post post JOIN enterprises_graduate g ON g.person_id = post.person_id
          WHERE post.valid_from <= %(end)s AND (post.valid_to IS NULL OR post.valid_to >= %(end)s)
            AND {known("post")} AND {known("g")}) g
      ON g.enterprise_id = s.enterprise_id
    WHERE s.run_id = %(run)s""",
        explain=explain,
    )
)
