"""Postings: who holds which role, for which area, from when until when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models.users import User
from redprop.accounts.roles import ADMINISTRATORS, Role
from redprop.areas.models import (
    Community,
    DatedQuerySet,
    DatedRow,
    District,
    Recorded,
    Subdistrict,
    in_order,
    no_overlap,
)
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class PostingQuerySet(DatedQuerySet):
    """Queries of postings."""

    def for_user(self, user: object) -> "PostingQuerySet":
        """Postings of the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(district__in=scope.district_ids | scope.administered_ids)


AREALESS = [Role.ENTERPRISE_CONTACT, *sorted(ADMINISTRATORS)]


@tracked()
class Posting(Recorded, DatedRow):
    """A role of a user in a district, a subdistrict or a community."""

    user = models.ForeignKey(User, models.PROTECT, related_name="postings", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=30, choices=Role)
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("subdistrict")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("community")
    )
    reason = models.CharField(
        _("reason"),
        max_length=200,
        blank=True,
        help_text=_("Why this person gets this role: the letter of appointment, the order, the leave."),
    )
    stands_in_for = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="represented_by",
        verbose_name=_("represents"),
    )

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["user", "role", "valid_from"]
        constraints = [
            in_order("posting_in_order"),
            no_overlap(
                "posting_no_overlap",
                "user",
                "role",
                "district",
                message=_("This user already holds this role on some of these days. End that posting first."),
                condition=Q(subdistrict__isnull=True, community__isnull=True),
            ),
            no_overlap(
                "posting_one_administrator_role",
                "user",
                message=_("Nobody may hold two of the three administrator roles. Use another account."),
                condition=Q(role__in=sorted(ADMINISTRATORS)),
            ),
            models.CheckConstraint(
                name="posting_stand_in_ends",
                condition=Q(stands_in_for__isnull=True)
                | (Q(valid_to__isnull=False) & ~Q(reason="") & ~Q(stands_in_for=F("user"))),
                violation_error_message=_(
                    "A stand-in has a last day and a reason, and stands in for somebody else."
                ),
            ),
            models.CheckConstraint(
                name="posting_area_fits_role",
                condition=Q(role=Role.COMMUNITY_SECRETARY, community__isnull=False)
                | Q(role=Role.SUBDISTRICT_CLERK, subdistrict__isnull=False, community__isnull=True)
                | (
                    ~Q(role__in=[Role.COMMUNITY_SECRETARY, Role.SUBDISTRICT_CLERK])
                    & Q(subdistrict__isnull=True, community__isnull=True)
                ),
                violation_error_message=_(
                    "A secretary is posted to a community, a clerk to a subdistrict, all others to the district."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"

    @property
    def reaches_the_district(self) -> bool:
        """Whether the posting opens the registers of the whole district."""
        return self.role not in AREALESS

    @property
    def area(self) -> District | Subdistrict | Community:
        """The area of the posting."""
        return self.community or self.subdistrict or self.district
