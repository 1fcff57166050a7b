"""Compounds, contracts, market rounds, joint meetings, commitments and residents' requests."""

from communities.models.compounds import Compound, CompoundClass, CompoundKind, CompoundPlacement
from communities.models.contracts import MarketRound, ServiceAssignment, ServiceContract
from communities.models.meetings import Commitment, CommitmentStep, JointMeeting, MeetingAttendance
from communities.models.requests import ResidentRequest

__all__ = [
    "Commitment",
    "CommitmentStep",
    "Compound",
    "CompoundClass",
    "CompoundKind",
    "CompoundPlacement",
    "JointMeeting",
    "MarketRound",
    "MeetingAttendance",
    "ResidentRequest",
    "ServiceAssignment",
    "ServiceContract",
]
