"""What is known of a party organisation over time: members counted, terms, adviser's visits, and the district's rules."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise
from enterprises.models.party import OfDistrict, PartyOrganisation, PartyPost
from redprop.areas.models import DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.core.models import Person


class OfOrganisation(DatedQuerySet):
    """Rows that belong to a party organisation."""

    def for_user(self, user: object) -> "OfOrganisation":
        """Rows of the organisations the user may see."""
        return self.filter(organisation__in=PartyOrganisation.objects.for_user(user))


@tracked()
class PartyCount(Recorded, DatedRow):
    """How many members a party organisation has, from the day they were counted until they are counted anew."""

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="counts", verbose_name=_("party organisation")
    )
    full_members = models.PositiveIntegerField(_("full members"), default=0)
    probationary_members = models.PositiveIntegerField(_("probationary members"), default=0)
    activists = models.PositiveIntegerField(_("party activists"), default=0)

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("count of members")
        verbose_name_plural = _("counts of members")
        ordering = ["organisation", "valid_from"]
        constraints = [
            in_order("partycount_in_order"),
            no_overlap(
                "partycount_no_overlap",
                "organisation",
                message=_(
                    "Another count of this organisation holds on some of these days. End that one first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_members} + {self.probationary_members}"


@tracked()
class PartyTerm(Recorded, DatedRow):
    """A term of a leadership team, from its election (换届) on; `ends_on` is the day by which the next one is due."""

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="terms", verbose_name=_("party organisation")
    )
    ends_on = models.DateField(_("term ends on"))
    extended_to = models.DateField(_("extended to"), null=True, blank=True)
    approval = models.CharField(
        _("approval"),
        max_length=100,
        blank=True,
        help_text=_("Document by which a longer term, or an early or late election was approved."),
    )

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("term of a party organisation")
        verbose_name_plural = _("terms of party organisations")
        ordering = ["organisation", "valid_from"]
        constraints = [
            in_order("partyterm_in_order"),
            no_overlap(
                "partyterm_no_overlap",
                "organisation",
                message=_(
                    "Another term of this organisation holds on some of these days. End that one first."
                ),
            ),
            models.CheckConstraint(
                name="partyterm_ends_later",
                condition=Q(ends_on__gt=F("valid_from")),
                violation_error_message=_("The term ends after the election. Correct one of the two dates."),
            ),
            models.CheckConstraint(
                name="partyterm_extension_approved",
                condition=Q(extended_to__isnull=True) | (Q(extended_to__gt=F("ends_on")) & ~Q(approval="")),
                violation_error_message=_(
                    "A term is extended to a later day, by a document. Enter both, or leave both empty."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from} – {self.due_on}"

    @property
    def due_on(self) -> object:
        """The day by which the next election is due."""
        return self.extended_to or self.ends_on


@tracked()
class AdviserVisit(Recorded):
    """A visit of a party-building adviser (党建指导员) to an enterprise, or to one of its sites."""

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="visits", verbose_name=_("adviser's group")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="adviser_visits", verbose_name=_("enterprise")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="adviser_visits", verbose_name=_("adviser")
    )
    visited_on = models.DateField(_("visited on"))
    subject = models.CharField(_("what it was about"), max_length=100, blank=True)

    objects = OfOrganisation.as_manager()

    class Meta:
        verbose_name = _("adviser's visit")
        verbose_name_plural = _("advisers' visits")
        ordering = ["-visited_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "person", "visited_on"],
                name="adviservisit_once_a_day",
                violation_error_message=_("This visit is already recorded."),
            )
        ]
        indexes = [models.Index(fields=["organisation", "visited_on"], name="adviservisit_by_organisation")]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.enterprise}"


@tracked()
class PartyRule(Recorded, DatedRow):
    """The numbers by which party organisations are measured, from a day to a day; without any row the sample holds."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    document = models.CharField(_("document number"), max_length=100, blank=True)
    branch_min = models.PositiveSmallIntegerField(_("full members of a branch, at least"), default=3)
    branch_max = models.PositiveSmallIntegerField(_("members of a branch, at most"), default=50)
    branch_committee_min = models.PositiveSmallIntegerField(
        _("full members from which a branch elects a committee"), default=7
    )
    general_branch_min = models.PositiveSmallIntegerField(
        _("members of a general branch, at least"), default=50
    )
    committee_min = models.PositiveSmallIntegerField(_("members of a party committee, at least"), default=100)
    joint_max_units = models.PositiveSmallIntegerField(_("units of a joint branch, at most"), default=5)
    adviser_max_units = models.PositiveSmallIntegerField(_("units of an adviser, at most"), default=3)
    adviser_visits_month = models.PositiveSmallIntegerField(
        _("adviser's visits to a unit in a month, at least"), default=1
    )
    branch_term_years = models.PositiveSmallIntegerField(_("term of a branch, years"), default=3)
    committee_term_years = models.PositiveSmallIntegerField(
        _("term of a party committee or general branch, years"), default=5
    )
    remind_months = models.PositiveSmallIntegerField(_("reminder of an election, months before"), default=6)
    training_hours = models.PositiveSmallIntegerField(
        _("training of a secretary in a year, hours at least"), default=56
    )
    first_load_until = models.DateField(
        _("first load until"),
        null=True,
        blank=True,
        help_text=_(
            "What is entered up to this day counts in the evaluation of earlier periods too: the registers were "
            "taken over from paper. Once the day has passed it stays as it is."
        ),
    )

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("rule of party organisations")
        verbose_name_plural = _("rules of party organisations")
        ordering = ["valid_from"]
        constraints = [
            in_order("partyrule_in_order"),
            no_overlap(
                "partyrule_one_a_day",
                "district",
                message=_(
                    "Another rule of party organisations is in force on these days. End that one first."
                ),
            ),
            models.CheckConstraint(
                name="partyrule_numbers",
                condition=Q(
                    branch_min__gte=1,
                    branch_max__gte=F("branch_min"),
                    branch_committee_min__gte=F("branch_min"),
                    joint_max_units__gte=2,
                    adviser_max_units__gte=1,
                    branch_term_years__gte=1,
                    committee_term_years__gte=1,
                ),
                violation_error_message=_(
                    "Enter at least 1 member and year, 2 units of a joint branch, and no upper number below a lower one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.document or str(self.valid_from)


@tracked()
class TeamStandard(Recorded, DatedRow):
    """A post that the leadership team of such organisations must have, from so many full members on."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    kind = models.CharField(
        _("type"),
        max_length=20,
        choices=PartyOrganisation.Kind,
        blank=True,
        help_text=_("Empty: groups of advisers."),
    )
    post = models.CharField(_("post"), max_length=20, choices=PartyPost.Kind)
    members_from = models.PositiveSmallIntegerField(_("from full members"), default=0)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("post of a leadership team")
        verbose_name_plural = _("posts of leadership teams")
        ordering = ["kind", "members_from", "post"]
        constraints = [
            in_order("teamstandard_in_order"),
            no_overlap(
                "teamstandard_once",
                "district",
                "kind",
                "post",
                message=_("This post already stands in the standard on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_post_display()}"
