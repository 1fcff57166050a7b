"""Pairs of the register that may be one compound: found like the rows of a file, without those found to be two.

Computed when asked (a handful of queries for each 2,000 compounds); nothing is stored but what a person decides.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from communities.candidates import describe, find_candidates
from communities.models import Compound, CompoundPlacement, DistinctCompounds, ServiceAssignment
from redprop.areas.models import District
from redprop.common.matching import LOW
from redprop.common.matching.scoring import Score


@dataclass(slots=True)
class Pair:
    """Two compounds that look alike; `one` has the lower code. What each is now helps to decide."""

    one: Compound
    other: Compound
    score: Score

    @property
    def sides(self) -> list[Compound]:
        """Both, for a page."""
        return [self.one, self.other]


def pairs_of(
    *, district: District, compounds: QuerySet[Compound], day: dt.date, least: int = LOW
) -> list[tuple[int, int, Score]]:
    """Return (pk, pk, score) of possible doubles among `compounds`, the likeliest first; each pair once."""
    pks = list(compounds.filter(district=district).order_by("pk").values_list("pk", flat=True))
    mine = set(pks)
    described = describe(pks, day)
    found = find_candidates(
        district=district,
        day=day,
        wanted=[(pk, described[pk][3]) for pk in pks],
        least=least,
        but={pk: pk for pk in pks},
    )
    two = set(DistinctCompounds.objects.filter(one__district=district).values_list("one", "other").iterator())
    best: dict[tuple[int, int], Score] = {}
    for pk, candidates in found.items():
        for one in candidates:
            pair = (min(pk, one.pk), max(pk, one.pk))
            if pair[0] == pair[1] or pair in two or one.pk not in mine or one.score.points < least:
                continue
            if one.score.is_part and one.score.points <= LOW:  # the name alone: too little to ask for a merge
                continue
            if pair not in best or best[pair].points < one.score.points:
                best[pair] = one.score
    return sorted(((a, b, score) for (a, b), score in best.items()), key=lambda p: (-p[2].points, p[:2]))


def with_rows(pairs: list[tuple[int, int, Score]], day: dt.date) -> list[Pair]:
    """Return the pairs of a page with their compounds, community and contract of the day (three queries)."""
    pks = {pk for a, b, _score in pairs for pk in (a, b)}
    rows = Compound.objects.in_bulk(pks)
    for row in rows.values():
        row.community_text, row.served_text = "", ""  # type: ignore[attr-defined]
    placed = CompoundPlacement.objects.on(day).filter(compound__in=pks)
    for one in placed.select_related("community__subdistrict"):
        text = f"{one.community.subdistrict.name} {one.community.name}"
        rows[one.compound_id].community_text = text  # type: ignore[attr-defined]
    served = ServiceAssignment.objects.on(day).filter(compound__in=pks)
    for row in served.select_related("contract__project"):
        rows[row.compound_id].served_text = row.contract.project.name  # type: ignore[attr-defined]
    found = []
    for a, b, score in pairs:
        one, other = sorted((rows[a], rows[b]), key=lambda row: row.code)
        found.append(Pair(one, other, score))
    return found
