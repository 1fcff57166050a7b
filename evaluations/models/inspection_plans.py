"""What inspections are made by: the district's item sets, who may not mark where, plans drawn from a seed, their tasks.

The inspections themselves and their marks stand in `facts`.
"""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models import Compound
from communities.models.handling import DistrictRowsQuerySet
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import (
    DatedQuerySet,
    DatedRow,
    District,
    Recorded,
    Subdistrict,
    in_order,
    no_overlap,
)
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class Scheme(models.TextChoices):
    """What an inspection marks."""

    ON_SITE = "on_site", _("on-site inspection")
    GUARANTEES = "guarantees", _("eight guarantees")


@tracked()
class InspectionItemSet(DatedRow, Recorded):
    """The items that are marked in compounds of a kind or class (八保清单), from a day to a day; frozen once used."""

    class AppliesTo(models.TextChoices):
        ALL = "all", _("all compounds")
        PROFESSIONAL = "professional", _("compounds with professional service")
        OLD = "old", _("all old compounds")
        FIRST = "class_1", _("old compounds of class one")
        SECOND = "class_2", _("old compounds of class two")
        THIRD = "class_3", _("old compounds of class three")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    scheme = models.CharField(_("scheme"), max_length=12, choices=Scheme)
    applies_to = models.CharField(_("applies to"), max_length=12, choices=AppliesTo)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = DistrictRowsQuerySet.as_manager()

    class Meta:
        verbose_name = _("set of inspection items")
        verbose_name_plural = _("sets of inspection items")
        ordering = ["scheme", "applies_to", "-valid_from"]
        constraints = [
            no_overlap(
                "inspectionitemset_one_a_day",
                "district",
                "scheme",
                "applies_to",
                message=_(
                    "Another set for these compounds is in force on some of these days. End that one first."
                ),
            ),
            in_order("inspectionitemset_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()} · {self.get_applies_to_display()} {self.valid_from}"


class InspectionItemQuerySet(models.QuerySet):
    """Queries of items."""

    def for_user(self, user: object) -> "InspectionItemQuerySet":
        """Items of the sets of the user's districts."""
        return self.filter(item_set__in=InspectionItemSet.objects.for_user(user))


@tracked()
class InspectionItem(models.Model):
    """One item of a set: what is looked at, and its full marks."""

    item_set = models.ForeignKey(
        InspectionItemSet, models.PROTECT, related_name="items", verbose_name=_("set of inspection items")
    )
    code = models.CharField(_("code of the item"), max_length=30)
    title = models.CharField(_("title"), max_length=100)
    guidance = models.CharField(_("what is looked at"), max_length=300, blank=True)
    full_mark = models.DecimalField(
        _("full marks"), max_digits=6, decimal_places=2, validators=[MinValueValidator(1)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = InspectionItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection item")
        verbose_name_plural = _("inspection items")
        ordering = ["item_set", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_set", "code"],
                name="inspectionitem_once",
                violation_error_message=_("This code stands in the set already."),
            ),
            models.CheckConstraint(
                name="inspectionitem_marks_positive",
                condition=Q(full_mark__gt=0),
                violation_error_message=_("Full marks are more than zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.full_mark.normalize():f}"


class OwnSubdistrictQuerySet(DatedQuerySet):
    """Queries of where inspectors belong."""

    def for_user(self, user: object) -> "OwnSubdistrictQuerySet":
        """Rows of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(subdistrict__district__in=scope.district_ids)


@tracked()
class OwnSubdistrict(DatedRow, Recorded):
    """A subdistrict that an inspector comes from or lives in, where he marks nothing (回避街道)."""

    class Reason(models.TextChoices):
        POST = "post", _("comes from its office")
        HOME = "home", _("lives there")
        OTHER = "other", _("another tie")

    user = models.ForeignKey(
        User, models.PROTECT, related_name="own_subdistricts", verbose_name=_("inspector")
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", verbose_name=_("subdistrict")
    )
    reason = models.CharField(_("reason"), max_length=5, choices=Reason)

    objects = OwnSubdistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("own subdistrict of an inspector")
        verbose_name_plural = _("own subdistricts of inspectors")
        ordering = ["user", "-valid_from"]
        constraints = [
            no_overlap(
                "ownsubdistrict_no_overlap",
                "user",
                "subdistrict",
                message=_("This subdistrict is already the inspector's own on some of these days."),
            ),
            in_order("ownsubdistrict_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.subdistrict}"


@tracked()
class InspectionRule(DatedRow, Recorded):
    """When the watch over inflated marks flags a marker or a subdistrict, from a day to a day."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    least_n = models.PositiveSmallIntegerField(_("fewest inspections"), default=10)
    full_share_over = models.DecimalField(
        _("share at full marks above the district's, percentage points"),
        max_digits=5,
        decimal_places=2,
        default=20,
    )
    mean_over = models.DecimalField(
        _("mean above the district's, points of 100"), max_digits=5, decimal_places=2, default=5
    )
    spread_under = models.DecimalField(
        _("spread below this share of the district's, %"), max_digits=5, decimal_places=2, default=50
    )
    agree_within = models.DecimalField(
        _("two markings agree within, points of 100"), max_digits=5, decimal_places=2, default=5
    )
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = DistrictRowsQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule of the watch over marks")
        verbose_name_plural = _("rules of the watch over marks")
        ordering = ["-valid_from"]
        constraints = [
            no_overlap(
                "inspectionrule_one_a_day",
                "district",
                message=_("Another rule is in force on some of these days. End that one first."),
            ),
            in_order("inspectionrule_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.district} {self.valid_from}"


PLANNERS = frozenset({Role.EVALUATOR})
"""Who makes plans and sees where inspectors will go: nobody else, or the visits would be expected."""


class InspectionPlanQuerySet(models.QuerySet["InspectionPlan"]):
    """Queries of plans."""

    def for_user(self, user: object) -> "InspectionPlanQuerySet":
        """Plans of the districts in which the user makes plans."""
        if scope_of(user).everything:
            return self
        postings = getattr(user, "current_postings", [])
        return self.filter(district__in={p.district_id for p in postings if p.role in PLANNERS})


@tracked()
class InspectionPlan(Recorded):
    """Which compounds are inspected in a period, drawn from a seed number; frozen once it is confirmed."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        CONFIRMED = "confirmed", _("confirmed")

    class Frame(models.TextChoices):
        COMPOUNDS = "compounds", _("all compounds under service")
        PROJECTS = "projects", _("one compound of each service project")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="inspection_plans", verbose_name=_("district")
    )
    name = models.CharField(_("name"), max_length=100)
    period = models.CharField(_("period"), max_length=7)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    frame = models.CharField(_("drawn from"), max_length=10, choices=Frame, default=Frame.COMPOUNDS)
    frame_on = models.DateField(_("registers as of"))
    seed = models.PositiveBigIntegerField(_("seed number"))
    sample_size = models.PositiveIntegerField(
        _("number of compounds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    sample_share = models.DecimalField(
        _("share of compounds, %"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
    )
    second_share = models.DecimalField(
        _("share marked a second time, %"),
        max_digits=5,
        decimal_places=2,
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    draw = models.JSONField(_("draw"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )

    objects = InspectionPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection plan")
        verbose_name_plural = _("inspection plans")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "period", "name"],
                name="inspectionplan_once",
                violation_error_message=_("A plan of this name for this period is there already."),
            ),
            models.CheckConstraint(
                name="inspectionplan_size_or_share",
                condition=Q(sample_size__gt=0, sample_share__isnull=True)
                | Q(sample_size__isnull=True, sample_share__gt=0, sample_share__lte=100),
                violation_error_message=_("Give either the number of compounds or their share, not both."),
            ),
            models.CheckConstraint(
                name="inspectionplan_second_share",
                condition=Q(second_share__gte=0) & Q(second_share__lte=100),
                violation_error_message=_("The share marked a second time lies between 0 and 100 %."),
            ),
            models.CheckConstraint(
                name="inspectionplan_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_(
                    "The last day is before the first day. Correct one of the two dates."
                ),
            ),
            models.CheckConstraint(
                name="inspectionplan_confirmed_complete",
                condition=Q(state="draft")
                | Q(draw__isnull=False, drawn_at__isnull=False, confirmed_at__isnull=False),
                violation_error_message=_("Only a plan that is drawn is confirmed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.name}"


class InspectionTaskQuerySet(models.QuerySet["InspectionTask"]):
    """Queries of tasks."""

    def for_user(self, user: object) -> "InspectionTaskQuerySet":
        """An inspector's own tasks of confirmed plans; all tasks for whoever makes the plans."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(plan__in=InspectionPlan.objects.for_user(user))
            | Q(inspector=scope.user_id, plan__state=InspectionPlan.State.CONFIRMED)
        )

    def open(self) -> "InspectionTaskQuerySet":
        """Tasks of confirmed plans neither marked nor dropped."""
        return self.filter(
            plan__state=InspectionPlan.State.CONFIRMED, inspection__isnull=True, dropped_reason=""
        )


@tracked()
class InspectionTask(Recorded):
    """One compound of a plan, marked once by one inspector. The second marking is a task of its own."""

    plan = models.ForeignKey(
        InspectionPlan, models.PROTECT, related_name="tasks", verbose_name=_("inspection plan")
    )
    number = models.PositiveIntegerField(_("number"))
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="inspection_tasks", verbose_name=_("compound")
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", verbose_name=_("subdistrict")
    )
    stratum = models.CharField(_("stratum"), max_length=60)
    is_second = models.BooleanField(_("second marking"), default=False, db_default=False)
    inspector = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="inspection_tasks",
        verbose_name=_("inspector"),
    )
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    dropped_reason = models.CharField(_("why it is dropped"), max_length=300, blank=True)

    objects = InspectionTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection task")
        verbose_name_plural = _("inspection tasks")
        ordering = ["planned_on", "number", "is_second"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "compound", "is_second"],
                name="inspectiontask_once",
                violation_error_message=_("This compound stands in the plan already."),
            ),
            models.UniqueConstraint(
                fields=["plan", "compound", "inspector"],
                name="inspectiontask_second_by_another",
                violation_error_message=_("Nobody marks one compound twice. Choose another inspector."),
            ),
        ]
        indexes = [
            # the inspector's own list
            models.Index(fields=["inspector", "planned_on"], name="inspectiontask_of_inspector")
        ]

    def __str__(self) -> str:
        return f"{self.compound}"

    @property
    def last_day(self) -> dt.date:
        """The day by which it is to be marked."""
        return self.plan.ends_on
