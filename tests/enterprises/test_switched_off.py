"""An installation without PARTY_DEVELOPMENT: of every address of that part nothing answers, for any role.

The addresses come from the tables of `tests/access`; the pages are taken out as they are when the site
starts with the switch off.
"""

import datetime as dt
import types

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, path, reverse

from enterprises.admin import development
from enterprises.models import PartyStage, StageRule
from enterprises.party_figures import FIGURES, PAGES, figures_of
from enterprises.services.development import steps_due
from enterprises.services.reminders import remind_of_party
from redprop import admin_menu, urls
from redprop.accounts.models import User
from redprop.accounts.permissions import DEVELOPMENT
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.services.listings import open_listing
from redprop.core.services.person_data import collect
from tests.access.table import REGISTERS
from tests.access.test_url_roles import MODEL_PAGES
from tests.conftest import make_user
from tests.enterprises.test_stages_stay_hidden import town  # noqa: F401  the marked person
from tests.stages import no_stage_is_read

ROWS = ("history", "delete", "change")


def addresses_of_the_part(stage, rule):
    """Every address of its registers by the table of pages, and the rows behind its figures."""
    keys = {"enterprises.partystage": stage.pk, "enterprises.stagerule": rule.pk}
    assert set(keys) == set(DEVELOPMENT) <= set(REGISTERS)
    found = []
    for label, key in keys.items():
        name = f"admin:{label.replace('.', '_')}"
        found += [reverse(f"{name}_{page}", args=[key] if page in ROWS else []) for page in MODEL_PAGES]
        found += [reverse(f"{name}_export", args=["list", ending]) for ending in ("csv", "xlsx")]
    base = "admin:enterprises_partyorganisation"
    figures = [reverse(f"{base}_rows", args=[one.code]) for one in FIGURES.values() if one.secret]
    return found, figures


def addresses_now():
    """The site's addresses with the pages of the admin as they are registered now."""
    module = types.ModuleType("tests.enterprises.addresses_switched_off")
    kept = [one for one in urls.urlpatterns if str(one.pattern) != "admin/"]
    module.urlpatterns = [path("admin/", admin.site.urls), *kept]  # type: ignore[attr-defined]
    return module


@pytest.fixture
def off(town, settings):  # noqa: F811
    """The town in an installation that keeps no stages; `off.addresses` were theirs before."""
    rule = StageRule.objects.create(district=town.district, stage="activist", valid_from=dt.date(2020, 1, 1))
    town.addresses, town.figures = addresses_of_the_part(town.stage, rule)
    town.users = [
        make_user(f"r-{role}"[:30], role, town.district, **area(town, role)) for role in Role.values
    ]
    User.objects.filter(pk__in=[one.pk for one in town.users]).update(is_staff=True)
    settings.PARTY_DEVELOPMENT = False
    for model in (PartyStage, StageRule):
        admin.site.unregister(model)
    try:
        settings.ROOT_URLCONF = addresses_now()
        yield town
    finally:
        admin.site.register(PartyStage, development.PartyStageAdmin)
        admin.site.register(StageRule, development.StageRuleAdmin)


def area(town, role):  # noqa: F811
    if role == Role.SUBDISTRICT_CLERK:
        return {"subdistrict": town.street_a}
    return {"community": town.a1} if role == Role.COMMUNITY_SECRETARY else {}


def test_no_address_of_the_part_answers_to_any_role(off):
    wrong = []
    for user in [*off.users, None]:
        client = Client()
        if user is not None:
            client.force_login(User.objects.get(pk=user.pk))
        for address in off.addresses:
            with no_stage_is_read(address):
                status = client.get(address).status_code
            if status != 404 and not (user is None and status == 302):
                wrong.append((user and user.username, address, status))
    assert wrong == []


def test_no_figure_of_stages_opens_and_none_is_listed(off):
    wrong = []
    for user in off.users:
        user = User.objects.get(pk=user.pk)
        client = Client()
        client.force_login(user)
        for page in PAGES:
            wrong += [one.code for one in figures_of(page, user) if one.secret]
        for address in off.figures:
            status = client.get(address).status_code
            if status not in (403, 404) or (
                status == 403 and user.has_perm("enterprises.view_partyorganisation")
            ):
                wrong.append((user.username, address, status))
    assert wrong == []


def test_neither_menu_nor_search_nor_start_page_nor_list_names_the_part(off, rf):
    for user in off.users:
        user = User.objects.get(pk=user.pk)
        request = rf.get("/admin/")
        request.user = user
        links = [str(item["link"]) for group in admin_menu.navigation(request) for item in group["items"]]
        assert not [link for link in links if "partystage" in link or "stagerule" in link]
        for label in DEVELOPMENT:
            with pytest.raises((Refused, PermissionDenied)):
                open_listing(user=user, page=f"admin:{label}")
    client = Client()
    client.force_login(User.objects.get(pk=off.organisation.pk))
    with no_stage_is_read("search, start, figures, worklists"):
        for address in (
            reverse("admin:search") + "?s=1949",
            reverse("admin:search") + "?s=发展",
            reverse("admin:index"),
            reverse("admin:core_person_history", args=[off.person.pk]),
            *(reverse("admin:enterprises_partyorganisation_figures", args=[page]) for page in PAGES),
        ):
            text = client.get(address).content.decode()
            assert "partystage" not in text, address
            assert "1949" not in text.replace("?s=1949", "").replace('value="1949"', ""), address
        assert steps_due(off.district, dt.date(2026, 10, 21)) == []
        remind_of_party(district=off.district)


def test_what_a_person_is_handed_of_the_own_data_names_no_stage(off):
    user = User.objects.get(pk=off.organisation.pk)
    with no_stage_is_read("a person's own data"):
        found = collect(person=off.person, purpose="本人申请查询", acting_user=user)
    assert "1949" not in str(found)


def test_the_interface_has_no_address_of_the_part(off):
    """Neither open data nor any other address of the site speaks of stages."""
    with pytest.raises(NoReverseMatch):
        reverse("admin:enterprises_partystage_changelist")

    def routes(resolver, before=""):
        for pattern in resolver.url_patterns:
            here = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from routes(pattern, here)
            else:
                yield here

    named = [route for route in routes(get_resolver()) if "partystage" in route or "stagerule" in route]
    assert named == []
