"""The subsidies of the last quarter: prepared, reviewed by every subdistrict, noticed and approved by different people."""

import datetime as dt

from django.utils.translation import gettext as _

from evaluations.demo.drive import payments
from evaluations.demo.drive.quarters import FINAL_DAY, LAST
from evaluations.demo.drive.stage import Stage
from evaluations.models import SubsidyBatch
from evaluations.models.subsidies.batches import BatchState, SliceState
from evaluations.services import batches, rules
from evaluations.subsidies.selectors import digest_of
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.common.money import format_yuan

APPROVAL_DAY = FINAL_DAY + dt.timedelta(days=1)


def drive_subsidies(stage: Stage) -> list[SubsidyBatch]:
    """Batches of all funds from preparation on 20 October to approval on the 21st."""
    rules.load_sample_rules(stage.district)
    rules.load_sample_talent_rules(stage.district)
    payments.make_accounts(stage)
    if not SubsidyBatch.objects.filter(district=stage.district, period=str(LAST)).exists():
        stage.forward_to(FINAL_DAY, 10)
        payments.record_repayment(stage)
        stage.forward_to(FINAL_DAY, 11)
        batches.prepare_batches(district=stage.district, period=LAST, acting_user=stage.user("maker"))
    for batch in _batches(stage):
        if batch.state == BatchState.PREPARED:
            stage.forward_to(FINAL_DAY, 14)
            _first_review(stage, batch)
    for batch in _batches(stage):
        if batch.state == BatchState.FIRST_REVIEWED:
            stage.forward_to(FINAL_DAY, 16)
            payments.check_sample(stage, batch)
            batch = batches.review_batch(batch=batch, acting_user=stage.user("checker"))
        if batch.state == BatchState.SECOND_REVIEWED:
            stage.forward_to(FINAL_DAY, 17)
            batches.put_up_notice(batch=batch, acting_user=stage.user("publisher"))
    stage.forward_to(APPROVAL_DAY)
    for batch in _batches(stage):
        if batch.state == BatchState.NOTICED:
            batch = batches.approve_batch(
                batch=batch, digest=digest_of(batch), acting_user=stage.user("approver")
            )
            stage.say(
                _("Batch %(number)s approved: %(lines)s lines, %(total)s.")
                % {"number": batch.number, "lines": batch.line_count, "total": format_yuan(batch.total)}
            )
    return _batches(stage)


def _batches(stage: Stage) -> list[SubsidyBatch]:
    return list(SubsidyBatch.objects.filter(district=stage.district, period=str(LAST)).order_by("number"))


def _first_review(stage: Stage, batch: SubsidyBatch) -> None:
    """Each slice by the clerk of its subdistrict; the one without a subdistrict by the organisation department."""
    clerks = {
        posting.subdistrict_id: posting.user_id
        for posting in Posting.objects.filter(district=stage.district, role=Role.SUBDISTRICT_CLERK)
    }
    waiting = batch.slices.filter(state=SliceState.PREPARED, line_count__gt=0)
    for piece in waiting.select_related("subdistrict"):
        user = (
            User.objects.get(pk=clerks[piece.subdistrict_id])
            if piece.subdistrict_id
            else stage.user("organisation")
        )
        batches.review_slice(batch=batch, subdistrict=piece.subdistrict, acting_user=user)
