"""Service contracts, which compounds they cover, and the market rounds before a trusteeship."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound, OfCompoundQuerySet
from enterprises.models import Enterprise, ServiceProject
from redprop.areas.models import DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class ServiceContractQuerySet(models.QuerySet["ServiceContract"]):
    """Queries of service contracts."""

    def for_user(self, user: object) -> "ServiceContractQuerySet":
        """Contracts of the projects the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(project__in=ServiceProject.objects.for_user(user))


@tracked()
class ServiceContract(Recorded, DatedRow):
    """A contract of a service project: with owners, with a community, or a trusteeship (托管)."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("property service contract")
        TAKEOVER = "takeover", _("market take-over of an old compound")
        TRUSTEESHIP = "trusteeship", _("trusteeship")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="contracts", verbose_name=_("service project")
    )
    number = models.CharField(_("contract number"), max_length=40)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    signed_on = models.DateField(_("signed on"))
    scope = models.CharField(_("scope of service"), max_length=300, blank=True)
    monthly_fee = models.DecimalField(
        _("fee (yuan per m² and month)"), max_digits=6, decimal_places=2, null=True, blank=True
    )

    objects = ServiceContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("service contract")
        verbose_name_plural = _("service contracts")
        ordering = ["number"]
        constraints = [
            in_order("servicecontract_in_order"),
            models.UniqueConstraint(
                fields=["district", "number"],
                name="servicecontract_number_once",
                violation_error_message=_("A contract with this number is already in the register."),
            ),
        ]
        indexes = [
            models.Index(fields=["project"], name="servicecontract_by_project"),
            models.Index(fields=["valid_to"], name="servicecontract_ending_soon"),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class ServiceAssignment(Recorded, DatedRow):
    """A compound that a contract covers, from a day to a day. No two on one compound at a time."""

    contract = models.ForeignKey(
        ServiceContract, models.PROTECT, related_name="assignments", verbose_name=_("service contract")
    )
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="assignments", verbose_name=_("compound")
    )

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("compound under contract")
        verbose_name_plural = _("compounds under contract")
        constraints = [
            in_order("serviceassignment_in_order"),
            no_overlap(
                "serviceassignment_no_overlap",
                "compound",
                message=_("Another contract covers this compound on some of these days. End that one first."),
            ),
        ]
        indexes = [models.Index(fields=["contract"], name="serviceassignment_by_contract")]

    def __str__(self) -> str:
        return f"{self.contract} {self.compound}"


@tracked()
class MarketRound(Recorded):
    """An old compound offered to the market: 市场优先、公益托底 begins with this."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("taken by a market enterprise")
        NO_TAKER = "no_taker", _("no taker")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="market_rounds", verbose_name=_("compound")
    )
    opened_on = models.DateField(_("opened on"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    taker = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rounds_taken",
        verbose_name=_("taker"),
    )
    document = models.CharField(_("document number"), max_length=60, blank=True)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("market round")
        verbose_name_plural = _("market rounds")
        ordering = ["compound", "opened_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "opened_on"],
                name="marketround_once_a_day",
                violation_error_message=_(
                    "A round for this compound that opened on this day is already recorded."
                ),
            ),
            models.CheckConstraint(
                name="marketround_outcome_complete",
                condition=Q(outcome="open", closed_on__isnull=True, taker__isnull=True)
                | Q(outcome="taken", closed_on__isnull=False, taker__isnull=False)
                | Q(outcome="no_taker", closed_on__isnull=False, taker__isnull=True),
                violation_error_message=_(
                    "An open round has no closing day; a taken one has a closing day and a taker; "
                    "one without a taker has a closing day only."
                ),
            ),
            models.CheckConstraint(
                name="marketround_in_order",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                violation_error_message=_("The round closes before it opens. Correct one of the two dates."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.opened_on}"
