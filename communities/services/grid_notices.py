"""Who is told of a stand-in: the community and the firms whose staff gives up or takes over the shift."""

from django.urls import reverse
from django.utils.translation import gettext as _

from communities.cover import SHANGHAI
from communities.models import GridShift
from enterprises.models import EnterpriseContact
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import notify


def tell_stand_in(shift: GridShift, *, before: str, firms: set[int], acting_user: User | None) -> int:
    """Tell secretary and contacts, but not who did it, that another person has the shift."""
    day = business_today(shift.community.district)
    posted = Posting.objects.on(day).filter(role=Role.COMMUNITY_SECRETARY, community=shift.community_id)
    contacts = EnterpriseContact.objects.on(day).filter(enterprise__in=firms)
    users = [row.user for row in posted.select_related("user")]
    users += [row.user for row in contacts.select_related("user")]
    on = shift.starts_at.astimezone(SHANGHAI).date()
    return notify(
        users=[user for user in users if acting_user is None or user.pk != acting_user.pk],
        kind=NoticeKind.COMMUNITY_WORK,
        text=lambda: (
            _("%(day)s %(hours)s, %(cell)s: %(name)s is on duty instead of %(before)s")
            % {
                "day": on,
                "hours": shift.hours_shown,
                "cell": shift.cell,
                "name": shift.worker.name,
                "before": before,
            }
        ),
        address=reverse("desk:grid-shift", args=[shift.pk]),
        subject=f"shift:{shift.pk}",
        due_on=on,
    )
