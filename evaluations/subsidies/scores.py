"""Final scores of projects: the only results that money may follow."""

from dataclasses import dataclass
from decimal import Decimal

from evaluations.models import Release, ReleaseEntry
from redprop.areas.models import District
from redprop.common.periods import Period, PeriodKind

FINAL_KINDS = [Release.Kind.FINAL, Release.Kind.SUPPLEMENT, Release.Kind.CORRECTION]
PUBLISHED = [Release.State.PUBLISHED, Release.State.SUPERSEDED]


@dataclass(frozen=True, slots=True)
class FinalScore:
    """A project's total in the last final release that gives one."""

    score: Decimal
    period: str
    release: str


def has_final(district: District, quarter: Period) -> bool:
    """Whether the final list of `quarter` is published."""
    return Release.objects.filter(
        district=district, period__code=str(quarter), kind=Release.Kind.FINAL, state__in=PUBLISHED
    ).exists()


def final_scores(district: District, quarter: Period) -> dict[int, FinalScore]:
    """Return, per project, the final total of `quarter`, else of the last quarter before it that has one (one query).

    Within a quarter a later release (supplement, correction) stands over an earlier one.
    """
    rows = (
        ReleaseEntry.objects.filter(
            release__district=district,
            release__kind__in=FINAL_KINDS,
            release__state__in=PUBLISHED,
            release__period__kind=PeriodKind.QUARTER,
            release__period__ends_on__lte=quarter.end,
            level="project",
            total__isnull=False,
        )
        .order_by("project", "-release__period__ends_on", "-release__sequence")
        .distinct("project")
        .values_list("project", "total", "release__period__code", "release__index_number")
    )
    return {project: FinalScore(total, code, number) for project, total, code, number in rows}
