"""Final scores of projects: the only results that money may follow."""

from evaluations.models import Release
from redprop.areas.models import District
from redprop.common.periods import Period

FINAL_KINDS = [Release.Kind.FINAL, Release.Kind.SUPPLEMENT, Release.Kind.CORRECTION]
PUBLISHED = [Release.State.PUBLISHED, Release.State.SUPERSEDED]


def has_final(district: District, quarter: Period) -> bool:
    """Whether the final list of `quarter` is published."""
    return Release.objects.filter(
        district=district, period__code=str(quarter), kind=Release.Kind.FINAL, state__in=PUBLISHED
    ).exists()
