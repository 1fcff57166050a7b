"""Posts of persons at enterprises, and graduates (大学生)."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise, ServiceProject
from redprop.areas.models import DatedQuerySet, DatedRow, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class SchoolClass(models.TextChoices):
    """What kind of school a degree is from (院校类别)."""

    FIRST_CLASS = "first_class", _("double first-class university")
    UNIVERSITY = "university", _("other university")
    COLLEGE = "college", _("vocational college")
    ABROAD = "abroad", _("school abroad")


class PostQuerySet(DatedQuerySet):
    """Queries of posts."""

    def for_user(self, user: object) -> "PostQuerySet":
        """Posts at the enterprises the user may see."""
        return self.filter(enterprise__in=Enterprise.objects.for_user(user))


@tracked()
class Post(Recorded, DatedRow):
    """A person's post at an enterprise from a day to a day. Nobody is at two enterprises on one day."""

    class Kind(models.TextChoices):
        PROJECT_MANAGER = "project_manager", _("project manager")
        MANAGEMENT = "management", _("management")
        STAFF = "staff", _("staff")

    class End(models.TextChoices):
        CHANGED = "changed", _("another post in the enterprise")
        MOVED = "moved", _("to another enterprise of the district")
        PAY = "pay", _("pay or prospects")
        PUBLIC = "public", _("civil service or public institution")
        COMMUNITY = "community", _("to community work")
        STUDY = "study", _("further study")
        FAMILY = "family", _("family or another city")
        CONTRACT = "contract", _("contract ended")
        DISMISSED = "dismissed", _("dismissed")
        OTHER = "other", _("other reasons")

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts", verbose_name=_("person"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="posts", verbose_name=_("enterprise")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("service project"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(_("post title"), max_length=50, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=12, choices=End, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        constraints = [
            in_order("post_in_order"),
            ExclusionConstraint(
                name="post_one_enterprise_a_day",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("enterprise", RangeOperators.NOT_EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_to"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_(
                    "This person is at another enterprise on some of these days. End that post first."
                ),
            ),
            no_overlap(
                "post_one_manager",
                "project",
                message=_("This project already has a manager on some of these days. End that post first."),
                condition=Q(kind="project_manager"),
            ),
            models.CheckConstraint(
                name="post_reason_of_an_end",
                condition=Q(end_reason="") | Q(valid_to__isnull=False),
                violation_error_message=_("A reason for the end needs the last day, too."),
            ),
        ]
        indexes = [
            models.Index(fields=["enterprise"], name="post_by_enterprise"),
            models.Index(fields=["person"], name="post_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.title or self.get_kind_display()}"


class GraduateQuerySet(models.QuerySet["Graduate"]):
    """Queries of graduates."""

    def for_user(self, user: object) -> "GraduateQuerySet":
        """Graduates of the district; for a contact those with a post at the own enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(person__district__in=scope.district_ids)
            | Q(person__in=Post.objects.for_user(user).values("person"))
        )


@tracked(exclude=["school"])
class Graduate(Recorded):
    """A university graduate in the trade: degree, year, and whether hired under the programme."""

    class Degree(models.TextChoices):
        COLLEGE = "college", _("college diploma")
        BACHELOR = "bachelor", _("bachelor")
        MASTER = "master", _("master")
        DOCTOR = "doctor", _("doctor")

    person = models.OneToOneField(Person, models.PROTECT, related_name="graduate", verbose_name=_("person"))
    degree = models.CharField(_("degree"), max_length=10, choices=Degree)
    school = models.CharField(_("school"), max_length=100, blank=True)
    school_class = models.CharField(_("class of school"), max_length=20, choices=SchoolClass, blank=True)
    graduated_on = models.DateField(_("graduated on"))
    is_programme_recruit = models.BooleanField(_("recruited under the programme"), default=False)
    recruited_on = models.DateField(_("recruited on"), null=True, blank=True)

    objects = GraduateQuerySet.as_manager()

    class Meta:
        verbose_name = _("graduate")
        verbose_name_plural = _("graduates")
        constraints = [
            models.CheckConstraint(
                name="graduate_recruit_dated",
                condition=Q(is_programme_recruit=False) | Q(recruited_on__isnull=False),
                violation_error_message=_("Enter the day of recruitment of a programme recruit."),
            ),
            models.CheckConstraint(
                name="graduate_degree_before_hire",
                condition=Q(recruited_on__isnull=True) | Q(recruited_on__gte=F("graduated_on")),
                violation_error_message=_(
                    "The degree is after the day of recruitment. Correct one of the two dates; time before the degree is an internship, and recruitment begins after it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.person)
