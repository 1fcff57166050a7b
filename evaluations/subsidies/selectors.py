"""Reads of batches: their digest, what a step would do, and the list under public notice."""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from evaluations.models import FundYear, PayeeAccount, PaymentLine, SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BEFORE_APPROVAL, BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_name
from redprop.common.money import ZERO
from redprop.common.secrets import unseal

BANK_FILE = "bank-file"

APPROVED_STATES = [
    LineState.OPEN,
    LineState.PAID,
    LineState.BANK_RETURNED,
    LineState.RETRIED,
    LineState.WRITTEN_BACK,
]
"""States of lines that belong to what was approved (held and dropped ones do not)."""


def approved_lines(batch: SubsidyBatch) -> QuerySet[PaymentLine]:
    """Return the lines the batch pays, or would pay; payments tried again stand for a line that is counted already."""
    return PaymentLine.objects.filter(batch=batch, state__in=APPROVED_STATES, retry_of__isnull=True)


def digest_rows(batch: SubsidyBatch) -> Iterator[list[object]]:
    """Yield what is approved, a list per line (one query): number, entitlement, benefit, month or year, code and name
    of the payee, subject, amount, and the keyed hash of the account when one is known.
    """
    rows = approved_lines(batch).order_by("number")
    now_in_force = PayeeAccount.objects.filter(state=AccountState.IN_FORCE)
    account: Any = NullIf("account_hash", Value(""))
    if batch.state in [*BEFORE_APPROVAL, BatchState.APPROVED]:
        account = Coalesce(
            account,
            Subquery(now_in_force.filter(enterprise=OuterRef("enterprise")).values("number_hash")[:1]),
            Subquery(now_in_force.filter(person=OuterRef("person")).values("number_hash")[:1]),
        )
    found = rows.annotate(account=account).values_list(
        "number",
        "entitlement",
        "entitlement__benefit",
        "entitlement__unit",
        "payee_code",
        "payee_name",
        "subject_name",
        "amount",
        "account",
    )
    for row in found.iterator(chunk_size=5000):
        yield list(row if row[-1] else row[:-1])


def digest_of(batch: SubsidyBatch) -> str:
    """Return the SHA-256 over the lines the batch pays: what, for when, to whom, into which account, how much (one query)."""
    digest = hashlib.sha256(batch.number.encode())
    for row in digest_rows(batch):
        digest.update(b"\n")
        digest.update(json.dumps(row, ensure_ascii=False, default=str, separators=(",", ":")).encode())
    return digest.hexdigest()


def outlook(batch: SubsidyBatch) -> dict[str, Decimal | None]:
    """Return what approving the batch would do to its fund's year (one query); None without a ceiling."""
    year = FundYear.objects.filter(fund=batch.fund_id, year=int(batch.period[:4])).first()
    if year is None:
        return {"ceiling": None, "committed": None, "after": None, "free_after": None}
    after = year.committed - batch.committed + batch.total
    return {
        "ceiling": year.ceiling,
        "committed": year.committed,
        "after": after,
        "free_after": year.ceiling - after,
    }


def notice_rows(batch: SubsidyBatch) -> Iterator[dict[str, object]]:
    """Yield what the public notice shows: per subject and payee the amount; names of persons are masked."""
    rows = (
        approved_lines(batch)
        .order_by("slice__subdistrict__code", "subject_name", "payee_name")
        .values(
            "slice__subdistrict__name",
            "entitlement__benefit",
            "entitlement__compound",
            "entitlement__person",
            "subject_name",
            "payee_name",
            "person",
        )
        .annotate(lines=Count("pk"), total=Sum("amount"))
    )
    for row in rows:
        about_person = row["entitlement__person"] is not None
        yield {
            "subdistrict": row["slice__subdistrict__name"] or "",
            "benefit": row["entitlement__benefit"],
            "about_person": about_person,
            "subject": mask_name(row["subject_name"]) if about_person else row["subject_name"],
            "payee": mask_name(row["payee_name"]) if row["person"] is not None else row["payee_name"],
            "lines": row["lines"],
            "total": row["total"],
        }


def differences(batch: SubsidyBatch) -> list[str]:
    """Return what does not add up in a batch: stored totals, digest, commitment (empty when all agree)."""
    found = []
    lines = approved_lines(batch).aggregate(n=Count("pk"), total=Sum("amount"))
    total = lines["total"] or ZERO
    if (lines["n"], total) != (batch.line_count, batch.total):
        found.append(f"{batch}: {lines['n']} / {total} ≠ {batch.line_count} / {batch.total}")
    slices = batch.slices.aggregate(n=Sum("line_count"), total=Sum("total"))
    if ((slices["n"] or 0), slices["total"] or ZERO) != (batch.line_count, batch.total):
        found.append(
            f"{batch}: slices {slices['n']} / {slices['total']} ≠ {batch.line_count} / {batch.total}"
        )
    committed = ZERO
    for kind, amount in batch.movements.values_list("kind", "amount"):
        committed += {"commit": amount, "release": -amount}.get(kind, ZERO)
    if committed != batch.committed:
        found.append(f"{batch}: fund movements {committed} ≠ {batch.committed}")
    if batch.exported_digest and digest_of(batch) != batch.exported_digest:
        found.append(f"{batch}: digest of the lines ≠ digest exported")
    for export in batch.exports.all():
        for file, read, digest in (
            (export.roster, roster_content, export.roster_digest),
            (export.bank_file, bank_content, export.bank_digest),
        ):
            try:
                same = hashlib.sha256(read(export)).hexdigest() == digest
            except (OSError, Refused):
                same = False
            if not same:
                found.append(f"{batch}: {file.name} is missing or altered")
    orders = batch.orders.filter(export__replaced_by__isnull=True).aggregate(
        paid=Sum("amount", filter=Q(state=OrderState.PAID)),
    )
    paid = orders["paid"] or ZERO
    lines_paid = batch.lines.filter(state=LineState.PAID).aggregate(total=Sum("amount"))["total"] or ZERO
    moved = ZERO
    for kind, amount in batch.movements.values_list("kind", "amount"):
        moved += {"pay": amount, "bank_return": -amount}.get(kind, ZERO)
    if not paid == lines_paid == moved:
        found.append(f"{batch}: orders paid {paid}, lines paid {lines_paid}, fund movements {moved}")
    return found


def roster_content(export: SubsidyExport) -> bytes:
    """Return the roster (.xlsx); raises OSError when the file is gone."""
    with export.roster.open("rb") as file:
        return bytes(file.read())


def bank_content(export: SubsidyExport) -> bytes:
    """Return the bank file (.csv) in the clear: it is stored encrypted, because it holds account numbers.

    Raises OSError when the file is gone, Refused when it was tampered with. Who hands it out logs that.
    """
    with export.bank_file.open("rb") as file:
        content = bytes(file.read())
    return unseal(content.decode(), about=BANK_FILE).encode() if export.is_sealed else content


def fund_differences(year: FundYear) -> list[str]:
    """Return what does not add up in a fund's year: committed against the movements (empty when it agrees)."""
    sums: dict[str, Decimal] = dict(
        year.movements.order_by().values_list("kind").annotate(total=Sum("amount"))
    )
    committed = sums.get("commit", ZERO) - sums.get("release", ZERO)
    paid = sums.get("pay", ZERO) - sums.get("bank_return", ZERO)
    found = []
    if committed != year.committed:
        found.append(f"{year}: movements {committed} ≠ {year.committed}")
    if paid != year.paid:
        found.append(f"{year}: paid by movements {paid} ≠ {year.paid}")
    return found
