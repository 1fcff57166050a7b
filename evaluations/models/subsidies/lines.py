"""Payment lines: attempts to pay an entitlement, frozen copies of what is paid to whom. Only their state moves."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise
from evaluations.models.subsidies.batches import SubsidyBatch, SubsidySlice
from evaluations.models.subsidies.entitlements import Entitlement
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class LineState(models.TextChoices):
    """The life of one attempt."""

    OPEN = "open", _("in the batch")
    HELD = "held", _("held")
    DROPPED = "dropped", _("taken out")
    PAID = "paid", _("paid")
    BANK_RETURNED = "bank_returned", _("returned by the bank")
    RETRIED = "retried", _("returned, paid again by a later line")
    WRITTEN_BACK = "written_back", _("written back")


LINE_MOVES = {
    LineState.OPEN: {LineState.HELD, LineState.DROPPED, LineState.PAID, LineState.BANK_RETURNED},
    LineState.HELD: {LineState.OPEN, LineState.DROPPED},
    LineState.BANK_RETURNED: {LineState.RETRIED, LineState.WRITTEN_BACK},
    LineState.DROPPED: set(),
    # Banks return money days after they said that it was paid.
    LineState.PAID: {LineState.BANK_RETURNED},
    LineState.RETRIED: set(),
    LineState.WRITTEN_BACK: set(),
}

LIVE_STATES = [LineState.OPEN, LineState.HELD, LineState.PAID, LineState.BANK_RETURNED]
"""An entitlement has at most one attempt in these states."""


class PaymentLineQuerySet(models.QuerySet["PaymentLine"]):
    """Queries of payment lines."""

    def for_user(self, user: object) -> "PaymentLineQuerySet":
        """Lines of the slices the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(slice__in=SubsidySlice.objects.for_user(user))

    def live(self) -> "PaymentLineQuerySet":
        """Attempts that still stand."""
        return self.filter(state__in=LIVE_STATES)

    def open(self) -> "PaymentLineQuerySet":
        """Lines that a batch would pay."""
        return self.filter(state=LineState.OPEN)


@tracked(exclude=["payee_name", "subject_name", "account_cipher", "account_hash", "account_holder"])
class PaymentLine(models.Model):
    """One attempt to pay one entitlement in one batch. Amount, payee and subject are copies from that day."""

    State = LineState

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="lines", verbose_name=_("subsidy batch")
    )
    slice = models.ForeignKey(SubsidySlice, models.PROTECT, related_name="lines", verbose_name=_("slice"))
    number = models.PositiveIntegerField(_("number"))
    entitlement = models.ForeignKey(
        Entitlement, models.PROTECT, related_name="lines", verbose_name=_("entitlement")
    )
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("enterprise")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    payee_code = models.CharField(_("code of the payee"), max_length=20)
    payee_name = models.CharField(_("payee"), max_length=100)
    subject_name = models.CharField(_("subject"), max_length=100)
    state = models.CharField(_("state"), max_length=14, choices=LineState, default=LineState.OPEN)
    state_reason = models.CharField(_("reason"), max_length=300, blank=True)
    state_by = models.CharField(_("state set by"), max_length=150, blank=True)
    state_at = models.DateTimeField(_("state set at"), null=True, blank=True)
    held_revision = models.PositiveIntegerField(_("revision it was held in"), null=True, blank=True)

    retry_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="retry", verbose_name=_("pays again")
    )
    order = models.ForeignKey(
        "evaluations.BankOrder",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("bank order"),
    )
    account_bank = models.CharField(_("bank and branch"), max_length=80, blank=True)
    account_holder = models.CharField(_("account holder"), max_length=100, blank=True)
    account_cipher = models.TextField(_("account number (encrypted)"), blank=True, editable=False)
    account_hash = models.CharField(
        _("account number (keyed hash)"), max_length=64, blank=True, editable=False
    )

    objects = PaymentLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment line")
        verbose_name_plural = _("payment lines")
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="paymentline_number_once"),
            models.UniqueConstraint(
                fields=["entitlement"],
                condition=Q(state__in=LIVE_STATES),
                name="paymentline_one_live_attempt",
                violation_error_message=_("This entitlement is already being paid in a batch."),
            ),
            models.CheckConstraint(
                name="paymentline_one_payee",
                condition=Q(enterprise__isnull=False, person__isnull=True)
                | Q(enterprise__isnull=True, person__isnull=False),
                violation_error_message=_("A line is paid to one enterprise or to one person."),
            ),
            models.CheckConstraint(
                name="paymentline_hold_has_reason",
                condition=~Q(state__in=["held", "dropped", "bank_returned", "retried", "written_back"])
                | ~Q(state_reason=""),
                violation_error_message=_("Give the reason."),
            ),
        ]
        indexes = [models.Index(fields=["slice", "state"], name="paymentline_by_slice")]

    def __str__(self) -> str:
        return f"{self.batch} {self.number}"
