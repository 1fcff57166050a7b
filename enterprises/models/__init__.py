"""Enterprises, their service projects, party organisations, posts and graduates."""

from enterprises.models.apartments import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentPause,
    ApartmentRule,
    TalentApartment,
)
from enterprises.models.development import PartyStage, StageRule
from enterprises.models.enterprises import Enterprise, EnterpriseContact, ServiceProject
from enterprises.models.guide import GuideCheck, GuideItem
from enterprises.models.in_post import HireEvidence, InPostMonth
from enterprises.models.lead_geese import (
    CommunitySecretary,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from enterprises.models.party import CrossAppointment, PartyCoverage, PartyOrganisation, PartyPost
from enterprises.models.party_work import AdviserVisit, PartyCount, PartyRule, PartyTerm, TeamStandard
from enterprises.models.posts import Graduate, Post

__all__ = [
    "AdviserVisit",
    "ApartmentApplication",
    "ApartmentLease",
    "ApartmentOffer",
    "ApartmentPause",
    "ApartmentRule",
    "CommunitySecretary",
    "CrossAppointment",
    "Enterprise",
    "EnterpriseContact",
    "Graduate",
    "GuideCheck",
    "GuideItem",
    "HireEvidence",
    "InPostMonth",
    "PartyCount",
    "PartyCoverage",
    "PartyOrganisation",
    "PartyPost",
    "PartyRule",
    "PartyStage",
    "PartyTerm",
    "Post",
    "SecretaryAward",
    "SecretaryRating",
    "ServiceProject",
    "StageRule",
    "TalentApartment",
    "TeamStandard",
    "TrainingAttendance",
    "TrainingCourse",
]
