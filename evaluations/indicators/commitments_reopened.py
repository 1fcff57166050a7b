"""Commitments found not fixed (承诺事项复发): steps "not fixed" of the period. Deducts by event."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import CommitmentStep
from evaluations.indicators.base import Evidence, Indicator, Lost, register


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each time a promise was found not fixed, with the community's words (one query)."""
    rows = CommitmentStep.objects.filter(
        commitment__in={fact.source_id for fact in facts},
        kind=CommitmentStep.Kind.REOPENED,
        at__lt=parameters["cutoff"],
        at__date__range=(parameters["start"], parameters["end"]),
    ).select_related("commitment")
    return [
        Lost(
            timezone.localdate(row.at),
            row.commitment.problem,
            _("the community found it not fixed: %(text)s") % {"text": row.text or "—"},
            Decimal(1),
            "communities.Commitment",
            row.commitment_id,
        )
        for row in rows.order_by("at", "pk")
    ]


INDICATOR = register(
    Indicator(
        code="commitments_reopened",
        title=gettext_lazy("commitments reopened"),
        explanation=gettext_lazy("Times in the period that the community found a promise not fixed."),
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
        explain=explain,
    )
)
