"""Who may act on the papers of a community: checked again inside each service, behind the pages' own scope."""

from django.utils.translation import gettext as _

from communities.selectors import with_predecessors
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import Community
from redprop.common.errors import Refused


def require_secretary(user: User | None, community: Community) -> None:
    """Return when `user` is the party secretary of `community` today (or the system itself, None)."""
    if user is None or any(
        p.role == Role.COMMUNITY_SECRETARY and p.community_id == community.pk for p in user.current_postings
    ):
        return
    raise Refused(
        _("Only the party secretary of %(community)s may do this. Ask the secretary, or check your posting.")
        % {"community": community},
        code="not-secretary",
    )


def require_keeper(user: User | None, community: Community) -> None:
    """Return when `user` keeps the open items of `community`: its secretary, or a successor's once it is dissolved."""
    if user is not None and community.closed_on:
        posted = {p.community_id for p in user.current_postings if p.role == Role.COMMUNITY_SECRETARY}
        if community.pk in with_predecessors(posted):
            return
    require_secretary(user, community)


def require_clerk(user: User | None, community: Community) -> None:
    """Return when `user` is a clerk of the subdistrict that `community` belongs to."""
    if user is None or any(
        p.role == Role.SUBDISTRICT_CLERK and p.subdistrict_id == community.subdistrict_id
        for p in user.current_postings
    ):
        return
    raise Refused(
        _("Only a clerk of the subdistrict of %(community)s may do this.") % {"community": community},
        code="not-clerk",
    )


def require_contact(user: User | None, project: ServiceProject) -> None:
    """Return when `user` is the contact of the enterprise that runs `project`."""
    if user is None or contact_enterprises(user.pk).filter(enterprise=project.enterprise_id).exists():
        return
    raise Refused(
        _("Only the contact of the enterprise that runs %(project)s may do this.") % {"project": project},
        code="not-contact",
    )
