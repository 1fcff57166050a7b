"""What the district's report of a period says, read set-wise from what was published. No words here: see `period_report`."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count

from evaluations.models import (
    ClosingRun,
    Colour,
    EvaluationPeriod,
    Level,
    ListEntry,
    Objection,
    Place,
    ReleaseEntry,
    RotatingFlag,
    SubsidyBatch,
    Veto,
)
from evaluations.models.findings import STANDS
from evaluations.models.subsidies.batches import AFTER_APPROVAL
from evaluations.selectors import FINAL_KINDS, final_entries
from evaluations.trends import DistrictPoint, district_trend
from redprop.common.rounding import quantize

MOST_MOVES = 10
"""How many of the largest changes are named."""


@dataclass(frozen=True)
class Row:
    """One project (or enterprise) as finally published; `named` while its display lasts."""

    key: int
    name: str
    enterprise: str
    subdistrict: str
    total: Decimal | None
    rank: int | None
    place: str
    colour: str
    reasons: list[dict[str, str]]
    named: bool


@dataclass(frozen=True)
class Share:
    """One item of the rubric: on how many projects it was scored, mean share of its points, how many had them all."""

    code: str
    title: str
    scored: int
    mean: Decimal | None
    full: int
    before: Decimal | None = None


@dataclass
class ReportData:
    """Everything that the report says."""

    period: EvaluationPeriod
    release_number: str
    published_on: Any
    projects: list[Row]
    enterprises: list[Row]
    before: dict[int, Row]
    trend: list[DistrictPoint]
    shares: list[Share]
    vetoes: list[Veto]
    objections: list[Objection]
    flags: list[RotatingFlag]
    batches: list[SubsidyBatch]
    counts: dict[str, int] = field(default_factory=dict)

    def of_colour(self, colour: str, level: str = Level.PROJECT) -> list[Row]:
        """Return the rows under a colour whose display lasts, best first."""
        rows = self.projects if level == Level.PROJECT else self.enterprises
        found = [row for row in rows if row.colour == colour and row.named]
        return sorted(found, key=lambda row: (row.rank is None, row.rank or 0, row.name))

    def by_subdistrict(self) -> list[tuple[str, int, Decimal | None, dict[str, int]]]:
        """Return (subdistrict, scored projects, mean, counts by colour), by name."""
        found: dict[str, list[Row]] = {}
        for row in self.projects:
            found.setdefault(row.subdistrict or "—", []).append(row)
        return [(name, *summary(rows)) for name, rows in sorted(found.items())]

    def moves(self) -> tuple[list[tuple[Row, Decimal]], list[tuple[Row, Decimal]]]:
        """Return the largest gains and losses of totals against the period before."""
        changes = [
            (row, row.total - last.total)
            for row in self.projects
            if row.total is not None
            and (last := self.before.get(row.key)) is not None
            and last.total is not None
        ]
        changes.sort(key=lambda pair: (-pair[1], pair[0].name))
        up = [pair for pair in changes[:MOST_MOVES] if pair[1] > 0]
        down = [pair for pair in reversed(changes[-MOST_MOVES:]) if pair[1] < 0]
        return up, down

    def list_changes(self, colour: str) -> tuple[int, int]:
        """Return how many came under a colour, and how many left it, against the period before."""
        now = {row.key for row in self.projects if row.colour == colour}
        then = {key for key, row in self.before.items() if row.colour == colour}
        return len(now - then), len(then - now)


def summary(rows: list[Row]) -> tuple[int, Decimal | None, dict[str, int]]:
    """Return how many rows have a total, its mean, and how many rows stand under each colour."""
    totals = [row.total for row in rows if row.total is not None]
    mean = quantize(sum(totals, Decimal(0)) / len(totals)) if totals else None
    counts = {str(colour): sum(row.colour == colour for row in rows) for colour in Colour}
    return len(totals), mean, counts


def report_data(period: EvaluationPeriod) -> ReportData | None:
    """Return the data of a period with a final list, else None (about a dozen queries, whatever the size)."""
    finals = period.releases.filter(kind__in=FINAL_KINDS, state="published").order_by("-sequence")
    last = finals.select_related("run").first()
    first = finals.order_by("sequence").first()
    if last is None or first is None:
        return None
    preceding = (
        EvaluationPeriod.objects.filter(
            district=period.district_id, code=str(period.value.preceding()), state="closed"
        )
        .select_related("district")
        .first()
    )
    run_before = _run_of(preceding) if preceding else None
    shares = _shares(last.run, period)
    if run_before is not None and preceding is not None:
        means = {share.code: share.mean for share in _shares(run_before, preceding)}
        shares = [Share(s.code, s.title, s.scored, s.mean, s.full, means.get(s.code)) for s in shares]
    vetoes = Veto.objects.filter(
        STANDS, project__district=period.district_id, decided_on__range=(period.starts_on, period.ends_on)
    )
    objections = Objection.objects.filter(entry__period=period)
    return ReportData(
        period=period,
        release_number=last.index_number,
        published_on=first.published_at,
        projects=_rows(period, Level.PROJECT),
        enterprises=_rows(period, Level.ENTERPRISE),
        before={row.key: row for row in _rows(preceding, Level.PROJECT)} if preceding else {},
        trend=[p for p in district_trend(period.district, period.kind) if p.period <= period.code],
        shares=shares,
        vetoes=list(vetoes.select_related("project__enterprise").order_by("decided_on", "pk")),
        objections=list(objections.select_related("entry__project", "entry__enterprise").order_by("code")),
        flags=list(
            RotatingFlag.objects.filter(district=period.district_id, period_code=period.code)
            .select_related("project", "enterprise", "subdistrict", "passed_from__project")
            .order_by("subdistrict__code", "group", "number")
        ),
        batches=list(
            SubsidyBatch.objects.filter(
                district=period.district_id, period=period.code, state__in=AFTER_APPROVAL
            )
            .select_related("fund")
            .order_by("number")
        ),
        counts=dict(objections.values_list("state").annotate(n=Count("pk")).order_by("state")),
    )


def _run_of(period: EvaluationPeriod) -> ClosingRun | None:
    release = (
        period.releases.filter(kind__in=FINAL_KINDS, state="published")
        .select_related("run")
        .order_by("-sequence")
        .first()
    )
    return release.run if release else None


def _rows(period: EvaluationPeriod, level: str) -> list[Row]:
    """The last final word on each subject of a period (one query)."""
    entries = final_entries(period.district).filter(release__period=period, level=level)
    entries = entries.select_related("entry").only(
        "project_id",
        "enterprise_id",
        "project_name",
        "enterprise_name",
        "subdistrict_name",
        "total",
        "rank",
        "place",
        "colour",
        "reasons",
        "entry__state",
        "release_id",
    )
    found: dict[int, Row] = {}
    for row in entries:
        key = row.project_id if level == Level.PROJECT else row.enterprise_id
        if key not in found:
            found[key] = _row(row, key, level)
    return list(found.values())


def _row(row: ReleaseEntry, key: int, level: str) -> Row:
    lasts = row.entry.state == ListEntry.State.FINAL
    return Row(
        key=key,
        name=row.project_name if level == Level.PROJECT else row.enterprise_name,
        enterprise=row.enterprise_name,
        subdistrict=row.subdistrict_name,
        total=row.total,
        rank=row.rank,
        place=str(Place(row.place).label),
        colour=row.colour,
        reasons=row.reasons,
        named=lasts,
    )


SHARES = """
SELECT line.item, count(line.points), round(avg(line.points / item.points), 4),
       count(*) FILTER (WHERE line.points >= item.points)
FROM evaluations_scoreline line
JOIN evaluations_rubricitem item ON item.rubric_id = %s AND item.code = line.item AND item.points > 0
WHERE line.run_id = %s GROUP BY line.item
"""


def _shares(run: ClosingRun, period: EvaluationPeriod) -> list[Share]:
    with connection.cursor() as cursor:
        cursor.execute(SHARES, [period.rubric_id, run.pk])
        found = {item: rest for item, *rest in cursor.fetchall()}
    return [
        Share(item.code, item.title, *found[item.code])
        for item in period.rubric.items.order_by("position", "pk")
        if item.code in found
    ]
