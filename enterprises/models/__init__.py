"""Enterprises, their service projects, party organisations, posts and graduates."""

from enterprises.models.apartments import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentPause,
    ApartmentRule,
    TalentApartment,
)
from enterprises.models.campaigns import Campaign, CampusOffer
from enterprises.models.development import PartyStage, StageRule
from enterprises.models.enterprises import Enterprise, EnterpriseContact, ServiceProject
from enterprises.models.growth import GrowthRung, GrowthStep, PostDuty
from enterprises.models.guide import GuideCheck, GuideItem
from enterprises.models.in_post import HireEvidence, InPostMonth
from enterprises.models.lead_geese import (
    CommunitySecretary,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from enterprises.models.mentors import Mentorship, TalentRule
from enterprises.models.party import CrossAppointment, PartyCoverage, PartyOrganisation, PartyPost
from enterprises.models.party_work import AdviserVisit, PartyCount, PartyRule, PartyTerm, TeamStandard
from enterprises.models.posts import Graduate, Post, SchoolClass

__all__ = [
    "AdviserVisit",
    "ApartmentApplication",
    "ApartmentLease",
    "ApartmentOffer",
    "ApartmentPause",
    "ApartmentRule",
    "Campaign",
    "CampusOffer",
    "CommunitySecretary",
    "CrossAppointment",
    "Enterprise",
    "EnterpriseContact",
    "Graduate",
    "GrowthRung",
    "GrowthStep",
    "GuideCheck",
    "GuideItem",
    "HireEvidence",
    "InPostMonth",
    "Mentorship",
    "PartyCount",
    "PartyCoverage",
    "PartyOrganisation",
    "PartyPost",
    "PartyRule",
    "PartyStage",
    "PartyTerm",
    "Post",
    "PostDuty",
    "SchoolClass",
    "SecretaryAward",
    "SecretaryRating",
    "ServiceProject",
    "StageRule",
    "TalentApartment",
    "TalentRule",
    "TeamStandard",
    "TrainingAttendance",
    "TrainingCourse",
]
