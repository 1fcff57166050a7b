"""Enterprises, their service projects, party organisations, posts and graduates."""

from enterprises.models.enterprises import Enterprise, EnterpriseContact, ServiceProject
from enterprises.models.party import CrossAppointment, PartyCoverage, PartyOrganisation, PartyPost, PartyStage
from enterprises.models.posts import Graduate, Post

__all__ = [
    "CrossAppointment",
    "Enterprise",
    "EnterpriseContact",
    "Graduate",
    "PartyCoverage",
    "PartyOrganisation",
    "PartyPost",
    "PartyStage",
    "Post",
    "ServiceProject",
]
