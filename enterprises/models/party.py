"""Party organisations of enterprises: form, coverage, posts, cross-appointments."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise, ServiceProject
from redprop.areas.models import (
    Community,
    DatedQuerySet,
    DatedRow,
    District,
    Recorded,
    in_order,
    no_overlap,
)
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class OfDistrict(DatedQuerySet):
    """Dated rows that a district keeps for all of it."""

    def for_user(self, user: object) -> "OfDistrict":
        """Rows of the districts the user works in."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


class PartyOrganisationQuerySet(models.QuerySet["PartyOrganisation"]):
    """Queries of party organisations."""

    def for_user(self, user: object) -> "PartyOrganisationQuerySet":
        """All of the district; for others those of the projects and enterprises they may see."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        covered = PartyCoverage.objects.filter(
            Q(project__in=ServiceProject.objects.for_user(user))
            | Q(project=None, enterprise__in=Enterprise.objects.for_user(user))
        )
        return self.filter(Q(district__in=scope.district_ids) | Q(pk__in=covered.values("organisation")))


@tracked()
class PartyOrganisation(Recorded):
    """A party organisation (党组织) among property enterprises, with its form and member counts."""

    class Kind(models.TextChoices):
        COMMITTEE = "committee", _("party committee")
        GENERAL_BRANCH = "general_branch", _("general party branch")
        BRANCH = "branch", _("party branch")
        JOINT_BRANCH = "joint_branch", _("joint party branch")

    class Form(models.TextChoices):
        SINGLE = "single", _("single establishment")
        JOINT = "joint", _("joint establishment")
        ADVISER = "adviser", _("party-building adviser")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    pinyin = models.CharField(_("pinyin"), max_length=300, blank=True, editable=False)
    kind = models.CharField(_("type"), max_length=20, choices=Kind, blank=True)
    form = models.CharField(_("form of establishment"), max_length=10, choices=Form)
    founded_on = models.DateField(_("founded on"))
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)

    objects = PartyOrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("party organisation")
        verbose_name_plural = _("party organisations")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="partyorganisation_code_once",
                violation_error_message=_("This code is already given to another party organisation."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class PartyCoverageQuerySet(DatedQuerySet):
    """Queries of coverage."""

    def for_user(self, user: object) -> "PartyCoverageQuerySet":
        """Coverage by the organisations the user may see."""
        return self.filter(organisation__in=PartyOrganisation.objects.for_user(user))


@tracked()
class PartyCoverage(Recorded, DatedRow):
    """A party organisation covers an enterprise itself (no project) or one of its projects, from a day to a day."""

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="coverage", verbose_name=_("party organisation")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="party_coverage", verbose_name=_("enterprise")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="party_coverage",
        verbose_name=_("service project"),
    )

    objects = PartyCoverageQuerySet.as_manager()

    class Meta:
        verbose_name = _("coverage by a party organisation")
        verbose_name_plural = _("coverage by party organisations")
        constraints = [
            in_order("partycoverage_in_order"),
            no_overlap(
                "partycoverage_project_once",
                "project",
                message=_("Another party organisation covers this project on some of these days."),
                condition=Q(project__isnull=False),
            ),
            no_overlap(
                "partycoverage_enterprise_once",
                "enterprise",
                message=_("Another party organisation covers this enterprise on some of these days."),
                condition=Q(project__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.project or self.enterprise}"


class PartyPostQuerySet(DatedQuerySet):
    """Queries of party posts."""

    def for_user(self, user: object) -> "PartyPostQuerySet":
        """Posts in the organisations the user may see."""
        return self.filter(organisation__in=PartyOrganisation.objects.for_user(user))


@tracked()
class PartyPost(Recorded, DatedRow):
    """A post in a party organisation's leadership team. Secretaries have the yearly allowance."""

    class Kind(models.TextChoices):
        SECRETARY = "secretary", _("party secretary")
        DEPUTY = "deputy_secretary", _("deputy party secretary")
        ORGANISATION = "organisation_member", _("organisation member")
        PUBLICITY = "publicity_member", _("publicity member")
        DISCIPLINE = "discipline_member", _("discipline member")
        ADVISER = "adviser", _("party-building adviser")

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="posts", verbose_name=_("party organisation")
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="party_posts", verbose_name=_("person"))
    kind = models.CharField(_("post"), max_length=20, choices=Kind)
    qualified_on = models.DateField(
        _("qualification confirmed on"),
        null=True,
        blank=True,
        help_text=_("The day on which the organisation department found that the holder fits the post."),
    )

    objects = PartyPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("party post")
        verbose_name_plural = _("party posts")
        constraints = [
            in_order("partypost_in_order"),
            no_overlap(
                "partypost_one_secretary",
                "organisation",
                message=_(
                    "This organisation already has a secretary on some of these days. End that post first."
                ),
                condition=Q(kind="secretary"),
            ),
            no_overlap(
                "partypost_person_once",
                "organisation",
                "person",
                "kind",
                message=_("This person already holds this post on some of these days."),
            ),
        ]
        indexes = [models.Index(fields=["person"], name="partypost_by_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.get_kind_display()}"


class CrossAppointmentQuerySet(DatedQuerySet):
    """Queries of cross-appointments."""

    def for_user(self, user: object) -> "CrossAppointmentQuerySet":
        """Appointments of the enterprises the user may see."""
        return self.filter(enterprise__in=Enterprise.objects.for_user(user))


@tracked()
class CrossAppointment(Recorded, DatedRow):
    """A post held across (双向进入、交叉任职): the firm's people in the community's bodies, or the reverse."""

    class Direction(models.TextChoices):
        TO_COMMUNITY = "to_community", _("from the enterprise into the community")
        TO_ENTERPRISE = "to_enterprise", _("from the community into the enterprise")

    class Body(models.TextChoices):
        BIG_COMMITTEE = "big_party_committee", _("big party committee")
        PARTY_COMMITTEE = "community_party_committee", _("community party committee")
        RESIDENTS_COMMITTEE = "residents_committee", _("residents' committee")
        ENTERPRISE = "enterprise", _("enterprise (quality supervisor)")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="cross_appointments", verbose_name=_("person")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="cross_appointments", verbose_name=_("enterprise")
    )
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cross_appointments",
        verbose_name=_("service project"),
    )
    community = models.ForeignKey(Community, models.PROTECT, related_name="+", verbose_name=_("community"))
    direction = models.CharField(_("direction"), max_length=20, choices=Direction)
    body = models.CharField(_("body"), max_length=30, choices=Body)

    objects = CrossAppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("cross-appointment")
        verbose_name_plural = _("cross-appointments")
        constraints = [
            in_order("crossappointment_in_order"),
            no_overlap(
                "crossappointment_no_overlap",
                "person",
                "community",
                "body",
                message=_("This person already holds this post on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_body_display()}"
