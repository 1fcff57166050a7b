"""Exporting a batch: roster and bank file of a version, with an order per payee; a new version voids the one before."""

import hashlib
import os
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from evaluations.models import BankOrder, PayeeAccount, SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BATCH_MOVES, BatchState
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from evaluations.services.approvals import refuse_less_than_nothing
from evaluations.services.ledger import post_batch
from evaluations.services.lines import drop_lines
from evaluations.services.steps import EXPORTERS, locked, log_step, require_post, require_reason
from evaluations.subsidies.files import bank_file, roster
from evaluations.subsidies.selectors import BANK_FILE, digest_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import ZERO
from redprop.common.secrets import seal
from redprop.common.states import require_move


@transaction.atomic
def export_batch(*, batch: SubsidyBatch, acting_user: User, reason: str = "") -> SubsidyExport:
    """Write roster and bank file: of an approved batch, of its payments tried again, or once more with a reason.

    Held lines leave the batch at the first export and wait for the next. Exporting once more makes a new
    version that voids the one before, and is refused when the bank has answered to that one. The files are
    complete before the rows that name them are committed; a file without a row means nothing.
    """
    batch = locked(batch)
    user = require_post(acting_user, EXPORTERS, batch.district)
    if batch.state == BatchState.APPROVED:
        return _first(batch, user)
    if batch.state == BatchState.RESULTS and batch.lines.filter(state="open", order__isnull=True).exists():
        return _write(batch, user, is_retry=True)
    last = last_unanswered(batch)
    if last is None:
        require_move(BATCH_MOVES, batch.state, BatchState.EXPORTED, what=batch)
        raise Refused(
            _("The bank has answered to the file of %(batch)s. It is not written again.") % {"batch": batch},
            code="answered",
        )
    if not reason.strip():
        raise Refused(
            _("%(batch)s is exported as version %(version)s. Give a reason to void it and write a new one.")
            % {"batch": batch, "version": last.version},
            code="state",
        )
    return _write(batch, user, is_retry=last.is_retry, replaces=last, reason=require_reason(reason))


def last_unanswered(batch: SubsidyBatch) -> SubsidyExport | None:
    """Return the last version in force when the bank has answered to none of its orders, else None (few queries)."""
    last = batch.exports.filter(replaced_by__isnull=True).order_by("-version").first()
    if last is None or last.orders.exclude(state=OrderState.SENT).exists() or last.results.exists():
        return None
    return last


def _first(batch: SubsidyBatch, user: User) -> SubsidyExport:
    require_move(BATCH_MOVES, batch.state, BatchState.EXPORTED, what=batch)
    digest = digest_of(batch)
    if digest != batch.approved_digest:
        raise Refused(
            _("The lines of %(batch)s changed since it was approved. Have it approved again, then export.")
            % {"batch": batch},
            code="digest",
        )
    refuse_less_than_nothing(batch)
    held = list(batch.lines.filter(state=LineState.HELD))
    drop_lines(held, reason=_("Held when the batch was exported."), acting_user=user)
    batch.refresh_from_db()
    batch.exported_by, batch.exported_at = user, business_now(batch.district)
    batch.exported_digest = digest
    batch.state = BatchState.EXPORTED
    export = _write(batch, user, is_retry=False)
    batch.save(update_fields=["state", "exported_by", "exported_at", "exported_digest"])
    post_batch(batch=batch, kind=LedgerKind.CORRECTION, acting_user=user)
    return export


def _write(
    batch: SubsidyBatch,
    user: User,
    *,
    is_retry: bool,
    replaces: SubsidyExport | None = None,
    reason: str = "",
) -> SubsidyExport:
    """Write a version with its orders and files; the lines then point to their order."""
    wanted = batch.lines.filter(state=LineState.OPEN)
    wanted = wanted.filter(order__export=replaces) if replaces else wanted.filter(order__isnull=True)
    if replaces is None and not is_retry:
        wanted = batch.lines.filter(state=LineState.OPEN)
    rows = list(
        wanted.order_by("payee_code")
        .values("enterprise", "person", "payee_code", "payee_name", "account_hash")
        .annotate(total=Sum("amount"), lines=Count("pk"))
    )
    with acting(user, reason or f"export {batch}"):
        now = business_now(batch.district)
        version = (batch.exports.aggregate(last=Max("version"))["last"] or 0) + 1
        accounts = _accounts(batch, {row["account_hash"] for row in rows})
        orders = [
            BankOrder(
                batch=batch,
                number=number,
                enterprise_id=row["enterprise"],
                person_id=row["person"],
                payee_code=row["payee_code"],
                payee_name=row["payee_name"],
                account=accounts[row["account_hash"]],
                amount=row["total"],
                line_count=row["lines"],
            )
            # What nets to nothing is not sent to the bank.
            for number, row in enumerate((one for one in rows if one["total"] > 0), 1)
        ]
        sheets = roster(batch, wanted if is_retry else None)
        payments = bank_file(batch, orders, version)
        stem = f"subsidies/{batch.district.code}/{batch.number}-v{version}"
        export = SubsidyExport.objects.create(
            batch=batch,
            version=version,
            lines_digest=batch.approved_digest,
            roster=store_whole(f"{stem}.xlsx", sheets),
            roster_digest=hashlib.sha256(sheets).hexdigest(),
            bank_file=store_whole(f"{stem}.csv.sealed", seal(payments.decode(), about=BANK_FILE).encode()),
            bank_digest=hashlib.sha256(payments).hexdigest(),
            is_sealed=True,
            is_retry=is_retry,
            replaces=replaces,
            reason=reason,
            payee_count=len(orders),
            line_count=sum(row["lines"] for row in rows),
            total=sum((row["total"] for row in rows), ZERO),
            exported_at=now,
            exported_by=user,
        )
        for order in orders:
            order.export = export
        BankOrder.objects.bulk_create(orders)
        _point_lines(batch, export, [line for line in wanted.values_list("pk", flat=True)])
        log_step(
            batch,
            "exported_again" if replaces else "exported",
            user,
            reason=reason,
            digest=export.bank_digest if is_retry or replaces else batch.approved_digest,
        )
    return export


def _accounts(batch: SubsidyBatch, hashes: set[str]) -> dict[str, PayeeAccount]:
    found = PayeeAccount.objects.filter(
        district=batch.district_id,
        number_hash__in=hashes,
        state__in=[AccountState.IN_FORCE, AccountState.ENDED],
    )
    return {account.number_hash: account for account in found.order_by("pk")}


def _point_lines(batch: SubsidyBatch, export: SubsidyExport, lines: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE evaluations_paymentline l SET order_id = o.id
            FROM evaluations_bankorder o JOIN evaluations_payeeaccount a ON a.id = o.account_id
            WHERE l.id = ANY(%s) AND o.export_id = %s AND o.payee_code = l.payee_code
              AND a.number_hash = l.account_hash
            """,
            [lines, export.pk],
        )


def store_whole(name: str, content: bytes) -> str:
    """Write the file whole or not at all, and again under the same name after a crash; returns the name."""
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return name
