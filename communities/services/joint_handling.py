"""Joint handling (联动处置) of a commitment: several units, each with its own part and day.

The commitment is closed only when every part is done or dropped; parts enter no score.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Commitment, CommitmentStep, HandlingPart
from communities.services.access import require_contact, require_keeper
from communities.services.commitments import add_step, lock_commitment, needed
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused

Kind = CommitmentStep.Kind
CLOSED = (Commitment.State.CONFIRMED, Commitment.State.EXCLUDED)


def add_part(
    *,
    commitment: Commitment,
    unit: str,
    task: str,
    due_on: dt.date,
    project: ServiceProject | None = None,
    acting_user: User | None,
) -> HandlingPart:
    """Give a unit its part. Added by the community; a part of an enterprise's project is seen by its contact."""
    unit = needed(unit, _("Unit: name the unit and the post that does this part."), most=100)
    task = needed(task, _("Part: say what this unit does."), most=300)
    with transaction.atomic(), acting(acting_user, "joint handling"):
        commitment = lock_commitment(commitment)
        require_keeper(acting_user, commitment.kept_in)
        if commitment.state in CLOSED:
            raise Refused(_("This commitment is closed. Nothing can be added to it."), code="closed")
        if due_on < commitment.made_on:
            raise Refused(
                _("Due on: choose a day from %(day)s, the day of the meeting, on.")
                % {"day": commitment.made_on},
                code="before-meeting",
            )
        now = business_now(commitment.meeting.community.district)
        part = HandlingPart.objects.create(
            commitment=commitment,
            unit=unit,
            project=project,
            task=task,
            due_on=due_on,
            recorded_at=now,
            recorded_by=str(acting_user or ""),
        )
        text = _("%(unit)s: %(task)s, by %(day)s") % {"unit": unit, "task": task, "day": due_on}
        add_step(commitment, Kind.PART, now, text, acting_user)
    return part


def finish_part(*, part: HandlingPart, outcome: str, acting_user: User | None) -> HandlingPart:
    """Mark a part as done today: by the community, or by the contact of the enterprise whose part it is."""
    outcome = needed(outcome, _("Outcome: say what was done."), most=300)
    return _end(part, outcome, done=True, acting_user=acting_user)


def drop_part(*, part: HandlingPart, reason: str, acting_user: User | None) -> HandlingPart:
    """Drop a part that is not needed after all, with the reason. The community does."""
    reason = needed(reason, _("Reason: say why this part is not needed."), most=300)
    return _end(part, reason, done=False, acting_user=acting_user)


def _end(part: HandlingPart, text: str, *, done: bool, acting_user: User | None) -> HandlingPart:
    with transaction.atomic(), acting(acting_user, text):
        commitment = lock_commitment(part.commitment)
        part = HandlingPart.objects.select_for_update(of=("self",)).select_related("project").get(pk=part.pk)
        community = commitment.kept_in
        if (
            done
            and part.project is not None
            and acting_user is not None
            and not acting_user.scope.community_ids
        ):
            require_contact(acting_user, part.project)
        else:
            require_keeper(acting_user, community)
        if not part.is_open:
            raise Refused(_("This part is already done or dropped."), code="part-closed")
        part.done_on = business_today(community.district) if done else None
        part.dropped, part.outcome = not done, text
        part.save(update_fields=["done_on", "dropped", "outcome"])
        what = _("done") if done else _("dropped")
        words = _("%(unit)s, %(what)s: %(text)s") % {"unit": part.unit, "what": what, "text": text}
        add_step(commitment, Kind.PART, business_now(community.district), words, acting_user)
    return part
