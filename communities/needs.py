"""What residents need, as counts: from the survey of home visits and the ledger of requests. No home, no person."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from communities.models import HomeVisit, VisitCount, VisitItem


@dataclass(frozen=True)
class Need:
    """One service: in how many of the homes visited it is needed."""

    item: VisitItem
    homes: int
    percent: str


def needs_of(visits: QuerySet[HomeVisit]) -> list[Need]:
    """Services needed in these visits, the most wanted first (3 queries)."""
    visits = visits.filter(withdrawn_reason="").order_by()
    total = visits.aggregate(homes=Sum("homes"))["homes"] or 0
    found = dict(
        VisitCount.objects.filter(visit__in=visits.values("pk"), item__kind=VisitItem.Kind.NEED)
        .order_by()
        .values_list("item")
        .annotate(homes=Sum("homes"))
    )
    items = VisitItem.objects.filter(pk__in=found)
    rows = [Need(item, found[item.pk], f"{found[item.pk] * 100 / total:.1f}") for item in items]
    return sorted(rows, key=lambda need: (-need.homes, need.item.place, need.item.pk))


def visits_by_community(visits: QuerySet[HomeVisit]) -> QuerySet:
    """Rounds, homes and requests by community, as dicts (one query, a grouped one)."""
    return (
        visits.filter(withdrawn_reason="")
        .order_by()
        .values("community", "community__name", "community__code", "community__subdistrict__name")
        .annotate(
            rounds=Count("pk"),
            homes_visited=Sum("homes"),
            by_staff=Count("pk", filter=Q(visitor=HomeVisit.Visitor.STAFF)),
            by_party=Count("pk", filter=Q(visitor=HomeVisit.Visitor.PARTY)),
        )
        .order_by("community__code")
    )


def items_on(district_id: int, day: dt.date) -> list[VisitItem]:
    """The district's list of policies and questions on `day` (one query)."""
    return list(VisitItem.objects.on(day).filter(district=district_id))
