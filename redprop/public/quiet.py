"""Quiet protection of the residents' forms, without an outside service, a session, a cookie or JavaScript.

A form carries a signed stamp: when it was opened, for which compound, and a random number by which a form
sent twice is recognised. A field that people do not see catches machines. Senders are counted in the cache
under a keyed hash that changes every day; no address is stored.
"""

import secrets
import time
from dataclasses import dataclass

from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash

FASTEST_SECONDS = 3
"""Nobody reads and fills in the form faster."""

OLDEST_SECONDS = 24 * 3600

LIMITS: dict[str, tuple[tuple[int, int], ...]] = {
    "report": ((6, 600), (30, 86_400)),
    "compound": ((60, 3600),),
    "wrong-code": ((20, 600),),
    "act": ((20, 3600),),
    "poster": ((10, 600), (60, 86_400)),
    "api": ((300, 60), (6000, 3600)),
}
"""How often (times, within seconds). A whole building may share one address: the limits leave room."""

_SALT = "residents-form"


@dataclass(frozen=True)
class Stamp:
    """What the form's stamp says."""

    about: str
    number: str


def new_stamp(about: str) -> str:
    """Return the stamp of a form about `about` that is shown now."""
    return signing.dumps({"a": about, "t": int(time.time()), "n": secrets.token_hex(12)}, salt=_SALT)


def check_form(request: HttpRequest, about: str) -> Stamp:
    """Return the stamp of a sent form; raises Refused when it is no form of ours, too old or filled in by a machine."""
    try:
        found = signing.loads(request.POST.get("stamp", ""), salt=_SALT, max_age=OLDEST_SECONDS)
        age = time.time() - found["t"]
    except (signing.BadSignature, KeyError, TypeError):
        raise _again() from None
    if found.get("a") != about or request.POST.get("website") or age < FASTEST_SECONDS:
        raise _again()
    return Stamp(about, found["n"])


AWAY_SECONDS = 20
"""How long a cache that did not answer is not asked again: each try may cost two seconds."""

_away_until = 0.0


def count(kind: str, who: str) -> None:
    """Count one more act of `who`; raises Refused beyond the limit. Without the cache nobody is turned away."""
    global _away_until
    if time.monotonic() < _away_until:
        return
    key = keyed_hash(f"{timezone.localdate()}:{kind}:{who}", about="rate-limit")[:32]
    try:
        for most, seconds in LIMITS[kind]:
            name = f"quiet:{kind}:{seconds}:{key}"
            cache.add(name, 0, seconds)
            if cache.incr(name) > most:
                raise Refused(
                    _(
                        "Too much was sent from here in a short time. Please try again later, or call the community."
                    ),
                    code="too-often",
                )
    except RedisError:
        _away_until = time.monotonic() + AWAY_SECONDS
    except ValueError:
        return


def status_of(refused: Refused | None) -> int:
    """Return the status of a page with a form: 200, 429 for one turned away by a limit, else 400."""
    if refused is None:
        return 200
    return 429 if refused.code == "too-often" else 400


def _again() -> Refused:
    return Refused(
        _(
            "The form was open too long, or sent too fast. Your words are still there: please send it once more."
        ),
        code="stamp",
    )
