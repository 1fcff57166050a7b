"""Background work as the user sees it: state and progress. The row, not the broker, is the truth."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.areas.models import District, Recorded
from redprop.common.scope import scope_of


class JobQuerySet(models.QuerySet["Job"]):
    """Queries of jobs."""

    def for_user(self, user: object) -> "JobQuerySet":
        """Jobs of the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(district__in=scope.district_ids | scope.administered_ids)


class Job(Recorded):
    """One piece of background work with its progress."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    kind = models.CharField(_("kind"), max_length=60)
    arguments = models.JSONField(_("arguments"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    step = models.CharField(_("step"), max_length=20, blank=True)
    step_started_at = models.DateTimeField(_("step started at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    message = models.TextField(_("message"), blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    OPEN = (State.QUEUED, State.RUNNING)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]
        indexes = [
            # the sweeper's question every few seconds
            models.Index(
                fields=["state"], name="job_open", condition=models.Q(state__in=["queued", "running"])
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether the work is still to be done."""
        return self.state in self.OPEN

    def __str__(self) -> str:
        return f"{self.kind} {self.get_state_display()}"
