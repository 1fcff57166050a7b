"""The registers' forms: rules stand beside their fields, choices start blank, dated rows follow one another."""

import datetime as dt

import pytest
from django.urls import reverse

from communities.models import CompoundClass, CompoundKind, ServiceAssignment
from communities.services.compounds import change_class
from redprop.core.models import Holiday

pytestmark = pytest.mark.django_db


def form_values(response) -> dict[str, str]:
    """What a browser would send back for the page unchanged."""
    values: dict[str, str] = {}
    context = response.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, list):
                value = "、".join(value)
            if value is not None and value is not False:
                values[bound.html_name] = value
    return values


def change(client, row, **changes):
    """Open the page of `row`, change fields, save."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    values = form_values(client.get(address))
    values.update(changes)
    return client.post(address, values)


def add_row(prefix: str, at: int, **fields) -> dict[str, object]:
    return {f"{prefix}-TOTAL_FORMS": at + 1, **{f"{prefix}-{at}-{name}": v for name, v in fields.items()}}


def errors_of(response) -> str:
    texts = list(response.context["adminform"].form.errors.values())
    for inline in response.context["inline_admin_formsets"]:
        texts += [list(e.values()) for e in inline.formset.errors if e]
        texts.append(inline.formset.non_form_errors())
    return str(texts)


def test_a_page_saved_unchanged_changes_nothing(registrar, world):
    before = {f.name: getattr(world.compound, f.attname) for f in world.compound._meta.fields}
    assert change(registrar, world.compound).status_code == 302
    world.compound.refresh_from_db()
    assert {f.name: getattr(world.compound, f.attname) for f in world.compound._meta.fields} == before


def test_a_new_kind_in_the_page_ends_the_open_one(registrar, world):
    answer = change(registrar, world.old, **add_row("kinds", 1, kind="professional", valid_from="2026-03-01"))
    assert answer.status_code == 302, errors_of(answer)
    rows = CompoundKind.objects.filter(compound=world.old).order_by("valid_from")
    assert [(r.kind, r.valid_to) for r in rows] == [
        ("old", dt.date(2026, 2, 28)),
        ("professional", None),
    ]
    assert rows[1].recorded_by == "registrar"


def test_two_rows_for_one_day_are_refused_in_the_page(registrar, world):
    answer = change(registrar, world.old, **add_row("kinds", 1, kind="professional", valid_from="2020-01-01"))
    assert answer.status_code == 200
    assert CompoundKind.objects.filter(compound=world.old).count() == 1


def test_a_class_before_the_compound_is_refused_in_the_page_too(registrar, world):
    answer = change(registrar, world.old, **add_row("classes", 0, compound_class=1, valid_from="2019-01-01"))
    assert answer.status_code == 200
    assert "2020-01-01" in errors_of(answer)
    assert not CompoundClass.objects.exists()


def test_the_first_day_in_the_register_cannot_move_behind_a_class(registrar, world):
    change_class(compound=world.old, compound_class=1, valid_from=dt.date(2020, 5, 1), acting_user=None)
    answer = change(registrar, world.old, registered_from="2021-01-01")
    assert answer.status_code == 200
    assert "registered_from" in answer.context["adminform"].form.errors


def test_market_first_holds_in_the_contract_page(registrar, world):
    answer = change(
        registrar,
        world.welfare_contract,
        **add_row("assignments", 0, compound=world.old.pk, valid_from="2026-03-01"),
    )
    assert answer.status_code == 200
    assert "台北路1号院" in errors_of(answer)
    assert not ServiceAssignment.objects.filter(compound=world.old).exists()


def test_an_overlap_names_the_other_contract_in_the_page(registrar, world):
    answer = change(
        registrar,
        world.welfare_contract,
        **add_row("assignments", 0, compound=world.compound.pk, valid_from="2026-03-01"),
    )
    assert "HT10" in errors_of(answer)


def test_a_compound_put_under_a_contract_without_a_last_day_ends_with_it(registrar, world):
    answer = change(
        registrar, world.contract, **add_row("assignments", 1, compound=world.old.pk, valid_from="2026-03-01")
    )
    assert answer.status_code == 302, errors_of(answer)
    assert ServiceAssignment.objects.get(compound=world.old).valid_to == dt.date(2026, 12, 1)


def test_a_wrong_credit_code_is_refused_with_a_sentence(registrar, world):
    wrong = world.market.uscc[:16] + "00"
    answer = change(registrar, world.market, uscc=wrong)
    assert answer.status_code == 200
    assert "uscc" in answer.context["adminform"].form.errors


def test_required_choices_start_blank(registrar, world):
    form = registrar.get("/admin/enterprises/enterprise/add/").context["adminform"].form
    assert next(iter(form.fields["kind"].choices))[0] == ""
    page = registrar.get(reverse("admin:communities_compound_change", args=[world.old.pk]))
    kinds = page.context["inline_admin_formsets"][0].formset
    assert next(iter(kinds.empty_form.fields["kind"].choices))[0] == ""


def test_the_district_is_filled_in_and_its_codes_are_unique(registrar, cast):
    values = {"day": "2026-12-31", "name": "试验"}
    assert registrar.post("/admin/core/holiday/add/", values).status_code == 302
    assert Holiday.objects.get().district == cast.district
    again = registrar.post("/admin/core/holiday/add/", values)
    assert again.status_code == 200
    assert Holiday.objects.count() == 1


def test_nothing_is_deleted_from_a_register(registrar, world):
    address = reverse("admin:communities_compound_delete", args=[world.old.pk])
    assert registrar.post(address, {"post": "yes"}).status_code == 403
