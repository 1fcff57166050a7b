"""Satisfaction surveys (居民满意度调查): rounds with their questions, the frame, who was drawn, letters printed.

The answers themselves are facts (`models/facts.py`). A drawn household is a number in a compound and no
person; neither names nor telephone numbers have a field here, and the list of the drawn is erased after
the round. What a household answered cannot be read from its row.
"""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from communities.models import Compound
from enterprises.models import ServiceProject
from evaluations.models.facts import OfProjectQuerySet
from evaluations.models.periods import EvaluationPeriod
from evaluations.models.querysets import OfDistrictQuerySet
from evaluations.models.releases import ListEntry
from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Job

HOUSEHOLD_NUMBER = r"^[0-9A-Za-z]+(?:[栋幢号楼座单元层室区期\-－—#第户(（)）][0-9A-Za-z]*)*$"
"""What a household is called: digits, letters and the words of an address inside a compound. No name fits in."""


@tracked()
class SurveyRound(Recorded):
    """One survey of a period. Everything that decides over the result is frozen when it opens."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("survey of the period")
        AGAIN = "again", _("second survey of an undetermined project")

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="survey_rounds", verbose_name=_("district")
    )
    period = models.ForeignKey(
        EvaluationPeriod, models.PROTECT, related_name="survey_rounds", verbose_name=_("evaluation period")
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.REGULAR)
    entry = models.OneToOneField(
        ListEntry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="second_survey",
        verbose_name=_("undetermined entry"),
    )
    number = models.PositiveSmallIntegerField(_("number within the period"))
    title = models.CharField(_("title"), max_length=80)
    asked_by = models.CharField(_("who asks"), max_length=80)
    purpose = models.CharField(_("what for"), max_length=300)
    opens_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    seed = models.PositiveIntegerField(
        _("seed number of the drawing"),
        help_text=_("The same number draws the same households from the same frame."),
    )
    min_valid = models.PositiveSmallIntegerField(
        _("least valid answers"), help_text=_("From the rubric of the period; a smaller project: everybody.")
    )
    margin = models.DecimalField(
        _("margin of error wanted (percentage points)"),
        max_digits=4,
        decimal_places=1,
        default=Decimal("15"),
        validators=[MinValueValidator(Decimal("1")), MaxValueValidator(Decimal("50"))],
    )
    expected_response = models.PositiveSmallIntegerField(
        _("answers expected of 100 households"),
        default=50,
        validators=[MinValueValidator(5), MaxValueValidator(100)],
    )
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.DRAFT)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("list of the drawn erased at"), null=True, blank=True)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("satisfaction survey")
        verbose_name_plural = _("satisfaction surveys")
        ordering = ["-period__ends_on", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "number"],
                name="surveyround_number_once",
                violation_error_message=_("This period already has a survey of this number."),
            ),
            models.CheckConstraint(
                name="surveyround_in_order",
                condition=Q(ends_on__gte=F("opens_on")),
                violation_error_message=_("The last day comes before the first. Correct one of the two."),
            ),
            models.CheckConstraint(
                name="surveyround_again_has_entry",
                condition=Q(kind="regular", entry__isnull=True) | Q(kind="again", entry__isnull=False),
                violation_error_message=_("A second survey belongs to an undetermined entry."),
            ),
            models.CheckConstraint(
                name="surveyround_opened_dated",
                condition=Q(state="draft", opened_at__isnull=True)
                | (~Q(state="draft") & Q(opened_at__isnull=False)),
                violation_error_message=_("An open survey needs the time of opening."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class SurveyQuestion(models.Model):
    """One question, about one dimension of the service. The one that `counts` gives the indicator's answer."""

    round = models.ForeignKey(
        SurveyRound, models.CASCADE, related_name="questions", verbose_name=_("satisfaction survey")
    )
    position = models.PositiveSmallIntegerField(_("place"))
    code = models.SlugField(_("dimension (code)"), max_length=20)
    text = models.CharField(_("question"), max_length=120)
    text_en = models.CharField(_("question in English"), max_length=160, blank=True)
    counts = models.BooleanField(_("counts for the score"), default=False)

    class Meta:
        verbose_name = _("question of a survey")
        verbose_name_plural = _("questions of surveys")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "code"],
                name="surveyquestion_once",
                violation_error_message=_("This dimension is already asked about."),
            ),
            models.UniqueConstraint(
                fields=["round"],
                condition=Q(counts=True),
                name="surveyquestion_one_counts",
                violation_error_message=_("One question alone counts for the score."),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class HouseholdQuerySet(models.QuerySet):
    """Queries of households by their compound."""

    def for_user(self, user: object) -> "HouseholdQuerySet":
        """Households of the user's district, or of a clerk's subdistrict; enterprises and communities see none."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if not (scope.district_ids or scope.subdistrict_ids):
            return self.none()
        return self.filter(compound__in=Compound.objects.in_areas_of(scope))


@tracked()
class HouseholdNumber(Recorded):
    """One household of a compound by its number, for drawing. A compound without any is drawn by serial number."""

    compound = models.ForeignKey(
        Compound, models.PROTECT, related_name="household_numbers", verbose_name=_("compound")
    )
    number = models.CharField(
        _("household number"),
        max_length=40,
        validators=[
            RegexValidator(
                HOUSEHOLD_NUMBER,
                _("Only the number, such as 3栋2单元501 or 3-2-501. No names, no telephone numbers."),
            )
        ],
    )

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("household number")
        verbose_name_plural = _("household numbers")
        ordering = ["compound__code", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "number"],
                name="householdnumber_once",
                violation_error_message=_("This household is already listed."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.number}"


ANSWERS_OF = """(
  SELECT jsonb_object_agg(c.channel, jsonb_build_array(c.n, c.yes)) FROM (
    SELECT a.channel, count(*) AS n, count(*) FILTER (WHERE a.is_satisfied) AS yes FROM evaluations_surveyanswer a
    WHERE a.round_id = evaluations_surveysample.round_id
      AND a.project_id = evaluations_surveysample.project_id AND a.is_valid GROUP BY a.channel) c)"""


class SurveySampleQuerySet(OfProjectQuerySet):
    """Queries of samples."""

    def with_answers(self) -> "SurveySampleQuerySet":
        """Each row with `by_channel`: valid answers and satisfied ones by channel."""
        return self.annotate(by_channel=RawSQL(ANSWERS_OF, [], output_field=models.JSONField(null=True)))


class SurveySample(models.Model):
    """What a survey drew in one project, and how it ended: counts only, kept after the list is erased."""

    round = models.ForeignKey(
        SurveyRound, models.PROTECT, related_name="samples", verbose_name=_("satisfaction survey")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="survey_samples", verbose_name=_("service project")
    )
    population = models.PositiveIntegerField(_("households"))
    needed = models.PositiveIntegerField(_("answers needed"))
    drawn = models.PositiveIntegerField(_("households drawn"))
    letters = models.PositiveIntegerField(_("letters printed"), default=0)
    refused = models.PositiveIntegerField(_("declined by phone"), default=0)
    unreached = models.PositiveIntegerField(_("not reached by phone"), default=0)

    objects = SurveySampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("sample of a survey")
        verbose_name_plural = _("samples of surveys")
        ordering = ["-round__period__ends_on", "-round__number", "project__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "project"],
                name="surveysample_once",
                violation_error_message=_("The households of this project are already drawn."),
            ),
            models.CheckConstraint(
                name="surveysample_within_frame",
                condition=Q(drawn__lte=F("population")) & Q(needed__lte=F("population")),
                violation_error_message=_("No more households can be drawn than there are."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} · {self.project}"


class SurveyHousehold(models.Model):
    """A drawn household while its round runs: its number, whether it has answered, how calls ended.

    No history and no time of answering: nothing here tells which answer is whose. `token_hash` is the
    keyed hash of the code in the last letter; a new letter makes the one before void.
    """

    class Outcome(models.TextChoices):
        NO_ANSWER = "no_answer", _("nobody answered")
        LATER = "later", _("asked to be called later")
        REFUSED = "refused", _("declined to take part")
        UNREACHABLE = "unreachable", _("no number, or nobody lives there")

    round = models.ForeignKey(
        SurveyRound, models.PROTECT, related_name="households", verbose_name=_("satisfaction survey")
    )
    project = models.ForeignKey(
        ServiceProject, models.PROTECT, related_name="+", verbose_name=_("service project")
    )
    compound = models.ForeignKey(Compound, models.PROTECT, related_name="+", verbose_name=_("compound"))
    number = models.CharField(_("household number"), max_length=40)
    place = models.PositiveIntegerField(_("place in the drawing"))
    token_hash = models.CharField(_("hash of the letter's code"), max_length=64, null=True, unique=True)
    letters = models.PositiveSmallIntegerField(_("letters printed"), default=0)
    answered = models.BooleanField(_("has answered"), default=False)
    calls = models.PositiveSmallIntegerField(_("calls"), default=0)
    outcome = models.CharField(_("last call"), max_length=11, choices=Outcome, blank=True)
    called_on = models.DateField(_("last called on"), null=True, blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("drawn household")
        verbose_name_plural = _("drawn households")
        ordering = ["round", "project", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "compound", "number"],
                name="surveyhousehold_once",
                violation_error_message=_("This household is already drawn."),
            )
        ]
        indexes = [models.Index(fields=["round", "project", "place"], name="surveyhousehold_to_call")]

    def __str__(self) -> str:
        return f"{self.compound} {self.number}"


@tracked()
class SurveyPrint(Recorded):
    """One making of letters: who had them made, how many, and the file until it is deleted."""

    round = models.ForeignKey(
        SurveyRound, models.PROTECT, related_name="prints", verbose_name=_("satisfaction survey")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service project"),
        help_text=_("empty: all projects"),
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    letters = models.PositiveIntegerField(_("letters"), default=0)
    file = models.CharField(_("file"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("kept until"), null=True)

    class Meta:
        verbose_name = _("printing of letters")
        verbose_name_plural = _("printings of letters")
        ordering = ["-pk"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.round} {self.letters}"
