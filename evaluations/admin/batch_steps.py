"""The steps of a batch as its page offers them: to whom, in which states, in words, and the service behind each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.batch_next import due_on, next_step, orders_of
from evaluations.models import SubsidyBatch, SubsidySlice
from evaluations.models.subsidies.batches import BEFORE_APPROVAL, BatchState, SliceState
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from evaluations.services import batches
from evaluations.services.approvals import roles_missing, roles_needed
from evaluations.services.exports import last_unanswered
from evaluations.services.sampling import unchecked
from evaluations.services.steps import APPROVERS, CHECKERS, EXPORTERS, FIRST_REVIEWERS, MAKERS, PUBLISHERS
from evaluations.subsidies.selectors import digest_of, outlook
from redprop.accounts.roles import Role
from redprop.common.money import format_yuan
from redprop.core.admin.base import today_of

WORKING = [BatchState.FIRST_REVIEWED, BatchState.SECOND_REVIEWED, BatchState.NOTICED]


@dataclass(frozen=True)
class Step:
    """A step as the page offers it: to whom, in which states, in words, and the service behind it."""

    name: str
    title: Any
    effect: Any
    states: list[BatchState]
    roles: set[Role]
    run: Callable[..., Any]
    of_slice: bool = False
    needs_reason: bool = False
    is_return: bool = False


def _approve(batch: SubsidyBatch, request: HttpRequest, **options: Any) -> Any:
    return batches.approve_batch(batch=batch, digest=request.POST.get("digest", ""), acting_user=request.user)


STEPS = [
    Step(
        "review-slice",
        _("First review"),
        _("You confirm the lines of your slice. After the last slice the batch goes to the second review."),
        [BatchState.PREPARED],
        FIRST_REVIEWERS,
        lambda batch, request, piece, **_o: batches.review_slice(
            batch=batch, subdistrict=piece.subdistrict, acting_user=request.user
        ),
        of_slice=True,
    ),
    Step(
        "return-slice",
        _("Return the slice"),
        _("The slice goes back to who prepared it, with your reason."),
        [BatchState.PREPARED],
        FIRST_REVIEWERS,
        lambda batch, request, piece, reason: batches.return_slice(
            batch=batch, subdistrict=piece.subdistrict, reason=reason, acting_user=request.user
        ),
        of_slice=True,
        needs_reason=True,
        is_return=True,
    ),
    Step(
        "review",
        _("Second review"),
        _("You confirm the whole batch for the district. It can then be put under public notice."),
        [BatchState.FIRST_REVIEWED],
        CHECKERS,
        lambda batch, request, **_o: batches.review_batch(batch=batch, acting_user=request.user),
    ),
    Step(
        "notice",
        _("Put under public notice"),
        _("The list becomes public, with names of persons masked, for the fund's number of working days."),
        [BatchState.SECOND_REVIEWED],
        PUBLISHERS,
        lambda batch, request, **_o: batches.put_up_notice(batch=batch, acting_user=request.user),
    ),
    Step(
        "approve",
        _("Approve"),
        _(
            "You approve exactly these lines, with the accounts in force. With the last approval needed their sum is committed in the fund and cannot be used twice."
        ),
        [BatchState.NOTICED, BatchState.APPROVED],
        APPROVERS,
        _approve,
    ),
    Step(
        "export",
        _("Export roster and bank file"),
        _("Both files are written once. Lines that are held leave the batch and wait for the next one."),
        [BatchState.APPROVED],
        EXPORTERS,
        lambda batch, request, **_o: batches.export_batch(batch=batch, acting_user=request.user),
    ),
    Step(
        "export-retry",
        _("Export the payments approved again"),
        _("A further bank file is written with only the payments that were returned and approved again."),
        [BatchState.RESULTS],
        EXPORTERS,
        lambda batch, request, **_o: batches.export_batch(batch=batch, acting_user=request.user),
    ),
    Step(
        "export-again",
        _("Void the files and write new ones"),
        _(
            "The last version becomes void: a result file that names it is refused. Do this only when the bank has not used it; say why."
        ),
        [BatchState.EXPORTED, BatchState.RESULTS],
        EXPORTERS,
        lambda batch, request, reason, **_o: batches.export_batch(
            batch=batch, reason=reason, acting_user=request.user
        ),
        needs_reason=True,
        is_return=True,
    ),
    Step(
        "return",
        _("Return the batch"),
        _("The batch goes back to preparation, with your reason. All reviews must be done again."),
        WORKING,
        CHECKERS | APPROVERS,
        lambda batch, request, reason, **_o: batches.return_batch(
            batch=batch, reason=reason, acting_user=request.user
        ),
        needs_reason=True,
        is_return=True,
    ),
    Step(
        "cancel",
        _("Cancel the batch"),
        _("The batch ends here. Its entitlements are free for another batch."),
        BEFORE_APPROVAL,
        MAKERS,
        lambda batch, request, reason, **_o: batches.cancel_batch(
            batch=batch, reason=reason, acting_user=request.user
        ),
        needs_reason=True,
        is_return=True,
    ),
]
BY_NAME = {step.name: step for step in STEPS}


def own_slices(request: HttpRequest, batch: SubsidyBatch) -> list[SubsidySlice]:
    """Slices of the batch that wait for this user's first review."""
    waiting = batch.slices.filter(state=SliceState.PREPARED, line_count__gt=0).select_related("subdistrict")
    if Role.ORGANISATION in request.user.roles:
        return list(waiting.filter(subdistrict=None))
    return list(waiting.filter(subdistrict__in=request.user.scope.subdistrict_ids))


def roles_of(step: Step, batch: SubsidyBatch) -> set[str]:
    """Who may take the step on this batch: from an amount on, further roles approve too (a query for that step)."""
    return set(roles_needed(batch)) if step.name == "approve" else set(step.roles)


def steps_for(request: HttpRequest, batch: SubsidyBatch) -> list[dict[str, Any]]:
    """Steps the user may take on the batch now, with their addresses."""
    found = []
    for step in STEPS:
        if batch.state not in step.states or not (roles_of(step, batch) & request.user.roles):
            continue
        if not _is_open(step, batch, request):
            continue
        url = reverse("admin:evaluations_subsidybatch_step", args=[batch.pk, step.name])
        if not step.of_slice:
            found.append({"step": step, "title": step.title, "url": url})
            continue
        for piece in own_slices(request, batch):
            name = piece.subdistrict or gettext("without a subdistrict")
            found.append({"step": step, "title": f"{step.title}（{name}）", "url": f"{url}?slice={piece.pk}"})
    return found


def _is_open(step: Step, batch: SubsidyBatch, request: HttpRequest) -> bool:
    """Whether the step would do something now (a query or two for some of them)."""
    if step.name == "approve":
        digest = digest_of(batch)
        if batch.state == BatchState.APPROVED and digest == batch.approved_digest:
            return False
        signed = batch.approvals.filter(digest=digest, user=request.user).exists()
        return not signed and bool(set(roles_missing(batch, digest)) & request.user.roles)
    if step.name == "review":
        return not unchecked(batch)
    if step.name == "export-retry":
        return batch.lines.filter(state=LineState.OPEN, order__isnull=True).exists()
    if step.name == "export-again":
        return last_unanswered(batch) is not None
    return True


def batch_context(request: HttpRequest, batch: SubsidyBatch) -> dict[str, Any]:
    """What the pages of a batch show about it: the way so far, the fund, the files, the steps open to the user."""
    after = outlook(batch)
    lines = reverse("admin:evaluations_paymentline_changelist")
    return {
        "batch": batch,
        "steps": steps_for(request, batch),
        "slices": [
            {"row": piece, "total": format_yuan(piece.total)}
            for piece in batch.slices.select_related("subdistrict", "reviewed_by").order_by(
                F("subdistrict__code").asc(nulls_last=True)
            )
        ],
        "log": batch.steps.select_related("user", "slice__subdistrict"),
        "fund_effect": {key: None if value is None else format_yuan(value) for key, value in after.items()},
        "over_ceiling": after["free_after"] is not None and after["free_after"] < 0,
        "total": format_yuan(batch.total),
        "held": format_yuan(batch.held_total),
        "digest": digest_of(batch),
        "lines_url": f"{lines}?batch={batch.pk}",
        "export": batch.exports.order_by("-version").first(),
        "next_step": next_step(batch),
        "due_on": due_on(batch),
        "today": today_of(request),
        "exports": batch.exports.select_related("exported_by", "replaced_by").order_by("version"),
        "orders": orders_of(batch),
        "order_count": batch.orders.filter(export__replaced_by__isnull=True).count(),
        "results": batch.results.order_by("pk"),
        "approvals": batch.approvals.select_related("user"),
        "sample_left": unchecked(batch),
        "sample_size": batch.sample.filter(seed=batch.sample_seed).count(),
        "may_check": bool(CHECKERS & request.user.roles),
        "may_result": bool(EXPORTERS & request.user.roles)
        and batch.state in (BatchState.EXPORTED, BatchState.RESULTS, BatchState.SETTLED),
        "result_waits": batch.orders.filter(state=OrderState.SENT, export__replaced_by__isnull=True).exists(),
        "may_returned": batch.state == BatchState.RESULTS
        and bool((CHECKERS | APPROVERS) & request.user.roles)
        and batch.lines.filter(state=LineState.BANK_RETURNED).exists(),
        "may_files": bool(EXPORTERS & request.user.roles),
    }
