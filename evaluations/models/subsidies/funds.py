"""Funds, their yearly ceilings, and every movement that committed or paid money out of them."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class OfDistrictQuerySet(models.QuerySet):
    """Queries of rows that only the staff of a whole district may see."""

    def for_user(self, user: object) -> "OfDistrictQuerySet":
        """Rows of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


@tracked()
class Fund(Recorded):
    """A pot of money with its own ceiling a year, such as the 20,000,000 for bought services."""

    district = models.ForeignKey(District, models.PROTECT, related_name="funds", verbose_name=_("district"))
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    document = models.CharField(_("document number"), max_length=60, blank=True)
    notice_days = models.PositiveSmallIntegerField(
        _("days of notice"),
        default=5,
        help_text=_("Working days after the day a list is put up before it can be approved."),
    )
    sample_share = models.PositiveSmallIntegerField(
        _("sample (%)"),
        default=5,
        validators=[MaxValueValidator(100)],
        help_text=_("Share of a batch's lines drawn at random for a closer look before the second review."),
    )
    sample_minimum = models.PositiveSmallIntegerField(
        _("least lines of a sample"),
        default=1,
        help_text=_(
            "So many lines are drawn at least, of a smaller batch all. With a share of 0 % none is drawn."
        ),
    )

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="fund_code_once",
                violation_error_message=_("This district already has a fund with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class OfFundQuerySet(models.QuerySet):
    """Queries of rows below a fund."""

    def for_user(self, user: object) -> "OfFundQuerySet":
        """Rows of the funds the user may see."""
        return self.filter(fund__in=Fund.objects.for_user(user))


@tracked()
class FundYear(Recorded):
    """What a fund may spend in a year, and how much of it is committed and paid (yuan).

    `services.funds` alone changes the sums, under a lock on this row; the database refuses
    to commit more than the ceiling.
    """

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="years", verbose_name=_("fund"))
    year = models.PositiveSmallIntegerField(_("year"))
    ceiling = models.DecimalField(
        _("ceiling (yuan)"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    committed = models.DecimalField(
        _("committed (yuan)"), max_digits=14, decimal_places=2, default=0, editable=False
    )
    paid = models.DecimalField(_("paid (yuan)"), max_digits=14, decimal_places=2, default=0, editable=False)
    document = models.CharField(_("document number"), max_length=60, blank=True)
    closing_proposed_by = models.CharField(
        _("closing proposed by"), max_length=150, blank=True, editable=False
    )
    closing_proposed_at = models.DateTimeField(
        _("closing proposed at"), null=True, blank=True, editable=False
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True, editable=False)

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = _("year of a fund")
        verbose_name_plural = _("years of funds")
        ordering = ["fund", "-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "year"],
                name="fundyear_once",
                violation_error_message=_("This fund already has a ceiling for this year. Change that one."),
            ),
            models.CheckConstraint(
                name="fundyear_within_ceiling",
                condition=Q(committed__lte=F("ceiling")),
                violation_error_message=_(
                    "More would be committed than the fund's ceiling allows. Raise the ceiling or approve less."
                ),
            ),
            models.CheckConstraint(
                name="fundyear_sums_make_sense",
                condition=Q(ceiling__gte=0, committed__gte=0, paid__gte=0, paid__lte=F("committed")),
                violation_error_message=_(
                    "No sum of a fund is negative, and no more is paid than committed."
                ),
            ),
            models.CheckConstraint(
                name="fundyear_closed_by_two_persons",
                condition=Q(closed_on__isnull=True) | ~Q(closed_by=F("closing_proposed_by")),
                violation_error_message=_(
                    "Who proposed to close the year cannot close it. Another person must."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fund} {self.year}"

    @property
    def free(self):
        """What can still be committed this year (yuan)."""
        return self.ceiling - self.committed


class FundMovement(Recorded):
    """One change of what a fund has committed or paid. Append-only; the sums of a year are their totals."""

    class Kind(models.TextChoices):
        COMMIT = "commit", _("money committed")
        RELEASE = "release", _("commitment released")
        PAY = "pay", _("payment")
        BANK_RETURN = "bank_return", _("returned by the bank")

    fund_year = models.ForeignKey(
        FundYear, models.PROTECT, related_name="movements", verbose_name=_("year of a fund")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    batch = models.ForeignKey(
        "evaluations.SubsidyBatch", models.PROTECT, related_name="movements", verbose_name=_("subsidy batch")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("movement of a fund")
        verbose_name_plural = _("movements of funds")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="fundmovement_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_(
                    "A movement has an amount greater than zero; its kind tells the way."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"


class TransferState(models.TextChoices):
    """The life of a transfer."""

    PROPOSED = "proposed", _("waiting for a second person")
    CONFIRMED = "confirmed", _("confirmed")
    REFUSED = "refused", _("not confirmed")


class FundTransferQuerySet(models.QuerySet["FundTransfer"]):
    """Queries of transfers."""

    def for_user(self, user: object) -> "FundTransferQuerySet":
        """Transfers between funds of the user's districts."""
        return self.filter(source__fund__in=Fund.objects.for_user(user))


@tracked()
class FundTransfer(Recorded):
    """Money moved from one fund's year to another's: proposed by one, confirmed by another."""

    State = TransferState

    source = models.ForeignKey(
        FundYear, models.PROTECT, related_name="transfers_out", verbose_name=_("from the fund")
    )
    target = models.ForeignKey(
        FundYear, models.PROTECT, related_name="transfers_in", verbose_name=_("to the fund")
    )
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    document = models.CharField(_("document number"), max_length=60)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = FundTransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer between funds")
        verbose_name_plural = _("transfers between funds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="fundtransfer_two_funds",
                condition=~Q(source=F("target")),
                violation_error_message=_("A transfer goes from one fund to another."),
            ),
            models.CheckConstraint(
                name="fundtransfer_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("A transfer has an amount greater than zero."),
            ),
            models.CheckConstraint(
                name="fundtransfer_two_persons",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Who proposed a transfer cannot confirm it. Another person must."),
            ),
            models.CheckConstraint(
                name="fundtransfer_decided",
                condition=Q(state="proposed", decided_by__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message=_("A decided transfer names who decided it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source.fund} → {self.target.fund} {self.amount}"
