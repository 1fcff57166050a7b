"""The random sample that must be ticked before the second review, and further approvals from an amount."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from evaluations.models import ApprovalTier, Fund, FundYear, SubsidyApproval
from evaluations.services import batches
from evaluations.services.sampling import drawn, sample_size
from evaluations.subsidies.selectors import digest_of
from tests.conftest import make_user
from tests.subsidies.conftest import set_clock
from tests.subsidies.test_batches import refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("lines", "share", "minimum", "size"),
    [(100, 5, 1, 5), (101, 5, 1, 6), (6, 5, 3, 3), (2, 5, 3, 2), (1000, 0, 3, 0), (0, 5, 3, 0)],
)
def test_the_size_of_a_sample(lines, share, minimum, size):
    assert sample_size(lines, share, minimum) == size


def test_a_draw_can_be_repeated_and_another_seed_draws_others():
    numbers = list(range(1, 1001))
    assert drawn("a", numbers, 20) == drawn("a", list(reversed(numbers)), 20)
    assert drawn("a", numbers, 20) != drawn("b", numbers, 20)
    # No line is favoured: over many seeds each tenth of the numbers is drawn about equally often.
    hits = [0] * 10
    for seed in range(200):
        for number in drawn(str(seed), numbers, 10):
            hits[(number - 1) // 100] += 1
    assert all(150 < one < 250 for one in hits)


def first_reviewed(town):
    batch = town.prepare()
    for piece in batch.slices.all():
        batch = batches.review_slice(
            batch=batch, subdistrict=piece.subdistrict, acting_user=town.clerks[piece.subdistrict_id]
        )
    return batch


def test_each_sampled_line_is_ticked_before_the_review_passes(scored):
    Fund.objects.update(sample_share=50)
    checker = scored.cast.finance_checker
    batch = first_reviewed(scored)
    assert batch.sample_seed == digest_of(batch)
    numbers = list(batch.sample.values_list("line__number", flat=True))
    assert numbers == drawn(batch.sample_seed, [1, 2, 3, 4, 5, 6], 3)
    review = {"batch": batch, "acting_user": checker}
    assert "3 lines" in refused("sample", batches.review_batch, **review)
    tick = {"batch": batch, "note": "合同", "acting_user": checker}
    refused("no-note", batches.tick_lines, numbers=numbers, **{**tick, "note": " "})
    stranger = next(n for n in range(1, 7) if n not in numbers)
    refused("not-sampled", batches.tick_lines, numbers=[stranger], **tick)
    refused("role", batches.tick_lines, numbers=numbers, **{**tick, "acting_user": scored.cast.finance_maker})
    batches.tick_lines(numbers=numbers[:2], **tick)
    refused("sample", batches.review_batch, **review)
    # The third one is not right: held, it needs no tick.
    line = batch.lines.get(number=numbers[2])
    batches.hold_line(line=line, reason="面积与合同不符", acting_user=checker)
    assert batches.review_batch(**review).state == "second_reviewed"


def test_a_batch_that_was_returned_is_sampled_anew(scored):
    Fund.objects.update(sample_share=50)
    batch = first_reviewed(scored)
    first = batch.sample_seed
    batches.return_batch(batch=batch, reason="面积有误", acting_user=scored.cast.finance_checker)
    scored.first.floor_area = Decimal(5000)
    scored.first.save()
    batch = first_reviewed(scored)
    assert batch.sample_seed != first
    assert batch.sample.filter(seed=batch.sample_seed).count() == 3


@pytest.fixture
def tiered(scored):
    """From 9,000 yuan a reviewer approves too, from 9,900 a second approver."""
    fund = Fund.objects.get(code="services")
    for amount, role in ((9000, "reviewer"), (9900, "approver")):
        ApprovalTier.objects.create(
            fund=fund, amount_from=amount, role=role, document="示例", valid_from=dt.date(2026, 1, 1)
        )
    return scored


def test_above_an_amount_further_persons_approve_before_money_is_committed(tiered):
    cast = tiered.cast
    second = make_user("second_approver", "approver", tiered.district)
    batch = tiered.noticed(tiered.prepare())  # 9,979.50
    approve = {"batch": batch, "digest": digest_of(batch)}
    year = FundYear.objects.get(fund=batch.fund)
    assert batches.approve_batch(acting_user=cast.approver, **approve).state == "noticed"
    words = refused("signed", batches.approve_batch, acting_user=cast.approver, **approve)
    assert "second reviewer" in words
    assert batches.approve_batch(acting_user=second, **approve).state == "noticed"
    third = make_user("third_approver", "approver", tiered.district)
    refused("role", batches.approve_batch, acting_user=third, **approve)
    year.refresh_from_db()
    assert year.committed == 0
    assert batches.approve_batch(acting_user=cast.reviewer, **approve).state == "approved"
    year.refresh_from_db()
    assert year.committed == Decimal("9979.50")
    assert SubsidyApproval.objects.count() == 3


def test_a_signature_holds_for_the_lines_it_was_given_for(tiered):
    cast = tiered.cast
    batch = tiered.noticed(tiered.prepare())
    batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=cast.reviewer)
    batches.hold_line(line=batch.lines.first(), reason="有异议", acting_user=cast.finance_checker)
    batch.refresh_from_db()  # 8,633.30: below both tiers
    batch = batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=cast.approver)
    assert batch.state == "approved"


def test_a_tier_counts_only_on_its_days(tiered):
    ApprovalTier.objects.update(valid_to=dt.date(2026, 10, 20))
    batch = tiered.noticed(tiered.prepare())
    set_clock(tiered.district, 2026, 10, 21, 9)
    batch = batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=tiered.cast.approver)
    assert batch.state == "approved"


def test_the_database_refuses_a_signature_of_who_prepared(tiered):
    batch = tiered.noticed(tiered.prepare())
    for user in (tiered.cast.finance_maker, tiered.cast.finance_checker, tiered.cast.subdistrict_clerk):
        with pytest.raises(IntegrityError, match="different persons"), transaction.atomic():
            SubsidyApproval.objects.create(
                batch=batch, digest="0" * 64, user=user, role="approver", at=tiered.district.clock
            )
