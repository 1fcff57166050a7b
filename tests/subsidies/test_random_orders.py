"""Random actions of random people in random order: whatever happens, the rules of money hold."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from communities.models import CompoundClass
from evaluations.models import (
    ApprovalTier,
    BankOrder,
    ClawbackReceipt,
    Entitlement,
    Fund,
    FundMovement,
    FundTransfer,
    FundYear,
    PayeeAccount,
    PaymentLine,
    SubsidyBatch,
)
from evaluations.models.subsidies.lines import LIVE_STATES
from evaluations.services import batches
from evaluations.services.approvals import roles_needed
from evaluations.services.clawbacks import agree_instalments
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.funds import decide_transfer, propose_transfer
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.services.payee_accounts import decide_account, propose_account
from evaluations.services.receipts import decide_receipt, propose_receipt
from evaluations.subsidies.results import Answer, ResultFile
from evaluations.subsidies.selectors import differences, digest_of
from redprop.common.errors import Refused
from tests.conftest import make_user
from tests.subsidies.conftest import Q3, set_clock

pytestmark = pytest.mark.django_db

PEOPLE = [
    "finance_maker",
    "subdistrict_clerk",
    "other_clerk",
    "finance_checker",
    "publisher",
    "approver",
    "reviewer",
    "janus",
]
ACTIONS = [
    "prepare",
    "review_slice",
    "review_slice",
    "review_batch",
    "put_up_notice",
    "next_day",
    "approve",
    "export",
    "export_again",
    "tick",
    "result",
    "result",
    "account",
    "confirm",
    "retry",
    "write_back",
    "transfer",
    "hold",
    "release",
    "return_slice",
    "return_batch",
    "cancel",
    "reclassify",
    "compute",
    "repay",
    "book",
    "instalments",
]


class Play:
    """One play: knows the town and does an action as somebody; refusals are part of the play."""

    def __init__(self, town, people):
        self.town, self.people, self.day = town, people, dt.date(2026, 10, 20)

    def do(self, action, who, which):
        user = self.people[who]
        found = list(SubsidyBatch.objects.order_by("-pk"))
        batch = found[which % len(found)] if found else None
        try:
            with transaction.atomic():
                self.take(action, user, batch, which)
        except Refused:
            return False
        return True

    def counter(self):
        self.number = getattr(self, "number", 0) + 1
        return self.number

    def answers(self, batch, which):
        """What a bank might say to the last file: all paid, some returned; now and then to a void file, or wrongly."""
        export = batch.exports.order_by("-version" if which < 10 else "version").first()
        if export is None:
            raise Refused("no file")
        answers = [
            Answer(
                row=order.number,
                number=order.number,
                payee_code=order.payee_code,
                amount=order.amount + (1 if which == 9 else 0),
                paid=(order.number + which) % 3 > 0,
                reason="x",
            )
            for order in export.orders.all()
        ]
        return ResultFile("r", f"{self.counter():064d}", batch.number, export.version, answers)

    def take(self, action, user, batch, which):
        town = self.town
        if action == "prepare":
            batches.prepare_batches(district=town.district, period=Q3, acting_user=user)
        elif action == "compute":
            compute_entitlements(district=town.district, period=Q3, acting_user=user)
        elif action == "next_day":
            self.day += dt.timedelta(days=1)
            set_clock(town.district, self.day.year, self.day.month, self.day.day, 9)
        elif action == "reclassify":
            CompoundClass.objects.filter(compound=town.first).update(compound_class=which % 3 + 1)
        elif action in ("repay", "instalments"):
            self.take_back(action, user, which)
        elif action == "book":
            for receipt in ClawbackReceipt.objects.filter(state="proposed"):
                decide_receipt(receipt=receipt, confirm=which > 2, reason="x", acting_user=user)
        elif batch is None:
            return
        elif action in ("review_slice", "return_slice"):
            pieces = list(batch.slices.order_by("pk"))
            options = {"reason": "x"} if action == "return_slice" else {}
            getattr(batches, action)(
                batch=batch,
                subdistrict=pieces[which % len(pieces)].subdistrict,
                acting_user=user,
                **options,
            )
        elif action in ("hold", "release"):
            lines = list(batch.lines.order_by("pk"))
            service = batches.hold_line if action == "hold" else batches.release_line
            service(line=lines[which % len(lines)], reason="x", acting_user=user)
        elif action == "approve":
            batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=user)
        elif action in ("export", "export_again"):
            reason = "x" if action == "export_again" else ""
            batches.export_batch(batch=batch, acting_user=user, reason=reason)
        elif action == "tick":
            drawn = batch.sample.filter(seed=batch.sample_seed).values_list("line__number", flat=True)
            batches.tick_lines(batch=batch, numbers=list(drawn), note="x", acting_user=user)
        elif action == "result":
            batches.record_result(batch=batch, file=self.answers(batch, which), acting_user=user)
        elif action == "account":
            number = f"4200{self.counter():012d}"
            propose_account(
                payee=town.enterprise, bank="中国银行", number=number, reason="x", acting_user=user
            )
        elif action == "confirm":
            for account in PayeeAccount.objects.filter(state="proposed"):
                decide_account(account=account, confirm=which > 2, reason="x", acting_user=user)
        elif action in ("retry", "write_back"):
            orders = list(batch.orders.filter(state="returned"))[-1:]
            if action == "retry":
                batches.approve_retry(batch=batch, orders=orders, acting_user=user)
            else:
                batches.write_back(batch=batch, orders=orders, reason="x", acting_user=user)
        elif action == "transfer":
            source, target = FundYear.objects.order_by("fund__code" if which % 2 else "-fund__code")
            waiting = FundTransfer.objects.filter(state="proposed").first()
            if waiting:
                decide_transfer(transfer=waiting, confirm=which > 2, reason="x", acting_user=user)
            else:
                propose_transfer(
                    source=source,
                    target=target,
                    amount=Decimal(which * 1000 + 1),
                    document="x",
                    reason="x",
                    acting_user=user,
                )
        elif action == "return_batch":
            batches.return_batch(batch=batch, reason="x", acting_user=user)
        elif action == "cancel":
            batches.cancel_batch(batch=batch, reason="x", acting_user=user)
        else:
            getattr(batches, action)(batch=batch, acting_user=user)

    def take_back(self, action, user, which):
        """Part or all of what is to be taken back comes in cash, or is cut into instalments."""
        debts = list(Entitlement.objects.live().filter(amount__lt=0).order_by("pk"))
        if not debts:
            raise Refused("nothing")
        debt = debts[which % len(debts)]
        if action == "repay":
            amount = -debt.amount if which % 2 else min(Decimal(100), -debt.amount)
            propose_receipt(
                entitlement=debt,
                amount=amount,
                received_on=self.day,
                slip=f"S{self.counter()}",
                reason="x",
                acting_user=user,
            )
        else:
            months = [(self.day + dt.timedelta(days=31 * n)).replace(day=15) for n in range(2 + which % 3)]
            agree_instalments(entitlement=debt, months=months, reason="x", acting_user=user)


def check_the_rules():
    """What must hold after every action."""
    for year in FundYear.objects.all():
        assert 0 <= year.committed <= year.ceiling
        committed = SubsidyBatch.objects.filter(fund=year.fund).aggregate(total=Sum("committed"))["total"]
        assert year.committed == (committed or 0)
        assert 0 <= year.paid <= year.committed
    twice = (
        PaymentLine.objects.filter(state__in=LIVE_STATES)
        .values("entitlement")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    assert not twice.exists()
    months = (
        Entitlement.objects.live()
        .filter(adjusts=None, compound__isnull=False)
        .values("benefit", "compound", "unit")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    assert not months.exists()
    voided_but_paid = PaymentLine.objects.filter(state__in=LIVE_STATES, entitlement__voided_at__isnull=False)
    assert not voided_but_paid.exists()
    for batch in SubsidyBatch.objects.prefetch_related("slices"):
        steps = [batch.prepared_by_id, batch.second_reviewed_by_id, batch.approved_by_id]
        taken = [person for person in steps if person]
        assert len(set(taken)) == len(taken)
        assert not {piece.reviewed_by_id for piece in batch.slices.all()} & set(taken)
        if batch.state in ("approved", "exported", "results", "settled"):
            assert batch.notice_ends_on is not None
            unreviewed = batch.slices.filter(~Q(state="reviewed"), line_count__gt=0)
            assert not unreviewed.exists()
        if batch.state in ("exported", "results", "settled"):
            assert digest_of(batch) == batch.approved_digest == batch.exported_digest
            back = batch.lines.filter(state="written_back").aggregate(total=Sum("amount"))["total"] or 0
            assert batch.committed == batch.total - back
        if batch.state == "settled":
            assert set(batch.lines.values_list("state", flat=True)) <= {
                "paid",
                "retried",
                "written_back",
                "dropped",
            }
            needed = Counter(roles_needed(batch))
            signed = list(batch.approvals.filter(digest=batch.approved_digest).values_list("role", "user"))
            assert needed <= Counter(role for role, _user in signed)
            assert len({user for _role, user in signed}) == len(signed)
        for one in batch.approvals.all():
            assert one.user_id not in {batch.prepared_by_id, batch.second_reviewed_by_id}
        assert differences(batch) == []
    assert not FundMovement.objects.filter(amount__lte=0).exists()
    assert not PayeeAccount.objects.filter(decided_by=F("proposed_by")).exists()
    assert not FundTransfer.objects.filter(decided_by=F("proposed_by")).exists()
    assert not ClawbackReceipt.objects.filter(decided_by=F("proposed_by")).exists()
    repaid = ClawbackReceipt.objects.exclude(state="refused")
    assert not PaymentLine.objects.filter(
        state__in=LIVE_STATES, entitlement__in=repaid.values("entitlement")
    ).exists()
    void = BankOrder.objects.filter(export__replaced_by__isnull=False).exclude(state="sent")
    assert not void.exists()
    # Nobody was sent the same entitlement twice: paid, or on its way, once at most.
    sent = (
        PaymentLine.objects.filter(order__state__in=["sent", "paid"], order__export__replaced_by__isnull=True)
        .values("entitlement")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    assert not sent.exists()
    district = FundYear.objects.first().fund.district
    assert ledger_differences(district) == []
    assert sum(row["balance"] for row in trial_balance(district=district)) == 0


@pytest.fixture
def play(scored):
    FundYear.objects.update(ceiling=Decimal("15000"))
    Fund.objects.update(sample_share=40)
    ApprovalTier.objects.create(
        fund=Fund.objects.get(code="services"),
        amount_from=5000,
        role="reviewer",
        document="x",
        valid_from="2020-01-01",
    )
    janus = make_user("janus", "finance_maker", scored.district)
    for role in ("finance_checker", "approver", "publisher"):
        janus.postings.create(role=role, district=scored.district, valid_from="2020-01-01")
    janus.postings.create(
        role="subdistrict_clerk",
        district=scored.district,
        subdistrict=scored.cast.subdistrict,
        valid_from="2020-01-01",
    )
    people = {name: scored.cast.by_role.get(name) for name in PEOPLE}
    people |= {"other_clerk": scored.clerks[scored.cast.other_subdistrict.pk], "janus": janus}
    return scored, people


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PEOPLE), st.integers(0, 11)),
        min_size=10,
        max_size=40,
    )
)
def test_no_order_of_actions_breaks_a_rule(play, script):
    town, people = play
    with transaction.atomic():
        set_clock(town.district, 2026, 10, 20, 9)
        one = Play(town, people)
        for action, who, which in script:
            if one.do(action, who, which):
                check_the_rules()
        transaction.set_rollback(True)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 15),
            st.sampled_from(
                [
                    "hold",
                    "release",
                    "reclassify",
                    "compute",
                    "return_slice",
                    "prepare",
                    "account",
                    "confirm",
                    "export_again",
                    "result",
                    "retry",
                    "write_back",
                    "transfer",
                    "repay",
                    "book",
                    "instalments",
                ]
            ),
            st.sampled_from(PEOPLE),
            st.integers(0, 11),
        ),
        max_size=10,
    )
)
def test_disturbances_on_the_right_way_break_no_rule(play, disturbances):
    """The right people take the right steps, with other actions thrown in between."""
    town, people = play
    right_way = [
        ("prepare", "finance_maker", 0),
        ("review_slice", "subdistrict_clerk", 0),
        ("review_slice", "other_clerk", 1),
        ("tick", "finance_checker", 0),
        ("review_batch", "finance_checker", 0),
        ("put_up_notice", "publisher", 0),
        ("next_day", "publisher", 0),
        ("approve", "reviewer", 0),
        ("approve", "approver", 0),
        ("export", "finance_maker", 0),
        ("result", "finance_maker", 2),  # one order: returned
        ("account", "finance_maker", 0),
        ("confirm", "finance_checker", 5),
        ("retry", "approver", 0),
        ("export", "finance_maker", 0),
        ("result", "finance_maker", 0),
    ]
    with transaction.atomic():
        set_clock(town.district, 2026, 10, 20, 9)
        one = Play(town, people)
        for place, step in enumerate(right_way):
            one.do(*step)
            check_the_rules()
            for when, action, who, which in disturbances:
                if when == place and one.do(action, who, which):
                    check_the_rules()
        if not disturbances:
            assert SubsidyBatch.objects.get(fund__code="services").state == "settled"
        transaction.set_rollback(True)
