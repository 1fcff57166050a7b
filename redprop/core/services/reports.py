"""Scheduled reports: set up, paused, deleted by their owner; prepared by the beat on the business calendar.

Each recipient gets a file of the own area and a link to it, never the data. What a recipient may see
is decided when the worker writes the file: who lost the right gets nothing, and the owner is told.
"""

import datetime as dt
from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import Posting, User
from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, is_workday
from redprop.core.models import ExportFile, ScheduledReport
from redprop.core.models.exports import Way
from redprop.core.models.reports import Every
from redprop.core.selectors import work_calendar
from redprop.core.services.export_files import send_to_worker
from redprop.core.services.listings import open_listing

MOST_RECIPIENTS = 50


def set_up(
    *,
    page: str,
    register: str,
    query: str,
    ending: str,
    every: str,
    recipients: Iterable[User],
    acting_user: User,
    title: str = "",
) -> ScheduledReport:
    """Have a list sent regularly. Raises Refused for a recipient who may not open the list."""
    users = list({user.pk: user for user in recipients}.values())
    if every not in Every.values:
        raise Refused(_("How often: choose week, month or quarter."), code="every")
    if ending not in ENDINGS:
        raise Refused(_("Format: choose Excel or CSV."), code="ending")
    if not users:
        raise Refused(_("Recipients: choose at least one."), code="recipients")
    if len(users) > MOST_RECIPIENTS:
        raise Refused(
            _("Recipients: at most %(most)s in one report. Set up a second one.") % {"most": MOST_RECIPIENTS},
            code="recipients",
        )
    listing = open_listing(user=acting_user, page=page, register=register, query=query)
    for user in users:
        if not may_receive(user, page, register, query):
            raise Refused(
                _("Recipients: %(name)s may not open this list. Leave this name out.") % {"name": str(user)},
                code="recipients",
            )
    today = business_today(listing.district)
    with transaction.atomic(), acting(acting_user, "scheduled report"):
        report = ScheduledReport.objects.create(
            district=listing.district,
            owner=acting_user,
            recorded_by=acting_user.get_username(),
            title=(title.strip() or listing.title)[:200],
            page=listing.page,
            register=listing.register,
            query=listing.query,
            filters=listing.filters,
            ending=ending,
            every=every,
            next_on=next_day(every, today, work_calendar(listing.district)),
        )
        report.recipients.set(users)
    return report


def may_receive(user: User, page: str, register: str, query: str = "") -> bool:
    """Tell whether a user may open the list today."""
    try:
        open_listing(user=user, page=page, register=register, query=query)
    except (Refused, PermissionDenied):
        return False
    return True


def pause(*, report: ScheduledReport, paused: bool, acting_user: User) -> ScheduledReport:
    """Stop a report for a while, or let it go on from its next day that is still to come."""
    with transaction.atomic(), acting(acting_user, "scheduled report"):
        report = _own(report, acting_user)
        report.is_paused = paused
        today = business_today(report.district)
        if not paused and report.next_on <= today:
            report.next_on = next_day(report.every, today, work_calendar(report.district))
        report.save(update_fields=["is_paused", "next_on"])
    return report


def delete(*, report: ScheduledReport, acting_user: User) -> None:
    """Delete a report; files that were made stay until their day."""
    with transaction.atomic(), acting(acting_user, "scheduled report"):
        _own(report, acting_user).delete()


def _own(report: ScheduledReport, user: User) -> ScheduledReport:
    found = (
        ScheduledReport.objects.for_user(user).select_for_update(of=("self",)).filter(pk=report.pk).first()
    )
    if found is None:
        raise PermissionDenied
    return found


def next_day(every: str, after: dt.date, calendar: WorkCalendar) -> dt.date:
    """Return the first working day of the next week, month or quarter that begins after `after`.

    A beginning whose first working day is still to come counts: on 2026-10-02 that of October is 10-08.
    """
    start = _start(every, after)
    while True:
        day = start
        while not _worked(day, calendar):
            day += dt.timedelta(days=1)
        if day > after:
            return day
        start = _start(every, start + dt.timedelta(days={Every.WEEK: 7, Every.MONTH: 31}.get(every, 92)))  # type: ignore[call-overload]


def _start(every: str, day: dt.date) -> dt.date:
    if every == Every.WEEK:
        return day - dt.timedelta(days=day.weekday())
    if every == Every.MONTH:
        return day.replace(day=1)
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _worked(day: dt.date, calendar: WorkCalendar) -> bool:
    try:
        return is_workday(day, calendar)
    except NoCalendarForYear:  # nothing but a convenience hangs on it: plain weeks
        return day.weekday() < 5


def prepare_due() -> int:
    """Have the files of all due reports made; returns how many. Safe to run twice and at once.

    A report whose days passed while nothing ran is made once, not once for each of them.
    """
    made = 0
    due = ScheduledReport.objects.filter(is_paused=False).select_related("district")
    for report in due.order_by("pk"):
        if report.next_on <= business_today(report.district):
            made += _prepare(report.pk)
    return made


def _prepare(pk: int) -> int:
    with transaction.atomic(), acting(None, "scheduled report"):
        report = (
            ScheduledReport.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("district")
            .filter(pk=pk, is_paused=False)
            .first()
        )
        if report is None:
            return 0
        today = business_today(report.district)
        if report.next_on > today:
            return 0
        users = list(report.recipients.filter(is_active=True).order_by("pk"))
        for user in users:
            file = ExportFile.objects.create(
                district=report.district,
                user=user,
                recorded_by="system",
                page=report.page,
                register=report.register,
                title=report.title,
                ending=report.ending,
                query=report.query,
                way=Way.SCHEDULE,
                report=report,
                report_on=report.next_on,
            )
            send_to_worker(file=file, acting_user=None)
        report.last_on = report.next_on
        report.next_on = next_day(report.every, today, work_calendar(report.district))
        report.save(update_fields=["last_on", "next_on"])
        return len(users)


def candidates(*, page: str, acting_user: User) -> list[User]:
    """Return who may be sent a list, by name: colleagues of the owner's area whose role opens it (few queries).

    Whether a person really may open it is asked again when the report is set up, and each time it is sent.
    """
    scope = acting_user.scope
    postings = Posting.objects.filter(user__is_active=True).select_related("district", "user")
    areas = Q(district__in=scope.district_ids | scope.administered_ids)
    areas |= Q(subdistrict__in=scope.subdistrict_ids) | Q(community__in=scope.community_ids)
    postings = postings.filter(areas)
    prefix, _colon, label = page.partition(":")
    if prefix == "admin":
        app_label, _dot, name = label.partition(".")
        roles = Group.objects.filter(
            permissions__codename=f"view_{name}", permissions__content_type__app_label=app_label
        )
        postings = postings.filter(role__in=roles.values("name"), user__is_staff=True)
    days: dict[int, dt.date] = {}
    found = {acting_user.pk: acting_user}
    for posting in postings.order_by("user__full_name", "user__username"):
        if posting.district_id not in days:
            days[posting.district_id] = business_today(posting.district)
        if posting.is_valid_on(days[posting.district_id]):
            found.setdefault(posting.user_id, posting.user)
            user = found[posting.user_id]
            user.role_label = posting.get_role_display()
    return list(found.values())
