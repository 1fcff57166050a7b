"""What the desk's forms cost those who fill them in: sums by form and month, of no person and no unit."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District


class FormBurden(models.Model):
    """Times, typed fields and seconds of one form in one month. Keeps no author: no profile can be drawn from it."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    form = models.SlugField(_("form"), max_length=30)
    month = models.DateField(_("month"), help_text=_("First day of the month."))
    times = models.PositiveIntegerField(_("times sent"), default=0)
    typed_fields = models.PositiveIntegerField(_("typed fields"), default=0)
    seconds = models.PositiveBigIntegerField(_("seconds at the form"), default=0)

    class Meta:
        verbose_name = _("burden of a form")
        verbose_name_plural = _("burden of the forms")
        ordering = ["-month", "form"]
        constraints = [
            models.UniqueConstraint(fields=["district", "form", "month"], name="formburden_form_month"),
            models.CheckConstraint(name="formburden_month_first_day", condition=models.Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.month:%Y-%m}"

    @classmethod
    def adding(cls, **sums: int) -> dict[str, F]:
        """The sums as an update that the database adds up itself."""
        return {name: F(name) + value for name, value in sums.items()}
