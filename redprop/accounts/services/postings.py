"""Gives postings, names stand-ins for a time, and ends postings; the security administrator's work."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused

LONGEST_STAND_IN = 92
"""Days. Whoever works in a role for longer gets a posting of his own."""


def check_posting(*, posting: Posting, acting_user: User) -> None:
    """Refuse a posting without a reason, and one that somebody gives to himself."""
    if not posting.reason.strip():
        raise Refused(
            _("Say why this person gets this role, such as the letter of appointment."),
            code="reason",
            field="reason",
        )
    if posting.user_id == acting_user.pk:
        raise Refused(_("Nobody gives himself a role. Another administrator does."), code="own", field="user")


def give_posting(*, posting: Posting, acting_user: User) -> Posting:
    """Keep a new posting with who gave it and why."""
    check_posting(posting=posting, acting_user=acting_user)
    with transaction.atomic(), acting(acting_user, posting.reason):
        User.objects.select_for_update().get(pk=posting.user_id)
        posting.recorded_by = acting_user.username
        posting.save()
    return posting


def end_posting(
    *, posting: Posting, valid_to: dt.date | None, acting_user: User, reason: str = ""
) -> Posting:
    """Set the last day of a posting; whoever stands in for it stops on that day too."""
    with transaction.atomic(), acting(acting_user, reason or _("last day of a posting")):
        User.objects.select_for_update().get(pk=posting.user_id)
        row = Posting.objects.select_for_update().get(pk=posting.pk)
        longer = row.valid_to is not None and (valid_to is None or valid_to > row.valid_to)
        if longer and posting.user_id == acting_user.pk:
            raise Refused(_("Nobody lengthens his own posting. Another administrator does."), code="own")
        if row.stands_in_for_id and valid_to is not None:
            _check_days(row.valid_from, valid_to)
        row.valid_to = valid_to
        row.full_clean()
        row.save(update_fields=["valid_to"])
        if valid_to is not None:
            for other in stand_ins_of(row).filter(valid_to__gt=valid_to).select_for_update():
                other.valid_to = max(valid_to, other.valid_from)
                other.save(update_fields=["valid_to"])
    return row


def stand_ins_of(posting: Posting):  # type: ignore[no-untyped-def]
    """The postings of those who stand in for this one."""
    return Posting.objects.filter(
        stands_in_for=posting.user_id,
        role=posting.role,
        district=posting.district_id,
        subdistrict=posting.subdistrict_id,
        community=posting.community_id,
    )


def _check_days(first: dt.date, last: dt.date) -> None:
    if last < first:
        raise Refused(
            _("The last day is before the first day. Correct one of the two dates."), field="valid_to"
        )
    if (last - first).days >= LONGEST_STAND_IN:
        raise Refused(
            _("A stand-in works for %(days)s days at most. For longer give a posting.")
            % {"days": LONGEST_STAND_IN},
            code="stand-in-long",
            field="valid_to",
        )


def appoint_stand_in(
    *,
    posting: Posting,
    user: User,
    valid_from: dt.date,
    valid_to: dt.date,
    reason: str,
    acting_user: User,
) -> Posting:
    """Let `user` do the work of a posting from a day to a day; every act of his carries whom he stands in for.

    The stand-in is a posting like any other: its rights end by themselves, the three administrator roles stay
    apart, and whoever stands in counts as himself where two persons are wanted.
    """
    if posting.role == Role.ENTERPRISE_CONTACT:
        raise Refused(_("An enterprise names a further contact instead of a stand-in."), code="contact")
    if posting.stands_in_for_id:
        raise Refused(_("A stand-in has no stand-in. Choose the posting itself."), code="stand-in-chain")
    _check_days(valid_from, valid_to)
    if valid_from < posting.valid_from or (posting.valid_to is not None and valid_to > posting.valid_to):
        raise Refused(
            _("The posting itself is not in force on all of these days."), code="outside", field="valid_from"
        )
    if not user.is_active:
        raise Refused(_("The account of %(user)s is closed.") % {"user": user}, code="closed", field="user")
    new = Posting(
        user=user,
        role=posting.role,
        district_id=posting.district_id,
        subdistrict_id=posting.subdistrict_id,
        community_id=posting.community_id,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason.strip(),
        stands_in_for_id=posting.user_id,
    )
    check_posting(posting=new, acting_user=acting_user)
    with transaction.atomic(), acting(acting_user, reason):
        User.objects.select_for_update().get(pk=user.pk)
        new.recorded_by = acting_user.username
        new.full_clean()
        new.save()
    return new
