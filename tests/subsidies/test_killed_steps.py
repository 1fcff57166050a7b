"""kill -9 of the process in the middle of each step of a batch: resumed, it has the same lines and one file."""

import os
import signal
import traceback
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import translation

from evaluations.models import BankOrder, FundYear, LedgerEntry, PaymentLine, SubsidyBatch
from evaluations.services import approvals, batches, exports, payments, preparation, reviews
from evaluations.services.ledger import ledger_differences
from evaluations.subsidies.selectors import differences, digest_of
from tests.subsidies.bank import result_of
from tests.subsidies.conftest import publish_final, set_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def killed(module, name, action):
    """Run `action` in a process of its own, which dies by SIGKILL when it has called `module.name`."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            original = getattr(module, name)

            def die(*args, **options):
                original(*args, **options)
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(module, name, die)
            action()
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the step never came to the place where it should die"
    connection.ensure_connection()


def state_of():
    """What a killed step must not have changed."""
    return {
        "batches": list(
            SubsidyBatch.objects.order_by("pk").values("state", "total", "committed", "revision")
        ),
        "lines": list(PaymentLine.objects.order_by("pk").values_list("number", "amount", "state")),
        "money": list(FundYear.objects.order_by("pk").values_list("committed", "paid")),
        "ledger": LedgerEntry.objects.exclude(kind__in=["entitlement"]).count(),
        "orders": list(BankOrder.objects.order_by("pk").values_list("state", flat=True)),
    }


def interrupted(module, name, action):
    """The step killed half-way changes nothing; done again it goes through."""
    before = state_of()
    killed(module, name, action)
    assert state_of() == before
    with translation.override("en"):
        return action()


def test_every_step_killed_half_way_and_resumed(town, tmp_path):
    publish_final(town.district, "2026Q3", {town.project: 92})
    cast = town.cast
    interrupted(preparation, "_add_lines", town.prepare)
    batch = SubsidyBatch.objects.get()
    lines = list(batch.lines.order_by("number").values_list("number", "entitlement", "amount"))
    assert len(lines) == 6
    for piece in batch.slices.all():
        interrupted(
            reviews,
            "log_step",
            lambda piece=piece: batches.review_slice(
                batch=batch, subdistrict=piece.subdistrict, acting_user=town.clerks[piece.subdistrict_id]
            ),
        )
    interrupted(
        reviews, "log_step", lambda: batches.review_batch(batch=batch, acting_user=cast.finance_checker)
    )
    interrupted(
        reviews, "publish_later", lambda: batches.put_up_notice(batch=batch, acting_user=cast.publisher)
    )
    set_clock(town.district, 2026, 10, 21, 9)
    interrupted(
        approvals,
        "commit_money",
        lambda: batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=cast.approver),
    )

    def export():
        return batches.export_batch(batch=batch, acting_user=cast.finance_maker)

    killed(exports, "store_whole", export)  # after the roster is on the disk, before any row
    files = {path.name for path in Path(tmp_path).rglob("*") if path.is_file()}
    assert files == {f"{batch.number}-v1.xlsx"}
    interrupted(exports, "_point_lines", export)
    files = {path.name for path in Path(tmp_path).rglob("*") if path.is_file()}
    assert files == {f"{batch.number}-v1.xlsx", f"{batch.number}-v1.csv.sealed"}
    version = batch.exports.get()
    answers = result_of(tmp_path, version)
    interrupted(
        payments,
        "pay_money",
        lambda: batches.record_result(batch=batch, file=answers, acting_user=cast.finance_maker),
    )
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert list(batch.lines.order_by("number").values_list("number", "entitlement", "amount")) == lines
    assert differences(batch) == []
    assert ledger_differences(town.district) == []
    assert FundYear.objects.get(fund=batch.fund).paid == batch.total
