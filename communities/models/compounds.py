"""Residential compounds (小区) with their dated kind, class and community."""

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import (
    Community,
    DatedQuerySet,
    DatedRow,
    District,
    Recorded,
    in_order,
    no_overlap,
)
from redprop.common.history import tracked
from redprop.common.scope import Scope, scope_of


class CompoundQuerySet(models.QuerySet["Compound"]):
    """Queries of compounds."""

    def for_user(self, user: object) -> "CompoundQuerySet":
        """Compounds that the user may reach, without those merged into another."""
        return self.filter(merged_into__isnull=True).in_reach(user)

    def in_reach(self, user: object) -> "CompoundQuerySet":
        """Compounds of the user's areas (by any placement), or served by the contact's enterprise; merged ones too."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        served = Compound.objects.filter(
            assignments__contract__project__enterprise__in=contact_enterprises(scope.user_id)
        )
        return self.filter(
            Q(pk__in=Compound.objects.in_areas_of(scope).values("pk")) | Q(pk__in=served.values("pk"))
        )

    def in_areas_of(self, scope: Scope) -> "CompoundQuerySet":
        """Compounds of the areas in the scope, by any placement."""
        placed = CompoundPlacement.objects.filter(
            Q(community__subdistrict__in=scope.subdistrict_ids) | Q(community__in=scope.community_ids)
        )
        return self.filter(Q(district__in=scope.district_ids) | Q(pk__in=placed.values("compound")))

    def registered_on(self, day: dt.date) -> "CompoundQuerySet":
        """Compounds in the register on `day`; a compound merged into another never was a second one."""
        return self.filter(merged_into__isnull=True, registered_from__lte=day).filter(
            Q(retired_on__isnull=True) | Q(retired_on__gt=day)
        )

    def unplaced(self, day: dt.date) -> "CompoundQuerySet":
        """Compounds whose community on `day` is not known: the worklist "to be placed"."""
        placed = CompoundPlacement.objects.on(day).filter(compound=OuterRef("pk"))
        return self.registered_on(day).filter(~Exists(placed))

    def of_kind(self, kind: str, day: dt.date) -> "CompoundQuerySet":
        """Compounds that are of `kind` on `day`."""
        return self.filter(Exists(CompoundKind.objects.on(day).filter(compound=OuterRef("pk"), kind=kind)))


@tracked()
class Compound(Recorded):
    """A residential compound. Its code is the district's own and never reused."""

    class Condition(models.TextChoices):
        GOOD = "good", _("good")
        FAIR = "fair", _("fair")
        POOR = "poor", _("poor")

    class Datum(models.TextChoices):
        WGS84 = "wgs84", "WGS-84"
        GCJ02 = "gcj02", "GCJ-02"
        CGCS2000 = "cgcs2000", "CGCS2000"
        BD09 = "bd09", "BD-09"

    district = models.ForeignKey(
        District, models.PROTECT, related_name="compounds", verbose_name=_("district")
    )
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    normalised_name = models.CharField(_("normalised name"), max_length=100, editable=False, blank=True)
    match_key = models.CharField(_("key for matching"), max_length=200, editable=False, blank=True)
    aliases = ArrayField(
        models.CharField(max_length=100), verbose_name=_("other names"), default=list, blank=True
    )
    pinyin = models.CharField(_("pinyin"), max_length=400, blank=True, editable=False)
    address = models.CharField(_("address"), max_length=200, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    datum = models.CharField(_("datum"), max_length=10, choices=Datum, blank=True)
    year_built = models.PositiveSmallIntegerField(
        _("year built"), null=True, blank=True, validators=[MinValueValidator(1840), MaxValueValidator(2100)]
    )
    buildings = models.PositiveIntegerField(_("buildings"), null=True, blank=True)
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    residents = models.PositiveIntegerField(_("residents"), null=True, blank=True)
    floor_area = models.DecimalField(
        _("floor area (m²)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    building_condition = models.CharField(
        _("building condition"), max_length=5, choices=Condition, blank=True
    )
    road_condition = models.CharField(_("road surface"), max_length=5, choices=Condition, blank=True)
    wiring_condition = models.CharField(_("wiring"), max_length=5, choices=Condition, blank=True)
    greening_condition = models.CharField(_("greening"), max_length=5, choices=Condition, blank=True)
    surveyed_on = models.DateField(_("condition surveyed on"), null=True, blank=True)
    registered_from = models.DateField(_("in the register from"))
    retired_on = models.DateField(_("out of the register from"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged_from",
        verbose_name=_("merged into"),
    )

    objects = CompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("compound")
        verbose_name_plural = _("compounds")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="compound_code_once",
                violation_error_message=_(
                    "This code is already given to another compound. Codes are never reused."
                ),
            ),
            models.CheckConstraint(
                name="compound_place_whole",
                condition=Q(longitude__isnull=True, latitude__isnull=True, datum="")
                | (Q(longitude__isnull=False, latitude__isnull=False) & ~Q(datum="")),
                violation_error_message=_("A place needs longitude, latitude and datum together."),
            ),
            models.CheckConstraint(
                name="compound_floor_area_positive",
                condition=Q(floor_area__isnull=True) | Q(floor_area__gt=0),
                violation_error_message=_("The floor area must be greater than zero."),
            ),
            models.CheckConstraint(
                name="compound_in_order",
                condition=Q(retired_on__isnull=True) | Q(retired_on__gt=F("registered_from")),
                violation_error_message=_(
                    "The compound leaves the register before it enters. Correct a date."
                ),
            ),
            models.CheckConstraint(
                name="compound_merged_is_retired",
                condition=Q(merged_into__isnull=True) | Q(retired_on__isnull=False),
                violation_error_message=_("A compound merged into another is out of the register."),
            ),
        ]
        indexes = [
            models.Index(fields=["district", "normalised_name"], name="compound_match_by_name"),
            # candidates for a row of a file without a code
            GinIndex(OpClass(F("match_key"), name="gin_trgm_ops"), name="compound_match_trigram"),
            models.Index(fields=["district", "latitude", "longitude"], name="compound_by_place"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="compound_name_trigram"),
            GinIndex(OpClass(Upper("pinyin"), name="gin_trgm_ops"), name="compound_pinyin_trigram"),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def placed_in(community_ids: object, day: dt.date) -> "DatedQuerySet":
        """Placements in these communities that are in force on `day`."""
        return CompoundPlacement.objects.on(day).filter(community__in=community_ids)


class OfCompoundQuerySet(DatedQuerySet):
    """Queries of dated facts of a compound."""

    def for_user(self, user: object) -> "OfCompoundQuerySet":
        """Facts of the compounds the user may see."""
        return self.filter(compound__in=Compound.objects.for_user(user))


@tracked()
class CompoundPlacement(Recorded, DatedRow):
    """The community a compound belongs to, from a day to a day."""

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="placements", verbose_name=_("compound")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="placements", verbose_name=_("community")
    )

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("community of a compound")
        verbose_name_plural = _("communities of compounds")
        constraints = [
            in_order("compoundplacement_in_order"),
            no_overlap(
                "compoundplacement_no_overlap",
                "compound",
                message=_(
                    "This compound is in another community on some of these days. End that entry first."
                ),
            ),
        ]
        indexes = [models.Index(fields=["community"], name="compoundplacement_by_community")]

    def __str__(self) -> str:
        return f"{self.compound} {self.community}"


@tracked()
class CompoundKind(Recorded, DatedRow):
    """Whether a compound has professional service or is an old one, from a day to a day."""

    class Kind(models.TextChoices):
        PROFESSIONAL = "professional", _("professional service")
        OLD = "old", _("old compound")

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="kinds", verbose_name=_("compound"))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("kind of a compound")
        verbose_name_plural = _("kinds of compounds")
        constraints = [
            in_order("compoundkind_in_order"),
            no_overlap(
                "compoundkind_no_overlap",
                "compound",
                message=_("This compound has another kind on some of these days. End that entry first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.get_kind_display()}"


@tracked()
class CompoundClass(Recorded, DatedRow):
    """The class (类别) of an old compound, which sets its subsidy, from a day to a day."""

    class Class(models.IntegerChoices):
        FIRST = 1, _("class one")
        SECOND = 2, _("class two")
        THIRD = 3, _("class three")

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="classes", verbose_name=_("compound"))
    compound_class = models.PositiveSmallIntegerField(_("class"), choices=Class)
    document = models.CharField(_("document number"), max_length=60, blank=True)

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("class of a compound")
        verbose_name_plural = _("classes of compounds")
        constraints = [
            in_order("compoundclass_in_order"),
            no_overlap(
                "compoundclass_no_overlap",
                "compound",
                message=_("This compound has another class on some of these days. End that entry first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.get_compound_class_display()}"
