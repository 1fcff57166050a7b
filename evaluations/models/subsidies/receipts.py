"""Money that a payee gave back in cash: recorded by one person from the bank's slip, booked when another confirms it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.subsidies.entitlements import Entitlement
from evaluations.models.subsidies.funds import OfDistrictQuerySet
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked


class ReceiptState(models.TextChoices):
    """The life of a receipt."""

    PROPOSED = "proposed", _("waiting for a second person")
    CONFIRMED = "confirmed", _("booked")
    REFUSED = "refused", _("not confirmed")


@tracked()
class ClawbackReceipt(Recorded):
    """So many yuan came back for what was to be taken back. While it stands, no batch sets the same sum off."""

    State = ReceiptState

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="receipts", verbose_name=_("to be taken back")
    )
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    received_on = models.DateField(_("received on"))
    slip = models.CharField(
        _("number of the bank's slip"),
        max_length=60,
        help_text=_("As on the slip of the treasury's account; each slip is recorded once."),
    )
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=10, choices=ReceiptState, default=ReceiptState.PROPOSED)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("repayment in cash")
        verbose_name_plural = _("repayments in cash")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entitlement"],
                condition=~Q(state="refused"),
                name="clawbackreceipt_once",
                violation_error_message=_("A repayment of this sum is recorded already."),
            ),
            models.UniqueConstraint(
                fields=["district", "slip"],
                condition=~Q(state="refused"),
                name="clawbackreceipt_slip_once",
                violation_error_message=_("This slip is recorded already."),
            ),
            models.CheckConstraint(
                name="clawbackreceipt_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("A repayment has an amount greater than zero."),
            ),
            models.CheckConstraint(
                name="clawbackreceipt_two_persons",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Who recorded a repayment cannot confirm it. Another person must."),
            ),
            models.CheckConstraint(
                name="clawbackreceipt_decided",
                condition=Q(state="proposed", decided_by__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message=_("A decided repayment names who decided it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slip} {self.amount}"
