"""Which compounds of the register could a description mean: one statement for any number of descriptions.

Found by normalised name, by a known name, by trigrams of the pinyin, by a name that begins with the whole
of the other, or by a place within 150 m; then scored by `redprop.common.matching`. Rows merged into another lead to the one that was kept.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from communities.models import Compound, CompoundAlias, CompoundPlacement
from redprop.common.matching import LOW, Candidate, Described, compare, match_key, parse_name
from redprop.common.matching.names import DISTINCTIVE
from redprop.common.matching.places import to_gcj02, to_wgs84
from redprop.common.text import name_key

BY_SOUND = 10
"""Candidates taken by trigrams for one description: the most alike."""

LONGER = 5
"""Candidates taken for one description whose names go on after its own: the shortest."""

LIKE = 0.3
"""The least trigram similarity of two pinyin keys."""

_BOX = 0.0016
"""Half of the box around a place in degrees, some 150 metres."""

_PART = 2_000

_SEARCH = """
WITH wanted AS (
  SELECT * FROM unnest(%(n)s::int[], %(key)s::text[], %(sound)s::text[], %(heads)s::text[], %(onward)s::text[],
                       %(wx)s::float8[], %(wy)s::float8[], %(gx)s::float8[], %(gy)s::float8[])
  AS w(n, key, sound, heads, onward, wx, wy, gx, gy)
)
SELECT w.n, f.pk, bool_or(f.known) FROM wanted w CROSS JOIN LATERAL (
  (SELECT id AS pk, false AS known FROM communities_compound
   WHERE district_id = %(district)s AND normalised_name = w.key LIMIT 20)
  UNION ALL
  (SELECT compound_id, true FROM communities_compoundalias
   WHERE district_id = %(district)s AND key = w.key LIMIT 20)
  UNION ALL
  (SELECT id, false FROM communities_compound
   WHERE match_key %% w.sound AND district_id + 0 = %(district)s
   ORDER BY similarity(match_key, w.sound) DESC, id LIMIT %(by_sound)s)
  UNION ALL
  (SELECT compound_id, false FROM communities_compoundalias
   WHERE match_key %% w.sound AND district_id + 0 = %(district)s
   ORDER BY similarity(match_key, w.sound) DESC, compound_id LIMIT %(by_sound)s)
  UNION ALL
  (SELECT c.id, false FROM unnest(string_to_array(w.heads, ' ')) AS head(key)
   JOIN communities_compound c ON c.district_id = %(district)s AND c.normalised_name = head.key)
  UNION ALL
  (SELECT a.compound_id, false FROM unnest(string_to_array(w.heads, ' ')) AS head(key)
   JOIN communities_compoundalias a ON a.district_id = %(district)s AND a.key = head.key)
  UNION ALL
  (SELECT id, false FROM communities_compound
   WHERE match_key LIKE w.onward AND district_id + 0 = %(district)s
   ORDER BY length(match_key), id LIMIT %(longer)s)
  UNION ALL
  (SELECT compound_id, false FROM communities_compoundalias
   WHERE match_key LIKE w.onward AND district_id + 0 = %(district)s
   ORDER BY length(match_key), compound_id LIMIT %(longer)s)
  UNION ALL
  (SELECT id, false FROM communities_compound
   WHERE district_id = %(district)s AND datum IN ('wgs84', 'cgcs2000')
     AND latitude BETWEEN w.wy - %(box)s AND w.wy + %(box)s
     AND longitude BETWEEN w.wx - %(box)s AND w.wx + %(box)s LIMIT 8)
  UNION ALL
  (SELECT id, false FROM communities_compound
   WHERE district_id = %(district)s AND datum = 'gcj02'
     AND latitude BETWEEN w.gy - %(box)s AND w.gy + %(box)s
     AND longitude BETWEEN w.gx - %(box)s AND w.gx + %(box)s LIMIT 8)
) f
GROUP BY w.n, f.pk
"""


def find_candidates(
    *, district: Any, day: Any, wanted: Sequence[tuple[int, Described]], least: int = LOW, but: Any = None
) -> dict[int, list[Candidate]]:
    """Return number → candidates of at least `least` points, best first, for (number, description) pairs.

    Four queries per 2,000 descriptions. `but` (number → pk) leaves a row's own compound out.
    """
    found: dict[int, list[Candidate]] = {}
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        pairs = _search(district, [(n, described) for n, described in part if described.name])
        stored = describe({pk for _n, pk, _known in pairs}, day)
        described = dict(part)
        for number, pk, known in pairs:
            kept, code, name, other, names = stored[pk]
            if but is not None and but.get(number) in (pk, kept):
                continue
            score = compare(described[number], other, other_names=names)
            one = Candidate(kept, code, name, score, known)
            if score.points >= least or known:
                rows = found.setdefault(number, [])
                if not any(row.pk == kept and row.score.points >= score.points for row in rows):
                    rows[:] = [row for row in rows if row.pk != kept] + [one]
    for rows in found.values():
        rows.sort(key=lambda row: (-row.score.points, row.code))
    return found


def _search(district: Any, wanted: list[tuple[int, Described]]) -> list[tuple[int, int, bool]]:
    if not wanted:
        return []
    wgs = [to_wgs84(d.place, d.datum) if d.place and d.datum else None for _n, d in wanted]
    gcj = [to_gcj02(point) if point else None for point in wgs]
    with transaction.atomic(), connection.cursor() as cursor:
        # the planner takes a few hundred rows for so few that it would compare all with all: hence no
        # sequential scan, and "district_id + 0", which keeps it off the index of districts
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(LIKE)])
        cursor.execute("SELECT set_config('enable_seqscan', 'off', true)")
        cursor.execute(
            _SEARCH,
            {
                "n": [n for n, _d in wanted],
                "key": [name_key(d.name) for _n, d in wanted],
                "sound": [match_key(d.name) for _n, d in wanted],
                "heads": [_heads(d.name) for _n, d in wanted],
                "onward": [_onward(d.name) for _n, d in wanted],
                "wx": [p[0] if p else None for p in wgs],
                "wy": [p[1] if p else None for p in wgs],
                "gx": [p[0] if p else None for p in gcj],
                "gy": [p[1] if p else None for p in gcj],
                "district": district.pk,
                "by_sound": BY_SOUND,
                "longer": LONGER,
                "box": _BOX,
            },
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT set_config('enable_seqscan', 'on', true)")
    return rows


def _heads(name: str) -> str | None:
    """Return the beginnings of a name under which a compound may be registered of which this is a part."""
    key = name_key(name)
    return " ".join(key[:end] for end in range(DISTINCTIVE, len(key))) or None


def _onward(name: str) -> str | None:
    """Return the pattern of keys that go on after this name; None when it says too little."""
    return match_key(name) + "_%" if len(parse_name(name).core) >= DISTINCTIVE else None


def describe(pks: Iterable[int], day: Any) -> dict[int, tuple[int, str, str, Described, tuple[str, ...]]]:
    """Return pk → (pk to use, its code and name, description, other names); three queries."""
    pks = set(pks)
    names: dict[int, list[str]] = {}
    for pk, name in CompoundAlias.objects.filter(compound__in=pks).values_list("compound", "name"):
        names.setdefault(pk, []).append(name)
    areas = dict(
        CompoundPlacement.objects.on(day)
        .filter(compound__in=pks)
        .values_list("compound", "community__subdistrict")
    )
    found = {}
    rows = Compound.objects.filter(pk__in=pks).select_related("merged_into")
    for row in rows.only(
        "code",
        "name",
        "address",
        "longitude",
        "latitude",
        "datum",
        "year_built",
        "merged_into__code",
        "merged_into__name",
    ):
        kept = row.merged_into or row
        place = None if row.longitude is None else (float(row.longitude), float(row.latitude or 0))
        described = Described(row.name, areas.get(row.pk), place, row.datum, row.address, row.year_built)
        found[row.pk] = kept.pk, kept.code, kept.name, described, tuple(names.get(row.pk, ()))
    return found
