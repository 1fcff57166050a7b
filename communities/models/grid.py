"""Grid (网格): cells with their area, how they are covered, who may be on duty, and the shifts.

One cell has one person on duty at a time, and nobody is on duty in two cells: the database refuses both.
"""

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.cover import hours_in_words
from communities.models.compounds import Compound
from communities.models.visits import OfCommunityQuerySet
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Community, DatedQuerySet, DatedRow, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class GridCellQuerySet(models.QuerySet["GridCell"]):
    """Queries of cells."""

    def for_user(self, user: object) -> "GridCellQuerySet":
        """Cells of the user's areas, or that staff of the contact's enterprise have covered."""
        scope = scope_of(user)
        if scope.everything:
            return self
        mine = Q(community__district__in=scope.district_ids)
        mine |= Q(community__subdistrict__in=scope.subdistrict_ids) | Q(community__in=scope.community_ids)
        if scope.user_id:
            modes = GridMode.objects.filter(project__enterprise__in=contact_enterprises(scope.user_id))
            mine |= Q(pk__in=modes.values("cell"))
        return self.filter(mine)

    def open_on(self, day: dt.date) -> "GridCellQuerySet":
        """Cells that exist on `day`."""
        return self.filter(opened_on__lte=day).filter(Q(closed_on=None) | Q(closed_on__gt=day))


@tracked()
class GridCell(Recorded):
    """A cell of a community's grid."""

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="grid_cells", verbose_name=_("community")
    )
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=40)
    opened_on = models.DateField(_("from"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = GridCellQuerySet.as_manager()

    class Meta:
        verbose_name = _("grid cell")
        verbose_name_plural = _("grid cells")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "code"],
                name="gridcell_code_once",
                violation_error_message=_("This code is already given to another cell."),
            ),
            models.CheckConstraint(
                name="gridcell_in_order", condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OfCellQuerySet(DatedQuerySet):
    """Dated rows of cells."""

    def for_user(self, user: object) -> "OfCellQuerySet":
        """Rows of the cells that the user may see."""
        return self.filter(cell__in=GridCell.objects.for_user(user))


@tracked()
class GridArea(DatedRow, Recorded):
    """A compound, or some of its buildings, that a cell takes in."""

    cell = models.ForeignKey(GridCell, models.PROTECT, related_name="areas", verbose_name=_("grid cell"))
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="grid_areas", verbose_name=_("compound")
    )
    buildings = models.CharField(_("buildings (empty: the whole compound)"), max_length=60, blank=True)

    objects = OfCellQuerySet.as_manager()

    class Meta:
        verbose_name = _("area of a grid cell")
        verbose_name_plural = _("areas of grid cells")
        ordering = ["cell", "valid_from"]
        constraints = [
            in_order("gridarea_in_order"),
            no_overlap(
                "gridarea_once",
                "compound",
                "buildings",
                message=_("These buildings belong to a cell already. End that first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.buildings}".strip()


@tracked()
class GridMode(DatedRow, Recorded):
    """How a cell is covered: 8 or 24 hours, by a grid worker or, as a pilot, by a project's staff."""

    HOURS = [(8, _("8 hours")), (24, _("24 hours"))]

    cell = models.ForeignKey(GridCell, models.PROTECT, related_name="modes", verbose_name=_("grid cell"))
    hours = models.PositiveSmallIntegerField(_("cover"), choices=HOURS, default=8)
    starts = models.TimeField(_("begins at"), default=dt.time(9))
    only_workdays = models.BooleanField(_("on working days only"), default=True)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grid_modes",
        verbose_name=_("pilot: staff of this service project"),
    )

    objects = OfCellQuerySet.as_manager()

    class Meta:
        verbose_name = _("cover of a grid cell")
        verbose_name_plural = _("cover of grid cells")
        ordering = ["cell", "valid_from"]
        constraints = [
            in_order("gridmode_in_order"),
            no_overlap(
                "gridmode_one_at_a_time", "cell", message=_("A cell is covered in one way at a time.")
            ),
            models.CheckConstraint(name="gridmode_8_or_24", condition=Q(hours__in=[8, 24])),
        ]

    def __str__(self) -> str:
        return str(self.get_hours_display())


class GridWorkerQuerySet(OfCommunityQuerySet, DatedQuerySet):
    """Queries of those who may be on duty."""


@tracked(exclude=["name"])
class GridWorker(DatedRow, Recorded):
    """Somebody who may be on duty: a grid worker, or a project's staff in a pilot."""

    class Kind(models.TextChoices):
        GRID = "grid", _("grid worker")
        STAFF = "staff", _("property staff")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="grid_workers", verbose_name=_("community")
    )
    code = models.CharField(_("own code"), max_length=20)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grid_workers",
        verbose_name=_("service project"),
    )
    name = models.CharField(_("name"), max_length=30)

    objects = GridWorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("person on duty")
        verbose_name_plural = _("persons on duty")
        ordering = ["code"]
        constraints = [
            in_order("gridworker_in_order"),
            models.UniqueConstraint(
                fields=["community", "code"],
                name="gridworker_code_once",
                violation_error_message=_("This code is already given to another person on duty."),
            ),
            models.CheckConstraint(
                name="gridworker_staff_of_a_project",
                condition=(Q(kind="staff") & Q(project__isnull=False))
                | (Q(kind="grid") & Q(project__isnull=True)),
                violation_error_message=_("Property staff name their service project, grid workers none."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _hours() -> Func:
    return Func(
        F("starts_at"),
        F("ends_at"),
        RangeBoundary(),
        function="tstzrange",
        output_field=DateTimeRangeField(),
    )


@tracked()
class GridShift(Recorded):
    """One person on duty in one cell from a moment to a moment. `project` is the firm whose staff it is."""

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="grid_shifts", verbose_name=_("community")
    )
    cell = models.ForeignKey(GridCell, models.PROTECT, related_name="shifts", verbose_name=_("grid cell"))
    worker = models.ForeignKey(
        GridWorker, models.PROTECT, related_name="shifts", verbose_name=_("person on duty")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grid_shifts",
        verbose_name=_("service project"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    stands_in_for = models.ForeignKey(
        GridWorker,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stood_in",
        verbose_name=_("stands in for"),
    )

    objects = OfCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["starts_at", "cell"]
        constraints = [
            models.CheckConstraint(
                name="gridshift_in_order",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("A shift ends after it begins."),
            ),
            ExclusionConstraint(
                name="gridshift_one_in_a_cell",
                expressions=[("cell", RangeOperators.EQUAL), (_hours(), RangeOperators.OVERLAPS)],
                violation_error_message=_("Somebody is on duty in this cell at that time already."),
            ),
            ExclusionConstraint(
                name="gridshift_one_for_a_worker",
                expressions=[("worker", RangeOperators.EQUAL), (_hours(), RangeOperators.OVERLAPS)],
                violation_error_message=_("This person is on duty elsewhere at that time."),
            ),
        ]
        indexes = [
            # A month's roster of a community, and the gaps of the next days.
            models.Index(fields=["community", "starts_at"], name="gridshift_by_community"),
            models.Index(fields=["project", "starts_at"], name="gridshift_by_project"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.starts_at):%Y-%m-%d %H:%M} {self.cell_id}"

    @property
    def hours_shown(self) -> str:
        """The shift as written: 08:00–16:00, the next day marked."""
        return hours_in_words(self.starts_at, self.ends_at)
