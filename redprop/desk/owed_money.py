"""What subsidies ask of an enterprise: the month confirmed, and the one list of evidence that is missing."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from enterprises.models import InPostMonth, Post
from evaluations.subsidies.missing import missing_evidence
from redprop.common.periods import Period, PeriodKind
from redprop.desk.page import Desk

MONTHS_BACK = 3
CONFIRM_WORKDAYS = 5
EVIDENCE_WORKDAYS = 10


def open_months(desk: Desk) -> list[tuple[int, str, dt.date, int]]:
    """Return (enterprise, name, month, persons) of months that wait for their confirmation (a query a month)."""
    if not desk.enterprises:
        return []
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    found = []
    for back in range(MONTHS_BACK):
        month = this_month.shift(-back).start
        day = month.replace(day=15)
        if day > desk.today:
            continue
        confirmed = InPostMonth.objects.filter(month=month)
        rows = (
            Post.objects.on(day)
            .filter(
                enterprise__in=desk.enterprises,
                person__graduate__is_programme_recruit=True,
                person__graduate__recruited_on__lte=day,
            )
            .exclude(person__in=confirmed.values("person"))
            .values_list("enterprise", "person")
            .distinct()
        )
        people: dict[int, int] = {}
        for enterprise, _person in rows:
            people[enterprise] = people.get(enterprise, 0) + 1
        found += [
            (firm.pk, firm.name, month, people[firm.pk]) for firm in desk.enterprises if firm.pk in people
        ]
    return found


def money_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action: for contacts alone."""
    if not desk.enterprises:
        return []
    found = [
        (
            _("Confirm who was in post in %(month)s") % {"month": f"{month:%Y-%m}"},
            _("%(enterprise)s · %(count)s graduates, all ticked already")
            % {"enterprise": name, "count": count},
            reminder_day(month.replace(day=15), CONFIRM_WORKDAYS, desk.calendar),
            reverse("desk:in-post-month", args=[firm, f"{month:%Y-%m}"]),
            _("Confirm"),
        )
        for firm, name, month, count in open_months(desk)
    ]
    lacking = [
        one
        for one in missing_evidence([firm.pk for firm in desk.enterprises], desk.today)
        if any(not wanted.waiting for wanted in one.wanted)
    ]
    if lacking:
        found.append(
            (
                _("Evidence is missing for %(count)s persons") % {"count": len(lacking)},
                _("Without it their subsidies are not paid; each piece is asked once."),
                reminder_day(desk.today.replace(day=1), EVIDENCE_WORKDAYS, desk.calendar),
                reverse("desk:evidence", args=[lacking[0].enterprise_id]),
                _("Add"),
            )
        )
    return found
