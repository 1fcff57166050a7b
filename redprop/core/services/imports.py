"""Importing a file into a register in one go: check it, write it once, keep a record. For commands and tests.

`check` writes nothing; `import_file` is one transaction under the register's lock. Uploads that a
person looks at first live in `uploads`, taking an import back in `undo`.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular import bulk, saving
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, Plan, Row, validate
from redprop.core.models import ImportBatch, ImportRow
from redprop.core.services.import_log import Log
from redprop.core.services.jobs import Progress
from redprop.core.services.kept_files import remove, store_written


def context_for(*, district: District, acting_user: User | None, accept_matches: bool = False) -> Context:
    """Return the context of an import or export: the district, its user, and the district's today."""
    return Context(district, acting_user, business_today(district), accept_matches)


def may_import(user: User, register: Register) -> bool:
    """Tell whether the user may import into a register: add a batch, add and change its rows."""
    meta = register.model._meta
    return user.has_perms(
        [
            "core.add_importbatch",
            f"{meta.app_label}.add_{meta.model_name}",
            f"{meta.app_label}.change_{meta.model_name}",
        ]
    )


def require_permission(user: User | None, register: Register) -> None:
    """Raise Refused when `user` may not import into `register`; None is the system itself."""
    if user is not None and not may_import(user, register):
        raise Refused(
            _("You may not import into “%(register)s”. Ask the registrar of the district.")
            % {"register": register.title},
            code="no-permission",
        )


def check(
    *,
    register: Register,
    path: Path,
    context: Context,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """Return what importing `path` would do. Reads only; raises Refused when the file cannot be taken."""
    require_permission(context.user, register)
    return validate(register, path, context, sheet=sheet, mapping=mapping)


def import_file(
    *,
    register: Register,
    path: Path,
    context: Context,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    only_good: bool = False,
    file_name: str = "",
) -> tuple[Plan, ImportBatch | None]:
    """Check the file and write it in one transaction; returns the plan, and the batch if it was written.

    With refused rows nothing is written, unless `only_good` and some row is good.
    """
    require_permission(context.user, register)
    options = {"only_good": only_good, "accept_matches": context.accept_matches}
    reason = import_reason(register, file_name or path.name)
    with transaction.atomic(), acting(context.user, reason) as audit, ExitStack() as undone:
        _lock(context.district, register)
        plan = validate(register, path, context, sheet=sheet, mapping=mapping)
        counts = plan.counts()
        if counts[REFUSED] and (not only_good or counts[REFUSED] == counts["rows"]):
            return plan, None
        batch = ImportBatch(
            district=context.district,
            register=register.name,
            file_name=(file_name or path.name)[:255],
            digest=digest_of(path),
            sheet=plan.layout.sheet.name[:100],
            mapping=dict(mapping or {}),
            options=options,
            recorded_by=context.user.get_username() if context.user else "system",
        )
        if register.keep_file:
            name = f"{register.name}{path.suffix.lower()}"
            batch.file = store_written(name, lambda kept: shutil.copyfile(path, kept))
            undone.callback(remove, Path(batch.file.path))
        batch.save()
        write_plan(batch, plan, context, audit.id)
        write_rows(batch, plan, (NEW, CHANGED, REFUSED))
        undone.pop_all()
        return plan, batch


def import_reason(register: Register, file_name: str) -> str:
    """Return the reason that the history shows beside every change of an import."""
    return f"import {register.name}: {file_name}"


def write_plan(
    batch: ImportBatch, plan: Plan, context: Context, audit_id: Any, progress: Progress | None = None
) -> ImportBatch:
    """Write a plan and the batch's end, keeping what undoing it takes. The caller holds lock and transaction.

    `audit_id` names the audit context, by which undoing tells the import's own changes from later ones.
    """
    counts = plan.counts()
    with bulk.watched_by(Log(batch, progress, counts[NEW] + counts[CHANGED])):
        saving.save(context, plan)
    for name, count in counts.items():
        setattr(batch, name, count)
    batch.state = ImportBatch.State.DONE
    batch.message = ""
    batch.options = {**batch.options, "context": str(audit_id)}
    batch.written_at = business_now(batch.district)
    batch.written_by = context.user.get_username() if context.user else "system"
    batch.save()
    return batch


def _lock(district: District, register: Register, progress: Progress | None = None) -> None:
    """Let imports into one register of one district wait for each other.

    With `progress` the waiting shows, and can be cancelled or left to a worker.
    """
    key = [f"import {register.name}", district.pk]
    with connection.cursor() as cursor:
        if progress is None:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", key)
            return
        while True:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", key)
            if cursor.fetchone()[0]:
                return
            progress(step="waiting")
            time.sleep(0.1)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_rows(
    batch: ImportBatch, plan: Plan, statuses: Iterable[str], progress: Progress | None = None
) -> None:
    """Keep what the file's rows did, one ImportRow each. The contents of new rows stand in the kept file."""
    rows = iter(plan.of(*statuses))
    done = 0
    while part := list(islice(rows, 1_000)):
        keep_rows(batch, plan, part, with_new=False)
        done += len(part)
        if progress is not None:
            progress(done, len(plan.rows), "keeping")


def keep_rows(batch: ImportBatch, plan: Plan, rows: Iterable[Row], *, with_new: bool = True) -> None:
    """Keep rows of a plan as the preview shows them; the contents of new ones only `with_new`."""
    bulk.insert_values(
        ImportRow,
        ("batch", "number", "outcome", "key", "changes", "errors"),
        (
            (
                batch.pk,
                row.number,
                row.status,
                plan.called(row)[:200],
                _json(_changes(plan, row)) if with_new or row.status != NEW else "{}",
                _json([problem.as_dict() for problem in row.errors]) if row.errors else "[]",
            )
            for row in rows
        ),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _changes(plan: Plan, row: Any) -> dict[str, list[str]]:
    if row.status == CHANGED:
        return {header: [old, new] for header, old, new in plan.changes_shown(row)}
    if row.status == NEW:
        return {
            column.header: ["", plan.show(column.field, row.values[i])]
            for i, column in enumerate(plan.register.columns)
            if plan.given(row, column.field)
        }
    return {}
