"""The signed interface for the district's app and WeChat platform: who may call with which key, and every call."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class InterfaceKeyQuerySet(models.QuerySet["InterfaceKey"]):
    """Queries of keys."""

    def for_user(self, user: object) -> "InterfaceKeyQuerySet":
        """Keys of the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(district__in=scope.district_ids | scope.administered_ids)


@tracked(exclude=["secret"])
class InterfaceKey(Recorded):
    """A key of a connected platform. Two keys of one platform overlap while it changes from one to the other."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    client = models.SlugField(
        _("connected platform"),
        max_length=40,
        help_text=_("Short name in Latin letters; all keys of one platform carry the same."),
    )
    key_id = models.CharField(_("key id"), max_length=20, unique=True, editable=False)
    secret = models.CharField(_("secret for signatures (stored encrypted)"), max_length=300, editable=False)
    starts_at = models.DateTimeField(_("valid from"))
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True)

    objects = InterfaceKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key of the interface")
        verbose_name_plural = _("keys of the interface")
        ordering = ["client", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="interfacekey_in_order",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")),
                violation_error_message=_("A key cannot end before it begins."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.key_id}"


class InterfaceCall(Recorded):
    """A call that changed something, with the answer it got: the same call again gets the same answer."""

    client = models.CharField(_("connected platform"), max_length=40)
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    idempotency_key = models.CharField(_("idempotency key"), max_length=64)
    digest = models.CharField(_("digest of the call"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    answer = models.CharField(_("answer (stored encrypted)"), max_length=4000)

    class Meta:
        verbose_name = _("call of the interface")
        verbose_name_plural = _("calls of the interface")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["district", "client", "idempotency_key"],
                name="interfacecall_once",
                violation_error_message=_("This idempotency key is used already."),
            )
        ]
        indexes = [models.Index(fields=["recorded_at"], name="interfacecall_old")]

    def __str__(self) -> str:
        return f"{self.client} {self.idempotency_key}"
