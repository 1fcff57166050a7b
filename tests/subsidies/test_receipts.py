"""Repayments in cash: recorded by one person, booked by another, and never set off a second time."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from communities.models import CompoundClass
from evaluations.models import ClawbackReceipt, Entitlement, FundYear, LedgerLine
from evaluations.services import batches
from evaluations.services.clawbacks import agree_instalments
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.services.receipts import decide_receipt, propose_receipt
from evaluations.subsidies.forecast import forecast
from evaluations.subsidies.reports import received_by_compound, use_by
from redprop.accounts.models import User
from tests.subsidies.bank import result_of
from tests.subsidies.conftest import Q3
from tests.subsidies.test_batches import refused
from tests.subsidies.test_payment_pages import client_of, owed, url, waiting

pytestmark = pytest.mark.django_db

DEBT = Decimal("569.54")  # a month at class one, 1,346.20, against class three, 776.66
IS, SHOULD = Decimal("1346.20"), Decimal("776.66")


def balance(account):
    return sum(LedgerLine.objects.filter(account=account).values_list("amount", flat=True))


@pytest.fixture
def debts(scored, tmp_path):
    """The quarter is paid; then the first compound turns out to be of class three: 3 × 569.54 too much."""
    town = scored
    batch = town.approved(town.prepare())
    export = batches.export_batch(batch=batch, acting_user=town.cast.finance_maker)
    batches.record_result(batch=batch, file=result_of(tmp_path, export), acting_user=town.cast.finance_maker)
    CompoundClass.objects.filter(compound=town.first).update(compound_class=3)
    compute_entitlements(district=town.district, period=Q3, acting_user=None)
    town.debts = list(Entitlement.objects.live().filter(amount__lt=0).order_by("pk"))
    assert [one.amount for one in town.debts] == [-DEBT] * 3
    return town


def record(town, debt, amount=DEBT, **options):
    wanted = {
        "entitlement": debt,
        "amount": Decimal(amount),
        "received_on": dt.date(2026, 10, 21),
        "slip": "HD-1",
        "reason": "企业主动退回",
        "acting_user": town.cast.finance_maker,
        **options,
    }
    return propose_receipt(**wanted)


def test_a_repayment_settles_what_was_to_be_taken_back(debts):
    town, cast = debts, debts.cast
    assert (balance("receivable"), paid := balance("treasury")) == (3 * DEBT, paid)
    receipt = record(town, town.debts[0])
    assert balance("receivable") == 3 * DEBT  # nothing is booked before the second person
    decide_receipt(receipt=receipt, confirm=True, acting_user=cast.finance_checker)
    assert balance("receivable") == 2 * DEBT
    assert balance("treasury") == paid + DEBT
    assert ledger_differences(town.district) == []
    assert sum(row["balance"] for row in trial_balance(district=town.district)) == 0
    found = compute_entitlements(district=town.district, period=Q3, acting_user=None)
    assert (found.adjusted, found.voided) == (0, 0)
    with pytest.raises(DatabaseError, match="repaid"), transaction.atomic():
        Entitlement.objects.filter(pk=town.debts[0].pk).update(voided_at=dt.datetime.now(dt.UTC))


def test_a_part_repaid_leaves_the_rest_to_be_taken_back(debts):
    town, cast = debts, debts.cast
    receipt = record(town, town.debts[0], "200.00")
    decide_receipt(receipt=receipt, confirm=True, acting_user=cast.approver)
    live = Entitlement.objects.live().filter(amount__lt=0, unit=town.debts[0].unit)
    assert sorted(live.values_list("amount", flat=True)) == [Decimal("-369.54"), Decimal("-200.00")]
    assert balance("receivable") == 3 * DEBT - 200
    assert ledger_differences(town.district) == []
    found = compute_entitlements(district=town.district, period=Q3, acting_user=None)
    assert (found.adjusted, found.voided) == (0, 0)


def test_no_batch_sets_off_what_is_being_repaid(debts):
    town, cast = debts, debts.cast
    receipts = [record(town, debt, slip=f"HD-{debt.pk}") for debt in town.debts[:2]]
    decide_receipt(receipt=receipts[0], confirm=True, acting_user=cast.finance_checker)
    decide_receipt(receipt=receipts[1], confirm=False, reason="未到账", acting_user=cast.finance_checker)
    waits = record(town, town.debts[2], slip="HD-9")
    town.compound("A3", "丙苑", cast.community, area="3000", compound_class=3)  # 3 × 445.50 = 1,336.50
    batch = town.prepare()
    # Repaid: none; not confirmed: set off; waiting: not set off until it is decided.
    assert list(batch.lines.filter(amount__lt=0).values_list("entitlement", flat=True)) == [town.debts[1].pk]
    assert batch.total == Decimal("1336.50") - DEBT
    words = refused(
        "receipt",
        agree_instalments,
        entitlement=waits.entitlement,
        reason="x",
        months=[dt.date(2026, 11, 1), dt.date(2026, 12, 1)],
        acting_user=cast.finance_checker,
    )
    assert "decided first" in words
    line = batch.lines.get(amount__lt=0)
    line.pk, line.number, line.entitlement_id = None, 99, town.debts[0].pk
    with pytest.raises(DatabaseError, match="enters no batch"), transaction.atomic():
        line.save(force_insert=True)
    refused("in-batch", record, town=town, debt=town.debts[1], slip="HD-7")


def test_who_recorded_a_repayment_cannot_book_it(debts):
    town, cast = debts, debts.cast
    receipt = record(town, town.debts[0])
    cast.finance_maker.postings.create(role="approver", district=town.district, valid_from="2020-01-01")
    both = User.objects.get(pk=cast.finance_maker.pk)
    refused("same-person", decide_receipt, receipt=receipt, confirm=True, acting_user=both)
    with pytest.raises(DatabaseError, match="two_persons"), transaction.atomic():
        ClawbackReceipt.objects.update(
            state="confirmed", decided_by=cast.finance_maker, decided_at=dt.datetime.now(dt.UTC)
        )


def test_what_cannot_be_repaid_is_refused_with_a_sentence(debts):
    town, debt = debts, debts.debts[0]
    assert "at most" in refused("amount", record, town=town, debt=debt, amount="569.55")
    refused("amount", record, town=town, debt=debt, amount="0")
    refused("slip", record, town=town, debt=debt, slip=" ")
    refused("day", record, town=town, debt=debt, received_on=dt.date(2026, 10, 22))
    refused("role", record, town=town, debt=debt, acting_user=town.cast.finance_checker)
    refused("not-a-clawback", record, town=town, debt=Entitlement.objects.filter(amount__gt=0).first())
    record(town, debt)
    assert "recorded already" in refused("receipt-twice", record, town=town, debt=town.debts[1])
    assert "recorded already" in refused("receipt-twice", record, town=town, debt=debt, slip="HD-2")


def test_a_repayment_goes_through_the_pages(debts):
    town, cast = debts, debts.cast
    address = url("subsidybatch_clawbacks")
    maker, checker = client_of(cast.finance_maker), client_of(cast.finance_checker)
    form = {
        "act": "receipt",
        "entitlement": town.debts[0].pk,
        "amount": "1,2万",
        "received_on": "2026-10-21",
        "slip": "HD-1",
        "reason": "企业退回",
    }
    assert checker.post(address, form).status_code == 403
    assert "cannot be read" in maker.post(address, form, follow=True).content.decode()
    assert not ClawbackReceipt.objects.exists()
    assert (
        "repayment recorded"
        in maker.post(address, {**form, "amount": "569.54"}, follow=True).content.decode()
    )
    receipt = ClawbackReceipt.objects.get()
    page = url("clawbackreceipt_change", receipt.pk)
    assert waiting(checker, "Repayments in cash to be booked", page)
    assert owed(checker, page)
    assert not owed(maker, page)
    assert "Expected next" in checker.get(url("clawbackreceipt_change", receipt.pk)).content.decode()
    assert maker.post(url("clawbackreceipt_decide", receipt.pk), {"act": "confirm"}).status_code == 403
    checker.post(url("clawbackreceipt_decide", receipt.pk), {"act": "confirm"})
    receipt.refresh_from_db()
    assert receipt.state == "confirmed"
    assert not owed(checker, page)
    assert "repayment recorded" not in maker.get(address).content.decode()
    # two of three months are still to be set off by the fund; the repaid one went to the treasury
    assert forecast(FundYear.objects.get(fund__code="services")).owed == -2 * DEBT
    use = use_by("month", Entitlement.objects.live().filter(compound=town.first))
    month = next(one for one in use if one.label == town.debts[0].unit)
    assert (month.approved, month.paid, month.due, month.open) == (SHOULD, SHOULD, SHOULD, 0)
    (year, _months, approved, paid), *_rest = received_by_compound(town.district)[town.first.pk]
    assert (year, approved, paid) == (2026, 3 * IS - DEBT, 3 * IS - DEBT)
