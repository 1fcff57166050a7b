"""What each posting reaches."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import Community, District, Subdistrict
from redprop.common.scope import scope_of

pytestmark = pytest.mark.django_db


def names(queryset):
    return {str(row) for row in queryset}


def test_staff_reaches_the_whole_district_and_nothing_of_the_neighbour(cast):
    registrar = cast.registrar
    assert names(Subdistrict.objects.for_user(registrar)) == {"甲区1街道", "甲区2街道"}
    assert names(Community.objects.for_user(registrar)) == {"甲区1社区", "甲区2社区"}
    assert names(District.objects.for_user(registrar)) == {"甲区"}


def test_clerk_reaches_the_own_subdistrict_only(cast):
    assert names(Community.objects.for_user(cast.subdistrict_clerk)) == {"甲区1社区"}


def test_secretary_reaches_the_own_community_only(cast):
    assert names(Community.objects.for_user(cast.community_secretary)) == {"甲区1社区"}
    assert names(Subdistrict.objects.for_user(cast.community_secretary)) == {"甲区1街道"}


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator", "audit_administrator"])
def test_administrators_reach_no_register(cast, role):
    assert not Community.objects.for_user(cast.by_role[role]).exists()


def test_an_ended_posting_reaches_nothing(cast):
    Posting.objects.filter(user=cast.registrar).update(valid_to=dt.date(2026, 10, 11))
    user = User.objects.get(pk=cast.registrar.pk)
    assert scope_of(user).is_empty
    assert user.roles == frozenset()


def test_a_posting_holds_on_its_last_day(cast):
    Posting.objects.filter(user=cast.registrar).update(valid_to=dt.date(2026, 10, 12))
    assert not scope_of(User.objects.get(pk=cast.registrar.pk)).is_empty


def test_nobody_holds_two_administrator_roles_on_one_day(cast):
    with pytest.raises(IntegrityError, match="posting_one_administrator_role"), transaction.atomic():
        Posting.objects.create(
            user=cast.system_administrator,
            role=Role.AUDIT_ADMINISTRATOR,
            district=cast.district,
            valid_from=dt.date(2026, 1, 1),
        )


def test_a_secretary_needs_a_community(cast):
    with pytest.raises(IntegrityError, match="posting_area_fits_role"), transaction.atomic():
        Posting.objects.create(
            user=cast.registrar,
            role=Role.COMMUNITY_SECRETARY,
            district=cast.district,
            valid_from=dt.date(2026, 1, 1),
        )
