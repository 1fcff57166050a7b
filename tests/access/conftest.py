"""The demo district with one user for each role, and the same roles in a second district."""

import datetime as dt
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.db import models
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from communities.models import ServiceAssignment
from enterprises.models import EnterpriseContact
from evaluations.demo.load import CODE
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import Community, District
from tests.conftest import make_district, make_user
from tests.demo_fixture import QUICK_HASHERS

FIRST_DAY = dt.date(2020, 1, 1)


@dataclass
class People:
    """Users by role, at home and abroad."""

    own: dict[str, User]
    foreign: dict[str, User]

    def all(self) -> list[User]:
        """Everybody."""
        return [*self.own.values(), *self.foreign.values()]


@pytest.fixture
def people(demo_district, people_of_module) -> People:
    """Users of the demo district, which is home, and of a neighbour.

    Copies, so that no test sees what another left on them; postings and rights are read once for the module: two
    queries for each of 32 users took longer than the pages.
    """
    return People(
        {role: copy(user) for role, user in people_of_module.own.items()},
        {role: copy(user) for role, user in people_of_module.foreign.items()},
    )


@pytest.fixture(scope="module")
def people_of_module(demo_database, django_db_blocker) -> People:
    """Home is the demo district; the clerk and the secretary are posted where something happens.

    They are entered into the module's own copy of the demo once: 72 inserts for each of 250 tests are not.
    """
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
        entered = enter_people(District.objects.get(code=CODE))
        users = User.objects.in_bulk([user.pk for user in entered.all()])
        for user in users.values():
            user.get_all_permissions()  # kept on the user, like the area
            assert user.scope.user_id == user.pk
        return People(
            {role: users[user.pk] for role, user in entered.own.items()},
            {role: users[user.pk] for role, user in entered.foreign.items()},
        )


def enter_people(demo_district: District) -> People:
    """Enter one user for each role at home and abroad."""
    serving = ServiceAssignment.objects.filter(compound__district=demo_district, valid_to=None)
    community = Community.objects.filter(placements__compound__in=serving.values("compound")).first()
    neighbour, n_subdistrict, n_community, _, _ = make_district("990199", "邻区")
    own, foreign = {}, {}
    for role in Role.values:
        own[role] = make_user(
            f"t-{role}",
            role,
            demo_district,
            subdistrict=community.subdistrict if role == Role.SUBDISTRICT_CLERK else None,
            community=community if role == Role.COMMUNITY_SECRETARY else None,
        )
        foreign[role] = make_user(
            f"f-{role}",
            role,
            neighbour,
            subdistrict=n_subdistrict if role == Role.SUBDISTRICT_CLERK else None,
            community=n_community if role == Role.COMMUNITY_SECRETARY else None,
        )
    enterprise = serving.filter(compound__placements__community=community).first().contract.project.enterprise
    EnterpriseContact.objects.create(
        user=own[Role.ENTERPRISE_CONTACT], enterprise=enterprise, valid_from=FIRST_DAY
    )
    return People(own, foreign)


def all_patterns() -> Iterator[tuple[str, str]]:
    """Every URL pattern of the project: its name with namespace (or its route), and its route."""

    def walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[tuple[str, str]]:
        for pattern in resolver.url_patterns:
            here = route + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield (f"{namespace}{pattern.name}" if pattern.name else here), here
            else:
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern, inner, here)

    yield from walk(get_resolver(), "", "")


def registered_models() -> list[type[models.Model]]:
    """Models with pages in the admin."""
    return list(admin.site._registry)
