"""Lead-goose secretaries (头雁工程): community secretaries as dated posts, training, yearly rating, awards.

Secretaries of party organisations have their dated posts in `PartyPost`. What is recorded here is about
the post, never about the person's life.
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from enterprises.models.apartments import OfPerson
from enterprises.models.party import OfDistrict
from redprop.areas.models import Community, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.core.models import Person


@tracked()
class CommunitySecretary(Recorded, DatedRow):
    """Who is party secretary of a community, from when until when."""

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="community_secretaryships", verbose_name=_("person")
    )
    community = models.ForeignKey(Community, models.PROTECT, related_name="+", verbose_name=_("community"))

    objects = OfPerson.as_manager()

    class Meta:
        verbose_name = _("community secretary")
        verbose_name_plural = _("community secretaries")
        ordering = ["community", "valid_from"]
        constraints = [
            in_order("communitysecretary_in_order"),
            no_overlap(
                "communitysecretary_one_a_day",
                "community",
                message=_(
                    "This community already has a secretary on some of these days. End that post first."
                ),
            ),
        ]
        indexes = [models.Index(fields=["person"], name="communitysecretary_by_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.community}"


class OfCourse(models.QuerySet["TrainingAttendance"]):
    """Queries of attendance."""

    def for_user(self, user: object) -> "OfCourse":
        """Attendance at the courses the user may see."""
        return self.filter(course__in=TrainingCourse.objects.for_user(user))


@tracked()
class TrainingCourse(Recorded):
    """A course for secretaries: what, when, how many hours."""

    class Kind(models.TextChoices):
        ROTATION = "rotation", _("rotation training")
        WORKSHOP = "workshop", _("workshop")
        VISIT = "visit", _("study visit")
        ONLINE = "online", _("online course")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    title = models.CharField(_("title"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    held_from = models.DateField(_("first day"))
    held_to = models.DateField(_("last day"))
    hours = models.DecimalField(_("hours of training"), max_digits=5, decimal_places=1)
    organiser = models.CharField(_("organiser"), max_length=100, blank=True)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("course for secretaries")
        verbose_name_plural = _("courses for secretaries")
        ordering = ["-held_from", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="trainingcourse_code_once",
                violation_error_message=_("This code is already given to another course."),
            ),
            models.CheckConstraint(
                name="trainingcourse_days",
                condition=Q(held_to__gte=F("held_from"), hours__gt=0),
                violation_error_message=_(
                    "A course ends on or after its first day and has more than zero hours."
                ),
            ),
            models.CheckConstraint(
                name="trainingcourse_one_year",
                condition=Q(held_to__year=ExtractYear("held_from")),
                violation_error_message=_(
                    "Hours count in one year: enter a course over New Year as two courses."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class TrainingAttendance(Recorded):
    """Somebody was at a course, for so many hours."""

    course = models.ForeignKey(
        TrainingCourse, models.PROTECT, related_name="attendance", verbose_name=_("course")
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="training", verbose_name=_("person"))
    hours = models.DecimalField(_("hours attended"), max_digits=5, decimal_places=1)

    objects = OfCourse.as_manager()

    class Meta:
        verbose_name = _("attendance at a course")
        verbose_name_plural = _("attendance at courses")
        ordering = ["course", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "person"],
                name="trainingattendance_once",
                violation_error_message=_("This person is already on the list of this course."),
            ),
            models.CheckConstraint(
                name="trainingattendance_hours",
                condition=Q(hours__gt=0),
                violation_error_message=_("Enter more than zero hours; leave out who was not there."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.hours}"


@tracked()
class SecretaryRating(Recorded):
    """What the yearly review found of a secretary's work (述职评议), with its grounds."""

    class Grade(models.TextChoices):
        GOOD = "good", _("good")
        FAIR = "fair", _("fairly good")
        ORDINARY = "ordinary", _("ordinary")
        POOR = "poor", _("poor")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="secretary_ratings", verbose_name=_("person")
    )
    year = models.PositiveSmallIntegerField(_("year rated"))
    grade = models.CharField(_("grade"), max_length=10, choices=Grade)
    rated_on = models.DateField(_("rated on"))
    grounds = models.CharField(
        _("grounds"),
        max_length=300,
        help_text=_("What the work of the year showed; nothing about private life or health."),
    )
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = OfPerson.as_manager()

    class Meta:
        verbose_name = _("rating of a secretary")
        verbose_name_plural = _("ratings of secretaries")
        ordering = ["-year", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "year"],
                name="secretaryrating_once_a_year",
                violation_error_message=_("This year is already rated. Change that rating, with the reason."),
            ),
            models.CheckConstraint(
                name="secretaryrating_with_grounds",
                condition=~Q(grounds=""),
                violation_error_message=_("Enter the grounds of the rating."),
            ),
            models.CheckConstraint(
                name="secretaryrating_dated",
                condition=Q(rated_on__year__gte=F("year")),
                violation_error_message=_("A year is rated in its course or afterwards. Correct the day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.year}"


@tracked()
class SecretaryAward(Recorded):
    """An award to a secretary for the work in the post."""

    class Level(models.TextChoices):
        SUBDISTRICT = "subdistrict", _("subdistrict")
        DISTRICT = "district", _("district")
        CITY = "city", _("city")
        PROVINCE = "province", _("province or above")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="secretary_awards", verbose_name=_("person")
    )
    title = models.CharField(_("title"), max_length=100)
    level = models.CharField(_("level"), max_length=12, choices=Level)
    awarded_on = models.DateField(_("awarded on"))
    grounds = models.CharField(_("grounds"), max_length=300)
    document = models.CharField(_("document number"), max_length=100, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)

    objects = OfPerson.as_manager()

    class Meta:
        verbose_name = _("award to a secretary")
        verbose_name_plural = _("awards to secretaries")
        ordering = ["-awarded_on", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "title", "awarded_on"],
                name="secretaryaward_once",
                violation_error_message=_("This award is already recorded."),
            ),
            models.CheckConstraint(
                name="secretaryaward_with_grounds",
                condition=~Q(grounds=""),
                violation_error_message=_("Enter the grounds of the award."),
            ),
            models.CheckConstraint(
                name="secretaryaward_in_order",
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("awarded_on")),
                violation_error_message=_(
                    "An award is withdrawn after it was given. Correct one of the days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.title}"
