"""Reminders of the month's filing: once when the days run out, once on the last day, once when it is late.

The secretary is told; of what is late the clerks of the subdistrict too, as one number. Each is told
once, however often the beat runs and whether or not it has been read.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from communities.lights import WARNING_WORKDAYS, filing_deadline, reminder_day
from communities.models import JointMeeting
from communities.selectors import owing_meeting
from communities.services.notices import Readers
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import Community, District
from redprop.common.periods import Period, PeriodKind
from redprop.core.models import NoticeKind, Notification
from redprop.core.selectors import work_calendar
from redprop.core.services.notifications import Told, tell

SOON, LAST_DAY, LATE = "soon", "today", "late"
LATE_DAYS = 20
"""Days after the deadline in which lateness is still told; later ones stand on the home page."""


def remind_of_filing(*, district: District) -> int:
    """Tell who has not filed last month's meeting yet; returns how many notices that were."""
    today, calendar = business_today(district), work_calendar(district)
    month = Period.of(PeriodKind.MONTH, today).preceding()
    due_on = filing_deadline(month, calendar)
    stage = _stage(today, due_on, reminder_day(due_on, -WARNING_WORKDAYS, calendar))
    if stage is None:
        return 0
    filed = JointMeeting.objects.filter(month=month.start, submitted_at__isnull=False).values("community")
    waiting = list(
        owing_meeting(Community.objects.filter(district=district), month)
        .filter(closed_on=None)
        .exclude(pk__in=filed)
        .select_related("subdistrict")
        .order_by("code")
    )
    readers = Readers.of(district)
    news = [_to_secretary(row, month, due_on, stage, readers.keepers_of(row)) for row in waiting]
    if stage == LATE:
        by_subdistrict: dict[int, list[Community]] = defaultdict(list)
        for row in waiting:
            by_subdistrict[row.subdistrict_id].append(row)
        news += [_to_clerks(rows, month, readers.clerks_of(rows[0])) for rows in by_subdistrict.values()]
    return tell(_once(news))


def _stage(today: dt.date, due_on: dt.date, from_day: dt.date) -> str | None:
    if today > due_on:
        return LATE if today <= due_on + dt.timedelta(days=LATE_DAYS) else None
    if today == due_on:
        return LAST_DAY
    return SOON if today >= from_day else None


def _once(news: list[Told]) -> Iterable[Told]:
    """Leave out those who were told the same before (one query)."""
    told = set(
        Notification.objects.filter(subject__in=[one.subject for one in news]).values_list("user", "subject")
    )
    for one in news:
        users: list[User] = [user for user in one.users if (user.pk, one.subject) not in told]
        yield Told(users, one.kind, one.text, one.address, one.subject, one.due_on)


def _label(month: Period) -> str:
    return month.label_in(get_language() or "zh")


def _to_secretary(
    community: Community, month: Period, due_on: dt.date, stage: str, users: Iterable[User]
) -> Told:
    def words() -> str:
        said = {
            SOON: _("The joint meeting of %(month)s is to be filed by %(day)s"),
            LAST_DAY: _("Today is the last day to file the joint meeting of %(month)s"),
            LATE: _("The joint meeting of %(month)s is late: it was due on %(day)s"),
        }[stage]
        return said % {"month": _label(month), "day": due_on}

    address = reverse("desk:meeting-edit", args=[community.pk, str(month)])
    return Told(users, NoticeKind.DEADLINE, words, address, f"filing:{community.pk}:{month}:{stage}", due_on)


def _to_clerks(rows: list[Community], month: Period, users: Iterable[User]) -> Told:
    def words() -> str:
        return _("%(count)s communities have not filed the joint meeting of %(month)s: %(names)s") % {
            "count": len(rows),
            "month": _label(month),
            "names": "、".join(str(row) for row in rows[:10]),
        }

    address = f"{reverse('desk:meetings')}?month={month}"
    subject = f"filing-late:{rows[0].subdistrict_id}:{month}"
    return Told(users, NoticeKind.DEADLINE, words, address, subject)
