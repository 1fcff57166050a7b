"""What becomes of the rows that point to a compound which is merged into another, key by key.

Named as text, because some of the tables lie in apps above this one. A test fails when one is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from communities.models import Compound

DATED, SERVICE, MOVE, NAMES, PAIRS, MERGES, STAY = (
    "dated",
    "service",
    "move",
    "names",
    "pairs",
    "merges",
    "stay",
)


@dataclass(frozen=True)
class Becomes:
    """`once`: fields that may not be the same twice for one compound; `same`: fields that make such two one."""

    what: str
    once: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


BECOMES = {
    # the chosen one's history stays, days it does not cover come from the other
    "communities.CompoundPlacement.compound": Becomes(DATED),
    "communities.CompoundKind.compound": Becomes(DATED),
    "communities.CompoundClass.compound": Becomes(DATED),
    "communities.ResidentFee.compound": Becomes(DATED),
    "communities.GridArea.compound": Becomes(MOVE, ("buildings",), ("cell_id",)),
    # joined; two projects on one day are a contradiction
    "communities.ServiceAssignment.compound": Becomes(SERVICE),
    "communities.MarketRound.compound": Becomes(MOVE, ("opened_on",), ("outcome", "closed_on", "taker_id")),
    "communities.FeeCollection.compound": Becomes(MOVE, ("quarter",), ("due", "collected", "other_income")),
    "communities.IncomeDiversion.compound": Becomes(MOVE, ("found_on",), ("amount", "document")),
    "communities.HandOver.compound": Becomes(STAY),
    "communities.ResidentRequest.compound": Becomes(MOVE),
    "communities.MeetingProblem.compound": Becomes(MOVE),
    "communities.VolunteerTeam.compound": Becomes(MOVE),
    "communities.VolunteerActivity.compound": Becomes(MOVE),
    "communities.HomeVisit.compound": Becomes(
        MOVE, ("visited_on", "building", "visitor", "withdrawn_reason")
    ),
    "communities.JointProject.compound": Becomes(MOVE),
    "communities.SituationReport.compound": Becomes(MOVE, ("happened_at", "kind"), ("text",)),
    "communities.Commitment.compound": Becomes(MOVE),
    "communities.NeighbourRepresentative.compound": Becomes(MOVE, ("name",)),
    "communities.CouncilTopic.compound": Becomes(MOVE),
    "communities.CouncilFollowUp.compound": Becomes(MOVE),
    "communities.FactProposal.compound": Becomes(STAY),
    "evaluations.Inspection.compound": Becomes(MOVE, ("inspected_on", "inspector_id")),
    "evaluations.InspectionTask.compound": Becomes(STAY),
    "communities.CompoundAlias.compound": Becomes(NAMES),
    "communities.DistinctCompounds.one": Becomes(PAIRS),
    "communities.DistinctCompounds.other": Becomes(PAIRS),
    # who was merged into the one given up is led on
    "communities.Compound.merged_into": Becomes(MERGES),
    # what was done stays as it was done
    "communities.CompoundMerge.kept": Becomes(STAY),
    "communities.CompoundMerge.gone": Becomes(STAY),
    "communities.CouncilMeeting_compounds.compound": Becomes(STAY),
    "communities.CouncilResolution.compound": Becomes(STAY),
    "evaluations.SurveyAnswer.compound": Becomes(STAY),
    "evaluations.HouseholdNumber.compound": Becomes(MOVE, ("number",)),
    # who was drawn stays as it was drawn
    "evaluations.SurveyHousehold.compound": Becomes(STAY),
    "evaluations.Entitlement.compound": Becomes(STAY),
}
"""Every foreign key to a compound."""


def relations() -> Iterator[tuple[str, type[Any], str]]:
    """Yield label, model and field of every foreign key to a compound, without the tables of the history."""
    for found in Compound._meta.get_fields(include_hidden=True):
        if not (found.auto_created and (found.one_to_many or found.one_to_one) and not found.concrete):
            continue
        model, name = found.related_model, found.field.name  # type: ignore[union-attr]
        if not hasattr(model, "pgh_tracked_model"):
            yield f"{model._meta.label}.{name}", model, name  # type: ignore[union-attr]
