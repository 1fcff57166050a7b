"""The life of a commitment (承诺事项): the enterprise answers, the community alone confirms or reopens.

Every step is a row of its own that is never changed; the commitment carries the present state.
"""

import datetime as dt
from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Commitment, CommitmentPhoto, CommitmentStep, JointMeeting
from communities.services.access import require_contact, require_keeper
from communities.services.notices import tell_contacts, tell_keepers
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move
from redprop.core.services.attachments import store_attachment

State = Commitment.State
Kind = CommitmentStep.Kind

MOST_PHOTOS = 6
"""With one step."""

COMMITMENT_MOVES = {
    State.OPEN: {State.ANSWERED, State.CONFIRMED, State.EXCLUDED},
    State.ANSWERED: {State.ANSWERED, State.CONFIRMED, State.REOPENED, State.EXCLUDED},
    State.REOPENED: {State.ANSWERED, State.CONFIRMED, State.EXCLUDED},
    State.CONFIRMED: {State.REOPENED},
    State.EXCLUDED: set(),
}
"""Which state may follow which. A confirmed one reopens when it turns out not to be fixed; what leaves
scoring (`exclusions`) does so before it is confirmed, and stays out."""


def answer_commitment(
    *, commitment: Commitment, text: str, photos: Sequence[UploadedFile] = (), acting_user: User | None
) -> Commitment:
    """Record the enterprise's answer with its photos. It closes nothing: the community confirms."""
    text = needed(text, _("Answer: say what was done, where and when."))
    with transaction.atomic(), acting(acting_user, "answer commitment"):
        commitment = lock_commitment(commitment)
        require_contact(acting_user, commitment.project)
        if commitment.meeting.state not in (JointMeeting.State.SUBMITTED, JointMeeting.State.ACCEPTED):
            raise Refused(
                _("The minutes with this commitment are being mended. Answer when they are filed again."),
                code="not-filed",
            )
        require_move(COMMITMENT_MOVES, commitment.state, State.ANSWERED, what=commitment)
        now = business_now(commitment.meeting.community.district)
        # An answer that is added to keeps its day; only "not fixed" asks for a new one.
        commitment.state, commitment.answer = State.ANSWERED, text
        commitment.answered_at = commitment.answered_at or now
        commitment.save(update_fields=["state", "answer", "answered_at"])
        step = add_step(commitment, Kind.ANSWERED, now, text, acting_user)
        add_photos(step, photos, acting_user)
        tell_keepers(
            commitment,
            lambda: (
                _("%(project)s has answered: %(problem)s")
                % {"project": commitment.project, "problem": commitment.problem[:150]}
            ),
            due_on=commitment.due_on,
        )
    return commitment


def confirm_commitment(*, commitment: Commitment, text: str = "", acting_user: User | None) -> Commitment:
    """Close the commitment (销号): the community has seen that it was kept."""
    with transaction.atomic(), acting(acting_user, text or "confirm commitment"):
        commitment = lock_commitment(commitment)
        require_keeper(acting_user, commitment.kept_in)
        require_accepted(commitment)
        require_move(COMMITMENT_MOVES, commitment.state, State.CONFIRMED, what=commitment)
        waiting = [part.unit for part in commitment.parts.all() if part.is_open]
        if waiting:
            raise Refused(
                _(
                    "Parts of the joint handling are still open: %(units)s. Mark them done, or drop them with a "
                    "reason, then confirm."
                )
                % {"units": "、".join(waiting)},
                code="parts-open",
            )
        now = business_now(commitment.meeting.community.district)
        commitment.state, commitment.confirmed_at = State.CONFIRMED, now
        commitment.save(update_fields=["state", "confirmed_at"])
        add_step(commitment, Kind.CONFIRMED, now, text.strip(), acting_user)
        tell_contacts(
            commitment,
            lambda: _("Confirmed and closed: %(problem)s") % {"problem": commitment.problem[:150]},
        )
    return commitment


def reopen_commitment(
    *, commitment: Commitment, reason: str, photos: Sequence[UploadedFile] = (), acting_user: User | None
) -> Commitment:
    """Record "not fixed" (没修好): the commitment is open again, under its due date, and counts as reopened."""
    reason = needed(reason, _("Reason: say what is not fixed yet."))
    with transaction.atomic(), acting(acting_user, reason):
        commitment = lock_commitment(commitment)
        require_keeper(acting_user, commitment.kept_in)
        require_move(COMMITMENT_MOVES, commitment.state, State.REOPENED, what=commitment)
        # What was answered before did not fix it: its day no longer tells whether the promise was kept in time.
        commitment.state, commitment.confirmed_at, commitment.answered_at = State.REOPENED, None, None
        commitment.times_reopened += 1
        commitment.save(update_fields=["state", "confirmed_at", "answered_at", "times_reopened"])
        now = business_now(commitment.meeting.community.district)
        step = add_step(commitment, Kind.REOPENED, now, reason, acting_user)
        add_photos(step, photos, acting_user)
        tell_contacts(
            commitment,
            lambda: (
                _("Not fixed, says the community: %(problem)s (%(reason)s)")
                % {"problem": commitment.problem[:120], "reason": reason[:120]}
            ),
            due_on=commitment.due_on,
        )
    return commitment


def extend_commitment(
    *, commitment: Commitment, due_on: dt.date, reason: str, acting_user: User | None
) -> Commitment:
    """Grant a later due date; the first one stays on record. Granted by the community, not by the firm."""
    reason = needed(reason, _("Reason: say why more time is needed."))
    with transaction.atomic(), acting(acting_user, reason):
        commitment = lock_commitment(commitment)
        community = commitment.kept_in
        require_keeper(acting_user, community)
        require_accepted(commitment)
        check_extendable(commitment, due_on)
        move_due_date(commitment, due_on, reason, acting_user)
    return commitment


def move_due_date(commitment: Commitment, due_on: dt.date, reason: str, acting_user: User | None) -> None:
    """Set a later due date on a locked commitment and write the step down; the first date stays."""
    old, commitment.due_on = commitment.due_on, due_on
    commitment.save(update_fields=["due_on"])
    text = _("%(old)s → %(new)s: %(reason)s") % {"old": old, "new": due_on, "reason": reason}
    now = business_now(commitment.meeting.community.district)
    add_step(commitment, Kind.EXTENDED, now, text, acting_user)
    tell_contacts(
        commitment,
        lambda: (
            _("More time until %(day)s: %(problem)s") % {"day": due_on, "problem": commitment.problem[:150]}
        ),
        due_on=due_on,
    )


def check_extendable(commitment: Commitment, due_on: dt.date) -> None:
    """Refuse more time for what is closed, or overdue: late stays late, however long it takes."""
    today = business_today(commitment.meeting.community.district)
    if commitment.state in (State.CONFIRMED, State.EXCLUDED):
        raise Refused(_("This commitment is closed; its due date stays."), code="closed")
    if commitment.due_on < today:
        raise Refused(
            _(
                "The due date %(due)s has passed. More time is granted before it, not after: answer what was done "
                "so far."
            )
            % {"due": commitment.due_on},
            code="overdue",
        )
    if due_on <= commitment.due_on:
        raise Refused(
            _("New due date: choose a day after %(due)s, the present one.") % {"due": commitment.due_on},
            code="not-later",
        )
    if due_on <= today:
        raise Refused(_("New due date: choose a day after today."), code="past")


def lock_commitment(commitment: Commitment) -> Commitment:
    """Return the row as it is now, locked, with its project and community."""
    return (
        Commitment.objects.select_for_update(of=("self",))
        .select_related("project__enterprise", "project__district", "meeting__community__district", "keeper")
        .get(pk=commitment.pk)
    )


def require_accepted(commitment: Commitment) -> None:
    """Raise Refused while the minutes are not accepted."""
    if commitment.meeting.state != JointMeeting.State.ACCEPTED:
        raise Refused(
            _(
                "The minutes with this commitment are not accepted yet. Wait for the subdistrict, then come back."
            ),
            code="not-accepted",
        )


def needed(text: str, message: str, *, most: int = 2000) -> str:
    """Return the words without outer spaces; raises Refused with `message` when there are none."""
    text = text.strip()
    if not text:
        raise Refused(message, code="text-missing")
    if len(text) > most:
        raise Refused(
            _("The text has %(length)s characters; at most %(most)s fit. Shorten it.")
            % {"length": len(text), "most": most},
            code="too-long",
        )
    refuse_personal_numbers(text, field=_("text"))
    return text


def add_step(
    commitment: Commitment, kind: str, at: dt.datetime, text: str, acting_user: User | None
) -> CommitmentStep:
    """Write down one step and return it; it is never changed."""
    return CommitmentStep.objects.create(
        commitment=commitment, kind=kind, at=at, text=text, recorded_at=at, recorded_by=str(acting_user or "")
    )


def add_photos(step: CommitmentStep, photos: Sequence[UploadedFile], acting_user: User | None) -> None:
    """Keep the photos of a step, cleaned of what the camera wrote into them."""
    if len(photos) > MOST_PHOTOS:
        raise Refused(
            _("%(count)s photos are too many; at most %(most)s go with one answer. Choose the clearest ones.")
            % {"count": len(photos), "most": MOST_PHOTOS},
            code="too-many",
        )
    district = step.commitment.meeting.community.district
    for photo in photos:
        attachment = store_attachment(district=district, upload=photo, acting_user=acting_user)
        CommitmentPhoto.objects.create(
            commitment=step.commitment,
            step=step,
            attachment=attachment,
            recorded_at=step.at,
            recorded_by=step.recorded_by,
        )
