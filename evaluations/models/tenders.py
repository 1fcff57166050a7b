"""Credit reports as evidence for tenders (招投标): frozen on issue, verified by code, never an automatic ban."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models.credit import CreditScheme, OfEnterpriseQuerySet
from evaluations.models.querysets import OfDistrictQuerySet
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class CreditReport(Recorded):
    """What the ledger said of an enterprise on a day, line by line, as it was given out. Append-only."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    number = models.CharField(_("reference number"), max_length=40)
    code = models.CharField(_("verification code"), max_length=20, unique=True)
    scheme = models.ForeignKey(
        CreditScheme, models.PROTECT, related_name="+", verbose_name=_("credit scheme")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="credit_reports", verbose_name=_("enterprise")
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("manager (empty: the enterprise itself)"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service project"),
    )
    as_of = models.DateField(_("as of"))
    issued_at = models.DateTimeField(_("issued at"))
    total = models.DecimalField(_("total (points)"), max_digits=9, decimal_places=2)
    grade = models.CharField(_("grade"), max_length=30, blank=True)
    content = models.JSONField(_("content"))
    digest = models.CharField(_("digest"), max_length=64)
    purpose = models.CharField(_("purpose"), max_length=200)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit report")
        verbose_name_plural = _("credit reports")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "number"],
                name="creditreport_number_once",
                violation_error_message=_("A report with this number was already issued."),
            ),
            models.CheckConstraint(
                name="creditreport_manager_of_project",
                condition=Q(person__isnull=True) | Q(project__isnull=False),
                violation_error_message=_("A manager's report names the project."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class Tender(Recorded):
    """A tender for property services (招投标项目) and how it ended."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("reference number"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    buyer = models.CharField(_("tendered by"), max_length=100)
    bids_on = models.DateField(_("day of the bids"))
    result = models.TextField(_("result"), blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("tender")
        verbose_name_plural = _("tenders")
        ordering = ["-bids_on", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="tender_code_once",
                violation_error_message=_("A tender with this number is already recorded."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class OfTenderQuerySet(models.QuerySet):
    """Queries of bids."""

    def for_user(self, user: object) -> "OfTenderQuerySet":
        """Bids in the tenders the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(tender__in=Tender.objects.for_user(user))


@tracked()
class TenderBid(Recorded):
    """A bidder in a tender with its credit report as of the day of the bids, and how the report was used."""

    tender = models.ForeignKey(Tender, models.CASCADE, related_name="bids", verbose_name=_("tender"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="bids", verbose_name=_("enterprise")
    )
    report = models.ForeignKey(
        CreditReport,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bids",
        verbose_name=_("credit report"),
    )
    use = models.CharField(_("how the report was used"), max_length=200, blank=True)
    won = models.BooleanField(_("won"), default=False)

    objects = OfTenderQuerySet.as_manager()

    class Meta:
        verbose_name = _("bidder")
        verbose_name_plural = _("bidders")
        constraints = [
            models.UniqueConstraint(
                fields=["tender", "enterprise"],
                name="tenderbid_once",
                violation_error_message=_("This enterprise already stands among the bidders."),
            ),
            models.UniqueConstraint(
                fields=["tender"],
                condition=Q(won=True),
                name="tenderbid_one_winner",
                violation_error_message=_("Another bidder is already marked as the winner."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.enterprise)
