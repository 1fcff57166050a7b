"""The random sample of a batch: lines drawn for a closer look, each checked before the second review passes."""

import hashlib
import math
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import SampledLine, SubsidyBatch
from evaluations.models.subsidies.batches import BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services.steps import CHECKERS, locked, log_step, preparers, refuse_same_person, require_post
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused


def sample_size(lines: int, share: int, minimum: int) -> int:
    """Return how many of `lines` are drawn: `share` per cent rounded up, at least `minimum`; none at 0 %."""
    return min(lines, max(math.ceil(lines * share / 100), minimum)) if share else 0


def drawn(seed: str, numbers: Sequence[int], size: int) -> list[int]:
    """Return the `size` line numbers with the smallest SHA-256 of seed and number: anybody can repeat the draw."""
    return sorted(sorted(numbers, key=lambda n: hashlib.sha256(f"{seed}:{n}".encode()).digest())[:size])


def draw_sample(batch: SubsidyBatch) -> int:
    """Draw the sample of a locked batch whose first review has just ended; returns its size.

    The seed is the digest of the lines: it is known only when the lines are, and the same lines give the same draw.
    """
    lines = dict(batch.lines.filter(state=LineState.OPEN).values_list("number", "pk"))
    batch.sample_seed = digest_of(batch)
    size = sample_size(len(lines), batch.fund.sample_share, batch.fund.sample_minimum)
    wanted = drawn(batch.sample_seed, list(lines), size)
    SampledLine.objects.bulk_create(
        [SampledLine(batch=batch, seed=batch.sample_seed, line_id=lines[number]) for number in wanted],
        ignore_conflicts=True,
    )
    batch.save(update_fields=["sample_seed"])
    return size


def unchecked(batch: SubsidyBatch) -> int:
    """Return how many sampled lines still wait for a look; lines held meanwhile need none."""
    return batch.sample.filter(
        seed=batch.sample_seed, ticked_by__isnull=True, line__state=LineState.OPEN
    ).count()


@transaction.atomic
def tick_lines(*, batch: SubsidyBatch, numbers: Sequence[int], note: str, acting_user: User) -> int:
    """Record that these sampled lines were looked at closely, and what was looked at; returns how many."""
    batch = locked(batch)
    user = require_post(acting_user, CHECKERS, batch.district)
    if batch.state != BatchState.FIRST_REVIEWED:
        raise Refused(
            _("%(batch)s is “%(state)s”; the sample is checked before the second review.")
            % {"batch": batch, "state": batch.get_state_display()},
            code="state",
        )
    refuse_same_person(user, preparers(batch))
    note = note.strip()
    if not note:
        raise Refused(
            _("Say in a few words what you looked at: contract, area, in-post list."), code="no-note"
        )
    rows = batch.sample.select_for_update(of=("self",)).filter(
        seed=batch.sample_seed, line__number__in=numbers
    )
    found = {row.line.number: row for row in rows.select_related("line")}
    strangers = sorted(set(numbers) - set(found))
    if strangers:
        raise Refused(
            _("Line %(number)s is not in the sample.") % {"number": strangers[0]}, code="not-sampled"
        )
    waiting = [row.pk for row in found.values() if row.ticked_by_id is None]
    with acting(user, note):
        SampledLine.objects.filter(pk__in=waiting).update(
            ticked_by=user, ticked_at=business_now(batch.district), note=note[:200]
        )
        if waiting:
            log_step(batch, "sample", user, reason=f"{len(waiting)}: {note}"[:300])
    return len(waiting)


def require_sample(batch: SubsidyBatch) -> None:
    """Raise Refused while a sampled line was not looked at."""
    left = unchecked(batch)
    if left:
        raise Refused(
            _("%(count)s lines of the sample of %(batch)s were not checked yet. Tick each of them first.")
            % {"count": left, "batch": batch},
            code="sample",
        )
