"""Volunteer teams and their activities, as counts; and free help for households in need, kept apart.

Help for a household is seen by its community alone: what tells the household apart is encrypted,
and the row is erased on its date. It has no page in the admin, no register and no file.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.visits import OfCommunityQuerySet
from enterprises.models import ServiceProject
from redprop.areas.models import Community, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class HelpKind(models.TextChoices):
    """What volunteers do."""

    CLEANING = "cleaning", _("cleaning up")
    REPAIR = "repair", _("small repairs")
    CARE = "care", _("company and errands")
    MEALS = "meals", _("meals brought")
    TEACHING = "teaching", _("teaching and culture")
    PATROL = "patrol", _("patrol and fire safety")
    OTHER = "other", _("other")


class VolunteerTeamQuerySet(OfCommunityQuerySet):
    """Queries of teams."""

    def active(self) -> "VolunteerTeamQuerySet":
        """Teams that were not disbanded."""
        return self.filter(disbanded_on=None)


@tracked()
class VolunteerTeam(Recorded):
    """A team of volunteers; its members are a number."""

    class Kind(models.TextChoices):
        PARTY = "party", _("party members")
        RESIDENTS = "residents", _("people living here")
        PROPERTY = "property", _("property firm")
        YOUTH = "youth", _("students and youth")
        UNIT = "unit", _("unit in the area")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="volunteer_teams", verbose_name=_("community")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="volunteer_teams",
        verbose_name=_("compound"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="volunteer_teams",
        verbose_name=_("service project"),
    )
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    members = models.PositiveSmallIntegerField(_("members"))
    founded_on = models.DateField(_("founded on"))
    disbanded_on = models.DateField(_("disbanded on"), null=True, blank=True)

    objects = VolunteerTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("volunteer team")
        verbose_name_plural = _("volunteer teams")
        ordering = ["community", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name"],
                condition=Q(disbanded_on=None),
                name="volunteerteam_name_once",
                violation_error_message=_("This community already has a team of this name."),
            ),
            models.CheckConstraint(name="volunteerteam_some_member", condition=Q(members__gte=1)),
            models.CheckConstraint(
                name="volunteerteam_in_order",
                condition=Q(disbanded_on=None) | Q(disbanded_on__gte=F("founded_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VolunteerActivityQuerySet(OfCommunityQuerySet):
    """Queries of activities."""

    def valid(self) -> "VolunteerActivityQuerySet":
        """Activities that were not withdrawn."""
        return self.filter(withdrawn_reason="")


@tracked()
class VolunteerActivity(Recorded):
    """What a team did on a day: how many took part, for how many hours together. Recorded by the community."""

    team = models.ForeignKey(
        VolunteerTeam, models.PROTECT, related_name="activities", verbose_name=_("volunteer team")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="volunteer_activities", verbose_name=_("community")
    )
    compound = models.ForeignKey(
        Compound,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="volunteer_activities",
        verbose_name=_("compound"),
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="volunteer_activities",
        verbose_name=_("service project"),
    )
    held_on = models.DateField(_("held on"))
    kind = models.CharField(_("kind"), max_length=8, choices=HelpKind)
    title = models.CharField(_("title"), max_length=80)
    participants = models.PositiveSmallIntegerField(_("participants"))
    hours = models.DecimalField(_("hours of all together"), max_digits=6, decimal_places=1)
    firm_hours = models.DecimalField(
        _("of these by the property firm's staff"), max_digits=6, decimal_places=1, default=0
    )
    is_free_help = models.BooleanField(_("free help for households in need"), default=False)
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=200, blank=True)

    objects = VolunteerActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("volunteer activity")
        verbose_name_plural = _("volunteer activities")
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "held_on", "title"],
                condition=Q(withdrawn_reason=""),
                name="volunteeractivity_once",
                violation_error_message=_("This activity of the team is already recorded for that day."),
            ),
            models.CheckConstraint(
                name="volunteeractivity_hours",
                condition=Q(participants__gte=1)
                & Q(hours__gt=0)
                & Q(firm_hours__gte=0)
                & Q(firm_hours__lte=F("hours")),
                violation_error_message=_("The firm's hours are part of the hours of all together."),
            ),
            models.CheckConstraint(
                name="volunteeractivity_firm_has_project",
                condition=Q(firm_hours=0) | Q(project__isnull=False),
                violation_error_message=_("Hours of a property firm need its service project."),
            ),
        ]
        indexes = [
            models.Index(fields=["community", "held_on"], name="volunteeract_by_community"),
            # The indicator reads the period's activities of projects.
            models.Index(fields=["held_on", "project"], name="volunteeract_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.held_on} {self.title}"


class HouseholdHelpQuerySet(models.QuerySet["HouseholdHelp"]):
    """Queries of help."""

    def for_user(self, user: object) -> "HouseholdHelpQuerySet":
        """Help in the user's own community: nobody above it sees any, not even who else sees everything."""
        return self.filter(community__in=scope_of(user).community_ids)


@tracked(exclude=["sign_cipher", "service", "consent_on"])
class HouseholdHelp(Recorded):
    """Free help for a household that agreed to it. Erased on its date, and at once when the consent ends."""

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="household_help", verbose_name=_("community")
    )
    sign_cipher = models.TextField(_("sign of the household (encrypted)"), editable=False)
    service = models.CharField(_("help"), max_length=8, choices=HelpKind)
    consent_on = models.DateField(_("consent given on"))
    erase_on = models.DateField(_("erased on"))

    objects = HouseholdHelpQuerySet.as_manager()

    class Meta:
        verbose_name = _("help for a household")
        verbose_name_plural = _("help for households")
        ordering = ["erase_on", "pk"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="householdhelp_erased_in_time",
                condition=Q(erase_on__gt=F("consent_on")),
                violation_error_message=_("The day of erasure is after the day of consent."),
            )
        ]
        indexes = [models.Index(fields=["erase_on"], name="householdhelp_due")]

    def __str__(self) -> str:
        return f"#{self.pk}"


class HelpGivenQuerySet(models.QuerySet["HelpGiven"]):
    """Queries of times."""

    def for_user(self, user: object) -> "HelpGivenQuerySet":
        """Times of help in the user's own community."""
        return self.filter(help__in=HouseholdHelp.objects.for_user(user))


class HelpGiven(Recorded):
    """One time that help was given; goes with the row of the household."""

    help = models.ForeignKey(
        HouseholdHelp, models.CASCADE, related_name="given", verbose_name=_("help for a household")
    )
    given_on = models.DateField(_("given on"))
    team = models.ForeignKey(
        VolunteerTeam,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="help_given",
        verbose_name=_("volunteer team"),
    )

    objects = HelpGivenQuerySet.as_manager()

    class Meta:
        verbose_name = _("time of help")
        verbose_name_plural = _("times of help")
        ordering = ["-given_on", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.given_on)
