"""Property enterprises (物业服务企业), their service projects (物业服务项目) and contacts."""

import datetime as dt

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now, TruncDate, Upper
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import DatedQuerySet, DatedRow, District, Recorded, in_order, no_overlap
from redprop.areas.models.dated import dated_on
from redprop.common.history import tracked
from redprop.common.scope import scope_of

SERVED_COMMUNITY = "contracts__assignments__compound__placements__community"
"""From a project to the communities it serves. Followed by name: the compounds live one floor up."""


class EnterpriseQuerySet(models.QuerySet["Enterprise"]):
    """Queries of enterprises."""

    def for_user(self, user: object) -> "EnterpriseQuerySet":
        """All of the district; for clerks and secretaries those serving their area; for a contact the own one."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        return self.filter(
            Q(district__in=scope.district_ids)
            | Q(pk__in=ServiceProject.objects.for_user(user).values("enterprise"))
            | Q(pk__in=contact_enterprises(scope.user_id))
        )


def contact_enterprises(user_id: int | None) -> models.QuerySet:
    """Ids of the enterprises whose contact the user is today, by the clock of their district.

    Both must be in force: the contact, and the posting that gives the role.
    """
    today = TruncDate(Coalesce(F("enterprise__district__clock"), Now()))
    posted = Posting.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=OuterRef("today")),
        user=OuterRef("user"),
        district=OuterRef("enterprise__district"),
        role=Role.ENTERPRISE_CONTACT,
        valid_from__lte=OuterRef("today"),
    )
    return (
        EnterpriseContact.objects.alias(today=today)
        .filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=F("today")),
            Exists(posted),
            user_id=user_id,
            valid_from__lte=F("today"),
        )
        .values("enterprise")
    )


@tracked()
class Enterprise(Recorded):
    """A property enterprise, known by its unified social credit code (统一社会信用代码)."""

    class Kind(models.TextChoices):
        MARKET = "market", _("market enterprise")
        PUBLIC_WELFARE = "public_welfare", _("public-welfare enterprise")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    uscc = models.CharField(_("unified social credit code"), max_length=18)
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=30, blank=True)
    pinyin = models.CharField(_("pinyin"), max_length=300, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    head = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="branches", verbose_name=_("head company")
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    work_phone = models.CharField(_("work telephone"), max_length=30, blank=True)
    registered_from = models.DateField(_("in the register from"))
    left_on = models.DateField(_("left the district on"), null=True, blank=True)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = _("enterprise")
        verbose_name_plural = _("enterprises")
        ordering = ["pinyin", "uscc"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "uscc"],
                name="enterprise_uscc_once",
                violation_error_message=_("An enterprise with this credit code is already in the register."),
            ),
            models.CheckConstraint(
                name="enterprise_uscc_form",
                condition=Q(uscc__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$"),
                violation_error_message=_(
                    "The credit code has 18 digits and capital letters, without I, O, S, V and Z."
                ),
            ),
            models.CheckConstraint(
                name="enterprise_not_its_own_head",
                condition=Q(head__isnull=True) | ~Q(head=F("id")),
                violation_error_message=_("An enterprise cannot be its own head company."),
            ),
        ]
        indexes = [
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="enterprise_name_trigram"),
            GinIndex(OpClass(Upper("pinyin"), name="gin_trgm_ops"), name="enterprise_pinyin_trigram"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class ServiceProjectQuerySet(models.QuerySet["ServiceProject"]):
    """Queries of service projects."""

    def for_user(self, user: object) -> "ServiceProjectQuerySet":
        """All of the district; for clerks and secretaries those serving their area; for a contact the own ones."""
        scope = scope_of(user)
        if scope.everything:
            return self
        if scope.only_districts:
            return self.filter(district__in=scope.district_ids)
        reach = Q(district__in=scope.district_ids) | Q(enterprise__in=contact_enterprises(scope.user_id))
        if scope.subdistrict_ids or scope.community_ids:
            serving = ServiceProject.objects.filter(
                Q(**{f"{SERVED_COMMUNITY}__subdistrict__in": scope.subdistrict_ids})
                | Q(**{f"{SERVED_COMMUNITY}__in": scope.community_ids})
            )
            reach |= Q(pk__in=serving.values("pk"))
        return self.filter(reach)

    def active_on(self, day: dt.date) -> "ServiceProjectQuerySet":
        """Projects that run on `day`."""
        return self.filter(started_on__lte=day).filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day))


@tracked()
class ServiceProject(Recorded):
    """One contract-based service site of an enterprise: what the lists rank. A new enterprise means a new project."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="projects", verbose_name=_("enterprise")
    )
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    pinyin = models.CharField(_("pinyin"), max_length=300, blank=True, editable=False)
    started_on = models.DateField(_("started on"))
    ended_on = models.DateField(_("last day"), null=True, blank=True)
    work_phone = models.CharField(_("work telephone"), max_length=30, blank=True)

    objects = ServiceProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("service project")
        verbose_name_plural = _("service projects")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="serviceproject_code_once",
                violation_error_message=_(
                    "This code is already given to another project. Codes are never reused."
                ),
            ),
            models.CheckConstraint(
                name="serviceproject_in_order",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                violation_error_message=_(
                    "The last day is before the first day. Correct one of the two dates."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["enterprise"], name="serviceproject_by_enterprise"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="serviceproject_name_trigram"),
            GinIndex(OpClass(Upper("pinyin"), name="gin_trgm_ops"), name="serviceproject_pinyin_trigram"),
        ]

    def __str__(self) -> str:
        return self.name


class EnterpriseContactQuerySet(DatedQuerySet):
    """Queries of contacts."""

    def for_user(self, user: object) -> "EnterpriseContactQuerySet":
        """Contacts of the enterprises the user may see."""
        return self.filter(enterprise__in=Enterprise.objects.for_user(user))


@tracked()
class EnterpriseContact(Recorded, DatedRow):
    """A user who answers for an enterprise at the desk."""

    user = models.ForeignKey(User, models.PROTECT, related_name="enterprise_contacts", verbose_name=_("user"))
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="contacts", verbose_name=_("enterprise")
    )

    objects = EnterpriseContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("enterprise contact")
        verbose_name_plural = _("enterprise contacts")
        constraints = [
            in_order("enterprisecontact_in_order"),
            no_overlap(
                "enterprisecontact_no_overlap",
                "user",
                message=_("This user is already the contact of an enterprise on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.enterprise}"


def active_contract(day: dt.date) -> Q:
    """Condition on projects: some assignment of theirs is in force on `day`."""
    return dated_on(day, "contracts__assignments__")
