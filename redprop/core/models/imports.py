"""Import batches: every file that came in, what it did, and each row of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.scope import scope_of


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Queries of import batches."""

    def for_user(self, user: object) -> "ImportBatchQuerySet":
        """Batches of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


class ImportBatch(Recorded):
    """One import of one file into one register."""

    class State(models.TextChoices):
        CHECKED = "checked", _("checked, not written")
        DONE = "done", _("written")
        REFUSED = "refused", _("refused")
        UNDONE = "undone", _("undone")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    register = models.CharField(_("register"), max_length=40)
    file_name = models.CharField(_("file name"), max_length=255)
    file = models.FileField(_("file"), upload_to="imports/%Y/%m", blank=True)
    digest = models.CharField(_("digest (SHA-256)"), max_length=64)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    mapping = models.JSONField(_("mapping of headers"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKED)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused rows"), default=0)
    written_at = models.DateTimeField(_("written at"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.register} {self.file_name}"


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Queries of imported rows."""

    def for_user(self, user: object) -> "ImportRowQuerySet":
        """Rows of the batches the user may see."""
        return self.filter(batch__in=ImportBatch.objects.for_user(user))


class ImportRow(models.Model):
    """One row of an imported file: what it would do or did, and what is wrong with it."""

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        REFUSED = "refused", _("refused")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="results", verbose_name=_("batch"))
    number = models.PositiveIntegerField(_("row"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    key = models.CharField(_("key"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    errors = models.JSONField(_("errors"), default=list, blank=True)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of an import")
        ordering = ["number"]
        indexes = [models.Index(fields=["batch", "outcome", "number"], name="importrow_preview")]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"
