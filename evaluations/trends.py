"""Final results over periods: of a project, of an enterprise, of the district. The last published word counts.

Drawn by `trend_charts`. A withdrawn, expired or repaired result keeps its total here, never its list.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import get_language

from enterprises.models import ServiceProject
from evaluations.models import Level, ListEntry, ReleaseEntry, Rubric
from evaluations.selectors import final_entries
from redprop.areas.models import District
from redprop.common.periods import Period

LAST = 12
"""How many periods a trend shows."""

GONE = (ListEntry.State.EXPIRED, ListEntry.State.REPAIRED, ListEntry.State.WITHDRAWN)


@dataclass(frozen=True)
class Point:
    """The final result of one subject in one period; `colour` is empty where its display has ended."""

    period: str
    total: Decimal | None
    rank: int | None
    ranked: int
    colour: str

    @property
    def label(self) -> str:
        """The period in words."""
        return Period.parse(self.period).label_in(get_language() or "zh")


def _points(rows: QuerySet[ReleaseEntry], kind: str) -> list[Point]:
    found: dict[str, Point] = {}
    rows = rows.filter(release__period__kind=kind).annotate(now=F("entry__state"))
    for code, total, rank, ranked, colour, now in rows.values_list(
        "release__period__code", "total", "rank", "ranked", "colour", "now"
    ):
        found.setdefault(code, Point(code, total, rank, ranked, "" if now in GONE else colour))
    return sorted(found.values(), key=lambda point: Period.parse(point.period))[-LAST:]


def project_trend(district: District, project_id: int, kind: str = Rubric.PeriodKind.QUARTER) -> list[Point]:
    """Return a project's last final results, oldest first (one query)."""
    return _points(final_entries(district).filter(level=Level.PROJECT, project=project_id), kind)


def enterprise_trend(
    district: District, enterprise_id: int, kind: str = Rubric.PeriodKind.QUARTER
) -> list[Point]:
    """Return an enterprise's last final results on the enterprise list, oldest first (one query)."""
    return _points(final_entries(district).filter(level=Level.ENTERPRISE, enterprise=enterprise_id), kind)


def projects_trends(
    district: District, enterprise_id: int, kind: str = Rubric.PeriodKind.QUARTER
) -> dict[ServiceProject, list[Point]]:
    """Return the trend of each project of an enterprise, by code (two queries, whatever the number)."""
    rows = final_entries(district).filter(
        level=Level.PROJECT, enterprise=enterprise_id, release__period__kind=kind
    )
    rows = rows.annotate(now=F("entry__state"))
    found: dict[int, dict[str, Point]] = {}
    for project, code, total, rank, ranked, colour, now in rows.values_list(
        "project_id", "release__period__code", "total", "rank", "ranked", "colour", "now"
    ):
        point = Point(code, total, rank, ranked, "" if now in GONE else colour)
        found.setdefault(project, {}).setdefault(code, point)
    projects = ServiceProject.objects.filter(pk__in=found).order_by("code")
    return {
        project: sorted(found[project.pk].values(), key=lambda p: Period.parse(p.period))[-LAST:]
        for project in projects
    }


@dataclass(frozen=True)
class DistrictPoint:
    """One period of the district: projects with a total, their mean, the middle one, counts by list."""

    period: str
    scored: int
    mean: Decimal | None
    median: Decimal | None
    red: int
    watch: int
    black: int

    @property
    def label(self) -> str:
        """The period in words."""
        return Period.parse(self.period).label_in(get_language() or "zh")


OF_DISTRICT = """
SELECT code, count(total), round(avg(total), 2), round(percentile_disc(0.5) WITHIN GROUP (ORDER BY total), 2),
       count(*) FILTER (WHERE colour = 'red'), count(*) FILTER (WHERE colour = 'watch'),
       count(*) FILTER (WHERE colour = 'black')
FROM (
  SELECT DISTINCT ON (p.id, row.project_id) p.code, p.ends_on, row.total, row.colour
  FROM evaluations_releaseentry row
  JOIN evaluations_release release ON release.id = row.release_id
    AND release.kind <> 'notice' AND release.state = 'published'
  JOIN evaluations_evaluationperiod p ON p.id = release.period_id AND p.kind = %(kind)s
  WHERE p.district_id = %(district)s AND row.level = 'project'
    AND p.id IN (SELECT id FROM evaluations_evaluationperiod WHERE district_id = %(district)s AND kind = %(kind)s
                 AND state = 'closed' ORDER BY ends_on DESC LIMIT %(last)s)
  ORDER BY p.id, row.project_id, release.sequence DESC
) latest GROUP BY code, ends_on ORDER BY ends_on
"""


def district_trend(
    district: District, kind: str = Rubric.PeriodKind.QUARTER, last: int = LAST
) -> list[DistrictPoint]:
    """Return the district's last periods with a final list, oldest first (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(OF_DISTRICT, {"district": district.pk, "kind": str(kind), "last": last})
        return [DistrictPoint(*row) for row in cursor.fetchall()]


def list_limits(rubric: Rubric) -> list[tuple[str, Decimal]]:
    """Return the limits of the red list and of key supervision, as (code, points), where the rule has them."""
    rule = rubric.list_rule
    return [
        (code, Decimal(str(rule[key])))
        for code, key in (("red", "red_min"), ("watch", "watch_max"))
        if rule.get(key) is not None
    ]
