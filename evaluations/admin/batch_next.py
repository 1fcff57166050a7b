"""What comes next on a batch, by whom and by when, in a sentence; and the rows of the bank's file with their state."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db.models import Case, Max, Q, When
from django.utils.timezone import localdate
from django.utils.translation import gettext

from communities.lights import reminder_day
from evaluations.models import BankOrder, PayeeAccount, SubsidyBatch
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BatchState, SliceState
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from evaluations.services.approvals import roles_missing
from evaluations.services.payee_accounts import masked_number
from evaluations.services.sampling import unchecked
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.roles import Role
from redprop.common.money import format_yuan
from redprop.core.selectors import work_calendar

STEP_WORKDAYS = 3
"""Working days for each hand after the one before it; the notice and the bank have their own days."""
BANK_WORKDAYS = 5
SHOWN = 50


class Mending(StrEnum):
    """How far a returned payment has come."""

    ACCOUNT_WANTED = "account wanted"
    ACCOUNT_PROPOSED = "account proposed"
    ACCOUNT_CHANGED = "account changed"


def returned_orders(batch: SubsidyBatch) -> Any:
    """Orders that came back and are neither paid again nor written back."""
    rows = batch.orders.filter(state=OrderState.RETURNED, lines__state=LineState.BANK_RETURNED)
    return rows.select_related("account").distinct()


def mending_of(orders: Iterable[BankOrder]) -> dict[int, tuple[Mending, PayeeAccount | None]]:
    """Return by order id how far it has come, with the account proposed or now in force (one query)."""
    orders = list(orders)
    accounts = PayeeAccount.objects.filter(
        Q(enterprise__in=[one.enterprise_id for one in orders if one.enterprise_id])
        | Q(person__in=[one.person_id for one in orders if one.person_id]),
        state__in=[AccountState.PROPOSED, AccountState.IN_FORCE],
    )
    by_payee = {(one.enterprise_id, one.person_id, one.state): one for one in accounts} if orders else {}
    found: dict[int, tuple[Mending, PayeeAccount | None]] = {}
    for order in orders:
        now = by_payee.get((order.enterprise_id, order.person_id, AccountState.IN_FORCE))
        proposed = by_payee.get((order.enterprise_id, order.person_id, AccountState.PROPOSED))
        if proposed is not None:
            found[order.pk] = Mending.ACCOUNT_PROPOSED, proposed
        elif now is not None and now.number_hash != order.account.number_hash:
            found[order.pk] = Mending.ACCOUNT_CHANGED, now
        else:
            found[order.pk] = Mending.ACCOUNT_WANTED, now
    return found


def due_on(batch: SubsidyBatch) -> dt.date | None:
    """By when the next step is to be taken: working days after the last one (two queries); None when nothing waits."""
    if batch.state in (BatchState.SETTLED, BatchState.CANCELLED):
        return None
    if batch.state == BatchState.NOTICED and batch.notice_ends_on:
        start, days = batch.notice_ends_on, STEP_WORKDAYS
    else:
        last = batch.steps.aggregate(last=Max("at"))["last"]
        if last is None:
            return None
        asked = batch.orders.filter(state=OrderState.SENT, export__replaced_by__isnull=True).exists()
        start, days = localdate(last), BANK_WORKDAYS if asked else STEP_WORKDAYS
    return reminder_day(start, days, work_calendar(batch.district))


def next_step(batch: SubsidyBatch) -> str:
    """In a sentence: what comes next, and by whom (few queries)."""
    if batch.state == BatchState.PREPARED:
        waiting = batch.slices.filter(line_count__gt=0).exclude(state=SliceState.REVIEWED).count()
        return gettext("Expected next: first review by the subdistricts, %(count)s slices are waiting.") % {
            "count": waiting
        }
    if batch.state == BatchState.FIRST_REVIEWED:
        left = unchecked(batch)
        if left:
            return gettext(
                "Expected next: the finance checker looks at the %(count)s lines of the sample that are left, then the second review."
            ) % {"count": left}
        return gettext("Expected next: the second review by the finance checker.")
    if batch.state == BatchState.SECOND_REVIEWED:
        return gettext("Expected next: the publisher puts the list under public notice.")
    if batch.state == BatchState.NOTICED:
        roles = "、".join(str(Role(role).label) for role in roles_missing(batch, digest_of(batch)))
        return gettext("Expected next: approval by %(roles)s, after %(day)s.") % {
            "roles": roles,
            "day": batch.notice_ends_on,
        }
    if batch.state == BatchState.APPROVED:
        if digest_of(batch) != batch.approved_digest:
            return gettext("Lines changed since the approval. Expected next: the approver approves again.")
        return gettext("Expected next: the finance maker exports roster and bank file.")
    if batch.state == BatchState.EXPORTED:
        return gettext("Expected next: the finance maker takes in the result file of the bank.")
    if batch.state == BatchState.RESULTS:
        return _after_result(batch)
    if batch.state == BatchState.SETTLED:
        return gettext("Settled: each line is paid or written back.")
    return ""


def _after_result(batch: SubsidyBatch) -> str:
    if batch.lines.filter(state=LineState.OPEN, order__isnull=True).exists():
        return gettext("Expected next: the finance maker exports the payments approved again.")
    if batch.lines.filter(state=LineState.OPEN).exists():
        return gettext("Expected next: the finance maker takes in the result file of the bank.")
    returned = list(returned_orders(batch))
    counts = Counter(how for how, _account in mending_of(returned).values())
    sentences = []
    if count := counts[Mending.ACCOUNT_WANTED]:
        sentences.append(
            gettext("for %(count)s the finance maker proposes another account of the payee")
            % {"count": count}
        )
    if count := counts[Mending.ACCOUNT_PROPOSED]:
        sentences.append(
            gettext("for %(count)s the finance checker confirms the new account") % {"count": count}
        )
    if count := counts[Mending.ACCOUNT_CHANGED]:
        sentences.append(gettext("%(count)s the approver lets be paid again") % {"count": count})
    return gettext(
        "%(count)s payments came back. Expected next: %(steps)s. What cannot be paid is written back."
    ) % {"count": len(returned), "steps": "；".join(sentences)}


def orders_of(batch: SubsidyBatch) -> list[dict[str, Any]]:
    """The rows of the bank files in force, the returned ones first, at most fifty (three queries)."""
    rows = list(
        batch.orders.filter(export__replaced_by__isnull=True)
        .select_related("export", "account")
        .order_by(Case(When(state=OrderState.RETURNED, then=0), default=1), "export", "number")[:SHOWN]
    )
    mending = mending_of(returned_orders(batch)) if batch.state == BatchState.RESULTS else {}
    return [
        {
            "row": row,
            "amount": format_yuan(row.amount),
            "number": masked_number(row.account),
            "mending": str(mending[row.pk][0]) if row.pk in mending else "",
            "account": mending[row.pk][1] if row.pk in mending else None,
        }
        for row in rows
    ]
