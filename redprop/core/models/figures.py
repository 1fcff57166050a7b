"""Figures that the district has reported elsewhere, with their source: what the registers must add up to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.history import tracked


class ReportedFigureQuerySet(models.QuerySet["ReportedFigure"]):
    """Queries of reported figures."""

    def for_user(self, user: object) -> "ReportedFigureQuerySet":
        """Figures of the user's district."""
        return self.filter(district__in=District.objects.for_user(user))


@tracked()
class ReportedFigure(Recorded):
    """One published number as of a day, such as 851 compounds on 2026-09-30."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    on = models.DateField(_("as of"))
    code = models.CharField(_("figure"), max_length=60)
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=2)
    source = models.CharField(_("source"), max_length=300)

    objects = ReportedFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("reported figure")
        verbose_name_plural = _("reported figures")
        ordering = ["on", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "on", "code"],
                name="reportedfigure_once",
                violation_error_message=_("This figure is already recorded for this day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.code}"
