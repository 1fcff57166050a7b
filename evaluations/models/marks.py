"""Marks given by hand: one for each project, period and item whose source is “marks by hand”."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.models import ServiceProject
from evaluations.models.facts import OfProjectQuerySet
from evaluations.models.periods import EvaluationPeriod
from redprop.accounts.models import User
from redprop.areas.models import Recorded
from redprop.common.history import tracked


@tracked()
class HandMark(Recorded):
    """A mark given by a person for one item of the period's rubric (人工评分). No row: not applicable."""

    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="hand_marks", verbose_name=_("evaluation period")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="hand_marks", verbose_name=_("service project")
    )
    item = models.CharField(_("code of the item"), max_length=30)
    mark = models.DecimalField(_("mark"), max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])
    remark = models.CharField(_("what it was given for"), max_length=300, blank=True)
    marked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("marked by"))

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark by hand")
        verbose_name_plural = _("marks by hand")
        ordering = ["-period__ends_on", "project__code", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "project", "item"],
                name="handmark_once",
                violation_error_message=_(
                    "This project already has a mark for this item in this period. Change that one."
                ),
            ),
            models.CheckConstraint(
                name="handmark_not_negative",
                condition=models.Q(mark__gte=0),
                violation_error_message=_("A mark cannot be below zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.item} {self.mark.normalize():f}"
