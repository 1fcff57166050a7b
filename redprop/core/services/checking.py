"""The work of checking and of writing an upload, as jobs; what asks for it lives in `uploads`.

A check puts the rows of the preview into the database part by part, so that its first page is seen
while the rest is still read. Writing checks once more under the register's lock.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Progress, Row, validate
from redprop.common.tabular.rows import STATUSES
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.imports import (
    _lock,
    context_for,
    digest_of,
    import_reason,
    keep_rows,
    require_permission,
    write_plan,
)
from redprop.core.services.kept_files import drop_error_file, drop_files
from redprop.core.services.matches import decisions_of, write_matches

State = ImportBatch.State

CHECK, WRITE = "import-check", "import-write"
LOOKED_AT = 2_000
"""So many rows are put together between two looks at whether somebody has cancelled."""


class Stale(Exception):
    """The register has moved since the preview."""


def context_of(batch: ImportBatch, job: Job) -> Context:
    """Return the context in which a job works on a batch; raises Refused when its user may not (any more)."""
    user = jobs.user_of(job)
    require_permission(user, declare.get(batch.register))
    if user is not None and not ImportBatch.objects.for_user(user).filter(pk=batch.pk).exists():
        raise Refused(_("This import is outside your area now."), code="out-of-scope")
    context = context_for(
        district=batch.district,
        acting_user=user,
        accept_matches=bool(batch.options.get("accept_matches")),
    )
    return replace(context, decisions=decisions_of(batch))


def file_of(batch: ImportBatch) -> Path:
    """Return the kept file, if it is still the one that was sent; else raises Refused."""
    path = Path(batch.file.path) if batch.file else None
    if path is None or not path.exists() or digest_of(path) != batch.digest:
        raise Refused(_("The uploaded file is gone. Upload it again."), code="no-file")
    return path


def _validate(batch: ImportBatch, context: Context, progress: Progress) -> Plan:
    return validate(
        declare.get(batch.register),
        file_of(batch),
        context,
        sheet=batch.sheet or None,
        mapping=batch.mapping,
        progress=progress,
    )


# Checking


class _Preview:
    """Puts the rows of each checked part where the preview reads them."""

    def __init__(self, batch: ImportBatch, job: Job, progress: jobs.Progress) -> None:
        self.batch, self.job, self.progress = batch, job, progress
        self.kept = 0

    def clear(self) -> None:
        """Take away what an earlier check has left."""
        with transaction.atomic():
            self._count(dict.fromkeys(("rows", *STATUSES), 0))
            self.batch.results.all()._raw_delete(self.batch.results.db)
            drop_error_file(self.batch)

    def __call__(self, plan: Plan, rows: Sequence[Row], done: int, total: int) -> None:
        """Keep the rows of one part, or those that rules over the whole file have changed since."""
        self.progress(done, total, "checking")
        with transaction.atomic():
            if self.kept == done:
                again = self.batch.results.filter(number__in=[row.number for row in rows])
                again._raw_delete(self.batch.results.db)
            for start in range(0, len(rows), 5_000):
                keep_rows(self.batch, plan, rows[start : start + 5_000])
            self.kept = done
            self._count(plan.counts())

    def _count(self, counts: dict[str, int]) -> None:
        mine = ImportBatch.objects.filter(pk=self.batch.pk, job=self.job, state=State.CHECKING)
        if not mine.update(**counts):
            raise jobs.Cancelled


def check_batch(job: Job, progress: jobs.Progress, message: str = "") -> None:
    """The work of a checking job: validate the file and keep each row's outcome."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    context = context_of(batch, job)
    preview = _Preview(batch, job, progress)
    preview.clear()
    try:
        plan = _validate(batch, context, preview)
    except Refused as refused:
        sheets = refused.fields.get("sheets")
        batch.options = {
            **batch.options,
            "refusal": {"code": refused.code, **({"sheets": sheets} if sheets else {})},
        }
        batch.save(update_fields=["options"])
        raise
    digest = fingerprint(plan, progress)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.job_id != job.pk or batch.state != State.CHECKING:
            raise jobs.Cancelled
        for name, count in plan.counts().items():
            setattr(batch, name, count)
        batch.options |= {"ignored": plan.layout.ignored, "skipped": plan.skipped, "fingerprint": digest}
        batch.options.pop("refusal", None)
        batch.state, batch.message = State.CHECKED, message
        batch.save()
        write_matches(batch, plan)
        progress.finish(message)


def fingerprint(plan: Plan, progress: jobs.Progress | None = None) -> str:
    """Return a digest of what a plan would do: confirming writes exactly what the preview has shown."""
    counts = plan.counts()
    digest = hashlib.sha256(repr(counts).encode())
    for done, row in enumerate(plan.rows):
        if row.status == CHANGED:
            digest.update(repr((row.number, row.pk, plan.changes(row))).encode())
        elif row.status != NEW:
            digest.update(f"{row.number} {row.status}".encode())
        if progress is not None and not done % LOOKED_AT:
            progress(done, counts["rows"], "keeping")
    return digest.hexdigest()


def _give_up_check(job: Job, sentence: str, cancelled: bool) -> None:
    batch = ImportBatch.objects.select_for_update().get(pk=job.arguments["batch"])
    if batch.job_id != job.pk:
        return
    _forget_preview(batch, State.CANCELLED if cancelled else State.REFUSED, sentence)
    if cancelled:
        drop_files(batch)


def _forget_preview(batch: ImportBatch, state: str, sentence: str) -> None:
    batch.state, batch.message = state, sentence
    for name in ("rows", *STATUSES):
        setattr(batch, name, 0)
    batch.save(update_fields=["state", "message", "rows", *STATUSES])
    batch.results.all()._raw_delete(batch.results.db)


jobs.register(CHECK, jobs.Kind(check_batch, _give_up_check))


# Writing


def write_batch(job: Job, progress: jobs.Progress) -> None:
    """The work of a writing job: check once more under the register's lock, and write what was shown.

    When the register has moved since, nothing is written and the preview is made anew: the batch is
    checking again, also when that is broken off and taken up by another worker.
    """
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    if batch.job_id == job.pk and batch.state == State.WRITING:
        try:
            return _write(job, batch, progress)
        except Stale:
            moved = ImportBatch.objects.filter(pk=batch.pk, job=job, state=State.WRITING)
            moved.update(state=State.CHECKING)
    return check_batch(
        job,
        progress,
        _(
            "The register has changed since this preview, nothing was written. This is the preview as it is now."
        ),
    )


def _write(job: Job, batch: ImportBatch, progress: jobs.Progress) -> None:
    register = declare.get(batch.register)
    context = context_of(batch, job)
    reason = import_reason(register, batch.file_name)
    with transaction.atomic(), acting(context.user, reason) as audit:
        _lock(batch.district, register, progress)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.job_id != job.pk or batch.state != State.WRITING:
            raise jobs.Cancelled
        plan = _validate(
            batch, context, lambda plan, rows, done, total: progress(done, total, "checking again")
        )
        if fingerprint(plan, progress) != batch.options.get("fingerprint"):
            raise Stale
        write_plan(batch, plan, context, audit.id, progress)
        if not plan.register.keep_file:
            drop_files(batch)
        progress.finish()


def _give_up_write(job: Job, sentence: str, cancelled: bool) -> None:
    batch = ImportBatch.objects.select_for_update().get(pk=job.arguments["batch"])
    if batch.job_id != job.pk:
        return
    if batch.state == State.CHECKING:  # the preview was being made anew: half of one is none
        said = _("The register has changed since the preview; nothing was written. Check the rows again.")
        _forget_preview(batch, State.UPLOADED, said if cancelled else f"{said} {sentence}")
        return
    batch.state = State.CHECKED
    batch.message = _("%(reason)s Nothing was written.") % {"reason": sentence}
    batch.save(update_fields=["state", "message"])


jobs.register(WRITE, jobs.Kind(write_batch, _give_up_write))
