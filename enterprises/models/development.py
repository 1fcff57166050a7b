"""Party development (发展党员): dated stages of persons, and the least times between them as dated rules.

Dates and stage only, for the organisation department alone. With the setting PARTY_DEVELOPMENT off
nothing reads these tables.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.party import OfDistrict
from redprop.areas.models import DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class PartyStageQuerySet(DatedQuerySet):
    """Queries of stages of membership. Only the organisation department's role may read them."""

    def for_user(self, user: object) -> "PartyStageQuerySet":
        """Stages of the district, for the role that may see them; nothing for anybody else."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if not user.has_perm("enterprises.view_partystage"):  # type: ignore[attr-defined]
            return self.none()
        return self.filter(person__district__in=scope.district_ids)


@tracked(exclude=["stage", "person", "valid_from", "valid_to", "extension_months"])
class PartyStage(Recorded, DatedRow):
    """A person's stage on the way into the party, dated; visible to the organisation department alone."""

    class Stage(models.TextChoices):
        APPLICANT = "applicant", _("applicant")
        ACTIVIST = "activist", _("party activist")
        TARGET = "development_target", _("development target")
        PROBATIONARY = "probationary_member", _("probationary member")
        FULL = "full_member", _("full member")

    person = models.ForeignKey(Person, models.PROTECT, related_name="party_stages", verbose_name=_("person"))
    stage = models.CharField(_("stage"), max_length=20, choices=Stage)
    extension_months = models.PositiveSmallIntegerField(
        _("probation extended by months"),
        default=0,
        help_text=_("Only for probation: 6 to 12 months; 0 for none."),
    )

    objects = PartyStageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage of party membership")
        verbose_name_plural = _("stages of party membership")
        ordering = ["person", "valid_from"]
        constraints = [
            in_order("partystage_in_order"),
            models.CheckConstraint(
                name="partystage_extension",
                condition=Q(extension_months=0)
                | Q(stage="probationary_member", extension_months__gte=6, extension_months__lte=12),
                violation_error_message=_(
                    "Only a probation is extended, by 6 to 12 months. Enter 0 for none."
                ),
            ),
            no_overlap(
                "partystage_one_at_a_time",
                "person",
                message=_("This person is in another stage on some of these days. End that one first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.valid_from}"


@tracked()
class StageRule(Recorded, DatedRow):
    """How long the stage before must have lasted, from a day to a day; without any row the sample holds."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    stage = models.CharField(_("step to"), max_length=20, choices=PartyStage.Stage)
    least_months = models.PositiveSmallIntegerField(
        _("months in the stage before, at least"),
        default=0,
    )
    due_months = models.PositiveSmallIntegerField(
        _("due after months in the stage before"),
        null=True,
        blank=True,
        help_text=_("Empty: the step is never reminded of."),
    )
    remind_days = models.PositiveSmallIntegerField(_("reminder, days before"), default=30)
    least_age = models.PositiveSmallIntegerField(
        _("age in years, at least"),
        null=True,
        blank=True,
        help_text=_("Empty: the age is not looked at."),
    )
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("rule of party development")
        verbose_name_plural = _("rules of party development")
        ordering = ["valid_from", "stage"]
        constraints = [
            in_order("stagerule_in_order"),
            no_overlap(
                "stagerule_one_a_day",
                "district",
                "stage",
                message=_("Another rule of this step is in force on these days. End that one first."),
            ),
            models.CheckConstraint(
                name="stagerule_due_after_least",
                condition=Q(due_months__isnull=True) | Q(due_months__gte=models.F("least_months")),
                violation_error_message=_("A step cannot be due before it is allowed."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.least_months}"
