"""The audit pack of a batch, made by a worker for one user: lines, rules, evidence, approvals, files, digests.

The password is the user's own; it waits sealed in the job's row and is taken out when the job ends.
"""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.models import HireEvidence, InPostMonth
from evaluations.models import PaymentLine, SubsidyBatch, SubsidyRule
from evaluations.services.steps import APPROVERS, CHECKERS, MAKERS
from evaluations.subsidies import pack, selectors
from evaluations.subsidies.carried import carried_parts
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.secrets import seal, unseal
from redprop.common.tabular.writing import Table
from redprop.core.models import ExportFile, Job, NoticeKind
from redprop.core.models.exports import Way
from redprop.core.services import jobs, notifications
from redprop.core.services.export_files import FOLDER, KEPT, folder
from redprop.core.services.exports import log_export
from redprop.core.services.listings import Listing, scope_text, source

KIND = "audit-pack"
ABOUT = "audit-pack-password"
PACKERS = MAKERS | CHECKERS | APPROVERS | {Role.REVIEWER}


@source("pack")
def pack_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open the pack of a batch, by "pack:id": who may still see the batch may fetch what was made of it."""
    batch = SubsidyBatch.objects.for_user(user).filter(pk=page.partition(":")[2]).first()
    if batch is None or not user.is_active or not PACKERS & user.roles:
        raise PermissionDenied
    title = _("Audit pack of %(batch)s") % {"batch": batch.number}
    table = Table(title, [], [])
    return Listing(page, register, batch.district, table, batch.line_count, scope=scope_text(user))


def request_pack(*, batch: SubsidyBatch, password: str, acting_user: User) -> ExportFile:
    """Have the pack of a batch made by a worker, encrypted with `password`, for this user."""
    if not PACKERS & acting_user.roles:
        raise Refused(_("An audit pack is taken by the finance staff or a reviewer."), code="not-allowed")
    if len(password) < pack.LEAST_PASSWORD:
        raise Refused(
            _(
                "The password needs at least %(count)s characters. Nobody can open the pack without it; keep it apart from the file."
            )
            % {"count": pack.LEAST_PASSWORD},
            code="short-password",
            field="password",
        )
    listing = pack_listing(acting_user, f"pack:{batch.pk}", "pack", QueryDict())
    with transaction.atomic(), acting(acting_user, f"audit pack {batch.number}"):
        file = ExportFile.objects.create(
            district=batch.district,
            user=acting_user,
            recorded_by=acting_user.get_username(),
            page=listing.page,
            register=listing.register,
            title=listing.title,
            ending="zip",
            way=Way.JOB,
        )
        file.job = jobs.start(
            kind=KIND,
            district=batch.district,
            acting_user=acting_user,
            arguments={"file": file.pk, "batch": batch.pk, "sealed": seal(password, about=ABOUT)},
        )
        file.save(update_fields=["job"])
    return file


def _write(job: Job, progress: jobs.Progress) -> None:
    user = jobs.user_of(job)
    assert user is not None
    file = ExportFile.objects.select_related("district").get(pk=job.arguments["file"])
    listing = pack_listing(user, file.page, file.register, QueryDict())
    batch = SubsidyBatch.objects.select_related("district", "fund").get(pk=job.arguments["batch"])
    begun = folder() / f"begun-{file.pk}.zip"
    with transaction.atomic():
        write_batch_pack(batch=batch, path=begun, password=unseal(job.arguments["sealed"], about=ABOUT))
    progress(done=1, total=1, step="write")
    file.file = f"{FOLDER}/{file.pk}-{secrets.token_urlsafe(16)}.zip"
    ready = Path(settings.MEDIA_ROOT) / file.file
    begun.rename(ready)
    try:
        with transaction.atomic():
            file.rows, file.size = batch.line_count, ready.stat().st_size
            file.scope, file.expires_at = listing.scope, timezone.now() + KEPT
            file.save(update_fields=["file", "rows", "size", "scope", "expires_at"])
            log_export(listing=listing, ending="zip", way=Way.JOB, acting_user=user)
            notifications.notify(
                users=[user],
                kind=NoticeKind.FILE,
                text=lambda: (
                    _("“%(title)s” is ready to be fetched. Open it with the password you chose.")
                    % {"title": file.title}
                ),
                address=reverse("desk:exports"),
                subject=f"export:{file.pk}",
            )
            _forget_password(job)
            progress.finish()
    except BaseException:
        ready.unlink(missing_ok=True)
        raise


def _forget_password(job: Job) -> None:
    job.arguments.pop("sealed", None)
    Job.objects.filter(pk=job.pk).update(arguments=job.arguments)


def _give_up(job: Job, sentence: str, cancelled: bool) -> None:
    _forget_password(job)


jobs.register(KIND, jobs.Kind(do=_write, give_up=_give_up))


def write_batch_pack(*, batch: SubsidyBatch, path: Path, password: str) -> dict[str, Any]:
    """Write the pack of a batch to `path` and return its manifest (reads of one moment: call it in a transaction)."""
    exports = list(batch.exports.order_by("version"))
    parts, digests = [], []
    for export in exports:
        with export.roster.open("rb") as content:
            roster = content.read()
        bank = selectors.bank_content(export)
        names = {f"files/roster-v{export.version}.xlsx": roster, f"files/bank-v{export.version}.csv": bank}
        parts += list(names.items())
        digests.append(
            {
                "version": export.version,
                "exported_at": export.exported_at.isoformat(),
                "exported_by": str(export.exported_by or ""),
                "digests": {
                    f"files/roster-v{export.version}.xlsx": export.roster_digest,
                    f"files/bank-v{export.version}.csv": export.bank_digest,
                },
            }
        )
    rows = [
        json.dumps(row, ensure_ascii=False, default=str, separators=(",", ":"))
        for row in selectors.digest_rows(batch)
    ]
    parts += [
        (pack.LINES, pack.lines_of(_lines(batch))),
        (pack.DIGEST, "".join(f"{row}\n" for row in rows).encode()),
        (pack.RULES, pack.dumped(_rules(batch)).encode()),
        (pack.STEPS, pack.dumped(_steps(batch)).encode()),
        (pack.EVIDENCE, pack.lines_of(_evidence(batch))),
        *carried_parts(),
    ]
    manifest = {
        "made_at": timezone.now().isoformat(),
        "district": str(batch.district),
        "fund": str(batch.fund),
        "batch": {
            "number": batch.number,
            "period": batch.period,
            "state": batch.state,
            "line_count": batch.line_count,
            "total": batch.total,
            "held_count": batch.held_count,
            "held_total": batch.held_total,
            "approved_digest": batch.approved_digest,
            "exported_digest": batch.exported_digest,
        },
        "exports": digests,
    }
    return pack.write_pack(path, password=password, manifest=manifest, parts=parts)


def _lines(batch: SubsidyBatch) -> Iterator[dict[str, Any]]:
    rows = PaymentLine.objects.filter(batch=batch).select_related("entitlement", "slice__subdistrict")
    for line in rows.order_by("number").iterator(chunk_size=2000):
        owed = line.entitlement
        yield {
            "number": line.number,
            "state": line.state,
            "pays": line.state in selectors.APPROVED_STATES and line.retry_of_id is None,
            "reason": line.state_reason,
            "subdistrict": str(line.slice.subdistrict or ""),
            "subject": line.subject_name,
            "payee": line.payee_name,
            "payee_code": line.payee_code,
            "amount": line.amount,
            "entitlement": owed.pk,
            "benefit": owed.benefit,
            "unit": owed.unit,
            "counted_on": owed.counted_on,
            "rule": owed.rule_id,
            "basis": owed.basis,
            "quantity": owed.quantity,
            "rate": owed.rate,
            "months": owed.months,
            "share": owed.share,
            "score": owed.score,
            "factor": owed.factor,
            "deducted": owed.deducted,
            "inputs": owed.inputs,
            "adjusts": owed.adjusts_id,
        }


def _rules(batch: SubsidyBatch) -> list[dict[str, Any]]:
    rules = SubsidyRule.objects.filter(entitlements__lines__batch=batch).distinct().order_by("pk")
    return [
        {
            "id": rule.pk,
            "benefit": rule.benefit,
            "version": rule.version,
            "title": rule.title,
            "document": rule.document,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
            "adopted_on": rule.adopted_on,
            "adopted_by": rule.adopted_by,
            "yearly_decline": rule.yearly_decline,
            "decline_floor": rule.decline_floor,
            "decline_from": rule.decline_from,
            "decline_since": rule.decline_since,
            "max_months": rule.max_months,
            "ends_at_collection": rule.ends_at_collection,
            "deducts_diverted": rule.deducts_diverted,
            "rates": list(rule.rates.values("compound_class", "category", "basis", "rate", "pay_floor")),
            "bands": list(rule.bands.values("score_from", "factor")),
            "requirements": list(rule.requirements.values("kind", "at_least")),
        }
        for rule in rules.prefetch_related("rates", "bands", "requirements")
    ]


def _steps(batch: SubsidyBatch) -> list[dict[str, Any]]:
    rows = batch.steps.select_related("user", "slice__subdistrict").order_by("pk")
    return [
        {
            "step": row.step,
            "user": row.user.get_username() if row.user else "",
            "name": str(row.user or ""),
            "subdistrict": str(row.slice.subdistrict or "") if row.slice else "",
            "at": row.at.isoformat(),
            "reason": row.reason,
            "line_count": row.line_count,
            "total": row.total,
            "digest": row.digest,
        }
        for row in rows
    ]


def _evidence(batch: SubsidyBatch) -> Iterator[dict[str, Any]]:
    people = PaymentLine.objects.filter(batch=batch, entitlement__person__isnull=False).values(
        "entitlement__person"
    )
    shown = HireEvidence.objects.filter(person__in=people).select_related(
        "person", "enterprise", "attachment", "decided_by"
    )
    for row in shown.order_by("pk").iterator(chunk_size=2000):
        yield {
            "evidence": row.kind,
            "person": row.person.code,
            "name": row.person.name,
            "enterprise": row.enterprise.uscc,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "back_paid": row.back_paid,
            "state": row.state,
            "decided_by": row.decided_by.get_username() if row.decided_by else "",
            "decided_at": row.decided_at and row.decided_at.isoformat(),
            "scan_digest": row.attachment.digest if row.attachment else "",
        }
    months = InPostMonth.objects.filter(person__in=people, in_post=True).select_related(
        "person", "enterprise"
    )
    for month in months.order_by("pk").iterator(chunk_size=2000):
        yield {
            "evidence": "in_post",
            "person": month.person.code,
            "name": month.person.name,
            "enterprise": month.enterprise.uscc,
            "month": f"{month.month:%Y-%m}",
            "confirmed_by": month.recorded_by,
        }
