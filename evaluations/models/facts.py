"""Facts entered for the evaluation itself: inspections with marks and photos, survey answers."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from communities.models import Compound
from enterprises.models import ServiceProject
from evaluations.models.inspection_plans import InspectionItemSet, InspectionTask, Scheme
from evaluations.models.periods import EvaluationPeriod
from redprop.accounts.models import User
from redprop.areas.models import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Attachment


class OfProjectQuerySet(models.QuerySet):
    """Queries of facts about a service project."""

    def for_user(self, user: object) -> "OfProjectQuerySet":
        """Facts about the projects the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(project__in=ServiceProject.objects.for_user(user))


class InspectionQuerySet(OfProjectQuerySet):
    """Queries of inspections."""

    def for_user(self, user: object) -> "InspectionQuerySet":
        """Inspections of the projects the user may see, without those that the user has yet to mark independently."""
        scope = scope_of(user)
        found = super().for_user(user)
        if scope.everything or not scope.user_id:
            return found
        waiting = InspectionTask.objects.filter(
            inspector=scope.user_id,
            inspection__isnull=True,
            dropped_reason="",
            plan=OuterRef("task__plan"),
            compound=OuterRef("task__compound"),
        )
        return found.exclude(Exists(waiting))

    def counting(self) -> "InspectionQuerySet":
        """Marked inspections that score: first markings."""
        return self.filter(state=Inspection.State.MARKED, is_second=False)


@tracked()
class Inspection(Recorded):
    """An on-site inspection of a compound, counted for the project that served it that day."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        MARKED = "marked", _("marked")

    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="inspections", verbose_name=_("service project")
    )
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="inspections", verbose_name=_("compound")
    )
    inspected_on = models.DateField(_("inspected on"))
    inspector = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("inspector")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MARKED)
    task = models.OneToOneField(
        InspectionTask,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="inspection",
        verbose_name=_("inspection task"),
    )
    is_second = models.BooleanField(
        _("second marking"),
        default=False,
        db_default=False,
        help_text=_("Compared with the first, never counted in a score."),
    )
    on_site_set = models.ForeignKey(
        InspectionItemSet,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("items of the on-site inspection"),
    )
    guarantee_set = models.ForeignKey(
        InspectionItemSet,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("items of the eight guarantees"),
    )
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    client_key = models.UUIDField(_("key of the device"), null=True, blank=True, editable=False, unique=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        ordering = ["-inspected_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "inspected_on", "inspector"],
                name="inspection_once_a_day",
                violation_error_message=_(
                    "This inspector's inspection of this compound on this day is already recorded. Add the marks there."
                ),
            )
        ]
        indexes = [models.Index(fields=["inspected_on"], name="inspection_by_day")]

    def __str__(self) -> str:
        return f"{self.compound} {self.inspected_on}"


@tracked()
class InspectionMark(models.Model):
    """One item of an inspection: marks given out of full marks. Mended until the period closes, with its history."""

    Scheme = Scheme

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="marks", verbose_name=_("inspection")
    )
    scheme = models.CharField(_("scheme"), max_length=12, choices=Scheme)
    item = models.CharField(_("item"), max_length=30)
    mark = models.DecimalField(_("mark"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0)])
    full_mark = models.DecimalField(_("full marks"), max_digits=6, decimal_places=2)
    finding = models.CharField(_("finding"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("mark of an inspection")
        verbose_name_plural = _("marks of inspections")
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "scheme", "item"],
                name="inspectionmark_once",
                violation_error_message=_("This item is already marked in this inspection."),
            ),
            models.CheckConstraint(
                name="inspectionmark_within_scale",
                condition=Q(mark__gte=0) & Q(mark__lte=F("full_mark")),
                violation_error_message=_("The mark must be between zero and full marks."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.mark}/{self.full_mark}"


class InspectionPhoto(models.Model):
    """A photo taken at one item of an inspection."""

    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="photos", verbose_name=_("inspection")
    )
    scheme = models.CharField(_("scheme"), max_length=12, choices=Scheme)
    item = models.CharField(_("item"), max_length=30)
    attachment = models.OneToOneField(Attachment, models.PROTECT, related_name="+", verbose_name=_("photo"))

    class Meta:
        verbose_name = _("photo of an inspection")
        verbose_name_plural = _("photos of inspections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item} {self.attachment}"


@tracked()
class SurveyAnswer(Recorded):
    """One household's answer to the satisfaction survey. The household itself is not recorded.

    An answer is never changed or deleted (a trigger sees to it): only its validity may change, which history
    keeps, and an import of answers from paper may be undone. `pooled_with` names the closed period that an
    answer of a second survey counts for; all others count by their day.
    """

    class Channel(models.TextChoices):
        LINK = "link", _("one-time link")
        LETTER = "letter", _("QR letter")
        PHONE = "phone", _("phone")
        VISIT = "visit", _("home visit")
        PAPER = "paper", _("paper")

    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="survey_answers", verbose_name=_("service project")
    )
    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="survey_answers", verbose_name=_("compound")
    )
    answered_on = models.DateField(_("answered on"))
    score = models.PositiveSmallIntegerField(_("score (1 to 5)"))
    is_satisfied = models.BooleanField(_("satisfied (4 or 5)"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    token_digest = models.CharField(_("digest of the household's token"), max_length=64)
    is_valid = models.BooleanField(_("valid"), default=True)
    round = models.ForeignKey(
        "evaluations.SurveyRound",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
        db_index=False,
        verbose_name=_("satisfaction survey"),
    )
    marks = models.JSONField(_("marks by dimension"), default=dict, db_default={}, blank=True)
    pooled_with = models.ForeignKey(
        EvaluationPeriod,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("second survey of"),
    )
    entered_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("entered by"),
    )

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        constraints = [
            models.UniqueConstraint(
                fields=["token_digest"],
                name="surveyanswer_household_once",
                violation_error_message=_("This household has already answered."),
            ),
            models.CheckConstraint(
                name="surveyanswer_scale",
                condition=Q(score__gte=1) & Q(score__lte=5),
                violation_error_message=_("The score is a whole number from 1 to 5."),
            ),
            models.CheckConstraint(
                name="surveyanswer_satisfied_from_score",
                condition=Q(is_satisfied=True, score__gte=4) | Q(is_satisfied=False, score__lte=3),
                violation_error_message=_("Satisfied means a score of 4 or 5."),
            ),
        ]
        indexes = [
            models.Index(fields=["answered_on"], name="surveyanswer_by_day"),
            # the figures of a round's samples
            models.Index(
                fields=["round", "project"], name="surveyanswer_of_round", condition=Q(round__isnull=False)
            ),
            # the few answers of second surveys, which closing and correcting read
            models.Index(
                fields=["pooled_with"], name="surveyanswer_pooled", condition=Q(pooled_with__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.answered_on}"
