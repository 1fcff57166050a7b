"""Writes the sign-in log and takes away what is past its time."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from redprop.accounts.devices import device_of
from redprop.accounts.models import SignInEntry, User
from redprop.common.senders import sender

Kind = SignInEntry.Kind
LEAST_DAYS = 184
"""The law wants half a year (Cybersecurity Law art. 23); the table's trigger keeps it."""


def record(
    kind: str,
    *,
    request: HttpRequest | None = None,
    user: Any = None,
    username: str = "",
    detail: str = "",
) -> SignInEntry:
    """Write one event. A name that no account has is cut to two characters: passwords are typed there by mistake."""
    if user is None and username:
        user = User.objects.filter(username=username).first()
    shown = (f"{username[:2]}…" if username else "") if user is None else user.username
    return SignInEntry.objects.create(
        kind=kind,
        user=user,
        username=shown,
        district_id=_district_of(user),
        address=sender(request) if request is not None else "",
        device=device_of(request.headers.get("User-Agent", "")) if request is not None else "",
        detail=detail[:200],
    )


def _district_of(user: Any) -> int | None:
    """The district that keeps the account, or where it is posted."""
    if user is None:
        return None
    if user.district_id:
        return int(user.district_id)
    found = user.postings.order_by("-valid_from").values_list("district", flat=True).first()
    return int(found) if found else None


def forget_entries(*, now: dt.datetime | None = None) -> int:
    """Delete what is past SIGN_IN_LOG_DAYS, never less than half a year; returns how many."""
    days = max(settings.SIGN_IN_LOG_DAYS, LEAST_DAYS)
    before = (now or timezone.now()) - dt.timedelta(days=days)
    return SignInEntry.objects.filter(at__lt=before).delete()[0]
