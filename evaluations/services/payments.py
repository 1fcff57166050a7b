"""After the export: the bank's results taken in whole or not at all, payments tried again, written back, settled."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import BankOrder, BankResult, PayeeAccount, PaymentLine, SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BATCH_MOVES, BatchState
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from evaluations.services.funds import commit_money, lock_fund_year, pay_money
from evaluations.services.ledger import post_batch
from evaluations.services.steps import (
    APPROVERS,
    CHECKERS,
    EXPORTERS,
    locked,
    log_step,
    preparers,
    refuse_same_person,
    require_post,
    require_reason,
)
from evaluations.subsidies.results import Answer, ResultFile, refused
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import ZERO, format_yuan
from redprop.common.states import require_move


@transaction.atomic
def record_result(*, batch: SubsidyBatch, file: ResultFile, acting_user: User) -> BankResult:
    """Take in the bank's result file: each order paid or returned, money and ledger with it.

    The file must be of this batch and of a version in force, answer to all its orders (later ones may report
    returns of what was paid), agree with each order in payee and amount, and with itself in count and sum.
    Otherwise Refused, and nothing is taken in. Locks the batch, then the fund's year.
    """
    batch = locked(batch)
    user = require_post(acting_user, EXPORTERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.RESULTS, what=batch)
    export = _export_of(batch, file)
    orders = {order.number: order for order in export.orders.select_for_update(of=("self",))}
    paid, returned = _matched(batch, export, orders, file)
    today = business_today(batch.district)
    with acting(user, f"bank result {file.name}"):
        result = BankResult.objects.create(
            batch=batch,
            export=export,
            name=file.name[:200],
            digest=file.digest,
            paid_count=len(paid),
            paid_total=sum((order.amount for order, _answer in paid), ZERO),
            returned_count=len(returned),
            returned_total=sum((order.amount for order, _answer in returned), ZERO),
            recorded_at=business_now(batch.district),
            recorded_by=user.username,
        )
        batch.state = BatchState.RESULTS
        batch.save(update_fields=["state"])
        came_back = sum((order.amount for order, _answer in returned if order.state == OrderState.PAID), ZERO)
        _answer_orders(paid, OrderState.PAID, result, today)
        _move_lines(batch, [order.pk for order, _answer in paid], LineState.OPEN, LineState.PAID, "", user)
        if not export.is_retry:
            _settle_netted(batch, user)
        pay_money(batch=batch, amount=result.paid_total, acting_user=user)
        post_batch(batch=batch, kind=LedgerKind.PAYMENT, acting_user=user)
        for before in (LineState.OPEN, LineState.PAID):
            for reason, keys in _by_reason(returned):
                _move_lines(batch, keys, before, LineState.BANK_RETURNED, reason, user)
        _answer_orders(returned, OrderState.RETURNED, result, today)
        pay_money(batch=batch, amount=-came_back, acting_user=user)
        post_batch(batch=batch, kind=LedgerKind.RETURN, acting_user=user)
        log_step(
            batch,
            "results",
            user,
            reason=_("%(paid)s paid (%(paid_total)s), %(returned)s returned (%(returned_total)s)")
            % {
                "paid": result.paid_count,
                "paid_total": format_yuan(result.paid_total),
                "returned": result.returned_count,
                "returned_total": format_yuan(result.returned_total),
            },
            digest=file.digest,
        )
        _settle_when_done(batch, user)
    return result


def _export_of(batch: SubsidyBatch, file: ResultFile) -> SubsidyExport:
    if file.batch != batch.number:
        raise Refused(
            _("“%(file)s” is the result of batch %(other)s, not of %(batch)s. Open that batch to take it in.")
            % {"file": file.name, "other": file.batch or "–", "batch": batch},
            code="wrong-batch",
        )
    taken = BankResult.objects.filter(digest=file.digest).first()
    if taken is not None:
        raise Refused(
            _("“%(file)s” was taken in on %(day)s already. Nothing is done twice.")
            % {"file": file.name, "day": f"{taken.recorded_at:%Y-%m-%d}"},
            code="result-twice",
        )
    export = batch.exports.filter(version=file.version).select_related("replaced_by").first()
    if export is None:
        raise Refused(
            _("%(batch)s has no version %(version)s.") % {"batch": batch, "version": file.version},
            code="wrong-version",
        )
    if getattr(export, "replaced_by", None) is not None:
        raise Refused(
            _(
                "Version %(version)s of %(batch)s is void since version %(new)s. Ask the bank which one it paid."
            )
            % {"version": file.version, "batch": batch, "new": export.replaced_by.version},
            code="wrong-version",
        )
    return export


Matched = list[tuple[BankOrder, Answer]]


def _matched(
    batch: SubsidyBatch, export: SubsidyExport, orders: dict[int, BankOrder], file: ResultFile
) -> tuple[Matched, Matched]:
    """Return (paid, returned) orders with their answers; raises Refused with all that does not agree."""
    problems: list[str] = []
    paid: Matched = []
    returned: Matched = []
    seen: dict[int, int] = {}
    for answer in file.answers:
        place = {"row": answer.row, "number": answer.number}
        order = orders.get(answer.number)
        if order is None or order.payee_code != answer.payee_code:
            problems.append(
                _("Row %(row)s: number %(number)s with payee %(payee)s does not stand in the bank file.")
                % {**place, "payee": answer.payee_code or "–"}
            )
        elif answer.number in seen:
            problems.append(
                _("Row %(row)s: number %(number)s stands in row %(first)s already.")
                % {**place, "first": seen[answer.number]}
            )
        elif order.amount != answer.amount:
            problems.append(
                _("Row %(row)s: number %(number)s is %(ours)s in the bank file, here %(theirs)s.")
                % {**place, "ours": format_yuan(order.amount), "theirs": format_yuan(answer.amount)}
            )
        elif order.state == OrderState.RETURNED or (order.state == OrderState.PAID and answer.paid):
            problems.append(
                _("Row %(row)s: number %(number)s is “%(state)s” already.")
                % {**place, "state": order.get_state_display()}
            )
        elif answer.day and not export.exported_at.date() <= answer.day <= business_today(batch.district):
            problems.append(
                _("Row %(row)s: the day %(day)s is before the export or still to come.")
                % {**place, "day": answer.day}
            )
        else:
            (paid if answer.paid else returned).append((order, answer))
        seen.setdefault(answer.number, answer.row)
    waiting = [order for order in orders.values() if order.state == OrderState.SENT]
    answered = {order.number for order, _answer in [*paid, *returned]}
    left = [order for order in waiting if order.number not in answered]
    if left and not problems:
        problems.append(
            _("The file has %(given)s lines, but the bank file has %(wanted)s: number %(number)s is missing.")
            % {"given": len(file.answers), "wanted": len(waiting), "number": left[0].number}
        )
    total = sum((answer.amount for answer in file.answers), Decimal(0))
    if file.total is not None and (file.total_count, file.total) != (len(file.answers), total):
        problems.append(
            _("The totals row says %(count)s lines and %(total)s, the lines are %(lines)s and %(sum)s.")
            % {
                "count": file.total_count,
                "total": format_yuan(file.total),
                "lines": len(file.answers),
                "sum": format_yuan(total),
            }
        )
    if problems:
        raise refused(file.name, problems)
    return paid, returned


def _answer_orders(matched: Matched, state: OrderState, result: BankResult, today: dt.date) -> None:
    for order, answer in matched:
        order.state, order.result, order.result_reason = state, result, answer.reason
        order.result_on = answer.day or today
        order.save(update_fields=["state", "result", "result_reason", "result_on"])


def _by_reason(matched: Matched) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for order, answer in matched:
        found.setdefault(answer.reason, []).append(order.pk)
    return sorted(found.items())


def _move_lines(
    batch: SubsidyBatch, orders: Sequence[int], before: LineState, after: LineState, reason: str, user: User
) -> None:
    """Move all lines of these orders in one statement; the trigger checks each move."""
    batch.lines.filter(order__in=orders, state=before).update(
        state=after, state_reason=reason, state_by=user.username, state_at=business_now(batch.district)
    )


def _settle_netted(batch: SubsidyBatch, user: User) -> None:
    """Lines of a payee whose sums cancel out were never sent; they count as paid with the rest."""
    batch.lines.filter(state=LineState.OPEN, order__isnull=True, retry_of__isnull=True).update(
        state=LineState.PAID,
        state_reason=_("Set off against what is taken back; nothing was to be sent."),
        state_by=user.username,
        state_at=business_now(batch.district),
    )


def _settle_when_done(batch: SubsidyBatch, user: User) -> None:
    """Settle the batch when each line is paid or written back."""
    left = batch.lines.filter(state__in=[LineState.OPEN, LineState.HELD, LineState.BANK_RETURNED])
    if not left.exists():
        require_move(BATCH_MOVES, batch.state, BatchState.SETTLED, what=batch)
        batch.state = BatchState.SETTLED
        batch.save(update_fields=["state"])
        log_step(batch, "settled", user)


@transaction.atomic
def approve_retry(
    *, batch: SubsidyBatch, orders: Sequence[BankOrder], acting_user: User, reason: str = ""
) -> int:
    """Approve that returned orders are paid again into the account now in force; returns how many.

    The account must be another one than the bank returned, or a reason be given why it is right after all.
    The new attempts are lines of the same batch, for the same entitlements and sums; no money is committed twice.
    """
    batch = locked(batch)
    user = require_post(acting_user, APPROVERS, batch.district)
    refuse_same_person(user, preparers(batch))
    if batch.state != BatchState.RESULTS or not orders:
        raise Refused(
            _("%(batch)s has no returned payment that could be tried again.") % {"batch": batch}, code="state"
        )
    with acting(user, reason or f"retry {batch}"):
        number = batch.lines.order_by("-number").values_list("number", flat=True)[0]
        for order in (
            BankOrder.objects.select_for_update(of=("self",))
            .filter(pk__in=[one.pk for one in orders], batch=batch)
            .order_by("pk")
        ):
            number = _retry(batch, order, number, user, reason.strip())
        post_batch(batch=batch, kind=LedgerKind.RETRY, acting_user=user)
        log_step(batch, "retry", user, reason=f"{len(orders)} {reason}".strip()[:300])
    return len(orders)


def _retry(batch: SubsidyBatch, order: BankOrder, number: int, user: User, reason: str) -> int:
    lines = list(
        order.lines.select_for_update(of=("self",)).filter(state=LineState.BANK_RETURNED).order_by("number")
    )
    if order.state != OrderState.RETURNED or not lines:
        raise Refused(
            _("The payment to %(payee)s is not returned, or tried again already.")
            % {"payee": order.payee_name},
            code="not-returned",
        )
    account = PayeeAccount.objects.filter(
        enterprise=order.enterprise_id, person=order.person_id, state=AccountState.IN_FORCE
    ).first()
    if account is None or (account.number_hash == order.account.number_hash and not reason):
        raise Refused(
            _(
                "The account of %(payee)s is still the one the bank returned (%(why)s). Have a new one proposed and confirmed, or give the reason why it is right."
            )
            % {"payee": order.payee_name, "why": order.result_reason},
            code="same-account",
        )
    _set_retried(batch, lines, user)
    for line in lines:
        number += 1
        PaymentLine.objects.create(
            batch=batch,
            slice_id=line.slice_id,
            number=number,
            entitlement_id=line.entitlement_id,
            amount=line.amount,
            enterprise_id=line.enterprise_id,
            person_id=line.person_id,
            payee_code=line.payee_code,
            payee_name=line.payee_name,
            subject_name=line.subject_name,
            retry_of=line,
            account_bank=account.bank,
            account_holder=account.holder,
            account_cipher=account.number_cipher,
            account_hash=account.number_hash,
        )
    return number


def _set_retried(batch: SubsidyBatch, lines: Sequence[PaymentLine], user: User) -> None:
    batch.lines.filter(pk__in=[line.pk for line in lines]).update(
        state=LineState.RETRIED, state_by=user.username, state_at=business_now(batch.district)
    )


@transaction.atomic
def write_back(
    *, batch: SubsidyBatch, orders: Sequence[BankOrder], reason: str, acting_user: User
) -> SubsidyBatch:
    """Give up paying returned orders out of this batch; the money is free again and what is owed waits for a later one."""
    batch = locked(batch)
    user = require_post(acting_user, CHECKERS | APPROVERS, batch.district)
    refuse_same_person(user, preparers(batch))
    reason = require_reason(reason)
    lines = batch.lines.filter(
        order__in=[order.pk for order in orders], state=LineState.BANK_RETURNED
    ).select_for_update(of=("self",))
    amount = sum((line.amount for line in lines), ZERO)
    if batch.state != BatchState.RESULTS or not amount:
        raise Refused(
            _("%(batch)s has no returned payment that could be written back.") % {"batch": batch},
            code="state",
        )
    if lock_fund_year(batch, also_closed=True).closed_on is not None:
        raise Refused(
            _(
                "The year of %(batch)s is closed: its money cannot become free again. Have another account confirmed and pay the returned payment again."
            )
            % {"batch": batch},
            code="year-closed",
        )
    with acting(user, reason):
        _move_lines(
            batch,
            [order.pk for order in orders],
            LineState.BANK_RETURNED,
            LineState.WRITTEN_BACK,
            reason,
            user,
        )
        commit_money(batch=batch, amount=batch.committed - amount, acting_user=user)
        batch.committed -= amount
        batch.save(update_fields=["committed"])
        post_batch(batch=batch, kind=LedgerKind.WRITE_BACK, acting_user=user)
        log_step(batch, "written_back", user, reason=reason)
        _settle_when_done(batch, user)
    return batch
