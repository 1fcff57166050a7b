"""Compounds, contracts, market rounds, joint meetings, commitments, councils, residents' requests."""

from communities.models.compounds import Compound, CompoundClass, CompoundKind, CompoundPlacement
from communities.models.contracts import MarketRound, ServiceAssignment, ServiceContract
from communities.models.council import (
    CouncilAttendance,
    CouncilMeeting,
    CouncilRule,
    CouncilTopic,
    NeighbourRepresentative,
)
from communities.models.grid import GridArea, GridCell, GridMode, GridShift, GridWorker
from communities.models.handling import (
    Colour,
    Exclusion,
    ExtensionRequest,
    HandlingPart,
    Level,
    SupervisionOrder,
    SupervisionRule,
)
from communities.models.interface import InterfaceCall, InterfaceKey
from communities.models.joint_projects import JointProject, SituationReport
from communities.models.market import (
    HAND_OVER_MOVES,
    OPEN_HAND_OVER,
    FeeCollection,
    HandOver,
    HandOverItem,
    HandOverState,
    IncomeDiversion,
    ResidentFee,
)
from communities.models.matching import CompoundAlias, CompoundMerge, DistinctCompounds, DistrictOutline
from communities.models.meetings import Commitment, CommitmentStep, JointMeeting, MeetingAttendance
from communities.models.minutes import MeetingAddendum, MeetingProblem, MeetingScan
from communities.models.photos import CommitmentPhoto
from communities.models.proposals import DATED_FIELDS, FactField, FactProposal
from communities.models.proxies import ProxyHandling, ProxyStep
from communities.models.requests import (
    SILENT_AFTER_DAYS,
    By,
    RequestContact,
    RequestPhoto,
    RequestStep,
    RequestTerm,
    ResidentRequest,
    Urgency,
)
from communities.models.resolutions import CouncilFollowUp, CouncilResolution
from communities.models.visits import HomeVisit, VisitCount, VisitItem
from communities.models.volunteers import (
    HelpGiven,
    HelpKind,
    HouseholdHelp,
    VolunteerActivity,
    VolunteerTeam,
)

__all__ = [
    "DATED_FIELDS",
    "HAND_OVER_MOVES",
    "OPEN_HAND_OVER",
    "SILENT_AFTER_DAYS",
    "By",
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
    "CouncilAttendance",
    "CouncilFollowUp",
    "CouncilMeeting",
    "CouncilResolution",
    "CouncilRule",
    "CouncilTopic",
    "DistinctCompounds",
    "DistrictOutline",
    "Exclusion",
    "ExtensionRequest",
    "FactField",
    "FactProposal",
    "FeeCollection",
    "GridArea",
    "GridCell",
    "GridMode",
    "GridShift",
    "GridWorker",
    "HandOver",
    "HandOverItem",
    "HandOverState",
    "HandlingPart",
    "HelpGiven",
    "HelpKind",
    "HomeVisit",
    "HouseholdHelp",
    "IncomeDiversion",
    "InterfaceCall",
    "InterfaceKey",
    "JointMeeting",
    "JointProject",
    "Level",
    "MarketRound",
    "MeetingAddendum",
    "MeetingAttendance",
    "MeetingProblem",
    "MeetingScan",
    "NeighbourRepresentative",
    "ProxyHandling",
    "ProxyStep",
    "RequestContact",
    "RequestPhoto",
    "RequestStep",
    "RequestTerm",
    "ResidentFee",
    "ResidentRequest",
    "ServiceAssignment",
    "ServiceContract",
    "SituationReport",
    "SupervisionOrder",
    "SupervisionRule",
    "Urgency",
    "VisitCount",
    "VisitItem",
    "VolunteerActivity",
    "VolunteerTeam",
]
