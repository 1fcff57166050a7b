"""Messages on their way out: by e-mail, and as signed calls to the district's gateway.

A message is claimed by locking its row, so two workers never send one twice; a worker killed between
sending and writing that down sends it again, with the same number (`X-Redprop-Delivery`), by which a
gateway tells it is the same.
"""

import datetime as dt
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.secrets import seal, unseal
from redprop.core.models import Channel, Delivery, Gateway

ATTEMPTS = 5
TIMEOUT_SECONDS = 10
FAILURES_IN_A_ROW = 3
"""After so many a channel is left alone until the next run: its server is down, and the others wait."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that sends us elsewhere is not followed."""

    def redirect_request(self, *arguments: object, **named: object) -> None:
        return None


def set_gateway(
    *, district: District, url: str, secret: str, is_active: bool = True, acting_user: User | None
) -> Gateway:
    """Keep the district's gateway; an empty secret leaves the stored one. Only https leaves the machine."""
    check_address(url)
    with transaction.atomic(), acting(acting_user, "message gateway"):
        gateway = Gateway.objects.filter(district=district).first() or Gateway(district=district)
        if not secret and not gateway.secret:
            raise Refused(_("Secret: enter the text that both sides know."), code="secret")
        gateway.url, gateway.is_active = url, is_active
        if secret:
            gateway.secret = seal(secret, about="message-gateway")
        gateway.save()
    return gateway


def check_address(url: str) -> None:
    """Refuse an address over which others could read along."""
    parts = urlsplit(url)
    here = parts.hostname in ("127.0.0.1", "localhost")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise Refused(
            _("Address: it begins with https://, so that nobody reads the messages on their way."), code="url"
        )


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the signature of a call: HMAC-SHA256 in hex over `<seconds since 1970>.<body>`."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def send_out(*, limit: int = 200, now: dt.datetime | None = None) -> int:
    """Send what is queued and due; returns how many were sent."""
    sent = 0
    failures = dict.fromkeys(Channel.values, 0)
    for _number in range(limit):
        in_use = [channel for channel, count in failures.items() if count < FAILURES_IN_A_ROW]
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("user__district", "district")
                .filter(state=Delivery.State.QUEUED, next_at__lte=now or timezone.now(), channel__in=in_use)
                .order_by("next_at", "pk")
                .first()
            )
            if delivery is None:
                break
            if _attempt(delivery):
                sent += 1
                failures[delivery.channel] = 0
            else:
                failures[delivery.channel] += 1
    return sent


def queue_event(*, district: District, event: dict[str, object]) -> Delivery | None:
    """Queue an event for the district's gateway; belongs to the act it tells of. None without a gateway in use."""
    if not Gateway.objects.filter(district=district, is_active=True).exists():
        return None
    return Delivery.objects.create(
        district=district, channel=Channel.GATEWAY, event=event, next_at=timezone.now()
    )


def _attempt(delivery: Delivery) -> bool:
    told = [] if delivery.user is None else delivery.notices.filter(read_at__isnull=True).order_by("pk")
    notices = list(told)
    delivery.attempts += 1
    try:
        if delivery.user is None:
            _post(delivery, delivery.district, {"delivery": delivery.pk, **(delivery.event or {})})
        elif notices:
            with translation.override(settings.LANGUAGE_CODE):
                (_mail if delivery.channel == Channel.EMAIL else _call)(delivery, notices)
    except (OSError, SMTPException, Refused) as error:
        delivery.error = str(error)[:300]
        if delivery.attempts >= ATTEMPTS:
            delivery.state, delivery.next_at = Delivery.State.FAILED, None
        else:
            delivery.next_at = timezone.now() + dt.timedelta(minutes=2**delivery.attempts)
        delivery.save(update_fields=["attempts", "error", "state", "next_at"])
        return False
    delivery.state, delivery.sent_at, delivery.next_at = Delivery.State.SENT, timezone.now(), None
    delivery.error = ""
    delivery.save(update_fields=["attempts", "error", "state", "next_at", "sent_at"])
    return True


def _mail(delivery: Delivery, notices: list) -> None:
    first = notices[0].text
    subject = (
        first
        if len(notices) == 1
        else _("%(count)s notices: %(first)s …")
        % {
            "count": len(notices),
            "first": first[:40],
        }
    )
    lines = []
    for notice in notices:
        due = _("(by %(day)s)") % {"day": notice.due_on} if notice.due_on else ""
        lines.append(f"· {notice.text}{due}")
        if notice.address:
            lines.append(f"  {settings.SITE_ADDRESS.rstrip('/')}{notice.address}")
    lines += ["", _("You choose at the desk under “Notices” what is sent and how often.")]
    send_mail(f"【{_('Red Property')}】{subject}"[:200], "\n".join(lines), None, [delivery.user.email])


def _call(delivery: Delivery, notices: list) -> None:
    district = delivery.user.district or next((p.district for p in delivery.user.current_postings), None)
    _post(
        delivery,
        district,
        {
            "delivery": delivery.pk,
            "to": delivery.user.username,
            "notices": [
                {
                    "kind": notice.kind,
                    "text": notice.text,
                    "url": f"{settings.SITE_ADDRESS.rstrip('/')}{notice.address}" if notice.address else "",
                    "due_on": notice.due_on.isoformat() if notice.due_on else None,
                }
                for notice in notices
            ],
        },
    )


def _post(delivery: Delivery, district: District | None, message: dict[str, object]) -> None:
    gateway = Gateway.objects.filter(district=district, is_active=True).first() if district else None
    if gateway is None:
        raise Refused(_("The district has no message gateway in use."), code="no-gateway")
    body = json.dumps(message, ensure_ascii=False, sort_keys=True).encode()
    at = int(timezone.now().timestamp())
    request = urllib.request.Request(
        gateway.url,
        data=body,
        headers={
            "Content-Type": "application/json",
            "X-Redprop-Delivery": str(delivery.pk),
            "X-Redprop-Timestamp": str(at),
            "X-Redprop-Signature": signature(unseal(gateway.secret, about="message-gateway"), at, body),
        },
    )
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        raise Refused(
            _("The gateway answered %(status)s.") % {"status": error.code}, code="gateway"
        ) from error
