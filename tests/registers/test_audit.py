"""The audit trail: who, when, before, after, reason; read by the audit administrator of the district alone."""

import pghistory.models
import pytest
from django.urls import reverse

from redprop.accounts.audit import acting
from redprop.accounts.models import AuditLine
from redprop.core.history import changes_of

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/auditline/"


@pytest.fixture
def change(world, cast):
    """The registrar corrects the number of households."""
    with acting(cast.registrar, "实地核对"):
        world.compound.households = 312
        world.compound.save()
    return pghistory.models.Context.objects.get(metadata__reason="实地核对")


def line_of(context) -> int:
    return AuditLine.objects.get(context=context.pk, register="communities_compound").pk


def test_an_act_shows_what_each_field_held_before_and_after(change, world):
    [found] = changes_of(change.pk)
    assert ("households", "300", "312") in [(name, a, b) for name, a, b in found.fields] or (
        "户数",
        "300",
        "312",
    ) in found.fields
    assert not found.deleted


def test_the_value_after_is_that_of_the_next_change_not_of_today(change, world, cast):
    with acting(cast.registrar, "再次核对"):
        world.compound.households = 320
        world.compound.save()
    [found] = changes_of(change.pk)
    assert ("300", "312") in [(before, after) for _name, before, after in found.fields]


def test_personal_fields_are_shown_as_changed_without_values(cast):
    from redprop.core.models import Person
    from redprop.core.services.people import save_person

    person = save_person(
        person=Person(district=cast.district, code="RY9", name="王五", work_phone="027-85600000"),
        acting_user=cast.registrar,
    )
    person.work_phone = "027-85611111"
    save_person(person=person, acting_user=cast.registrar, reason="换电话")
    context = pghistory.models.Context.objects.get(metadata__reason="换电话")
    [found] = changes_of(context.pk)
    assert found.fields == []
    assert "027-85600000" not in str(found)


def test_the_audit_administrator_finds_it_by_user_and_exports_it(client, cast, change):
    client.force_login(cast.audit_administrator)
    assert "实地核对" in client.get(LIST, {"q": "registrar"}).content.decode()
    page = client.get(reverse("admin:accounts_auditline_change", args=[line_of(change)])).content.decode()
    assert "300" in page
    assert "312" in page
    assert "实地核对" in client.get(f"{LIST}export/list.csv").getvalue().decode()


def test_the_neighbours_auditor_sees_nothing_of_it(client, cast, change):
    client.force_login(cast.foreign["audit_administrator"])
    assert "实地核对" not in client.get(LIST).content.decode()
    assert client.get(reverse("admin:accounts_auditline_change", args=[line_of(change)])).status_code == 404
    assert "实地核对" not in client.get(f"{LIST}export/list.csv").getvalue().decode()


def test_reading_one_act_costs_a_fixed_number_of_queries(change, world, cast, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        changes_of(change.pk)


def test_who_may_not_change_an_account_sees_nothing_of_its_password(client, cast):
    cast.registrar.set_password("correct horse battery")
    cast.registrar.save()
    address = reverse("admin:accounts_user_change", args=[cast.registrar.pk])
    client.force_login(cast.audit_administrator)
    shown = client.get(address).content.decode()
    assert cast.registrar.username in shown
    assert cast.registrar.password.split("$")[0] not in shown
    client.force_login(cast.system_administrator)
    assert client.get(address).status_code == 200


def test_a_sign_in_names_the_account_that_it_touched(cast):
    with acting(None, "signing in"):
        cast.registrar.full_name = "改名"
        cast.registrar.save()
    context = pghistory.models.Context.objects.get(metadata__reason="signing in")
    [found] = changes_of(context.pk)
    assert found.row == f"{cast.registrar.username} ({cast.registrar.pk})"
