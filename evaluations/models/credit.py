"""Credit (信用信息): grade schemes as data, and a ledger of dated events of enterprises and managers.

The city owns the rating: the district records events, gives them out by file, and takes the
city's grades in. An event is never changed; what ends it early is a row of its own.
"""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models.querysets import OfDistrictQuerySet
from evaluations.models.releases import ReleaseEntry
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


@tracked()
class CreditScheme(Recorded):
    """A grade scheme with its document: how points add up. Its grades are rows beside it."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("code"), max_length=30)
    title = models.CharField(_("title"), max_length=100)
    document = models.CharField(_("document number"), max_length=200)
    valid_from = models.DateField(_("in force from"))
    valid_to = models.DateField(_("in force until"), null=True, blank=True)
    start = models.DecimalField(_("start score (points)"), max_digits=8, decimal_places=2, default=0)
    basic_cap = models.DecimalField(
        _("most basic points"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    good_cap = models.DecimalField(
        _("most points of good information"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    bad_adds = models.BooleanField(_("points of bad information pile up"), default=False)
    calendar_year = models.BooleanField(_("counts by calendar year"), default=False)
    term_months = models.PositiveSmallIntegerField(_("term of an event (months)"), null=True, blank=True)
    quantum = models.DecimalField(
        _("rounded to multiples of"),
        max_digits=6,
        decimal_places=2,
        default=Decimal("0.01"),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    red_points = models.DecimalField(
        _("points of a red quarter"),
        max_digits=6,
        decimal_places=2,
        default=2,
        db_default=2,
        validators=[MinValueValidator(0)],
    )
    black_points = models.DecimalField(
        _("points of a black quarter"),
        max_digits=6,
        decimal_places=2,
        default=2,
        db_default=2,
        validators=[MinValueValidator(0)],
    )
    list_months = models.PositiveSmallIntegerField(
        _("how long a list result counts (months)"),
        default=12,
        db_default=12,
        validators=[MinValueValidator(1)],
    )

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit scheme")
        verbose_name_plural = _("credit schemes")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="creditscheme_code_once",
                violation_error_message=_("A scheme with this code is already recorded. Use a new code."),
            ),
            models.CheckConstraint(
                name="creditscheme_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_(
                    "The last day is before the first day. Correct one of the two dates."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class OfSchemeQuerySet(models.QuerySet):
    """Queries of grades of schemes."""

    def for_user(self, user: object) -> "OfSchemeQuerySet":
        """Grades of the schemes the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(scheme__in=CreditScheme.objects.for_user(user))


@tracked()
class CreditGrade(models.Model):
    """One grade of a scheme with its bounds in points."""

    class Condition(models.TextChoices):
        NO_BAD = "no_bad", _("without bad information")
        HAS_BAD = "has_bad", _("with bad information")
        SERIOUS = "serious", _("seriously dishonest")
        UNREGISTERED = "unregistered", _("never took part in the rating")

    scheme = models.ForeignKey(
        CreditScheme, models.CASCADE, related_name="grades", verbose_name=_("credit scheme")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = models.CharField(_("grade"), max_length=30)
    lower = models.DecimalField(_("from (points)"), max_digits=8, decimal_places=2, null=True, blank=True)
    lower_included = models.BooleanField(_("lower bound included"), default=True)
    upper = models.DecimalField(_("up to (points)"), max_digits=8, decimal_places=2, null=True, blank=True)
    upper_included = models.BooleanField(_("upper bound included"), default=False)
    condition = models.CharField(_("only if"), max_length=12, choices=Condition, blank=True)
    on_veto = models.BooleanField(_("also on a veto"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = OfSchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("grade of a scheme")
        verbose_name_plural = _("grades of a scheme")
        ordering = ["scheme", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "name", "condition"],
                name="creditgrade_once",
                violation_error_message=_("This scheme already has this grade under this condition."),
            ),
            models.CheckConstraint(
                name="creditgrade_in_order",
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(upper__gte=F("lower")),
                violation_error_message=_("The upper bound lies below the lower one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CreditEventQuerySet(models.QuerySet["CreditEvent"]):
    """Queries of credit events."""

    def for_user(self, user: object) -> "CreditEventQuerySet":
        """Events of the enterprises the user may see; of managers for the district's staff alone."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(district__in=scope.district_ids)
            | Q(enterprise__in=Enterprise.objects.for_user(user), person__isnull=True)
        )


class CreditEvent(Recorded):
    """A dated fact that gives or costs credit points. Append-only; `CreditEventEnd` ends it before its term."""

    class Part(models.TextChoices):
        BASIC = "basic", _("basic information")
        GOOD = "good", _("good information")
        BAD = "bad", _("bad information")

    class Severity(models.TextChoices):
        MINOR = "minor", _("minor")
        ORDINARY = "ordinary", _("ordinary")
        SERIOUS = "serious", _("serious")

    class Source(models.TextChoices):
        HAND = "hand", _("entered by hand")
        FILE = "file", _("from a file")
        RELEASE = "release", _("from a published list")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    number = models.CharField(_("reference number"), max_length=40)
    scheme = models.ForeignKey(
        CreditScheme, models.PROTECT, related_name="ledger", verbose_name=_("credit scheme")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="credit_events", verbose_name=_("enterprise")
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_events",
        verbose_name=_("manager (empty: the enterprise itself)"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_events",
        verbose_name=_("service project"),
    )
    part = models.CharField(_("kind of information"), max_length=6, choices=Part)
    points = models.DecimalField(
        _("points given"), max_digits=7, decimal_places=2, validators=[MinValueValidator(0)]
    )
    title = models.CharField(_("what happened"), max_length=200)
    article = models.CharField(_("article of the standard"), max_length=200)
    document = models.CharField(_("document number"), max_length=100, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, blank=True)
    vetoes = models.BooleanField(_("vetoes (一票否决)"), default=False)
    happened_on = models.DateField(_("happened on"))
    starts_on = models.DateField(_("counts from"))
    ends_on = models.DateField(_("counts until (inclusive)"), null=True, blank=True)
    rectify_by = models.DateField(_("to be rectified by"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.HAND)
    release_entry = models.ForeignKey(
        ReleaseEntry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published entry"),
    )

    objects = CreditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit event")
        verbose_name_plural = _("credit events")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "number"],
                name="creditevent_number_once",
                violation_error_message=_("An event with this number is already recorded."),
            ),
            models.UniqueConstraint(
                fields=["release_entry", "scheme", "enterprise"],
                name="creditevent_of_entry_once",
                condition=Q(release_entry__isnull=False, person__isnull=True),
                violation_error_message=_("The event of this published entry is already recorded."),
            ),
            models.CheckConstraint(
                name="creditevent_points_not_negative",
                condition=Q(points__gte=0),
                violation_error_message=_(
                    "Points are never negative: whether they count for or against says the part."
                ),
            ),
            models.CheckConstraint(
                name="creditevent_in_order",
                condition=Q(starts_on__gte=F("happened_on"))
                & (Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))),
                violation_error_message=_(
                    "An event counts from the day it happened or later, and its last day is not before its first."
                ),
            ),
            models.CheckConstraint(
                name="creditevent_bad_has_severity",
                condition=~Q(part="bad") | (~Q(severity="") & ~Q(evidence="")),
                violation_error_message=_("Bad information needs its severity and its evidence."),
            ),
        ]
        indexes = [models.Index(fields=["enterprise", "starts_on"], name="creditevent_by_enterprise")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class CreditEventEnd(Recorded):
    """What ended an event before its term: repaired after rectification, or withdrawn as wrong. Append-only."""

    class Reason(models.TextChoices):
        REPAIRED = "repaired", _("repaired after rectification")
        WITHDRAWN = "withdrawn", _("withdrawn: recorded wrongly, or the objection was upheld")

    event = models.OneToOneField(
        CreditEvent, models.PROTECT, related_name="end", verbose_name=_("credit event")
    )
    ended_on = models.DateField(_("no longer counts from"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    evidence = models.TextField(_("evidence"))

    class Meta:
        verbose_name = _("end of a credit event")
        verbose_name_plural = _("ends of credit events")
        constraints = [
            models.CheckConstraint(
                name="crediteventend_has_evidence",
                condition=~Q(evidence=""),
                violation_error_message=_("Say what shows that the event no longer counts."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event.number} {self.get_reason_display()}"


class OfEnterpriseQuerySet(models.QuerySet):
    """Queries of facts about enterprises."""

    def for_user(self, user: object) -> "OfEnterpriseQuerySet":
        """Facts about the enterprises the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(enterprise__in=Enterprise.objects.for_user(user))


@tracked()
class CityRating(Recorded):
    """A grade that the city's platform gave an enterprise, taken in by file. The district never computes it."""

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="city_ratings", verbose_name=_("enterprise")
    )
    rated_on = models.DateField(_("rated on"))
    grade = models.CharField(_("grade"), max_length=30)
    score = models.DecimalField(_("score"), max_digits=8, decimal_places=2, null=True, blank=True)
    source = models.CharField(_("source"), max_length=200)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = _("city rating")
        verbose_name_plural = _("city ratings")
        ordering = ["-rated_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "rated_on"],
                name="cityrating_once_a_day",
                violation_error_message=_(
                    "The city's rating of this enterprise of this day is already recorded."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} {self.grade}"
