"""Commitments kept in time (承诺按期销号), of those due in the period, for the project that gave them.

Kept: confirmed by the community, and answered by the due date. Answered in time but not yet
confirmed at the cut-off is left out: a firm does not pay for the community's delay.
"""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="commitments_in_time",
        title=_("commitments kept in time"),
        explanation=_(
            "Commitments due in the period that were done by their date and confirmed by the community, of all due; "
            "those done in time that still wait for confirmation are left out."
        ),
        model="communities.Commitment",
        facts="""
    SELECT c.project_id, c.id AS source_id, c.due_on AS day,
           CASE WHEN c.confirmed_at < %(cutoff)s
                 AND (coalesce(c.answered_at, c.confirmed_at) AT TIME ZONE 'Asia/Shanghai')::date <= c.due_on
                THEN 1 ELSE 0 END AS numerator,
           1 AS denominator, c.problem AS label
    FROM communities_commitment c
    JOIN communities_jointmeeting m ON m.id = c.meeting_id
    WHERE c.due_on BETWEEN %(start)s AND %(end)s AND c.state <> 'excluded'
      AND m.state = 'accepted' AND m.decided_at < %(cutoff)s
      AND NOT (c.answered_at IS NOT NULL AND c.state IN ('answered', 'confirmed')
               AND (c.answered_at AT TIME ZONE 'Asia/Shanghai')::date <= c.due_on
               AND (c.confirmed_at IS NULL OR c.confirmed_at >= %(cutoff)s))""",
    )
)
