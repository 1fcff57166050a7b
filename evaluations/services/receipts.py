"""What a payee gives back in cash: recorded from the bank's slip by one person, booked when another confirms it.

The money goes to the treasury: it settles what was to be taken back and does not raise what the fund may spend.
"""

import datetime as dt
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from evaluations.models import ClawbackReceipt, Entitlement, PaymentLine
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.models.subsidies.lines import LIVE_STATES
from evaluations.models.subsidies.receipts import ReceiptState
from evaluations.services.clawbacks import adjustment_like
from evaluations.services.entitlements import lock_money
from evaluations.services.ledger import post
from evaluations.services.steps import APPROVERS, CHECKERS, MAKERS, require_post, require_reason
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import format_yuan

CONFIRMERS = CHECKERS | APPROVERS


@transaction.atomic
def propose_receipt(
    *,
    entitlement: Entitlement,
    amount: Decimal,
    received_on: dt.date,
    slip: str,
    reason: str,
    acting_user: User,
) -> ClawbackReceipt:
    """Record that `amount` (yuan) of what is to be taken back came in; another person confirms it.

    From now on no batch sets the sum off. Takes the district's money lock.
    """
    lock_money(entitlement.district)
    row = _locked(entitlement)
    user = require_post(acting_user, MAKERS, row.district)
    reason, slip = require_reason(reason), slip.strip()
    if row.amount >= 0 or row.voided_at is not None:
        raise Refused(
            _("Only what is to be taken back can be repaid. Choose a line of the list."),
            code="not-a-clawback",
        )
    _refuse_in_batch(row)
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise Refused(
            _("“Amount”: write yuan above zero with at most two decimal places."),
            code="amount",
            field="amount",
        )
    if amount > -row.amount:
        raise Refused(
            _("“Amount”: %(given)s is more than the %(wanted)s to be taken back. Record at most that much.")
            % {"given": format_yuan(amount), "wanted": format_yuan(-row.amount)},
            code="amount",
            field="amount",
        )
    if not slip:
        raise Refused(
            _("“Number of the bank's slip” is empty. Copy it from the slip."), code="slip", field="slip"
        )
    if not row.recorded_at.date() <= received_on <= business_today(row.district):
        raise Refused(
            _("“Received on”: %(day)s is before the correction or still to come.") % {"day": received_on},
            code="day",
            field="received_on",
        )
    now = business_now(row.district)
    with acting(user, reason):
        try:
            with transaction.atomic():
                return ClawbackReceipt.objects.create(
                    district=row.district,
                    entitlement=row,
                    amount=amount,
                    received_on=received_on,
                    slip=slip[:60],
                    reason=reason,
                    proposed_by=user,
                    proposed_at=now,
                    recorded_at=now,
                    recorded_by=user.username,
                )
        except IntegrityError:
            raise Refused(
                _(
                    "This slip, or a repayment of this sum, is recorded already. Look at the list of repayments."
                ),
                code="receipt-twice",
                field="slip",
            ) from None


@transaction.atomic
def decide_receipt(
    *, receipt: ClawbackReceipt, confirm: bool, acting_user: User, reason: str = ""
) -> ClawbackReceipt:
    """Book a repayment (treasury to what is to be taken back), or refuse it; by another person than recorded it.

    A part repaid splits the sum: the rest is still set off or repaid later. Takes the district's money lock.
    """
    lock_money(receipt.district)
    receipt = ClawbackReceipt.objects.select_for_update(of=("self",)).get(pk=receipt.pk)
    row = _locked(receipt.entitlement)
    user = require_post(acting_user, CONFIRMERS, receipt.district)
    if receipt.state != ReceiptState.PROPOSED:
        raise Refused(
            _("This repayment is “%(state)s” already.") % {"state": receipt.get_state_display()}, code="state"
        )
    if user.pk == receipt.proposed_by_id:
        raise Refused(
            _("You recorded this repayment yourself. Another person must confirm it."), code="same-person"
        )
    if not confirm:
        reason = require_reason(reason)
    with acting(user, reason or f"confirm repayment {receipt.slip}"):
        if confirm:
            if row.voided_at is not None or row.amount > -receipt.amount:
                raise Refused(
                    _(
                        "What is to be taken back has changed since. Refuse this repayment and record it again."
                    ),
                    code="changed",
                )
            _refuse_in_batch(row)
            receipt.entitlement = row if row.amount == -receipt.amount else _split(row, receipt, user)
            _book(receipt, user)
        receipt.state = ReceiptState.CONFIRMED if confirm else ReceiptState.REFUSED
        receipt.decided_by, receipt.decided_at = user, business_now(receipt.district)
        receipt.save(update_fields=["entitlement", "state", "decided_by", "decided_at"])
    return receipt


def _locked(entitlement: Entitlement) -> Entitlement:
    found = Entitlement.objects.select_for_update(of=("self",)).select_related("district", "rule")
    return found.get(pk=entitlement.pk)


def _refuse_in_batch(row: Entitlement) -> None:
    if PaymentLine.objects.filter(entitlement=row, state__in=LIVE_STATES).exists():
        raise Refused(
            _("%(amount)s is in a batch already. Hold that line and have the batch returned first.")
            % {"amount": format_yuan(row.amount)},
            code="in-batch",
        )


def _split(row: Entitlement, receipt: ClawbackReceipt, user: User) -> Entitlement:
    """Replace the sum by what was repaid and what is left; returns the part repaid."""
    number = Entitlement.objects.filter(adjusts=row.adjusts_id).aggregate(last=Max("adjustment_number"))[
        "last"
    ]
    row.voided_at, row.voided_by = business_now(row.district), user.username
    row.void_reason = _("Repaid in part: %(slip)s") % {"slip": receipt.slip}
    row.save(update_fields=["voided_at", "voided_by", "void_reason"])
    repaid = adjustment_like(row, -receipt.amount, number + 1, row.counted_on, user)
    adjustment_like(row, row.amount + receipt.amount, number + 2, row.counted_on, user)
    return repaid


def _book(receipt: ClawbackReceipt, user: User) -> None:
    row = receipt.entitlement
    fund = row.rule.fund_id
    post(
        district=receipt.district,
        kind=LedgerKind.RECEIPT,
        lines={
            ("treasury", fund, receipt.received_on.year, ""): receipt.amount,
            ("receivable", fund, row.counted_on.year, row.benefit): -receipt.amount,
        },
        text=receipt.slip,
        acting_user=user,
    )
