"""The grid's roster: who may be on duty, shifts, stand-ins, and last month's roster copied.

The community's secretary keeps it; a firm's contact names stand-ins among the firm's own staff.
Overlaps are refused by the database, so two phones at one moment leave one roster.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.cover import SHANGHAI, moment, source_day, span_of
from communities.models import GridCell, GridShift, GridWorker
from communities.selectors import projects_serving
from communities.services.access import require_contact, require_keeper
from communities.services.grid import author, is_open, lock_cell, name_in_words
from communities.services.grid_notices import tell_stand_in
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.periods import Period
from redprop.common.workdays import WorkCalendar, is_workday

A_DAY = dt.timedelta(days=1)
LONGEST = dt.timedelta(hours=24)
MOST_DAYS = 62
"""A row of shifts is entered for at most two months at once."""


def add_worker(
    *,
    community: Community,
    name: str,
    kind: str,
    project: ServiceProject | None = None,
    valid_from: dt.date,
    acting_user: User | None,
) -> GridWorker:
    """Enter somebody who may be on duty; property staff name their project, which must serve here."""
    require_keeper(acting_user, community)
    name = name_in_words(name, _("Name: write who may be on duty."))
    if (kind == GridWorker.Kind.STAFF) != (project is not None):
        raise Refused(
            _("Property staff name their service project, grid workers none."),
            code="project",
            field="project",
        )
    if project and not projects_serving(community, valid_from).filter(pk=project.pk).exists():
        raise Refused(
            _("%(project)s does not serve this community on that day.") % {"project": project},
            code="other-project",
            field="project",
        )
    with transaction.atomic(), acting(acting_user, "person on duty"):
        Community.objects.select_for_update(of=("self",)).get(pk=community.pk)
        number = GridWorker.objects.filter(community=community).count() + 1
        return GridWorker.objects.create(
            community=community,
            code=f"{community.code}-W{number:02d}",
            name=name,
            kind=kind,
            project=project,
            valid_from=valid_from,
            **author(community, acting_user),
        )


def end_worker(*, worker: GridWorker, last_day: dt.date, acting_user: User | None) -> GridWorker:
    """The person is on duty no longer than `last_day`; later shifts leave the roster and show as gaps."""
    with transaction.atomic(), acting(acting_user, "person on duty ends"):
        worker = (
            GridWorker.objects.select_for_update(of=("self",))
            .select_related("community__district")
            .get(pk=worker.pk)
        )
        require_keeper(acting_user, worker.community)
        if last_day < max(worker.valid_from, business_today(worker.community.district) - A_DAY):
            raise Refused(
                _("Last day: yesterday at the earliest; shifts that were worked stay."),
                code="past",
                field="last_day",
            )
        worker.shifts.filter(starts_at__gte=moment(last_day + A_DAY, dt.time(0))).delete()
        worker.valid_to = last_day
        worker.save(update_fields=["valid_to"])
    return worker


def enter_shifts(
    *,
    cell: GridCell,
    worker: GridWorker,
    first_day: dt.date,
    last_day: dt.date,
    starts: dt.time,
    ends: dt.time,
    only_workdays: bool = False,
    calendar: WorkCalendar | None = None,
    acting_user: User | None,
) -> list[GridShift]:
    """Put somebody on duty on each day from `first_day` to `last_day`; all of them, or none with the reason."""
    if not 0 <= (last_day - first_day).days < MOST_DAYS:
        raise Refused(
            _("Last day: not before the first, and at most %(most)s days at once.") % {"most": MOST_DAYS},
            code="days",
            field="last_day",
        )
    days = [first_day + dt.timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    if only_workdays and calendar is not None:
        days = [day for day in days if is_workday(day, calendar)]
    with transaction.atomic(), acting(acting_user, "enter shifts"):
        cell = lock_cell(cell)
        require_keeper(acting_user, cell.community)
        _check_worker(cell, worker, first_day, last_day)
        rows = []
        for day in days:
            start, end = span_of(day, starts, ends)
            _check_cell(cell, day)
            rows.append(_new_shift(cell, worker, start, end, acting_user))
        _insert(rows)
    return rows


def remove_shift(*, shift: GridShift, acting_user: User | None) -> None:
    """Take a shift to come out of the roster; one that has begun stays."""
    with transaction.atomic(), acting(acting_user, "remove shift"):
        shift = _lock_shift(shift)
        require_keeper(acting_user, shift.community)
        if shift.starts_at <= business_now(shift.community.district):
            raise Refused(_("This shift has begun: it stays on record."), code="begun")
        shift.delete()


def stand_in(*, shift: GridShift, worker: GridWorker, acting_user: User | None) -> GridShift:
    """Somebody else takes the shift; the roster keeps for whom. A contact only swaps the firm's own staff."""
    with transaction.atomic(), acting(acting_user, "stand-in"):
        shift = _lock_shift(shift)
        _require_roster(shift, worker, acting_user)
        if shift.ends_at <= business_now(shift.community.district):
            raise Refused(_("This shift is over."), code="over")
        if worker.pk == shift.worker_id:
            raise Refused(
                _("%(name)s has this shift already.") % {"name": worker.name}, code="same", field="worker"
            )
        day = shift.starts_at.astimezone(SHANGHAI).date()
        _check_worker(shift.cell, worker, day, day)
        first, before = shift.stands_in_for or shift.worker, shift.worker
        shift.stands_in_for = None if worker.pk == first.pk else first
        shift.worker, shift.project = worker, worker.project
        try:
            with transaction.atomic():
                shift.save(update_fields=["worker", "project", "stands_in_for"])
        except IntegrityError as error:
            raise _overlap(error, "worker") from error
        firms = {one.project.enterprise_id for one in (before, worker) if one.project}
        tell_stand_in(shift, before=before.name, firms=firms, acting_user=acting_user)
    return shift


@dataclass(frozen=True)
class Copied:
    """What copying a roster did: shifts made, and why others were left out."""

    made: int
    taken: int
    ended: int


def copy_roster(*, community: Community, month: Period, acting_user: User | None) -> Copied:
    """Fill `month` from the month before, weekday by weekday; what is entered already stays.

    Shifts of persons or cells that have ended are left out, as are those that would overlap: both counted.
    Days that have passed are not filled.
    """
    require_keeper(acting_user, community)
    today = business_today(community.district)
    if month.end < today:
        raise Refused(_("Month: it is over."), code="past", field="month")
    with transaction.atomic(), acting(acting_user, "copy roster"):
        # One copy at a time: the second sees the shifts of the first and makes none.
        Community.objects.select_for_update(of=("self",)).get(pk=community.pk)
        before = month.shift(-1)
        rows = list(
            GridShift.objects.filter(
                community=community,
                starts_at__gte=moment(before.start, dt.time(0)),
                starts_at__lt=moment(month.start, dt.time(0)),
            )
            .select_related("cell", "worker", "stands_in_for")
            .order_by("starts_at")
        )
        if not rows:
            raise Refused(_("The month before has no shift to copy."), code="empty", field="month")
        by_day: dict[dt.date, list[GridShift]] = {}
        for row in rows:
            by_day.setdefault(row.starts_at.astimezone(SHANGHAI).date(), []).append(row)
        present = list(
            GridShift.objects.filter(
                community=community,
                ends_at__gt=moment(month.start, dt.time(0)),
                starts_at__lt=moment(month.end + A_DAY, dt.time(0)) + A_DAY,
            ).values_list("cell", "worker", "starts_at", "ends_at")
        )
        made, taken, ended = [], 0, 0
        day = max(month.start, today)
        while day <= month.end:
            for row in by_day.get(source_day(day), ()):
                worker = row.stands_in_for or row.worker
                shift = dt.timedelta(days=(day - row.starts_at.astimezone(SHANGHAI).date()).days)
                start, end = row.starts_at + shift, row.ends_at + shift
                if not worker.is_valid_on(day) or not is_open(row.cell, day):
                    ended += 1
                elif any(
                    (cell == row.cell_id or who == worker.pk) and start < last and first < end
                    for cell, who, first, last in present
                ):
                    taken += 1
                else:
                    made.append(_new_shift(row.cell, worker, start, end, acting_user))
                    present.append((row.cell_id, worker.pk, start, end))
            day += A_DAY
        _insert(made)
    return Copied(len(made), taken, ended)


def _new_shift(
    cell: GridCell, worker: GridWorker, start: dt.datetime, end: dt.datetime, acting_user: User | None
) -> GridShift:
    return GridShift(
        community_id=cell.community_id,
        cell=cell,
        worker=worker,
        project_id=worker.project_id,
        starts_at=start,
        ends_at=end,
        recorded_by=str(acting_user or ""),
    )


def _insert(rows: list[GridShift]) -> None:
    try:
        with transaction.atomic():
            GridShift.objects.bulk_create(rows, batch_size=1000)
    except IntegrityError as error:
        clash = next((row for row in rows if _clashes(row)), None)
        raise _overlap(error, "first_day", clash) from error


def _clashes(row: GridShift) -> bool:
    return (
        GridShift.objects.filter(starts_at__lt=row.ends_at, ends_at__gt=row.starts_at)
        .filter(Q(cell=row.cell_id) | Q(worker=row.worker_id))
        .exists()
    )


def _overlap(error: IntegrityError, field: str, clash: GridShift | None = None) -> Refused:
    if "gridshift_one_in_a_cell" in str(error):
        text = _("Somebody is on duty in this cell at that time already.")
    elif "gridshift_one_for_a_worker" in str(error):
        text = _("This person is on duty elsewhere at that time.")
    else:
        raise error
    if clash is not None:
        text = f"{timezone.localtime(clash.starts_at):%Y-%m-%d} {clash.hours_shown}: {text}"
    return Refused(text, code="overlap", field=field)


def _check_worker(cell: GridCell, worker: GridWorker, first: dt.date, last: dt.date) -> None:
    if worker.community_id != cell.community_id:
        raise Refused(
            _("%(name)s belongs to another community.") % {"name": worker.name}, code="other", field="worker"
        )
    if not worker.is_valid_on(first) or not worker.is_valid_on(last):
        raise Refused(
            _("%(name)s is not on duty on all of these days.") % {"name": worker.name},
            code="ended",
            field="worker",
        )


def _check_cell(cell: GridCell, day: dt.date) -> None:
    if not is_open(cell, day):
        raise Refused(
            _("The cell %(cell)s does not exist on %(day)s.") % {"cell": cell, "day": day},
            code="closed",
            field="first_day",
        )


def _require_roster(shift: GridShift, worker: GridWorker, acting_user: User | None) -> None:
    try:
        require_keeper(acting_user, shift.community)
    except Refused:
        if shift.project is None or worker.project_id is None:
            raise
        require_contact(acting_user, shift.project)
        if worker.project is None or worker.project.enterprise_id != shift.project.enterprise_id:
            raise


def _lock_shift(shift: GridShift) -> GridShift:
    found = (
        GridShift.objects.select_for_update(of=("self",))
        .select_related("community__district", "cell", "worker", "stands_in_for", "project")
        .filter(pk=shift.pk)
        .first()
    )
    if found is None:
        raise Refused(_("This shift was taken out meanwhile."), code="gone")
    return found
