"""The way to the market (走向市场): fees, what is collected, income diverted, and hand-overs from trusteeship.

Facts of compounds only; the subsidy that follows them is computed in evaluations.
"""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound, OfCompoundQuerySet
from communities.models.contracts import ServiceContract
from redprop.areas.models import DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.periods import Period, PeriodKind


@tracked()
class ResidentFee(Recorded, DatedRow):
    """What residents agreed to pay and what is charged, in yuan per m² and month, from a day to a day."""

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="resident_fees", verbose_name=_("compound")
    )
    agreed_fee = models.DecimalField(
        _("fee agreed (yuan per m² and month)"),
        max_digits=6,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    charged_fee = models.DecimalField(
        _("fee charged (yuan per m² and month)"),
        max_digits=6,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    document = models.CharField(_("how it was agreed"), max_length=100, blank=True)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("resident fee")
        verbose_name_plural = _("resident fees")
        ordering = ["compound", "-valid_from"]
        constraints = [
            in_order("residentfee_in_order"),
            no_overlap(
                "residentfee_no_overlap",
                "compound",
                message=_("This compound has another fee on some of these days. End that entry first."),
            ),
            models.CheckConstraint(
                name="residentfee_not_above_agreed",
                condition=Q(charged_fee__gte=0, agreed_fee__gte=F("charged_fee")),
                violation_error_message=_("No more is charged than was agreed, and no fee is negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.charged_fee}"


@tracked()
class FeeCollection(Recorded):
    """What a compound's residents owed and paid in a quarter, and other income of the compound (yuan)."""

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="fee_collections", verbose_name=_("compound")
    )
    quarter = models.DateField(_("first day of the quarter"))
    due = models.DecimalField(_("fees due (yuan)"), max_digits=12, decimal_places=2)
    collected = models.DecimalField(_("fees collected (yuan)"), max_digits=12, decimal_places=2)
    other_income = models.DecimalField(
        _("other income (yuan)"),
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text=_("Parking, advertising and the like, as far as it goes into the service."),
    )

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("fees collected")
        verbose_name_plural = _("fees collected")
        ordering = ["-quarter", "compound"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "quarter"],
                name="feecollection_once",
                violation_error_message=_(
                    "This quarter of this compound is already recorded. Change that row."
                ),
            ),
            models.CheckConstraint(
                name="feecollection_not_negative",
                condition=Q(due__gte=0, collected__gte=0, other_income__gte=0),
                violation_error_message=_("Sums collected are not negative."),
            ),
            models.CheckConstraint(
                name="feecollection_quarter",
                condition=Q(quarter__day=1, quarter__month__in=[1, 4, 7, 10]),
                violation_error_message=_("A quarter is recorded by its first day."),
            ),
        ]
        indexes = [models.Index(fields=["quarter"], name="feecollection_by_quarter")]

    def __str__(self) -> str:
        return f"{self.compound} {self.period}"

    @property
    def period(self) -> Period:
        """The quarter."""
        return Period.of(PeriodKind.QUARTER, self.quarter)

    @property
    def rate(self) -> Decimal | None:
        """The share of the fees due that was collected; None when nothing was due."""
        return self.collected / self.due if self.due else None


@tracked()
class IncomeDiversion(Recorded):
    """Public income of a compound that was diverted; it is taken off the subsidy in equal parts over some months."""

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="income_diversions", verbose_name=_("compound")
    )
    found_on = models.DateField(_("found on"))
    amount = models.DecimalField(_("amount (yuan)"), max_digits=12, decimal_places=2)
    deduct_from = models.DateField(_("deducted from the month"))
    deduct_months = models.PositiveSmallIntegerField(
        _("over how many months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    document = models.CharField(_("document number"), max_length=60)
    reason = models.CharField(_("what was found"), max_length=200, blank=True)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("diverted income")
        verbose_name_plural = _("diverted income")
        ordering = ["-found_on", "compound"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "found_on"],
                name="incomediversion_once_a_day",
                violation_error_message=_("A finding of this day is already recorded for this compound."),
            ),
            models.CheckConstraint(
                name="incomediversion_whole",
                condition=Q(amount__gt=0, deduct_months__gte=1, deduct_months__lte=60, deduct_from__day=1)
                & ~Q(document=""),
                violation_error_message=_(
                    "Enter an amount above zero, the month from which it is deducted, 1 to 60 months, and the document."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.found_on}"


class HandOverState(models.TextChoices):
    """The life of a hand-over."""

    PLANNED = "planned", _("planned")
    TO_MEND = "to_mend", _("inspected, to be mended")
    INSPECTED = "inspected", _("inspected, ready")
    DONE = "done", _("handed over")
    CANCELLED = "cancelled", _("cancelled")


HAND_OVER_MOVES = {
    HandOverState.PLANNED: {HandOverState.TO_MEND, HandOverState.INSPECTED, HandOverState.CANCELLED},
    HandOverState.TO_MEND: {HandOverState.TO_MEND, HandOverState.INSPECTED, HandOverState.CANCELLED},
    HandOverState.INSPECTED: {HandOverState.TO_MEND, HandOverState.DONE, HandOverState.CANCELLED},
    HandOverState.DONE: set(),
    HandOverState.CANCELLED: set(),
}
OPEN_HAND_OVER = [HandOverState.PLANNED, HandOverState.TO_MEND, HandOverState.INSPECTED]


@tracked()
class HandOver(Recorded):
    """A compound goes from trusteeship to a market enterprise: planned, inspected, handed over."""

    State = HandOverState

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="hand_overs", verbose_name=_("compound")
    )
    contract = models.ForeignKey(
        ServiceContract,
        models.PROTECT,
        related_name="hand_overs",
        verbose_name=_("contract of the market enterprise"),
    )
    planned_for = models.DateField(_("planned for"))
    state = models.CharField(
        _("state"), max_length=10, choices=HandOverState, default=HandOverState.PLANNED, editable=False
    )
    inspected_on = models.DateField(_("inspected on"), null=True, blank=True, editable=False)
    inspected_by = models.CharField(_("inspected by"), max_length=150, blank=True, editable=False)
    handed_over_on = models.DateField(_("handed over on"), null=True, blank=True, editable=False)
    document = models.CharField(_("document number"), max_length=60, blank=True)
    note = models.CharField(_("remark"), max_length=300, blank=True)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over to the market")
        verbose_name_plural = _("hand-overs to the market")
        ordering = ["-planned_for", "compound"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound"],
                condition=Q(state__in=["planned", "to_mend", "inspected"]),
                name="handover_one_open",
                violation_error_message=_("A hand-over of this compound is already under way."),
            ),
            models.CheckConstraint(
                name="handover_inspected_first",
                condition=Q(state__in=["planned", "cancelled"])
                | Q(state__in=["to_mend", "inspected"], inspected_on__isnull=False)
                | Q(
                    state="done",
                    inspected_on__isnull=False,
                    handed_over_on__isnull=False,
                    handed_over_on__gte=F("inspected_on"),
                ),
                violation_error_message=_("A compound is inspected before it is handed over."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.planned_for}"


class OfHandOverQuerySet(models.QuerySet):
    """Queries of items of hand-overs."""

    def for_user(self, user: object) -> "OfHandOverQuerySet":
        """Items of the hand-overs the user may see."""
        return self.filter(hand_over__in=HandOver.objects.for_user(user))


@tracked()
class HandOverItem(models.Model):
    """One item of the inspection list of a hand-over."""

    hand_over = models.ForeignKey(
        HandOver, models.PROTECT, related_name="items", verbose_name=_("hand-over to the market")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("item"), max_length=100)
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    note = models.CharField(_("what is to be mended"), max_length=200, blank=True)

    objects = OfHandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of the hand-over")
        verbose_name_plural = _("items of the hand-over")
        ordering = ["hand_over", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["hand_over", "number"],
                name="handoveritem_once",
                violation_error_message=_("This number is already on the list."),
            ),
            models.CheckConstraint(
                name="handoveritem_failed_has_note",
                condition=Q(passed__isnull=True) | Q(passed=True) | ~Q(note=""),
                violation_error_message=_("Say what is to be mended."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
