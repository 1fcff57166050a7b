"""Editions of the official divisions, and the recorded changes between them.

An edition is a whole list of communities as of a day. A change is history: its row stays as the
document says it, also when the division it speaks of was never in the register.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.areas.models.areas import Community, District, Subdistrict
from redprop.areas.models.recorded import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class OfDistrictQuerySet(models.QuerySet):
    """Queries of rows of a district that everybody with an area in it may read."""

    def for_user(self, user: object) -> "OfDistrictQuerySet":
        """Rows of the districts in which the user is posted as a whole, or of the clerk's."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        of_clerk = Subdistrict.objects.filter(pk__in=scope.subdistrict_ids).values("district")
        return self.filter(Q(district__in=scope.district_ids) | Q(district__in=of_clerk))


@tracked()
class DivisionEdition(Recorded):
    """An edition that was taken over: the whole list of communities as of a day."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="editions", verbose_name=_("district")
    )
    label = models.CharField(_("edition of the divisions"), max_length=20)
    as_of = models.DateField(_("as of"))
    communities = models.PositiveIntegerField(_("number of communities"))

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition of the official divisions")
        verbose_name_plural = _("editions of the official divisions")
        ordering = ["-as_of"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "as_of"],
                name="divisionedition_once",
                violation_error_message=_("An edition as of this day is already taken over."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.as_of})"


@tracked()
class DivisionChange(Recorded):
    """One change of the official divisions: what, on which day, from what, to what, by which document.

    A merger or split has a row for each pair of old and new. `community` and `successor` point to
    the register where the divisions are found there.
    """

    class Level(models.TextChoices):
        SUBDISTRICT = "subdistrict", _("subdistrict")
        COMMUNITY = "community", _("community")

    class Change(models.TextChoices):
        ADDED = "added", _("added")
        REMOVED = "removed", _("removed")
        RENAMED = "renamed", _("renamed")
        RECODED = "recoded", _("given another code")
        MERGED = "merged", _("merged into another")
        SPLIT = "split", _("split off")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="division_changes", verbose_name=_("district")
    )
    level = models.CharField(_("level"), max_length=12, choices=Level)
    change = models.CharField(_("kind of change"), max_length=10, choices=Change)
    from_as_of = models.DateField(
        _("not before"),
        null=True,
        blank=True,
        help_text=_("Day of the edition before, where only editions tell."),
    )
    on = models.DateField(_("holds from"))
    old_code = models.CharField(_("old code"), max_length=12, blank=True)
    old_name = models.CharField(_("old name"), max_length=50, blank=True)
    new_code = models.CharField(_("new code"), max_length=12, blank=True)
    new_name = models.CharField(_("new name"), max_length=50, blank=True)
    document = models.CharField(_("document"), max_length=200, blank=True)
    subdistrict = models.ForeignKey(
        Subdistrict,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("subdistrict"),
    )
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="division_changes",
        verbose_name=_("community"),
    )
    successor = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("successor")
    )

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of the official divisions")
        verbose_name_plural = _("changes of the official divisions")
        ordering = ["-on", "level", "old_code", "new_code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "level", "change", "on", "old_code", "new_code"],
                name="divisionchange_once",
                violation_error_message=_("This change of this day is already recorded."),
            ),
            models.CheckConstraint(
                name="divisionchange_sides",
                condition=Q(change="added", old_code="", old_name="") & ~Q(new_code="") & ~Q(new_name="")
                | Q(change="removed", new_code="", new_name="") & ~Q(old_code="") & ~Q(old_name="")
                | Q(change="renamed", old_code=F("new_code")) & ~Q(old_code="") & ~Q(old_name=F("new_name"))
                | Q(change__in=["recoded", "merged", "split"])
                & ~Q(old_code="")
                & ~Q(new_code="")
                & ~Q(old_code=F("new_code")),
                violation_error_message=_(
                    "The codes do not fit the kind of change: what is added has only a new code, what is removed only "
                    "an old one, a renamed one keeps its code, all others have two different ones."
                ),
            ),
            models.CheckConstraint(
                name="divisionchange_in_order",
                condition=Q(from_as_of__isnull=True) | Q(from_as_of__lt=F("on")),
                violation_error_message=_(
                    "“Not before” lies on or after the day from which the change holds."
                ),
            ),
        ]

    def __str__(self) -> str:
        old, new = self.old_name or "—", self.new_name or "—"
        return f"{self.on} {self.get_change_display()} {old} → {new}"
