"""Commitments found not fixed (承诺事项复发): steps "not fixed" of the period. Deducts by event."""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="commitments_reopened",
        title=_("commitments reopened"),
        explanation=_("Times in the period that the community found a promise not fixed."),
        model="communities.Commitment",
        counts_events=True,
        facts="""
    SELECT c.project_id, c.id AS source_id, (step.at AT TIME ZONE 'Asia/Shanghai')::date AS day,
           1 AS numerator, NULL::int AS denominator, c.problem AS label
    FROM communities_commitmentstep step
    JOIN communities_commitment c ON c.id = step.commitment_id
    WHERE step.kind = 'reopened' AND c.state <> 'excluded' AND step.at < %(cutoff)s
      AND step.at >= (%(start)s::date)::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND step.at < (%(end)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'""",
    )
)
