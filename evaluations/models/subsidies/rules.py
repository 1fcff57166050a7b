"""Subsidy rules: dated, versioned, each with its document; rates per class and bands of the assessment factor.

A rule is a draft until it is adopted; from then on only its last day can change (a trigger sees to it).
"""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import CompoundClass
from evaluations.models.subsidies.funds import Fund, OfDistrictQuerySet
from redprop.areas.models import DatedRow, District, Recorded, in_order, no_overlap
from redprop.areas.models.dated import dated_on
from redprop.common.history import tracked


class SubsidyRuleQuerySet(OfDistrictQuerySet):
    """Queries of subsidy rules."""

    def adopted(self) -> "SubsidyRuleQuerySet":
        """Rules that count."""
        return self.filter(adopted_on__isnull=False)

    def on(self, day: dt.date) -> "SubsidyRuleQuerySet":
        """Adopted rules in force on `day`."""
        return self.adopted().filter(dated_on(day))


@tracked()
class SubsidyRule(Recorded, DatedRow):
    """One version of one benefit's rule: who is paid, out of which fund, how it declines and follows the score."""

    class Benefit(models.TextChoices):
        CLASS_SUBSIDY = "class_subsidy", _("class subsidy of old compounds")
        SECRETARY = "secretary", _("secretaries' yearly allowance")
        REWARD = "reward", _("reward by list result")
        GRADUATE_MONTH = "graduate_month", _("monthly allowance of graduates")
        HIRING = "hiring", _("one-off subsidy for hiring graduates")

    class Payee(models.TextChoices):
        ENTERPRISE = "enterprise", _("enterprise")
        PERSON = "person", _("person")

    class CountsFrom(models.TextChoices):
        RULE = "rule", _("a day of the rule")
        SERVICE = "service", _("the first day the compound was served")
        MARKET = "market", _("the day a market enterprise took over")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="subsidy_rules", verbose_name=_("district")
    )
    benefit = models.CharField(_("benefit"), max_length=20, choices=Benefit)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    title = models.CharField(_("title"), max_length=100)
    document = models.CharField(_("document number"), max_length=60)
    is_sample = models.BooleanField(_("sample"), default=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="rules", verbose_name=_("fund"))
    payee = models.CharField(_("paid to"), max_length=10, choices=Payee)
    yearly_decline = models.DecimalField(
        _("decline a year"),
        max_digits=5,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("Share of the rate that falls away with each full year: 0.1 means 10 %."),
    )
    decline_floor = models.DecimalField(
        _("least share of the rate"),
        max_digits=5,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    decline_from = models.CharField(
        _("years are counted from"), max_length=10, choices=CountsFrom, default=CountsFrom.RULE
    )
    decline_since = models.DateField(_("day the years are counted from"), null=True, blank=True)
    reference_month = models.PositiveSmallIntegerField(
        _("month that decides"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
        help_text=_("For yearly benefits: who is in post on the 15th of this month has the year."),
    )
    max_months = models.PositiveSmallIntegerField(
        _("most months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("For how many months a compound or a person has it at most; empty: no limit."),
    )
    ends_at_collection = models.DecimalField(
        _("ends at a collection rate of"),
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_(
            "A compound that charges its residents and collected at least this share in the quarter before has no more subsidy."
        ),
    )
    deducts_diverted = models.BooleanField(
        _("diverted income is deducted"),
        default=False,
        help_text=_("Recorded diversions of a compound's income are taken off its subsidy."),
    )
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True, editable=False)
    adopted_by = models.CharField(_("adopted by"), max_length=150, blank=True, editable=False)

    objects = SubsidyRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("subsidy rule")
        verbose_name_plural = _("subsidy rules")
        ordering = ["benefit", "-version"]
        constraints = [
            in_order("subsidyrule_in_order"),
            models.UniqueConstraint(
                fields=["district", "benefit", "version"],
                name="subsidyrule_version_once",
                violation_error_message=_(
                    "This version of the rule already exists. Give it the next number."
                ),
            ),
            no_overlap(
                "subsidyrule_no_overlap",
                "district",
                "benefit",
                message=_(
                    "Another rule for this benefit is in force on some of these days. End that one first."
                ),
                condition=Q(adopted_on__isnull=False),
            ),
            models.CheckConstraint(
                name="subsidyrule_has_document",
                condition=~Q(document=""),
                violation_error_message=_("A rule needs its document number."),
            ),
            models.CheckConstraint(
                name="subsidyrule_decline_complete",
                condition=Q(yearly_decline=0)
                | Q(decline_from__in=["service", "market"])
                | Q(decline_since__isnull=False),
                violation_error_message=_("Enter the day from which the years of decline are counted."),
            ),
            models.CheckConstraint(
                name="subsidyrule_decline_is_a_share",
                condition=Q(
                    yearly_decline__gte=0, yearly_decline__lte=1, decline_floor__gte=0, decline_floor__lte=1
                ),
                violation_error_message=_("A share lies between 0 and 1."),
            ),
            models.CheckConstraint(
                name="subsidyrule_ends_at_a_share",
                condition=Q(ends_at_collection__isnull=True)
                | Q(ends_at_collection__gte=0, ends_at_collection__lte=1),
                violation_error_message=_("A share lies between 0 and 1."),
            ),
            models.CheckConstraint(
                name="subsidyrule_market_for_compounds",
                condition=Q(benefit="class_subsidy")
                | Q(ends_at_collection__isnull=True, deducts_diverted=False, decline_from="rule"),
                violation_error_message=_(
                    "Only the class subsidy of compounds follows their collection rate, diversions and service."
                ),
            ),
            models.CheckConstraint(
                name="subsidyrule_month_for_secretaries",
                condition=(~Q(benefit="secretary") & Q(reference_month__isnull=True))
                | Q(benefit="secretary", reference_month__gte=1, reference_month__lte=12),
                violation_error_message=_(
                    "The secretaries' allowance, and only it, needs the month that decides."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class OfRuleQuerySet(models.QuerySet):
    """Queries of parts of a rule."""

    def for_user(self, user: object) -> "OfRuleQuerySet":
        """Parts of the rules the user may see."""
        return self.filter(rule__in=SubsidyRule.objects.for_user(user))


@tracked()
class SubsidyRate(models.Model):
    """The rate of a rule for one class of compounds (or for all): yuan per unit of the basis and month (or year)."""

    class Basis(models.TextChoices):
        HOUSEHOLD = "household", _("household")
        AREA = "m2", _("m²")
        COMPOUND = "compound", _("compound")
        PROJECT = "project", _("service project")
        PERSON = "person", _("person")

    class Category(models.TextChoices):
        COLLEGE = "college", _("college diploma")
        BACHELOR = "bachelor", _("bachelor")
        MASTER = "master", _("master")
        DOCTOR = "doctor", _("doctor")
        RED = "red", _("red list")
        WATCH = "watch", _("key supervision")
        BLACK = "black", _("black list")

    rule = models.ForeignKey(
        SubsidyRule, models.PROTECT, related_name="rates", verbose_name=_("subsidy rule")
    )
    compound_class = models.PositiveSmallIntegerField(
        _("class"), choices=CompoundClass.Class, null=True, blank=True
    )
    category = models.CharField(
        _("degree or list"),
        max_length=10,
        choices=Category,
        blank=True,
        help_text=_("For graduates their degree, for rewards the list; empty: all others."),
    )
    basis = models.CharField(_("basis"), max_length=10, choices=Basis)
    rate = models.DecimalField(_("rate (yuan)"), max_digits=12, decimal_places=4)
    pay_floor = models.DecimalField(
        _("guidance on pay (yuan a month)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Pay below this is named in the computation; it does not stop the payment."),
    )

    objects = OfRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("subsidy rate")
        verbose_name_plural = _("subsidy rates")
        ordering = ["rule", "compound_class", "category"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "compound_class", "category"],
                name="subsidyrate_class_once",
                nulls_distinct=False,
                violation_error_message=_("This rule already has a rate for this class."),
            ),
            models.CheckConstraint(
                name="subsidyrate_not_negative",
                condition=Q(rate__gte=0) & (Q(pay_floor__isnull=True) | Q(pay_floor__gte=0)),
                violation_error_message=_("A rate is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate} / {self.get_basis_display()}"


@tracked()
class FactorBand(models.Model):
    """From this score upwards (inclusive) the subsidy is multiplied by this factor."""

    rule = models.ForeignKey(
        SubsidyRule, models.PROTECT, related_name="bands", verbose_name=_("subsidy rule")
    )
    score_from = models.DecimalField(_("from score"), max_digits=10, decimal_places=4)
    factor = models.DecimalField(_("factor"), max_digits=5, decimal_places=4)

    objects = OfRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("band of the assessment factor")
        verbose_name_plural = _("bands of the assessment factor")
        ordering = ["rule", "-score_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "score_from"],
                name="factorband_once",
                violation_error_message=_("This rule already has a band that begins at this score."),
            ),
            models.CheckConstraint(
                name="factorband_not_negative",
                condition=Q(factor__gte=0, score_from__gte=0),
                violation_error_message=_("Scores and factors are not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"≥ {self.score_from}: {self.factor}"


@tracked()
class SubsidyRequirement(models.Model):
    """What must be shown before a rule pays for a person: evidence accepted, or months confirmed."""

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("labour contract of at least so many months")
        INSURANCE = "insurance", _("months insured without back-payment")
        DIPLOMA = "diploma", _("diploma")
        IN_POST = "in_post", _("months confirmed in post")

    rule = models.ForeignKey(
        SubsidyRule, models.PROTECT, related_name="requirements", verbose_name=_("subsidy rule")
    )
    kind = models.CharField(_("requirement"), max_length=10, choices=Kind)
    at_least = models.PositiveSmallIntegerField(_("months at least"), default=1)

    objects = OfRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("requirement of a subsidy rule")
        verbose_name_plural = _("requirements of subsidy rules")
        ordering = ["rule", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "kind"],
                name="subsidyrequirement_once",
                violation_error_message=_("This rule already has this requirement."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at_least}"
