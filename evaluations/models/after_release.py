"""What follows a published entry: the enterprise's reply beside it.

These rows stand beside the frozen release; they never change what was published.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.releases import ListEntry
from redprop.areas.models import Recorded
from redprop.common.history import tracked


class OfEntryQuerySet(models.QuerySet):
    """Queries of rows that belong to a list entry."""

    def for_user(self, user: object) -> "OfEntryQuerySet":
        """Rows of the entries the user may see."""
        return self.filter(entry__in=ListEntry.objects.for_user(user))


@tracked()
class EntryReply(Recorded):
    """The enterprise's own words beside its published entry (right of reply). One stands, older ones are kept."""

    entry = models.ForeignKey(ListEntry, models.PROTECT, related_name="replies", verbose_name=_("list entry"))
    text = models.TextField(_("reply"))
    replaced_at = models.DateTimeField(_("replaced or taken back at"), null=True, blank=True)

    objects = OfEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply of an enterprise")
        verbose_name_plural = _("replies of enterprises")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(replaced_at__isnull=True),
                name="entryreply_one_stands",
                violation_error_message=_("This entry already has a reply. Replace it."),
            ),
            models.CheckConstraint(
                name="entryreply_has_text",
                condition=~Q(text=""),
                violation_error_message=_("Write the reply."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.text[:20]}"
