"""Lists that are sent to colleagues at regular intervals, as a link."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked


class Every(models.TextChoices):
    """How often a report is made: on the first working day of the week, month or quarter."""

    WEEK = "week", _("every week")
    MONTH = "month", _("every month")
    QUARTER = "quarter", _("every quarter")


class ScheduledReportQuerySet(models.QuerySet["ScheduledReport"]):
    """Queries of scheduled reports."""

    def for_user(self, user: object) -> "ScheduledReportQuerySet":
        """Those that the user set up."""
        return self.filter(owner_id=getattr(user, "pk", None))


@tracked()
class ScheduledReport(Recorded):
    """One list with its filters, for some users, each in the own area; `next_on` is a business day."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("set up by"))
    title = models.CharField(_("title"), max_length=200)
    page = models.CharField(_("list"), max_length=100)
    register = models.CharField(_("register"), max_length=40)
    query = models.TextField(_("search and filters"), blank=True)
    filters = models.TextField(_("filters in words"), blank=True)
    ending = models.CharField(_("format"), max_length=4)
    every = models.CharField(_("how often"), max_length=10, choices=Every)
    recipients = models.ManyToManyField(User, related_name="+", verbose_name=_("recipients"))
    next_on = models.DateField(_("next on"))
    last_on = models.DateField(_("last on"), null=True)
    is_paused = models.BooleanField(_("paused"), default=False)

    objects = ScheduledReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            # the beat's question every few minutes
            models.Index(fields=["next_on"], name="report_due", condition=models.Q(is_paused=False)),
        ]

    def __str__(self) -> str:
        return self.title
