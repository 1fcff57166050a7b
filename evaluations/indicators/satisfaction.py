"""Residents' satisfaction (居民满意度): satisfied households of those that answered validly, one answer each."""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register
from evaluations.models import SurveyAnswer

INDICATOR = register(
    Indicator(
        code="satisfaction",
        title=_("satisfaction"),
        explanation=_("Households that answered 4 or 5, of all valid answers of the period."),
        model="evaluations.SurveyAnswer",
        labels=SurveyAnswer.Channel,
        facts="""
    SELECT a.project_id, a.id AS source_id, a.answered_on AS day,
           CASE WHEN a.is_satisfied THEN 1 ELSE 0 END AS numerator, 1 AS denominator, a.channel AS label
    FROM evaluations_surveyanswer a
    JOIN enterprises_serviceproject p ON p.id = a.project_id
    WHERE p.district_id = %(district)s AND a.is_valid
      AND a.answered_on BETWEEN %(start)s AND %(end)s AND a.recorded_at < %(cutoff)s""",
    )
)
