"""Opening a period and starting its closing. The work itself is done in `closing.py`."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from evaluations.models import ClosingChunk, ClosingRun, EvaluationPeriod, Release, Rubric
from evaluations.services.access import require_role
from evaluations.services.rubrics import require_sound, rubric_for, value_of
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.common.queue import send_on_commit
from redprop.common.workdays import NoCalendarForYear, WorkCalendar, add_workdays
from redprop.core.selectors import work_calendar

HELPERS = 4
"""How many workers are called for one run at most."""


def find_period(district: District, code: str) -> EvaluationPeriod:
    """Return the district's period of that code; raises Refused when it was never opened."""
    wanted = Period.parse(code)
    found = EvaluationPeriod.objects.filter(district=district, code=str(wanted)).first()
    if found is None:
        raise Refused(
            _("The period %(period)s of %(district)s is not open. Open it first.")
            % {"period": wanted.label, "district": district},
            code="period-unknown",
        )
    return found


def open_period(
    *, district: District, code: str, rubric: Rubric | None = None, acting_user: User | None
) -> EvaluationPeriod:
    """Open a period under a rubric (the newest in force on its first day).

    Raises Refused when it exists already, leaves a gap after the last one, or the rubric does not add up.
    """
    require_role(acting_user, district, Role.EVALUATOR)
    period = Period.parse(code)
    if period.kind is PeriodKind.MONTH:
        raise Refused(
            _(
                "%(period)s is a month. Quarters, half-years and years are evaluated: write 2026Q3, 2026H1 or 2026."
            )
            % {"period": period.label},
            code="period-kind",
        )
    with transaction.atomic(), acting(acting_user, f"open {period}"):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        mine = EvaluationPeriod.objects.filter(district=district, kind=period.kind)
        if mine.filter(code=str(period)).exists():
            raise Refused(
                _("The period %(period)s is already open or closed.") % {"period": period.label},
                code="period-exists",
            )
        last = mine.order_by("-ends_on").first()
        if last is not None and last.value.following() != period:
            raise Refused(
                _("Periods are opened one after the other: after %(last)s comes %(next)s, not %(period)s.")
                % {"last": last.value.label, "next": last.value.following().label, "period": period.label},
                code="period-order",
            )
        rubric = rubric or rubric_for(district, period.start, period.kind)
        require_sound(value_of(rubric))
        return EvaluationPeriod.objects.create(
            district=district,
            code=str(period),
            kind=period.kind,
            starts_on=period.start,
            ends_on=period.end,
            cutoff_on=_expected_cutoff(period, rubric.recording_workdays, work_calendar(district)),
            rubric=rubric,
            recorded_by=str(acting_user or ""),
        )


def _expected_cutoff(period: Period, workdays: int, calendar: WorkCalendar) -> dt.date:
    """The cut-off by the table of holidays, or by plain weeks while next year's table is not known yet."""
    try:
        return add_workdays(period.end, workdays, calendar)
    except NoCalendarForYear:
        plain = WorkCalendar(years=frozenset({period.end.year, period.end.year + 1}))
        return add_workdays(period.end, workdays, plain)


def close_period(*, period: EvaluationPeriod, acting_user: User | None) -> ClosingRun:
    """Start closing a period: check, fix the cut-off, make the run with its parts, call workers after commit.

    Raises Refused, with nothing written, when the period is closed or being closed, is not over, has
    an earlier one still open, lacks the holidays of a year, or its rubric does not add up. A failed
    run is taken up again where it stopped.
    """
    district = period.district
    require_role(acting_user, district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, f"close {period.code}"):
        period = EvaluationPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
        _require_closable(period)
        if period.state == EvaluationPeriod.State.CLOSING:
            run = ClosingRun.objects.select_for_update(of=("self",)).get(
                period=period, state=ClosingRun.State.FAILED
            )
            run.state, run.message, run.finished_at = ClosingRun.State.RUNNING, "", None
            run.save(update_fields=["state", "message", "finished_at"])
        else:
            value = value_of(period.rubric)
            require_sound(value)
            period.cutoff_on = add_workdays(
                period.ends_on, period.rubric.recording_workdays, work_calendar(district)
            )
            _require_over(period)
            _require_quarters(period)
            period.state = EvaluationPeriod.State.CLOSING
            period.save(update_fields=["state", "cutoff_on"])
            run = ClosingRun.objects.create(
                period=period,
                started_by=acting_user,
                started_at=business_now(district),
                recorded_by=str(acting_user or ""),
            )
            chunks = [ClosingChunk(run=run, stage=ClosingChunk.Stage.SUBJECTS, number=1)]
            chunks += [
                ClosingChunk(run=run, stage=ClosingChunk.Stage.VALUES, number=number, item=item.code)
                for number, item in enumerate(value.items, 1)
            ]
            chunks.append(ClosingChunk(run=run, stage=ClosingChunk.Stage.LISTS, number=1))
            ClosingChunk.objects.bulk_create(chunks)
        send_on_commit("evaluations.tasks.work_on_run", run.pk)
    return run


def _require_closable(period: EvaluationPeriod) -> None:
    label = period.value.label
    if period.state == EvaluationPeriod.State.CLOSED:
        raise Refused(
            _("%(period)s was closed on %(day)s and stays closed. Mistakes are mended by a correction.")
            % {"period": label, "day": f"{period.closed_at:%Y-%m-%d}"},
            code="period-closed",
        )
    if period.state == EvaluationPeriod.State.CLOSING:
        run = period.runs.order_by("-pk").first()
        if run is None or run.state != ClosingRun.State.FAILED:
            raise Refused(
                _("%(period)s is being closed already. Watch its progress with “period status %(code)s”.")
                % {"period": label, "code": period.code},
                code="period-closing",
            )
    earlier = (
        EvaluationPeriod.objects.filter(
            district=period.district_id, kind=period.kind, ends_on__lt=period.starts_on
        )
        .exclude(state=EvaluationPeriod.State.CLOSED)
        .order_by("ends_on")
        .first()
    )
    if earlier is not None:
        raise Refused(
            _("%(earlier)s is not closed yet. Close it before %(period)s.")
            % {"earlier": earlier.value.label, "period": label},
            code="period-order",
        )


def _require_over(period: EvaluationPeriod) -> None:
    today = business_today(period.district)
    if today <= period.ends_on:
        raise Refused(
            _("%(period)s is not over: its last day is %(end)s, today is %(today)s.")
            % {"period": period.value.label, "end": period.ends_on, "today": today},
            code="period-not-over",
        )
    if today <= period.cutoff_on:
        raise Refused(
            _("Facts of %(period)s may be recorded until %(cutoff)s; close it from the day after.")
            % {"period": period.value.label, "cutoff": period.cutoff_on},
            code="period-recording",
        )


def _require_quarters(period: EvaluationPeriod) -> None:
    """A half-year takes one or both of its quarters, a year at least three; those there are must be final."""
    if period.kind == PeriodKind.QUARTER:
        return
    label = period.value.label
    quarters = EvaluationPeriod.objects.filter(
        district=period.district_id,
        kind=PeriodKind.QUARTER,
        starts_on__gte=period.starts_on,
        ends_on__lte=period.ends_on,
    ).order_by("ends_on")
    final = Release.objects.filter(
        kind=Release.Kind.FINAL, state=Release.State.PUBLISHED, period=OuterRef("pk")
    )
    waiting = quarters.exclude(Exists(final)).first()
    if waiting is not None:
        raise Refused(
            _("%(quarter)s has no final list yet. Publish it before %(period)s is closed.")
            % {"quarter": waiting.value.label, "period": label},
            code="quarter-not-final",
        )
    needed = 3 if period.kind == PeriodKind.YEAR else 1
    if quarters.count() < needed:
        raise Refused(
            _("%(period)s needs the final lists of at least %(needed)s of its quarters; there are %(found)s.")
            % {"period": label, "needed": needed, "found": quarters.count()},
            code="quarters-missing",
        )


def progress(run: ClosingRun) -> dict[str, Any]:
    """Return how far a run is: parts done and in all by stage (one query)."""
    stages: dict[str, list[int]] = {}
    for stage, done in run.chunks.values_list("stage", "is_done"):
        counts = stages.setdefault(ClosingChunk.Stage(stage).name.lower(), [0, 0])
        counts[0] += done
        counts[1] += 1
    return {
        "state": run.state,
        "projects": run.projects,
        "message": run.message,
        "stages": {name: {"done": done, "of": of} for name, (done, of) in stages.items()},
    }
