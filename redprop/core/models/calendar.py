"""The holiday calendar: days off and working weekends, kept by the district."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class HolidayQuerySet(models.QuerySet["Holiday"]):
    """Queries of holidays."""

    def for_user(self, user: object) -> "HolidayQuerySet":
        """Holidays of the user's district."""
        return (
            self.filter(district__in=District.objects.for_user(user))
            if not scope_of(user).everything
            else self
        )


@tracked()
class Holiday(Recorded):
    """A day that differs from the week's rule: a holiday, or a weekend day that is worked.

    A year counts as entered when it has at least one row; without one nothing is published.
    """

    district = models.ForeignKey(
        District, models.PROTECT, related_name="holidays", verbose_name=_("district")
    )
    day = models.DateField(_("day"))
    is_workday = models.BooleanField(_("working day"), default=False)
    name = models.CharField(_("name"), max_length=50, blank=True)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "day"],
                name="holiday_day_once",
                violation_error_message=_("This day is already in the calendar."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
