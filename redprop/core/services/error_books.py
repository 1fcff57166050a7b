"""The workbook with the errors marked: made in the request for a short file, by a worker for a long one.

A long file's workbook is kept beside the file until it is checked again, dropped or tidied away.
"""

from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare, errorbook
from redprop.common.tabular.engine import REFUSED, Problem
from redprop.common.tabular.headers import find_layout
from redprop.common.tabular.reading import open_sheets
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.checking import State, context_of, file_of
from redprop.core.services.imports import require_permission
from redprop.core.services.kept_files import remove, store_written

ERRORS = "import-errors"
AT_ONCE = 5_000
"""Rows of a file whose workbook is made while its reader waits (some 3 seconds)."""
READY = (State.CHECKED, State.DONE, State.UNDONE)


def is_long(batch: ImportBatch) -> bool:
    """Tell whether the workbook of a batch is left to a worker."""
    return batch.rows > AT_ONCE


def write_error_book(*, batch: ImportBatch, out: Path, progress: jobs.Progress | None = None) -> int:
    """Write the kept file of a batch with its refused rows marked; returns the number of errors."""
    register = declare.get(batch.register)
    layout = find_layout(register, open_sheets(file_of(batch), batch.sheet or None), batch.mapping)

    def tell(done: int) -> None:
        if progress is not None:
            progress(done, batch.rows, "marking")

    return errorbook.write_errors(out, layout, _Problems(batch), tell)


class _Problems:
    """The errors of a batch in the order of its rows, read from its kept rows each time they are gone through."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch

    def __iter__(self) -> Iterator[Problem]:
        refused = self.batch.results.filter(outcome=REFUSED).order_by("number")
        for errors in refused.values_list("errors", flat=True).iterator(chunk_size=1_000):
            for error in errors:
                yield Problem(**error)


def start_error_book(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Ask for the workbook of a long file; a second request while it is made or ready changes nothing."""
    require_permission(acting_user, declare.get(batch.register))
    with transaction.atomic():
        batch = (
            ImportBatch.objects.select_for_update(of=("self",)).select_related("error_job").get(pk=batch.pk)
        )
        if batch.state not in READY or not batch.refused or not batch.file:
            raise Refused(_("There are no errors to mark in this file now."), code="no-errors")
        if batch.error_file or (batch.error_job is not None and batch.error_job.is_open):
            return batch
        batch.error_job = jobs.start(
            kind=ERRORS, district=batch.district, acting_user=acting_user, arguments={"batch": batch.pk}
        )
        batch.save(update_fields=["error_job"])
    return batch


def make_error_book(job: Job, progress: jobs.Progress) -> None:
    """The work of the job: write the workbook and tie it to its batch, unless that was checked anew meanwhile."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    context_of(batch, job)
    name = Path(batch.file_name).stem + "-" + _("errors") + ".xlsx"
    stored = store_written(name, lambda path: write_error_book(batch=batch, out=path, progress=progress))
    try:
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if batch.error_job_id != job.pk or batch.state not in READY:
                raise jobs.Cancelled
            batch.error_file = stored
            batch.save(update_fields=["error_file"])
            progress.finish()
    except BaseException:
        remove(Path(batch.error_file.storage.path(stored)))
        raise


jobs.register(ERRORS, jobs.Kind(make_error_book))
