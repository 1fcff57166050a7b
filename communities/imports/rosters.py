"""Register `grid-rosters`: shifts of the grid, one row each. Cells and persons are entered at the desk first."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import CharField, F, Func
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.cover import SHANGHAI, span_of
from communities.models import GridCell, GridShift, GridWorker
from redprop.accounts.clock import business_now
from redprop.common.tabular import kinds
from redprop.common.tabular.cells import CellError, clean
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, offer, scoped

_of_user = scoped(GridShift, "community__district")
cell_rows = scoped(GridCell, "community__district")
worker_rows = scoped(GridWorker, "community__district")


class Time(kinds.Kind):
    """A time of the day, kept as 08:00; Excel's own times are read, too."""

    width = 10

    def parse(self, raw: object, factor: int = 1) -> str:
        """Return the time as text."""
        if isinstance(raw, dt.datetime | dt.time):
            return f"{raw:%H:%M}"
        if isinstance(raw, dt.timedelta):
            raw = raw.total_seconds() / 86400
        if isinstance(raw, int | float) and 0 <= raw < 1:
            minutes = round(raw * 1440) % 1440
            return f"{minutes // 60:02d}:{minutes % 60:02d}"
        text = clean(raw).replace("：", ":").replace("时", ":").replace("分", "").rstrip(":")
        hours, _mark, minutes_text = text.partition(":")
        try:
            return f"{dt.time(int(hours) % 24 if int(hours) <= 24 else 99, int(minutes_text or 0)):%H:%M}"
        except ValueError as error:
            raise CellError(_("This is no time of the day. Write it like 08:00.")) from error


def _clock(name: str) -> Func:
    return Func(
        F(name),
        function="to_char",
        template="to_char(%(expressions)s AT TIME ZONE 'Asia/Shanghai', 'HH24:MI')",
        output_field=CharField(),
    )


def _rows(context: Context) -> Any:
    return _of_user(context).annotate(
        day=TruncDate("starts_at", tzinfo=SHANGHAI), first=_clock("starts_at"), last=_clock("ends_at")
    )


def _span(plan: Plan, row: Any) -> tuple[dt.datetime, dt.datetime]:
    first, last = (dt.time.fromisoformat(plan.value(row, name)) for name in ("first", "last"))
    return span_of(plan.value(row, "day"), first, last)


def _check(context: Context, plan: Plan) -> None:
    rows = plan.of(NEW, CHANGED)
    cells = GridCell.objects.in_bulk({plan.value(row, "cell") for row in rows})
    workers = GridWorker.objects.in_bulk(
        {plan.value(row, name) for row in rows for name in ("worker", "stands_in_for")} - {None}
    )
    spans = {row.number: _span(plan, row) for row in rows}
    taken = _stored(cells, workers, spans, {row.pk for row in rows if row.pk})
    for row in rows:
        cell, worker = cells[plan.value(row, "cell")], workers[plan.value(row, "worker")]
        day, (start, end) = plan.value(row, "day"), spans[row.number]
        if not (cell.opened_on <= day and (cell.closed_on is None or day < cell.closed_on)):
            plan.refuse(
                row, "cell", _("The cell %(cell)s does not exist on %(day)s.") % {"cell": cell, "day": day}
            )
            continue
        if worker.community_id != cell.community_id or not worker.is_valid_on(day):
            plan.refuse(row, "worker", _("%(name)s is not on duty here on that day.") % {"name": worker.name})
            continue
        for key, name, text in (
            (("cell", cell.pk), "first", _("Somebody is on duty in this cell at that time already.")),
            (("worker", worker.pk), "worker", _("This person is on duty elsewhere at that time.")),
        ):
            if any(start < last and first < end for first, last in taken[key]):
                plan.refuse(row, name, text)
                break
        else:
            taken["cell", cell.pk].append((start, end))
            taken["worker", worker.pk].append((start, end))


def _stored(cells: Any, workers: Any, spans: Any, own: set[Any]) -> dict[Any, list]:
    """Spans that are taken already, by cell and by person (one query)."""
    taken: dict[Any, list] = defaultdict(list)
    if not spans:
        return taken
    first = min(start for start, _end in spans.values())
    last = max(end for _start, end in spans.values())
    stored = GridShift.objects.filter(starts_at__lt=last, ends_at__gt=first).exclude(pk__in=own)
    for cell, worker, start, end in stored.order_by().values_list("cell", "worker", "starts_at", "ends_at"):
        if cell in cells:
            taken["cell", cell].append((start, end))
        if worker in workers:
            taken["worker", worker].append((start, end))
    return taken


def _place(context: Context, plan: Plan) -> None:
    rows = plan.of(NEW)
    cells = GridCell.objects.in_bulk({plan.value(row, "cell") for row in rows})
    workers = GridWorker.objects.in_bulk({plan.value(row, "worker") for row in rows})
    for row in rows:
        start, end = _span(plan, row)
        plan.set(row, "starts_at", start)
        plan.set(row, "ends_at", end)
        plan.set(row, "community", cells[plan.value(row, "cell")].community_id)
        plan.set(row, "project", workers[plan.value(row, "worker")].project_id)


def _move_changed(context: Context, plan: Plan) -> None:
    """Changed rows: their hours and the firm follow from what the row says."""
    rows = plan.of(CHANGED)
    workers = GridWorker.objects.in_bulk({plan.value(row, "worker") for row in rows})
    for row in rows:
        start, end = _span(plan, row)
        GridShift.objects.filter(pk=row.pk).update(
            starts_at=start, ends_at=end, project=workers[plan.value(row, "worker")].project_id
        )


def _own(context: Context, instance: Any) -> None:
    if instance._state.adding:
        instance.recorded_at = business_now(context.district)


def _hidden(name: str, kind: Any, source: str) -> Column:
    return Column(name, name, kind, read_only=True, hidden=True, source=source, attr=source)


def _worker(name: str, header: str, aliases: tuple[str, ...], **more: Any) -> Column:
    return Column(
        name,
        header,
        kinds.Reference(
            resolve=by_paths(worker_rows, "code", "name"),
            what=gettext_lazy("person on duty"),
            offer=offer(worker_rows, "code"),
        ),
        aliases,
        attr=f"{name}_id",
        shown=f"{name}__code",
        **more,
    )


register(
    Register(
        name="grid-rosters",
        title=gettext_lazy("grid rosters"),
        model=GridShift,
        key=("cell", "day", "first"),
        rows=_rows,
        order=("starts_at", "cell__code"),
        prepare=_own,
        check=_check,
        before=_place,
        after=_move_changed,
        columns=(
            Column(
                "cell",
                "网格编号",
                kinds.Reference(
                    resolve=by_paths(cell_rows, "code"),
                    what=gettext_lazy("grid cell"),
                    offer=offer(cell_rows, "code"),
                ),
                ("网格",),
                required=True,
                attr="cell_id",
                shown="cell__code",
                help="网格编号，先在工作台登记网格",
                example="420102002003-01",
            ),
            Column("cell_name", "网格名称", kinds.Text(), read_only=True, source="cell__name"),
            Column(
                "day", "值班日期", kinds.Date(), ("日期",), required=True, attr=None, example="2026-10-20"
            ),
            Column(
                "first", "开始时间", Time(), ("起", "上班时间"), required=True, attr=None, example="09:00"
            ),
            Column(
                "last",
                "结束时间",
                Time(),
                ("止", "下班时间"),
                required=True,
                attr=None,
                help="不晚于开始时间的，算到次日",
                example="17:00",
            ),
            _worker(
                "worker",
                "值班人员编号",
                ("值班人员", "值班人"),
                required=True,
                help="编号；无重名时可填姓名，先在工作台登记",
                example="420102002003-W01",
            ),
            Column("worker_name", "值班人员姓名", kinds.Text(), read_only=True, source="worker__name"),
            _worker("stands_in_for", "替班（原值班人员编号）", ("替班",), help="不是替班的留空"),
            _hidden("starts_at", kinds.Text(), "starts_at"),
            _hidden("ends_at", kinds.Text(), "ends_at"),
            _hidden("community", kinds.Integer(), "community_id"),
            _hidden("project", kinds.Integer(), "project_id"),
        ),
    )
)
