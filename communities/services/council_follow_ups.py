"""What follows from resolutions: tasks done with evidence, promises handed to the joint meeting, resolutions corrected."""

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.council import votes_fit
from communities.lights import filing_deadline
from communities.models import Commitment, CouncilFollowUp, CouncilResolution, JointMeeting
from communities.services.access import require_keeper, require_secretary
from communities.services.commitments import needed
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import Period, PeriodKind
from redprop.core.selectors import work_calendar
from redprop.core.services.attachments import store_attachment

State = CouncilFollowUp.State
Kind = CouncilFollowUp.Kind
EDITABLE = (JointMeeting.State.DRAFT, JointMeeting.State.RETURNED)


def finish_task(
    *, follow_up: CouncilFollowUp, outcome: str, photo: UploadedFile | None = None, acting_user: User | None
) -> CouncilFollowUp:
    """Close a task as done: in words what was done, with a photo where there is one."""
    return _close(follow_up, State.DONE, outcome, photo, acting_user)


def drop_follow_up(*, follow_up: CouncilFollowUp, reason: str, acting_user: User | None) -> CouncilFollowUp:
    """Drop a task, or a promise that no joint meeting has taken up, with the reason."""
    return _close(follow_up, State.DROPPED, reason, None, acting_user)


def _close(
    follow_up: CouncilFollowUp, state: str, words: str, photo: UploadedFile | None, acting_user: User | None
) -> CouncilFollowUp:
    words = needed(words, _("Say what was done, or why it is dropped."), most=500)
    with transaction.atomic(), acting(acting_user, words):
        row = _lock(follow_up)
        community = row.resolution.meeting.community
        require_keeper(acting_user, community)
        _require_open(row)
        if row.kind == Kind.PROMISE and (state == State.DONE or row.commitment_id):
            raise Refused(
                _(
                    "The enterprise has promised this: it is confirmed or reopened on the page of the promise."
                ),
                code="promise",
            )
        if photo:
            row.photo = store_attachment(district=community.district, upload=photo, acting_user=acting_user)
        row.state, row.outcome, row.closed_on = state, words, business_today(community.district)
        row.save(update_fields=["state", "outcome", "closed_on", "photo"])
    return row


def hand_over(*, follow_up: CouncilFollowUp, acting_user: User | None, wait: bool = False) -> CouncilFollowUp:
    """Put the promise into the draft of this month's joint meeting, where it is given out when that is filed.

    When this month's minutes are filed already it waits for the next month: Refused, or nothing with `wait`.
    """
    with transaction.atomic(), acting(acting_user, "promise from the council"):
        row = _lock(follow_up)
        community = row.resolution.meeting.community
        require_keeper(acting_user, community)
        _require_open(row)
        if row.kind != Kind.PROMISE or row.commitment_id:
            raise Refused(_("This is with the joint meeting already."), code="handed-over")
        today = business_today(community.district)
        month = Period.of(PeriodKind.MONTH, today)
        now, by = business_now(community.district), str(acting_user or "")
        JointMeeting.objects.bulk_create(
            [
                JointMeeting(
                    community=community,
                    month=month.start,
                    due_on=filing_deadline(month, work_calendar(community.district)),
                    recorded_at=now,
                    recorded_by=by,
                )
            ],
            ignore_conflicts=True,
        )
        meeting = JointMeeting.objects.select_for_update().get(community=community, month=month.start)
        if meeting.state not in EDITABLE:
            if wait:
                return row
            raise Refused(
                _("The joint meeting of %(month)s is filed. Hand it over when the next month has begun.")
                % {"month": month.label},
                code="filed",
            )
        made_on = meeting.held_on or month.start
        due = max(row.due_on, made_on)
        row.commitment = Commitment.objects.create(
            meeting=meeting,
            project_id=row.project_id,
            compound=row.compound,
            problem=row.resolution.topic.title,
            promise=row.what,
            responsible_post=row.responsible,
            made_on=made_on,
            first_due_on=due,
            due_on=due,
            recorded_at=now,
            recorded_by=by,
        )
        row.save(update_fields=["commitment"])
        # A page that is open on these minutes must not take the promise for one that its writer removed.
        meeting.version += 1
        meeting.save(update_fields=["version"])
    return row


def correct_resolution(
    *,
    resolution: CouncilResolution,
    text: str,
    votes: tuple[int, int, int],
    reason: str,
    acting_user: User | None,
) -> CouncilResolution:
    """Replace a resolution by a corrected row; the one before stays on record. Returns the new row."""
    text = needed(text, _("Resolution: write the corrected words."), most=1000)
    refuse_names(resolution, text, reason)
    if not votes_fit(resolution.present, *votes):
        raise Refused(
            _("“%(topic)s”: %(votes)s votes, but %(present)s representatives were there. Count again.")
            % {"topic": resolution.topic, "votes": sum(votes), "present": resolution.present},
            code="votes",
        )
    return _replace(resolution, text=text, votes=votes, withdrawn=False, reason=reason, user=acting_user)


def withdraw_resolution(
    *, resolution: CouncilResolution, reason: str, acting_user: User | None
) -> CouncilResolution:
    """Withdraw a resolution by a row that says why; tasks that are still open are dropped with it."""
    refuse_names(resolution, reason)
    votes = (resolution.votes_for, resolution.votes_against, resolution.votes_abstained)
    return _replace(
        resolution, text=resolution.text, votes=votes, withdrawn=True, reason=reason, user=acting_user
    )


def refuse_names(resolution: CouncilResolution, *texts: str) -> None:
    """Raise Refused when a published text names a representative of the meeting, or holds a personal number."""
    names = {
        row.representative.name.partition("（")[0].partition("(")[0].strip()
        for row in resolution.meeting.attendance.exclude(representative=None).select_related("representative")
    }
    for text in texts:
        refuse_personal_numbers(text, field=_("resolution"))
        if any(len(name) > 1 and name in text for name in names):
            raise Refused(
                _(
                    "“%(text)s” names a representative. Resolutions are published: write “a representative” "
                    "or the post instead of the name."
                )
                % {"text": text[:60]},
                code="name",
            )


def _replace(
    old: CouncilResolution,
    *,
    text: str,
    votes: tuple[int, int, int],
    withdrawn: bool,
    reason: str,
    user: User | None,
) -> CouncilResolution:
    reason = needed(reason, _("Reason: it is published beside the resolution."), most=300)
    with transaction.atomic(), acting(user, reason):
        community = old.meeting.community
        require_secretary(user, community)
        old = CouncilResolution.objects.select_for_update(of=("self",)).get(pk=old.pk)
        if old.withdrawn:
            raise Refused(_("This resolution is withdrawn; a new one needs a new meeting."), code="withdrawn")
        try:
            with transaction.atomic():
                new = CouncilResolution.objects.create(
                    meeting_id=old.meeting_id,
                    topic_id=old.topic_id,
                    compound_id=old.compound_id,
                    number=old.number,
                    text=text,
                    votes_for=votes[0],
                    votes_against=votes[1],
                    votes_abstained=votes[2],
                    present=old.present,
                    quorum=old.quorum,
                    needed=old.needed,
                    passed=votes[0] >= old.needed,
                    dated=business_today(community.district),
                    replaces=old,
                    withdrawn=withdrawn,
                    reason=reason,
                    recorded_at=business_now(community.district),
                    recorded_by=str(user or ""),
                )
        except IntegrityError as error:
            raise Refused(
                _("This resolution was corrected or withdrawn in the meantime. Look at the page again."),
                code="replaced",
            ) from error
        if withdrawn or not new.passed:
            CouncilFollowUp.objects.open().filter(
                resolution__meeting=old.meeting_id, resolution__number=old.number
            ).update(
                state=State.DROPPED,
                outcome=_("The resolution was withdrawn: %(reason)s") % {"reason": reason},
                closed_on=new.dated,
            )
    return new


def _lock(follow_up: CouncilFollowUp) -> CouncilFollowUp:
    return (
        CouncilFollowUp.objects.select_for_update(of=("self",))
        .select_related("resolution__topic", "resolution__meeting__community__district")
        .get(pk=follow_up.pk)
    )


def _require_open(row: CouncilFollowUp) -> None:
    if row.state != State.OPEN:
        raise Refused(
            _("“%(what)s” is closed already (%(state)s).") % {"what": row, "state": row.get_state_display()},
            code="closed",
        )
