"""Home visits (入户走访): where, by which post, what was told, how many homes need what. No resident, no door.

A row stands for one round through one building. The survey is counted, never kept by home.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.compounds import Compound
from communities.models.requests import ResidentRequest
from enterprises.models import ServiceProject
from enterprises.models.enterprises import contact_enterprises
from redprop.areas.models import Community, DatedQuerySet, DatedRow, District, Recorded, in_order
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class VisitItemQuerySet(DatedQuerySet):
    """Queries of the list of questions."""

    def for_user(self, user: object) -> "VisitItemQuerySet":
        """Items of the districts the user works in."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


@tracked()
class VisitItem(DatedRow, Recorded):
    """One line of the district's short list: a policy to tell of, or a service that a home may need."""

    class Kind(models.TextChoices):
        POLICY = "policy", _("policy told of")
        NEED = "need", _("service needed")

    district = models.ForeignKey(
        District, models.PROTECT, related_name="visit_items", verbose_name=_("district")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    code = models.CharField(_("own code"), max_length=20)
    text = models.CharField(_("text"), max_length=60)
    place = models.PositiveSmallIntegerField(_("place in the list"), default=100)

    objects = VisitItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item of home visits")
        verbose_name_plural = _("items of home visits")
        ordering = ["kind", "place", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="visititem_code_once",
                violation_error_message=_("This code is already given to another item."),
            ),
            in_order("visititem_in_order"),
        ]

    def __str__(self) -> str:
        return self.text


class OfCommunityQuerySet(models.QuerySet):
    """Rows that belong to a community and, where a firm takes part, to its service project."""

    def for_user(self, user: object) -> "OfCommunityQuerySet":
        """Rows of the user's areas, or of the contact's enterprise."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(community__district__in=scope.district_ids)
        mine = Q(community__district__in=scope.district_ids)
        mine |= Q(community__subdistrict__in=scope.subdistrict_ids) | Q(community__in=scope.community_ids)
        if scope.user_id:
            mine |= Q(project__enterprise__in=contact_enterprises(scope.user_id))
        return self.filter(mine)


class HomeVisitQuerySet(OfCommunityQuerySet):
    """Queries of visits."""

    def valid(self) -> "HomeVisitQuerySet":
        """Visits that were not withdrawn."""
        return self.filter(withdrawn_reason="")


@tracked(exclude=["outcome"])
class HomeVisit(Recorded):
    """One round of visits through one building."""

    class Visitor(models.TextChoices):
        COMMUNITY = "community", _("community worker")
        STAFF = "staff", _("property staff")
        PARTY = "party", _("party member in post")

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="visits", verbose_name=_("community")
    )
    compound = models.ForeignKey(Compound, models.PROTECT, related_name="visits", verbose_name=_("compound"))
    building = models.CharField(_("building"), max_length=20)
    visited_on = models.DateField(_("visited on"))
    visitor = models.CharField(_("visited by"), max_length=9, choices=Visitor)
    project = models.ForeignKey(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="visits",
        verbose_name=_("service project"),
    )
    homes = models.PositiveSmallIntegerField(_("homes visited"))
    outcome = models.TextField(_("what came out of it"), max_length=1000, blank=True)
    requests = models.ManyToManyField(
        ResidentRequest, related_name="visits", blank=True, verbose_name=_("resident requests")
    )
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=200, blank=True)

    objects = HomeVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("home visit")
        verbose_name_plural = _("home visits")
        ordering = ["-visited_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "building", "visited_on", "visitor"],
                condition=Q(withdrawn_reason=""),
                name="homevisit_once",
                violation_error_message=_(
                    "This building's visit on that day is already recorded. Open it and add to it."
                ),
            ),
            models.CheckConstraint(
                name="homevisit_some_home",
                condition=Q(homes__gte=1),
                violation_error_message=_("Homes visited: at least one."),
            ),
            models.CheckConstraint(
                name="homevisit_project_of_staff",
                condition=(Q(visitor="staff") & Q(project__isnull=False))
                | (~Q(visitor="staff") & Q(project__isnull=True)),
                violation_error_message=_(
                    "Visits by property staff name their service project, others none."
                ),
            ),
        ]
        indexes = [
            # The month's visits of a community, newest first.
            models.Index(fields=["community", "visited_on"], name="homevisit_by_community"),
            models.Index(fields=["visited_on"], name="homevisit_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.compound} {self.building}"


class VisitCountQuerySet(models.QuerySet["VisitCount"]):
    """Queries of counts."""

    def for_user(self, user: object) -> "VisitCountQuerySet":
        """Counts of the visits that the user may see."""
        if scope_of(user).everything:
            return self
        return self.filter(visit__in=HomeVisit.objects.for_user(user))


@tracked()
class VisitCount(models.Model):
    """How many of the homes visited were told of a policy, or need a service."""

    visit = models.ForeignKey(HomeVisit, models.CASCADE, related_name="counts", verbose_name=_("home visit"))
    item = models.ForeignKey(
        VisitItem, models.PROTECT, related_name="counts", verbose_name=_("item of the list")
    )
    homes = models.PositiveSmallIntegerField(_("homes"))

    objects = VisitCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("count of a home visit")
        verbose_name_plural = _("counts of home visits")
        ordering = ["item__kind", "item__place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "item"], name="visitcount_once"),
            models.CheckConstraint(name="visitcount_some_home", condition=Q(homes__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.item} × {self.homes}"
