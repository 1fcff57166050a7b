"""The quarterly review of accounts: opened as a list of a day, each account confirmed or closed; leavers closed."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import AccountReview, AccountReviewLine, Posting, SignInSession, User
from redprop.accounts.models.sign_ins import SignInEntry
from redprop.accounts.roles import Role
from redprop.accounts.services.sign_in_log import record
from redprop.areas.models import District
from redprop.areas.models.dated import dated_on
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind

Decision = AccountReviewLine.Decision
DAYS_TO_REVIEW = 21
LEAVERS_AFTER = 7
"""Days after the last day of the last posting: a new one may be on its way."""


def unused_since(today: dt.date) -> dt.date:
    """Whoever has not signed in since this day has not used the account for long."""
    return today - dt.timedelta(days=settings.ACCOUNT_UNUSED_DAYS)


def unused(today: dt.date) -> Q:
    """Condition: an active account that nobody has signed in with for ACCOUNT_UNUSED_DAYS."""
    day = unused_since(today)
    never = Q(last_login__isnull=True, date_joined__date__lt=day)
    return Q(is_active=True) & (Q(last_login__date__lt=day) | never)


def open_review(*, district: District, acting_user: User | None) -> AccountReview:
    """List every active account of the district with its roles of today, for the quarter of today."""
    today = business_today(district)
    quarter = str(Period.of(PeriodKind.QUARTER, today))
    with transaction.atomic(), acting(acting_user, _("review of accounts opened")):
        District.objects.select_for_update().get(pk=district.pk)
        if AccountReview.objects.filter(district=district, quarter=quarter).exists():
            raise Refused(_("The review of this quarter has been opened already."), code="review-open")
        review = AccountReview.objects.create(
            district=district,
            quarter=quarter,
            opened_on=today,
            due_on=today + dt.timedelta(days=DAYS_TO_REVIEW),
            recorded_by=acting_user.username if acting_user else "system",
        )
        held: dict[int, list[Posting]] = {}
        rows = Posting.objects.on(today).filter(district=district)
        for posting in rows.select_related("district", "subdistrict", "community").order_by("role", "pk"):
            held.setdefault(posting.user_id, []).append(posting)
        kept = User.objects.filter(is_active=True).filter(Q(district=district) | Q(pk__in=held))
        not_used = set(kept.filter(unused(timezone.localdate())).values_list("pk", flat=True))
        AccountReviewLine.objects.bulk_create(
            _line(review, user, held.get(user.pk, []), user.pk in not_used) for user in kept.order_by("pk")
        )
    return review


def _line(review: AccountReview, user: User, postings: list[Posting], is_unused: bool) -> AccountReviewLine:
    roles = {posting.role for posting in postings}
    places = {posting.community.subdistrict_id if posting.community else None for posting in postings}
    of_subdistrict = roles == {Role.COMMUNITY_SECRETARY} and len(places) == 1
    return AccountReviewLine(
        review=review,
        user=user,
        roles="；".join(f"{posting.get_role_display()} · {posting.area}" for posting in postings)[:500],
        subdistrict_id=places.pop() if of_subdistrict else None,
        by_system=Role.SECURITY_ADMINISTRATOR in roles,
        last_sign_in=timezone.localtime(user.last_login).date() if user.last_login else None,
        is_unused=is_unused,
    )


def may_decide(line: AccountReviewLine, user: Any) -> bool:
    """The subdistrict's clerk for its communities, the system administrator for the security administrator,
    the security administrator for all others; nobody for himself.
    """
    if line.user_id == user.pk:
        return False
    for posting in user.current_postings:
        at_home = posting.district_id == line.review.district_id
        if line.by_system:
            if at_home and posting.role == Role.SYSTEM_ADMINISTRATOR:
                return True
        elif at_home and posting.role == Role.SECURITY_ADMINISTRATOR:
            return True
        elif posting.role == Role.SUBDISTRICT_CLERK and posting.subdistrict_id == line.subdistrict_id:
            return line.subdistrict_id is not None
    return False


def decide_line(
    *, line: AccountReviewLine, keep: bool, note: str = "", acting_user: User
) -> AccountReviewLine:
    """Confirm the account as it is, or close it with a reason."""
    if not keep and not note.strip():
        raise Refused(_("Say why the account is closed."), code="reason", field="note")
    with transaction.atomic(), acting(acting_user, note or _("account confirmed in the review")):
        row = (
            AccountReviewLine.objects.select_for_update(of=("self",))
            .select_related("review", "user")
            .get(pk=line.pk)
        )
        if not may_decide(row, acting_user):
            raise Refused(_("Somebody else decides about this account."), code="not-yours")
        if row.decision != Decision.OPEN:
            raise Refused(_("This has been decided already."), code="decided")
        row.decision = Decision.CONFIRMED if keep else Decision.CLOSED
        row.decided_by, row.note = acting_user, note.strip()
        row.decided_on = business_today(row.review.district)
        row.save(update_fields=["decision", "decided_by", "decided_on", "note"])
        if not keep:
            close_account(user=row.user, reason=note.strip(), acting_user=acting_user)
    return row


def close_account(*, user: User, reason: str, acting_user: User | None) -> User:
    """Let nobody in by this account any more: sessions end, postings in force get today as their last day."""
    with transaction.atomic(), acting(acting_user, reason):
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
        for posting in (
            Posting.objects.select_for_update(of=("self",)).filter(user=row).select_related("district")
        ):
            today = business_today(posting.district)
            if posting.is_valid_on(today) and posting.valid_to != today:
                posting.valid_to = today
                posting.save(update_fields=["valid_to"])
        SignInSession.objects.filter(user=row).delete()
        record(SignInEntry.Kind.CLOSED, user=row, detail=reason)
    return row


def close_leavers(*, district: District) -> int:
    """Close accounts whose last posting ended a week ago and to which no other has been given; returns how many."""
    today = business_today(district)
    before = today - dt.timedelta(days=LEAVERS_AFTER)
    mine = Posting.objects.filter(user=OuterRef("pk"))
    lasting = mine.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=before))
    leavers = User.objects.filter(
        Exists(mine.filter(district=district)), ~Exists(lasting), is_active=True, is_superuser=False
    )
    count = 0
    for user in leavers.order_by("pk"):
        close_account(user=user, reason=_("the last posting has ended"), acting_user=None)
        count += 1
    return count


def tend_accounts() -> dict[str, int]:
    """What the night does: opens the quarter's review and closes leavers' accounts. Safe to run twice."""
    opened = closed = 0
    for district in District.objects.order_by("pk"):
        quarter = str(Period.of(PeriodKind.QUARTER, business_today(district)))
        staffed = Posting.objects.filter(
            dated_on(business_today(district)), district=district, role=Role.SECURITY_ADMINISTRATOR
        ).exists()
        if staffed and not AccountReview.objects.filter(district=district, quarter=quarter).exists():
            open_review(district=district, acting_user=None)
            opened += 1
        closed += close_leavers(district=district)
    return {"reviews": opened, "closed": closed}
