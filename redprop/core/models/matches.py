"""Proposals of an import: rows without a code that may be rows of the register, and what a person decided."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.core.models.imports import ImportBatch


class ImportMatchQuerySet(models.QuerySet["ImportMatch"]):
    """Queries of proposals."""

    def for_user(self, user: object) -> "ImportMatchQuerySet":
        """Proposals of the batches the user may see."""
        return self.filter(batch__in=ImportBatch.objects.for_user(user))


class ImportMatch(models.Model):
    """A row without a code that may be a row of the register: the candidates, and what a person decided."""

    class Decision(models.TextChoices):
        OPEN = "", _("to decide")
        SAME = "same", _("it is the same")
        NEW = "new", _("it is new")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="matches", verbose_name=_("batch"))
    number = models.PositiveIntegerField(_("row"))
    label = models.CharField(_("name"), max_length=200)
    values = models.JSONField(_("content of the row"), default=dict)
    candidates = models.JSONField(_("candidates"), default=list)
    points = models.PositiveSmallIntegerField(_("points"))
    is_clear = models.BooleanField(_("one candidate stands out"), default=False)
    decision = models.CharField(
        _("decision"), max_length=4, choices=Decision, blank=True, default=Decision.OPEN
    )
    target = models.CharField(_("row of the register"), max_length=40, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = ImportMatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed match")
        verbose_name_plural = _("proposed matches")
        ordering = ["-points", "number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="importmatch_once_a_row"),
            models.CheckConstraint(
                name="importmatch_same_names_its_row",
                condition=models.Q(decision="same") & ~models.Q(target="")
                | ~models.Q(decision="same") & models.Q(target=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"
