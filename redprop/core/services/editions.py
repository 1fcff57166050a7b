"""Imports the list of an edition of the official divisions: checked, shown, confirmed, written once with a record.

`redprop.areas.services.editions` decides what the list means; here are the file, its batch, the
rights and the transaction. A guess (another code under the same name) is written only when a person
has decided it, or has taken all proposals.
"""

import datetime as dt
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.areas.imports import edition_day, read_edition, refuse_listed
from redprop.areas.models import District
from redprop.areas.services.edition_writing import apply_edition
from redprop.areas.services.editions import (
    ADDED,
    RECODED,
    Comparison,
    compare_edition,
    describe,
)
from redprop.common.errors import Refused
from redprop.common.tabular import bulk, declare, saving
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import REFUSED, Plan
from redprop.core.models import ImportBatch
from redprop.core.services.import_log import Log
from redprop.core.services.imports import digest_of, require_permission
from redprop.core.services.kept_files import remove, store, store_written

REGISTER = "communities"


@dataclass
class Edition:
    """A list that was read: its plan (errors by row), and what it changes; None where rows are refused."""

    label: str
    as_of: dt.date
    plan: Plan
    comparison: Comparison | None
    batch: ImportBatch | None = None
    said: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Say what changes before it is written: writing turns the old facts into the new."""
        if self.comparison is not None:
            self.said = {**self.comparison.counts(), "lines": describe(self.comparison)}

    def counts(self) -> dict[str, int]:
        """The contract's counts: a recoded, renamed or moved community is changed, an added one new."""
        plan = self.plan.counts()
        if self.comparison is None:
            return {**plan, "new": 0, "changed": 0, "unchanged": 0}
        new = len(self.comparison.of(ADDED))
        return {
            "rows": plan["rows"],
            "new": new,
            "changed": plan["rows"] - new - self.comparison.unchanged - plan[REFUSED],
            "unchanged": self.comparison.unchanged,
            "refused": plan[REFUSED],
        }

    def summary(self) -> dict[str, Any]:
        """The object `edition` of `--json`."""
        return {"label": self.label, "as_of": self.as_of.isoformat(), **self.said}


def check_edition(
    *,
    path: Path,
    context: Context,
    edition: str,
    as_of: dt.date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    decisions: Mapping[str, str] | None = None,
    accept_proposals: bool = False,
    lock: bool = False,
) -> Edition:
    """Return what taking the edition over would do. Reads only; raises Refused when the list cannot be taken.

    Guesses that nobody has decided refuse their row, unless all proposals are taken.
    """
    require_permission(context.user, declare.get(REGISTER))
    label = edition.strip()
    if not label or len(label) > 20:
        raise Refused(
            _("Name the edition in at most 20 characters, such as 2023 or 2024-06-30."),
            code="edition-day",
            field="edition",
        )
    day = as_of or edition_day(label)
    plan, listed = read_edition(path, context, as_of=day, sheet=sheet, mapping=mapping)
    if plan.counts()[REFUSED]:
        return Edition(label, day, plan, None)
    comparison = compare_edition(
        district=context.district, label=label, as_of=day, listed=listed, decisions=decisions, lock=lock
    )
    for line in comparison.lines:
        if line.refusal:
            if line.listed is None:
                raise Refused(line.refusal, code="entry-later")
            refuse_listed(plan, line.listed.row, "code", line.refusal)
        elif line.is_guess and line.listed and line.listed.code not in (decisions or {}):
            if accept_proposals and line.kind == RECODED:
                continue
            refuse_listed(plan, line.listed.row, "code", guess(line))
    return Edition(label, day, plan, comparison)


def guess(line: Any) -> str:
    """The question that a guess puts to a person."""
    if line.kind == RECODED:
        return _(
            "%(name)s is probably %(old)s under a new code. Confirm it (in the admin, or with --accept-matches)."
        ) % {"name": line.listed.name, "old": f"{line.community.code} {line.community.name}"}
    return _(
        "Several communities that end have this name: %(codes)s. Say in the admin which of them it continues."
    ) % {"codes": "、".join(one.code for one in line.candidates)}


def import_edition(
    *,
    path: Path,
    context: Context,
    edition: str,
    as_of: dt.date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str] | None = None,
    accept_proposals: bool = False,
    file_name: str = "",
) -> Edition:
    """Check the list and take it over in one transaction; with a refused row nothing is written (`batch` None)."""
    name = file_name or path.name
    reason = f"edition {edition} of the divisions: {name}"
    with transaction.atomic(), acting(context.user, reason) as audit, ExitStack() as undone:
        _lock(context.district)
        found = check_edition(
            path=path,
            context=context,
            edition=edition,
            as_of=as_of,
            sheet=sheet,
            mapping=mapping,
            accept_proposals=accept_proposals,
            lock=True,
        )
        if found.comparison is None or found.plan.counts()[REFUSED]:
            return found
        batch = _batch(context, found, name, sheet, mapping, path)
        batch.file = store_written(name, lambda kept: shutil.copyfile(path, kept))
        undone.callback(remove, Path(batch.file.path))
        _write(batch, found, context, audit.id)
        undone.pop_all()
    return found


def stage_edition(
    *,
    upload: Any,
    context: Context,
    edition: str,
    as_of: dt.date | None = None,
    sheet: str | None = None,
) -> Edition:
    """Keep an uploaded list that can be taken; nothing enters the register. Raises Refused, keeping nothing."""
    name = Path(upload.name).name or "file"
    stored, _digest = store(upload, name)
    with ExitStack() as undone:
        path = Path(default_storage.path(stored))
        undone.callback(remove, path)
        found = check_edition(path=path, context=context, edition=edition, as_of=as_of, sheet=sheet)
        problems = found.plan.problems()
        if found.comparison is None:
            raise Refused(
                _(
                    "Row %(row)s: %(message)s (%(count)s rows are refused.) An edition is taken over whole or not at all."
                )
                % {
                    "row": problems[0].row,
                    "message": problems[0].message,
                    "count": found.plan.counts()[REFUSED],
                },
                code="refused-rows",
            )
        batch = _batch(context, found, name, sheet, None, path)
        batch.file = stored
        batch.save()
        undone.pop_all()
    found.batch = batch
    return found


def look_again(
    *, batch: ImportBatch, context: Context, decisions: Mapping[str, str] | None = None, lock: bool = False
) -> Edition:
    """What a staged list would do now."""
    path = Path(batch.file.path)
    if not path.exists() or digest_of(path) != batch.digest:
        raise Refused(_("The uploaded file is gone. Upload it again."), code="no-file")
    found = check_edition(
        path=path,
        context=context,
        edition=batch.options["edition"],
        as_of=dt.date.fromisoformat(batch.options["as_of"]),
        sheet=batch.sheet or None,
        mapping=batch.mapping,
        decisions=decisions,
        lock=lock,
    )
    found.batch = batch
    return found


def confirm_edition(
    *, batch: ImportBatch, context: Context, decisions: Mapping[str, str], seal: str
) -> Edition:
    """Take a staged list over, once, as decided. `seal` is that of the preview the person has seen."""
    with (
        transaction.atomic(),
        acting(
            context.user, f"edition {batch.options.get('edition')} of the divisions: {batch.file_name}"
        ) as audit,
    ):
        _lock(context.district)
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state != ImportBatch.State.CHECKED:
            raise Refused(
                _("This upload is already done (%(state)s). Upload the file again to import it again.")
                % {"state": batch.get_state_display()},
                code="not-checked",
            )
        before = look_again(batch=batch, context=context, lock=True)
        if before.comparison is None or before.comparison.seal() != seal:
            raise Refused(
                _("The register has changed since this preview. Look at it again, then confirm."),
                code="stale",
            )
        found = look_again(batch=batch, context=context, decisions=decisions)
        if found.comparison is None or found.plan.counts()[REFUSED]:
            raise Refused(found.plan.problems()[0].message, code="refused-rows")
        _write(batch, found, context, audit.id)
    return found


def _lock(district: District) -> None:
    """Wait for other imports into the register, and let them wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"import {REGISTER}", district.pk])


def _batch(
    context: Context,
    found: Edition,
    file_name: str,
    sheet: str | None,
    mapping: Mapping[str, str] | None,
    path: Path,
) -> ImportBatch:
    batch = ImportBatch(
        district=context.district,
        register=REGISTER,
        file_name=file_name[:255],
        digest=digest_of(path),
        sheet=(sheet or "")[:100],
        mapping=dict(mapping or {}),
        options={"edition": found.label, "as_of": found.as_of.isoformat()},
        recorded_by=context.user.get_username() if context.user else "system",
    )
    for name, count in found.counts().items():
        setattr(batch, name, count)
    return batch


def _write(batch: ImportBatch, found: Edition, context: Context, audit_id: Any) -> None:
    assert found.comparison is not None
    batch.options = {**batch.options, **found.summary(), "context": str(audit_id)}
    batch.save()
    with saving.readable(), bulk.watched_by(Log(batch)):
        apply_edition(comparison=found.comparison, district=context.district, acting_user=context.user)
    for name, count in found.counts().items():
        setattr(batch, name, count)
    batch.state = ImportBatch.State.DONE
    batch.written_at = business_now(batch.district)
    batch.written_by = context.user.get_username() if context.user else "system"
    batch.save()
    found.batch = batch
