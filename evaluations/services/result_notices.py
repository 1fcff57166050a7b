"""Who is told when a list is published: the contacts of the firms on it, once for each publication."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enterprises.models import EnterpriseContact
from evaluations.models import ListEntry, Release
from redprop.accounts.clock import business_today
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import Told, tell


def tell_of_release(release: Release, entries: Sequence[ListEntry]) -> int:
    """Tell each contact of these entries' firms; returns how many notices that were (three queries for all)."""
    firms = {entry.enterprise_id for entry in entries}
    day = business_today(release.district)
    rows = EnterpriseContact.objects.on(day).filter(enterprise__in=firms).select_related("user")
    users = [row.user for row in rows]
    ends = max((entry.notice_ends_on for entry in entries if entry.notice_ends_on), default=None)
    is_notice = release.kind == Release.Kind.NOTICE

    def words() -> str:
        period = release.period.value.label_in(get_language() or "zh")
        if is_notice:
            return _("Results of %(period)s are in public notice; objections until %(day)s") % {
                "period": period,
                "day": ends,
            }
        return _("The list of %(period)s is published; your score is explained line by line") % {
            "period": period
        }

    address = f"{reverse('desk:scores')}?period={release.period.code}"
    subject = f"release:{release.pk}"
    due_on = ends if is_notice else None
    return tell([Told(users, NoticeKind.RESULT, words, address, subject, due_on)])
