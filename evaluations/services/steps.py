"""What every step of a subsidy batch shares: who may take it, the lock, different persons, the step row."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from evaluations.models import SubsidyBatch, SubsidySlice, SubsidyStep
from evaluations.models.subsidies.batches import SliceState
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District, Subdistrict
from redprop.common.errors import Refused
from redprop.common.queue import send_on_commit

MAKERS = {Role.FINANCE_MAKER}
FIRST_REVIEWERS = {Role.SUBDISTRICT_CLERK, Role.ORGANISATION}
CHECKERS = {Role.FINANCE_CHECKER, Role.REVIEWER}
APPROVERS = {Role.APPROVER}
PUBLISHERS = {Role.PUBLISHER, Role.FINANCE_MAKER}
EXPORTERS = {Role.FINANCE_MAKER, Role.FINANCE_CHECKER}


def require_post(
    user: User | None, roles: Iterable[str], district: District, subdistrict: Subdistrict | None = None
) -> User:
    """Return `user` when it holds one of the roles today in the district (and subdistrict), else raise Refused."""
    roles = set(roles)
    if user is not None and user.is_active:
        if user.is_superuser and district.is_demo:
            return user
        for post in user.current_postings:
            if (
                post.role in roles
                and post.district_id == district.pk
                and (subdistrict is None or post.subdistrict_id == subdistrict.pk)
            ):
                return user
    raise Refused(
        _("This step needs the role “%(roles)s” in %(area)s. Sign in with an account that holds it.")
        % {
            "roles": "、".join(str(Role(role).label) for role in sorted(roles)),
            "area": subdistrict or district,
        },
        code="role",
    )


def locked(batch: SubsidyBatch) -> SubsidyBatch:
    """Return the batch as it is now, locked until the transaction ends."""
    return (
        SubsidyBatch.objects.select_for_update(of=("self",))
        .select_related("district", "fund")
        .get(pk=batch.pk)
    )


def refuse_same_person(user: User, others: Iterable[int | None]) -> None:
    """Raise Refused when `user` already took another of the steps that need different persons."""
    if user.pk in set(others):
        raise Refused(
            _("You already prepared, reviewed or approved this batch. Another person must take this step."),
            code="same-person",
        )


def log_step(batch: SubsidyBatch, step: str, user: User, *, piece=None, reason: str = "", digest: str = ""):
    """Write the step with what it was about."""
    return SubsidyStep.objects.create(
        batch=batch,
        slice=piece,
        step=step,
        user=user,
        at=business_now(batch.district),
        reason=reason,
        line_count=(piece or batch).line_count,
        total=(piece or batch).total,
        digest=digest,
    )


def publish_later(batch: SubsidyBatch) -> None:
    """Have the public pages of subsidies rendered after commit."""
    send_on_commit("redprop.public.tasks.publish_subsidies", batch.district_id)


def preparers(batch: SubsidyBatch) -> set[int]:
    """Return everybody who prepared lines of the batch, not only who did so last."""
    found = set(batch.steps.filter(step="prepared").values_list("user", flat=True))
    return found | {batch.prepared_by_id} - {None}


def slice_reviewers(batch: SubsidyBatch) -> set[int]:
    """Return who reviewed a slice of the batch."""
    found = batch.slices.exclude(reviewed_by=None).values_list("reviewed_by", flat=True)
    return set(found)


def reset_slice(piece: SubsidySlice) -> None:
    """Put a slice back to waiting for its first review."""
    piece.state, piece.reviewed_by, piece.reviewed_at = SliceState.PREPARED, None, None
    piece.return_reason = ""
    piece.save(update_fields=["state", "reviewed_by", "reviewed_at", "return_reason"])


def require_reason(reason: str) -> str:
    """Return the reason without blanks around it; raises Refused when there is none."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("“Reason” is empty. Say in a few words why."), code="no-reason")
    return reason[:300]
