"""The roles, and at which level of area each is held. Their permissions are set by a migration."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A job in the programme. The group of the same name carries its permissions."""

    REGISTRAR = "registrar", _("registrar")
    EVALUATOR = "evaluator", _("evaluator")
    INSPECTOR = "inspector", _("inspector")
    REVIEWER = "reviewer", _("second reviewer")
    OBJECTION_DECIDER = "objection_decider", _("objection decider")
    PUBLISHER = "publisher", _("publisher")
    FINANCE_MAKER = "finance_maker", _("finance maker")
    FINANCE_CHECKER = "finance_checker", _("finance checker")
    APPROVER = "approver", _("approver")
    ORGANISATION = "organisation_department", _("organisation department")
    SUBDISTRICT_CLERK = "subdistrict_clerk", _("subdistrict clerk")
    COMMUNITY_SECRETARY = "community_secretary", _("community party secretary")
    ENTERPRISE_CONTACT = "enterprise_contact", _("enterprise contact")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("system administrator")
    SECURITY_ADMINISTRATOR = "security_administrator", _("security administrator")
    AUDIT_ADMINISTRATOR = "audit_administrator", _("audit administrator")


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
"""Of these nobody holds two (三员分立)."""

DESK_ROLES = frozenset(
    {Role.SUBDISTRICT_CLERK, Role.COMMUNITY_SECRETARY, Role.ENTERPRISE_CONTACT, Role.INSPECTOR}
)
"""These work at the desk; all others of a district in the admin."""
