"""Eight guarantees (八保): marks reached of full marks in the period's inspections of old compounds."""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register

INDICATOR = register(
    Indicator(
        code="eight_guarantees",
        title=_("eight guarantees"),
        explanation=_(
            "Marks reached of full marks on the eight basic services, over the inspections of the period."
        ),
        model="evaluations.Inspection",
        facts="""
    SELECT i.project_id, i.id AS source_id, i.inspected_on AS day,
           sum(m.mark) AS numerator, sum(m.full_mark) AS denominator, c.name AS label
    FROM evaluations_inspection i
    JOIN evaluations_inspectionmark m ON m.inspection_id = i.id AND m.scheme = 'guarantees'
    JOIN communities_compound c ON c.id = i.compound_id
    WHERE c.district_id = %(district)s AND i.state = 'marked'
      AND i.inspected_on BETWEEN %(start)s AND %(end)s AND i.recorded_at < %(cutoff)s
    GROUP BY i.id, c.name""",
    )
)
