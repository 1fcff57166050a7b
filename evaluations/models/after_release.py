"""What follows a published entry: the enterprise's reply beside it, follow-ups of a second black, rectification.

These rows stand beside the frozen release; they never change what was published.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.models.facts import Inspection
from evaluations.models.releases import ListEntry
from redprop.accounts.models import User
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.core.models import Attachment


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


@tracked()
class FollowUp(Recorded):
    """What a second black in a row for one project opens: a dated task, done with its evidence (S5)."""

    class Kind(models.TextChoices):
        INTERVIEW = "regulatory_interview", _("regulatory interview")
        MANAGER = "manager_change", _("change of the project manager")
        ADVICE = "advice_to_owners", _("advice to the owners")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        VOID = "void", _("void: the entry was withdrawn")

    entry = models.ForeignKey(
        ListEntry, models.PROTECT, related_name="follow_ups", verbose_name=_("list entry")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    opened_on = models.DateField(_("opened on"))
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=5, choices=State, default=State.OPEN)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )

    objects = OfEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up of a second black")
        verbose_name_plural = _("follow-ups of a second black")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "kind"],
                name="followup_once",
                violation_error_message=_("This follow-up of the entry is already open."),
            ),
            models.CheckConstraint(
                name="followup_done_with_evidence",
                condition=~Q(state="done")
                | (Q(done_on__isnull=False, done_by__isnull=False) & ~Q(evidence="")),
                violation_error_message=_("A follow-up is done with its day, its evidence and who did it."),
            ),
        ]
        indexes = [
            # read by the home page of every clerk
            models.Index(fields=["due_on"], condition=Q(state="open"), name="followup_open")
        ]

    def __str__(self) -> str:
        return f"{self.entry.project}：{self.get_kind_display()}"


@tracked()
class Rectification(Recorded):
    """A fault that the enterprise reports as put right: re-inspected, then the entry is repaired (信用修复)."""

    class State(models.TextChoices):
        REPORTED = "reported", _("reported, waits for the re-inspection")
        PASSED = "passed", _("re-inspected: put right")
        FAILED = "failed", _("re-inspected: not put right")

    entry = models.ForeignKey(
        ListEntry, models.PROTECT, related_name="rectifications", verbose_name=_("list entry")
    )
    text = models.TextField(_("what was put right, and what shows it"))
    evidence = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("evidence")
    )
    reported_on = models.DateField(_("reported on"))
    due_on = models.DateField(_("re-inspection by"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.REPORTED)
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("re-inspection")
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    result = models.TextField(_("result and reasons"), blank=True)
    repaired_on = models.DateField(_("entry repaired on"), null=True, blank=True)

    objects = OfEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("rectification")
        verbose_name_plural = _("rectifications")
        ordering = ["-reported_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state__in=["reported", "passed"]),
                name="rectification_one_open",
                violation_error_message=_("A rectification of this entry is already reported."),
            ),
            models.CheckConstraint(
                name="rectification_decided_complete",
                condition=Q(state="reported")
                | (Q(decided_by__isnull=False, decided_on__isnull=False) & ~Q(result="")),
                violation_error_message=_("A decision needs the decider, the day and written reasons."),
            ),
            models.CheckConstraint(
                name="rectification_passed_with_inspection",
                condition=~Q(state="passed") | Q(inspection__isnull=False),
                violation_error_message=_("Nothing is repaired without a re-inspection."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.reported_on}"
