"""Supervision orders (督办单): blue shortly before the due date, yellow once it has passed, red some days later.

Each goes one level higher. The rules are dated rows of the district (`SupervisionRule`); a district
without any goes by the sample below. Orders cost no points: the overdue commitment itself does.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from communities.models import (
    Colour,
    Commitment,
    CommitmentStep,
    JointMeeting,
    Level,
    SupervisionOrder,
    SupervisionRule,
)
from communities.services.access import require_clerk, require_contact
from communities.services.commitments import add_step, lock_commitment, needed
from communities.services.notices import Readers, news_of_commitment
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.workdays import WorkCalendar
from redprop.core.models import NoticeKind
from redprop.core.selectors import work_calendar
from redprop.core.services.notifications import Told, tell

SEVERITY = {Colour.BLUE: 0, Colour.YELLOW: 1, Colour.RED: 2}
OPEN = (Commitment.State.OPEN, Commitment.State.REOPENED)


@dataclass(frozen=True)
class Beat:
    """When an order of a colour is due: working days after the due date, negative before it."""

    colour: str
    workdays: int
    level: str


SAMPLE = (
    Beat(Colour.BLUE, -3, Level.COMMUNITY),
    Beat(Colour.YELLOW, 1, Level.SUBDISTRICT),
    Beat(Colour.RED, 5, Level.DISTRICT),
)
"""Sample: S46G names blue near the date, yellow behind, red overdue until closed; the days are ours."""


def beats_on(district: District, day: dt.date) -> list[Beat]:
    """Return the rules in force, the most severe first; the sample where the district entered none."""
    rows = SupervisionRule.objects.filter(district=district)
    if not rows.exists():
        return sorted(SAMPLE, key=lambda beat: -SEVERITY[Colour(beat.colour)])
    beats = [Beat(row.colour, row.workdays, row.level) for row in rows.on(day)]
    return sorted(beats, key=lambda beat: -SEVERITY[Colour(beat.colour)])


def due_span(beat: Beat, today: dt.date, calendar: WorkCalendar) -> tuple[dt.date, dt.date]:
    """Return the first and last due date for which an order of this beat is called for today."""
    if beat.workdays <= 0:
        return today, reminder_day(today, -beat.workdays, calendar)
    # The n-th working day counted back from today, today included, lies after every such due date.
    nth = reminder_day(today + dt.timedelta(days=1), -beat.workdays, calendar)
    return dt.date.min, nth - dt.timedelta(days=1)


def issue_orders(*, district: District, acting_user: User | None = None) -> list[SupervisionOrder]:
    """Issue what is called for today, once for each colour and due date. Safe to run twice and at once."""
    with transaction.atomic(), acting(acting_user, "supervision orders"):
        _lock_numbers(district)
        today, calendar = business_today(district), work_calendar(district)
        issued: list[SupervisionOrder] = []
        for beat in beats_on(district, today):
            first, last = due_span(beat, today, calendar)
            severe = [c for c, grade in SEVERITY.items() if grade >= SEVERITY[Colour(beat.colour)]]
            wanted = (
                Commitment.objects.filter(
                    meeting__community__district=district,
                    meeting__state=JointMeeting.State.ACCEPTED,
                    state__in=OPEN,
                    due_on__gte=first,
                    due_on__lte=last,
                )
                .exclude(
                    pk__in=SupervisionOrder.objects.filter(
                        district=district, colour__in=severe, commitment__due_on=F("due_on")
                    ).values("commitment")
                )
                .select_related("project__enterprise", "project__district", "meeting__community__district")
                .order_by("due_on", "pk")
            )
            issued += _issue(district, list(wanted), beat, "")
        return issued


def issue_order(
    *, commitment: Commitment, colour: str, reason: str, acting_user: User | None
) -> SupervisionOrder:
    """Issue one order by hand, as a clerk of the subdistrict, ahead of the beat."""
    reason = needed(reason, _("Reason: say why this order is issued now."), most=500)
    with transaction.atomic(), acting(acting_user, reason):
        commitment = lock_commitment(commitment)
        community = commitment.meeting.community
        require_clerk(acting_user, community)
        _lock_numbers(community.district)
        if commitment.state not in OPEN:
            raise Refused(
                _("Nothing is waited for from the enterprise: it is answered or closed."), code="not-open"
            )
        if colour not in Colour:
            raise Refused(_("Choose blue, yellow or red."), code="colour")
        if commitment.orders.filter(colour=colour, due_on=commitment.due_on).exists():
            raise Refused(_("This order was already issued for this due date."), code="already-issued")
        level = next(beat.level for beat in SAMPLE if beat.colour == colour)
        return _issue(community.district, [commitment], Beat(colour, 0, level), reason, acting_user)[0]


def reply_to_order(*, order: SupervisionOrder, text: str, acting_user: User | None) -> SupervisionOrder:
    """Record the enterprise's written explanation, once."""
    text = needed(text, _("Reply: say why it is late and when it will be done."), most=500)
    with transaction.atomic(), acting(acting_user, "reply to order"):
        commitment = lock_commitment(order.commitment)
        require_contact(acting_user, commitment.project)
        order = SupervisionOrder.objects.select_for_update().get(pk=order.pk)
        if order.reply:
            raise Refused(_("This order already has its reply."), code="replied")
        now = business_now(commitment.meeting.community.district)
        order.reply, order.replied_at, order.replied_by = text, now, str(acting_user or "")
        order.save(update_fields=["reply", "replied_at", "replied_by"])
        add_step(commitment, CommitmentStep.Kind.REPLIED, now, f"{order.number}: {text}", acting_user)
    return order


def _lock_numbers(district: District) -> None:
    """Let those who number orders of one district wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('supervision orders'), %s)", [district.pk])


def _issue(
    district: District,
    commitments: list[Commitment],
    beat: Beat,
    reason: str,
    acting_user: User | None = None,
) -> list[SupervisionOrder]:
    if not commitments:
        return []
    today, now = business_today(district), business_now(district)
    last = SupervisionOrder.objects.filter(district=district, year=today.year).aggregate(last=Max("serial"))
    start = (last["last"] or 0) + 1
    author = str(acting_user or "")
    orders = SupervisionOrder.objects.bulk_create(
        SupervisionOrder(
            district=district,
            commitment=commitment,
            colour=beat.colour,
            level=beat.level,
            year=today.year,
            serial=start + i,
            issued_on=today,
            due_on=commitment.due_on,
            recorded_at=now,
            recorded_by=author,
        )
        for i, commitment in enumerate(commitments)
    )
    CommitmentStep.objects.bulk_create(
        CommitmentStep(
            commitment_id=order.commitment_id,
            kind=CommitmentStep.Kind.ORDERED,
            at=now,
            text=f"{order.get_colour_display()} {order.number}" + (f": {reason}" if reason else ""),
            recorded_at=now,
            recorded_by=author,
        )
        for order in orders
    )
    by_id = {commitment.pk: commitment for commitment in commitments}
    readers = Readers.of(district, commitments)
    tell(_news(order, by_id[order.commitment_id], readers) for order in orders)
    return orders


def _news(order: SupervisionOrder, commitment: Commitment, readers: Readers) -> Told:
    """For the enterprise and the community; one level up for the clerks, at the top for the district's evaluators."""
    community = commitment.meeting.community
    users = [*readers.contacts_of(commitment), *readers.keepers_of(community)]
    if order.level != Level.COMMUNITY:
        users += readers.clerks_of(community)
    if order.level == Level.DISTRICT:
        users += readers.evaluators
    return news_of_commitment(
        commitment,
        users,
        lambda: (
            _("Supervision order (%(colour)s): %(problem)s")
            % {"colour": order.get_colour_display(), "problem": commitment.problem[:150]}
        ),
        kind=NoticeKind.SUPERVISION,
        due_on=commitment.due_on,
    )
