"""What the bank is asked to pay and what it answered: an order per payee and file, and the result files taken in."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise
from evaluations.models.subsidies.accounts import PayeeAccount
from evaluations.models.subsidies.batches import SubsidyBatch, SubsidyExport
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class OfBatchQuerySet(models.QuerySet):
    """Queries of rows below a batch that only the staff of the whole district may see."""

    def for_user(self, user: object) -> "OfBatchQuerySet":
        """Rows of the batches of the user's districts."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(batch__district__in=scope.district_ids)


class BankResult(Recorded):
    """A result file of the bank that was taken in, with what it said in sum. Append-only."""

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="results", verbose_name=_("subsidy batch")
    )
    export = models.ForeignKey(
        SubsidyExport, models.PROTECT, related_name="results", verbose_name=_("export of a subsidy batch")
    )
    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("digest of the file"), max_length=64)
    paid_count = models.PositiveIntegerField(_("paid"))
    paid_total = models.DecimalField(_("paid (yuan)"), max_digits=14, decimal_places=2)
    returned_count = models.PositiveIntegerField(_("returned"))
    returned_total = models.DecimalField(_("returned (yuan)"), max_digits=14, decimal_places=2)

    objects = OfBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("result file of the bank")
        verbose_name_plural = _("result files of the bank")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="bankresult_once",
                violation_error_message=_("This result file was already taken in."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.name}"


class OrderState(models.TextChoices):
    """What became of an order."""

    SENT = "sent", _("sent to the bank")
    PAID = "paid", _("paid")
    RETURNED = "returned", _("returned by the bank")


@tracked(exclude=["payee_name"])
class BankOrder(models.Model):
    """One row of a bank file: a payee, an account, a sum. Only what the bank answers can change."""

    State = OrderState

    export = models.ForeignKey(
        SubsidyExport, models.PROTECT, related_name="orders", verbose_name=_("export of a subsidy batch")
    )
    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="orders", verbose_name=_("subsidy batch")
    )
    number = models.PositiveIntegerField(_("number"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("enterprise")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    payee_code = models.CharField(_("code of the payee"), max_length=20)
    payee_name = models.CharField(_("payee"), max_length=100)
    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, related_name="orders", verbose_name=_("payee account")
    )
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    line_count = models.PositiveIntegerField(_("lines"))
    state = models.CharField(_("state"), max_length=10, choices=OrderState, default=OrderState.SENT)
    result_reason = models.CharField(_("reason given by the bank"), max_length=200, blank=True)
    result_on = models.DateField(_("day of the result"), null=True, blank=True)
    result = models.ForeignKey(
        BankResult,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("result file of the bank"),
    )

    objects = OfBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank order")
        verbose_name_plural = _("bank orders")
        ordering = ["-export", "number"]
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="bankorder_number_once"),
            models.CheckConstraint(
                name="bankorder_pays_something",
                condition=Q(amount__gt=0),
                violation_error_message=_("The bank is asked to pay amounts above zero only."),
            ),
            models.CheckConstraint(
                name="bankorder_return_has_reason",
                condition=~Q(state="returned") | ~Q(result_reason=""),
                violation_error_message=_("Give the reason for which the bank returned the payment."),
            ),
            models.CheckConstraint(
                name="bankorder_answered",
                condition=Q(state="sent", result__isnull=True) | (~Q(state="sent") & Q(result__isnull=False)),
                violation_error_message=_("A paid or returned order names the file that says so."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.export} {self.number}"
