"""Proxy handling (三代): the community does something in a resident's place, when the resident agreed to it.

Seen by its community alone and never counted: it has no page in the admin, no register, no file, no
indicator. It points to no request: the resident's own goes its way whatever becomes of this row.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import Community, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class ProxyHandlingQuerySet(models.QuerySet["ProxyHandling"]):
    """Queries of proxy handling."""

    def for_user(self, user: object) -> "ProxyHandlingQuerySet":
        """Rows of the user's own community: nobody above it sees any, not even who else sees everything."""
        return self.filter(community__in=scope_of(user).community_ids)

    def open(self) -> "ProxyHandlingQuerySet":
        """Rows that the resident has neither closed nor taken back."""
        return self.filter(state__in=["running", "done"])


@tracked(exclude=["sign_cipher", "matter_cipher", "kind", "consent_on", "consent_how", "follow_hash"])
class ProxyHandling(Recorded):
    """One thing done in a resident's place. What it is about is encrypted, and erased on its day."""

    class Kind(models.TextChoices):
        ERRAND = "errand", _("papers and errands done")
        VISIT = "visit", _("goes to an office")
        WORDS = "words", _("brings the matter forward")

    class How(models.TextChoices):
        SIGNED = "signed", _("signed on paper")
        SPOKEN = "spoken", _("said at the community office")
        CALL = "call", _("said by telephone")
        ONLINE = "online", _("asked for on the public page")

    class State(models.TextChoices):
        RUNNING = "running", _("being done")
        DONE = "done", _("done, waits for the resident")
        CLOSED = "closed", _("closed by the resident")
        WITHDRAWN = "withdrawn", _("taken back by the resident")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="proxy_handling", verbose_name=_("community")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    sign_cipher = models.TextField(_("sign of the resident (encrypted)"), editable=False, blank=True)
    matter_cipher = models.TextField(_("what it is about (encrypted)"), editable=False, blank=True)
    consent_on = models.DateField(_("consent given on"))
    consent_how = models.CharField(_("how the consent was given"), max_length=6, choices=How)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.RUNNING)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    erase_on = models.DateField(_("erased on"))
    follow_hash = models.CharField(
        _("hash of the resident's code"), max_length=64, unique=True, editable=False
    )

    objects = ProxyHandlingQuerySet.as_manager()

    class Meta:
        verbose_name = _("proxy handling")
        verbose_name_plural = _("proxy handling")
        ordering = ["erase_on", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="proxyhandling_erased_in_time",
                condition=Q(erase_on__gt=F("consent_on")),
                violation_error_message=_("The day of erasure is after the day of consent."),
            ),
            models.CheckConstraint(
                name="proxyhandling_ended_dated",
                condition=Q(state__in=["running", "done"], ended_on=None)
                | Q(state__in=["closed", "withdrawn"], ended_on__isnull=False),
                violation_error_message=_("Proxy handling that has ended needs its day."),
            ),
            models.CheckConstraint(
                name="proxyhandling_withdrawn_is_empty",
                condition=~Q(state="withdrawn") | Q(sign_cipher="", matter_cipher=""),
                violation_error_message=_("Nothing is kept of what a resident has taken back."),
            ),
        ]
        indexes = [models.Index(fields=["erase_on"], name="proxyhandling_due")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ProxyStep(Recorded):
    """One step taken; goes with its row."""

    proxy = models.ForeignKey(
        ProxyHandling, models.CASCADE, related_name="steps", verbose_name=_("proxy handling")
    )
    at = models.DateTimeField(_("at"))
    text_cipher = models.TextField(_("what was done (encrypted)"), editable=False)

    class Meta:
        verbose_name = _("step of proxy handling")
        verbose_name_plural = _("steps of proxy handling")
        ordering = ["at", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
