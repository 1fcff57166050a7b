"""Writes enterprises, their projects and party organisations; the rules of these registers in one place."""

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, PartyCoverage, PartyOrganisation, ServiceProject
from enterprises.services.party_rules import check_organisation
from enterprises.services.search_keys import fill_enterprise, fill_party_organisation, fill_project
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import check_uscc


def check_enterprise(enterprise: Enterprise) -> None:
    """Put the credit code in its stored form; refuse a wrong one, and a head company that is a branch itself."""
    enterprise.uscc = check_uscc(enterprise.uscc)
    head = enterprise.head
    if head is not None and head.head_id is not None:
        raise Refused(
            _("%(head)s is a branch itself. Choose its head company.") % {"head": head.name},
            code="head-is-branch",
            field="head",
        )
    if enterprise.left_on is not None and enterprise.left_on < enterprise.registered_from:
        raise Refused(
            _("The enterprise leaves before it is registered. Correct one of the two dates."),
            code="order",
            field="left_on",
        )


def check_project(project: ServiceProject) -> None:
    """Refuse a project that moves to another enterprise: a new enterprise means a new project (one query)."""
    if project.pk is None:
        return
    before = ServiceProject.objects.filter(pk=project.pk).values_list("enterprise", flat=True).first()
    if before is not None and before != project.enterprise_id:
        raise Refused(
            _(
                "A project stays with its enterprise. Enter the last day of this one and create a new project for "
                "the new enterprise."
            ),
            code="project-moves",
            field="enterprise",
        )


def check_coverage(coverage: PartyCoverage) -> None:
    """Refuse coverage of a project that belongs to another enterprise."""
    project = coverage.project
    if project is not None and project.enterprise_id != coverage.enterprise_id:
        raise Refused(
            _("The project %(project)s belongs to another enterprise. Choose one of its own.")
            % {"project": project.name},
            code="project-of-other",
            field="project",
        )


def check_project_of_enterprise(row: object) -> None:
    """Refuse a post or appointment whose project belongs to another enterprise."""
    check_coverage(row)  # type: ignore[arg-type]


def save_enterprise(*, enterprise: Enterprise, acting_user: User | None, reason: str = "") -> Enterprise:
    """Write a new or changed enterprise."""
    check_enterprise(enterprise)
    fill_enterprise(enterprise)
    _sign(enterprise, acting_user)
    with transaction.atomic(), acting(acting_user, reason):
        enterprise.save()
    return enterprise


def save_project(*, project: ServiceProject, acting_user: User | None, reason: str = "") -> ServiceProject:
    """Write a new or changed service project."""
    check_project(project)
    fill_project(project)
    _sign(project, acting_user)
    with transaction.atomic(), acting(acting_user, reason):
        project.save()
    return project


def save_party_organisation(
    *, organisation: PartyOrganisation, acting_user: User | None, reason: str = ""
) -> PartyOrganisation:
    """Write a new or changed party organisation."""
    check_organisation(organisation)
    fill_party_organisation(organisation)
    _sign(organisation, acting_user)
    with transaction.atomic(), acting(acting_user, reason):
        organisation.save()
    return organisation


def _sign(row: object, user: User | None) -> None:
    if row._state.adding:  # type: ignore[attr-defined]
        row.recorded_by = user.username if user else "system"  # type: ignore[attr-defined]
