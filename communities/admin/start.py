"""The admin's start page: what waits for the user, then the pages by job."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.admin.compounds import assigned
from communities.admin.contracts import SOON
from communities.dissolved import compounds_left
from communities.models import Commitment, Compound, JointMeeting, ServiceContract
from enterprises.admin.start import party_worklists, talent_worklists
from redprop.admin_menu import groups
from redprop.core.admin.base import today_of


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the user's worklists (one count each) and the menu's groups."""
    return {**context, "groups": groups(request), "worklists": worklists(request), "today": today_of(request)}


def worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Worklists that the user may open: title, count, address, and what to do there."""
    user, day = request.user, today_of(request)
    compounds = reverse("admin:communities_compound_changelist")
    contracts = reverse("admin:communities_servicecontract_changelist")
    commitments = reverse("admin:communities_commitment_changelist")
    meetings = reverse("admin:communities_jointmeeting_changelist")
    lists = []
    if user.has_perm("communities.view_compound"):
        mine = Compound.objects.for_user(user)
        lists += [
            (_("Compounds to be placed in a community"), mine.unplaced(day), f"{compounds}?todo=unplaced"),
            (
                _("Compounds without a contract"),
                mine.registered_on(day).filter(~assigned(day)),
                f"{compounds}?todo=no-contract",
            ),
            (
                _("Compounds of dissolved communities"),
                compounds_left(day).filter(pk__in=mine.values("pk")),
                reverse("admin:communities_compound_dissolved"),
            ),
        ]
    if user.has_perm("communities.view_servicecontract"):
        ending = ServiceContract.objects.for_user(user).filter(valid_to__gte=day, valid_to__lte=day + SOON)
        lists.append((_("Contracts ending within 60 days"), ending, f"{contracts}?end=soon"))
    if user.has_perm("communities.view_jointmeeting"):
        filed = JointMeeting.objects.for_user(user).filter(state=JointMeeting.State.SUBMITTED)
        lists.append((_("Joint meetings to be accepted"), filed, f"{meetings}?state=submitted"))
    if user.has_perm("communities.view_commitment"):
        late = Commitment.objects.for_user(user).open().filter(due_on__lt=day)
        lists.append((_("Commitments overdue"), late, f"{commitments}?due=overdue"))
    return [
        *({"title": title, "count": rows.count(), "url": url} for title, rows, url in lists),
        *party_worklists(request),
        *talent_worklists(request),
    ]
