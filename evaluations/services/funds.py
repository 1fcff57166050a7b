"""Money of a fund under a lock on its year: committing and paying, transfers by two persons, closing the year."""

from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.models import FundMovement, FundTransfer, FundYear, SubsidyBatch
from evaluations.models.subsidies.batches import BatchState
from evaluations.models.subsidies.funds import TransferState
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.services.ledger import balances_of, post
from evaluations.services.steps import APPROVERS, CHECKERS, MAKERS, require_post, require_reason
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import ZERO, format_yuan

FUND_CONFIRMERS = CHECKERS | APPROVERS


def lock_fund_year(batch: SubsidyBatch, *, also_closed: bool = False) -> FundYear:
    """Return the fund's year that pays for `batch`, locked until the transaction ends.

    Raises Refused without one and, unless `also_closed`, when the year is closed.
    """
    year = int(batch.period[:4])
    found = (
        FundYear.objects.select_for_update(of=("self",))
        .select_related("fund")
        .filter(fund=batch.fund_id, year=year)
        .first()
    )
    if found is None:
        raise Refused(
            _("“%(fund)s” has no ceiling for %(year)s. Enter it under “Years of funds” first.")
            % {"fund": batch.fund, "year": year},
            code="no-fund-year",
        )
    if not also_closed:
        _refuse_closed(found)
    return found


def _refuse_closed(year: FundYear) -> None:
    if year.closed_on is not None:
        raise Refused(
            _("The year %(year)s of “%(fund)s” was closed on %(day)s. Nothing is booked into it any more.")
            % {"year": year.year, "fund": year.fund, "day": year.closed_on},
            code="year-closed",
        )


def commit_money(*, batch: SubsidyBatch, amount: Decimal, acting_user: User) -> FundYear:
    """Set what the fund has committed for `batch` to `amount`; raises Refused above the ceiling.

    Locks the fund's year, then checks again on the locked row. The caller saves `batch.committed`.
    """
    year = lock_fund_year(batch)
    difference = amount - batch.committed
    if year.committed + difference > year.ceiling:
        raise Refused(
            _(
                "“%(fund)s” has %(free)s left of its ceiling of %(ceiling)s for %(year)s, but this batch needs "
                "%(amount)s. Hold lines, or have the ceiling raised."
            )
            % {
                "fund": year.fund,
                "free": format_yuan(year.free),
                "ceiling": format_yuan(year.ceiling),
                "year": year.year,
                "amount": format_yuan(difference),
            },
            code="ceiling",
            free=year.free,
            needed=difference,
        )
    if difference:
        year.committed += difference
        year.save(update_fields=["committed"])
        kind = FundMovement.Kind.COMMIT if difference > 0 else FundMovement.Kind.RELEASE
        _move(year, kind, abs(difference), batch, acting_user)
    return year


def pay_money(*, batch: SubsidyBatch, amount: Decimal, acting_user: User) -> FundYear:
    """Record that the bank paid `amount` out of what is committed for `batch`; below zero, that it came back.

    Locks the fund's year. The figures of a closed year stay: what comes back after that is paid again from
    the account of returned payments.
    """
    year = lock_fund_year(batch, also_closed=True)
    if amount and year.closed_on is None:
        year.paid += amount
        year.save(update_fields=["paid"])
        kind = FundMovement.Kind.PAY if amount > 0 else FundMovement.Kind.BANK_RETURN
        _move(year, kind, abs(amount), batch, acting_user)
    return year


def _move(year: FundYear, kind: str, amount: Decimal, batch: SubsidyBatch, user: User) -> None:
    FundMovement.objects.create(
        fund_year=year,
        kind=kind,
        amount=amount,
        batch=batch,
        at=business_now(batch.district),
        recorded_at=business_now(batch.district),
        recorded_by=user.username,
    )


@transaction.atomic
def propose_transfer(
    *, source: FundYear, target: FundYear, amount: Decimal, document: str, reason: str, acting_user: User
) -> FundTransfer:
    """Propose to move money from one fund's year to another fund's same year; another person confirms it."""
    district = source.fund.district
    user = require_post(acting_user, MAKERS, district)
    reason = require_reason(reason)
    if source.fund_id == target.fund_id or source.year != target.year or target.fund.district != district:
        raise Refused(
            _("A transfer goes from one fund to another fund of the district, within one year."), code="funds"
        )
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise Refused(
            _("“Amount”: write yuan above zero with at most two decimal places."),
            code="amount",
            field="amount",
        )
    if not document.strip():
        raise Refused(
            _("“Document number” is empty. A transfer needs the paper that allows it."),
            code="document",
            field="document",
        )
    _require_free(source, amount)
    for year in (source, target):
        _refuse_closed(year)
    now = business_now(district)
    with acting(user, reason):
        return FundTransfer.objects.create(
            source=source,
            target=target,
            amount=amount,
            document=document.strip()[:60],
            reason=reason,
            proposed_by=user,
            proposed_at=now,
            recorded_at=now,
            recorded_by=user.username,
        )


@transaction.atomic
def decide_transfer(
    *, transfer: FundTransfer, confirm: bool, acting_user: User, reason: str = ""
) -> FundTransfer:
    """Confirm a proposed transfer, which moves the ceilings, or refuse it; by another person than proposed it.

    Locks the transfer, then both years in order of id, and checks again what is free.
    """
    transfer = FundTransfer.objects.select_for_update(of=("self",)).get(pk=transfer.pk)
    locked = {
        year.pk: year
        for year in FundYear.objects.select_for_update(of=("self",))
        .select_related("fund__district")
        .filter(pk__in=[transfer.source_id, transfer.target_id])
        .order_by("pk")
    }
    source, target = locked[transfer.source_id], locked[transfer.target_id]
    district = source.fund.district
    user = require_post(acting_user, FUND_CONFIRMERS, district)
    if transfer.state != TransferState.PROPOSED:
        raise Refused(
            _("This transfer is “%(state)s” already.") % {"state": transfer.get_state_display()}, code="state"
        )
    if user.pk == transfer.proposed_by_id:
        raise Refused(
            _("You proposed this transfer yourself. Another person must confirm it."), code="same-person"
        )
    if not confirm:
        reason = require_reason(reason)
    with acting(user, reason or f"confirm {transfer.document}"):
        transfer.state = TransferState.CONFIRMED if confirm else TransferState.REFUSED
        transfer.decided_by, transfer.decided_at = user, business_now(district)
        transfer.save(update_fields=["state", "decided_by", "decided_at"])
        if confirm:
            for year in (source, target):
                _refuse_closed(year)
            _require_free(source, transfer.amount)
            with connection.cursor() as cursor:  # the trigger of the ceilings names the transfer
                cursor.execute("SELECT set_config('redprop.transfer', %s, true)", [str(transfer.pk)])
            source.ceiling -= transfer.amount
            target.ceiling += transfer.amount
            source.save(update_fields=["ceiling"])
            target.save(update_fields=["ceiling"])
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('redprop.transfer', '', true)")
    return transfer


def _require_free(source: FundYear, amount: Decimal) -> None:
    if source.free < amount:
        raise Refused(
            _("“%(fund)s” has only %(free)s free in %(year)s. Transfer at most that much.")
            % {"fund": source.fund, "free": format_yuan(source.free), "year": source.year},
            code="not-free",
            field="amount",
        )


def open_work(year: FundYear) -> list[SubsidyBatch]:
    """Return the batches that keep a fund's year from being closed: in work, or not settled (one query)."""
    ended = Q(state__in=[BatchState.SETTLED, BatchState.CANCELLED])
    found = SubsidyBatch.objects.filter(fund=year.fund_id, period__startswith=str(year.year))
    return list(found.exclude(ended).order_by("number"))


@transaction.atomic
def propose_closing(*, year: FundYear, acting_user: User) -> FundYear:
    """Propose to close a fund's year after its end; the approver then closes it. Refused while something is open."""
    year = _year_to_close(year)
    user = require_post(acting_user, MAKERS | CHECKERS, year.fund.district)
    _refuse_open(year)
    with acting(user, f"propose closing {year}"):
        year.closing_proposed_by, year.closing_proposed_at = user.username, business_now(year.fund.district)
        year.save(update_fields=["closing_proposed_by", "closing_proposed_at"])
    return year


@transaction.atomic
def close_year(*, year: FundYear, acting_user: User) -> FundYear:
    """Close a fund's year: what is free lapses, the budget accounts are emptied, nothing enters any more.

    Another person has proposed it. Refused before the year's end and while a batch of it is not settled.
    """
    year = _year_to_close(year)
    district = year.fund.district
    user = require_post(acting_user, APPROVERS, district)
    _refuse_open(year)
    if not year.closing_proposed_by:
        raise Refused(
            _("Nobody has proposed to close %(year)s. Have the finance maker or checker propose it first.")
            % {"year": year},
            code="not-proposed",
        )
    if year.closing_proposed_by == user.username:
        raise Refused(
            _("You proposed to close this year yourself. Another person must close it."), code="same-person"
        )
    with acting(user, f"close the year {year}"):
        there = balances_of(year)
        post(
            district=district,
            kind=LedgerKind.CLOSING,
            lines={
                (account, year.fund_id, year.year, ""): -there.get(account, ZERO)
                for account in ("ceiling", "free", "committed", "spent")
            },
            text=str(year),
            acting_user=user,
        )
        year.closed_on, year.closed_by = business_today(district), user.username
        year.save(update_fields=["closed_on", "closed_by"])
    return year


def _year_to_close(year: FundYear) -> FundYear:
    return FundYear.objects.select_for_update(of=("self",)).select_related("fund__district").get(pk=year.pk)


def _refuse_open(year: FundYear) -> None:
    """Refuse a year that is closed or lasts, or that a batch or a transfer keeps open."""
    _refuse_closed(year)
    if business_today(year.fund.district).year <= year.year:
        raise Refused(
            _("The year %(year)s is not over. Close it from 1 January on.") % {"year": year.year},
            code="year-lasts",
        )
    waiting = open_work(year)
    if waiting:
        raise Refused(
            _("Before the year is closed these batches must be settled or cancelled: %(batches)s.")
            % {"batches": "、".join(str(batch) for batch in waiting)},
            code="batches-open",
        )
    if FundTransfer.objects.filter(Q(source=year) | Q(target=year), state=TransferState.PROPOSED).exists():
        raise Refused(
            _("A transfer of this year waits for a second person. Have it decided first."),
            code="transfer-waits",
        )
