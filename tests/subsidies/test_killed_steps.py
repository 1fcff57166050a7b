"""kill -9 of the process in the middle of each step of a batch: resumed, it has the same lines and one file."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from evaluations.models import BankOrder, FundYear, LedgerEntry, PaymentLine, SubsidyBatch
from evaluations.services import batches
from evaluations.services.ledger import ledger_differences
from evaluations.subsidies.results import read_result
from evaluations.subsidies.selectors import differences, digest_of
from tests.subsidies.bank import result_file
from tests.subsidies.conftest import Q3, make_town, publish_final, set_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
ROOT = Path(__file__).resolve().parents[2]
SERVICES = "evaluations.services"


@pytest.fixture
def town(cast):
    """A town that other processes see."""
    return make_town(cast)


def told(one):
    """A value as the other process reads it."""
    if hasattr(one, "_meta"):
        return {"model": one._meta.label, "pk": one.pk}
    if isinstance(one, Path):
        return {"file": str(one)}
    return {"period": str(one)} if one is Q3 else one


def killed(module, after, step, **options):
    """Take `step` in a process of its own, which dies by SIGKILL when it has called `module.after`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.subsidies.dying"],
        cwd=ROOT,
        input=json.dumps(
            {
                "database": connection.settings_dict["NAME"],
                "media": str(settings.MEDIA_ROOT),
                "module": f"{SERVICES}.{module}",
                "after": after,
                "step": step,
                "options": {name: told(one) for name, one in options.items()},
            }
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, f"it did not die where it should: {done.stderr[-2000:]}"


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


def interrupted(module, after, step, **options):
    """The step killed half-way changes nothing; done again it goes through."""
    before = state_of()
    killed(module, after, step, **options)
    assert state_of() == before
    options = {name: read_result(one) if isinstance(one, Path) else one for name, one in options.items()}
    return getattr(batches, step)(**options)


def files_in(folder):
    return {path.name for path in folder.rglob("*") if path.is_file() and "-v" in path.name}


def test_every_step_killed_half_way_and_resumed(town, tmp_path):
    publish_final(town.district, "2026Q3", {town.project: 92})
    cast = town.cast
    interrupted(
        "preparation",
        "_add_lines",
        "prepare_batches",
        district=town.district,
        period=Q3,
        acting_user=cast.finance_maker,
    )
    batch = SubsidyBatch.objects.get()
    lines = list(batch.lines.order_by("number").values_list("number", "entitlement", "amount"))
    assert len(lines) == 6
    for piece in batch.slices.all():
        interrupted(
            "reviews",
            "log_step",
            "review_slice",
            batch=batch,
            subdistrict=piece.subdistrict,
            acting_user=town.clerks[piece.subdistrict_id],
        )
    interrupted("reviews", "log_step", "review_batch", batch=batch, acting_user=cast.finance_checker)
    interrupted("reviews", "publish_later", "put_up_notice", batch=batch, acting_user=cast.publisher)
    set_clock(town.district, 2026, 10, 21, 9)
    interrupted(
        "approvals",
        "commit_money",
        "approve_batch",
        batch=batch,
        digest=digest_of(batch),
        acting_user=cast.approver,
    )
    export = {"batch": batch, "acting_user": cast.finance_maker}
    killed("exports", "store_whole", "export_batch", **export)  # the roster is on the disk, before any row
    assert files_in(tmp_path) == {f"{batch.number}-v1.xlsx"}
    interrupted("exports", "_point_lines", "export_batch", **export)
    assert files_in(tmp_path) == {f"{batch.number}-v1.xlsx", f"{batch.number}-v1.csv.sealed"}
    answers = result_file(tmp_path, batch.exports.get())
    interrupted("payments", "pay_money", "record_result", file=answers, **export)
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert list(batch.lines.order_by("number").values_list("number", "entitlement", "amount")) == lines
    assert differences(batch) == []
    assert ledger_differences(town.district) == []
    assert FundYear.objects.get(fund=batch.fund).paid == batch.total
