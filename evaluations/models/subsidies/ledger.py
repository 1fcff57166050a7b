"""The ledger of the funds in double entry: append-only; the database refuses an entry that does not balance.

Two halves side by side. Budget: what may be spent (ceiling = free + committed + spent). Finance: what is
owed, approved, returned, to be taken back, and paid. An amount above zero is a debit, below zero a credit.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.subsidies.batches import SubsidyBatch
from evaluations.models.subsidies.funds import Fund, FundTransfer, OfDistrictQuerySet
from redprop.areas.models import District, Recorded


class LedgerAccount(models.TextChoices):
    """The accounts of the ledger."""

    CEILING = "ceiling", _("ceiling of the year")
    FREE = "free", _("free to be committed")
    COMMITTED = "committed", _("committed, not yet paid")
    SPENT = "spent", _("spent")
    EXPENSE = "expense", _("subsidies due")
    OWED = "owed", _("owed, not yet approved")
    PAYABLE = "payable", _("approved, to be paid")
    RETURNED = "returned", _("returned by the bank, to be paid again")
    RECEIVABLE = "receivable", _("to be taken back")
    TREASURY = "treasury", _("paid by the treasury")


class LedgerKind(models.TextChoices):
    """What an entry records."""

    CEILING = "ceiling", _("ceiling set or changed")
    TRANSFER = "transfer", _("transfer between funds")
    ENTITLEMENT = "entitlement", _("entitlement")
    CORRECTION = "correction", _("correction")
    CLAWBACK = "clawback", _("clawback")
    APPROVAL = "approval", _("approval")
    PAYMENT = "payment", _("payment")
    RETURN = "return", _("returned by the bank")
    RETRY = "retry", _("payment tried again")
    WRITE_BACK = "write_back", _("written back")
    RECEIPT = "receipt", _("repaid in cash")
    CLOSING = "closing", _("closing of the year")


class LedgerEntry(Recorded):
    """One event of the money, with lines that add up to zero in each fund. Append-only."""

    Kind = LedgerKind

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    kind = models.CharField(_("kind"), max_length=12, choices=LedgerKind)
    day = models.DateField(_("day"))
    batch = models.ForeignKey(
        SubsidyBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger_entries",
        verbose_name=_("subsidy batch"),
    )
    transfer = models.ForeignKey(
        FundTransfer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger_entries",
        verbose_name=_("transfer between funds"),
    )
    text = models.CharField(_("text"), max_length=300, blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger of the funds")
        ordering = ["-pk"]
        # The trial balance of a year reads the entries of its days.
        indexes = [models.Index(fields=["district", "day"], name="ledgerentry_by_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day}"


class LedgerLine(models.Model):
    """One line of an entry: so many yuan on one account of one fund. Append-only."""

    Account = LedgerAccount

    entry = models.ForeignKey(
        LedgerEntry, models.PROTECT, related_name="lines", verbose_name=_("ledger entry")
    )
    account = models.CharField(_("account of the ledger"), max_length=10, choices=LedgerAccount)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="ledger_lines", verbose_name=_("fund"))
    year = models.PositiveSmallIntegerField(_("budget year"))
    benefit = models.CharField(_("benefit"), max_length=20, blank=True)
    amount = models.DecimalField(_("amount (yuan)"), max_digits=16, decimal_places=2)

    class Meta:
        verbose_name = _("line of a ledger entry")
        verbose_name_plural = _("lines of ledger entries")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="ledgerline_not_zero",
                condition=~Q(amount=0),
                violation_error_message=_("A line of the ledger has an amount."),
            )
        ]
        # Balances of a fund and year.
        indexes = [models.Index(fields=["fund", "year", "account"], name="ledgerline_balance")]

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.amount}"
