"""Promises and residents' problems of one month's minutes: written with the draft, given out when it is filed."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from communities.models import Commitment, JointMeeting, MeetingProblem, ResidentRequest
from communities.selectors import compounds_of
from communities.services.entered import Problem, Promise
from communities.services.requests import join_request, record_request
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused


def recorded(meeting: JointMeeting, acting_user: User | None) -> dict[str, object]:
    """Who recorded a row and when, by the district's clock."""
    return {
        "recorded_at": business_now(meeting.community.district),
        "recorded_by": str(acting_user or ""),
    }


def write_promises(
    meeting: JointMeeting, promises: Sequence[Promise], acting_user: User | None
) -> list[Commitment]:
    """Add, change and remove promises; returns their rows in the order entered.

    One the enterprise has answered already stays as it is.
    """
    present = {c.pk: c for c in meeting.commitments.select_for_update(of=("self",)).prefetch_related("steps")}
    fixed = {pk for pk, c in present.items() if c.state != Commitment.State.OPEN or c.steps.all()}
    kept = {p.pk for p in promises if p.pk}
    if kept - present.keys():
        raise Refused(
            _("A promise on this page belongs to another meeting. Open the page again."), code="foreign"
        )
    spare = [c for c in present.values() if c.pk not in kept | fixed]
    rows = []
    for promise in promises:
        if promise.pk in fixed:
            rows.append(present[promise.pk])
            continue
        row = present.get(promise.pk)
        if row is None:
            # An autosave may have stored this promise already, under a key the page does not know.
            row = spare.pop(0) if spare else Commitment(meeting=meeting, **recorded(meeting, acting_user))
        rows.append(row)
        made_on = meeting.held_on or meeting.month
        values = {
            "project_id": promise.project_id,
            "compound_id": promise.compound_id,
            "problem": promise.problem.strip(),
            "promise": promise.promise.strip(),
            "responsible_post": promise.responsible_post.strip(),
            "made_on": made_on,
            "first_due_on": promise.due_on,
            "due_on": promise.due_on,
        }
        if row.pk and all(getattr(row, name) == value for name, value in values.items()):
            continue
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    for row in spare:
        row.problems.update(commitment=None)
        row.delete()
    return rows


def write_problems(
    meeting: JointMeeting,
    problems: Sequence[Problem],
    promises: Sequence[Commitment],
    acting_user: User | None,
) -> None:
    """Write the list of problems. Requests must come from the community's own compounds."""
    day = meeting.held_on or business_today(meeting.community.district)
    own = set(compounds_of(meeting.community, day).values_list("pk", flat=True)) if problems else set()
    present = list(meeting.problems.select_related("request"))
    # A problem that entered the ledger when these minutes were first filed keeps its compound and words.
    taken = {row.request_id: row for row in present if row.request_id}
    ids = {p.request_id for p in problems if p.request_id}
    requests = {r.pk: r for r in ResidentRequest.objects.filter(pk__in=ids)}
    foreign = [r for r in requests.values() if r.compound_id not in own and r.pk not in taken]
    if foreign or ids - requests.keys() or {p.compound_id for p in problems if p.compound_id} - own:
        raise Refused(
            _("A problem on this page comes from a compound of another community. Open the page again."),
            code="foreign-compound",
        )
    spare = {(r.compound_id, r.category, r.text): r for r in present if not r.request_id}
    keep = []
    for problem in problems:
        commitment = promises[problem.promise] if problem.promise is not None else None
        if problem.request_id:
            request = requests[problem.request_id]
            row = taken.get(request.pk) or MeetingProblem(
                meeting=meeting,
                request=request,
                compound_id=request.compound_id,
                category=request.category,
                text=request.text[:300],
                **recorded(meeting, acting_user),
            )
        else:
            key = (problem.compound_id, problem.category, problem.text.strip())
            row = spare.pop(key, None) or MeetingProblem(
                meeting=meeting,
                compound_id=problem.compound_id,
                category=problem.category,
                text=problem.text.strip(),
                **recorded(meeting, acting_user),
            )
        if not row.pk or row.commitment_id != (commitment and commitment.pk):
            row.commitment = commitment
            row.save()
        keep.append(row.pk)
    gone = [row.pk for row in present if row.pk not in keep]
    if gone:
        meeting.problems.filter(pk__in=gone).delete()


def enter_problems(meeting: JointMeeting, acting_user: User | None) -> None:
    """Enter what was raised at the meeting into the ledger, and tie requests to the promises that settle them.

    The day of receipt is the day of filing: minutes filed late cost no enterprise its days to answer.
    """
    today = business_today(meeting.community.district)
    for row in meeting.problems.select_related("request", "compound__district", "commitment"):
        if row.request is None and row.compound is not None:
            row.request = record_request(
                compound=row.compound,
                source=ResidentRequest.Source.MEETING,
                category=row.category,
                text=row.text,
                received_on=today,
                acting_user=acting_user,
            )
            row.save(update_fields=["request"])
        if row.request and row.commitment and row.commitment.compound_id == row.request.compound_id:
            join_request(request=row.request, commitment=row.commitment, acting_user=acting_user)
