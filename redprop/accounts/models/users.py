"""The user of the portal. Rights come from postings in force, never from the user row itself."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from redprop.accounts.clock import business_today
from redprop.common.scope import Scope


class User(AbstractUser):
    """A person with an account. `full_name` is shown wherever an act is signed."""

    full_name = models.CharField(_("full name"), max_length=50, blank=True)
    work_phone = models.CharField(_("work telephone"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        """Full name, or the user name where none was entered."""
        return self.full_name or self.username

    @cached_property
    def current_postings(self) -> list:
        """Postings in force today, by the clock of their district (one query, kept on the object)."""
        postings = self.postings.select_related("district", "subdistrict", "community")
        return [p for p in postings if p.is_valid_on(business_today(p.district))]

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the roles held today."""
        return frozenset(p.role for p in self.current_postings)

    @cached_property
    def scope(self) -> Scope:
        """Areas the user is posted to today."""
        district, subdistrict, community = set(), set(), set()
        for posting in self.current_postings:
            if posting.community_id:
                community.add(posting.community_id)
            elif posting.subdistrict_id:
                subdistrict.add(posting.subdistrict_id)
            elif posting.reaches_the_district:
                district.add(posting.district_id)
        return Scope(
            user_id=self.pk,
            everything=self.is_superuser,
            district_ids=frozenset(district),
            subdistrict_ids=frozenset(subdistrict),
            community_ids=frozenset(community),
        )
