"""Party organisation in place (党的组织覆盖) on the last day of service: own or joint 1, adviser ½, none 0."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators.base import Evidence, Indicator, Lost, known, register

COVERAGE = f"""
    FROM evaluations_subject s
    LEFT JOIN enterprises_partycoverage own ON own.project_id = s.project_id
      AND own.valid_from <= s.last_day AND (own.valid_to IS NULL OR own.valid_to >= s.last_day)
      AND {known("own")}
    LEFT JOIN enterprises_partycoverage firm ON firm.project_id IS NULL AND firm.enterprise_id = s.enterprise_id
      AND firm.valid_from <= s.last_day AND (firm.valid_to IS NULL OR firm.valid_to >= s.last_day)
      AND {known("firm")}
    LEFT JOIN enterprises_partyorganisation o ON o.id = coalesce(own.organisation_id, firm.organisation_id)
      AND o.founded_on <= s.last_day AND (o.dissolved_on IS NULL OR o.dissolved_on > s.last_day)
"""
"""The organisation that covers a project: its own coverage, else that of its enterprise; as known at the cut-off."""


def explain(facts: Sequence[Evidence], parameters: Mapping[str, Any]) -> list[Lost]:
    """No organisation, or an adviser alone (no query)."""
    found = []
    for fact in facts:
        if fact.missing <= 0:
            continue
        if fact.source_id is None:
            what, why = _("no party organisation"), _("none covered the project on this day")
        else:
            what, why = fact.label, _("an adviser only: counts one half")
        found.append(
            Lost(fact.day, what, why, fact.missing, fact.model if fact.source_id else "", fact.source_id)
        )
    return found


INDICATOR = register(
    Indicator(
        code="party_organisation",
        title=gettext_lazy("party organisation in place"),
        explanation=gettext_lazy(
            "An organisation of its own or a joint one counts 1, an adviser one half, none 0; on the last day of service."
        ),
        model="enterprises.PartyOrganisation",
        facts=f"""
    SELECT s.project_id, o.id AS source_id, s.last_day AS day,
           CASE WHEN o.id IS NULL THEN 0 WHEN o.form = 'adviser' THEN 0.5 ELSE 1 END AS numerator,
           1 AS denominator, coalesce(o.name, '') AS label
    {COVERAGE}
    WHERE s.run_id = %(run)s""",
        explain=explain,
    )
)
