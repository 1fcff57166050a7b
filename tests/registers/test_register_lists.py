"""The registers' lists: who sees what, how things are found, and that no row costs a query."""

import datetime as dt

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.services.compounds import create_compound
from redprop.core.models import SavedFilter

pytestmark = pytest.mark.django_db

COMPOUNDS = "/admin/communities/compound/"
CONTRACTS = "/admin/communities/servicecontract/"


def shown(response) -> set[str]:
    return {str(row) for row in response.context["cl"].result_list}


@pytest.mark.parametrize(
    "words",
    ["后湖花园", "湖花", "hhhy", "HHHY", "houhuhuayuan", "XQ101", "ｘｑ１０１", "后湖 1期"],
)
def test_a_compound_is_found_by_any_part_of_its_name_by_initials_and_by_code(registrar, world, words):
    assert shown(registrar.get(COMPOUNDS, {"q": words})) == {"后湖花园1期"}


def test_what_is_not_there_is_not_found(registrar, world):
    assert shown(registrar.get(COMPOUNDS, {"q": "hhhx"})) == set()


def test_filters_that_staff_use(registrar, world, cast):
    unplaced = create_compound(
        district=cast.district,
        code="XQ103",
        name="待归属小区",
        registered_from=dt.date(2020, 1, 1),
        kind="old",
        compound_class=2,
        acting_user=None,
    )
    subdistrict = cast.subdistrict.pk
    expected = {
        f"subdistrict={subdistrict}": {"后湖花园1期", "台北路1号院"},
        f"subdistrict={cast.other_subdistrict.pk}": set(),
        "kind=old": {"台北路1号院", "待归属小区"},
        "class=2": {"待归属小区"},
        "class=none": {"台北路1号院"},
        f"enterprise={world.market.pk}": {"后湖花园1期"},
        "todo=unplaced": {unplaced.name},
        "todo=no-contract": {"台北路1号院", "待归属小区"},
    }
    for query, names in expected.items():
        assert shown(registrar.get(f"{COMPOUNDS}?{query}")) == names, query


def test_contracts_that_end_within_sixty_days_of_the_business_day(registrar, world):
    # The clock stands at 2026-10-12: 60 days later is 2026-12-11. Both contracts end on 12-01.
    assert shown(registrar.get(f"{CONTRACTS}?end=soon")) == {"HT10", "HT11"}
    world.contract.valid_to = dt.date(2026, 12, 12)
    world.contract.save()
    world.welfare_contract.valid_to = dt.date(2026, 10, 11)
    world.welfare_contract.save()
    assert shown(registrar.get(f"{CONTRACTS}?end=soon")) == set()
    assert shown(registrar.get(f"{CONTRACTS}?end=over")) == {"HT11"}


def test_a_clerk_sees_the_own_subdistrict_only(client, world, cast):
    create_compound(
        district=cast.district,
        code="XQ104",
        name="别街小区",
        registered_from=dt.date(2020, 1, 1),
        kind="old",
        community=cast.other_community,
        acting_user=None,
    )
    client.force_login(cast.subdistrict_clerk)
    assert shown(client.get(COMPOUNDS)) == {"后湖花园1期", "台北路1号院"}


def registers():
    return [
        model
        for model in admin.site._registry
        if model._meta.label_lower
        not in ("core.savedfilter", "accounts.auditblock")  # one's own; digests alone
        and model._meta.app_label in ("areas", "core", "enterprises", "communities", "accounts")
    ]


def visible_pks(user, model) -> set:
    return set(model._default_manager.for_user(user).values_list("pk", flat=True))


@pytest.mark.parametrize("model", registers(), ids=lambda model: model._meta.label_lower)
def test_a_second_district_sees_nothing_of_the_first(client, cast, world, neighbour, model):
    """Neither in the list, nor by address, nor among the suggestions of another page."""
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    theirs = visible_pks(cast.foreign["registrar"], model)
    ours = visible_pks(cast.registrar, model)
    assert not ours & theirs
    client.force_login(cast.foreign["registrar"])
    if not cast.foreign["registrar"].has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
        return
    found = {row.pk for row in client.get(reverse(f"admin:{name}_changelist")).context["cl"].result_list}
    assert not found & ours
    for pk in list(ours)[:3]:
        assert client.get(reverse(f"admin:{name}_change", args=[pk])).status_code == 404
        assert client.get(reverse(f"admin:{name}_history", args=[pk])).status_code == 404


@pytest.mark.parametrize(
    ("page", "field", "own"),
    [
        ("communities.servicecontract", "project", "project"),
        ("communities.marketround", "compound", "compound"),
        ("communities.marketround", "taker", "market"),
        ("enterprises.serviceproject", "enterprise", "market"),
    ],
)
def test_suggestions_stay_inside_the_district(registrar, world, neighbour, page, field, own):
    app_label, model_name = page.split(".")
    answer = registrar.get(
        "/admin/autocomplete/",
        {"app_label": app_label, "model_name": model_name, "field_name": field, "term": ""},
    ).json()
    ids = {int(row["id"]) for row in answer["results"]}
    assert getattr(world, own).pk in ids
    assert getattr(neighbour, own).pk not in ids


def test_a_foreign_row_cannot_be_chosen_by_its_number(registrar, world, neighbour):
    answer = registrar.post(
        "/admin/enterprises/serviceproject/add/",
        {
            "enterprise": neighbour.market.pk,
            "code": "XM999",
            "name": "越界项目",
            "started_on": "2026-01-01",
        },
    )
    assert "enterprise" in answer.context["adminform"].form.errors


def test_filters_do_not_name_the_neighbours_areas(registrar, world, neighbour):
    page = registrar.get(COMPOUNDS).content.decode()
    assert "甲区1街道" in page
    assert "乙区1街道" not in page
    assert neighbour.market.name not in page


@pytest.mark.parametrize(
    "address",
    [
        COMPOUNDS,
        CONTRACTS,
        "/admin/enterprises/enterprise/",
        "/admin/enterprises/serviceproject/",
        "/admin/areas/community/",
    ],
)
def test_a_list_costs_as_many_queries_for_many_rows_as_for_few(registrar, cast, world, address):
    from tests.registers.conftest import make_world

    registrar.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        registrar.get(address)
    for number in range(3, 23):
        make_world(cast.district, cast.community, number)
    with CaptureQueriesContext(connection) as many:
        registrar.get(address)
    assert len(many) == len(few), "\n".join(q["sql"][:150] for q in many.captured_queries)
    assert len(many) <= 25


def test_a_filter_is_kept_under_a_name_and_belongs_to_its_user(registrar, client, cast, world):
    registrar.post(
        "/admin/core/savedfilter/keep/",
        {"page": "communities.compound", "name": "无合同", "query": "todo=no-contract&p=2"},
    )
    kept = SavedFilter.objects.get()
    assert (kept.user, kept.query) == (cast.registrar, "todo=no-contract")
    page = registrar.get(COMPOUNDS).content.decode()
    assert "?todo=no-contract" in page
    client.force_login(cast.evaluator)
    assert "?todo=no-contract" not in client.get(COMPOUNDS).content.decode()
    assert client.post(f"/admin/core/savedfilter/{kept.pk}/drop/").status_code == 404
    client.force_login(cast.registrar)
    client.post(f"/admin/core/savedfilter/{kept.pk}/drop/")
    assert not SavedFilter.objects.exists()
