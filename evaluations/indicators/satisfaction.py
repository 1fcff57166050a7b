"""Residents' satisfaction (居民满意度): satisfied households of those that answered validly, one answer each.

Answers count by their day; those of a second survey (`pooled_with`) only in the run that decides by it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, register
from evaluations.models import SurveyAnswer


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """How many households gave each low score (one query); no single answer is shown to anybody."""
    rows = (
        SurveyAnswer.objects.filter(pk__in=[fact.source_id for fact in facts if fact.missing > 0])
        .order_by("-score")
        .values_list("score")
        .annotate(n=Count("pk"))
    )
    return [
        Lost(
            None,
            _("households that gave %(score)s of 5") % {"score": score},
            _("%(n)s of %(all)s valid answers") % {"n": n, "all": len(facts)},
            Decimal(n),
        )
        for score, n in rows
    ]


INDICATOR = register(
    Indicator(
        code="satisfaction",
        title=gettext_lazy("satisfaction"),
        explanation=gettext_lazy("Households that answered 4 or 5, of all valid answers of the period."),
        model="evaluations.SurveyAnswer",
        labels=SurveyAnswer.Channel,
        facts="""
    SELECT a.project_id, a.id AS source_id, a.answered_on AS day,
           CASE WHEN a.is_satisfied THEN 1 ELSE 0 END AS numerator, 1 AS denominator, a.channel AS label
    FROM evaluations_surveyanswer a
    JOIN enterprises_serviceproject p ON p.id = a.project_id
    WHERE p.district_id = %(district)s AND a.is_valid AND a.pooled_with_id IS NULL
      AND a.answered_on BETWEEN %(start)s AND %(end)s AND a.recorded_at < %(cutoff)s
    UNION ALL
    SELECT a.project_id, a.id, a.answered_on, CASE WHEN a.is_satisfied THEN 1 ELSE 0 END, 1, a.channel
    FROM evaluations_closingrun run
    JOIN evaluations_surveyanswer a ON a.pooled_with_id = run.period_id AND a.is_valid
      AND (run.finished_at IS NULL OR a.recorded_at <= run.finished_at)
    -- by its name in JSON: the subjects of the open quarter have no such column, and no second survey
    JOIN evaluations_subject again ON again.run_id = run.id AND again.project_id = a.project_id
      AND to_jsonb(again) ->> 'resurveyed' = 'true'
    WHERE run.id = %(run)s""",
        explain=explain,
    )
)
