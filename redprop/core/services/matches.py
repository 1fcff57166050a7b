"""Proposed matches of an import: kept with the batch, decided by a person, used when it is checked again."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.matching import stands_out
from redprop.common.tabular import bulk, matches
from redprop.common.tabular.engine import MISSING, REFUSED, Plan, Row
from redprop.core.models import ImportBatch, ImportMatch

_DECIDABLE = (ImportBatch.State.CHECKED,)


def write_matches(batch: ImportBatch, plan: Plan) -> None:
    """Keep the candidates of rows that wait for a decision. Rows decided before keep what was decided."""
    batch.matches.filter(decision="").delete()
    known = set(batch.matches.values_list("number", flat=True))
    rows = (row for row in plan.rows if row.candidates and row.status == REFUSED and row.number not in known)
    while part := list(islice(rows, 2_000)):
        bulk.insert(
            [
                ImportMatch(
                    batch=batch,
                    number=row.number,
                    label=_label(plan, row)[:200],
                    values=_values(plan, row),
                    candidates=[one.as_dict() for one in row.candidates],
                    points=row.candidates[0].score.points,
                    is_clear=stands_out(row.candidates),
                )
                for row in part
            ]
        )


def _label(plan: Plan, row: Row) -> str:
    name = "name" if "name" in plan.at else plan.register.columns[0].field
    value = row.values[plan.at[name]]
    if (value is MISSING or value is None) and row.old is not None:
        value = row.old[plan.at[name]]
    return row.alias or ("" if value is MISSING or value is None else plan.show(name, value))


def _values(plan: Plan, row: Row) -> dict[str, str]:
    return {
        column.header: plan.show(column.field, row.values[i])
        for i, column in enumerate(plan.register.columns)
        if row.values[i] is not MISSING and row.values[i] not in (None, "")
    }


def decisions_of(batch: ImportBatch) -> Mapping[int, str]:
    """Return row number → "new" or the key of the row of the register, as `Context.decisions` takes it."""
    decided = ImportMatch.objects.filter(batch=batch).exclude(decision="")
    return {
        number: matches.IS_NEW if decision == ImportMatch.Decision.NEW else target
        for number, decision, target in decided.values_list("number", "decision", "target")
    }


def above(batch: ImportBatch, points: int) -> QuerySet[ImportMatch]:
    """Return the open proposals of at least `points` in which one candidate stands out."""
    return batch.matches.filter(decision="", points__gte=points, is_clear=True)


def decide(*, match: ImportMatch, decision: str, target: str = "", acting_user: User | None) -> ImportMatch:
    """Record what a row is: "same" as the candidate `target`, "new", or "" to open the question again."""
    with transaction.atomic():
        batch = _lock(match.batch_id)
        match = ImportMatch.objects.select_for_update().get(pk=match.pk)
        if decision == ImportMatch.Decision.SAME and target not in {
            str(one["pk"]) for one in match.candidates
        }:
            raise Refused(_("Choose one of the candidates."), code="no-candidate")
        match.decision = ImportMatch.Decision(decision)
        match.target = target if decision == ImportMatch.Decision.SAME else ""
        match.decided_by = acting_user.get_username() if acting_user else "system"
        match.decided_at = business_now(batch.district)
        match.save(update_fields=["decision", "target", "decided_by", "decided_at"])
    return match


def decide_above(*, batch: ImportBatch, points: int, expected: int | None, acting_user: User | None) -> int:
    """Take the first candidate of all open, clear proposals of at least `points`; returns how many.

    `expected` is the number that the person has seen: another one refuses.
    """
    with transaction.atomic():
        batch = _lock(batch.pk)
        found = list(above(batch, points).select_for_update())
        if expected is not None and len(found) != expected:
            raise Refused(
                _("There are now %(count)s proposals above this line. Look at them and confirm again.")
                % {"count": len(found)},
                code="stale",
            )
        for match in found:
            match.decision = ImportMatch.Decision.SAME
            match.target = str(match.candidates[0]["pk"])
            match.decided_by = acting_user.get_username() if acting_user else "system"
            match.decided_at = business_now(batch.district)
        ImportMatch.objects.bulk_update(found, ["decision", "target", "decided_by", "decided_at"])
    return len(found)


def _lock(pk: Any) -> ImportBatch:
    """Lock a batch that is checked and not written; raises Refused when it is past deciding."""
    batch = ImportBatch.objects.select_for_update().get(pk=pk)
    if batch.state not in _DECIDABLE:
        raise Refused(
            _("This upload is already done (%(state)s). Upload the file again to import it again.")
            % {"state": batch.get_state_display()},
            code="not-checked",
        )
    return batch
