"""Approving a batch, which commits its money, and exporting the files that ask the bank to pay."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.batches import BATCH_MOVES, BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services.funds import commit_money
from evaluations.services.lines import drop_lines
from evaluations.services.steps import (
    APPROVERS,
    EXPORTERS,
    locked,
    log_step,
    preparers,
    publish_later,
    refuse_same_person,
    require_post,
    slice_reviewers,
)
from evaluations.subsidies.files import bank_file, roster
from evaluations.subsidies.selectors import digest_of, payees
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.states import require_move


@transaction.atomic
def approve_batch(*, batch: SubsidyBatch, digest: str, acting_user: User) -> SubsidyBatch:
    """Approve exactly the lines that `digest` stands for, and commit their sum in the fund.

    Refused before the notice has ended, for a person who took another step, when the lines are not
    those the approver saw, and above the fund's ceiling. Locks the batch, then the fund's year.
    """
    batch = locked(batch)
    user = require_post(acting_user, APPROVERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.APPROVED, what=batch)
    refuse_same_person(user, {batch.second_reviewed_by_id} | preparers(batch) | slice_reviewers(batch))
    current = digest_of(batch)
    if batch.state == BatchState.APPROVED and current == batch.approved_digest:
        raise Refused(
            _("%(batch)s is already approved with these lines. Export it next.") % {"batch": batch},
            code="already-approved",
        )
    if batch.notice_ends_on is None or business_today(batch.district) <= batch.notice_ends_on:
        raise Refused(
            _("The notice of %(batch)s lasts until %(day)s. Approve it on a later day.")
            % {"batch": batch, "day": batch.notice_ends_on},
            code="notice-lasts",
        )
    if digest != current:
        raise Refused(
            _("The lines of %(batch)s changed since you opened it. Look at them again, then approve.")
            % {"batch": batch},
            code="digest",
        )
    if not batch.line_count:
        raise Refused(
            _("%(batch)s has no line to pay. Cancel it, or release lines that are held.") % {"batch": batch},
            code="empty",
        )
    with acting(user, f"approve {batch}"):
        commit_money(batch=batch, amount=batch.total, acting_user=user)
        batch.state, batch.approved_by = BatchState.APPROVED, user
        batch.approved_at, batch.approved_digest = business_now(batch.district), current
        batch.committed = batch.total
        batch.revision += 1
        batch.save(
            update_fields=["state", "approved_by", "approved_at", "approved_digest", "committed", "revision"]
        )
        log_step(batch, "approved", user, digest=current)
        publish_later(batch)
    return batch


@transaction.atomic
def export_batch(*, batch: SubsidyBatch, acting_user: User) -> SubsidyExport:
    """Write roster and bank file of an approved batch, once; lines still held leave it and wait for the next.

    The files are complete before the row that names them is committed; a file without a row means nothing.
    """
    batch = locked(batch)
    user = require_post(acting_user, EXPORTERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.EXPORTED, what=batch)
    digest = digest_of(batch)
    if digest != batch.approved_digest:
        raise Refused(
            _("The lines of %(batch)s changed since it was approved. Have it approved again, then export.")
            % {"batch": batch},
            code="digest",
        )
    with acting(user, f"export {batch}"):
        now = business_now(batch.district)
        held = list(batch.lines.filter(state=LineState.HELD))
        drop_lines(held, reason=_("Held when the batch was exported."), acting_user=user)
        batch.refresh_from_db()
        batch.state, batch.exported_by, batch.exported_at = BatchState.EXPORTED, user, now
        batch.exported_digest = digest
        found = payees(batch)
        sheets, payments = roster(batch), bank_file(batch, found)
        export = SubsidyExport.objects.create(
            batch=batch,
            version=1,
            lines_digest=digest,
            roster=_store(batch, "xlsx", sheets),
            roster_digest=hashlib.sha256(sheets).hexdigest(),
            bank_file=_store(batch, "csv", payments),
            bank_digest=hashlib.sha256(payments).hexdigest(),
            payee_count=len(found),
            line_count=batch.line_count,
            total=batch.total,
            exported_at=now,
            exported_by=user,
        )
        batch.save(update_fields=["state", "exported_by", "exported_at", "exported_digest"])
        log_step(batch, "exported", user, digest=digest)
    return export


def _store(batch: SubsidyBatch, ending: str, content: bytes) -> str:
    name = (
        f"subsidies/{batch.district.code}/{batch.number}-{hashlib.sha256(content).hexdigest()[:12]}.{ending}"
    )
    return name if default_storage.exists(name) else default_storage.save(name, ContentFile(content))
