"""The user of the portal. Rights come from postings in force, never from the user row itself."""

import datetime as dt
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager, _user_has_module_perms, _user_has_perm
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from redprop.accounts.clock import business_today
from redprop.accounts.roles import ADMINISTRATORS
from redprop.areas.models import District
from redprop.common.history import tracked
from redprop.common.scope import Scope, scope_of


class UserQuerySet(models.QuerySet["User"]):
    """Queries of users."""

    def for_user(self, user: object) -> "UserQuerySet":
        """Accounts kept by the user's district, or posted to it."""
        scope = scope_of(user)
        if scope.everything:
            return self
        districts = scope.district_ids | scope.administered_ids
        posted = self.model._meta.get_field("postings").related_model.objects.filter(district__in=districts)
        return self.filter(Q(district__in=districts) | Q(pk__in=posted.values("user")))


class AccountManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates accounts; reads them by scope."""


@tracked(exclude=["password", "last_login", "provider_subject"])
class User(AbstractUser):
    """A person with an account. `full_name` is shown wherever an act is signed."""

    full_name = models.CharField(_("full name"), max_length=50, blank=True)
    work_phone = models.CharField(_("work telephone"), max_length=30, blank=True)
    district = models.ForeignKey(
        District,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("district that keeps the account"),
    )

    must_change_password = models.BooleanField(
        _("has to choose a password of his own"),
        default=False,
        editable=False,
        help_text=_("Set with every password that somebody else has given."),
    )
    password_changed_at = models.DateTimeField(
        _("password of his own since"), null=True, blank=True, editable=False
    )
    has_second_factor = models.BooleanField(_("second factor"), default=False, editable=False)
    provider_subject = models.CharField(
        _("identity at the provider"),
        max_length=255,
        null=True,
        unique=True,
        editable=False,
        help_text=_(
            "Bound at the first sign-in by the district's identity provider; another identity is refused."
        ),
    )

    objects = AccountManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        """Full name, or the user name where none was entered."""
        return self.full_name or self.username

    @property
    def must_choose_password(self) -> bool:
        """Whether the password was given by another, or is older than PASSWORD_DAYS."""
        if self.must_change_password:
            return True
        since = self.password_changed_at or self.date_joined
        days = settings.PASSWORD_DAYS
        return bool(days and since < timezone.now() - dt.timedelta(days=days))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether a posting in force gives the right; the mark of a superuser counts in a demo alone."""
        if self.is_superuser and not settings.DEMO:
            return bool(self.is_active and _user_has_perm(self, perm, obj))
        return super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """As `has_perm`, for any right of the app."""
        if self.is_superuser and not settings.DEMO:
            return bool(self.is_active and _user_has_module_perms(self, app_label))
        return super().has_module_perms(app_label)

    @cached_property
    def current_postings(self) -> list:
        """Postings in force today, by the clock of their district (one query, kept on the object)."""
        postings = self.postings.select_related("district", "subdistrict", "community", "stands_in_for")
        return [p for p in postings if p.is_valid_on(business_today(p.district))]

    @cached_property
    def roles(self) -> frozenset[str]:
        """Codes of the roles held today."""
        return frozenset(p.role for p in self.current_postings)

    @property
    def stands_in_for(self) -> dict[str, Any]:
        """For whom the user stands in today, in which roles, and which roles are the user's own; {} for nobody.

        Written beside every act of such a day: which of the roles an act needed is told from it when it is read.
        """
        standing = [p for p in self.current_postings if p.stands_in_for]
        if not standing:
            return {}
        return {
            "names": sorted({p.stands_in_for.username for p in standing}),
            "roles": sorted({p.role for p in standing}),
            "areas": sorted({str(p.area) for p in standing}),
            "own": sorted({p.role for p in self.current_postings if not p.stands_in_for}),
        }

    @cached_property
    def scope(self) -> Scope:
        """Areas the user is posted to today."""
        district, subdistrict, community, administered = set(), set(), set(), set()
        for posting in self.current_postings:
            if posting.community_id:
                community.add(posting.community_id)
            elif posting.subdistrict_id:
                subdistrict.add(posting.subdistrict_id)
            elif posting.reaches_the_district:
                district.add(posting.district_id)
            elif posting.role in ADMINISTRATORS:
                administered.add(posting.district_id)
        return Scope(
            user_id=self.pk,
            everything=self.is_superuser and settings.DEMO,
            district_ids=frozenset(district),
            subdistrict_ids=frozenset(subdistrict),
            community_ids=frozenset(community),
            administered_ids=frozenset(administered),
        )
