"""Fifty approvals at once stop exactly at the fund's ceiling; without the lock they would not. Computing waits for an export."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Sum

from communities.models import CompoundClass
from evaluations.models import (
    Entitlement,
    FundMovement,
    FundYear,
    PaymentLine,
    SubsidyBatch,
    SubsidyRule,
    SubsidySlice,
)
from evaluations.services import batches, funds, preparation
from evaluations.services.approvals import approve_batch
from evaluations.services.entitlements import Computed, compute_entitlements
from evaluations.services.preparation import prepare_batches
from evaluations.subsidies.selectors import digest_of
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.conftest import make_user
from tests.subsidies.conftest import Q3, make_town, publish_final, set_clock

pytestmark = pytest.mark.django_db(transaction=True)

EACH = Decimal("1000.00")


@pytest.fixture
def town(cast):
    """A town of each test's own: other threads must see it."""
    return make_town(cast)


def noticed_batches(town, count):
    """Batches of one fund and year, each of one line of 1,000 yuan, under a notice that is over.

    Only one batch of a fund and period is ever in work, so the periods are made up.
    """
    rule = SubsidyRule.objects.get(benefit="class_subsidy")
    cast = town.cast
    found = []
    for number in range(count):
        due = Entitlement.objects.create(
            district=town.district,
            rule=rule,
            benefit=rule.benefit,
            unit=f"{2020 + number // 12}-{number % 12 + 1:02d}",
            counted_on=dt.date(2026, 7, 15),
            compound=town.first,
            enterprise=town.enterprise,
            basis="compound",
            quantity=1,
            rate=1000,
            amount=EACH,
        )
        batch = SubsidyBatch.objects.create(
            district=town.district,
            fund=rule.fund,
            period=f"2026-{number:02d}",
            number=f"race-{number}",
            prepared_by=cast.finance_maker,
        )
        piece = SubsidySlice.objects.create(batch=batch, prepared_by=cast.finance_maker)
        PaymentLine.objects.create(
            batch=batch,
            slice=piece,
            number=1,
            entitlement=due,
            amount=EACH,
            enterprise=town.enterprise,
            payee_code="X",
            payee_name="X",
            subject_name="X",
        )
        SubsidyBatch.objects.filter(pk=batch.pk).update(
            state="noticed",
            line_count=1,
            total=EACH,
            second_reviewed_by=cast.finance_checker,
            noticed_at=town.district.clock,
            notice_ends_on=dt.date(2026, 10, 20),
        )
        found.append(batch)
    set_clock(town.district, 2026, 10, 21, 9)
    return found


def approve_all_at_once(town, found):
    """Approve every batch in a thread of its own; returns "approved" or the refusal's code for each."""
    user = town.cast.approver
    assert user.current_postings
    digests = [digest_of(batch) for batch in found]
    start = threading.Barrier(len(found))

    def approve(batch, digest):
        try:
            start.wait()
            return approve_batch(batch=batch, digest=digest, acting_user=user).state
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(found)) as pool:
        return list(pool.map(approve, found, digests))


def committed_by_batches():
    return SubsidyBatch.objects.aggregate(total=Sum("committed"))["total"]


def test_fifty_approvals_at_once_stop_exactly_at_the_ceiling(town):
    found = noticed_batches(town, 50)
    FundYear.objects.filter(fund__code="services").update(ceiling=20 * EACH)
    results = approve_all_at_once(town, found)
    assert (results.count("approved"), results.count("ceiling")) == (20, 30)
    year = FundYear.objects.get(fund__code="services")
    assert year.committed == year.ceiling == committed_by_batches() == Decimal("20000.00")
    assert FundMovement.objects.aggregate(total=Sum("amount"))["total"] == Decimal("20000.00")


def test_without_the_lock_two_approvals_pass_a_ceiling_that_holds_one(town, monkeypatch):
    """The race that the lock prevents: both read the same sum before either writes."""
    found = noticed_batches(town, 2)
    FundYear.objects.filter(fund__code="services").update(ceiling=EACH)
    both_have_read = threading.Barrier(2)

    def read_without_lock(batch):
        year = FundYear.objects.get(fund=batch.fund_id, year=2026)
        both_have_read.wait(timeout=20)
        return year

    monkeypatch.setattr(funds, "lock_fund_year", read_without_lock)
    assert approve_all_at_once(town, found) == ["approved", "approved"]
    assert committed_by_batches() == 2 * EACH
    assert FundYear.objects.get(fund__code="services").committed == EACH


def test_the_database_itself_refuses_a_commitment_above_the_ceiling(town):
    with pytest.raises(IntegrityError, match="fundyear_within_ceiling"):
        FundYear.objects.update(committed=Decimal("20000000.01"))


def test_two_people_preparing_at_once_make_one_batch(town):
    publish_final(town.district, "2026Q3", {town.project: Decimal("92.5")})
    start = threading.Barrier(2)
    people = [town.cast.finance_maker, make_user("second", "finance_maker", town.district)]
    assert all(user.current_postings for user in people)

    def prepare(user):
        try:
            start.wait()
            return prepare_batches(district=town.district, period=Q3, acting_user=user)[0].pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(prepare, people))
    assert made[0] == made[1]
    assert PaymentLine.objects.count() == Entitlement.objects.count() == 6


def test_two_batches_prepared_at_once_without_the_lock_cannot_both_hold_an_entitlement(town, monkeypatch):
    """The race that the money lock prevents; without it the constraint still refuses the second attempt."""
    for code in ("2026Q2", "2026Q3"):
        publish_final(town.district, code, {town.project: Decimal("92.5")})
        compute_entitlements(district=town.district, period=Period.parse(code), acting_user=None)
    user, both_have_read = town.cast.finance_maker, threading.Barrier(2)
    assert user.current_postings
    waiting = preparation._gather

    def read_together(fund, period):
        found = waiting(fund, period)
        if fund.code == "services":
            both_have_read.wait(timeout=30)
        return found

    monkeypatch.setattr(preparation, "lock_money", lambda district: None)
    monkeypatch.setattr(preparation, "compute_entitlements", lambda **options: Computed())
    monkeypatch.setattr(preparation, "_gather", read_together)

    def prepare(code):
        try:
            found = prepare_batches(district=town.district, period=Period.parse(code), acting_user=user)
            return found[0].line_count
        except IntegrityError as error:
            return "paymentline_one_live_attempt" in str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(prepare, ["2026Q2", "2026Q3"]))
    assert True in results  # one was refused
    held = PaymentLine.objects.order_by().values("entitlement").annotate(n=Count("pk"))
    assert not held.filter(n__gt=1).exists()


def test_computing_waits_for_an_export_and_then_adjusts_what_was_paid(scored):
    batch = scored.approved(scored.prepare())
    CompoundClass.objects.filter(compound=scored.first).update(compound_class=3)

    def computing():
        try:
            compute_entitlements(
                district=scored.district, period=Q3, acting_user=None, benefits=["class_subsidy"]
            )
        finally:
            connection.close()

    worker = threading.Thread(target=computing)
    with transaction.atomic():
        batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
        worker.start()
        worker.join(2)
    worker.join()
    assert set(PaymentLine.objects.values_list("state", flat=True)) == {"open"}
    assert Entitlement.objects.live().filter(compound=scored.first, adjusts__isnull=False).count() == 3
