"""Compounds, contracts, market rounds, joint meetings, commitments with their handling, residents' requests."""

from communities.models.compounds import Compound, CompoundClass, CompoundKind, CompoundPlacement
from communities.models.contracts import MarketRound, ServiceAssignment, ServiceContract
from communities.models.handling import (
    Colour,
    Exclusion,
    ExtensionRequest,
    HandlingPart,
    Level,
    SupervisionOrder,
    SupervisionRule,
)
from communities.models.matching import CompoundAlias, CompoundMerge, DistinctCompounds, DistrictOutline
from communities.models.meetings import Commitment, CommitmentStep, JointMeeting, MeetingAttendance
from communities.models.minutes import MeetingAddendum, MeetingProblem, MeetingScan
from communities.models.photos import CommitmentPhoto
from communities.models.requests import ResidentRequest
from communities.models.visits import HomeVisit, VisitCount, VisitItem
from communities.models.volunteers import (
    HelpGiven,
    HelpKind,
    HouseholdHelp,
    VolunteerActivity,
    VolunteerTeam,
)

__all__ = [
    "Colour",
    "Commitment",
    "CommitmentPhoto",
    "CommitmentStep",
    "Compound",
    "CompoundAlias",
    "CompoundClass",
    "CompoundKind",
    "CompoundMerge",
    "CompoundPlacement",
    "DistinctCompounds",
    "DistrictOutline",
    "Exclusion",
    "ExtensionRequest",
    "HandlingPart",
    "HelpGiven",
    "HelpKind",
    "HomeVisit",
    "HouseholdHelp",
    "JointMeeting",
    "Level",
    "MarketRound",
    "MeetingAddendum",
    "MeetingAttendance",
    "MeetingProblem",
    "MeetingScan",
    "ResidentRequest",
    "ServiceAssignment",
    "ServiceContract",
    "SupervisionOrder",
    "SupervisionRule",
    "VisitCount",
    "VisitItem",
    "VolunteerActivity",
    "VolunteerTeam",
]
