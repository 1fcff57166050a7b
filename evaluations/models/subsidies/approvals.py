"""Who must approve from which amount (dated), who has, and the lines drawn at random for a closer look."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.subsidies.batches import SubsidyBatch
from evaluations.models.subsidies.funds import Fund, OfFundQuerySet
from evaluations.models.subsidies.lines import PaymentLine
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import DatedRow, Recorded, in_order, no_overlap
from redprop.areas.models.dated import DatedQuerySet
from redprop.common.history import tracked


class SigningRole(models.TextChoices):
    """Roles that can be asked for a further approval."""

    APPROVER = Role.APPROVER.value, Role.APPROVER.label
    REVIEWER = Role.REVIEWER.value, Role.REVIEWER.label
    FINANCE_CHECKER = Role.FINANCE_CHECKER.value, Role.FINANCE_CHECKER.label
    ORGANISATION = Role.ORGANISATION.value, Role.ORGANISATION.label


class TierQuerySet(DatedQuerySet, OfFundQuerySet):
    """Queries of tiers: dated, below a fund."""


@tracked()
class ApprovalTier(Recorded, DatedRow):
    """From this amount a batch needs one more approval, by a person of this role."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="tiers", verbose_name=_("fund"))
    amount_from = models.DecimalField(
        _("from (yuan)"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    role = models.CharField(_("further approval by"), max_length=30, choices=SigningRole)
    document = models.CharField(_("document number"), max_length=60)

    objects = TierQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval tier")
        verbose_name_plural = _("approval tiers")
        ordering = ["fund", "amount_from", "valid_from"]
        constraints = [
            in_order("approvaltier_in_order"),
            no_overlap(
                "approvaltier_no_overlap",
                "fund",
                "amount_from",
                message=_(
                    "Another tier of this amount is in force on some of these days. End that one first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fund} ≥ {self.amount_from}"


class SubsidyApproval(models.Model):
    """One signature under the lines of a batch, bound to their digest. Append-only."""

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="approvals", verbose_name=_("subsidy batch")
    )
    digest = models.CharField(_("digest approved"), max_length=64)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("approved by"))
    role = models.CharField(_("role"), max_length=30, choices=SigningRole)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("approval of a subsidy batch")
        verbose_name_plural = _("approvals of subsidy batches")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "digest", "user"],
                name="subsidyapproval_person_once",
                violation_error_message=_("You have approved these lines already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.user}"


class SampledLine(models.Model):
    """A line drawn for a closer look; `seed` is the digest from which the draw can be repeated."""

    batch = models.ForeignKey(
        SubsidyBatch, models.PROTECT, related_name="sample", verbose_name=_("subsidy batch")
    )
    seed = models.CharField(_("seed of the draw"), max_length=64)
    line = models.ForeignKey(
        PaymentLine, models.PROTECT, related_name="samples", verbose_name=_("payment line")
    )
    ticked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checked by")
    )
    ticked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    note = models.CharField(_("what was looked at"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line drawn for a closer look")
        verbose_name_plural = _("lines drawn for a closer look")
        ordering = ["line__number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "seed", "line"], name="sampledline_once"),
            models.CheckConstraint(
                name="sampledline_tick_complete",
                condition=Q(ticked_by__isnull=True, ticked_at__isnull=True)
                | Q(ticked_by__isnull=False, ticked_at__isnull=False),
                violation_error_message=_("A line that was checked names who checked it."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.line)
