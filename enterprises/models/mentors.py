"""Mentors (双导师): each recruit has one from the firm and one from the community at once; and the numbers that rule them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise, contact_enterprises
from enterprises.models.party import OfDistrict
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


class MentorshipQuerySet(DatedQuerySet):
    """Queries of mentorships."""

    def for_user(self, user: object) -> "MentorshipQuerySet":
        """Those of the district; for others of the own street, community or enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(person__district__in=scope.district_ids)
        return self.filter(
            Q(person__district__in=scope.district_ids)
            | Q(community__in=scope.community_ids)
            | Q(community__subdistrict__in=scope.subdistrict_ids)
            | Q(enterprise__in=contact_enterprises(scope.user_id))
            | Q(
                person__posts__enterprise__in=contact_enterprises(scope.user_id), person__posts__valid_to=None
            )
        ).distinct()


@tracked()
class Mentorship(Recorded, DatedRow):
    """A mentor of a graduate, from the firm or from the community, from a day to a day."""

    class Side(models.TextChoices):
        FIRM = "firm", _("from the enterprise")
        COMMUNITY = "community", _("from the community")

    class End(models.TextChoices):
        DONE = "done", _("time completed")
        MENTOR_LEFT = "mentor_left", _("mentor left")
        PERSON_LEFT = "person_left", _("graduate left")
        CHANGED = "changed", _("another mentor")

    person = models.ForeignKey(Person, models.PROTECT, related_name="mentorships", verbose_name=_("graduate"))
    mentor = models.ForeignKey(Person, models.PROTECT, related_name="mentees", verbose_name=_("mentor"))
    side = models.CharField(_("side"), max_length=10, choices=Side)
    enterprise = models.ForeignKey(
        Enterprise,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mentorships",
        verbose_name=_("mentor's enterprise"),
    )
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mentor's community"),
    )
    end_reason = models.CharField(_("why it ended"), max_length=12, choices=End, blank=True)

    objects = MentorshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("mentor")
        verbose_name_plural = _("mentors")
        ordering = ["person", "side", "valid_from"]
        constraints = [
            in_order("mentorship_in_order"),
            models.CheckConstraint(
                name="mentorship_not_oneself",
                condition=~Q(person=F("mentor")),
                violation_error_message=_("Nobody is their own mentor. Choose somebody else."),
            ),
            models.CheckConstraint(
                name="mentorship_side",
                condition=Q(side="firm", enterprise__isnull=False, community__isnull=True)
                | Q(side="community", enterprise__isnull=True, community__isnull=False),
                violation_error_message=_(
                    "A mentor from the enterprise names the enterprise alone, one from the community the community alone."
                ),
            ),
            no_overlap(
                "mentorship_one_a_side",
                "person",
                "side",
                message=_(
                    "This graduate already has a mentor of this side on some of these days. End that one first."
                ),
            ),
        ]
        indexes = [models.Index(fields=["mentor"], name="mentorship_by_mentor")]

    def __str__(self) -> str:
        return f"{self.person} – {self.mentor}"


@tracked()
class TalentRule(Recorded, DatedRow):
    """The numbers by which mentors and posts are measured, from a day to a day; without any row the sample holds."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    document = models.CharField(_("document number"), max_length=100, blank=True)
    mentor_months = models.PositiveSmallIntegerField(
        _("two mentors for so many months after recruitment"), default=24
    )
    firm_mentor_most = models.PositiveSmallIntegerField(
        _("graduates of a mentor from the enterprise, at most"), default=3
    )
    community_mentor_most = models.PositiveSmallIntegerField(
        _("graduates of a mentor from the community, at most"), default=5
    )
    mentor_days = models.PositiveSmallIntegerField(
        _("days to name both mentors after recruitment"), default=30
    )
    least_age = models.PositiveSmallIntegerField(_("age on the first day in post, at least"), default=18)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("rule of talent work")
        verbose_name_plural = _("rules of talent work")
        ordering = ["valid_from"]
        constraints = [
            in_order("talentrule_in_order"),
            no_overlap(
                "talentrule_one_a_day",
                "district",
                message=_("Another rule of talent work is in force on these days. End that one first."),
            ),
            models.CheckConstraint(
                name="talentrule_numbers",
                condition=Q(firm_mentor_most__gte=1, community_mentor_most__gte=1, least_age__gte=16),
                violation_error_message=_("Enter at least 1 graduate a mentor, and an age of 16 or more."),
            ),
        ]

    def __str__(self) -> str:
        return self.document or str(self.valid_from)
