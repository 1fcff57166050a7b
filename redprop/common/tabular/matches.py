"""Rows of a file without a code: which row of the register each is, by a person's decision.

A register's `match` hook finds candidates and calls `apply`. A row is new only when it has none; a
confirmed name or a decision takes a candidate; everything else is refused with what it probably is.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from redprop.common.matching import Candidate, stands_out
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import stored_rows

if TYPE_CHECKING:
    from redprop.common.tabular.engine import Plan, Row

SHOWN = 5
"""Candidates kept with a row."""

IS_NEW = "new"
"""The decision that a row is none of its candidates."""


def apply(
    context: Context,
    plan: "Plan",
    rows: "Sequence[Row]",
    found: Mapping[int, Sequence[Candidate]],
    *,
    key_of: Callable[["Row"], Hashable],
    says_new: Callable[["Row"], bool],
    keep: Callable[["Row", bool], None],
    name: str = "name",
) -> None:
    """Take, propose or refuse each row by its candidates (best first), decisions of the context first.

    `key_of(row)` is the name and area under which two rows of the file mean the same (None: no name).
    `keep(row, decided)` is called for each row that has got its stored values.
    """
    first, taken = _memory(plan)
    taken |= {row.pk: row.number for row in plan.rows if row.pk is not None}
    wanted: dict[Any, Row] = {}
    for row in rows:
        key = key_of(row)
        decision = context.decisions.get(row.number) or (IS_NEW if says_new(row) else "")
        if key is None or decision == IS_NEW:
            continue
        if key in first:
            plan.refuse(
                row,
                name,
                _(
                    "Row %(row)s has the same name and area. Delete one of them, or tell them apart by their codes."
                )
                % {"row": first[key]},
            )
            continue
        first[key] = row.number
        candidates = list(found.get(row.number, ()))
        target = target_of(context, candidates, decision)
        if not candidates and target is None:
            continue
        row.candidates = candidates[:SHOWN]
        if target is None and stands_out(candidates) and candidates[0].score.same_name:
            target, row.proposed = candidates[0].pk, True
        if target is None:
            plan.refuse(row, name, sentence_of(candidates))
        elif target in taken:
            plan.refuse(
                row,
                name,
                _("Row %(row)s is already the same row of the register. Delete one of them, or give a code.")
                % {"row": taken[target]},
            )
        else:
            wanted[target], taken[target] = row, row.number
    _take(context, plan, wanted, name, keep)


def _memory(plan: "Plan") -> tuple[dict[Hashable, int], dict[Any, int]]:
    """Return what has been seen and taken so far: a long file comes in parts."""
    memory = plan.__dict__.setdefault("memory", {})
    return memory.setdefault("matches.first", {}), memory.setdefault("matches.taken", {})


def target_of(context: Context, candidates: Sequence[Candidate], decision: str) -> Any:
    """Return the pk that a decision, a confirmed name or the wish to accept matches takes; else None."""
    if decision:
        return next((one.pk for one in candidates if str(one.pk) == decision), None)
    known = [one for one in candidates if one.known]
    if len(known) == 1:
        return known[0].pk
    if context.accept_matches and stands_out(candidates):
        best = candidates[0].score
        if best.same_name if context.accept_from is None else best.points >= context.accept_from:
            return candidates[0].pk
    return None


def sentence_of(candidates: Sequence[Candidate]) -> str:
    best = candidates[0]
    told = {
        "code": best.code,
        "name": best.name,
        "points": best.score.points,
        "why": "；".join(map(str, best.score.reasons)),
        "others": "、".join(f"{one.code} {one.name}" for one in candidates[1:3]),
    }
    if len(candidates) == 1:
        return (
            _(
                "Perhaps this is %(code)s “%(name)s” (%(points)s points: %(why)s). Decide under “Matches”, fill in that code, or write 新建 in the column 处理."
            )
            % told
        )
    return (
        _(
            "Perhaps this is %(code)s “%(name)s” (%(points)s points: %(why)s), or %(others)s. Decide under “Matches”, fill in the code, or write 新建 in the column 处理."
        )
        % told
    )


def _take(context: Context, plan: "Plan", wanted: "dict[Any, Row]", name: str, keep: Any) -> None:
    if not wanted:
        return
    stored = stored_rows(plan.register, context, set(wanted))
    for pk, row in wanted.items():
        if pk not in stored:
            plan.refuse(
                row, name, _("This row belongs to an area or enterprise outside yours. Leave it out.")
            )
            continue
        row.pk, row.old = pk, stored[pk]
        keep(row, not row.proposed)
