"""Campus recruiting (校园招聘): campaigns at a school, and the offers made there up to the day somebody starts.

A candidate is a name until the offer is accepted; from then on the offer points to a person. The names of
those who declined or never answered are not kept.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import Enterprise, contact_enterprises
from enterprises.models.posts import Graduate, Post, SchoolClass
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Queries of campaigns."""

    def for_user(self, user: object) -> "CampaignQuerySet":
        """Campaigns of the district; for a contact those with offers of the own enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        offers = CampusOffer.objects.filter(enterprise__in=contact_enterprises(scope.user_id))
        return self.filter(Q(district__in=scope.district_ids) | Q(pk__in=offers.values("campaign")))


@tracked()
class Campaign(Recorded):
    """A recruiting campaign at one school (校招活动): when, with how many posts."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    school = models.CharField(_("school"), max_length=100)
    school_class = models.CharField(_("class of school"), max_length=20, choices=SchoolClass, blank=True)
    held_from = models.DateField(_("first day"))
    held_to = models.DateField(_("last day"))
    posts_offered = models.PositiveIntegerField(_("posts offered"))
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campus recruiting campaign")
        verbose_name_plural = _("campus recruiting campaigns")
        ordering = ["-held_from", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="campaign_code_once",
                violation_error_message=_("This code is already given to another campaign."),
            ),
            models.UniqueConstraint(
                fields=["district", "school", "held_from"],
                name="campaign_once_a_day",
                violation_error_message=_(
                    "A campaign at this school on this day is already recorded. Use that one."
                ),
            ),
            models.CheckConstraint(
                name="campaign_in_order",
                condition=Q(held_to__gte=F("held_from")),
                violation_error_message=_(
                    "The last day is before the first day. Correct one of the two dates."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CampusOfferQuerySet(models.QuerySet["CampusOffer"]):
    """Queries of offers."""

    def for_user(self, user: object) -> "CampusOfferQuerySet":
        """Offers of the district; for a contact those of the own enterprise. Nobody else sees candidates."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(campaign__district__in=scope.district_ids)
            | Q(enterprise__in=contact_enterprises(scope.user_id))
        )


@tracked(exclude=["candidate"])
class CampusOffer(Recorded):
    """An enterprise's offer to a candidate of a campaign, up to the first day in post."""

    class State(models.TextChoices):
        MADE = "made", _("waiting for the answer")
        ACCEPTED = "accepted", _("offer accepted")
        DECLINED = "declined", _("offer declined")
        LAPSED = "lapsed", _("no answer in time")
        TAKEN_UP = "taken_up", _("started work")
        BROKEN_OFF = "broken_off", _("accepted, never started")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="offers", verbose_name=_("campus recruiting campaign")
    )
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="campus_offers", verbose_name=_("enterprise")
    )
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    candidate = models.CharField(
        _("candidate"),
        max_length=50,
        blank=True,
        help_text=_("Kept only until the candidate has answered."),
    )
    degree = models.CharField(_("degree"), max_length=10, choices=Graduate.Degree)
    kind = models.CharField(_("kind of post"), max_length=20, choices=Post.Kind, default=Post.Kind.STAFF)
    title = models.CharField(_("post title"), max_length=50, blank=True)
    made_on = models.DateField(_("offer made on"))
    answer_by = models.DateField(_("answer by"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.MADE)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="campus_offers",
        verbose_name=_("person"),
    )
    started_on = models.DateField(_("first day in post"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = CampusOfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("campus offer")
        verbose_name_plural = _("campus offers")
        ordering = ["-made_on", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="campusoffer_code_once",
                violation_error_message=_("This code is already given to another offer."),
            ),
            models.CheckConstraint(
                name="campusoffer_person_when_accepted",
                condition=Q(state__in=["accepted", "taken_up", "broken_off"], person__isnull=False)
                | Q(state__in=["made", "declined", "lapsed"], person__isnull=True),
                violation_error_message=_(
                    "From its acceptance on an offer belongs to a person, before and after a refusal to none."
                ),
            ),
            models.CheckConstraint(
                name="campusoffer_name_while_open",
                condition=Q(state="made") & ~Q(candidate="") | ~Q(state="made") & Q(candidate=""),
                violation_error_message=_("The candidate's name is kept until the answer, and no longer."),
            ),
            models.CheckConstraint(
                name="campusoffer_answered",
                condition=Q(state="made", answered_on__isnull=True)
                | ~Q(state="made") & Q(answered_on__gte=F("made_on")),
                violation_error_message=_(
                    "Enter the day of the answer; it is not before the day of the offer."
                ),
            ),
            models.CheckConstraint(
                name="campusoffer_started",
                condition=Q(state="taken_up", started_on__gte=F("answered_on"))
                | ~Q(state="taken_up") & Q(started_on__isnull=True),
                violation_error_message=_(
                    "The first day in post is entered by the hire, and is not before the acceptance."
                ),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state="accepted"),
                name="campusoffer_one_acceptance",
                violation_error_message=_(
                    "This person has accepted another offer that is still open. Close that one first."
                ),
            ),
        ]
        indexes = [models.Index(fields=["person"], name="campusoffer_by_person")]

    def __str__(self) -> str:
        return f"{self.code} {self.person.name if self.person else self.candidate}".strip()
