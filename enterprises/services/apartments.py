"""Talent apartments: applications, offers and answers, leases and their ends. Each one transaction, refused with the way out."""

import datetime as dt
from dataclasses import fields

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.apartment_rules import (
    ApartmentTerms,
    Applicant,
    Placed,
    Span,
    Unit,
    Waiting,
    days_used,
    fault_of_application,
    fault_of_lease,
    in_order,
    last_day_of_term,
)
from enterprises.models import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentRule,
    Graduate,
    Post,
    TalentApartment,
)
from enterprises.party_checks import add_months
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.saving import readable
from redprop.core.models import Person

PERMISSION = "enterprises.change_apartmentlease"
A_DAY = dt.timedelta(days=1)
State = ApartmentApplication.State


def terms_on(district: District, day: dt.date) -> ApartmentTerms:
    """The parameters in force on the day; the sample where the district has none (one query)."""
    row = ApartmentRule.objects.on(day).filter(district=district).first()
    if row is None:
        return ApartmentTerms()
    return ApartmentTerms(**{one.name: getattr(row, one.name) for one in fields(ApartmentTerms)})


def waiting_on(district: District, day: dt.date) -> list[Placed]:
    """The waiting list of the day in its order (two queries)."""
    rows = ApartmentApplication.objects.filter(person__district=district, applied_on__lte=day)
    rows = rows.exclude(ended_on__lte=day)
    values = rows.values_list(
        "pk", "applied_on", "person__graduate__degree", "person__graduate__is_programme_recruit", "rooms"
    )
    people = [
        Waiting(pk, on, degree or "", bool(recruit), rooms) for pk, on, degree, recruit, rooms in values
    ]
    return in_order(people, day, terms_on(district, day))


def _require(user: User | None) -> None:
    if user is not None and not user.has_perm(PERMISSION):
        raise Refused(
            _("The registrar or the organisation department keeps talent apartments."), code="not-yours"
        )


def _by(user: User | None) -> str:
    return user.username if user else "system"


def _not_to_come(day: dt.date, district: District, field: str) -> None:
    if day > business_today(district):
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": day.isoformat()},
            code="future",
            field=field,
        )


def _spans(person: Person, but: int | None = None) -> list[Span]:
    rows = ApartmentLease.objects.filter(person=person).exclude(pk=but)
    return [Span(one.valid_from, one.valid_to, one.is_longer) for one in rows]


def applicant_on(person: Person, day: dt.date, terms: ApartmentTerms) -> Applicant:
    """What the registers say of the person on the day (three queries)."""
    graduate = Graduate.objects.filter(person=person).first()
    spans = _spans(person)
    whole = (add_months(day, terms.first_months) - day).days
    return Applicant(
        graduated_on=graduate.graduated_on if graduate else None,
        in_post=Post.objects.on(day).filter(person=person, enterprise__district=person.district_id).exists(),
        has_lease=any(one.last >= day for one in spans),
        used_up=days_used(spans, is_longer=False) >= whole,
    )


def check_application(application: ApartmentApplication) -> None:
    """Refuse who may not apply on that day, with the reason."""
    district = application.person.district
    _not_to_come(application.applied_on, district, "applied_on")
    terms = terms_on(district, application.applied_on)
    fault = fault_of_application(
        applicant_on(application.person, application.applied_on, terms), application.applied_on, terms
    )
    if fault:
        raise Refused(fault.sentence, code=fault.code, field=fault.field)


def apply_for_apartment(
    *, person: Person, applied_on: dt.date, rooms: int = 1, acting_user: User | None
) -> ApartmentApplication:
    """Put a graduate on the waiting list."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "application for an apartment"):
        person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        row = ApartmentApplication(
            person=person, applied_on=applied_on, rooms=rooms, recorded_by=_by(acting_user)
        )
        check_application(row)
        with readable():
            row.save()
    return row


def _locked(application: ApartmentApplication) -> ApartmentApplication:
    row = (
        ApartmentApplication.objects.select_for_update(of=("self",))
        .select_related("person__district")
        .get(pk=application.pk)
    )
    if row.state != State.WAITING:
        raise Refused(
            _("This application no longer waits: %(state)s. Load the page again.")
            % {"state": row.get_state_display()},
            code="ended",
        )
    return row


def _end(row: ApartmentApplication, state: str, day: dt.date, reason: str = "") -> None:
    row.state, row.ended_on, row.reason = state, max(day, row.applied_on), reason
    row.save(update_fields=["state", "ended_on", "reason"])


def end_application(
    *, application: ApartmentApplication, struck: bool, reason: str = "", acting_user: User | None
) -> ApartmentApplication:
    """Take somebody off the waiting list: withdrawn by own wish, or struck with a reason. An open offer lapses."""
    _require(acting_user)
    if struck and not reason.strip():
        raise Refused(_("Say why the application is struck from the list."), code="no-reason", field="reason")
    with transaction.atomic(), acting(acting_user, "application for an apartment ends"):
        row = _locked(application)
        day = business_today(row.person.district)
        row.offers.filter(state=ApartmentOffer.State.OPEN).update(
            state=ApartmentOffer.State.LAPSED, answered_on=day
        )
        _end(row, State.STRUCK if struck else State.WITHDRAWN, day, reason.strip())
    return row


def is_free(apartment: TalentApartment, day: dt.date) -> bool:
    """Whether the unit can be let on the day (three queries)."""
    return (
        TalentApartment.objects.kept_on(day).filter(pk=apartment.pk).exists()
        and not apartment.leases.on(day).exists()
        and not apartment.pauses.on(day).exists()
    )


def offer_apartment(
    *,
    application: ApartmentApplication,
    apartment: TalentApartment,
    passed_over: str = "",
    acting_user: User | None,
) -> ApartmentOffer:
    """Offer a free unit. The order of the day is kept with it; who is not first needs a reason.

    Who wants more rooms than the unit has, or has an offer to answer, is not counted as passed over.
    """
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "offer of an apartment"):
        unit = TalentApartment.objects.select_for_update(of=("self",)).get(pk=apartment.pk)
        row = _locked(application)
        district = row.person.district
        day = business_today(district)
        terms = terms_on(district, day)
        if unit.district_id != district.pk or not is_free(unit, day):
            raise Refused(
                _("The unit %(unit)s is not free on %(day)s. Choose another one.")
                % {"unit": unit.code, "day": day.isoformat()},
                code="not-free",
                field="apartment",
            )
        fault = fault_of_application(applicant_on(row.person, day, terms), day, terms, is_new=False)
        if fault:
            raise Refused(fault.sentence, code=fault.code, field=fault.field)
        order = waiting_on(district, day)
        offered = set(
            ApartmentOffer.objects.filter(state=ApartmentOffer.State.OPEN).values_list(
                "application", flat=True
            )
        )
        mine = next(one for one in order if one.who.key == row.pk)
        before = [
            one
            for one in order[: mine.place - 1]
            if one.who.key not in offered and one.who.rooms <= unit.rooms
        ]
        if before and not passed_over.strip():
            raise Refused(
                _(
                    "%(count)s stand before in the order and would fit this unit. Offer it to the first of them, or say why they are passed over."
                )
                % {"count": len(before)},
                code="not-first",
                field="passed_over",
            )
        why = passed_over.strip()
        if mine.place > 1 and not why:
            why = _("Those before want more rooms or have an offer.")
        offer = ApartmentOffer(
            application=row,
            apartment=unit,
            offered_on=day,
            answer_by=day + dt.timedelta(days=terms.answer_days),
            place=mine.place,
            waiting=len(order),
            grounds={
                "rule": terms.document,
                "by": terms.order,
                "points": [list(one) for one in mine.points],
                "order": [[one.who.key, one.total, one.who.applied_on.isoformat()] for one in order],
            },
            passed_over=why,
            recorded_by=_by(acting_user),
        )
        with readable():
            offer.save()
    return offer


def _open_offer(offer: ApartmentOffer) -> ApartmentOffer:
    row = (
        ApartmentOffer.objects.select_for_update(of=("self",))
        .select_related("application__person__district", "apartment")
        .get(pk=offer.pk)
    )
    if row.state != ApartmentOffer.State.OPEN:
        raise Refused(
            _("This offer is already answered: %(state)s.") % {"state": row.get_state_display()},
            code="answered",
        )
    return row


def accept_offer(
    *,
    offer: ApartmentOffer,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    acting_user: User | None,
) -> ApartmentLease:
    """Turn an offer into a lease; without a last day for the whole first term."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "offer of an apartment accepted"):
        unit = TalentApartment.objects.select_for_update(of=("self",)).get(pk=offer.apartment_id)
        row = _open_offer(offer)
        person = row.application.person
        day = business_today(person.district)
        if day > row.answer_by:
            raise Refused(
                _("The offer had to be answered by %(day)s. Offer the unit again.")
                % {"day": row.answer_by.isoformat()},
                code="lapsed",
            )
        terms = terms_on(person.district, valid_from)
        spans = _spans(person)
        lease = ApartmentLease(
            apartment=unit,
            person=person,
            offer=row,
            rent=unit.rent,
            valid_from=valid_from,
            valid_to=valid_to or last_day_of_term(valid_from, spans, terms, is_longer=False),
            recorded_by=_by(acting_user),
        )
        _save_lease(lease, terms, spans)
        row.state, row.answered_on = ApartmentOffer.State.ACCEPTED, day
        row.save(update_fields=["state", "answered_on"])
        _end(_locked(row.application), State.HOUSED, day)
    return lease


def decline_offer(*, offer: ApartmentOffer, reason: str = "", acting_user: User | None) -> ApartmentOffer:
    """Record that the offer is declined; after too many the application is struck from the list."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "offer of an apartment declined"):
        row = _open_offer(offer)
        district = row.application.person.district
        day = business_today(district)
        row.state, row.answered_on, row.reason = ApartmentOffer.State.DECLINED, day, reason.strip()
        row.save(update_fields=["state", "answered_on", "reason"])
        _strike_after_declines(row, day)
    return row


def _strike_after_declines(offer: ApartmentOffer, day: dt.date) -> None:
    application = offer.application
    most = terms_on(application.person.district, day).declines_most
    refused = (ApartmentOffer.State.DECLINED, ApartmentOffer.State.LAPSED)
    if application.offers.filter(state__in=refused).count() >= most:
        _end(
            _locked(application),
            State.STRUCK,
            day,
            _("%(count)s offers not taken; a new application is possible.") % {"count": most},
        )


def lapse_offers(*, district: District) -> int:
    """Let offers lapse that were not answered in time; returns how many. Safe to run every night."""
    day = business_today(district)
    late = ApartmentOffer.objects.filter(
        apartment__district=district, state=ApartmentOffer.State.OPEN, answer_by__lt=day
    ).values_list("pk", flat=True)
    count = 0
    for pk in list(late):
        with transaction.atomic(), acting(None, "offer of an apartment not answered"):
            row = (
                ApartmentOffer.objects.select_for_update(of=("self",))
                .select_related("application__person__district")
                .get(pk=pk)
            )
            if row.state != ApartmentOffer.State.OPEN:
                continue
            row.state, row.answered_on = ApartmentOffer.State.LAPSED, day
            row.save(update_fields=["state", "answered_on"])
            _strike_after_declines(row, day)
            count += 1
    return count


def _save_lease(lease: ApartmentLease, terms: ApartmentTerms, spans: list[Span]) -> None:
    unit = lease.apartment
    fault = fault_of_lease(
        Span(lease.valid_from, lease.valid_to, lease.is_longer),
        Unit(
            unit.available_from,
            unit.withdrawn_on,
            tuple(unit.pauses.values_list("valid_from", "valid_to")),
        ),
        spans,
        terms,
    )
    posts = Post.objects.on(lease.valid_from).filter(
        person=lease.person, enterprise__district=unit.district_id
    )
    if fault is None and not posts.exists():
        raise Refused(
            _("On %(day)s the tenant has no post at an enterprise of the district. Enter the post first.")
            % {"day": lease.valid_from.isoformat()},
            code="not-in-post",
            field="valid_from",
        )
    if fault:
        raise Refused(fault.sentence, code=fault.code, field=fault.field)
    lease.agreed_to = lease.valid_to
    with readable():
        lease.save()


def _locked_lease(lease: ApartmentLease) -> ApartmentLease:
    return (
        ApartmentLease.objects.select_for_update(of=("self",))
        .select_related("apartment__district", "person__district")
        .get(pk=lease.pk)
    )


def renew_lease(*, lease: ApartmentLease, valid_to: dt.date, acting_user: User | None) -> ApartmentLease:
    """Let the unit to the same tenant after the first term, at its market rent, from the day after the last."""
    _require(acting_user)
    with transaction.atomic(), acting(acting_user, "lease goes on after the first term"):
        row = _locked_lease(lease)
        first = row.valid_to + A_DAY
        if row.end_reason:
            raise Refused(
                _("This lease has ended on %(day)s. A new one begins with an application.")
                % {"day": row.valid_to.isoformat()},
                code="ended",
            )
        unit = row.apartment
        following = ApartmentLease(
            apartment=unit,
            person=row.person,
            rent=unit.market_rent or unit.rent,
            valid_from=first,
            valid_to=valid_to,
            is_longer=True,
            recorded_by=_by(acting_user),
        )
        _save_lease(following, terms_on(unit.district, first), _spans(row.person))
    return following


def end_lease(*, lease: ApartmentLease, on: dt.date, reason: str, acting_user: User | None) -> ApartmentLease:
    """End a lease on a day (its last one), not after the agreed one; `reason` is one of `ApartmentLease.End`."""
    _require(acting_user)
    if reason not in ApartmentLease.End.values:
        raise Refused(_("Choose why the lease ends."), code="no-reason", field="reason")
    with transaction.atomic(), acting(acting_user, "lease of an apartment ends"):
        row = _locked_lease(lease)
        if not row.valid_from <= on <= row.agreed_to:
            raise Refused(
                _("The last day lies between %(first)s and the agreed %(last)s. Correct the day.")
                % {"first": row.valid_from.isoformat(), "last": row.agreed_to.isoformat()},
                code="outside",
                field="on",
            )
        row.valid_to, row.end_reason = on, reason
        row.save(update_fields=["valid_to", "end_reason"])
    return row


def check_apartment(apartment: TalentApartment) -> None:
    """Refuse a unit outside the district, or given up while it is let (two queries)."""
    if apartment.community_id and apartment.community.district_id != apartment.district_id:
        raise Refused(
            _("The community lies in another district. A talent apartment lies in the district."),
            code="outside",
            field="community",
        )
    if apartment.pk and apartment.withdrawn_on:
        last = apartment.leases.order_by("-valid_to").values_list("valid_to", flat=True).first()
        if last is not None and last >= apartment.withdrawn_on:
            raise Refused(
                _("The unit is let until %(day)s. End the lease first, or give it up later.")
                % {"day": last.isoformat()},
                code="let",
                field="withdrawn_on",
            )
