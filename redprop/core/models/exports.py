"""What left the portal as a file: the log of all exports (append-only), and large files waiting to be fetched."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.scope import scope_of
from redprop.core.models.jobs import Job
from redprop.core.models.reports import ScheduledReport


class Way(models.TextChoices):
    """How an export came about."""

    SCREEN = "screen", _("on the page")
    JOB = "job", _("in the background")
    SCHEDULE = "schedule", _("scheduled report")
    COMMAND = "command", _("command")


class ExportLogQuerySet(models.QuerySet["ExportLog"]):
    """Queries of the log."""

    def for_user(self, user: object) -> "ExportLogQuerySet":
        """Exports of the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(district__in=scope.district_ids | scope.administered_ids)


class ExportLog(Recorded):
    """Somebody took a list out of the portal. Append-only."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("exported by"))
    page = models.CharField(_("list"), max_length=100)
    register = models.CharField(_("register"), max_length=40)
    title = models.CharField(_("what was exported"), max_length=200)
    ending = models.CharField(_("format"), max_length=4)
    query = models.TextField(_("search and filters"), blank=True)
    filters = models.TextField(_("filters in words"), blank=True)
    rows = models.PositiveIntegerField(_("rows"))
    way = models.CharField(_("how"), max_length=10, choices=Way)

    objects = ExportLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("log of exports")
        ordering = ["-pk"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.title} {self.recorded_at:%Y-%m-%d %H:%M}"


class ExportFileQuerySet(models.QuerySet["ExportFile"]):
    """Queries of files to be fetched."""

    def for_user(self, user: object) -> "ExportFileQuerySet":
        """The user's own: nobody fetches what was made under another's rights."""
        return self.filter(user_id=getattr(user, "pk", None))


class ExportFile(Recorded):
    """A file made in the background for one user, kept until `expires_at`."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("user"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    page = models.CharField(_("list"), max_length=100)
    register = models.CharField(_("register"), max_length=40)
    title = models.CharField(_("what was exported"), max_length=200)
    ending = models.CharField(_("format"), max_length=4)
    query = models.TextField(_("search and filters"), blank=True)
    way = models.CharField(_("how"), max_length=10, choices=Way)
    file = models.CharField(_("file"), max_length=200, blank=True, help_text=_("below the media folder"))
    rows = models.PositiveIntegerField(_("rows"), default=0)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    expires_at = models.DateTimeField(_("kept until"), null=True)
    scope = models.TextField(_("area of the user when it was made"), blank=True)
    report = models.ForeignKey(
        ScheduledReport,
        models.SET_NULL,
        null=True,
        related_name="files",
        verbose_name=_("scheduled report"),
    )
    report_on = models.DateField(_("report of"), null=True)

    objects = ExportFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("exported file")
        verbose_name_plural = _("my exported files")
        ordering = ["-pk"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "report_on", "user"],
                name="exportfile_one_of_a_report",
                violation_error_message=_("This report has been prepared already."),
            )
        ]

    def __str__(self) -> str:
        return self.title
