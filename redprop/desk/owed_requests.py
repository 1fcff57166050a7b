"""What a user owes to residents' requests: to assign, to answer, photos to check."""

import datetime as dt

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from communities.models import SILENT_AFTER_DAYS, RequestPhoto, ResidentRequest
from redprop.desk.page import Desk

SHOWN = 30
REMINDED_DAYS = 14
ASSIGN_WORKDAYS = PHOTO_WORKDAYS = 1
State = ResidentRequest.State


def requests_owed(desk: Desk) -> list[tuple]:
    """Return (what, more, due_on, url, action) of each; at most one query for each kind of user."""
    return [*_of_community(desk), *_of_enterprise(desk), *_silent(desk), *_photos(desk)]


def _of_community(desk: Desk) -> list[tuple]:
    if not desk.communities:
        return []
    ids = [community.pk for community in desk.communities]
    rows = ResidentRequest.objects.in_communities(ids, desk.today).with_project().select_related("compound")
    rows = rows.filter(state__in=[State.RECEIVED, State.ASSIGNED, State.REOPENED]).exclude(
        state__in=[State.ASSIGNED, State.REOPENED], is_for_the_enterprise=True, project_id__isnull=False
    )
    found = []
    for row in rows.order_by("due_on", "pk")[:SHOWN]:
        if row.state == State.RECEIVED:
            due = min(row.due_on, reminder_day(row.received_on, ASSIGN_WORKDAYS, desk.calendar))
            found.append(_line(_("Assign a request: %(text)s"), row, due, _("Assign")))
        else:
            found.append(_line(_words(row), row, row.due_on, _("Answer")))
    return found


def _of_enterprise(desk: Desk) -> list[tuple]:
    if not desk.enterprises:
        return []
    rows = ResidentRequest.objects.of_enterprises([e.pk for e in desk.enterprises])
    rows = rows.filter(state__in=[State.ASSIGNED, State.REOPENED]).select_related("compound")
    return [_line(_words(row), row, row.due_on, _("Answer")) for row in rows.order_by("due_on", "pk")[:SHOWN]]


def _silent(desk: Desk) -> list[tuple]:
    """One reminder for answers that no resident has spoken to: those that became silent in the last two weeks."""
    if not desk.communities:
        return []
    ids = [community.pk for community in desk.communities]
    rows = ResidentRequest.objects.in_communities(ids, desk.today).silent(desk.today)
    found = rows.filter(answered_on__gt=desk.today - dt.timedelta(days=SILENT_AFTER_DAYS + REMINDED_DAYS))
    told = found.aggregate(count=Count("pk"), oldest=Min("answered_on"))
    if not told["count"]:
        return []
    what = _("Ask %(count)s residents who have not said whether it is settled") % {"count": told["count"]}
    more = _("Answered %(days)s days ago or longer. Only they can confirm it.") % {"days": SILENT_AFTER_DAYS}
    due = told["oldest"] + dt.timedelta(days=SILENT_AFTER_DAYS + REMINDED_DAYS)
    return [(what, more, due, f"{reverse('desk:requests')}?show=silent", _("View it"))]


def _words(row: ResidentRequest) -> str:
    if row.state == State.REOPENED:
        return _("Not fixed, answer the resident again: %(text)s")
    return _("Answer a request: %(text)s")


def _line(what: str, row: ResidentRequest, due_on: object, action: str) -> tuple:
    more = f"{row.compound} · {row.get_category_display()} · {row.get_urgency_display()}"
    return what % {"text": row.text[:60]}, more, due_on, reverse("desk:request", args=[row.pk]), action


def _photos(desk: Desk) -> list[tuple]:
    if not desk.subdistrict_ids:
        return []
    rows = RequestPhoto.objects.for_user(desk.user).filter(state=RequestPhoto.State.WAITING)
    count, oldest = rows.count(), rows.aggregate(oldest=Min("recorded_at"))["oldest"]
    if not count:
        return []
    due = reminder_day(localdate(oldest), PHOTO_WORKDAYS, desk.calendar)
    what = _("Look at %(count)s photos of residents' requests") % {"count": count}
    return [(what, _("Then the residents may see them."), due, reverse("desk:request-photos"), _("Check"))]
