"""An upload that a person looks at before it is written: kept, checked, shown, confirmed, or cancelled.

Its way: uploaded → checking → checked → writing → done; or refused, cancelled. Checking and writing
are jobs: small files run at once in the request, larger ones by a worker. What a broken-off job
leaves is what stood before it.
"""

import datetime as dt
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare, limits
from redprop.common.tabular.declare import Context, Register
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.checking import CHECK, WRITE, file_of
from redprop.core.services.imports import require_permission
from redprop.core.services.kept_files import drop_files, paths_of, remove, store

State = ImportBatch.State

SMALL = 1_000_000
"""Bytes of a text file, or of the unpacked sheets of a workbook, that are checked at once: about 1,000 rows."""
SMALL_ROWS = 1_000
PATIENCE = 2.0
ABANDONED = dt.timedelta(days=1)
ASKED = frozenset({"which-sheet", "hidden-sheet"})
"""Refusals of a whole file that a choice on the page mends, without a new upload."""


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
        raise limits.too_large(upload.size, name)
    stored, digest = store(upload, name)
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
    paths = paths_of(batch)
    batch.delete()
    for path in paths:
        remove(path)


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
    path = file_of(batch)
    with path.open("rb") as file:
        stored, digest = store(File(file, name=batch.file_name), batch.file_name)
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


def drop_abandoned() -> int:
    """Cancel previews that nobody has confirmed within a day, of registers whose files are not kept."""
    names = [register.name for register in declare.registers() if not register.keep_file]
    left = ImportBatch.objects.filter(
        register__in=names,
        state__in=[State.UPLOADED, State.CHECKED, State.REFUSED],
        recorded_at__lt=timezone.now() - ABANDONED,
    )
    count = 0
    for batch in left.exclude(file=""):
        cancel(batch=batch, acting_user=None)
        count += 1
    return count
