"""The life of a joint meeting's minutes: draft, submitted, accepted or returned by the subdistrict.

One meeting per community and month. What is promised in it is kept with the draft and given out
to the enterprise when the minutes are submitted; the day it was first submitted decides whether
it was on time.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.lights import filing_deadline
from communities.models import Commitment, CommitmentStep, JointMeeting, MeetingAttendance
from communities.paper import minutes_paper
from communities.selectors import projects_serving
from communities.services.access import require_clerk, require_secretary
from communities.services.entered import Attendee, Minutes
from communities.services.notices import news_of_filing, tell_of_meeting, tell_of_promises
from communities.services.raised import enter_problems, recorded, write_problems, write_promises
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import Period, PeriodKind
from redprop.common.states import require_move
from redprop.core.selectors import work_calendar

State = JointMeeting.State

MEETING_MOVES = {
    State.DRAFT: {State.SUBMITTED},
    State.SUBMITTED: {State.ACCEPTED, State.RETURNED},
    State.RETURNED: {State.SUBMITTED},
    State.ACCEPTED: set(),
}
"""Which state may follow which."""

EDITABLE = {State.DRAFT, State.RETURNED}


def save_meeting(
    *, community: Community, month: Period, minutes: Minutes, version: int | None, acting_user: User | None
) -> JointMeeting:
    """Save the draft of a month's minutes and return it, with its next version.

    `version` is the one the writer has seen, None when there was none yet. Raises Refused when
    another device saved in between, when the minutes are filed already, or when a fact cannot be.
    """
    require_secretary(acting_user, community)
    if month.kind is not PeriodKind.MONTH:
        raise Refused(_("Joint meetings are filed by month: name one, such as 2026-07."), code="not-a-month")
    today = business_today(community.district)
    if month.start > today:
        raise Refused(
            _("%(month)s has not begun. Its joint meeting cannot be filed yet.") % {"month": month.label},
            code="future-month",
        )
    if community.closed_on and community.closed_on <= month.start:
        raise Refused(
            _("%(community)s was dissolved on %(day)s. Meetings from then on are filed by its successor.")
            % {"community": community, "day": community.closed_on},
            code="dissolved",
        )
    with transaction.atomic(), acting(acting_user, "save joint meeting"):
        meeting = _locked_or_new(community, month, version, acting_user)
        _check_facts(community, month, minutes, today)
        for name in (
            "held_on",
            "place",
            "chair",
            "recorder",
            "nothing_new",
            "topics",
            "decisions",
        ):
            setattr(meeting, name, getattr(minutes, name))
        meeting.version += 1
        meeting.save()
        _replace_attendance(meeting, minutes.attendance, acting_user)
        rows = write_promises(meeting, minutes.promises, acting_user)
        write_problems(meeting, minutes.problems, rows, acting_user)
    return meeting


def submit_meeting(*, meeting: JointMeeting, acting_user: User | None) -> JointMeeting:
    """File the minutes with the subdistrict; from now on the enterprises see what they promised."""
    with transaction.atomic(), acting(acting_user, "submit joint meeting"):
        meeting = _lock(meeting)
        require_secretary(acting_user, meeting.community)
        require_move(MEETING_MOVES, meeting.state, State.SUBMITTED, what=meeting)
        _check_complete(meeting)
        now = business_now(meeting.community.district)
        meeting.state = State.SUBMITTED
        meeting.submitted_at = meeting.submitted_at or now
        meeting.submitted_by = str(acting_user or "")
        meeting.return_reason = ""
        meeting.save(update_fields=["state", "submitted_at", "submitted_by", "return_reason"])
        enter_problems(meeting, acting_user)
        tell_of_meeting(meeting, news_of_filing(meeting), to_clerks=True)
        tell_of_promises(meeting)
    return meeting


def accept_meeting(*, meeting: JointMeeting, acting_user: User | None) -> JointMeeting:
    """Accept the minutes: they are final now, count in the evaluation, and their promises begin."""
    with transaction.atomic(), acting(acting_user, "accept joint meeting"):
        meeting = _lock(meeting)
        require_clerk(acting_user, meeting.community)
        require_move(MEETING_MOVES, meeting.state, State.ACCEPTED, what=meeting)
        now = business_now(meeting.community.district)
        meeting.state, meeting.decided_at, meeting.decided_by = State.ACCEPTED, now, str(acting_user or "")
        # The words are frozen: a firm or post renamed later does not rewrite an accepted record.
        meeting.paper = minutes_paper(meeting).to_dict()
        meeting.save(update_fields=["state", "decided_at", "decided_by", "paper"])
        CommitmentStep.objects.bulk_create(
            CommitmentStep(
                commitment=c,
                kind=CommitmentStep.Kind.PROMISED,
                at=meeting.submitted_at,
                text=c.promise,
                **recorded(meeting, acting_user),
            )
            for c in meeting.commitments.exclude(steps__kind=CommitmentStep.Kind.PROMISED)
        )
        tell_of_meeting(meeting, news_of_filing(meeting))
    return meeting


def return_meeting(*, meeting: JointMeeting, reason: str, acting_user: User | None) -> JointMeeting:
    """Give the minutes back to the secretary with a reason. The day of filing stays."""
    reason = reason.strip()
    if not reason:
        raise Refused(
            _("Reason: say what the secretary should mend before returning the meeting."), code="no-reason"
        )
    with transaction.atomic(), acting(acting_user, reason):
        meeting = _lock(meeting)
        require_clerk(acting_user, meeting.community)
        require_move(MEETING_MOVES, meeting.state, State.RETURNED, what=meeting)
        meeting.state, meeting.return_reason = State.RETURNED, reason
        meeting.decided_at, meeting.decided_by = (
            business_now(meeting.community.district),
            str(acting_user or ""),
        )
        meeting.save(update_fields=["state", "return_reason", "decided_at", "decided_by"])
        tell_of_meeting(meeting, news_of_filing(meeting), due_on=meeting.due_on)
    return meeting


def _lock(meeting: JointMeeting) -> JointMeeting:
    return (
        JointMeeting.objects.select_for_update(of=("self",))
        .select_related("community__district", "community__subdistrict")
        .get(pk=meeting.pk)
    )


def _locked_or_new(
    community: Community, month: Period, version: int | None, acting_user: User | None
) -> JointMeeting:
    """The month's row, locked; two writers at once leave one row, the other is refused."""
    found = (
        JointMeeting.objects.select_for_update(of=("self",))
        .filter(community=community, month=month.start)
        .first()
    )
    if found is None:
        try:
            with transaction.atomic():
                return JointMeeting.objects.create(
                    community=community,
                    month=month.start,
                    due_on=filing_deadline(month, work_calendar(community.district)),
                    version=0,
                    recorded_at=business_now(community.district),
                    recorded_by=str(acting_user or ""),
                )
        except IntegrityError:
            raise _saved_elsewhere(month) from None
    if found.state not in EDITABLE:
        raise Refused(
            _("The minutes of %(month)s are “%(state)s” and cannot be changed now.")
            % {"month": month.label, "state": found.get_state_display()},
            code="not-editable",
        )
    if found.version != version:
        raise _saved_elsewhere(month)
    found.community = community
    return found


def _saved_elsewhere(month: Period) -> Refused:
    return Refused(
        _(
            "The minutes of %(month)s were saved from another page or device in the meantime. "
            "Open them again; what you typed here stays on this device."
        )
        % {"month": month.label},
        code="saved-elsewhere",
    )


def _check_facts(community: Community, month: Period, minutes: Minutes, today: dt.date) -> None:
    for name in ("place", "chair", "recorder", "topics", "decisions"):
        refuse_personal_numbers(getattr(minutes, name), field=JointMeeting._meta.get_field(name).verbose_name)
    for promise in minutes.promises:
        for name in ("problem", "promise", "responsible_post"):
            label = Commitment._meta.get_field(name).verbose_name
            refuse_personal_numbers(getattr(promise, name), field=label)
    for problem in minutes.problems:
        refuse_personal_numbers(problem.text, field=_("Problem"))
    held = minutes.held_on
    if held and held > today:
        raise Refused(
            _("Held on: the day is in the future. Enter the day the meeting took place."), code="future"
        )
    if held and not month.contains(held):
        raise Refused(
            _("Held on: %(day)s is not in %(month)s. Enter a day of that month, or open the other month.")
            % {"day": held, "month": month.label},
            code="other-month",
        )
    entered = JointMeeting.objects.filter(community=community, month=month.start)
    projects = {
        *projects_serving(community, held or min(today, month.end)).values_list("pk", flat=True),
        *Commitment.objects.filter(meeting__in=entered).values_list("project", flat=True),
        *MeetingAttendance.objects.filter(meeting__in=entered, project__isnull=False).values_list(
            "project", flat=True
        ),
    }
    if {a.project_id for a in minutes.attendance if a.project_id} - projects:
        raise Refused(
            _(
                "Attendance: one of the service projects does not serve this community on that day. Open the page again."
            ),
            code="foreign-project",
        )
    for promise in minutes.promises:
        if promise.project_id not in projects:
            raise Refused(
                _("Promise “%(problem)s”: choose a service project that serves this community on that day.")
                % {"problem": promise.problem},
                code="foreign-project",
            )
        if promise.due_on < (held or month.start):
            raise Refused(
                _("Promise “%(problem)s”: the due date %(due)s is before the meeting. Choose a later day.")
                % {"problem": promise.problem, "due": promise.due_on},
                code="due-before-meeting",
            )


def _check_complete(meeting: JointMeeting) -> None:
    missing = [
        str(meeting._meta.get_field(name).verbose_name)
        for name in ("held_on", "place", "chair")
        if not getattr(meeting, name)
    ]
    if missing:
        raise Refused(
            _("Still missing: %(fields)s. Fill them in, then submit.") % {"fields": "、".join(missing)},
            code="incomplete",
        )
    if not meeting.attendance.filter(kind=MeetingAttendance.Kind.PRESENT).exists():
        raise Refused(_("Attendance: mark at least one participant as present."), code="nobody")
    news = meeting.commitments.exists() or meeting.problems.exists()
    if not meeting.nothing_new and not meeting.topics.strip() and not news:
        raise Refused(
            _("Enter what was discussed, raised or promised, or tick “nothing new this month”."),
            code="nothing-entered",
        )
    if meeting.nothing_new and news:
        raise Refused(
            _(
                "“Nothing new this month” is ticked, but a problem or a promise is entered. Untick it or remove the entry."
            ),
            code="nothing-new-with-promise",
        )


def _replace_attendance(
    meeting: JointMeeting, attendance: Sequence[Attendee], acting_user: User | None
) -> None:
    """Write the list of attendance. Lines that stay keep the day they were recorded: late facts do not count."""
    wanted = [(a.kind, a.project_id, a.unit.strip()) for a in attendance if a.project_id or a.unit.strip()]
    before = {(row.kind, row.project_id, row.unit): row.pk for row in meeting.attendance.all()}
    gone = [pk for line, pk in before.items() if line not in wanted]
    if gone:
        meeting.attendance.filter(pk__in=gone).delete()
    MeetingAttendance.objects.bulk_create(
        MeetingAttendance(
            meeting=meeting, kind=kind, project_id=project_id, unit=unit, **recorded(meeting, acting_user)
        )
        for kind, project_id, unit in dict.fromkeys(wanted)
        if (kind, project_id, unit) not in before
    )
