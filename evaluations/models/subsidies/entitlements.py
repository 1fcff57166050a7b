"""What is owed: one row per benefit, subject and unit of time, computed, never typed in.

A row never changes; it can be voided once. Corrections of what was paid are numbered adjustments.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import Compound
from enterprises.models import Enterprise, ServiceProject
from enterprises.models.enterprises import contact_enterprises
from evaluations.models.subsidies.rules import SubsidyRate, SubsidyRule
from redprop.areas.models import District, Recorded, Subdistrict
from redprop.common.scope import scope_of
from redprop.core.models import Person

LIVE_ORIGINAL = Q(voided_at__isnull=True, adjusts__isnull=True)


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Queries of entitlements."""

    def for_user(self, user: object) -> "EntitlementQuerySet":
        """All of the district; a clerk's own subdistrict; for a contact what the own enterprise is paid."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(district__in=scope.district_ids)
            | Q(subdistrict__in=scope.subdistrict_ids)
            | Q(enterprise__in=contact_enterprises(scope.user_id)) & ~Q(benefit="secretary")
        )

    def live(self) -> "EntitlementQuerySet":
        """Entitlements that count."""
        return self.filter(voided_at__isnull=True)


class Entitlement(Recorded):
    """Quantity × rate × months × share after decline × factor = amount (yuan), with all that went into it."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    rule = models.ForeignKey(
        SubsidyRule, models.PROTECT, related_name="entitlements", verbose_name=_("subsidy rule")
    )
    benefit = models.CharField(_("benefit"), max_length=20, choices=SubsidyRule.Benefit)
    unit = models.CharField(_("month, quarter or year"), max_length=7)
    counted_on = models.DateField(_("day that decides"))
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entitlements",
        verbose_name=_("compound"),
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="entitlements", verbose_name=_("person")
    )
    enterprise = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entitlements",
        verbose_name=_("enterprise"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service project"),
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subdistrict")
    )
    basis = models.CharField(_("basis"), max_length=10, choices=SubsidyRate.Basis)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4)
    rate = models.DecimalField(_("rate (yuan)"), max_digits=12, decimal_places=4)
    months = models.PositiveSmallIntegerField(_("months"), default=1)
    share = models.DecimalField(_("share after decline"), max_digits=5, decimal_places=4, default=1)
    score = models.DecimalField(_("score"), max_digits=10, decimal_places=4, null=True, blank=True)
    factor = models.DecimalField(_("assessment factor"), max_digits=5, decimal_places=4, default=1)
    deducted = models.DecimalField(
        _("deducted for diverted income (yuan)"), max_digits=14, decimal_places=2, default=0
    )
    amount = models.DecimalField(_("amount (yuan)"), max_digits=14, decimal_places=2)
    inputs = models.JSONField(_("inputs"), default=dict)
    adjusts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="adjustments", verbose_name=_("adjusts")
    )
    adjustment_number = models.PositiveSmallIntegerField(_("number of the adjustment"), default=0)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)
    voided_by = models.CharField(_("voided by"), max_length=150, blank=True)
    void_reason = models.CharField(_("reason of voiding"), max_length=200, blank=True)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ["-counted_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "compound", "unit"],
                condition=LIVE_ORIGINAL & Q(compound__isnull=False),
                name="entitlement_compound_once",
                violation_error_message=_("This compound already has this benefit for this month."),
            ),
            models.UniqueConstraint(
                fields=["benefit", "person", "unit"],
                condition=LIVE_ORIGINAL & Q(person__isnull=False),
                name="entitlement_person_once",
                violation_error_message=_("This person already has this benefit for this time."),
            ),
            models.UniqueConstraint(
                fields=["benefit", "project", "unit"],
                condition=LIVE_ORIGINAL & Q(compound__isnull=True, person__isnull=True),
                name="entitlement_project_once",
                violation_error_message=_("This service project already has this benefit for this time."),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=LIVE_ORIGINAL & Q(benefit="hiring"),
                name="entitlement_hired_once",
                violation_error_message=_("The one-off subsidy is given once in a person's life."),
            ),
            models.UniqueConstraint(
                fields=["adjusts", "adjustment_number"],
                condition=Q(adjusts__isnull=False),
                name="entitlement_adjustment_once",
                violation_error_message=_("An adjustment with this number is already recorded."),
            ),
            models.CheckConstraint(
                name="entitlement_one_subject",
                condition=Q(compound__isnull=False, person__isnull=True)
                | Q(compound__isnull=True, person__isnull=False)
                | Q(compound__isnull=True, person__isnull=True, project__isnull=False, benefit="reward"),
                violation_error_message=_(
                    "An entitlement is about one compound, one person, or one rewarded project."
                ),
            ),
            models.CheckConstraint(
                name="entitlement_paid_to_somebody",
                condition=Q(enterprise__isnull=False) | Q(benefit="secretary"),
                violation_error_message=_(
                    "All but the secretaries' allowance is paid to an enterprise, so it must be named."
                ),
            ),
            models.CheckConstraint(
                name="entitlement_adjustment_numbered",
                condition=Q(adjusts__isnull=True, adjustment_number=0, amount__gte=0)
                | Q(adjusts__isnull=False, adjustment_number__gte=1),
                violation_error_message=_(
                    "Adjustments point to their original and are numbered from 1; an original is not negative."
                ),
            ),
            models.CheckConstraint(
                name="entitlement_void_has_reason",
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                violation_error_message=_("Voiding needs a reason."),
            ),
            models.CheckConstraint(
                name="entitlement_unit_form",
                condition=Q(unit__regex=r"^\d{4}(-(0[1-9]|1[0-2])|Q[1-4])?$"),
                violation_error_message=_(
                    "The time of an entitlement is a month (2026-07), a quarter (2026Q3) or a year (2026)."
                ),
            ),
        ]
        indexes = [
            # What a batch prepares: live entitlements of a rule up to a day.
            models.Index(
                fields=["rule", "counted_on"],
                condition=Q(voided_at__isnull=True),
                name="entitlement_to_prepare",
            ),
            models.Index(fields=["compound", "unit"], name="entitlement_by_compound"),
            models.Index(fields=["district", "counted_on"], name="entitlement_by_district"),
        ]

    def __str__(self) -> str:
        return f"{self.get_benefit_display()} {self.unit}"
