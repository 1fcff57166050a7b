"""What the search boxes are matched against, for enterprises, projects and party organisations."""

from enterprises.models import Enterprise, PartyOrganisation, ServiceProject
from redprop.areas.services.search_keys import find_key
from redprop.common.text import normalise_name


def fill_enterprise(enterprise: Enterprise) -> None:
    """Set the names in their stored form and the search key."""
    enterprise.name = normalise_name(enterprise.name)
    enterprise.short_name = normalise_name(enterprise.short_name)
    enterprise.pinyin = find_key(Enterprise, enterprise.name, enterprise.short_name)


def fill_project(project: ServiceProject) -> None:
    """Set the name in its stored form and the search key."""
    project.name = normalise_name(project.name)
    project.pinyin = find_key(ServiceProject, project.name)


def fill_party_organisation(organisation: PartyOrganisation) -> None:
    """Set the name in its stored form and the search key."""
    organisation.name = normalise_name(organisation.name)
    organisation.pinyin = find_key(PartyOrganisation, organisation.name)
