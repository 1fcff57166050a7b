"""An upload that a person looks at before it is written: kept, checked, shown, confirmed, or cancelled.

Its way: uploaded → checking → checked → writing → done; or refused, cancelled. Checking and writing
are jobs: small files run at once in the request, larger ones by a worker. What a broken-off job
leaves is what stood before it.
"""

import hashlib
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare, errorbook, limits
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, UNCHANGED, Plan, Problem, validate
from redprop.common.tabular.headers import find_layout
from redprop.common.tabular.reading import open_sheets
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.imports import (
    _lock,
    context_for,
    digest_of,
    import_reason,
    require_permission,
    write_plan,
    write_rows,
)
from redprop.core.services.matches import decisions_of, write_matches

State = ImportBatch.State

CHECK, WRITE = "import-check", "import-write"
SMALL = 1_000_000
"""Bytes of a text file, or of the unpacked sheets of a workbook, that are checked at once: about 1,000 rows."""
SMALL_ROWS = 1_000
PATIENCE = 2.0
FIRST_ROWS = 50
ASKED = frozenset({"which-sheet", "hidden-sheet"})
"""Refusals of a whole file that a choice on the page mends, without a new upload."""


class Stale(Exception):
    """The register has moved since the preview."""


# Keeping the file


def keep(
    *,
    register: Register,
    upload: Any,
    context: Context,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> ImportBatch:
    """Keep an upload under its own name; nothing is read yet. Raises Refused, keeping nothing."""
    require_permission(context.user, register)
    name = Path(upload.name).name[:255] or "file"
    if upload.size is not None and upload.size > limits.MAX_BYTES:
        raise Refused(
            _(
                "The file “%(path)s” has %(size)s MB; at most %(limit)s MB are taken. Remove pictures or split it."
            )
            % {"path": name, "size": upload.size // 1048576, "limit": limits.MAX_BYTES // 1048576},
            code="too-large",
        )
    stored, digest = _store(upload, name)
    return ImportBatch.objects.create(
        district=context.district,
        register=register.name,
        file_name=name,
        file=stored,
        digest=digest,
        sheet=(sheet or "")[:100],
        mapping=dict(mapping or {}),
        options={"accept_matches": context.accept_matches, **(options or {})},
        state=State.UPLOADED,
        recorded_by=context.user.get_username() if context.user else "system",
    )


def _store(upload: Any, name: str) -> tuple[str, str]:
    """Write the upload into a folder of its own and return its name in the storage, and its digest."""
    folder = f"imports/{timezone.localtime():%Y/%m}/{secrets.token_hex(6)}"
    stored = f"{folder}/{Path(name).stem[:60] or 'file'}{Path(name).suffix.lower()[:8]}"
    path = Path(default_storage.path(stored))
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            for chunk in upload.chunks():
                digest.update(chunk)
                file.write(chunk)
    except OSError as error:
        _remove(path)
        raise Refused(
            _("The file could not be kept: %(reason)s. Nothing was written. Tell the administrator.")
            % {"reason": error.strerror or error},
            code="not-kept",
        ) from error
    return stored, digest.hexdigest()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def _paths(batch: ImportBatch) -> list[Path]:
    return [Path(file.path) for file in (batch.file, batch.error_file) if file]


def drop_files(batch: ImportBatch) -> None:
    """Remove the kept files of a batch after the commit, and their names from the row now."""
    paths = _paths(batch)
    batch.file = batch.error_file = ""
    batch.save(update_fields=["file", "error_file"])
    for path in paths:
        transaction.on_commit(lambda path=path: _remove(path))


# Checking


def stage(
    *,
    register: Register,
    upload: Any,
    context: Context,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Keep an upload and check it, at once or by a worker. Raises Refused, keeping nothing.

    A file that leaves a question which its sender can answer (`ASKED`) is kept as refused.
    """
    batch = keep(register=register, upload=upload, context=context, sheet=sheet, mapping=mapping)
    return check_kept(batch=batch, acting_user=context.user)


def check_kept(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Check an upload that was just kept. Raises Refused, keeping nothing, unless its sender is asked something."""
    try:
        return start_check(batch=batch, acting_user=acting_user)
    except Refused as refused:
        if refused.code in ASKED:
            return ImportBatch.objects.get(pk=batch.pk)
        discard(batch)
        raise


def discard(batch: ImportBatch) -> None:
    """Forget an upload that cannot be taken: its row, and its file."""
    paths = _paths(batch)
    batch.delete()
    for path in paths:
        _remove(path)


def start_check(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Check a kept upload (again) under the sheet, mapping and options of its row.

    Small files are checked at once, larger ones by a worker. Raises Refused when it is written or
    somebody works on it, and when a small file cannot be taken.
    """
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.UPLOADED, State.CHECKED, State.REFUSED)
        small = _weight(batch) <= SMALL
        begin(batch, State.CHECKING, CHECK, acting_user, send=not small)
    return _run_small(batch, small)


def take_again(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Check the kept file of an undone import as a new upload. Raises Refused when the file is gone."""
    require_permission(acting_user, declare.get(batch.register))
    if batch.state != State.UNDONE:
        raise Refused(
            _("Only the file of an undone import can be taken again. Upload the file instead."),
            code="not-undone",
        )
    path = _file_of(batch)
    with path.open("rb") as file:
        stored, digest = _store(File(file, name=batch.file_name), batch.file_name)
    kept = {name: batch.options[name] for name in ("accept_matches", "not_used") if name in batch.options}
    again = ImportBatch.objects.create(
        district=batch.district,
        register=batch.register,
        file_name=batch.file_name,
        file=stored,
        digest=digest,
        sheet=batch.sheet,
        mapping=batch.mapping,
        options=kept,
        state=State.UPLOADED,
        recorded_by=acting_user.get_username() if acting_user else "system",
    )
    try:
        return start_check(batch=again, acting_user=acting_user)
    except Refused:
        discard(again)
        raise


def choose_sheet(*, batch: ImportBatch, sheet: str, acting_user: User | None) -> ImportBatch:
    """Name the sheet of a kept upload that is to be checked (again)."""
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.UPLOADED, State.CHECKED, State.REFUSED)
        batch.sheet = sheet[:100]
        batch.save(update_fields=["sheet"])
        batch.matches.all().delete()
    return batch


def name_columns(
    *, batch: ImportBatch, mapping: Mapping[str, str], sheet: str, acting_user: User | None
) -> ImportBatch:
    """Say what the columns of a kept upload are, and on which sheet; the check follows."""
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.UPLOADED, State.CHECKED, State.REFUSED)
        batch.mapping, batch.sheet = dict(mapping), sheet[:100]
        batch.save(update_fields=["mapping", "sheet"])
    return batch


def _locked(batch: ImportBatch, *states: str) -> ImportBatch:
    """Return the batch locked, if it is in one of these states; else raises Refused."""
    found = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if found.state not in states:
        if found.state in (State.CHECKING, State.WRITING, State.UNDOING):
            by = found.job.recorded_by if found.job else found.recorded_by
            raise Refused(
                _("Somebody works on this import now (%(state)s, %(by)s). Wait until that is done.")
                % {"state": found.get_state_display(), "by": by},
                code="not-checked",
            )
        raise Refused(
            _("This upload is already done (%(state)s). Upload the file again to import it again.")
            % {"state": found.get_state_display()},
            code="not-checked",
        )
    return found


def begin(batch: ImportBatch, state: str, kind: str, acting_user: User | None, *, send: bool) -> None:
    """Put the batch to work: its new state and the job, in the caller's transaction."""
    batch.state, batch.message = state, ""
    batch.job = jobs.start(
        kind=kind,
        district=batch.district,
        acting_user=acting_user,
        arguments={"batch": batch.pk},
        send=send,
    )
    batch.save(update_fields=["state", "message", "job", "options"])


def _run_small(batch: ImportBatch, small: bool) -> ImportBatch:
    """Do a small batch's job at once; its refusal is the caller's."""
    assert batch.job_id is not None
    job = jobs.run(batch.job_id, patience=PATIENCE) if small else None
    batch.refresh_from_db()
    if job is not None and job.state == Job.State.FAILED:
        raise Refused(job.message, code=batch.options.get("refusal", {}).get("code") or "not-taken")
    return batch


def _weight(batch: ImportBatch) -> int:
    """Return how much there is to read: unpacked sheets of a workbook, else the file's bytes."""
    path = Path(batch.file.path)
    try:
        with zipfile.ZipFile(path) as packed:
            return sum(
                info.file_size
                for info in packed.infolist()
                if info.filename.startswith("xl/worksheets/") or info.filename == "content.xml"
            )
    except (OSError, zipfile.BadZipFile):
        return path.stat().st_size if path.exists() else 0


def _context_of(batch: ImportBatch, job: Job) -> Context:
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


def _file_of(batch: ImportBatch) -> Path:
    path = Path(batch.file.path) if batch.file else None
    if path is None or not path.exists() or digest_of(path) != batch.digest:
        raise Refused(_("The uploaded file is gone. Upload it again."), code="no-file")
    return path


def _validate(batch: ImportBatch, context: Context, progress: jobs.Progress, **more: Any) -> Plan:
    return validate(
        declare.get(batch.register),
        _file_of(batch),
        context,
        sheet=batch.sheet or None,
        mapping=batch.mapping,
        **more,
    )


def check_batch(job: Job, progress: jobs.Progress, message: str = "") -> None:
    """The work of a checking job: validate the file and keep each row's outcome."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    context = _context_of(batch, job)
    try:
        plan = _validate(batch, context, progress)
    except Refused as refused:
        sheets = refused.fields.get("sheets")
        batch.options = {
            **batch.options,
            "refusal": {"code": refused.code, **({"sheets": sheets} if sheets else {})},
        }
        batch.save(update_fields=["options"])
        raise
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.job_id != job.pk or batch.state not in (State.CHECKING, State.WRITING):
            raise jobs.Cancelled
        for name, count in plan.counts().items():
            setattr(batch, name, count)
        batch.options |= {
            "ignored": plan.layout.ignored,
            "skipped": plan.skipped,
            "fingerprint": fingerprint(plan),
        }
        batch.options.pop("refusal", None)
        batch.state, batch.message = State.CHECKED, message
        batch.save()
        batch.results.all()._raw_delete(batch.results.db)
        write_rows(batch, plan, (NEW, CHANGED, REFUSED, UNCHANGED), progress=progress)
        write_matches(batch, plan)
        progress.finish(message)


def fingerprint(plan: Plan) -> str:
    """Return a digest of what a plan would do: confirming writes exactly what the preview has shown."""
    digest = hashlib.sha256(repr(plan.counts()).encode())
    for row in plan.rows:
        if row.status == CHANGED:
            digest.update(repr((row.number, row.pk, plan.changes(row))).encode())
        elif row.status != NEW:
            digest.update(f"{row.number} {row.status}".encode())
    return digest.hexdigest()


def _give_up_check(job: Job, sentence: str, cancelled: bool) -> None:
    batch = ImportBatch.objects.select_for_update().get(pk=job.arguments["batch"])
    if batch.job_id != job.pk:
        return
    batch.state, batch.message = (State.CANCELLED if cancelled else State.REFUSED), sentence
    batch.save(update_fields=["state", "message"])
    batch.results.all()._raw_delete(batch.results.db)
    if cancelled:
        drop_files(batch)


jobs.register(CHECK, jobs.Kind(check_batch, _give_up_check))


# Writing


def start_write(*, batch: ImportBatch, acting_user: User | None, only_good: bool = False) -> ImportBatch:
    """Write a checked upload, at once when it is small, else by a worker. Only the first of two calls does.

    When the register has moved since the preview, nothing is written and the preview is made anew.
    """
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = _locked(batch, State.CHECKED)
        if batch.refused and (not only_good or batch.refused == batch.rows):
            raise Refused(
                _("%(count)s rows are refused. Mend them and upload again, or import only the good rows.")
                % {"count": batch.refused},
                code="refused-rows",
            )
        batch.options = {**batch.options, "only_good": only_good}
        small = batch.rows <= SMALL_ROWS
        begin(batch, State.WRITING, WRITE, acting_user, send=not small)
    return _run_small(batch, small)


def write_batch(job: Job, progress: jobs.Progress) -> None:
    """The work of a writing job: check once more under the register's lock, and write what was shown."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    register = declare.get(batch.register)
    context = _context_of(batch, job)
    try:
        reason = import_reason(register, batch.file_name)
        with transaction.atomic(), acting(context.user, reason) as audit:
            _lock(batch.district, register, progress)
            batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
            if batch.job_id != job.pk or batch.state != State.WRITING:
                raise jobs.Cancelled
            plan = _validate(batch, context, progress)
            if fingerprint(plan) != batch.options.get("fingerprint"):
                raise Stale
            write_plan(batch, plan, context, audit.id, progress)
            progress.finish()
    except Stale:
        check_batch(
            job,
            progress,
            _(
                "The register has changed since this preview, nothing was written. This is the preview as it is now."
            ),
        )


def _give_up_write(job: Job, sentence: str, cancelled: bool) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"], job=job).update(
        state=State.CHECKED,
        message=_("%(reason)s Nothing was written.") % {"reason": sentence},
    )


jobs.register(WRITE, jobs.Kind(write_batch, _give_up_write))


def cancel(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Cancel what is being done with a batch, or drop a checked upload. Raises Refused when it is too late."""
    require_permission(acting_user, declare.get(batch.register))
    if batch.state in (State.CHECKING, State.WRITING, State.UNDOING) and batch.job is not None:
        jobs.cancel(job=batch.job, acting_user=acting_user)
    else:
        with transaction.atomic():
            batch = _locked(batch, State.UPLOADED, State.CHECKED, State.REFUSED)
            batch.state = State.CANCELLED
            batch.save(update_fields=["state"])
            drop_files(batch)
    batch.refresh_from_db()
    return batch


# The file with the errors marked


def write_error_book(*, batch: ImportBatch, out: Path) -> int:
    """Write the kept file of a batch with its refused rows marked; returns the number of errors."""
    register = declare.get(batch.register)
    layout = find_layout(register, open_sheets(Path(batch.file.path), batch.sheet or None), batch.mapping)
    problems = [
        Problem(**error)
        for errors in batch.results.filter(outcome=REFUSED)
        .order_by("number")
        .values_list("errors", flat=True)
        for error in errors
    ]
    return errorbook.write_errors(out, layout, problems)
