"""Deductions (查实扣分): points of proven events in the period, each ground up to its most in one period."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, register
from evaluations.models import Deduction


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """Each proven event with its evidence (one query)."""
    taken = {fact.source_id: fact for fact in facts if fact.numerator}
    rows = Deduction.objects.filter(pk__in=taken).select_related("ground").order_by("happened_on", "pk")
    return [
        Lost(
            row.happened_on,
            row.ground.title,
            _("proven: %(evidence)s") % {"evidence": row.evidence},
            taken[row.pk].numerator or Decimal(0),
            "evaluations.Deduction",
            row.pk,
        )
        for row in rows
    ]


INDICATOR = register(
    Indicator(
        code="deductions",
        title=gettext_lazy("deductions"),
        explanation=gettext_lazy(
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
        explain=explain,
    )
)
