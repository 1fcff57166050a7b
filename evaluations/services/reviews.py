"""Reviews of a batch, returns, holds of single lines, the public notice, giving a batch up.

Each step locks the batch, checks role, person and state again, changes, and writes a step row.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import (
    PaymentLine,
    SubsidyBatch,
    SubsidySlice,
)
from evaluations.models.subsidies.batches import (
    BATCH_MOVES,
    BEFORE_APPROVAL,
    SLICE_MOVES,
    BatchState,
    SliceState,
)
from evaluations.models.subsidies.lines import LineState
from evaluations.services.lines import drop_lines, hold_lines, open_lines
from evaluations.services.sampling import draw_sample, require_sample
from evaluations.services.steps import (
    APPROVERS,
    CHECKERS,
    MAKERS,
    PUBLISHERS,
    locked,
    log_step,
    preparers,
    publish_later,
    refuse_same_person,
    require_post,
    require_reason,
    reset_slice,
    slice_reviewers,
)
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.common.states import require_move
from redprop.common.workdays import add_workdays
from redprop.core.selectors import work_calendar


@transaction.atomic
def review_slice(*, batch: SubsidyBatch, subdistrict: Subdistrict | None, acting_user: User) -> SubsidyBatch:
    """First review (初审) of a slice by its subdistrict's clerk; after the last one the batch moves on.

    A slice without a subdistrict is reviewed by the organisation department.
    """
    batch = locked(batch)
    user = _first_reviewer(acting_user, batch, subdistrict)
    _require_state(batch, BatchState.PREPARED)
    piece = _slice(batch, subdistrict)
    require_move(SLICE_MOVES, piece.state, SliceState.REVIEWED, what=piece)
    refuse_same_person(user, {batch.second_reviewed_by_id, batch.approved_by_id} | preparers(batch))
    with acting(user, f"first review {batch}"):
        piece.state, piece.reviewed_by, piece.reviewed_at = (
            SliceState.REVIEWED,
            user,
            business_now(batch.district),
        )
        piece.return_reason = ""
        piece.save(update_fields=["state", "reviewed_by", "reviewed_at", "return_reason"])
        batch.revision += 1
        log_step(batch, "first_review", user, piece=piece)
        waiting = batch.slices.exclude(state=SliceState.REVIEWED).filter(line_count__gt=0)
        if not waiting.exists():
            batch.state = BatchState.FIRST_REVIEWED
            draw_sample(batch)
        batch.save(update_fields=["state", "revision"])
    return batch


@transaction.atomic
def return_slice(
    *, batch: SubsidyBatch, subdistrict: Subdistrict | None, reason: str, acting_user: User
) -> SubsidyBatch:
    """Return a slice to who prepared it, with a reason: by its clerk, or later by the second reviewer."""
    batch = locked(batch)
    if batch.state == BatchState.PREPARED:
        user = _first_reviewer(acting_user, batch, subdistrict)
    else:
        user = require_post(acting_user, CHECKERS, batch.district)
        require_move(BATCH_MOVES, batch.state, BatchState.PREPARED, what=batch)
    reason = require_reason(reason)
    refuse_same_person(user, [batch.prepared_by_id])
    piece = _slice(batch, subdistrict)
    require_move(SLICE_MOVES, piece.state, SliceState.RETURNED, what=piece)
    with acting(user, reason):
        piece.state, piece.return_reason = SliceState.RETURNED, reason
        piece.reviewed_by = piece.reviewed_at = None
        piece.save(update_fields=["state", "return_reason", "reviewed_by", "reviewed_at"])
        publish_later(batch)
        log_step(batch, "slice_returned", user, piece=piece, reason=reason)
        _back_to_preparation(batch)
    return batch


@transaction.atomic
def review_batch(*, batch: SubsidyBatch, acting_user: User) -> SubsidyBatch:
    """Second review (复审) of the whole batch by the district, by a person who took no other step."""
    batch = locked(batch)
    user = require_post(acting_user, CHECKERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.SECOND_REVIEWED, what=batch)
    refuse_same_person(user, {batch.approved_by_id} | preparers(batch) | slice_reviewers(batch))
    require_sample(batch)
    with acting(user, f"second review {batch}"):
        batch.state, batch.second_reviewed_by = BatchState.SECOND_REVIEWED, user
        batch.second_reviewed_at = business_now(batch.district)
        batch.revision += 1
        batch.save(update_fields=["state", "second_reviewed_by", "second_reviewed_at", "revision"])
        log_step(batch, "second_review", user, digest=digest_of(batch))
    return batch


@transaction.atomic
def return_batch(*, batch: SubsidyBatch, reason: str, acting_user: User) -> SubsidyBatch:
    """Return a batch that is not approved to preparation, with a reason; all reviews must be done again."""
    batch = locked(batch)
    user = require_post(acting_user, CHECKERS | APPROVERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.PREPARED, what=batch)
    reason = require_reason(reason)
    refuse_same_person(user, [batch.prepared_by_id])
    with acting(user, reason):
        log_step(batch, "returned", user, reason=reason)
        publish_later(batch)
        for piece in batch.slices.all():
            reset_slice(piece)
        _back_to_preparation(batch)
    return batch


def _back_to_preparation(batch: SubsidyBatch) -> None:
    batch.state = BatchState.PREPARED
    batch.second_reviewed_by = batch.second_reviewed_at = None
    batch.noticed_by = batch.noticed_at = batch.notice_ends_on = None
    batch.revision += 1
    batch.save(
        update_fields=[
            "state",
            "second_reviewed_by",
            "second_reviewed_at",
            "noticed_by",
            "noticed_at",
            "notice_ends_on",
            "revision",
        ]
    )


@transaction.atomic
def put_up_notice(*, batch: SubsidyBatch, acting_user: User) -> SubsidyBatch:
    """Begin the public notice (公示, names of persons masked) for the fund's number of working days."""
    batch = locked(batch)
    user = require_post(acting_user, PUBLISHERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.NOTICED, what=batch)
    with acting(user, f"notice {batch}"):
        batch.state, batch.noticed_by = BatchState.NOTICED, user
        batch.noticed_at = business_now(batch.district)
        batch.notice_ends_on = add_workdays(
            business_today(batch.district), batch.fund.notice_days, work_calendar(batch.district)
        )
        batch.revision += 1
        batch.save(update_fields=["state", "noticed_by", "noticed_at", "notice_ends_on", "revision"])
        log_step(batch, "notice", user, digest=digest_of(batch))
        publish_later(batch)
    return batch


@transaction.atomic
def hold_line(*, line: PaymentLine, reason: str, acting_user: User) -> PaymentLine:
    """Hold one line with a reason, until the batch is exported; it then waits for a later batch.

    A clerk may in the first review of the own slice, the second reviewer and the approver until export.
    """
    batch, line = _locked_line(line)
    user = _holder(acting_user, batch, line)
    reason = require_reason(reason)
    with acting(user, reason):
        hold_lines([line], reason=reason, acting_user=user)
        log_step(batch, "hold", user, piece=line.slice, reason=f"{line.number}: {reason}"[:300])
    return line


@transaction.atomic
def release_line(*, line: PaymentLine, reason: str, acting_user: User) -> PaymentLine:
    """Put a held line back, as long as nobody reviewed the batch without it in the meantime."""
    batch, line = _locked_line(line)
    user = _holder(acting_user, batch, line)
    reason = require_reason(reason)
    in_preparation = batch.state == BatchState.PREPARED and line.slice.state == SliceState.PREPARED
    if line.state == LineState.HELD and not in_preparation and line.held_revision != batch.revision:
        raise Refused(
            _(
                "%(batch)s was reviewed without line %(number)s. Return the batch to take it in again, "
                "or leave it for the next one."
            )
            % {"batch": batch, "number": line.number},
            code="reviewed-without",
        )
    with acting(user, reason):
        open_lines([line], reason=reason, acting_user=user)
        log_step(batch, "release", user, piece=line.slice, reason=f"{line.number}: {reason}"[:300])
    return line


@transaction.atomic
def hold_lines_of_subject(*, lines: Sequence[PaymentLine], reason: str, acting_user: User) -> None:
    """Hold several lines, all or none."""
    for line in lines:
        hold_line(line=line, reason=reason, acting_user=acting_user)


@transaction.atomic
def release_lines_of_subject(*, lines: Sequence[PaymentLine], reason: str, acting_user: User) -> None:
    """Release several lines, all or none."""
    for line in lines:
        release_line(line=line, reason=reason, acting_user=acting_user)


@transaction.atomic
def cancel_batch(*, batch: SubsidyBatch, reason: str, acting_user: User) -> SubsidyBatch:
    """Give up a batch that is not approved; its entitlements are free for another one."""
    batch = locked(batch)
    user = require_post(acting_user, MAKERS, batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.CANCELLED, what=batch)
    reason = require_reason(reason)
    with acting(user, reason):
        log_step(batch, "cancelled", user, reason=reason)
        publish_later(batch)
        for state in (LineState.OPEN, LineState.HELD):
            drop_lines(list(batch.lines.filter(state=state)), reason=reason, acting_user=user)
        batch.refresh_from_db()
        batch.state = BatchState.CANCELLED
        batch.save(update_fields=["state"])
    return batch


def _first_reviewer(user: User | None, batch: SubsidyBatch, subdistrict: Subdistrict | None) -> User:
    if subdistrict is None:
        return require_post(user, {Role.ORGANISATION}, batch.district)
    return require_post(user, {Role.SUBDISTRICT_CLERK}, batch.district, subdistrict)


def _require_state(batch: SubsidyBatch, state: BatchState) -> None:
    if batch.state != state:
        raise Refused(
            _("%(batch)s is “%(state)s”; this step belongs to “%(wanted)s”.")
            % {"batch": batch, "state": batch.get_state_display(), "wanted": state.label},
            code="state",
        )


def _slice(batch: SubsidyBatch, subdistrict: Subdistrict | None) -> SubsidySlice:
    found = batch.slices.select_for_update(of=("self",)).filter(subdistrict=subdistrict).first()
    if found is None:
        raise Refused(
            _("%(batch)s has no slice of %(subdistrict)s.")
            % {"batch": batch, "subdistrict": subdistrict or batch.district},
            code="no-slice",
        )
    return found


def _locked_line(line: PaymentLine) -> tuple[SubsidyBatch, PaymentLine]:
    batch = locked(SubsidyBatch(pk=line.batch_id))
    line = (
        PaymentLine.objects.select_for_update(of=("self",))
        .select_related("slice__subdistrict")
        .get(pk=line.pk)
    )
    if batch.state not in [*BEFORE_APPROVAL, BatchState.APPROVED]:
        raise Refused(
            _("%(batch)s is “%(state)s”: its lines can no longer be held or released.")
            % {"batch": batch, "state": batch.get_state_display()},
            code="state",
        )
    return batch, line


def _holder(user: User | None, batch: SubsidyBatch, line: PaymentLine) -> User:
    in_first_review = batch.state == BatchState.PREPARED and line.slice.state == SliceState.PREPARED
    if in_first_review and user is not None and Role.SUBDISTRICT_CLERK in user.roles:
        return _first_reviewer(user, batch, line.slice.subdistrict)
    return require_post(user, CHECKERS | APPROVERS, batch.district)
