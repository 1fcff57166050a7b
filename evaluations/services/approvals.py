"""Approving a batch: signatures by tier of amount, accounts copied into the lines, money committed."""

from collections import Counter

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from evaluations.models import ApprovalTier, SubsidyApproval, SubsidyBatch
from evaluations.models.subsidies.batches import BATCH_MOVES, BatchState
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.models.subsidies.lines import LineState
from evaluations.services.funds import commit_money
from evaluations.services.ledger import post_batch
from evaluations.services.steps import (
    locked,
    log_step,
    preparers,
    publish_later,
    refuse_same_person,
    require_post,
    slice_reviewers,
)
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.common.states import require_move

COPY_ACCOUNTS = """
UPDATE evaluations_paymentline l
SET account_bank = a.bank, account_holder = a.holder, account_cipher = a.number_cipher,
    account_hash = a.number_hash
FROM evaluations_payeeaccount a
WHERE l.batch_id = %s AND l.state = 'open' AND a.state = 'in_force'
  AND (a.enterprise_id = l.enterprise_id OR a.person_id = l.person_id)
"""


def roles_needed(batch: SubsidyBatch) -> list[str]:
    """Return who must approve a batch of this sum today: an approver, and one more for each tier it reaches (one query)."""
    tiers = ApprovalTier.objects.filter(fund=batch.fund_id, amount_from__lte=batch.total)
    further = tiers.on(business_today(batch.district)).order_by("amount_from")
    return [Role.APPROVER.value, *further.values_list("role", flat=True)]


def roles_missing(batch: SubsidyBatch, digest: str) -> list[str]:
    """Return the roles whose approval of exactly these lines is still missing (two queries)."""
    left = Counter(batch.approvals.filter(digest=digest).values_list("role", flat=True))
    missing = []
    for role in roles_needed(batch):
        if left[role]:
            left[role] -= 1
        else:
            missing.append(role)
    return missing


@transaction.atomic
def approve_batch(*, batch: SubsidyBatch, digest: str, acting_user: User) -> SubsidyBatch:
    """Approve exactly the lines that `digest` stands for; the last signature needed commits their sum in the fund.

    Refused before the notice has ended, for a person who took another step, when the lines are not
    those the approver saw, when a payee has no confirmed account, and above the fund's ceiling.
    Locks the batch, then the fund's year.
    """
    batch = locked(batch)
    user = require_post(acting_user, set(roles_needed(batch)), batch.district)
    require_move(BATCH_MOVES, batch.state, BatchState.APPROVED, what=batch)
    refuse_same_person(user, {batch.second_reviewed_by_id} | preparers(batch) | slice_reviewers(batch))
    current = digest_of(batch)
    if batch.state == BatchState.APPROVED and current == batch.approved_digest:
        raise Refused(
            _("%(batch)s is already approved with these lines. Export it next.") % {"batch": batch},
            code="already-approved",
        )
    if batch.notice_ends_on is None or business_today(batch.district) <= batch.notice_ends_on:
        raise Refused(
            _("The notice of %(batch)s lasts until %(day)s. Approve it on a later day.")
            % {"batch": batch, "day": batch.notice_ends_on},
            code="notice-lasts",
        )
    if digest != current:
        raise Refused(
            _("The lines of %(batch)s changed since you opened it. Look at them again, then approve.")
            % {"batch": batch},
            code="digest",
        )
    if not batch.line_count:
        raise Refused(
            _("%(batch)s has no line to pay. Cancel it, or release lines that are held.") % {"batch": batch},
            code="empty",
        )
    missing = _sign(batch, current, user)
    if missing:
        return batch
    refuse_less_than_nothing(batch)
    with acting(user, f"approve {batch}"):
        with connection.cursor() as cursor:
            cursor.execute(COPY_ACCOUNTS, [batch.pk])
        _refuse_missing_accounts(batch)
        commit_money(batch=batch, amount=batch.total, acting_user=user)
        batch.state, batch.approved_by = BatchState.APPROVED, user
        batch.approved_at, batch.approved_digest = business_now(batch.district), current
        batch.committed = batch.total
        batch.revision += 1
        batch.save(
            update_fields=["state", "approved_by", "approved_at", "approved_digest", "committed", "revision"]
        )
        log_step(batch, "approved", user, digest=current)
        post_batch(batch=batch, kind=LedgerKind.APPROVAL, acting_user=user)
        publish_later(batch)
    return batch


def _sign(batch: SubsidyBatch, digest: str, user: User) -> list[str]:
    """Record the signature under the first role it fills; returns the roles that are still missing."""
    missing = roles_missing(batch, digest)
    if batch.approvals.filter(digest=digest, user=user).exists():
        raise Refused(
            _("You have approved these lines. Now %(roles)s must approve them too.")
            % {"roles": "、".join(str(Role(role).label) for role in missing)},
            code="signed",
        )
    held = {post.role for post in user.current_postings if post.district_id == batch.district_id}
    role = next((one for one in missing if one in held or user.is_superuser), None)
    if role is None:
        raise Refused(
            _("%(batch)s (%(total)s) still needs the approval of: %(roles)s.")
            % {
                "batch": batch,
                "total": format_yuan(batch.total),
                "roles": "、".join(str(Role(one).label) for one in missing),
            },
            code="role",
        )
    missing.remove(role)
    with acting(user, f"sign {batch}"):
        SubsidyApproval.objects.create(
            batch=batch, digest=digest, user=user, role=role, at=business_now(batch.district)
        )
        if missing:
            log_step(batch, "signed", user, digest=digest)
    return missing


def _refuse_missing_accounts(batch: SubsidyBatch) -> None:
    without = batch.lines.filter(state=LineState.OPEN, account_hash="")
    names = list(without.order_by("payee_name").values_list("payee_name", flat=True).distinct()[:6])
    if names:
        count = without.order_by().values("payee_code").distinct().count()
        raise Refused(
            _(
                "%(count)s payees have no confirmed account: %(names)s. Have their accounts proposed and confirmed, or hold their lines."
            )
            % {"count": count, "names": "、".join(names[:5]) + ("…" if len(names) > 5 else "")},
            code="no-account",
        )


def refuse_less_than_nothing(batch: SubsidyBatch) -> None:
    """Raise Refused when a payee would get less than nothing: more is taken back than paid (one query)."""
    below = (
        batch.lines.filter(state=LineState.OPEN)
        .order_by("payee_name")
        .values("payee_name", "enterprise", "person")
        .annotate(total=Sum("amount"))
        .filter(total__lt=0)
        .first()
    )
    if below is not None:
        raise Refused(
            _(
                "“%(payee)s” would get %(amount)s: more is taken back than paid. Hold lines with an amount below zero, they wait for a later batch."
            )
            % {"payee": below["payee_name"], "amount": format_yuan(below["total"])},
            code="less-than-nothing",
        )
