"""Writing the ledger of the funds: what each step of a batch moves between the accounts, and whether all agrees.

Entitlements and ceilings enter the ledger by triggers, with their own rows. A batch's
part of the ledger follows from the states of its lines: each step posts the difference to what stands there.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from evaluations.models import FundYear, LedgerEntry, LedgerLine, SubsidyBatch
from evaluations.models.subsidies.batches import AFTER_APPROVAL, BatchState
from evaluations.models.subsidies.ledger import LedgerAccount, LedgerKind
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.money import ZERO

Place = tuple[str, int, str]
"""Account of the ledger, budget year, benefit."""

POSITION = """
SELECT a.account, a.year, a.benefit, sum(a.amount)
FROM evaluations_paymentline l
JOIN evaluations_entitlement e ON e.id = l.entitlement_id
CROSS JOIN LATERAL (VALUES
  (CASE WHEN l.amount < 0 THEN 'receivable' ELSE 'owed' END, extract(year FROM e.counted_on)::int,
   e.benefit, l.amount),
  (CASE l.state WHEN 'paid' THEN 'treasury' WHEN 'bank_returned' THEN 'returned' ELSE 'payable' END,
   %(year)s, '', -l.amount),
  (CASE WHEN l.state = 'paid' OR %(closed)s THEN 'spent' ELSE 'committed' END, %(year)s, '', l.amount),
  ('free', %(year)s, '', -l.amount)) AS a(account, year, benefit, amount)
WHERE l.batch_id = %(batch)s AND l.state IN ('open', 'paid', 'bank_returned')
GROUP BY a.account, a.year, a.benefit
"""


def position_of(batch: SubsidyBatch) -> dict[Place, Decimal]:
    """Return what the lines of an approved batch mean on the accounts (two queries).

    What the bank sends back after the year is closed stays spent of that year: it lies on the account of
    returned payments until it is paid again.
    """
    if batch.state not in AFTER_APPROVAL:
        return {}
    year = int(batch.period[:4])
    closed = FundYear.objects.filter(fund=batch.fund_id, year=year, closed_on__isnull=False).exists()
    with connection.cursor() as cursor:
        cursor.execute(POSITION, {"batch": batch.pk, "year": year, "closed": closed})
        return {
            (account, year, benefit): amount for account, year, benefit, amount in cursor.fetchall() if amount
        }


def posted_for(batch: SubsidyBatch) -> dict[Place, Decimal]:
    """Return what the entries of the batch have put on the accounts so far (one query)."""
    rows = (
        LedgerLine.objects.filter(entry__batch=batch)
        .order_by()
        .values_list("account", "year", "benefit")
        .annotate(total=Sum("amount"))
    )
    return {(account, year, benefit): total for account, year, benefit, total in rows if total}


def post_batch(*, batch: SubsidyBatch, kind: LedgerKind, acting_user: User | None) -> LedgerEntry | None:
    """Post what changed since the batch's last entry; None when nothing did. The batch is locked by the caller."""
    wanted, there = position_of(batch), posted_for(batch)
    moved = {place: wanted.get(place, ZERO) - there.get(place, ZERO) for place in sorted({*wanted, *there})}
    return post(
        district=batch.district,
        kind=kind,
        lines={(place[0], batch.fund_id, place[1], place[2]): amount for place, amount in moved.items()},
        batch=batch,
        acting_user=acting_user,
    )


def post(
    *,
    district: District,
    kind: LedgerKind,
    lines: Mapping[tuple[str, int, int, str], Decimal],
    acting_user: User | None,
    batch: SubsidyBatch | None = None,
    text: str = "",
) -> LedgerEntry | None:
    """Write an entry with one line per (account, fund id, year, benefit); zeros are left out."""
    moved = {place: amount for place, amount in lines.items() if amount}
    if not moved:
        return None
    now = business_now(district)
    entry = LedgerEntry.objects.create(
        district=district,
        kind=kind,
        day=timezone.localdate(now),
        batch=batch,
        text=text[:300],
        recorded_at=now,
        recorded_by=acting_user.username if acting_user else "system",
    )
    LedgerLine.objects.bulk_create(
        LedgerLine(entry=entry, account=account, fund_id=fund, year=year, benefit=benefit, amount=amount)
        for (account, fund, year, benefit), amount in moved.items()
    )
    return entry


def trial_balance(
    *,
    district: District,
    first: dt.date | None = None,
    last: dt.date | None = None,
    fund_id: int | None = None,
) -> list[dict[str, object]]:
    """Return per account: balance before `first`, debits and credits from `first` to `last`, balance (one query).

    Balances and the difference of debits and credits add up to zero, on every day and in every fund.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.account,
                   coalesce(sum(l.amount) FILTER (WHERE e.day < %(first)s), 0),
                   coalesce(sum(l.amount) FILTER (WHERE e.day >= %(first)s AND l.amount > 0), 0),
                   coalesce(-sum(l.amount) FILTER (WHERE e.day >= %(first)s AND l.amount < 0), 0),
                   sum(l.amount)
            FROM evaluations_ledgerline l JOIN evaluations_ledgerentry e ON e.id = l.entry_id
            WHERE e.district_id = %(district)s AND e.day <= %(last)s
              AND (%(fund)s::bigint IS NULL OR l.fund_id = %(fund)s)
            GROUP BY l.account
            """,
            {
                "district": district.pk,
                "first": first or dt.date(1, 1, 1),
                "last": last or dt.date(9999, 12, 31),
                "fund": fund_id,
            },
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = []
    for account in LedgerAccount:
        opening, debit, credit, balance = found.get(account.value, (ZERO,) * 4)
        rows.append(
            {
                "account": account.value,
                "label": account.label,
                "opening": opening,
                "debit": debit,
                "credit": credit,
                "balance": balance,
            }
        )
    return rows


def balances_of(year: FundYear) -> dict[str, Decimal]:
    """Return the balance of each account for a fund's budget year (one query)."""
    rows = (
        LedgerLine.objects.filter(fund=year.fund_id, year=year.year)
        .order_by()
        .values_list("account")
        .annotate(total=Sum("amount"))
    )
    return dict(rows)


def ledger_differences(district: District) -> list[str]:
    """Return what does not agree between the ledger and the rows it tells of (empty when all agrees)."""
    found = []
    entries = (
        LedgerLine.objects.filter(entry__district=district)
        .order_by()
        .values_list("entry", "fund")
        .annotate(total=Sum("amount"))
        .exclude(total=0)
    )
    found += [f"ledger entry {entry}: {total} ≠ 0" for entry, _fund, total in entries]
    for year in FundYear.objects.filter(fund__district=district).select_related("fund"):
        there = balances_of(year)
        if year.closed_on:
            if any(there.get(one, ZERO) for one in ("ceiling", "free", "committed", "spent")):
                found.append(f"{year}: closed, but its budget accounts are not empty")
            continue
        sums = {
            "ceiling": -there.get("ceiling", ZERO),
            "committed": there.get("committed", ZERO) + there.get("spent", ZERO),
            "paid": there.get("spent", ZERO),
        }
        for name, total in sums.items():
            if total != getattr(year, name):
                found.append(f"{year}: {name} {getattr(year, name)} ≠ {total} in the ledger")
    for batch in SubsidyBatch.objects.filter(district=district).select_related("district"):
        waits = batch.state == BatchState.APPROVED and digest_of(batch) != batch.approved_digest
        if not waits and position_of(batch) != posted_for(batch):
            found.append(f"{batch}: the ledger does not show what its lines say")
    found += _owed_differences(district)
    found += _repaid_differences(district)
    return found


def _owed_differences(district: District) -> list[str]:
    """What was ever due, by fund: live entitlements against the account of subsidies due."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT f.code, coalesce(d.total, 0), coalesce(l.total, 0)
            FROM evaluations_fund f
            LEFT JOIN (SELECT r.fund_id, sum(e.amount) AS total FROM evaluations_entitlement e
                       JOIN evaluations_subsidyrule r ON r.id = e.rule_id
                       WHERE e.voided_at IS NULL GROUP BY 1) d ON d.fund_id = f.id
            LEFT JOIN (SELECT fund_id, sum(amount) AS total FROM evaluations_ledgerline
                       WHERE account = 'expense' GROUP BY 1) l ON l.fund_id = f.id
            WHERE f.district_id = %s AND coalesce(d.total, 0) <> coalesce(l.total, 0)
            """,
            [district.pk],
        )
        return [f"{code}: due {due} ≠ {posted} in the ledger" for code, due, posted in cursor.fetchall()]


def _repaid_differences(district: District) -> list[str]:
    """What was ever repaid in cash, by fund: confirmed repayments against their entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT f.code, coalesce(d.total, 0), coalesce(l.total, 0)
            FROM evaluations_fund f
            LEFT JOIN (SELECT r.fund_id, sum(c.amount) AS total FROM evaluations_clawbackreceipt c
                       JOIN evaluations_entitlement e ON e.id = c.entitlement_id
                       JOIN evaluations_subsidyrule r ON r.id = e.rule_id
                       WHERE c.state = 'confirmed' GROUP BY 1) d ON d.fund_id = f.id
            LEFT JOIN (SELECT i.fund_id, sum(i.amount) AS total FROM evaluations_ledgerline i
                       JOIN evaluations_ledgerentry n ON n.id = i.entry_id
                       WHERE i.account = 'treasury' AND n.kind = 'receipt' GROUP BY 1) l ON l.fund_id = f.id
            WHERE f.district_id = %s AND coalesce(d.total, 0) <> coalesce(l.total, 0)
            """,
            [district.pk],
        )
        return [
            f"{code}: repaid {repaid} ≠ {posted} in the ledger" for code, repaid, posted in cursor.fetchall()
        ]
