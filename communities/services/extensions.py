"""More time for a commitment (延期申请): the enterprise asks before the due date, the community decides."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Commitment, CommitmentStep, ExtensionRequest
from communities.services.access import require_contact, require_keeper
from communities.services.commitments import (
    add_step,
    check_extendable,
    lock_commitment,
    move_due_date,
    needed,
    require_accepted,
)
from communities.services.notices import tell_contacts, tell_keepers
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.errors import Refused

Kind = CommitmentStep.Kind
State = ExtensionRequest.State


def ask_extension(
    *, commitment: Commitment, wanted_until: dt.date, reason: str, acting_user: User | None
) -> ExtensionRequest:
    """Ask for a later due date. One request waits at a time; nothing moves until the community decides."""
    reason = needed(reason, _("Reason: say why more time is needed."), most=500)
    with transaction.atomic(), acting(acting_user, reason):
        commitment = lock_commitment(commitment)
        require_contact(acting_user, commitment.project)
        require_accepted(commitment)
        check_extendable(commitment, wanted_until)
        if commitment.extensions.filter(state=State.ASKED).exists():
            raise Refused(
                _("More time was already asked for. Wait for the community's decision."), code="already-asked"
            )
        now = business_now(commitment.meeting.community.district)
        asked = ExtensionRequest.objects.create(
            commitment=commitment,
            wanted_until=wanted_until,
            reason=reason,
            recorded_at=now,
            recorded_by=str(acting_user or ""),
        )
        text = _("until %(day)s: %(reason)s") % {"day": wanted_until, "reason": reason}
        add_step(commitment, Kind.ASKED, now, text, acting_user)
        tell_keepers(
            commitment,
            lambda: (
                _("%(project)s asks for time until %(day)s: %(problem)s")
                % {"project": commitment.project, "day": wanted_until, "problem": commitment.problem[:120]}
            ),
            due_on=commitment.due_on,
        )
    return asked


def decide_extension(
    *, extension: ExtensionRequest, grant: bool, text: str = "", acting_user: User | None
) -> ExtensionRequest:
    """Grant or refuse the time that was asked for. Asked in time may be granted late: the wait is not the firm's."""
    if not grant:
        text = needed(text, _("Reason: say why there is no more time."), most=500)
    with transaction.atomic(), acting(acting_user, text or "grant more time"):
        commitment = lock_commitment(extension.commitment)
        require_keeper(acting_user, commitment.kept_in)
        extension = ExtensionRequest.objects.select_for_update().get(pk=extension.pk)
        if extension.state != State.ASKED:
            raise Refused(_("This request for more time is already decided."), code="decided")
        now = business_now(commitment.meeting.community.district)
        if grant:
            if commitment.state in (Commitment.State.CONFIRMED, Commitment.State.EXCLUDED):
                raise Refused(_("This commitment is closed; its due date stays."), code="closed")
            if extension.wanted_until <= commitment.due_on:
                raise Refused(
                    _("The due date is already %(due)s. Refuse this request: it asks for less.")
                    % {"due": commitment.due_on},
                    code="not-later",
                )
            move_due_date(commitment, extension.wanted_until, extension.reason, acting_user)
        else:
            add_step(commitment, Kind.NO_TIME, now, text, acting_user)
            tell_contacts(
                commitment,
                lambda: (
                    _("No more time: %(problem)s (%(reason)s)")
                    % {"problem": commitment.problem[:120], "reason": text[:120]}
                ),
                due_on=commitment.due_on,
            )
        extension.state = State.GRANTED if grant else State.REFUSED
        extension.decided_at, extension.decided_by = now, str(acting_user or "")
        extension.decision = text
        extension.save(update_fields=["state", "decided_at", "decided_by", "decision"])
    return extension
