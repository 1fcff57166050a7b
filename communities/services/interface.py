"""Checks signed calls of connected platforms, and answers the same call the same way.

A call is signed with HMAC-SHA256 over method, path, time, nonce and the digest of its body. For calls that
change something the nonce is also the idempotency key: kept with the answer for 30 days. A call that was
refused is not kept: mended, it may be sent again under the same key. Described in docs/interface.md.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from communities.models import InterfaceCall, InterfaceKey
from communities.services.interface_keys import ABOUT
from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash, seal, unseal

SKEW_SECONDS = 300
KEPT_DAYS = 30
CALLS_A_MINUTE = 300
_ANSWER = "interface-answer"


@dataclass(frozen=True)
class Call:
    """One call as it came in."""

    method: str
    path: str
    body: bytes
    key_id: str
    timestamp: str
    nonce: str
    signature: str


@dataclass(frozen=True)
class Answer:
    """What a call is answered with. `repeated` tells that it was answered before."""

    status: int
    content: dict[str, object]
    repeated: bool = False


def to_sign(method: str, path: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return the text that is signed: five lines."""
    return "\n".join([method, path, timestamp, nonce, hashlib.sha256(body).hexdigest()]).encode()


def sign(secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the signature in hexadecimal digits."""
    return hmac.new(
        secret.encode(), to_sign(method, path, timestamp, nonce, body), hashlib.sha256
    ).hexdigest()


def check_call(call: Call, *, now: dt.datetime | None = None) -> InterfaceKey:
    """Return the key that signed the call; raises Refused with a code for each thing that can be wrong."""
    now = now or timezone.now()
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{8,64}", call.nonce):
        raise Refused(
            _("X-Redprop-Nonce: 8 to 64 letters, digits or _ . : -, another one for every call."),
            code="nonce",
        )
    if not call.timestamp.isascii() or not call.timestamp.isdigit() or len(call.timestamp) > 12:
        raise Refused(_("X-Redprop-Timestamp: seconds since 1970, as digits."), code="timestamp")
    key = InterfaceKey.objects.select_related("district").filter(key_id=call.key_id).first()
    if key is None or key.starts_at > now or (key.ends_at is not None and key.ends_at <= now):
        raise Refused(_("This key is not known, or has ended."), code="unknown-key")
    expected = sign(
        unseal(key.secret, about=ABOUT), call.method, call.path, call.timestamp, call.nonce, call.body
    )
    if not hmac.compare_digest(expected, call.signature.strip().lower()):
        raise Refused(
            _("The signature does not fit. Compare the five lines that are signed with the documentation."),
            code="bad-signature",
        )
    if abs(now.timestamp() - int(call.timestamp)) > SKEW_SECONDS:
        raise Refused(
            _("The call's time differs from ours (%(now)s) by more than %(seconds)s seconds. Set your clock.")
            % {"now": int(now.timestamp()), "seconds": SKEW_SECONDS},
            code="clock-skew",
            now=int(now.timestamp()),
        )
    _count(key, call, now)
    return key


def answer_once(key: InterfaceKey, call: Call, act: Callable[[], Answer]) -> Answer:
    """Carry out a call that changes something, once; the same call again gets the first answer.

    The same idempotency key with another content is refused, also when both come at the same moment.
    """
    digest = hashlib.sha256(f"{call.method}\n{call.path}\n".encode() + call.body).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:
            lock = keyed_hash(f"{key.district_id}:{key.client}:{call.nonce}", about="interface-lock")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(lock[:15], 16)])
        kept = InterfaceCall.objects.filter(
            district=key.district, client=key.client, idempotency_key=call.nonce
        ).first()
        if kept is not None:
            if kept.digest != digest:
                raise Refused(
                    _("This idempotency key was used for another call. Take a new one."),
                    code="idempotency-conflict",
                )
            return Answer(kept.status, json.loads(unseal(kept.answer, about=_ANSWER)), repeated=True)
        answer = act()
        InterfaceCall.objects.create(
            district=key.district,
            client=key.client,
            idempotency_key=call.nonce,
            digest=digest,
            status=answer.status,
            answer=seal(json.dumps(answer.content, ensure_ascii=False), about=_ANSWER),
            recorded_by=key.key_id,
        )
    return answer


def forget_calls(*, now: dt.datetime | None = None) -> int:
    """Forget answers older than 30 days; returns how many."""
    old = (now or timezone.now()) - dt.timedelta(days=KEPT_DAYS)
    return InterfaceCall.objects.filter(recorded_at__lt=old).delete()[0]


def _count(key: InterfaceKey, call: Call, now: dt.datetime) -> None:
    # A reading call is good once; a changing one is kept with its answer in the database.
    try:
        if call.method == "GET" and not cache.add(
            f"interface:{key.client}:{call.nonce}", 1, 2 * SKEW_SECONDS
        ):
            raise Refused(_("This call was made before. Sign it with a new nonce."), code="replayed")
        name = f"interface-rate:{key.pk}:{int(now.timestamp()) // 60}"
        cache.add(name, 0, 120)
        if cache.incr(name) > CALLS_A_MINUTE:
            raise Refused(
                _("More than %(most)s calls in a minute. Wait a minute.") % {"most": CALLS_A_MINUTE},
                code="too-often",
            )
    except (RedisError, ValueError):
        return
