"""Taking an import back while nothing depends on it: new rows deleted, changed fields set back.

All checks are set-based: one statement for each table the import touched or that refers to it. The
whole is one transaction under the register's lock, in the history as "undo of import N".
"""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.tabular.saving import readable
from redprop.core.models import ImportBatch, Job
from redprop.core.services import jobs
from redprop.core.services.checking import context_of
from redprop.core.services.imports import _lock, require_permission
from redprop.core.services.undo_checks import Undoing, examine
from redprop.core.services.undo_rows import (
    changed_columns,
    collect,
    count_in,
    lock_rows,
    models_in,
    pk_column,
)
from redprop.core.services.uploads import PATIENCE, SMALL_ROWS, State, _locked, begin

UNDO = "import-undo"


def _refuse_what_stays(batch: ImportBatch) -> None:
    stays = declare.get(batch.register).stays
    if stays:
        raise Refused(str(stays), code="stays")


def look(batch: ImportBatch) -> Undoing:
    """Return what undoing would do now. Reads only."""
    _refuse_what_stays(batch)
    if batch.state != State.DONE:
        raise Refused(
            _("Only a written import can be undone; this one is: %(state)s.")
            % {"state": batch.get_state_display()},
            code="not-done",
        )
    with transaction.atomic():
        collect(batch)
        return examine(batch)


def start_undo(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Undo an import, at once when it is small, else by a worker. Raises Refused when something depends on it."""
    require_permission(acting_user, declare.get(batch.register))
    _refuse_what_stays(batch)
    with transaction.atomic():
        batch = _locked(batch, State.DONE)
        small = batch.new + batch.changed <= SMALL_ROWS
        begin(batch, State.UNDOING, UNDO, acting_user, send=not small)
    assert batch.job_id is not None
    job = jobs.run(batch.job_id, patience=PATIENCE) if small else None
    batch.refresh_from_db()
    if job is not None and job.state == Job.State.FAILED:
        raise Refused(job.message, code="not-undone")
    return batch


def undo_now(*, batch: ImportBatch, acting_user: User | None) -> ImportBatch:
    """Undo an import in this process, however large it is (for commands). Raises Refused."""
    require_permission(acting_user, declare.get(batch.register))
    _refuse_what_stays(batch)
    with transaction.atomic():
        batch = _locked(batch, State.DONE)
        begin(batch, State.UNDOING, UNDO, acting_user, send=False)
    assert batch.job_id is not None
    job = jobs.run(batch.job_id)
    batch.refresh_from_db()
    if job is None or job.state != Job.State.DONE:
        raise Refused(job.message if job else "", code="not-undone")
    return batch


def undo_batch(job: Job, progress: jobs.Progress) -> None:
    """The work of an undoing job."""
    batch = ImportBatch.objects.select_related("district").get(pk=job.arguments["batch"])
    register = declare.get(batch.register)
    context = context_of(batch, job)
    with (
        transaction.atomic(),
        acting(context.user, f"undo of import {batch.pk}", undone_import=batch.pk),
        readable(),
    ):
        _lock(batch.district, register, progress)
        batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.job_id != job.pk or batch.state != State.UNDOING:
            raise jobs.Cancelled
        collect(batch)
        lock_rows()
        found = examine(batch)
        if found.reasons:
            raise Refused(found.refusal(), code="depends")
        _take_back(found, progress)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        batch.writes.all()._raw_delete(batch.writes.db)
        batch.state = State.UNDONE
        batch.undone_at = business_now(batch.district)
        batch.undone_by = context.user.get_username() if context.user else "system"
        batch.options = {**batch.options, "deleted": found.deleted, "restored": found.restored}
        batch.save(update_fields=["state", "undone_at", "undone_by", "options"])
        progress.finish()


def _give_up(job: Job, sentence: str, cancelled: bool) -> None:
    ImportBatch.objects.filter(pk=job.arguments["batch"], job=job).update(
        state=State.DONE,
        message=_("The import stands as it was. %(reason)s") % {"reason": sentence},
    )


jobs.register(UNDO, jobs.Kind(undo_batch, _give_up))


def _take_back(found: Undoing, progress: jobs.Progress) -> None:
    done, total = 0, found.deleted + found.restored
    for model in models_in("undo_made"):
        with connection.cursor() as cursor:
            cursor.execute(
                f'DELETE FROM "{model._meta.db_table}" t USING undo_made m '
                f"WHERE m.model = %s AND t.{pk_column(model)} = m.pk",
                [model._meta.label_lower],
            )
        done += count_in("undo_made", model)
        progress(done, total, "undoing")
    for model in models_in("undo_removed"):
        columns = ", ".join(f'"{one.column}"' for one in model._meta.concrete_fields if not one.generated)
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {columns} FROM undo_removed r '
                f'CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", r.old) '
                "WHERE r.model = %s ORDER BY r.pk",
                [model._meta.label_lower],
            )
        done += count_in("undo_removed", model)
        progress(done, total, "undoing")
    for model in models_in("undo_changed"):
        columns = changed_columns(model)
        if not columns:
            continue
        settings = ", ".join(
            f'"{name}" = CASE WHEN c.old ? \'{name}\' THEN o."{name}" ELSE t."{name}" END' for name in columns
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{model._meta.db_table}" t SET {settings} FROM undo_changed c '
                f'CROSS JOIN LATERAL jsonb_populate_record(NULL::"{model._meta.db_table}", c.old) o '
                f"WHERE c.model = %s AND t.{pk_column(model)} = c.pk",
                [model._meta.label_lower],
            )
        done += count_in("undo_changed", model)
        progress(done, total, "undoing")
