"""Talent apartments (人才公寓): units, leases, the waiting list with its offers, and the district's rules.

Who lives where is personal: read by the registrar and the organisation department alone, and history
keeps that a lease changed, not whose.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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


class ApartmentQuerySet(models.QuerySet["TalentApartment"]):
    """Queries of units."""

    def for_user(self, user: object) -> "ApartmentQuerySet":
        """Units of the districts the user is posted to as a whole."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(district__in=scope.district_ids)

    def kept_on(self, day: dt.date) -> "ApartmentQuerySet":
        """Units that the district has as talent apartments on the day."""
        gone = Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=day)
        return self.filter(gone, available_from__lte=day)


class OfApartment(DatedQuerySet):
    """Rows that belong to a unit."""

    def for_user(self, user: object) -> "OfApartment":
        """Rows of the units the user may see."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(apartment__district__in=scope.district_ids)


class OfPerson(DatedQuerySet):
    """Rows about a person, for those posted to the district as a whole."""

    def for_user(self, user: object) -> "OfPerson":
        """Rows of persons of the user's districts."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(person__district__in=scope.district_ids)


@tracked()
class TalentApartment(Recorded):
    """A unit that is let to graduates in the trade: a flat, or a room of one."""

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    code = models.CharField(_("own code"), max_length=20)
    community = models.ForeignKey(
        Community,
        models.PROTECT,
        related_name="+",
        verbose_name=_("community"),
        help_text=_("The unit lies in the district: choose the community of its address."),
    )
    address = models.CharField(_("address"), max_length=200)
    rooms = models.PositiveSmallIntegerField(_("rooms"), default=1)
    floor_area = models.DecimalField(
        _("floor area (m²)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    rent = models.DecimalField(_("monthly rent (yuan)"), max_digits=8, decimal_places=2)
    market_rent = models.DecimalField(
        _("monthly market rent (yuan)"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Asked for the months after the first term; empty: the same rent."),
    )
    available_from = models.DateField(_("available from"))
    withdrawn_on = models.DateField(_("given up on"), null=True, blank=True)

    objects = ApartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("talent apartment")
        verbose_name_plural = _("talent apartments")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["district", "code"],
                name="talentapartment_code_once",
                violation_error_message=_("This code is already given to another unit."),
            ),
            models.UniqueConstraint(
                fields=["district", "address"],
                name="talentapartment_address_once",
                violation_error_message=_(
                    "A unit with this address is already in the register. Open that one, or add the room number."
                ),
            ),
            models.CheckConstraint(
                name="talentapartment_numbers",
                condition=Q(rooms__gte=1, rent__gte=0)
                & (Q(market_rent__isnull=True) | Q(market_rent__gte=F("rent"))),
                violation_error_message=_(
                    "A unit has at least one room, a rent of zero or more, and a market rent not below it."
                ),
            ),
            models.CheckConstraint(
                name="talentapartment_in_order",
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=F("available_from")),
                violation_error_message=_(
                    "The unit is given up after it became available. Correct one of the two days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.address}"


@tracked()
class ApartmentPause(Recorded, DatedRow):
    """Days on which a unit cannot be let, such as repairs."""

    apartment = models.ForeignKey(
        TalentApartment, models.PROTECT, related_name="pauses", verbose_name=_("talent apartment")
    )
    reason = models.CharField(_("reason"), max_length=100)

    objects = OfApartment.as_manager()

    class Meta:
        verbose_name = _("days out of use")
        verbose_name_plural = _("days out of use")
        ordering = ["apartment", "valid_from"]
        constraints = [
            in_order("apartmentpause_in_order"),
            no_overlap(
                "apartmentpause_no_overlap",
                "apartment",
                message=_("This unit is already out of use on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return self.reason


@tracked()
class ApartmentRule(Recorded, DatedRow):
    """Terms of leases and the order of the waiting list, from a day to a day; without any row the sample holds."""

    class Order(models.TextChoices):
        POINTS = "points", _("by points, equal points by date")
        DATE = "date", _("by the date of application")

    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    document = models.CharField(_("document number"), max_length=100, blank=True)
    first_months = models.PositiveSmallIntegerField(_("first term, months at most"), default=36)
    longer_months = models.PositiveSmallIntegerField(
        _("after the first term, months at most"),
        default=24,
        help_text=_("At the market rent of the unit."),
    )
    graduated_years = models.PositiveSmallIntegerField(
        _("years since graduation when applying, at most"),
        null=True,
        blank=True,
        default=3,
        help_text=_("Empty: no limit."),
    )
    order = models.CharField(
        _("order of the waiting list"), max_length=10, choices=Order, default=Order.POINTS
    )
    points_programme = models.PositiveSmallIntegerField(_("points of a recruit of the programme"), default=10)
    points_doctor = models.PositiveSmallIntegerField(_("points of a doctor"), default=8)
    points_master = models.PositiveSmallIntegerField(_("points of a master"), default=5)
    points_bachelor = models.PositiveSmallIntegerField(_("points of a bachelor"), default=3)
    points_month = models.PositiveSmallIntegerField(_("points of each full month waited"), default=1)
    answer_days = models.PositiveSmallIntegerField(_("days to answer an offer"), default=7)
    declines_most = models.PositiveSmallIntegerField(
        _("offers declined until a new application is needed"), default=2
    )
    leave_days = models.PositiveSmallIntegerField(_("days to move out after leaving the trade"), default=30)
    warn_days = models.PositiveSmallIntegerField(_("leases shown as ending, days before"), default=60)

    objects = OfDistrict.as_manager()

    class Meta:
        verbose_name = _("rule of talent apartments")
        verbose_name_plural = _("rules of talent apartments")
        ordering = ["valid_from"]
        constraints = [
            in_order("apartmentrule_in_order"),
            no_overlap(
                "apartmentrule_one_a_day",
                "district",
                message=_("Another rule of talent apartments is in force on these days. End that one first."),
            ),
            models.CheckConstraint(
                name="apartmentrule_numbers",
                condition=Q(first_months__gte=1, answer_days__gte=1, declines_most__gte=1),
                violation_error_message=_(
                    "A term of at least one month, one day to answer and one declined offer."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.document or str(self.valid_from)


@tracked(exclude=["person", "reason"])
class ApartmentApplication(Recorded):
    """A graduate's wish for a unit: waiting until housed, withdrawn or struck from the list."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        HOUSED = "housed", _("housed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        STRUCK = "struck", _("struck from the list")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="apartment_applications", verbose_name=_("person")
    )
    applied_on = models.DateField(_("applied on"))
    rooms = models.PositiveSmallIntegerField(_("rooms wanted, at least"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    objects = OfPerson.as_manager()

    class Meta:
        verbose_name = _("application for an apartment")
        verbose_name_plural = _("applications for apartments")
        ordering = ["applied_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state="waiting"),
                name="apartmentapplication_waits_once",
                violation_error_message=_("This person is already on the waiting list."),
            ),
            models.CheckConstraint(
                name="apartmentapplication_ended",
                condition=Q(state="waiting", ended_on__isnull=True)
                | (~Q(state="waiting") & Q(ended_on__gte=F("applied_on"))),
                violation_error_message=_("What no longer waits has the day on which it ended."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.applied_on}"


class OfferQuerySet(models.QuerySet["ApartmentOffer"]):
    """Queries of offers."""

    def for_user(self, user: object) -> "OfferQuerySet":
        """Offers of the units the user may see."""
        scope = scope_of(user)
        return self if scope.everything else self.filter(apartment__district__in=scope.district_ids)


@tracked(exclude=["application", "grounds", "passed_over", "reason"])
class ApartmentOffer(Recorded):
    """A unit offered to somebody who waits. Place and points of that day stay with it."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        LAPSED = "lapsed", _("not answered in time")

    application = models.ForeignKey(
        ApartmentApplication, models.PROTECT, related_name="offers", verbose_name=_("application")
    )
    apartment = models.ForeignKey(
        TalentApartment, models.PROTECT, related_name="offers", verbose_name=_("talent apartment")
    )
    offered_on = models.DateField(_("offered on"))
    answer_by = models.DateField(_("answer by"))
    place = models.PositiveIntegerField(_("place in the order"))
    waiting = models.PositiveIntegerField(_("persons who waited"))
    grounds = models.JSONField(_("points"), default=list)
    passed_over = models.CharField(_("why somebody before was passed over"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer of an apartment")
        verbose_name_plural = _("offers of apartments")
        ordering = ["-offered_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state="open"),
                name="apartmentoffer_one_open",
                violation_error_message=_("This person already has an offer to answer."),
            ),
            models.UniqueConstraint(
                fields=["apartment"],
                condition=Q(state="open"),
                name="apartmentoffer_unit_once",
                violation_error_message=_("This unit is already offered to somebody. Wait for the answer."),
            ),
            models.CheckConstraint(
                name="apartmentoffer_answered",
                condition=Q(state="open", answered_on__isnull=True)
                | (~Q(state="open") & Q(answered_on__isnull=False)),
                violation_error_message=_("An answered offer has the day of the answer."),
            ),
            models.CheckConstraint(
                name="apartmentoffer_first_or_why",
                condition=Q(place=1) | ~Q(passed_over=""),
                violation_error_message=_("Say why those who stand before are passed over."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.apartment_id} {self.offered_on}"


@tracked(exclude=["person", "rent"])
class ApartmentLease(Recorded, DatedRow):
    """A unit let to a person, to the agreed last day or the earlier one on which it ended."""

    class End(models.TextChoices):
        TERM = "term", _("term over")
        LEFT = "left", _("left the trade")
        MOVED = "moved", _("moved out by own wish")
        HOME = "home", _("has a home of one's own")
        BREACH = "breach", _("breach of the lease")

    apartment = models.ForeignKey(
        TalentApartment, models.PROTECT, related_name="leases", verbose_name=_("talent apartment")
    )
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="apartment_leases", verbose_name=_("tenant")
    )
    offer = models.OneToOneField(
        ApartmentOffer,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="lease",
        verbose_name=_("offer of an apartment"),
    )
    rent = models.DecimalField(_("monthly rent (yuan)"), max_digits=8, decimal_places=2)
    agreed_to = models.DateField(_("agreed until"), editable=False)
    is_longer = models.BooleanField(_("after the first term"), default=False)
    end_reason = models.CharField(
        _("reason of the end"), max_length=10, choices=End, blank=True, editable=False
    )

    objects = OfApartment.as_manager()

    class Meta:
        verbose_name = _("lease of an apartment")
        verbose_name_plural = _("leases of apartments")
        ordering = ["-valid_from", "pk"]
        constraints = [
            in_order("apartmentlease_in_order"),
            models.CheckConstraint(
                name="apartmentlease_has_an_end",
                condition=Q(valid_to__isnull=False) & Q(valid_to__lte=F("agreed_to")),
                violation_error_message=_("A lease has a last day, not after the agreed one."),
            ),
            models.CheckConstraint(
                name="apartmentlease_early_end_has_reason",
                condition=Q(valid_to=F("agreed_to")) | ~Q(end_reason=""),
                violation_error_message=_("A lease that ends early has a reason."),
            ),
            no_overlap(
                "apartmentlease_unit_once",
                "apartment",
                message=_("This unit is let to somebody on some of these days. End that lease first."),
            ),
            no_overlap(
                "apartmentlease_person_once",
                "person",
                message=_("This person has another talent apartment on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.apartment_id} {self.valid_from}"
