"""What party building owes: the contact's guide-book work, and what waits for confirmation in the area. A few queries."""

import datetime as dt

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from enterprises.guide_work import work_of
from enterprises.models import GuideCheck, Mentorship, PartyCoverage, PartyOrganisation
from enterprises.services.talent_rules import talent_numbers_on
from redprop.desk.mentees import lacking
from redprop.desk.page import Desk

SHOWN = 20
DAYS_AHEAD, DAYS_BACK = 10, 92
DECIDE_WORKDAYS = 5


def party_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each."""
    return [*_to_report(desk), *_to_decide(desk), *_to_name(desk)]


def _to_name(desk: Desk) -> list[tuple]:
    """One line: how many recruits lack the mentor that this user names, due a month after the first hire."""
    rows = lacking(desk, Mentorship.Side.FIRM) if desk.enterprises else []
    rows += lacking(desk, Mentorship.Side.COMMUNITY) if desk.communities else []
    if not rows or desk.district is None:
        return []
    first = min(one.recruited_on for one in rows if one.recruited_on)
    days = talent_numbers_on(desk.district, desk.today).mentor_days
    return [
        (
            _("Name the two mentors of recruits"),
            _("%(count)s recruits lack the mentor that you name") % {"count": len(rows)},
            first + dt.timedelta(days=days),
            reverse("desk:graduates"),
            _("Name the mentor"),
        )
    ]


def _to_report(desk: Desk) -> list[tuple]:
    if not desk.enterprises:
        return []
    covering = PartyCoverage.objects.on(desk.today).filter(enterprise__in=desk.enterprises)
    organisations = PartyOrganisation.objects.filter(pk__in=covering.values("organisation"))
    first, last = desk.today - dt.timedelta(days=DAYS_BACK), desk.today + dt.timedelta(days=DAYS_AHEAD)
    found = [
        one
        for one in work_of(organisations, first, last)
        if not (one.is_done or one.is_reported) and one.period.end <= last
    ]
    found.sort(key=lambda one: one.period.end)
    return [
        (
            _("Report: %(work)s, %(period)s") % {"work": one.item.title, "period": one.period},
            _("Returned: %(reason)s") % {"reason": one.check.reason} if one.check else one.organisation.name,
            one.period.end,
            reverse("desk:guide-work", args=[one.organisation.pk, one.item.pk, str(one.period)]),
            _("Report"),
        )
        for one in found[:SHOWN]
    ]


def _to_decide(desk: Desk) -> list[tuple]:
    """One line: how much waits, since when."""
    if not (desk.communities or desk.subdistrict_ids):
        return []
    waiting = GuideCheck.objects.for_user(desk.user).filter(state=GuideCheck.State.REPORTED)
    found = waiting.aggregate(count=Count("pk"), since=Min("recorded_at__date"))
    if not found["count"]:
        return []
    return [
        (
            _("Confirm guide-book work of party organisations"),
            _("%(count)s pieces wait, the oldest since %(day)s")
            % {"count": found["count"], "day": found["since"].isoformat()},
            reminder_day(found["since"], DECIDE_WORKDAYS, desk.calendar),
            reverse("desk:guide"),
            _("Check"),
        )
    ]
