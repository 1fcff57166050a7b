"""The second factor: an authenticator on the user's phone with recovery codes, and requests to take it away.

Built on django-otp's device, whose own TOTP model keeps its key in clear: here the key is encrypted and
recovery codes are hashed. One row a user, so that one lock serves codes of both kinds.
"""

import datetime as dt
import hashlib
import re
import time
from base64 import b32decode
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin, TimestampMixin, VerifyNotAllowed
from django_otp.oath import TOTP

from redprop.accounts.models.users import User
from redprop.areas.models import District
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.common.secrets import unseal

ABOUT_KEY = "second-factor-key"
STEP = 30
DIGITS = 6
TOLERANCE = 1
"""A code of the half minute before or after counts too: clocks of phones differ."""

TRIES = 5
FIRST_WAIT = dt.timedelta(minutes=5)
LONGEST_WAIT = dt.timedelta(hours=1)


def hash_of_code(code: str, salt: str) -> str:
    """Return the hash under which a recovery code of 60 random bits is kept."""
    return hashlib.pbkdf2_hmac("sha256", code.encode(), salt.encode(), 20_000).hex()


def step_of(key: str, token: str, *, after: int = -1) -> int | None:
    """Return the half minute (since 1970) whose code under the base32 `key` is `token`, None if there is none.

    Half minutes up to `after` have been used and never count again.
    """
    totp = TOTP(b32decode(key), STEP, 0, DIGITS)
    totp.time = time.time()
    return totp.t() if totp.verify(int(token), TOLERANCE, after + 1) else None


class SecondFactor(TimestampMixin, ThrottlingMixin, Device):
    """A user's authenticator. `verify_token` must run under a row lock: see `django_otp.verify_token`."""

    user = models.OneToOneField(User, models.CASCADE, related_name="second_factor", verbose_name=_("user"))
    sealed_key = models.TextField(_("encrypted key"), editable=False)
    last_step = models.BigIntegerField(_("half minute of the last code"), default=-1, editable=False)
    recovery_salt = models.CharField(max_length=32, editable=False)
    recovery_hashes = ArrayField(models.CharField(max_length=64), default=list, editable=False)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def waits_until(self) -> dt.datetime | None:
        """Until when no code is taken after wrong ones; None when one is taken now.

        After each five wrong codes five minutes, then ten, at most an hour: only who knows the password gets
        here, and nobody locks anybody out for long.
        """
        rounds, rest = divmod(self.throttling_failure_count, TRIES)
        if not rounds or rest or self.throttling_failure_timestamp is None:
            return None
        wait = min(FIRST_WAIT * 2 ** min(rounds - 1, 10), LONGEST_WAIT)
        until: dt.datetime = self.throttling_failure_timestamp + wait
        return until if until > timezone.now() else None

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        """See `waits_until`."""
        until = self.waits_until
        if until is None:
            return True, None
        return False, {
            "reason": VerifyNotAllowed.N_FAILED_ATTEMPTS,
            "failure_count": self.throttling_failure_count,
            "locked_until": until,
        }

    def get_throttle_factor(self) -> int:
        """Counting is always on."""
        return 1

    def verify_token(self, token: str) -> bool:
        """Take a code of six digits, or a recovery code; each counts once."""
        if not self.verify_is_allowed()[0]:
            return False
        text = re.sub(r"[\s-]", "", token).upper()
        taken = self._take_step(text) if re.fullmatch(r"[0-9]{6}", text) else self._take_recovery(text)
        if not taken:
            self.throttle_increment()
            return False
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def _take_step(self, text: str) -> bool:
        step = step_of(unseal(self.sealed_key, about=ABOUT_KEY), text, after=self.last_step)
        if step is None:
            return False
        self.last_step = step
        return True

    def _take_recovery(self, text: str) -> bool:
        found = hash_of_code(text, self.recovery_salt)
        if found not in self.recovery_hashes:
            return False
        self.recovery_hashes = [one for one in self.recovery_hashes if one != found]
        return True


class FactorResetQuerySet(models.QuerySet["FactorReset"]):
    """Queries of requests."""

    def for_user(self, user: object) -> "FactorResetQuerySet":
        """Those of the districts that the administrator keeps."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.administered_ids)


@tracked()
class FactorReset(models.Model):
    """A lost phone: the system administrator asks with a reason, the security administrator decides."""

    class State(models.TextChoices):
        ASKED = "asked", _("waits for the security administrator")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    user = models.ForeignKey(User, models.PROTECT, related_name="factor_resets", verbose_name=_("user"))
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = FactorResetQuerySet.as_manager()

    class Meta:
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state="asked"),
                name="factor_reset_one_open",
                violation_error_message=_("A request for this account is waiting already."),
            ),
            models.CheckConstraint(
                name="factor_reset_two_persons",
                condition=~Q(asked_by=F("user"))
                & (Q(decided_by__isnull=True) | (~Q(decided_by=F("asked_by")) & ~Q(decided_by=F("user")))),
                violation_error_message=_("Who asks, who decides and whose account it is are three persons."),
            ),
            models.CheckConstraint(
                name="factor_reset_decided_by_somebody",
                condition=Q(state="asked", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="asked") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message=_("A decision names who took it and when."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_state_display()}"


def second_factor_required(user: Any) -> bool:
    """Whether the account may not work without a second factor: everybody who gets into the admin."""
    return bool(settings.SECOND_FACTOR_REQUIRED and (user.is_staff or user.is_superuser))
