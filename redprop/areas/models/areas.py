"""District, subdistrict (街道) and community (社区).

The current name, code and subdistrict of a community stand on its row; `CommunityVersion`
holds them for every day. `services.record_community_version` alone writes both.
"""

import datetime as dt

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from redprop.areas.models.dated import DatedQuerySet, DatedRow, in_order, no_overlap
from redprop.areas.models.recorded import Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class DistrictQuerySet(models.QuerySet["District"]):
    """Queries of districts."""

    def for_user(self, user: object) -> "DistrictQuerySet":
        """Districts in which the user has any posting."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(
            Q(pk__in=scope.district_ids)
            | Q(pk__in=Subdistrict.objects.filter(pk__in=scope.subdistrict_ids).values("district"))
            | Q(pk__in=Community.objects.filter(pk__in=scope.community_ids).values("district"))
        )

    def administered_by(self, user: object) -> "DistrictQuerySet":
        """Districts whose accounts and postings the user keeps; their registers stay closed to an administrator."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(pk__in=scope.administered_ids)


@tracked(exclude=["clock"])
class District(Recorded):
    """A district that runs the programme. Everything else belongs to exactly one district."""

    code = models.CharField(_("official code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=50)
    is_demo = models.BooleanField(_("demo data"), default=False, editable=False)
    clock = models.DateTimeField(
        _("demo clock"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The time of a demo district. A real district always has the real time."),
    )
    names_of_persons_since = models.DateField(
        _("names of persons published since"),
        null=True,
        blank=True,
        help_text=_("Legal basis, impact assessment and notice to the persons are on record since this day."),
    )

    objects = DistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="district_clock_only_in_demo",
                condition=Q(is_demo=True) | Q(clock__isnull=True),
                violation_error_message=_("Only a demo district has a clock of its own."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class SubdistrictQuerySet(models.QuerySet["Subdistrict"]):
    """Queries of subdistricts."""

    def for_user(self, user: object) -> "SubdistrictQuerySet":
        """The user's subdistricts: all of the district, the clerk's own, or the secretary's."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        return self.filter(
            Q(district__in=scope.district_ids)
            | Q(pk__in=scope.subdistrict_ids)
            | Q(pk__in=Community.objects.filter(pk__in=scope.community_ids).values("subdistrict"))
        )


@tracked()
class Subdistrict(Recorded):
    """A subdistrict (街道) and its office (街道办事处)."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="subdistricts", verbose_name=_("district")
    )
    code = models.CharField(_("official code"), max_length=12)
    name = models.CharField(_("name"), max_length=50)
    pinyin = models.CharField(_("pinyin"), max_length=200, blank=True, editable=False)

    objects = SubdistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("subdistrict")
        verbose_name_plural = _("subdistricts")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="subdistrict_code_once",
                violation_error_message=_("This district already has a subdistrict with this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class CommunityQuerySet(models.QuerySet["Community"]):
    """Queries of communities."""

    def for_user(self, user: object) -> "CommunityQuerySet":
        """Communities inside the user's areas."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        return self.filter(
            Q(district__in=scope.district_ids)
            | Q(subdistrict__in=scope.subdistrict_ids)
            | Q(pk__in=scope.community_ids)
        )

    def open_on(self, day: dt.date) -> "CommunityQuerySet":
        """Communities that exist on `day`."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day))

    def founded_by(self, day: dt.date) -> "CommunityQuerySet":
        """Communities whose first version has begun on `day` (one without versions was always there)."""
        versions = CommunityVersion.objects.filter(community=OuterRef("pk"))
        return self.filter(Exists(versions.filter(valid_from__lte=day)) | ~Exists(versions))


@tracked()
class Community(Recorded):
    """A community (社区), with its present code, name and subdistrict; the id outlives all of them."""

    district = models.ForeignKey(
        District, models.PROTECT, related_name="communities", verbose_name=_("district")
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="communities", verbose_name=_("subdistrict")
    )
    code = models.CharField(_("official code"), max_length=12)
    name = models.CharField(_("name"), max_length=50)
    pinyin = models.CharField(_("pinyin"), max_length=200, blank=True, editable=False)
    closed_on = models.DateField(_("dissolved on"), null=True, blank=True)

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                condition=Q(closed_on__isnull=True),
                name="community_code_once",
                violation_error_message=_("This district already has a community with this code."),
            )
        ]
        indexes = [models.Index(fields=["subdistrict"], name="community_by_subdistrict")]

    def __str__(self) -> str:
        return self.name


class CommunityVersionQuerySet(DatedQuerySet):
    """Queries of versions."""

    def for_user(self, user: object) -> "CommunityVersionQuerySet":
        """Versions of the communities the user may see."""
        return self.filter(community__in=Community.objects.for_user(user))


@tracked()
class CommunityVersion(Recorded, DatedRow):
    """Code, name and subdistrict of a community for a span of days, by edition of the official divisions."""

    community = models.ForeignKey(
        Community, models.PROTECT, related_name="versions", verbose_name=_("community")
    )
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", verbose_name=_("subdistrict")
    )
    code = models.CharField(_("official code"), max_length=12)
    name = models.CharField(_("name"), max_length=50)
    edition = models.CharField(_("edition of the divisions"), max_length=20, blank=True)

    objects = CommunityVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a community")
        verbose_name_plural = _("versions of communities")
        ordering = ["community", "valid_from"]
        constraints = [
            in_order("communityversion_in_order"),
            no_overlap(
                "communityversion_no_overlap",
                "community",
                message=_("Another version of this community covers some of these days. End that one first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"


class CommunitySuccessionQuerySet(models.QuerySet["CommunitySuccession"]):
    """Queries of successions."""

    def for_user(self, user: object) -> "CommunitySuccessionQuerySet":
        """Successions of the communities the user may see."""
        return self.filter(predecessor__in=Community.objects.for_user(user))


@tracked()
class CommunitySuccession(Recorded):
    """A community that took over (part of) another one on a day. Open items follow it."""

    predecessor = models.ForeignKey(
        Community, models.PROTECT, related_name="successions", verbose_name=_("former community")
    )
    successor = models.ForeignKey(
        Community, models.PROTECT, related_name="predecessions", verbose_name=_("successor")
    )
    on = models.DateField(_("on"))
    source = models.CharField(_("source"), max_length=200, blank=True)

    objects = CommunitySuccessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("succession of communities")
        verbose_name_plural = _("successions of communities")
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="communitysuccession_once"),
            models.CheckConstraint(
                name="communitysuccession_not_itself",
                condition=~Q(predecessor=models.F("successor")),
                violation_error_message=_("A community cannot succeed itself. Choose another successor."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"
