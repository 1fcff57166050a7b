"""Funds: transfers by two persons, closing the year, forecast; the ledger against a recomputation of its own."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse

from communities.models import CompoundClass
from evaluations.models import (
    BankOrder,
    Entitlement,
    FundTransfer,
    FundYear,
    LedgerEntry,
    LedgerLine,
    PaymentLine,
)
from evaluations.services import batches
from evaluations.services.clawbacks import agree_instalments
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.funds import close_year, decide_transfer, propose_closing, propose_transfer
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.subsidies.forecast import forecast, left_in_year
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.models import User
from tests.subsidies.bank import RETURN, result_of
from tests.subsidies.conftest import Q3, set_clock
from tests.subsidies.test_batches import refused

pytestmark = pytest.mark.django_db
THOUSAND = Decimal("1000.00")


def years():
    return FundYear.objects.get(fund__code="services"), FundYear.objects.get(fund__code="party")


def propose(town, amount=THOUSAND, **options):
    source, target = years()
    wanted = {
        "source": source,
        "target": target,
        "amount": amount,
        "document": "江财〔2026〕9号",
        "reason": "年中调剂",
        "acting_user": town.cast.finance_maker,
        **options,
    }
    return propose_transfer(**wanted)


def test_a_transfer_moves_the_ceilings_after_a_second_person(town):
    transfer = propose(town)
    refused("role", decide_transfer, transfer=transfer, confirm=True, acting_user=town.cast.finance_maker)
    source, target = years()
    assert (source.ceiling, target.ceiling) == (20_000_000, 500_000)
    decide_transfer(transfer=transfer, confirm=True, acting_user=town.cast.finance_checker)
    source, target = years()
    assert (source.ceiling, target.ceiling) == (Decimal("19999000.00"), Decimal("501000.00"))
    entries = LedgerEntry.objects.filter(transfer=transfer, kind="transfer")
    assert entries.count() == 2
    lines = LedgerLine.objects.filter(entry__in=entries, account="free").values_list("amount", flat=True)
    assert sorted(lines) == [-THOUSAND, THOUSAND]
    assert ledger_differences(town.district) == []
    refused("state", decide_transfer, transfer=transfer, confirm=True, acting_user=town.cast.approver)


def test_a_transfer_takes_only_what_is_free(town):
    transfer = propose(town)
    FundYear.objects.filter(fund__code="services").update(ceiling=Decimal("999.99"))
    refused("not-free", decide_transfer, transfer=transfer, confirm=True, acting_user=town.cast.approver)
    refused("not-free", propose, town=town)
    source, _target = years()
    refused("funds", propose, town=town, target=source)
    refused("amount", propose, town=town, amount=Decimal(0))
    refused("document", propose, town=town, amount=Decimal(1), document=" ")


def test_the_database_refuses_a_transfer_confirmed_by_who_proposed_it(town):
    transfer = propose(town)
    with pytest.raises(IntegrityError, match="fundtransfer_two_persons"), transaction.atomic():
        FundTransfer.objects.filter(pk=transfer.pk).update(
            state="confirmed", decided_by=transfer.proposed_by, decided_at=transfer.proposed_at
        )


def test_a_closed_year_takes_nothing_more(scored, tmp_path):
    batch = scored.approved(scored.prepare())
    cast = scored.cast
    year, _party = years()
    refused("year-lasts", close_year, year=year, acting_user=cast.approver)
    set_clock(scored.district, 2027, 1, 4, 9)
    assert str(batch) in refused("batches-open", close_year, year=year, acting_user=cast.approver)
    export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    batches.record_result(batch=batch, file=result_of(tmp_path, export), acting_user=cast.finance_maker)
    refused("role", close_year, year=year, acting_user=cast.finance_maker)
    refused("not-proposed", close_year, year=year, acting_user=cast.approver)
    refused("role", propose_closing, year=year, acting_user=cast.approver)
    propose_closing(year=year, acting_user=cast.finance_checker)
    with pytest.raises(IntegrityError, match="fundyear_closed_by_two_persons"), transaction.atomic():
        FundYear.objects.filter(pk=year.pk).update(
            closed_on="2027-01-04", closed_by=cast.finance_checker.username
        )
    cast.finance_checker.postings.create(role="approver", district=scored.district, valid_from="2020-01-01")
    both = User.objects.get(pk=cast.finance_checker.pk)
    refused("same-person", close_year, year=year, acting_user=both)
    done = close_year(year=year, acting_user=cast.approver)
    assert done.closed_on.isoformat() == "2027-01-04"
    assert ledger_differences(scored.district) == []
    what_comes_back_after_the_closing_is_paid_again(scored, batch, export, tmp_path)
    with pytest.raises(DatabaseError), transaction.atomic():
        FundYear.objects.filter(pk=year.pk).update(ceiling=1)
    post_by_sql(year, "2027-01-04", "owed", "expense")  # what is owed may still be corrected
    for account in ("ceiling", "free", "committed", "spent"):
        with pytest.raises(IntegrityError, match="a year that is closed"), transaction.atomic():
            post_by_sql(year, "2027-01-04", account, "owed")


def what_comes_back_after_the_closing_is_paid_again(town, batch, export, tmp_path):
    """The bank returns a payment of the closed year: it waits on its account, the year's figures stay."""
    cast, before = town.cast, years()[0]
    late = result_of(tmp_path, export, {1: RETURN}, name="late.csv")
    batches.record_result(batch=batch, file=late, acting_user=cast.finance_maker)
    batch.refresh_from_db()
    order = BankOrder.objects.get(batch=batch, state="returned")
    assert batch.state == "results"
    assert balance("returned") == -order.amount
    options = {"batch": batch, "orders": [order], "acting_user": cast.approver}
    assert "free again" in refused("year-closed", batches.write_back, reason="企业已注销", **options)
    town.account(order.enterprise, "420000000000000099")
    batches.approve_retry(**options)
    again = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    file = result_of(tmp_path, again, name="again.csv")
    batches.record_result(batch=batch, file=file, acting_user=cast.finance_maker)
    batch.refresh_from_db()
    after = years()[0]
    assert batch.state == "settled"
    assert balance("returned") == 0
    assert (after.committed, after.paid) == (before.committed, before.paid)
    assert ledger_differences(town.district) == []


def balance(account):
    """What stands on the account in all funds and years."""
    return sum(LedgerLine.objects.filter(account=account).values_list("amount", flat=True), Decimal(0))


def post_by_sql(year, day, *accounts):
    """Write a balanced entry of one fen past the services: recorded on 4 January 2027, dated `day`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO evaluations_ledgerentry (district_id, kind, day, text, recorded_at, recorded_by) "
            "VALUES (%s, 'correction', %s, '', '2027-01-04 09:00+08', 'x') RETURNING id",
            [year.fund.district_id, day],
        )
        entry = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO evaluations_ledgerline (entry_id, account, fund_id, year, benefit, amount) "
            "VALUES (%(entry)s, %(one)s, %(fund)s, %(year)s, '', 0.01), (%(entry)s, %(two)s, %(fund)s, %(year)s, '', -0.01)",
            {"entry": entry, "one": accounts[0], "two": accounts[1], "fund": year.fund_id, "year": year.year},
        )


def test_the_database_refuses_an_entry_dated_another_day(town):
    year, _party = years()
    post_by_sql(year, "2027-01-04", "owed", "expense")
    for day in ("2026-12-31", "2027-01-05"):
        with pytest.raises(IntegrityError, match="has the day on which it is recorded"), transaction.atomic():
            post_by_sql(year, day, "owed", "expense")


def test_the_database_refuses_more_than_the_ceiling_whatever_a_service_forgets(town):
    with pytest.raises(IntegrityError, match="fundyear_within_ceiling"), transaction.atomic():
        FundYear.objects.update(committed=F("ceiling") + Decimal("0.01"))
    FundYear.objects.update(committed=F("ceiling"))


@pytest.mark.parametrize(
    ("unit", "year", "left"),
    [
        ("2026-09", 2026, 3),
        ("2026-12", 2026, 0),
        ("2025-12", 2026, 12),
        ("2026Q3", 2026, 1),
        ("2026", 2026, 0),
        ("2025", 2026, 1),
        ("2025Q4", 2026, 4),
        ("2027-01", 2026, 0),
    ],
)
def test_what_a_year_still_has_after_a_month(unit, year, left):
    assert left_in_year(unit, year) == left


def test_the_forecast_adds_the_months_to_come_to_what_is_committed(scored):
    scored.approved(scored.prepare())
    year, _party = years()
    seen = forecast(year)
    # 甲苑 1,346.20 and 乙苑 1,980.30 a month: 9,979.50 for July to September, the same for three more months.
    assert (seen.committed, seen.in_work, seen.owed) == (Decimal("9979.50"), 0, 0)
    assert [(one.unit, one.last, one.times) for one in seen.expected] == [("2026-09", Decimal("3326.50"), 3)]
    assert seen.whole == Decimal("19959.00")
    assert seen.left == Decimal("19980041.00")


def recomputed():
    """Balances by plain addition over entitlements and lines; shares no code with the engine."""
    found = defaultdict(Decimal)
    for year in FundYear.objects.all():
        found["ceiling"] -= year.ceiling
        found["free"] += year.ceiling
    for due in Entitlement.objects.filter(voided_at=None):
        found["expense"] += due.amount
        found["receivable" if due.amount < 0 else "owed"] -= due.amount
    approved = {"approved", "exported", "results", "settled"}
    for line in PaymentLine.objects.select_related("batch"):
        if line.batch.state not in approved or line.state not in ("open", "paid", "bank_returned"):
            continue
        found["receivable" if line.amount < 0 else "owed"] += line.amount
        found["free"] -= line.amount
        is_paid = line.state == "paid"
        found["spent" if is_paid else "committed"] += line.amount
        found[{"paid": "treasury", "open": "payable", "bank_returned": "returned"}[line.state]] -= line.amount
    return {account: amount for account, amount in found.items() if amount}


def ledger(town):
    rows = trial_balance(district=town.district)
    assert sum(row["balance"] for row in rows) == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return {row["account"]: row["balance"] for row in rows if row["balance"]}


def reclassify(town, compound, compound_class, unit=Q3):
    CompoundClass.objects.filter(compound=compound).update(compound_class=compound_class)
    return compute_entitlements(district=town.district, period=unit, acting_user=None)


def test_at_every_step_the_ledger_is_what_plain_addition_gives(scored, tmp_path):
    cast, town = scored.cast, scored
    assert ledger(town) == recomputed()
    batch = town.prepare()
    assert ledger(town) == recomputed()
    assert ledger(town)["owed"] == Decimal("-9979.50")
    reclassify(town, town.first, 2)  # before the approval: voided and replaced
    assert ledger(town) == recomputed()
    reclassify(town, town.first, 1)
    batch = town.prepare()
    batch = town.approved(batch)
    assert ledger(town) == recomputed()
    export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    assert ledger(town) == recomputed()
    answers = result_of(tmp_path, export, {1: RETURN})
    batches.record_result(batch=batch, file=answers, acting_user=cast.finance_maker)
    assert ledger(town) == recomputed()
    assert ledger(town)["returned"] == Decimal("-9979.50")
    town.account(town.enterprise, "420011112222")
    batches.approve_retry(batch=batch, orders=[export.orders.get()], acting_user=cast.approver)
    assert ledger(town) == recomputed()
    again = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    answers = result_of(tmp_path, again, name="2.csv")
    batches.record_result(batch=batch, file=answers, acting_user=cast.finance_maker)
    assert ledger(town) == recomputed()
    assert ledger(town)["treasury"] == Decimal("-9979.50")
    # What was paid for 甲苑 was too much: class three gives 776.66 (5230×0.15×0.9×1.1), 569.54 less, three times.
    reclassify(town, town.first, 3)
    assert ledger(town) == recomputed()
    assert ledger(town)["receivable"] == Decimal("1708.62")
    assert ledger_differences(town.district) == []


def test_what_is_taken_back_is_set_off_in_the_next_batch(scored, tmp_path):
    town, cast = scored, scored.cast
    batch = town.approved(town.prepare())
    export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    batches.record_result(batch=batch, file=result_of(tmp_path, export), acting_user=cast.finance_maker)
    reclassify(town, town.first, 3)  # 3 × −569.54
    refused(
        "nothing-due",
        batches.prepare_batches,
        district=town.district,
        period=Q3,
        acting_user=cast.finance_maker,
    )
    town.compound("A3", "丙苑", cast.community, area="10000", compound_class=3)  # 3 × 1,485.00
    second = town.prepare()
    assert second.total == Decimal("4455.00") - Decimal("1708.62")
    assert (
        sorted(second.lines.filter(amount__lt=0).values_list("amount", flat=True)) == [Decimal("-569.54")] * 3
    )
    set_clock(town.district, 2026, 10, 20, 9)
    second = town.approved(second)
    export = batches.export_batch(batch=second, acting_user=cast.finance_maker)
    assert export.orders.get().amount == Decimal("2746.38")
    batches.record_result(
        batch=second, file=result_of(tmp_path, export, name="2.csv"), acting_user=cast.finance_maker
    )
    assert ledger(town) == recomputed()
    assert "receivable" not in ledger(town)


def test_only_as_much_is_taken_back_as_the_payee_gets(scored, tmp_path):
    town, cast = scored, scored.cast
    batch = town.approved(town.prepare())
    export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    batches.record_result(batch=batch, file=result_of(tmp_path, export), acting_user=cast.finance_maker)
    reclassify(town, town.first, 3)
    town.compound("A3", "丙苑", cast.community, area="3000", compound_class=3)  # 3 × 445.50 = 1,336.50
    second = town.prepare()
    assert second.lines.filter(amount__lt=0).count() == 2  # 1,139.08; a third would be 1,708.62
    assert second.total == Decimal("197.42")
    # Held lines could leave less than nothing: that is not approved.
    set_clock(town.district, 2026, 10, 20, 9)
    second = town.noticed(second)
    for line in second.lines.filter(amount__gt=0)[:1]:
        batches.hold_line(line=line, reason="x", acting_user=cast.finance_checker)
    second.refresh_from_db()
    words = refused(
        "less-than-nothing",
        batches.approve_batch,
        batch=second,
        digest=digest_of(second),
        acting_user=cast.approver,
    )
    assert "-¥248.08" in words


def test_a_clawback_is_cut_into_instalments_equal_to_the_fen(scored, tmp_path):
    town, cast = scored, scored.cast
    batch = town.approved(town.prepare())
    export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
    batches.record_result(batch=batch, file=result_of(tmp_path, export), acting_user=cast.finance_maker)
    reclassify(town, town.first, 3)
    debt = Entitlement.objects.live().filter(amount__lt=0).order_by("pk").first()
    months = [dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1), dt.date(2027, 2, 1)]
    options = {"entitlement": debt, "reason": "企业申请分期", "acting_user": cast.finance_checker}
    refused("months", agree_instalments, months=months[:1], **options)
    parts = agree_instalments(months=months, **options)
    assert [part.amount for part in parts] == [
        Decimal("-142.39"),
        Decimal("-142.39"),
        Decimal("-142.38"),
        Decimal("-142.38"),
    ]
    assert ledger(town) == recomputed()
    # Computing again changes nothing: the sum is the same.
    found = compute_entitlements(district=town.district, period=Q3, acting_user=None)
    assert (found.adjusted, found.voided) == (0, 0)
    refused("not-a-clawback", agree_instalments, months=months, **options)
    # The report opens with the year that has begun, not with that of the last instalment.
    client = Client()
    client.force_login(cast.finance_checker)
    page = client.get(reverse("admin:evaluations_entitlement_report"))
    assert (page.context["years"], page.context["wanted"]["year"]) == ([2027, 2026], "2026")
