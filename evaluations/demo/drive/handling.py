"""21 October: promises on their way — orders by the calendar, time asked for, units sharing work, one signature."""

import datetime as dt
from functools import partial

from communities.models import Commitment, CommitmentStep, Exclusion
from communities.services import commitments, exclusions, extensions, joint_handling, supervision
from evaluations.demo.accounts import SECRETARIES
from evaluations.demo.drive.october import CLERK, CONTACT, MONTH, PROMISES, SECRETARY
from evaluations.demo.drive.stage import Stage
from evaluations.demo.photos import clear_way, stairwell

DAY = dt.date(2026, 10, 21)
LAST_MONTH, PHOTOS = dt.date(2026, 9, 1), 6
OPEN = [Commitment.State.OPEN, Commitment.State.REOPENED]


def handle_promises(stage: Stage) -> None:
    """Issue the orders of the day and let the demo's people take a step of each kind, once."""
    stage.forward_to(DAY, 8)
    supervision.issue_orders(district=stage.district)
    _ask_for_time(stage)
    _share_work(stage)
    _leave_out(stage)
    _show_photos(stage)


def _of_october(number: int) -> Commitment | None:
    """The promise of October's meeting with this place in the list, while it is open."""
    return Commitment.objects.filter(
        meeting__community__code=SECRETARIES[SECRETARY],
        meeting__month=MONTH.start,
        meeting__state="accepted",
        problem=PROMISES[number][0],
        state__in=OPEN,
    ).first()


def _ask_for_time(stage: Stage) -> None:
    """The enterprise asks for time for the barrier."""
    promise = _of_october(1)
    if promise and not promise.extensions.exists():
        extensions.ask_extension(
            commitment=promise,
            wanted_until=promise.due_on + dt.timedelta(days=10),
            reason="配件从外地调运，预计下周到货。",
            acting_user=stage.user(CONTACT),
        )


def _share_work(stage: Stage) -> None:
    """The fire lane is cleared together with the police and the street office."""
    promise = _of_october(2)
    if promise and not promise.parts.exists():
        for unit, task in (
            ("社区民警", "劝离占用消防通道的车辆"),
            ("街道城管中队", "清理通道两侧堆物"),
        ):
            joint_handling.add_part(
                commitment=promise,
                unit=unit,
                task=task,
                due_on=promise.due_on,
                acting_user=stage.user(SECRETARY),
            )


def _leave_out(stage: Stage) -> None:
    """One demand is unreasonable and signed, another waits for the signature."""
    for number, reason, explanation in (
        (3, Exclusion.Reason.AGAINST_LAW, "在承重墙上开门违反建筑规范。"),
        (4, Exclusion.Reason.OWNERS_DECISION, "须业主大会表决，尚未召开。"),
    ):
        promise = _of_october(number)
        if promise is None or promise.exclusions.exists():
            continue
        asked = exclusions.ask_exclusion(
            commitment=promise,
            reason=reason,
            explanation=explanation,
            acting_user=stage.user(SECRETARY),
        )
        if number == 3:
            exclusions.decide_exclusion(exclusion=asked, sign=True, acting_user=stage.user(CLERK))


def _show_photos(stage: Stage) -> None:
    """Some earlier answers carry a photo, so that communities see what one looks like."""
    answers = (
        CommitmentStep.objects.filter(
            kind=CommitmentStep.Kind.ANSWERED,
            commitment__meeting__community__code__in=SECRETARIES.values(),
            commitment__state__in=[Commitment.State.ANSWERED, Commitment.State.CONFIRMED],
            commitment__meeting__month=LAST_MONTH,
        )
        .select_related("commitment__meeting__community__district")
        .order_by("commitment_id", "-at")
        .distinct("commitment_id")[:PHOTOS]
    )
    for number, step in enumerate(answers):
        if step.commitment.photos.exists():
            continue
        picture = clear_way if number % 2 else partial(stairwell, lit=True)
        commitments.add_photos(step, [picture("现场照片", seed=number)], None)
