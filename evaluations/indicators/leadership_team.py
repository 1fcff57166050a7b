"""Leadership in post (党组织书记在岗): days of the period on which the organisation had a secretary, or its adviser."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, known, register
from evaluations.indicators.party_organisation import COVERAGE


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """The spans of days on which nobody held the post (no query)."""
    held = sorted(
        (fact.day, fact.day + dt.timedelta(days=int(fact.numerator or 0)), fact.label)
        for fact in facts
        if fact.source_id and fact.day
    )
    organisation = next((fact.label for fact in facts if fact.label), _("no party organisation"))
    found, free_from = [], parameters["start"]
    for first, after, _label in [*held, (parameters["end"] + dt.timedelta(days=1),) * 2 + ("",)]:
        if first > free_from:
            days = (first - free_from).days
            words = {"from": free_from, "to": first - dt.timedelta(days=1), "days": days}
            why = _("post vacant from %(from)s to %(to)s: %(days)s days") % words
            found.append(Lost(free_from, organisation, why, Decimal(days)))
        free_from = max(free_from, after)
    return found


INDICATOR = register(
    Indicator(
        code="leadership_team",
        title=gettext_lazy("party secretary in post"),
        explanation=gettext_lazy(
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
      AND {known("post")}
      AND NOT (o.form = 'adviser' AND EXISTS (
        SELECT 1 FROM enterprises_partypost other WHERE other.organisation_id = o.id AND other.kind = 'adviser'
          AND other.id < post.id AND {known("other")} AND other.valid_from <= %(end)s
          AND (other.valid_to IS NULL OR other.valid_to >= %(start)s)))
    WHERE s.run_id = %(run)s""",
        explain=explain,
    )
)
