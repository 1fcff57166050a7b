"""Residents' requests (居民诉求): what was asked, where, and when it was answered. No resident is named."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.meetings import Commitment
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class ResidentRequestQuerySet(models.QuerySet["ResidentRequest"]):
    """Queries of residents' requests."""

    def for_user(self, user: object) -> "ResidentRequestQuerySet":
        """Requests from the compounds the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(compound__in=Compound.objects.for_user(user))


@tracked(exclude=["text"])
class ResidentRequest(Recorded):
    """One request of a resident about a compound. The resident follows it by its code."""

    class Source(models.TextChoices):
        VISIT = "visit", _("home visit")
        CALL = "call", _("call")
        QR_PAGE = "qr_page", _("compound's QR page")
        MEETING = "meeting", _("meeting")
        PLATFORM = "platform", _("district platform")

    class Category(models.TextChoices):
        CLEANING = "cleaning", _("cleaning")
        SECURITY = "security", _("security")
        GREENING = "greening", _("greening")
        REPAIR = "repair", _("repair")
        ORDER = "order", _("order and parking")
        FEES = "fees", _("fees")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        ASSIGNED = "assigned", _("assigned")
        ANSWERED = "answered", _("answered")
        CONFIRMED = "confirmed", _("confirmed by the resident")
        REOPENED = "reopened", _("reopened")
        DUPLICATE = "duplicate", _("joined to another")

    code = models.CharField(_("code"), max_length=20, unique=True)
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="requests", verbose_name=_("compound")
    )
    commitment = models.ForeignKey(
        Commitment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("commitment"),
    )
    source = models.CharField(_("source"), max_length=10, choices=Source)
    category = models.CharField(_("category"), max_length=10, choices=Category)
    is_for_the_enterprise = models.BooleanField(_("for the property enterprise"), default=True)
    text = models.TextField(_("text"))
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("to be answered by"))
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RECEIVED)

    objects = ResidentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident request")
        verbose_name_plural = _("resident requests")
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="residentrequest_in_order",
                condition=Q(due_on__gte=F("received_on"))
                & (Q(answered_on__isnull=True) | Q(answered_on__gte=F("received_on"))),
                violation_error_message=_("A request cannot be due or answered before it was received."),
            )
        ]
        indexes = [
            models.Index(fields=["received_on"], name="residentrequest_received"),
            models.Index(fields=["compound", "received_on"], name="residentrequest_by_compound"),
        ]

    def __str__(self) -> str:
        return self.code
