"""Who served which compound and which community on which day, for many rows at once.

A fact counts for the project that served the compound on the day it happened (design section 7).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Coalesce, Greatest, Least

from communities.models import ServiceAssignment
from enterprises.models import ServiceProject

FAR = dt.date.max
Span = tuple[dt.date, dt.date, Any]


def _on(spans: Iterable[Span], day: dt.date) -> Any:
    return next((found for first, last, found in spans if first <= day <= last), None)


class ServedCompounds:
    """The service projects of some compounds (one query)."""

    def __init__(self, compound_ids: Iterable[Any]) -> None:
        self._spans: dict[Any, list[Span]] = defaultdict(list)
        rows = ServiceAssignment.objects.filter(compound__in=set(compound_ids))
        for compound, project, first, last in rows.values_list(
            "compound", "contract__project", "valid_from", "valid_to"
        ):
            self._spans[compound].append((first, last or FAR, project))

    def project_on(self, compound_id: Any, day: dt.date) -> Any:
        """The key of the project that served the compound that day, or None."""
        return _on(self._spans[compound_id], day)


class ServedCommunities:
    """The days on which projects had a compound of a community under contract (one query)."""

    def __init__(self, community_ids: Iterable[Any]) -> None:
        self._spans: dict[tuple[Any, Any], list[Span]] = defaultdict(list)
        rows = ServiceAssignment.objects.filter(
            compound__placements__community__in=set(community_ids)
        ).annotate(
            first=Greatest("valid_from", "compound__placements__valid_from"),
            last=Least(Coalesce("valid_to", FAR), Coalesce("compound__placements__valid_to", FAR)),
        )
        for community, project, compound, first, last in rows.values_list(
            "compound__placements__community", "contract__project", "compound", "first", "last"
        ):
            self._spans[community, project].append((first, last, compound))

    def serves(self, project_id: Any, community_id: Any, day: dt.date) -> bool:
        """Whether the project served a compound of the community that day."""
        return _on(self._spans[community_id, project_id], day) is not None

    def has(self, project_id: Any, community_id: Any, compound_id: Any, day: dt.date) -> bool:
        """Whether the project served this compound, and the compound lay in the community, that day."""
        return any(
            first <= day <= last and compound == compound_id
            for first, last, compound in self._spans[community_id, project_id]
        )


def project_serving(compound: Any, day: dt.date) -> ServiceProject | None:
    """The service project that served the compound that day, with its enterprise (one query)."""
    found = (
        ServiceAssignment.objects.on(day)
        .filter(compound=compound)
        .select_related("contract__project__enterprise")
        .first()
    )
    return found.contract.project if found else None
