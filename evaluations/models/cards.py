"""What a closing computes: values, cards and lines. Written once by a run, never changed (triggers refuse).

Values and lines carry no foreign keys: checking them at commit was a third of the time of a closing.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models.periods import EvaluationPeriod
from evaluations.models.querysets import OfPeriodQuerySet, ResultQuerySet
from redprop.accounts.models import User
from redprop.areas.models import Recorded


class ClosingRun(Recorded):
    """One computation of a period, cut into chunks that workers claim. The row is the truth, not the broker."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="runs", verbose_name=_("evaluation period")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    started_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    projects = models.PositiveIntegerField(_("projects"), default=0)
    message = models.TextField(_("message"), blank=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("corrects the run")
    )
    preceding_of_enterprises = models.JSONField(
        _("preceding results of the enterprises"), null=True, editable=False
    )
    cut_offs = models.JSONField(_("published cut-offs"), null=True, editable=False)

    objects = OfPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("closing run")
        verbose_name_plural = _("closing runs")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period"],
                condition=models.Q(state="running"),
                name="closingrun_one_running",
                violation_error_message=_("This period is being closed already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} #{self.pk}"


class ClosingChunk(models.Model):
    """A part of a run: the values of one item, the cards of a range of projects, or the lists."""

    class Stage(models.IntegerChoices):
        SUBJECTS = 1, _("projects found")
        VALUES = 2, _("values")
        CARDS = 3, _("cards")
        LISTS = 4, _("lists")

    run = models.ForeignKey(ClosingRun, models.CASCADE, related_name="chunks", verbose_name=_("closing run"))
    stage = models.PositiveSmallIntegerField(_("stage"), choices=Stage)
    number = models.PositiveIntegerField(_("number"))
    item = models.CharField(_("item"), max_length=30, blank=True)
    first_project = models.BigIntegerField(_("from project"), default=0)
    last_project = models.BigIntegerField(_("to project"), default=0)
    is_done = models.BooleanField(_("done"), default=False)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    worker = models.CharField(_("worker"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("part of a closing run")
        verbose_name_plural = _("parts of closing runs")
        ordering = ["run", "stage", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "stage", "number"], name="closingchunk_once"),
        ]
        indexes = [
            # read by every worker looking for its next part
            models.Index(
                fields=["run", "stage", "number"], condition=models.Q(is_done=False), name="closingchunk_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.stage}/{self.number}"


class Subject(models.Model):
    """A project as a run found it: service, weights, vetoes, the preceding quarter. Append-only."""

    run = models.ForeignKey(
        ClosingRun, models.PROTECT, related_name="subjects", verbose_name=_("closing run")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="+", verbose_name=_("service project")
    )
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("enterprise"))
    group = models.CharField(_("rank group"), max_length=15, blank=True)
    days = models.PositiveSmallIntegerField(_("days of service"))
    last_day = models.DateField(_("last day of service in the period"))
    compounds = models.PositiveIntegerField(_("compounds"))
    households = models.PositiveIntegerField(_("households"))
    floor_area = models.DecimalField(_("floor area (m²)"), max_digits=14, decimal_places=2)
    vetoes = ArrayField(models.CharField(max_length=10), verbose_name=_("vetoes"), default=list)
    preceding_colour = models.CharField(_("colour in the preceding period"), max_length=12, blank=True)
    preceding_tail = models.BooleanField(_("among the last in the preceding period"), default=False)
    quarter_totals = models.JSONField(_("final totals of the quarters"), default=dict)
    resurveyed = models.BooleanField(_("surveyed again"), default=False, db_default=False)

    class Meta:
        verbose_name = _("assessed project")
        verbose_name_plural = _("assessed projects")
        constraints = [
            models.UniqueConstraint(fields=["run", "project"], name="subject_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.project_id}"


class IndicatorValue(models.Model):
    """What an indicator found for one project: numerator over denominator, from n facts. Append-only."""

    pk = models.CompositePrimaryKey("run_id", "project_id", "item")
    run_id = models.BigIntegerField(_("closing run"))
    project_id = models.BigIntegerField(_("service project"))
    item = models.CharField(_("item"), max_length=30)
    numerator = models.DecimalField(_("numerator"), max_digits=16, decimal_places=4, null=True)
    denominator = models.DecimalField(_("denominator"), max_digits=16, decimal_places=4, null=True)
    n = models.IntegerField(_("facts"), null=True)

    class Meta:
        verbose_name = _("indicator value")
        verbose_name_plural = _("indicator values")

    def __str__(self) -> str:
        return f"{self.item} {self.numerator}/{self.denominator}"


class Scorecard(models.Model):
    """The total of one project in one run. Rank and colour stand on its ListEntry. Append-only."""

    run = models.ForeignKey(ClosingRun, models.PROTECT, related_name="cards", verbose_name=_("closing run"))
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="scorecards", verbose_name=_("service project")
    )
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="+", verbose_name=_("enterprise"))
    total = models.DecimalField(_("total (points)"), max_digits=10, decimal_places=4, null=True)
    band = models.CharField(_("band"), max_length=10, blank=True)
    satisfaction_valid = models.BooleanField(_("enough valid answers"), default=False)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        constraints = [
            models.UniqueConstraint(fields=["run", "project"], name="scorecard_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {'–' if self.total is None else format(self.total, '.2f')}"


class ScoreLine(models.Model):
    """One item of a scorecard: its points, or why it has none. Append-only."""

    class Status(models.TextChoices):
        SCORED = "scored", _("scored")
        MISSING = "missing", _("not applicable")
        TOO_FEW = "too_few", _("too few answers: no score")

    pk = models.CompositePrimaryKey("run_id", "project_id", "item")
    run_id = models.BigIntegerField(_("closing run"))
    project_id = models.BigIntegerField(_("service project"))
    item = models.CharField(_("item"), max_length=30)
    points = models.DecimalField(_("points"), max_digits=10, decimal_places=4, null=True)
    status = models.CharField(_("status"), max_length=8, choices=Status)

    class Meta:
        verbose_name = _("line of a scorecard")
        verbose_name_plural = _("lines of scorecards")

    def __str__(self) -> str:
        return f"{self.item} {self.points}"
