"""What a user owes, and by when: the home page of the desk. The number of queries does not grow with the rows."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from communities.lights import Light, filing_deadline
from communities.models import Colour, Commitment, JointMeeting, ResidentRequest, SupervisionOrder
from communities.selectors import owing_meeting, waiting_requests
from evaluations.models import SubsidyBatch, SubsidySlice
from redprop.areas.models import Community
from redprop.common.money import format_yuan
from redprop.common.periods import Period, PeriodKind
from redprop.common.workdays import NoCalendarForYear, add_workdays
from redprop.desk.filing import last_due_month
from redprop.desk.owed_council import council_owed
from redprop.desk.owed_facts import facts_owed
from redprop.desk.owed_funds import funds_owed
from redprop.desk.owed_handling import handling_owed
from redprop.desk.owed_inspections import inspections_owed
from redprop.desk.owed_lists import lists_owed
from redprop.desk.owed_money import money_owed
from redprop.desk.owed_party import party_owed
from redprop.desk.owed_requests import requests_owed
from redprop.desk.owed_work import work_owed
from redprop.desk.page import Desk

SHOWN = 30
OPEN_REQUESTS = [
    ResidentRequest.State.RECEIVED,
    ResidentRequest.State.ASSIGNED,
    ResidentRequest.State.REOPENED,
]
REVIEW_WORKDAYS = 3
MONTHS_BACK = 2
DEADLINES, DAYS_AHEAD = 8, 14


@dataclass(frozen=True)
class Owed:
    """One thing to do: what, by when, where."""

    what: str
    more: str
    due_on: dt.date
    light: Light
    url: str
    action: str


def month_label(month: dt.date | Period) -> str:
    """The month as written in text."""
    period = month if isinstance(month, Period) else Period.of(PeriodKind.MONTH, month)
    return period.label_in(get_language() or "zh")


def owed_by(desk: Desk) -> list[Owed]:
    """Everything the user owes today, the longest overdue first. `SOURCES` names where it comes from."""
    found = [item for source in SOURCES for item in source(desk)]
    return sorted(found, key=lambda item: (item.due_on, item.what))


def _minutes_to_file(desk: Desk) -> list[Owed]:
    if not desk.communities:
        return []
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    months = [this_month.shift(-back) for back in range(MONTHS_BACK)]
    present = JointMeeting.objects.filter(community__in=desk.communities)
    entered = {(m.community_id, m.month): m for m in present.filter(month__gte=months[-1].start)}
    mend = present.filter(state=JointMeeting.State.RETURNED, month__lt=months[-1].start)
    by_id = {c.pk: c for c in desk.communities}
    here = Community.objects.filter(pk__in=by_id)
    founded = {m: set(here.founded_by(m.start).values_list("pk", flat=True)) for m in months}
    wanted = [(c, m, entered.get((c.pk, m.start))) for c in desk.communities for m in months]
    wanted += [(by_id[m.community_id], Period.of(PeriodKind.MONTH, m.month), m) for m in mend]
    found = []
    for community, month, meeting in wanted:
        if meeting and meeting.state in (JointMeeting.State.SUBMITTED, JointMeeting.State.ACCEPTED):
            continue
        if community.closed_on and community.closed_on <= month.start:
            continue
        if meeting is None and community.pk not in founded[month]:
            continue
        due = meeting.due_on if meeting else filing_deadline(month, desk.calendar)
        what = _("File the joint meeting of %(month)s") % {"month": month_label(month)}
        more, action = str(community), _("Fill in")
        if meeting and meeting.state == JointMeeting.State.RETURNED:
            more = _("Returned by the subdistrict: %(reason)s") % {"reason": meeting.return_reason}
            action = _("Mend")
        elif meeting:
            more, action = _("%(community)s · a draft is saved") % {"community": community}, _("Go on")
        url = reverse("desk:meeting-edit", args=[community.pk, str(month)])
        found.append(Owed(what, more, due, desk.lights.of(due), url, action))
    return found


def _to_confirm(desk: Desk) -> list[Owed]:
    if not desk.communities:
        return []
    rows = (
        Commitment.objects.kept_by(desk.kept_community_ids)
        .filter(meeting__state=JointMeeting.State.ACCEPTED, state=Commitment.State.ANSWERED)
        .select_related("project__enterprise")
        .order_by("due_on")[:SHOWN]
    )
    return [
        Owed(
            _("Confirm or reopen: %(problem)s") % {"problem": c.problem},
            _("%(project)s has answered: %(answer)s") % {"project": c.project, "answer": c.answer[:60]},
            c.due_on,
            desk.lights.of(c.due_on),
            reverse("desk:commitment", args=[c.pk]),
            _("Check"),
        )
        for c in rows
    ]


def _to_review(desk: Desk) -> list[Owed]:
    if not desk.subdistrict_ids:
        return []
    rows = (
        JointMeeting.objects.filter(
            community__subdistrict__in=desk.subdistrict_ids, state=JointMeeting.State.SUBMITTED
        )
        .select_related("community")
        .order_by("submitted_at")[:SHOWN]
    )
    found = []
    for meeting in rows:
        try:
            due = add_workdays(timezone.localdate(meeting.submitted_at), REVIEW_WORKDAYS, desk.calendar)
        except NoCalendarForYear:
            due = timezone.localdate(meeting.submitted_at) + dt.timedelta(days=REVIEW_WORKDAYS)
        what = _("Review the joint meeting of %(community)s, %(month)s") % {
            "community": meeting.community,
            "month": month_label(meeting.month),
        }
        more = _("filed by %(name)s") % {"name": meeting.submitted_by} if meeting.submitted_by else _("filed")
        url = reverse("desk:meeting", args=[meeting.pk])
        found.append(Owed(what, more, due, desk.lights.of(due), url, _("Review")))
    return found


def _slices_to_review(desk: Desk) -> list[Owed]:
    if not desk.subdistrict_ids:
        return []
    rows = SubsidySlice.objects.filter(
        subdistrict__in=desk.subdistrict_ids,
        state=SubsidySlice.State.PREPARED,
        batch__state=SubsidyBatch.State.PREPARED,
        line_count__gt=0,
    ).select_related("batch__fund", "subdistrict")[:SHOWN]
    found = []
    for piece in rows:
        prepared = timezone.localtime(piece.batch.prepared_at).date()
        try:
            due = add_workdays(prepared, REVIEW_WORKDAYS, desk.calendar)
        except NoCalendarForYear:
            due = prepared + dt.timedelta(days=REVIEW_WORKDAYS)
        what = _("First review of subsidies: %(fund)s, %(period)s") % {
            "fund": piece.batch.fund,
            "period": piece.batch.period_label,
        }
        more = _("%(subdistrict)s · %(count)s lines, %(total)s") % {
            "subdistrict": piece.subdistrict,
            "count": piece.line_count,
            "total": format_yuan(piece.total),
        }
        url = reverse("desk:slice", args=[piece.pk])
        found.append(Owed(what, more, due, desk.lights.of(due), url, _("Review")))
    return found


def _to_answer(desk: Desk) -> list[Owed]:
    if not desk.enterprises:
        return []
    rows = (
        Commitment.objects.filter(
            project__enterprise__in=desk.enterprises,
            meeting__state__in=[JointMeeting.State.SUBMITTED, JointMeeting.State.ACCEPTED],
            state__in=[Commitment.State.OPEN, Commitment.State.REOPENED],
        )
        .select_related("project", "meeting__community")
        .order_by("due_on")[:SHOWN]
    )
    return [
        Owed(
            (
                _("Not fixed yet, answer again: %(problem)s")
                if c.state == Commitment.State.REOPENED
                else _("Keep and answer: %(problem)s")
            )
            % {"problem": c.problem},
            f"{c.project} · {c.meeting.community}",
            c.due_on,
            desk.lights.of(c.due_on),
            reverse("desk:commitment", args=[c.pk]),
            _("Answer"),
        )
        for c in rows
    ]


def _handling(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in (*handling_owed(desk), *work_owed(desk))
    ]


def _requests(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in requests_owed(desk)
    ]


def _council(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in council_owed(desk)
    ]


def _facts(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in facts_owed(desk)
    ]


def _party(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in party_owed(desk)
    ]


def _after_lists(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in lists_owed(desk)
    ]


def _money(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in (*money_owed(desk), *funds_owed(desk))
    ]


def _inspections(desk: Desk) -> list[Owed]:
    return [
        Owed(what, more, due, desk.lights.of(due), url, action)
        for what, more, due, url, action in inspections_owed(desk)
    ]


SOURCES: list[Callable[[Desk], list[Owed]]] = [
    _minutes_to_file,
    _to_confirm,
    _to_review,
    _to_answer,
    _slices_to_review,
    _handling,
    _requests,
    _council,
    _facts,
    _after_lists,
    _money,
    _party,
    _inspections,
]
"""Each asks a fixed number of queries. A further kind of work is a further function here."""


@dataclass(frozen=True)
class Chase:
    """What waits on others: a number with the page that lists it."""

    label: str
    count: int
    url: str


def to_chase(desk: Desk) -> list[Chase]:
    """What a clerk chases in the own subdistricts, and what a secretary keeps an eye on (a query each)."""
    if desk.subdistrict_ids:
        return _late_in_subdistricts(desk)
    if desk.sees_district:
        return _late_in_district(desk)
    return _waiting_in_communities(desk) if desk.communities else []


def _late_in_district(desk: Desk) -> list[Chase]:
    """What has come up to the district: red orders, and promises whose day has passed."""
    red = SupervisionOrder.objects.for_user(desk.user).open().filter(colour=Colour.RED)
    overdue = (
        Commitment.objects.for_user(desk.user)
        .open()
        .filter(meeting__submitted_at__isnull=False, due_on__lt=desk.today)
    )
    return [
        Chase(_("red supervision orders"), red.count(), f"{reverse('desk:orders')}?show=open&colour=red"),
        Chase(_("overdue commitments"), overdue.count(), f"{reverse('desk:commitments')}?show=overdue"),
    ]


def _late_in_subdistricts(desk: Desk) -> list[Chase]:
    """Communities whose last due meeting is not filed, and overdue commitments."""
    month = last_due_month(desk.today, desk.calendar)
    here = Community.objects.filter(subdistrict__in=desk.subdistrict_ids)
    communities = here.open_on(month.end)
    filed = JointMeeting.objects.filter(month=month.start, submitted_at__isnull=False).values("community")
    overdue = Commitment.objects.open().filter(
        meeting__community__subdistrict__in=desk.subdistrict_ids,
        meeting__submitted_at__isnull=False,
        due_on__lt=desk.today,
    )
    late = ResidentRequest.objects.in_communities(communities.values("pk"), desk.today)
    late = late.filter(due_on__lt=desk.today, state__in=OPEN_REQUESTS)
    return [
        Chase(
            _("communities without the meeting of %(month)s") % {"month": month_label(month)},
            owing_meeting(here, month).exclude(pk__in=filed).count(),
            f"{reverse('desk:meetings')}?month={month}",
        ),
        Chase(_("overdue commitments"), overdue.count(), f"{reverse('desk:commitments')}?show=overdue"),
        Chase(_("overdue requests"), late.count(), f"{reverse('desk:requests')}?show=overdue"),
    ]


def _waiting_in_communities(desk: Desk) -> list[Chase]:
    """Residents' requests that nobody has settled, and promises whose day has passed."""
    waiting = sum(waiting_requests(community, desk.today).count() for community in desk.communities)
    overdue = (
        Commitment.objects.kept_by(desk.kept_community_ids)
        .open()
        .filter(meeting__submitted_at__isnull=False, due_on__lt=desk.today)
    )
    return [
        Chase(_("residents' requests waiting"), waiting, reverse("desk:requests")),
        Chase(_("overdue commitments"), overdue.count(), f"{reverse('desk:commitments')}?show=overdue"),
    ]


@dataclass(frozen=True)
class Deadline:
    """A day to come: what happens on it, and whose turn it is."""

    day: dt.date
    what: str
    light: Light
    url: str


def next_deadlines(desk: Desk) -> list[Deadline]:
    """The next days that matter to a secretary, clerk or district but wait on others: promises that fall due."""
    if not (desk.communities or desk.subdistrict_ids or desk.sees_district):
        return []
    rows = Commitment.objects.open().filter(
        meeting__submitted_at__isnull=False,
        due_on__gte=desk.today,
        due_on__lte=desk.today + dt.timedelta(days=DAYS_AHEAD),
        state__in=[Commitment.State.OPEN, Commitment.State.REOPENED],
    )
    if desk.subdistrict_ids:
        rows = rows.filter(meeting__community__subdistrict__in=desk.subdistrict_ids)
    elif desk.sees_district:
        rows = rows.filter(pk__in=Commitment.objects.for_user(desk.user).values("pk"))
    else:
        rows = rows.kept_by(desk.kept_community_ids)
    return [
        Deadline(
            row.due_on,
            f"{row.problem} · {row.project}",
            desk.lights.of(row.due_on),
            reverse("desk:commitment", args=[row.pk]),
        )
        for row in rows.select_related("project").order_by("due_on", "pk")[:DEADLINES]
    ]
