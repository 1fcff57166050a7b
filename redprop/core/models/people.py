"""Persons: office-holders and employees. Residents are never recorded as persons."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import User
from redprop.areas.models import District, Recorded
from redprop.common.history import tracked
from redprop.common.scope import scope_of


class PersonQuerySet(models.QuerySet["Person"]):
    """Queries of persons."""

    def for_user(self, user: object) -> "PersonQuerySet":
        """Persons of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)


@tracked(exclude=["id_number_cipher", "id_number_hash", "work_phone"])
class Person(Recorded):
    """A person who holds a post. The ID number is encrypted; a keyed hash serves to match it."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    name = models.CharField(_("name"), max_length=50)
    pinyin = models.CharField(_("pinyin"), max_length=200, blank=True, editable=False)
    work_phone = models.CharField(_("work telephone"), max_length=30, blank=True)
    id_number_cipher = models.TextField(_("ID number (encrypted)"), blank=True, editable=False)
    id_number_hash = models.CharField(_("ID number (keyed hash)"), max_length=64, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name=_("merged into")
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        permissions = [("open_id_number", "Can open an ID number")]
        ordering = ["pinyin", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="person_code_once",
                violation_error_message=_("This code is already given to another person."),
            ),
            models.UniqueConstraint(
                fields=["district", "id_number_hash"],
                condition=~models.Q(id_number_hash="") & models.Q(merged_into__isnull=True),
                name="person_id_number_once",
                violation_error_message=_(
                    "A person with this ID number is already recorded. Use that record."
                ),
            ),
        ]
        indexes = [GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="person_name_trigram")]

    def __str__(self) -> str:
        return self.name


class DistinctPersonsQuerySet(models.QuerySet["DistinctPersons"]):
    """Queries of namesakes told apart."""

    def for_user(self, user: object) -> "DistinctPersonsQuerySet":
        """Pairs of the districts the user works in."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(first__district__in=scope.district_ids)


@tracked()
class DistinctPersons(Recorded):
    """Somebody looked at two records and found two persons: they are not proposed as one again."""

    first = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("person"))
    second = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("other person"))

    objects = DistinctPersonsQuerySet.as_manager()

    class Meta:
        verbose_name = _("namesakes told apart")
        verbose_name_plural = _("namesakes told apart")
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="distinctpersons_once",
                violation_error_message=_("These two are already told apart."),
            ),
            models.CheckConstraint(
                name="distinctpersons_in_order",
                condition=models.Q(first__lt=models.F("second")),
                violation_error_message=_("A person cannot be told apart from itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"


class NumberOpeningQuerySet(models.QuerySet["NumberOpening"]):
    """Queries of openings."""

    def for_user(self, user: object) -> "NumberOpeningQuerySet":
        """Openings in the districts the user works in or administers."""
        scope = scope_of(user)
        if scope.everything:
            return self
        return self.filter(person__district__in=scope.district_ids | scope.administered_ids)


class NumberOpening(Recorded):
    """Somebody opened an ID number, for a purpose. Append-only."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="openings", verbose_name=_("person"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    purpose = models.CharField(_("purpose"), max_length=200)

    objects = NumberOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening of an ID number")
        verbose_name_plural = _("openings of ID numbers")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="numberopening_has_purpose",
                condition=~models.Q(purpose=""),
                violation_error_message=_("Say for what purpose you open the number."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.recorded_at:%Y-%m-%d %H:%M}"
