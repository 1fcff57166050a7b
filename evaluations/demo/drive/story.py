"""The demo's year in order. Every act looks first what is there already, so a second run changes nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from evaluations.demo.drive import (
    credit,
    handling,
    inspections,
    market,
    money,
    october,
    payments,
    quarters,
    surveys,
)
from evaluations.demo.drive.stage import Stage
from evaluations.demo.load import CODE
from evaluations.models import Release, SubsidyBatch
from evaluations.services.display import expire_display
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.queue import held_back


@dataclass(frozen=True)
class Driven:
    """What stands at the end."""

    district: District
    final: Release
    releases: int
    batches: list[SubsidyBatch]
    files_missing: int
    seconds: float


def run_demo(
    *, say: Callable[[str], None], inline: bool = False, history: bool = True, patience: float = 120.0
) -> Driven:
    """Take the demo district from its first morning to the approved batch of 21 October 2026.

    The last quarter is closed by a Celery worker (or in this process when `inline`). `history` closes
    the eleven quarters before it first. Raises Refused outside a demo.
    """
    began = time.monotonic()
    district = District.objects.filter(code=CODE, is_demo=True).first() if settings.DEMO else None
    if district is None:
        raise Refused(
            _("There is no demo district to drive. Load it first with DEMO=1 and load_demo."),
            code="demo-missing",
        )
    stage = Stage(district, say, inline=inline, patience=patience)
    credit.load_scheme(stage)
    if history:
        # The files of all earlier releases are written together with the first one of the last quarter.
        with held_back(
            "redprop.public.tasks.publish_release",
            "redprop.public.tasks.publish_flags",
            "redprop.public.tasks.publish_subsidies",
            "evaluations.tasks.work_on_run",
        ):
            quarters.drive_history(stage, after=payments.pay_past_quarter)
    else:
        quarters.load_rubrics(stage)
    period = quarters.drive_closing(stage)
    october.file_meeting(stage)
    quarters.drive_objections(stage, period)
    october.keep_promise(stage)
    final = quarters.drive_final(stage, period)
    credit.drive_credit(stage)
    expire_display(district=stage.district)
    batches = money.drive_subsidies(stage)
    handling.handle_promises(stage)
    surveys.drive_surveys(stage)
    inspections.begin_inspections(stage)
    market.hand_over_compounds(stage)
    missing = 0 if inline else wait_for_files(stage)
    return Driven(
        stage.district,
        final,
        Release.objects.filter(district=district).count(),
        batches,
        missing,
        time.monotonic() - began,
    )


def wait_for_files(stage: Stage) -> int:
    """Wait until the worker has written the public files of all releases; returns how many are missing."""
    waiting = Release.objects.filter(
        district=stage.district, state=Release.State.PUBLISHED, files_published_at__isnull=True
    )
    until = time.monotonic() + stage.patience
    while (missing := waiting.count()) and time.monotonic() < until:
        time.sleep(0.2)
    return missing
