"""Rubrics as rows: what is scored, how, and who comes on which list. Frozen once a period was closed with one.

`evaluations.scoring.rubric.Rubric` is the same thing as a value; `services.rubrics` goes both ways.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.querysets import OfDistrictQuerySet, OfRubricQuerySet
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked


def four_equal_weights() -> list[str]:
    """The quarters of a year count alike."""
    return ["1", "1", "1", "1"]


TERMS = (
    "notice_workdays",
    "objection_workdays",
    "recording_workdays",
    "resurvey_workdays",
    "interview_workdays",
    "manager_workdays",
    "advice_workdays",
    "reinspection_workdays",
)
"""Fields of a rubric in working days: they set days, never points, so they stand outside the pure rule."""


@tracked()
class Rubric(Recorded):
    """A scoring standard of a district, versioned, citing its document number."""

    class Mode(models.TextChoices):
        HALF_UP = "HALF_UP", _("half up")
        HALF_EVEN = "HALF_EVEN", _("half to even")
        DOWN = "DOWN", _("down")
        UP = "UP", _("up")

    class RollUp(models.TextChoices):
        HOUSEHOLDS = "households", _("by households")
        AREA = "area", _("by floor area")
        EQUAL = "equal", _("all projects alike")

    class PeriodKind(models.TextChoices):
        QUARTER = "quarter", _("quarter")
        HALF = "half", _("half-year")
        YEAR = "year", _("year")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("code"), max_length=20)
    version = models.CharField(_("version"), max_length=20)
    title = models.CharField(_("title"), max_length=100)
    document = models.CharField(_("document number"), max_length=60)
    is_sample = models.BooleanField(_("sample"), default=False)
    period_kind = models.CharField(
        _("for periods of"), max_length=8, choices=PeriodKind, default=PeriodKind.QUARTER
    )
    valid_from = models.DateField(_("in force from"))
    total_scale = models.DecimalField(_("total scale (points)"), max_digits=8, decimal_places=2, default=100)
    quantum = models.DecimalField(
        _("rounded to multiples of"), max_digits=8, decimal_places=4, default=Decimal("0.01")
    )
    mode = models.CharField(_("rounding"), max_length=10, choices=Mode, default=Mode.HALF_UP)
    min_available = models.DecimalField(
        _("points that must be available"), max_digits=8, decimal_places=2, default=60
    )
    cap_total = models.BooleanField(_("the total ends at the scale"), default=True)
    rollup = models.CharField(
        _("enterprises are weighted"), max_length=12, choices=RollUp, default=RollUp.HOUSEHOLDS
    )
    rank_groups = models.BooleanField(_("professional and old compounds are ranked apart"), default=False)
    satisfaction_item = models.CharField(_("code of the satisfaction item"), max_length=30, blank=True)
    own_share = models.DecimalField(_("share of own items"), max_digits=5, decimal_places=4, default=1)
    quarter_weights = models.JSONField(_("weights of the quarters"), default=four_equal_weights)
    notice_workdays = models.PositiveSmallIntegerField(_("working days of public notice"), default=5)
    objection_workdays = models.PositiveSmallIntegerField(_("working days to decide an objection"), default=5)
    recording_workdays = models.PositiveSmallIntegerField(
        _("working days to record facts after the period"), default=3, db_default=3
    )
    resurvey_workdays = models.PositiveSmallIntegerField(
        _("working days for the second survey"), default=20, db_default=20
    )
    interview_workdays = models.PositiveSmallIntegerField(
        _("working days for the interview after a second black"), default=10, db_default=10
    )
    manager_workdays = models.PositiveSmallIntegerField(
        _("working days for the change of manager after a second black"), default=30, db_default=30
    )
    advice_workdays = models.PositiveSmallIntegerField(
        _("working days for the advice to the owners after a second black"), default=20, db_default=20
    )
    reinspection_workdays = models.PositiveSmallIntegerField(
        _("working days for the re-inspection after a rectification"), default=15, db_default=15
    )
    list_rule = models.JSONField(_("list rule for projects"))
    enterprise_rule = models.JSONField(_("list rule for enterprises"))

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering = ["code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code", "version"],
                name="rubric_version_once",
                violation_error_message=_(
                    "This version of the rubric is already recorded. Use a new version."
                ),
            ),
            models.CheckConstraint(
                name="rubric_scale_positive",
                condition=Q(total_scale__gt=0, quantum__gt=0),
                violation_error_message=_("The total scale and the rounding step must be greater than zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


@tracked()
class RubricItem(Recorded):
    """One scored item (考评指标) of a rubric."""

    class Level(models.TextChoices):
        PROJECT = "project", _("service project")
        ENTERPRISE = "enterprise", _("enterprise")

    class Missing(models.TextChoices):
        LEAVE = "leave", _("leaves the denominator")
        ZERO = "zero", _("counts as zero")
        BLOCK = "block", _("blocks the total")

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="items", verbose_name=_("rubric"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    code = models.CharField(_("code"), max_length=30)
    title = models.CharField(_("title"), max_length=60)
    pillar = models.CharField(_("pillar"), max_length=20, blank=True)
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2)
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.PROJECT)
    source = models.CharField(_("source"), max_length=40)
    transform = models.JSONField(_("transform"))
    missing = models.CharField(_("without a value"), max_length=5, choices=Missing, default=Missing.LEAVE)
    min_n = models.PositiveIntegerField(_("least number of answers"), default=0)

    objects = OfRubricQuerySet.as_manager()

    class Meta:
        verbose_name = _("rubric item")
        verbose_name_plural = _("rubric items")
        ordering = ["rubric", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "code"],
                name="rubricitem_code_once",
                violation_error_message=_("This rubric already has an item with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class RubricBand(Recorded):
    """A named band of the total with an inclusive lower bound."""

    rubric = models.ForeignKey(Rubric, models.CASCADE, related_name="bands", verbose_name=_("rubric"))
    lower = models.DecimalField(_("from (inclusive)"), max_digits=8, decimal_places=2)
    code = models.CharField(_("code"), max_length=10)
    title = models.CharField(_("title"), max_length=30)

    objects = OfRubricQuerySet.as_manager()

    class Meta:
        verbose_name = _("band")
        verbose_name_plural = _("bands")
        ordering = ["rubric", "-lower"]
        constraints = [
            models.UniqueConstraint(
                fields=["rubric", "lower"],
                name="rubricband_lower_once",
                violation_error_message=_("Another band of this rubric begins at the same bound."),
            ),
            models.UniqueConstraint(
                fields=["rubric", "code"],
                name="rubricband_code_once",
                violation_error_message=_("This rubric already has a band with this code."),
            ),
        ]

    def __str__(self) -> str:
        return self.title
