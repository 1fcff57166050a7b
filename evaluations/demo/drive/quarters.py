"""Closing and publishing: the eleven earlier quarters in their own time, then the last one step by step."""

import datetime as dt
import time
from collections.abc import Callable

from django.utils.translation import gettext as _

from enterprises.models.enterprises import contact_enterprises
from evaluations.demo.drive import disputes
from evaluations.demo.drive.flags import drive_flags, drive_past_flags
from evaluations.demo.drive.stage import SHANGHAI, Stage
from evaluations.demo.quality import QUARTERS
from evaluations.demo.world import CLOCK, LAST_DAY
from evaluations.models import ClosingChunk, ClosingRun, EvaluationPeriod, ListEntry, Objection, Release
from evaluations.services import closing, objections, periods, releases, rubrics
from evaluations.services.credit import record_release_events
from redprop.common.errors import Refused
from redprop.common.periods import Period

LAST = Period.of("quarter", LAST_DAY)
NOTICE_DAY = CLOCK.date()
FINAL_DAY = dt.date(2026, 10, 20)
LONGER = {"2025Q4": (Period.parse("2025"),), "2026Q2": (Period.parse("2026H1"),)}
"""The last year and the last half-year are published too, after the quarter with which they end."""


def drive_history(stage: Stage, after: Callable[[Stage, Period], None] | None = None) -> None:
    """Close and publish what came before the last quarter, each on the days on which it would have been.

    `after` is called when a quarter is published: what follows from it in its own time, such as payments.
    """
    load_rubrics(stage)
    for back in range(QUARTERS - 1, 0, -1):
        quarter = LAST.shift(-back)
        for period in (quarter, *LONGER.get(str(quarter), ())):
            if not _is_final(stage, period):
                _publish_past(stage, period)
        if after:
            after(stage, quarter)


def load_rubrics(stage: Stage) -> None:
    """The sample rubrics for quarters, half-years and years."""
    for kind in ("quarter", "half", "year"):
        rubrics.load_sample(district=stage.district, period_kind=kind, acting_user=stage.user("evaluator"))


def _publish_past(stage: Stage, value: Period) -> None:
    began = time.monotonic()
    period = _opened(stage, value)
    before = Release.objects.filter(district=stage.district).order_by("-sequence").first()
    earliest = period.cutoff_on + dt.timedelta(days=1)
    if before and before.published_at:
        earliest = max(earliest, before.published_at.astimezone(SHANGHAI).date())
    stage.move_to(earliest)
    period = _closed(stage, period, inline=True)
    releases.confirm_entries(period=period, acting_user=stage.user("evaluator"))
    if ListEntry.objects.filter(period=period, state=ListEntry.State.CONFIRMED, colour__in=NAMED).exists():
        releases.publish_notice(period=_now(period), acting_user=stage.user("publisher"))
        disputes.during_notice(stage, _now(period))
    windows = ListEntry.objects.filter(period=period, notice_ends_on__isnull=False)
    ends = max(windows.values_list("notice_ends_on", flat=True), default=earliest)
    stage.move_to(ends + dt.timedelta(days=1))
    final = releases.finalise(period=_now(period), acting_user=stage.user("publisher"))
    record_release_events(release=final, acting_user=None)
    disputes.after_final(stage, _now(period))
    if period.kind == "quarter":
        drive_past_flags(stage, value)
    seconds = time.monotonic() - began
    stage.say(
        _("%(period)s: final list, %(counts)s (%(seconds)s s)")
        % {"period": value.label, "counts": in_words(final), "seconds": f"{seconds:.1f}"}
    )


NAMED = ("red", "watch", "black")


def drive_closing(stage: Stage) -> EvaluationPeriod:
    """Close the last quarter on 12 October through a worker, confirm its entries, put up the notice."""
    period = EvaluationPeriod.objects.filter(district=stage.district, code=str(LAST)).first()
    if period is None:
        stage.move_to(NOTICE_DAY)
        period = _opened(stage, LAST)
    period = _closed(stage, period, inline=stage.inline)
    confirmed = releases.confirm_entries(period=period, acting_user=stage.user("evaluator"))
    if confirmed:
        stage.say(_("%(count)s entries confirmed by the evaluator.") % {"count": confirmed})
    if not Release.objects.filter(period=period, kind=Release.Kind.NOTICE).exists():
        notice = releases.publish_notice(period=period, acting_user=stage.user("publisher"))
        stage.say(
            _("Public notice until %(day)s: %(counts)s")
            % {"day": notice.window_ends_on, "counts": in_words(notice)}
        )
    return period


def drive_objections(stage: Stage, period: EvaluationPeriod) -> None:
    """An enterprise objects in vain, a resident is right, and a third objection is still open at the end."""
    if Objection.objects.filter(entry__period=period).exists() or _is_final(stage, LAST):
        return
    noticed = ListEntry.objects.filter(period=period, level="project", state=ListEntry.State.NOTICED)
    stage.forward_to(NOTICE_DAY + dt.timedelta(days=1), 10)
    filed = []
    for username in ("contact-2", "contact-3"):
        contact = stage.user(username)
        own = noticed.filter(enterprise__in=contact_enterprises(contact.pk), colour="black").first()
        if own:
            filed.append(
                objections.file_objection(
                    entry=own,
                    by=Objection.By.ENTERPRISE,
                    item="onsite_inspection" if username == "contact-2" else "satisfaction",
                    text="现场检查当日正在更换设备，请复核评分依据。"
                    if username == "contact-2"
                    else "问卷样本中有非本小区住户，请复核。",
                    acting_user=contact,
                )
            )
    watched = noticed.filter(colour="watch").order_by("-total", "pk").first()
    if watched:
        filed.append(
            objections.file_objection(
                entry=watched,
                by=Objection.By.RESIDENT,
                text="该项目九月已完成整改，台账和照片可查，扣分事项不属本项目。",
                acting_user=None,
            )
        )
    stage.forward_to(NOTICE_DAY + dt.timedelta(days=3), 15)
    decider = stage.user("decider")
    for objection in filed:
        if objection.entry.enterprise_id in set(
            contact_enterprises(stage.user("contact-3").pk).values_list("enterprise", flat=True)
        ):
            continue
        objections.admit_objection(objection=objection, acting_user=decider)
        upheld = objection.by == Objection.By.RESIDENT
        objections.decide_objection(
            objection=objection,
            upheld=upheld,
            result="经复核，证据充分，原扣分事项不属该项目，予以撤销。"
            if upheld
            else "经复核，检查记录和照片与评分一致，维持原结果。",
            acting_user=decider,
        )
    stage.say(_("%(count)s objections filed, two of them decided.") % {"count": len(filed)})


def drive_final(stage: Stage, period: EvaluationPeriod) -> Release:
    """The final list on 20 October; what an objection holds follows in a supplement."""
    stage.forward_to(FINAL_DAY)
    found = Release.objects.filter(period=period, kind=Release.Kind.FINAL).first()
    if found is None:
        found = releases.finalise(period=_now(period), acting_user=stage.user("publisher"))
        record_release_events(release=found, acting_user=None)
        drive_flags(stage, LAST)
        stage.say(_("Final list: %(counts)s") % {"counts": in_words(found)})
    return found


def in_words(release: Release) -> str:
    """Counts of a release's projects by list, such as "red 37, watch 12, black 2"."""
    titles = dict(ListEntry._meta.get_field("colour").choices)
    counts = release.counts.get("project", {})
    return ", ".join(f"{titles[colour]} {counts.get(colour, 0)}" for colour in NAMED)


def _now(period: EvaluationPeriod) -> EvaluationPeriod:
    """The period with its district as of now: the clock was moved since it was read."""
    return EvaluationPeriod.objects.select_related("district", "rubric").get(pk=period.pk)


def _is_final(stage: Stage, quarter: Period) -> bool:
    return Release.objects.filter(
        district=stage.district, period__code=str(quarter), kind=Release.Kind.FINAL
    ).exists()


def _opened(stage: Stage, quarter: Period) -> EvaluationPeriod:
    found = EvaluationPeriod.objects.filter(district=stage.district, code=str(quarter)).first()
    return found or periods.open_period(
        district=stage.district, code=str(quarter), acting_user=stage.user("evaluator")
    )


def _closed(stage: Stage, period: EvaluationPeriod, *, inline: bool) -> EvaluationPeriod:
    """Close the period if it is not; by a worker the row tells when it is done, not the broker."""
    if period.state == EvaluationPeriod.State.CLOSED:
        return period
    run = ClosingRun.objects.filter(period=period, state=ClosingRun.State.RUNNING).first()
    run = run or periods.close_period(period=_now(period), acting_user=stage.user("evaluator"))
    if inline:
        # A worker that runs as well may still be at its last part.
        run = closing.wait_for(closing.run_inline(run), seconds=stage.patience)
    else:
        _wait_for_worker(run, stage.patience)
        run = closing.wait_for(run, seconds=stage.patience)
        workers = ClosingChunk.objects.filter(run=run).exclude(worker="").values("worker").distinct().count()
        stage.say(
            _("%(period)s closed by %(workers)s worker processes: %(projects)s projects.")
            % {"period": period.value.label, "workers": workers, "projects": run.projects}
        )
    if run.state != ClosingRun.State.DONE:
        raise Refused(
            _("Closing %(period)s failed: %(message)s")
            % {"period": period.value.label, "message": run.message},
            code="demo-closing-failed",
        )
    return _now(period)


def _wait_for_worker(run: ClosingRun, patience: float) -> None:
    """Return as soon as a worker has done a part or failed; raises Refused when none does for a while."""
    until = time.monotonic() + min(patience, 45)
    while time.monotonic() < until:
        run.refresh_from_db()
        if run.state != ClosingRun.State.RUNNING or run.chunks.filter(is_done=True).exists():
            return
        time.sleep(0.1)
    raise Refused(
        _(
            "No Celery worker takes the closing. Start one (celery -A redprop.celery worker), or run with --inline."
        ),
        code="demo-no-worker",
    )
