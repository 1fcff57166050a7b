"""Notices: told at once at the desk, gathered into messages, sent out at each user's own pace.

`notify` belongs to the act it tells of and commits with it. `gather` makes messages of what was told
since, one for each user and channel, so that fifty notices are one e-mail; `send_out` sends them
through `delivery`. What was read at the desk before its daily message is not sent.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.core.models import Channel, Delivery, NoticeKind, NoticeSettings, Notification, Pace

DAILY_HOUR = 7
"""From this hour (local time) the daily messages are made."""

KEPT_DAYS = 2
"""A notice older than this is not sent out any more: the desk shows it."""


@dataclass(frozen=True)
class Told:
    """One piece of news and whom it is for. `text` is put into words in the site's language."""

    users: Iterable[User]
    kind: str
    text: Callable[[], str]
    address: str = ""
    subject: str = ""
    due_on: dt.date | None = None


def notify(
    *,
    users: Iterable[User],
    kind: str,
    text: Callable[[], str],
    address: str = "",
    subject: str = "",
    due_on: dt.date | None = None,
) -> int:
    """Tell each user one piece of news; see `tell`."""
    return tell([Told(users, kind, text, address, subject, due_on)])


def tell(news: Iterable[Told], *, at: dt.datetime | None = None) -> int:
    """Tell each user once of each piece of news; returns how many notices that were (two queries for all).

    The text is put into the site's own language, whatever the acting user reads. An unread notice
    of the same kind and subject is brought up to date instead of doubled; muted kinds are left out.
    `at` is real time: what is told has nothing to do with a demo district's clock.
    """
    wanted = [
        (user.pk, one) for one in news for user in {u.pk: u for u in one.users}.values() if user.is_active
    ]
    if not wanted:
        return 0
    rows = NoticeSettings.objects.filter(user__in={pk for pk, _one in wanted}).exclude(muted=[])
    muted = {(pk, kind) for pk, kinds in rows.values_list("user", "muted") for kind in kinds}
    now = at or timezone.now()
    texts: dict[int, str] = {}
    values = []
    with translation.override(settings.LANGUAGE_CODE):
        for pk, one in wanted:
            if (pk, one.kind) not in muted:
                words = texts.setdefault(id(one), str(one.text())[:300])
                values.append((pk, one.kind, one.subject, words, one.address, one.due_on, now))
    if not values:
        return 0
    # In the order of the key, so that two who tell the same users never wait for each other crosswise.
    values.sort(key=lambda row: (row[0], row[1], row[2]))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_notification"
            " (user_id, kind, subject, text, address, due_on, recorded_at, recorded_by)"
            " SELECT *, '' FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],"
            " %s::date[], %s::timestamptz[])"
            " ON CONFLICT (user_id, kind, subject) WHERE read_at IS NULL AND NOT (subject = '') DO UPDATE"
            " SET text = EXCLUDED.text, address = EXCLUDED.address, due_on = EXCLUDED.due_on,"
            " recorded_at = EXCLUDED.recorded_at",
            [list(column) for column in zip(*values, strict=True)],
        )
    return len(values)


def mark_read(*, user: User, pk: int | None = None) -> int:
    """Mark one notice of the user as read, or all of them; returns how many."""
    rows = Notification.objects.filter(user=user, read_at__isnull=True)
    if pk is not None:
        rows = rows.filter(pk=pk)
    return rows.update(read_at=timezone.now())


def choose(*, user: User, email: str, gateway: str, muted: Iterable[str]) -> NoticeSettings:
    """Keep what the user chose."""
    muted = sorted(set(muted))
    if email not in Pace or gateway not in Pace or any(kind not in NoticeKind for kind in muted):
        raise Refused(_("Choose from the list."), code="choice")
    with transaction.atomic(), acting(user, "choice of notices"):
        chosen, _created = NoticeSettings.objects.update_or_create(
            user=user, defaults={"email": email, "gateway": gateway, "muted": muted}
        )
    return chosen


def settings_of(user: User) -> NoticeSettings:
    """Return what the user chose, or the defaults (not stored)."""
    return NoticeSettings.objects.filter(user=user).first() or NoticeSettings(user=user)


def mail_at_once(*, user: User, kind: str, subject: str) -> int:
    """Send the unread notice of a subject by e-mail without waiting for the user's pace; returns 0 or 1.

    For what the user asked to get by e-mail. A kind that the user muted has no notice and is not sent.
    """
    if not user.email:
        return 0
    with transaction.atomic():
        notice = Notification.objects.filter(
            user=user, kind=kind, subject=subject, read_at__isnull=True
        ).first()
        if notice is None or _holding(Channel.EMAIL, notice.pk, notice.recorded_at).exists():
            return 0
        Delivery.objects.create(user=user, channel=Channel.EMAIL, next_at=timezone.now()).notices.add(notice)
    return 1


def gather(*, now: dt.datetime | None = None) -> int:
    """Make messages of the notices that no message of the channel holds yet; returns how many were made.

    Safe to run twice and at once: one gatherer at a time, and one daily message per user, channel and day.
    """
    now = now or timezone.now()
    local = timezone.localtime(now)
    made = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gather notices'))")
        for channel in Channel:
            paces = [Pace.AT_ONCE] + ([Pace.DAILY] if local.hour >= DAILY_HOUR else [])
            for pace in paces:
                made += _gather(channel, pace, now, local.date())
    return made


def _holding(channel: str, notice: object, since: object) -> QuerySet[Delivery]:
    """Messages of the channel that carry the notice as it reads now.

    One that was brought up to date after its message went (a blue order that has become red) is sent again.
    """
    now_worded = Q(state=Delivery.State.QUEUED) | Q(recorded_at__gte=since) | Q(sent_at__gte=since)
    return Delivery.objects.filter(now_worded, channel=channel, notices=notice)


def _gather(channel: str, pace: str, now: dt.datetime, today: dt.date) -> int:
    chosen = Q(**{f"user__notice_settings__{channel}": pace})
    if pace == NoticeSettings._meta.get_field(channel).default:
        chosen |= Q(user__notice_settings__isnull=True)
    waiting = (
        Notification.objects.filter(
            chosen,
            user__is_active=True,
            read_at__isnull=True,
            recorded_at__gt=now - dt.timedelta(days=KEPT_DAYS),
            recorded_at__lte=now,
        )
        .exclude(Exists(_holding(channel, OuterRef("pk"), OuterRef("recorded_at"))))
        .order_by("pk")
    )
    if channel == Channel.EMAIL:
        waiting = waiting.exclude(user__email="")
    digest_of = today if pace == Pace.DAILY else None
    if digest_of:
        had = Delivery.objects.filter(channel=channel, digest_of=digest_of)
        waiting = waiting.exclude(user__in=had.values("user"))
    by_user: dict[int, list[int]] = defaultdict(list)
    for user_id, pk in waiting.values_list("user", "pk"):
        by_user[user_id].append(pk)
    deliveries = Delivery.objects.bulk_create(
        Delivery(user_id=user_id, channel=channel, digest_of=digest_of, next_at=now, recorded_at=now)
        for user_id in by_user
    )
    through = Delivery.notices.through
    through.objects.bulk_create(
        through(delivery_id=delivery.pk, notification_id=pk)
        for delivery in deliveries
        for pk in by_user[delivery.user_id]
    )
    return len(deliveries)
