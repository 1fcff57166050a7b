"""First review of subsidies at the desk: the own street's lines, confirmed, held or returned."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from communities.models import Compound
from evaluations.models import Entitlement, PaymentLine, SubsidyBatch, SubsidySlice
from tests.subsidies.small import one_slice
from tests.town import build_town, posted

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings):
    settings.DEMO = True
    town = build_town()
    town.piece = one_slice(
        subdistrict=town.street_a,
        compound=Compound.objects.first(),
        project=town.qingchuan,
        maker=posted("jb", "经办", "finance_maker", town.district),
    )
    town.client = Client(headers={"accept-language": "en"})
    town.client.force_login(town.clerk)
    with translation.override("en"):
        yield town


def test_the_clerks_home_shows_the_slice_with_its_sum(town):
    page = town.client.get(reverse("desk:home")).content.decode()
    assert "First review of subsidies" in page
    assert "¥1,346.20" in page
    other = Client(headers={"accept-language": "en"})
    other.force_login(town.other_clerk)
    assert "¥1,346.20" not in other.get(reverse("desk:home")).content.decode()


def test_the_page_explains_each_sum_and_the_button_reviews_the_slice(town):
    address = reverse("desk:slice", args=[town.piece.pk])
    page = town.client.get(address).content.decode()
    assert "5,230 m² × 0.26 × 1 × 0.9 × 1.1 = ¥1,346.20" in page
    town.client.post(reverse("desk:slice-review", args=[town.piece.pk]))
    town.piece.refresh_from_db()
    assert (town.piece.state, town.piece.reviewed_by) == ("reviewed", town.clerk)
    assert "Confirm the lines of my street" not in town.client.get(address).content.decode()
    assert "services" not in town.client.get(reverse("desk:home")).content.decode()


def test_a_hold_needs_a_reason_and_can_be_released(town):
    hold = reverse("desk:slice-hold", args=[town.piece.pk])
    town.client.post(hold, {"line": "1", "do": "hold", "reason": " "})
    line = town.piece.lines.get()
    assert line.state == "open"
    town.client.post(hold, {"line": "1", "do": "hold", "reason": "check the area"})
    line.refresh_from_db()
    assert line.state == "held"
    town.client.post(hold, {"line": "1", "do": "release", "reason": "checked"})
    line.refresh_from_db()
    assert line.state == "open"
    assert "has no line x" in town.client.post(hold, {"line": "x"}, follow=True).content.decode()


def test_a_slice_is_returned_with_a_reason(town):
    town.client.post(reverse("desk:slice-return", args=[town.piece.pk]), {"reason": "area is wrong"})
    town.piece.refresh_from_db()
    assert (town.piece.state, town.piece.return_reason) == ("returned", "area is wrong")


def test_months_that_differ_are_explained_one_by_one(town):
    first = town.piece.lines.get()
    due = first.entitlement
    due.pk, due.unit, due.counted_on = None, "2026-08", dt.date(2026, 8, 15)
    due.rate, due.amount = Decimal("0.20"), Decimal("1035.54")
    due.save(force_insert=True)
    first.pk, first.number, first.entitlement, first.amount = None, 2, due, due.amount
    first.save(force_insert=True)
    page = town.client.get(reverse("desk:slice", args=[town.piece.pk])).content.decode()
    assert "2026-07: 5,230 m² × 0.26 × 1 × 0.9 × 1.1 = ¥1,346.20" in page
    assert "2026-08: 5,230 m² × 0.2 × 1 × 0.9 × 1.1 = ¥1,035.54" in page
    assert "2,381.74" in page


def test_the_pages_of_subsidies_ask_no_more_for_more_rows(town):
    """A second size of the same pages: twelve more batches in the list, twelve more compounds in the slice."""
    addresses = [reverse("desk:slices"), reverse("desk:slice", args=[town.piece.pk])]

    def asked() -> list[int]:
        counts = []
        for address in addresses:
            town.client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert town.client.get(address).status_code == 200
            counts.append(len(queries))
        return counts

    few = asked()
    line = town.piece.lines.select_related("entitlement").get()
    for number in range(2, 14):
        compound = Compound.objects.create(
            district=town.district, code=f"Y{number}", name=f"后里{number}", registered_from="2020-01-01"
        )
        copy_line(line, slice=town.piece, batch=town.piece.batch, number=number, compound=compound)
        batch = SubsidyBatch.objects.get(pk=town.piece.batch_id)
        batch.pk, batch.number, batch.period = None, f"services-{number}", f"{2010 + number}Q3"
        batch._state.adding = True
        batch.save()
        piece = SubsidySlice.objects.create(
            batch=batch, subdistrict=town.street_a, prepared_by=batch.prepared_by, line_count=1
        )
        copy_line(line, slice=piece, batch=batch, number=1, unit=f"{2010 + number}-07")
    assert len(town.client.get(addresses[0]).context["page_obj"].object_list) == 13
    assert len(town.client.get(addresses[1]).context["page_obj"].object_list) == 13
    many = asked()
    assert all(more <= less for more, less in zip(many, few, strict=True)), (few, many)


def copy_line(line: PaymentLine, *, number: int, slice, batch, **changes) -> None:
    """Another line like `line`, with an entitlement of its own."""
    due = Entitlement.objects.get(pk=line.entitlement_id)
    due.pk, due._state.adding = None, True
    for name, value in changes.items():
        setattr(due, name, value)
    due.save()
    fresh = PaymentLine.objects.get(pk=line.pk)
    fresh.pk, fresh._state.adding = None, True
    fresh.entitlement, fresh.slice, fresh.batch, fresh.number = due, slice, batch, number
    fresh.subject_name = due.compound.name
    fresh.save()
