"""Import batches: every file that came in, what it did, each row of it, and what undoing it takes."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.scope import scope_of
from redprop.core.models.jobs import Job


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Queries of import batches."""

    def for_user(self, user: Any) -> "ImportBatchQuerySet":
        """Batches of the districts the user is posted to as a whole, and a clerk's own."""
        scope = scope_of(user)
        if scope.everything:
            return self
        seen = models.Q(district__in=scope.district_ids)
        if not scope.is_empty:
            own = District.objects.for_user(user)
            seen |= models.Q(district__in=own, recorded_by=user.get_username())
        return self.filter(seen)


class ImportBatch(Recorded):
    """One import of one file into one register."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded, not checked")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked, not written")
        WRITING = "writing", _("being written")
        DONE = "done", _("written")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    register = models.CharField(_("register"), max_length=40)
    file_name = models.CharField(_("file name"), max_length=255)
    file = models.FileField(_("file"), upload_to="imports/%Y/%m", blank=True, max_length=400)
    error_file = models.FileField(_("file with the errors marked"), blank=True, max_length=400)
    digest = models.CharField(_("digest (SHA-256)"), max_length=64)
    sheet = models.CharField(_("sheet"), max_length=100, blank=True)
    mapping = models.JSONField(_("mapping of headers"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKED)
    message = models.TextField(_("message"), blank=True)
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    error_job = models.ForeignKey(
        Job,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("job that marks the errors"),
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused rows"), default=0)
    written_at = models.DateTimeField(_("written at"), null=True, blank=True)
    written_by = models.CharField(_("written by"), max_length=150, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=150, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        ordering = ["-pk"]
        indexes = [
            # the same file again: district, register and digest
            models.Index(fields=["digest"], name="importbatch_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.file_name}"


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Queries of imported rows."""

    def for_user(self, user: object) -> "ImportRowQuerySet":
        """Rows of the batches the user may see."""
        return self.filter(batch__in=ImportBatch.objects.for_user(user))


class ImportRow(models.Model):
    """One row of an imported file as the preview shows it: what it would do or did, and what is wrong with it."""

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


class ImportWrite(models.Model):
    """One statement of a written import, as undoing it needs it: rows made, fields changed, or rows removed.

    Made rows stand as spans of primary keys ([[first, last], …]); changed ones as
    [{"pk", "old", "new"}, …] with the columns that differ, in the database's own JSON of their
    values; removed ones as [{"pk", "old"}, …] with all columns. Kept only as long as the import may be
    undone: it repeats values that history leaves out.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="writes", verbose_name=_("batch"))
    number = models.PositiveIntegerField(_("number"))
    model = models.CharField(_("register"), max_length=100)
    made = models.JSONField(_("rows made"), null=True, blank=True)
    changed = models.JSONField(_("rows changed"), null=True, blank=True)
    removed = models.JSONField(_("rows removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("step of an import")
        verbose_name_plural = _("steps of an import")
        ordering = ["batch", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="importwrite_number_once",
                violation_error_message=_("This step of the import is already recorded."),
            ),
            models.CheckConstraint(
                name="importwrite_one_kind",
                condition=models.Q(made__isnull=False, changed__isnull=True, removed__isnull=True)
                | models.Q(made__isnull=True, changed__isnull=False, removed__isnull=True)
                | models.Q(made__isnull=True, changed__isnull=True, removed__isnull=False),
                violation_error_message=_("A step either makes rows, changes them or removes them."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.number} {self.model}"
