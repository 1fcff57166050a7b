"""What makes one compound of several descriptions: other names, merges, pairs that are two, the outline.

`Compound.aliases` is the list of other names that people read and type; `CompoundAlias` holds the same
names keyed for matching, with source and day (services.aliases keeps them in step), and registered
names that somebody has confirmed for a file.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound, OfCompoundQuerySet
from redprop.areas.models import DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked


@tracked()
class CompoundAlias(Recorded):
    """A name under which files may speak of a compound: it matches without a proposal."""

    class Source(models.TextChoices):
        REGISTER = "register", _("entered in the register")
        IMPORT = "import", _("confirmed in an import")
        MERGE = "merge", _("from a merge")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    compound = models.ForeignKey(
        Compound, models.CASCADE, related_name="known_names", verbose_name=_("compound")
    )
    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(_("normalised name"), max_length=100, editable=False)
    match_key = models.CharField(_("key for matching"), max_length=200, editable=False, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    noted_on = models.DateField(_("noted on"))

    objects = OfCompoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("known name of a compound")
        verbose_name_plural = _("known names of compounds")
        ordering = ["compound", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "key"],
                name="compoundalias_once",
                violation_error_message=_("This compound already has this name."),
            )
        ]
        indexes = [
            # imports and references look names up by key
            models.Index(fields=["district", "key"], name="compoundalias_by_key"),
            GinIndex(OpClass(F("match_key"), name="gin_trgm_ops"), name="compoundalias_trigram"),
        ]

    def __str__(self) -> str:
        return self.name


class CompoundMergeQuerySet(models.QuerySet["CompoundMerge"]):
    """Queries of merges."""

    def for_user(self, user: object) -> "CompoundMergeQuerySet":
        """Merges into compounds the user may reach."""
        return self.filter(kept__in=Compound.objects.in_reach(user))


class DistinctCompoundsQuerySet(models.QuerySet["DistinctCompounds"]):
    """Queries of pairs that are two."""

    def for_user(self, user: object) -> "DistinctCompoundsQuerySet":
        """Pairs of which the user may reach both."""
        mine = Compound.objects.in_reach(user)
        return self.filter(one__in=mine, other__in=mine)


@tracked()
class CompoundMerge(Recorded):
    """Two rows of the register that turned out to be one compound: which was kept and what was moved."""

    kept = models.ForeignKey(
        Compound, models.PROTECT, related_name="merges", verbose_name=_("compound that is kept")
    )
    gone = models.ForeignKey(
        Compound, models.PROTECT, related_name="merged_away", verbose_name=_("compound that is given up")
    )
    merged_on = models.DateField(_("merged on"))
    reason = models.CharField(_("reason"), max_length=300)
    moved = models.JSONField(_("moved rows"), default=dict, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    objects = CompoundMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of compounds")
        verbose_name_plural = _("merges of compounds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="compoundmerge_two_compounds", condition=~Q(kept=F("gone"))),
            models.UniqueConstraint(
                fields=["gone"],
                condition=Q(undone_at__isnull=True),
                name="compoundmerge_gone_once",
                violation_error_message=_("This compound has already been merged into another."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} → {self.kept}"


@tracked()
class DistinctCompounds(Recorded):
    """Two compounds that somebody has looked at and found to be two: never proposed again as doubles."""

    one = models.ForeignKey(Compound, models.CASCADE, related_name="+", verbose_name=_("one compound"))
    other = models.ForeignKey(Compound, models.CASCADE, related_name="+", verbose_name=_("the other"))

    objects = DistinctCompoundsQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of different compounds")
        verbose_name_plural = _("pairs of different compounds")
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="distinctcompounds_once"),
            models.CheckConstraint(name="distinctcompounds_in_order", condition=Q(one__lt=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.one} ≠ {self.other}"


class DistrictOutlineQuerySet(DatedQuerySet):
    """Queries of outlines."""

    def for_user(self, user: object) -> "DistrictOutlineQuerySet":
        """Outlines of the districts in which the user has any posting."""
        return self.filter(district__in=District.objects.for_user(user))


def check_ring(ring: Any) -> None:
    """Raise ValidationError unless `ring` is a list of at least three [longitude, latitude] pairs."""
    try:
        points = [(float(x), float(y)) for x, y in ring]
    except (TypeError, ValueError):
        points = []
    if len(points) < 3 or not all(73 <= x <= 136 and 3 <= y <= 54 for x, y in points):
        raise ValidationError(
            _("The outline needs at least three corners, each as [longitude, latitude] in degrees.")
        )


@tracked()
class DistrictOutline(Recorded, DatedRow):
    """The outline of a district, from a day to a day. Coordinates well outside it are reported."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="outlines", verbose_name=_("district")
    )
    ring = models.JSONField(
        _("corners"), validators=[check_ring], help_text=_("List of [longitude, latitude], in order")
    )
    datum = models.CharField(_("datum"), max_length=10, choices=Compound.Datum)
    tolerance = models.PositiveIntegerField(
        _("tolerance (m)"), default=300, help_text=_("Points this far outside are still taken")
    )
    source = models.CharField(_("source"), max_length=200)

    objects = DistrictOutlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("outline of a district")
        verbose_name_plural = _("outlines of districts")
        ordering = ["district", "-valid_from"]
        constraints = [
            in_order("districtoutline_in_order"),
            no_overlap(
                "districtoutline_no_overlap",
                "district",
                message=_("The district has another outline on some of these days. End that one first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.district} {self.valid_from}"
