"""Leadership in post (党组织书记在岗): days of the period on which the organisation had a secretary, or its adviser."""

from django.utils.translation import gettext_lazy as _

from evaluations.indicators.base import Indicator, register
from evaluations.indicators.party_organisation import COVERAGE

INDICATOR = register(
    Indicator(
        code="leadership_team",
        title=_("party secretary in post"),
        explanation=_(
            "Days of the period on which the covering organisation had a secretary (an adviser's one: its adviser), of all days."
        ),
        model="enterprises.PartyPost",
        combine="max",
        facts=f"""
    SELECT s.project_id, post.id AS source_id, greatest(post.valid_from, %(start)s) AS day,
           CASE WHEN post.id IS NULL THEN 0
                ELSE least(coalesce(post.valid_to, %(end)s), %(end)s) - greatest(post.valid_from, %(start)s) + 1 END
             AS numerator,
           %(end)s::date - %(start)s::date + 1 AS denominator, coalesce(o.name, '') AS label
    {COVERAGE}
    LEFT JOIN enterprises_partypost post ON post.organisation_id = o.id
      AND post.kind = CASE WHEN o.form = 'adviser' THEN 'adviser' ELSE 'secretary' END
      AND post.valid_from <= %(end)s AND (post.valid_to IS NULL OR post.valid_to >= %(start)s)
      AND NOT (o.form = 'adviser' AND EXISTS (
        SELECT 1 FROM enterprises_partypost other WHERE other.organisation_id = o.id AND other.kind = 'adviser'
          AND other.id < post.id AND other.valid_from <= %(end)s
          AND (other.valid_to IS NULL OR other.valid_to >= %(start)s)))
    WHERE s.run_id = %(run)s""",
    )
)
