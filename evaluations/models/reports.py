"""The district's report of a period as a document: asked for, written by a worker, kept with what it was made from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from evaluations.models.periods import EvaluationPeriod
from redprop.accounts.models import User
from redprop.areas.models import Recorded
from redprop.common.scope import scope_of
from redprop.core.models import Job


class PeriodReportQuerySet(models.QuerySet):
    """Queries of reports."""

    def for_user(self, user: object) -> "PeriodReportQuerySet":
        """Reports of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(period__district__in=scope.district_ids)


class PeriodReport(Recorded):
    """One report of a period (考评通报). `file` lies below the media folder once the job is done."""

    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="reports", verbose_name=_("evaluation period")
    )
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked for by")
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    title = models.CharField(_("title"), max_length=150)
    file = models.CharField(_("file"), max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    made_at = models.DateTimeField(_("written at"), null=True, blank=True)
    release_number = models.CharField(_("made from the release"), max_length=40, blank=True)

    objects = PeriodReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of a period")
        verbose_name_plural = _("reports of periods")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title
