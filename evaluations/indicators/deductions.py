"""Deductions (查实扣分): points of proven events in the period, each ground up to its most in one period."""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="deductions",
        title=_("deductions"),
        explanation=_(
            "Points of proven events of the period that were not revoked; one ground costs no more than its most in a period."
        ),
        model="evaluations.Deduction",
        counts_events=True,
        facts="""
    SELECT d.project_id, d.id AS source_id, d.happened_on AS day,
           CASE WHEN g.most IS NULL THEN d.points
                ELSE least(d.points, greatest(g.most - coalesce(sum(d.points) OVER earlier, 0), 0)) END AS numerator,
           NULL::numeric AS denominator, g.title AS label
    FROM evaluations_deduction d
    JOIN evaluations_deductionground g ON g.id = d.ground_id AND g.district_id = %(district)s
    WHERE d.happened_on BETWEEN %(start)s AND %(end)s AND d.recorded_at < %(cutoff)s
      AND (d.revoked_at IS NULL OR d.revoked_at >= %(cutoff)s)
    WINDOW earlier AS (PARTITION BY d.project_id, g.code ORDER BY d.happened_on, d.id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)""",
    )
)
