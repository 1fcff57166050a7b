"""Evaluation periods (考评周期): one quarter, half-year or year of a district, from open to closed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from evaluations.models.querysets import OfDistrictQuerySet
from evaluations.models.rubrics import Rubric
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.periods import Period


@tracked()
class EvaluationPeriod(Recorded):
    """A period that is assessed. `code` is its text form, such as 2026Q3."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSING = "closing", _("closing")
        CLOSED = "closed", _("closed")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="evaluation_periods", verbose_name=_("district")
    )
    code = models.CharField(_("period"), max_length=7)
    kind = models.CharField(_("kind"), max_length=8, choices=Rubric.PeriodKind)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    cutoff_on = models.DateField(
        _("cut-off for recording"), help_text=_("Facts recorded later count only by correction.")
    )
    rubric = models.ForeignKey(Rubric, models.PROTECT, related_name="periods", verbose_name=_("rubric"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation period")
        verbose_name_plural = _("evaluation periods")
        ordering = ["-ends_on", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="evaluationperiod_once",
                violation_error_message=_("This period is already open or closed."),
            ),
            models.CheckConstraint(
                name="evaluationperiod_in_order",
                condition=Q(ends_on__gt=F("starts_on")) & Q(cutoff_on__gte=F("ends_on")),
                violation_error_message=_("The last day comes after the first, the cut-off after both."),
            ),
            models.CheckConstraint(
                name="evaluationperiod_closed_dated",
                condition=~Q(state="closed") | Q(closed_at__isnull=False),
                violation_error_message=_("A closed period needs the time of closing."),
            ),
        ]

    def __str__(self) -> str:
        return self.value.label_in(get_language() or "zh")

    @property
    def value(self) -> Period:
        """The period as a value."""
        return Period.parse(self.code)
