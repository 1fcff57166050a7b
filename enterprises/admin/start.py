"""What waits in party building for those who keep it, on the admin's start page."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enterprises import talent  # noqa: F401  registers its figures
from enterprises.coverage import Reach
from enterprises.party_figures import FIGURES
from enterprises.services.development import steps_due
from redprop.accounts.roles import Role
from redprop.core.admin.base import districts_of, today_of

LISTS = (
    ("teams_incomplete", _("Leadership teams with an empty post")),
    ("terms_late", _("Elections of party organisations overdue")),
    ("terms_soon", _("Elections of party organisations due soon")),
    ("secretaries_unqualified", _("Secretaries whose qualification is to be confirmed")),
    ("enterprises_without_party", _("Enterprises that nobody covers")),
)
TALENT_LISTS = (
    ("mentored_not", _("Recruits without both mentors in time")),
    ("mentors_gone", _("Mentors or graduates who have left")),
    ("offers_late", _("Offers past their day of answer")),
    ("offers_to_hire", _("Accepted offers whose hire is to be recorded")),
)
"""For whoever keeps graduates: the organisation department and the registrar."""


def talent_worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Title, count and address of each worklist of talent (one count each)."""
    districts = districts_of(request)
    keeps = getattr(request.user, "roles", frozenset()) & {Role.ORGANISATION, Role.REGISTRAR}
    if not keeps or not districts:
        return []
    return _lists(Reach(districts[0], today_of(request), request.user), TALENT_LISTS)  # type: ignore[arg-type]


def _lists(reach: Reach, wanted: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "count": FIGURES[code].rows(reach).order_by().count(),
            "url": reverse("admin:enterprises_partyorganisation_rows", args=[code]),
        }
        for code, title in wanted
    ]


def party_worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Title, count and address of each worklist of the organisation department (one count each)."""
    districts = districts_of(request)
    if Role.ORGANISATION not in getattr(request.user, "roles", ()) or not districts:
        return []
    reach = Reach(districts[0], today_of(request), request.user)  # type: ignore[arg-type]
    found = _lists(reach, LISTS)
    due = steps_due(reach.district, reach.day) if request.user.has_perm("enterprises.view_partystage") else []
    if due:
        found.append(
            {
                "title": _("Steps of party development due"),
                "count": len(due),
                "url": reverse("admin:enterprises_partystage_changelist") + "?next=due",
            }
        )
    return found
