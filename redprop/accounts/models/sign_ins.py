"""The sign-in log: who tried to come in from where, with what outcome. Triggers keep it as it was written."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models.users import User
from redprop.areas.models import District
from redprop.common.scope import scope_of


class SignInQuerySet(models.QuerySet["SignInEntry"]):
    """Queries of the log."""

    def for_user(self, user: object) -> "SignInQuerySet":
        """Entries of the accounts of an administrator's districts, and attempts with unknown names."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if not scope.administered_ids:
            return self.none()
        unknown = models.Q(district__isnull=True, user__isnull=True)
        return self.filter(models.Q(district__in=scope.administered_ids) | unknown)


class SignInEntry(models.Model):
    """One event of signing in. Never changed; deleted by the night after its time, never within half a year."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        WRONG_PASSWORD = "wrong_password", _("wrong password")
        LOCKED_OUT = "locked_out", _("locked out for a while")
        CODE_TAKEN = "code_taken", _("second factor: code taken")
        RECOVERY_TAKEN = "recovery_taken", _("second factor: recovery code used up")
        WRONG_CODE = "wrong_code", _("second factor: wrong code")
        ENROLLED = "enrolled", _("second factor set up")
        CODES_RENEWED = "codes_renewed", _("new recovery codes")
        FACTOR_OFF = "factor_off", _("second factor switched off")
        FACTOR_RESET = "factor_reset", _("second factor taken away by the administrators")
        PROVIDER = "provider", _("signed in by the identity provider")
        PROVIDER_REFUSED = "provider_refused", _("identity provider: refused")
        PASSWORD = "password", _("password changed")
        ENDED = "ended", _("signed out on other devices")
        SIGNED_OUT = "signed_out", _("signed out")
        CLOSED = "closed", _("account closed")

    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("what happened"), max_length=20, choices=Kind)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="sign_ins", verbose_name=_("user"))
    username = models.CharField(_("user name"), max_length=150, blank=True)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, related_name="+", verbose_name=_("district")
    )
    address = models.CharField(_("network address"), max_length=45, blank=True)
    device = models.CharField(_("device"), max_length=60, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-in log")
        ordering = ["-at", "-pk"]
        indexes = [
            # the log of a district, newest first; what the night takes away
            models.Index(fields=["-at", "-id"], name="sign_in_newest"),
            models.Index(fields=["user", "-at"], name="sign_in_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.get_kind_display()}"
