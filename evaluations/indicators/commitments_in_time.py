"""Commitments kept in time (承诺按期销号), of those due in the period, for the project that gave them.

Kept: confirmed by the community, and answered by the due date. Answered in time but not yet
confirmed at the cut-off is left out: a firm does not pay for the community's delay.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import Commitment
from evaluations.indicators.base import Evidence, Indicator, Lost, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each promise not kept in time, with the days it was late (one query)."""
    late = {fact.source_id: fact for fact in facts if fact.missing > 0}
    rows = Commitment.objects.filter(pk__in=late).order_by("due_on", "pk")
    last = timezone.localdate(parameters["cutoff"]) - dt.timedelta(days=1)
    return [
        Lost(row.due_on, row.problem, _why(row, last), late[row.pk].missing, "communities.Commitment", row.pk)
        for row in rows
    ]


def _why(row: Commitment, last: dt.date) -> str:
    words = {"due": row.due_on}
    answered = timezone.localdate(row.answered_at) if row.answered_at else None
    if answered is not None and answered > row.due_on:
        words |= {"day": answered, "days": (answered - row.due_on).days}
        return _("due on %(due)s, done on %(day)s: %(days)s days late") % words
    if answered is not None:
        return _("due on %(due)s, answered in time, but the community found it not fixed") % words
    if row.confirmed_at and timezone.localdate(row.confirmed_at) > row.due_on:
        words |= {
            "day": timezone.localdate(row.confirmed_at),
            "days": (timezone.localdate(row.confirmed_at) - row.due_on).days,
        }
        return _("due on %(due)s, confirmed on %(day)s: %(days)s days late") % words
    words |= {"days": max(0, (last - row.due_on).days), "last": last}
    return _("due on %(due)s, not done by %(last)s: %(days)s days late") % words


INDICATOR = register(
    Indicator(
        code="commitments_in_time",
        title=gettext_lazy("commitments kept in time"),
        explanation=gettext_lazy(
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
        explain=explain,
    )
)
