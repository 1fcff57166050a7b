"""Talent apartments through their services and pages: the list keeps its order, nobody lives in two units."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from enterprises.apartments import FIGURES, opened
from enterprises.coverage import Reach
from enterprises.models import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentRule,
    Graduate,
    Post,
    TalentApartment,
)
from enterprises.services.apartments import (
    accept_offer,
    apply_for_apartment,
    decline_offer,
    end_application,
    end_lease,
    lapse_offers,
    offer_apartment,
    renew_lease,
)
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.core.models import Person
from tests.town import NOW, START, build_town, posted

TODAY = dt.date(2026, 10, 21)


def graduate(town, number, *, degree="bachelor", recruit=True, graduated=dt.date(2025, 6, 30)):
    person = Person.objects.create(
        district=town.district, code=f"RY{number}", name=f"某{number}", pinyin=f"mou{number}"
    )
    Graduate.objects.create(
        person=person,
        degree=degree,
        graduated_on=graduated,
        is_programme_recruit=recruit,
        recruited_on=graduated if recruit else None,
    )
    Post.objects.create(person=person, enterprise=town.huanan, kind="staff", valid_from=graduated)
    return person


def unit(town, number, rooms=1):
    return TalentApartment.objects.create(
        district=town.district,
        code=f"GY{number}",
        community=town.a1,
        address=f"示范路{number}号",
        rooms=rooms,
        rent=800,
        market_rent=1500,
        available_from=START,
    )


@pytest.fixture
def town(db, settings):
    settings.DEMO = True
    town = build_town()
    town.user = posted("zzb", "组织", "organisation_department", town.district)
    User.objects.filter(pk__in=[town.user.pk, town.registrar.pk, town.clerk.pk]).update(is_staff=True)
    town.user = User.objects.get(pk=town.user.pk)
    return town


def applied(town, person, on="2026-09-01", rooms=1):
    return apply_for_apartment(
        person=person, applied_on=dt.date.fromisoformat(on), rooms=rooms, acting_user=town.user
    )


def lived_in(town, person, one, first="2026-10-21", last=None):
    application = applied(town, person)
    offer = offer_apartment(application=application, apartment=one, acting_user=town.user)
    return accept_offer(
        offer=offer,
        valid_from=dt.date.fromisoformat(first),
        valid_to=dt.date.fromisoformat(last) if last else None,
        acting_user=town.user,
    )


def refused(call, **arguments):
    with pytest.raises(Refused) as found:
        call(**arguments)
    return found.value


def test_from_application_to_lease_and_its_end(town):
    person, one = graduate(town, 1), unit(town, 1)
    lease = lived_in(town, person, one)
    assert (lease.valid_to, lease.rent) == (dt.date(2029, 10, 20), 800)
    application = ApartmentApplication.objects.get()
    assert (application.state, application.ended_on) == ("housed", TODAY)
    ended = end_lease(lease=lease, on=dt.date(2027, 1, 31), reason="moved", acting_user=town.user)
    assert (ended.valid_to, ended.agreed_to) == (dt.date(2027, 1, 31), dt.date(2029, 10, 20))


def test_who_is_not_first_is_offered_a_unit_only_with_a_reason_and_the_order_is_kept(town):
    first = applied(town, graduate(town, 1, degree="master"))
    second = applied(town, graduate(town, 2))
    found = refused(offer_apartment, application=second, apartment=unit(town, 1), acting_user=town.user)
    assert (found.code, ApartmentOffer.objects.count()) == ("not-first", 0)
    offer = offer_apartment(
        application=second,
        apartment=TalentApartment.objects.get(),
        passed_over="第一名本月出差，书面放弃本次",
        acting_user=town.user,
    )
    assert (offer.place, offer.waiting) == (2, 2)
    # 2026-09-01 to 2026-10-21 is one full month: 10 + 5 + 1 before 10 + 3 + 1.
    assert [row[:2] for row in offer.grounds["order"]] == [[first.pk, 16], [second.pk, 14]]


def test_who_wants_more_rooms_is_not_passed_over(town):
    applied(town, graduate(town, 1, degree="master"), rooms=2)
    second = applied(town, graduate(town, 2))
    assert offer_apartment(application=second, apartment=unit(town, 1), acting_user=town.user).place == 2


def test_two_offers_declined_need_a_new_application(town):
    application, one = applied(town, graduate(town, 1)), unit(town, 1)
    for state in ("waiting", "struck"):
        offer = offer_apartment(application=application, apartment=one, acting_user=town.user)
        decline_offer(offer=offer, reason="太远", acting_user=town.user)
        application.refresh_from_db()
        assert application.state == state
    assert applied(town, application.person, on="2026-10-21").state == "waiting"


def test_an_offer_lapses_the_day_after_its_last_day(town):
    application, one = applied(town, graduate(town, 1)), unit(town, 1)
    offer = offer_apartment(application=application, apartment=one, acting_user=town.user)
    assert offer.answer_by == dt.date(2026, 10, 28)
    assert lapse_offers(district=at(town, 7)) == 0
    assert lapse_offers(district=at(town, 8)) == 1
    offer.refresh_from_db()
    assert offer.state == "lapsed"


def at(town, days):
    District.objects.filter(pk=town.district.pk).update(clock=NOW + dt.timedelta(days=days))
    return District.objects.get(pk=town.district.pk)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"applied_on": dt.date(2026, 10, 22)}, "future"),
        ({"applied_on": dt.date(2025, 6, 29)}, "not-in-post"),
    ],
)
def test_an_application_that_is_refused(town, change, code):
    person = graduate(town, 1)
    assert refused(apply_for_apartment, person=person, acting_user=town.user, **change).code == code


def test_nobody_waits_twice_and_no_tenant_applies(town):
    person = graduate(town, 1)
    lived_in(town, person, unit(town, 1))
    assert refused(applied, town=town, person=person, on="2026-10-21").code == "has-lease"
    other = graduate(town, 2)
    applied(town, other)
    refused(applied, town=town, person=other)
    assert ApartmentApplication.objects.filter(person=other).count() == 1


def test_the_database_refuses_two_leases_of_a_unit_and_two_units_of_a_person(town):
    person, other, one = graduate(town, 1), graduate(town, 2), unit(town, 1)
    lease = lived_in(town, person, one)
    for changes in ({"person": other}, {"apartment": unit(town, 2)}):
        values = {"person": person, "apartment": one, **changes}
        with pytest.raises(IntegrityError), transaction.atomic():
            ApartmentLease.objects.create(
                **values,
                rent=1,
                valid_from=lease.valid_to,
                valid_to=lease.valid_to,
                agreed_to=lease.valid_to,
            )


@pytest.mark.django_db(transaction=True)
def test_two_clerks_offer_one_unit_at_once_and_one_is_refused(settings, transactional_db):
    settings.DEMO = True
    town = build_town()
    town.user = posted("zzb", "组织", "organisation_department", town.district)
    one = unit(town, 1)
    rows = [applied(town, graduate(town, number)) for number in (1, 2)]
    found = []

    def offer(row):
        try:
            offer_apartment(application=row, apartment=one, passed_over="同时", acting_user=None)
            found.append("offered")
        except Refused as refusal:
            found.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=offer, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found)[-1] == "offered"
    assert found.count("offered") == 1
    assert ApartmentOffer.objects.filter(state="open").count() == 1


def test_a_second_term_at_the_market_rent_follows_the_first(town):
    ApartmentRule.objects.create(
        district=town.district, valid_from=START, first_months=1, longer_months=2, graduated_years=None
    )
    person = graduate(town, 1)
    lease = lived_in(town, person, unit(town, 1))
    assert lease.valid_to == dt.date(2026, 11, 20)
    too_long = refused(renew_lease, lease=lease, valid_to=dt.date(2027, 1, 21), acting_user=town.user)
    assert too_long.code == "too-long"
    following = renew_lease(lease=lease, valid_to=dt.date(2027, 1, 20), acting_user=town.user)
    assert (following.valid_from, following.rent, following.is_longer) == (
        dt.date(2026, 11, 21),
        1500,
        True,
    )


def test_who_leaves_the_trade_stands_in_the_worklist_until_the_lease_is_ended(town):
    person = graduate(town, 1)
    lease = lived_in(town, person, unit(town, 1), first="2026-09-01")
    Post.objects.filter(person=person).update(valid_to=dt.date(2026, 10, 1))
    reach = Reach(town.district, TODAY, town.user)
    _figure, (row,) = opened("left", reach)
    assert (row.left, row.out_by) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert opened("left", Reach(town.district, dt.date(2026, 10, 1)))[1] == []
    end_lease(lease=lease, on=dt.date(2026, 10, 20), reason="left", acting_user=town.user)
    assert opened("left", reach)[1] == []


def test_the_figures_of_a_day(town):
    """Three units: one let until 60 days from now, one out of use, one free; one waits."""
    units = [unit(town, number) for number in (1, 2, 3)]
    units[1].pauses.create(reason="维修", valid_from=dt.date(2026, 10, 1))
    lived_in(town, graduate(town, 1), units[0], last="2026-12-20")
    applied(town, graduate(town, 2))
    found = {code: one.rows(Reach(town.district, TODAY)).count() for code, one in FIGURES.items()}
    assert found == {
        "units": 3,
        "let": 1,
        "free": 1,
        "out": 1,
        "waiting": 1,
        "offers": 0,
        "ending": 1,
        "left": 0,
    }
    ApartmentLease.objects.update(valid_to=dt.date(2026, 12, 21), agreed_to=dt.date(2026, 12, 21))
    assert FIGURES["ending"].rows(Reach(town.district, TODAY)).count() == 0


def test_pages_and_files_for_the_two_who_keep_them_and_nobody_else(town):
    lived_in(town, graduate(town, 1), unit(town, 1))
    waiting = applied(town, graduate(town, 2))
    client = Client()
    client.force_login(town.user)
    page = client.get(reverse("admin:enterprises_talentapartment_overview")).content.decode()
    assert "某2" in page
    for code in FIGURES:
        assert client.get(reverse("admin:enterprises_talentapartment_rows", args=[code])).status_code == 200
    name = reverse("admin:enterprises_talentapartment_rows_file", args=["waiting", "csv"])
    assert "某2" in b"".join(client.get(name)).decode("utf-8-sig")
    change = reverse("admin:enterprises_apartmentapplication_change", args=[waiting.pk])
    assert client.get(change).status_code == 200
    free = unit(town, 5)
    step = reverse("admin:enterprises_apartmentapplication_step", args=[waiting.pk, "offer"])
    client.post(step, {"apartment": free.pk})
    assert waiting.offers.get().apartment == free
    client.force_login(User.objects.get(pk=town.clerk.pk))
    for address in (change, name, reverse("admin:enterprises_talentapartment_overview")):
        assert client.get(address).status_code == 403


def test_nobody_else_takes_a_step(town):
    application = applied(town, graduate(town, 1))
    found = refused(end_application, application=application, struck=False, acting_user=town.clerk)
    assert found.code == "not-yours"
