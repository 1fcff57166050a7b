"""Importing a file into a register: check it, show what it would do, write it once, keep a record.

`check` writes nothing. `write` is one transaction under a lock per district; `stage` keeps a checked
upload for the admin's preview and `confirm` writes it after checking it again.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import connection, transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular import bulk, declare, errorbook, saving
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.engine import CHANGED, NEW, REFUSED, Plan, Problem, validate
from redprop.common.tabular.headers import find_layout
from redprop.common.tabular.reading import open_sheets
from redprop.core.models import ImportBatch, ImportRow


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
    with transaction.atomic(), acting(context.user, _import_reason(register, file_name or path.name)):
        _lock(context.district, register)
        plan = validate(register, path, context, sheet=sheet, mapping=mapping)
        counts = plan.counts()
        if counts[REFUSED] and (not only_good or counts[REFUSED] == counts["rows"]):
            return plan, None
        saving.save(context, plan)
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
        _finish(batch, plan)
        if register.keep_file:
            with path.open("rb") as file:
                batch.file.save(f"{register.name}{path.suffix.lower()}", File(file), save=False)
        batch.save()
        write_rows(batch, plan, (NEW, CHANGED, REFUSED), with_new=False)
        return plan, batch


def _import_reason(register: Register, file_name: str) -> str:
    return f"import {register.name}: {file_name}"


def _lock(district: District, register: Register) -> None:
    """Let imports into one register of one district wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"import {register.name}", district.pk]
        )


def _finish(batch: ImportBatch, plan: Plan) -> None:
    for name, count in plan.counts().items():
        setattr(batch, name, count)
    batch.state = ImportBatch.State.DONE
    batch.written_at = business_now(batch.district)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_rows(batch: ImportBatch, plan: Plan, statuses: Iterable[str], *, with_new: bool = True) -> None:
    """Keep what the file's rows do, one ImportRow each, with texts as the preview shows them.

    The contents of new rows stand in the kept file; they are repeated only `with_new`.
    """
    wanted = frozenset(statuses)
    rows = (row for row in plan.rows if row.status in wanted)
    while part := list(islice(rows, 10_000)):
        bulk.insert(
            [
                ImportRow(
                    batch=batch,
                    number=row.number,
                    outcome=row.status,
                    key=plan.label(row)[:200],
                    changes=_changes(plan, row) if with_new or row.status != NEW else {},
                    errors=[problem.as_dict() for problem in row.errors],
                )
                for row in part
            ]
        )


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


def stage(
    *,
    register: Register,
    upload: Any,
    context: Context,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Keep an upload and what it would do; nothing enters the register. Raises Refused, keeping nothing."""
    require_permission(context.user, register)
    batch = ImportBatch(
        district=context.district,
        register=register.name,
        file_name=Path(upload.name).name[:255],
        sheet=sheet or "",
        mapping=dict(mapping or {}),
        options={"accept_matches": context.accept_matches},
        recorded_by=context.user.get_username() if context.user else "system",
    )
    with tempfile.TemporaryDirectory() as folder:
        # under its own name, which the sentences quote
        path = Path(folder) / (Path(upload.name).name or "file")
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        plan = validate(register, path, context, sheet=sheet, mapping=mapping)
        batch.digest = digest_of(path)
        batch.options |= {"ignored": plan.layout.ignored, "skipped": plan.skipped}
        for name, count in plan.counts().items():
            setattr(batch, name, count)
    batch.file.save(f"{register.name}{path.suffix.lower()[:5]}", upload, save=False)
    with transaction.atomic():
        batch.save()
        write_rows(batch, plan, (NEW, CHANGED, REFUSED, "unchanged"))
    return batch


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


def confirm(*, batch: ImportBatch, context: Context, only_good: bool = False) -> ImportBatch:
    """Write a staged upload, once. Raises Refused when the register has moved so that its counts differ."""
    register = declare.get(batch.register)
    require_permission(context.user, register)
    with transaction.atomic(), acting(context.user, _import_reason(register, batch.file_name)):
        _lock(context.district, register)
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state != ImportBatch.State.CHECKED:
            raise Refused(
                _("This upload is already done (%(state)s). Upload the file again to import it again.")
                % {"state": batch.get_state_display()},
                code="not-checked",
            )
        path = Path(batch.file.path)
        if not path.exists() or digest_of(path) != batch.digest:
            raise Refused(_("The uploaded file is gone. Upload it again."), code="no-file")
        plan = validate(register, path, context, sheet=batch.sheet or None, mapping=batch.mapping)
        counts = plan.counts()
        if any(getattr(batch, name) != count for name, count in counts.items()):
            raise Refused(
                _("The register has changed since this preview. Upload the file again and check it anew."),
                code="stale",
            )
        if counts[REFUSED] and (not only_good or counts[REFUSED] == counts["rows"]):
            raise Refused(
                _("%(count)s rows are refused. Mend them and upload again, or import only the good rows.")
                % {"count": counts[REFUSED]},
                code="refused-rows",
            )
        saving.save(context, plan)
        batch.options = {**batch.options, "only_good": only_good}
        _finish(batch, plan)
        batch.save()
    return batch
