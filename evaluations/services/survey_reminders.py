"""Undetermined projects that wait for their second survey: who is told, a few days before it is due and when it is late."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from evaluations.models import Colour, Level, ListEntry
from evaluations.services.corrections import resurvey_due_on
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.core.models import NoticeKind, Notification
from redprop.core.selectors import work_calendar
from redprop.core.services.notifications import Told, tell

WARNING_WORKDAYS = 5
OVER = (ListEntry.State.WITHDRAWN, ListEntry.State.STRUCK, ListEntry.State.EXPIRED, ListEntry.State.REPAIRED)


def waiting_entries() -> QuerySet[ListEntry]:
    """Undetermined projects that nobody has decided yet."""
    return (
        ListEntry.objects.filter(
            colour=Colour.UNDETERMINED, level=Level.PROJECT, period__closed_at__isnull=False
        )
        .exclude(state__in=OVER)
        .order_by("pk")
    )


def remind_of_second_surveys(*, district: District) -> int:
    """Tell the evaluators of second surveys that are due soon or overdue, once each; returns how many notices."""
    today, calendar = business_today(district), work_calendar(district)
    rows = (
        waiting_entries()
        .filter(period__district=district)
        .select_related("period__district", "period__rubric", "project")
    )
    posted = Posting.objects.on(today).filter(district=district, role=Role.EVALUATOR)
    users: list[User] | None = None
    news = []
    for entry in rows:
        due = resurvey_due_on(entry.period)
        if due is None or today < reminder_day(due, -WARNING_WORKDAYS, calendar):
            continue
        stage = "late" if today > due else "soon"
        subject = f"resurvey:{entry.pk}:{stage}"
        if Notification.objects.filter(subject=subject).exists():
            continue
        if users is None:
            users = [row.user for row in posted.select_related("user")]
        sentence = (
            _("Overdue since %(day)s: second survey of %(project)s.")
            if stage == "late"
            else _("Due on %(day)s: second survey of %(project)s.")
        )
        news.append(
            Told(
                users,
                NoticeKind.DEADLINE,
                lambda sentence=sentence, due=due, entry=entry: (
                    sentence % {"day": due, "project": entry.project}
                ),
                reverse("admin:evaluations_listentry_change", args=[entry.pk]),
                subject,
                due,
            )
        )
    return tell(news)
