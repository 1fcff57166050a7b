"""Signed-in devices and one's own password."""

import datetime as dt
import hashlib

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.devices import device_of
from redprop.accounts.models import SignInEntry, SignInSession, User
from redprop.accounts.services.sign_in_log import forget_entries, record
from redprop.accounts.sessions import ADDRESS, DEVICE
from redprop.common.senders import sender

KNOWN_DAYS = 90
"""An account that has come in from an address within these days is known there."""


def too_many_from(address: str, username: str) -> bool:
    """Whether so many sign-ins failed from an address within the time of the lock that strange names wait.

    One password tried on many names locks none of them. Who has come in from this address before is let through:
    a colleague who guesses, or a rival in the same network, shuts nobody out.
    """
    now = timezone.now()
    failed = SignInEntry.objects.filter(
        at__gte=now - settings.AXES_COOLOFF_TIME,
        address=address,
        kind__in=(SignInEntry.Kind.WRONG_PASSWORD, SignInEntry.Kind.LOCKED_OUT),
    ).count()
    if failed < settings.SIGN_IN_ATTEMPTS_FROM_ADDRESS:
        return False
    known = SignInEntry.objects.filter(
        user__username=username,
        address=address,
        kind__in=(SignInEntry.Kind.SIGNED_IN, SignInEntry.Kind.PROVIDER),
        at__gte=now - dt.timedelta(days=KNOWN_DAYS),
    )
    return not known.exists()


def remember_device(request: HttpRequest) -> None:
    """Write into the session of a fresh sign-in on which device it happened."""
    request.session[DEVICE] = device_of(request.headers.get("User-Agent", ""))
    request.session[ADDRESS] = sender(request)


def mark_of(session: SignInSession) -> str:
    """Return the name under which a page speaks of a session: its key never leaves the server."""
    return hashlib.sha256(session.session_key.encode()).hexdigest()[:16]


def end_sessions(*, user: User, acting_user: User, keep: str | None = None, mark: str | None = None) -> int:
    """Sign the user out everywhere but in the session `keep`, or only where `mark` says. Returns how many ended."""
    with transaction.atomic(), acting(acting_user, _("signed out on other devices")):
        found = SignInSession.objects.filter(user=user).exclude(session_key=keep or "")
        if mark is not None:
            found = found.filter(pk__in=[one.pk for one in found if mark_of(one) == mark])
        count = found.delete()[0]
        if count:
            record(SignInEntry.Kind.ENDED, user=user, detail=str(count))
        return count


def choose_password(*, form: SetPasswordForm, keep: str | None) -> User:
    """Set the checked password of the form as one's own and end the user's other sessions."""
    user: User = form.user
    with transaction.atomic(), acting(user, _("password changed")):
        user.must_change_password = False
        user.password_changed_at = timezone.now()
        form.save()
        record(SignInEntry.Kind.PASSWORD, user=user)
        end_sessions(user=user, acting_user=user, keep=keep)
    return user


def forget_old() -> None:
    """Delete sessions that have ended, counted attempts of yesterday, and the sign-in log past its time."""
    now = timezone.now()
    SignInSession.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - dt.timedelta(days=1)).delete()
    forget_entries(now=now)
