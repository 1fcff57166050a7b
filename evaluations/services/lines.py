"""Moving payment lines between their states, and keeping the totals of slices and batches beside them.

No role is checked here: `services.batches` and `services.entitlements` do that.
"""

from collections.abc import Sequence

from django.db.models import Count, Q, Sum

from evaluations.models import PaymentLine, SubsidyBatch, SubsidySlice
from evaluations.models.subsidies.lines import LINE_MOVES, LineState
from evaluations.subsidies.selectors import APPROVED_STATES
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.money import ZERO
from redprop.common.states import require_move


def drop_lines(lines: Sequence[PaymentLine], *, reason: str, acting_user: User | None) -> None:
    """Take lines out of their batch for good; what they would have paid can enter another one."""
    _move(lines, LineState.DROPPED, reason, acting_user)


def hold_lines(lines: Sequence[PaymentLine], *, reason: str, acting_user: User | None) -> None:
    """Hold lines: they stay with the batch but are not paid with it."""
    _move(lines, LineState.HELD, reason, acting_user)


def open_lines(lines: Sequence[PaymentLine], *, reason: str, acting_user: User | None) -> None:
    """Put held lines back into what the batch pays."""
    _move(lines, LineState.OPEN, reason, acting_user)


def _move(lines: Sequence[PaymentLine], state: LineState, reason: str, acting_user: User | None) -> None:
    if not lines:
        return
    for line in lines:
        require_move(LINE_MOVES, line.state, state, what=line)
    batches = SubsidyBatch.objects.filter(pk__in={line.batch_id for line in lines}).select_for_update()
    for batch in batches.order_by("pk"):
        PaymentLine.objects.filter(
            pk__in=[line.pk for line in lines if line.batch_id == batch.pk], state=lines[0].state
        ).update(
            state=state,
            state_reason=reason,
            state_by=acting_user.username if acting_user else "system",
            state_at=business_now(batch.district),
            held_revision=batch.revision if state == LineState.HELD else None,
        )
        refresh_totals(batch)
    for line in lines:
        line.state = state


def refresh_totals(batch: SubsidyBatch) -> None:
    """Bring the stored counts and sums of a locked batch and its slices in line with its lines."""
    # After the approval the totals stay those of what was approved, whatever the bank answers.
    is_open = Q(state__in=APPROVED_STATES, retry_of__isnull=True)
    is_held = Q(state=LineState.HELD)
    sums = batch.lines.aggregate(
        count=Count("pk", filter=is_open),
        total=Sum("amount", filter=is_open),
        held=Count("pk", filter=is_held),
        held_total=Sum("amount", filter=is_held),
    )
    batch.line_count, batch.total = sums["count"], sums["total"] or ZERO
    batch.held_count, batch.held_total = sums["held"], sums["held_total"] or ZERO
    batch.save(update_fields=["line_count", "total", "held_count", "held_total"])
    found = {
        row["slice"]: row
        for row in batch.lines.filter(is_open)
        .order_by()
        .values("slice")
        .annotate(count=Count("pk"), total=Sum("amount"))
    }
    for piece in batch.slices.all():
        row = found.get(piece.pk, {"count": 0, "total": ZERO})
        if (piece.line_count, piece.total) != (row["count"], row["total"]):
            SubsidySlice.objects.filter(pk=piece.pk).update(line_count=row["count"], total=row["total"])
