"""Guide-book work done (党建指导书): of the work that fell due in the period, what was done and confirmed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, known, register
from evaluations.indicators.party_organisation import COVERAGE

DUE = """
      SELECT i.id, i.of, i.title, due.first_day, due.last_day, due.name
      FROM enterprises_guideitem i
      CROSS JOIN LATERAL (
        SELECT CASE i.every WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 WHEN 'half' THEN 6 ELSE 12 END AS months
      ) width
      CROSS JOIN LATERAL (
        SELECT (m.day + interval '1 month' - make_interval(months => width.months))::date AS first_day,
               (m.day + interval '1 month' - interval '1 day')::date AS last_day,
               CASE i.every WHEN 'month' THEN to_char(m.day, 'YYYY-MM')
                    WHEN 'quarter' THEN to_char(m.day, 'YYYY"Q"Q')
                    WHEN 'half' THEN to_char(m.day, 'YYYY"H"') || (extract(month FROM m.day)::int / 6)
                    ELSE to_char(m.day, 'YYYY') END AS name
        FROM generate_series(date_trunc('month', %(start)s::timestamp), %(end)s::timestamp, interval '1 month')
          AS m(day)
        WHERE mod(extract(month FROM m.day)::int, width.months) = 0
      ) due
      WHERE i.district_id = %(district)s AND due.last_day BETWEEN %(start)s AND %(end)s
        AND i.valid_from <= due.last_day AND (i.valid_to IS NULL OR i.valid_to >= due.last_day)
"""
"""Items with the periods whose last day lies in the evaluated one."""


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """The pieces of work that were not done, or not confirmed (no query)."""
    return [
        Lost(fact.day, fact.label, _("not done in its period, or not confirmed"), fact.missing)
        for fact in facts
        if fact.missing
    ]


INDICATOR = register(
    Indicator(
        code="guide_work",
        title=gettext_lazy("guide-book work done"),
        explanation=gettext_lazy(
            "Work of the guide book that fell due in the period, for the covering organisation: done in its own period, reported by the cut-off and confirmed, of all that was owed."
        ),
        model="enterprises.GuideCheck",
        facts=f"""
    SELECT s.project_id, c.id AS source_id, w.last_day AS day,
           CASE WHEN c.id IS NULL THEN 0 ELSE 1 END AS numerator, 1 AS denominator, w.title AS label
    {COVERAGE}
    JOIN ({DUE}) w ON o.id IS NOT NULL AND (w.of = 'all' OR (w.of = 'advisers') = (o.form = 'adviser'))
      AND o.founded_on <= w.first_day AND (o.dissolved_on IS NULL OR o.dissolved_on > w.last_day)
    LEFT JOIN enterprises_guidecheck c ON c.organisation_id = o.id AND c.item_id = w.id AND c.period = w.name
      AND c.state = 'confirmed' AND {known("c")}
    WHERE s.run_id = %(run)s""",
        explain=explain,
    )
)
