"""Reads of batches: their digest, what a step would do, and the list under public notice."""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Count, Sum

from evaluations.models import FundYear, PaymentLine, SubsidyBatch
from evaluations.models.subsidies.lines import LineState
from redprop.common.identifiers import mask_name
from redprop.common.money import ZERO

PAID_STATES = [LineState.OPEN, LineState.PAID, LineState.BANK_RETURNED, LineState.WRITTEN_BACK]
"""States of lines that belong to what was approved (held and dropped ones do not)."""


def digest_of(batch: SubsidyBatch) -> str:
    """Return the SHA-256 over the lines the batch pays: number, what, for when, to whom, how much (one query)."""
    rows = (
        PaymentLine.objects.filter(batch=batch, state__in=PAID_STATES)
        .order_by("number")
        .values_list(
            "number",
            "entitlement",
            "entitlement__benefit",
            "entitlement__unit",
            "payee_code",
            "payee_name",
            "subject_name",
            "amount",
        )
    )
    digest = hashlib.sha256(batch.number.encode())
    for row in rows.iterator(chunk_size=5000):
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
        PaymentLine.objects.filter(batch=batch, state__in=PAID_STATES)
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


def payees(batch: SubsidyBatch) -> list[dict[str, object]]:
    """Return one row per payee, in order of code: what the bank is asked to pay (one query)."""
    return list(
        PaymentLine.objects.filter(batch=batch, state__in=PAID_STATES)
        .order_by("payee_code")
        .values("payee_code", "payee_name")
        .annotate(lines=Count("pk"), total=Sum("amount"))
    )


def differences(batch: SubsidyBatch) -> list[str]:
    """Return what does not add up in a batch: stored totals, digest, commitment (empty when all agree)."""
    found = []
    lines = PaymentLine.objects.filter(batch=batch, state__in=PAID_STATES).aggregate(
        n=Count("pk"), total=Sum("amount")
    )
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
        for file, digest in ((export.roster, export.roster_digest), (export.bank_file, export.bank_digest)):
            try:
                with file.open("rb") as content:
                    same = hashlib.file_digest(content, "sha256").hexdigest() == digest
            except OSError:
                same = False
            if not same:
                found.append(f"{batch}: {file.name} is missing or altered")
    return found


def fund_differences(year: FundYear) -> list[str]:
    """Return what does not add up in a fund's year: committed against the movements (empty when it agrees)."""
    sums: dict[str, Decimal] = dict(
        year.movements.order_by().values_list("kind").annotate(total=Sum("amount"))
    )
    committed = sums.get("commit", ZERO) - sums.get("release", ZERO)
    if committed != year.committed:
        return [f"{year}: movements {committed} ≠ {year.committed}"]
    return []
