"""Growth of graduates: three channels with their rungs as dated data, the dated steps of persons, and the duties of posts."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprises import contact_enterprises
from enterprises.models.party import OfDistrict
from enterprises.models.posts import Post
from redprop.areas.models import DatedRow, District, Recorded, in_order, no_overlap
from redprop.common.history import tracked
from redprop.common.scope import scope_of
from redprop.core.models import Person


@tracked()
class GrowthRung(Recorded, DatedRow):
    """A rung of one of the three growth channels (三条成长通道), and how long the one before must have lasted."""

    class Channel(models.TextChoices):
        MANAGEMENT = "management", _("management channel")
        PROFESSIONAL = "professional", _("professional channel")
        COMMUNITY = "community", _("community channel")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    channel = models.CharField(_("growth channel"), max_length=12, choices=Channel)
    code = models.CharField(_("own code"), max_length=20)
    title = models.CharField(_("rung"), max_length=50)
    place = models.PositiveSmallIntegerField(_("place in the channel"))
    least_months = models.PositiveSmallIntegerField(
        _("months since the rung before, at least"),
        default=0,
        help_text=_("For the first rung: months since the first day in post."),
    )
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("rung of a growth channel")
        verbose_name_plural = _("rungs of growth channels")
        ordering = ["channel", "place", "valid_from"]
        constraints = [
            in_order("growthrung_in_order"),
            no_overlap(
                "growthrung_place_once",
                "district",
                "channel",
                "place",
                message=_("Another rung stands at this place of the channel on some of these days."),
            ),
            models.UniqueConstraint(
                fields=["district", "code"],
                name="growthrung_code_once",
                violation_error_message=_("This code is already given to another rung."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.title}"


class GrowthStepQuerySet(models.QuerySet["GrowthStep"]):
    """Queries of steps."""

    def for_user(self, user: object) -> "GrowthStepQuerySet":
        """Steps of the district's graduates; for a contact of who is in post at the own enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(person__district__in=scope.district_ids)
        own = Post.objects.filter(enterprise__in=contact_enterprises(scope.user_id), valid_to=None)
        return self.filter(Q(person__district__in=scope.district_ids) | Q(person__in=own.values("person")))


@tracked()
class GrowthStep(Recorded):
    """The day on which a graduate reached a rung."""

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="growth_steps", verbose_name=_("graduate")
    )
    rung = models.ForeignKey(GrowthRung, models.PROTECT, related_name="steps", verbose_name=_("rung"))
    reached_on = models.DateField(_("reached on"))
    document = models.CharField(_("evidence"), max_length=100, blank=True)

    objects = GrowthStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("growth step")
        verbose_name_plural = _("growth steps")
        ordering = ["-reached_on", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "rung"],
                name="growthstep_once",
                violation_error_message=_("This step of this person is already recorded. Change that row."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.rung.title}"


@tracked()
class PostDuty(Recorded, DatedRow):
    """What the holder of a post does (岗位职责), by the post's title, from a day to a day."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    title = models.CharField(_("post title"), max_length=50)
    duties = models.TextField(_("duties"), max_length=1000)
    document = models.CharField(_("document number"), max_length=100, blank=True)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("duties of a post")
        verbose_name_plural = _("duties of posts")
        ordering = ["title", "valid_from"]
        constraints = [
            in_order("postduty_in_order"),
            no_overlap(
                "postduty_one_a_day",
                "district",
                "title",
                message=_(
                    "The duties of this post are already written for some of these days. End that row first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title
