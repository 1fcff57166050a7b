"""The watch over inflated marks: by marker and subdistrict, set-based; and how two markings of a compound agree."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from evaluations.agreement import Agreement, agreement
from evaluations.models import InspectionRule
from redprop.areas.models import District

MARKED = """
  SELECT i.id, i.inspector_id, i.compound_id, i.task_id, i.is_second, i.inspected_on, place.subdistrict_id,
         sum(m.mark) * 100 / sum(m.full_mark) AS reached, bool_and(m.mark = m.full_mark) AS is_full
  FROM evaluations_inspection i
  JOIN communities_compound c ON c.id = i.compound_id AND c.district_id = %(district)s
  JOIN evaluations_inspectionmark m ON m.inspection_id = i.id AND m.scheme = %(scheme)s
  LEFT JOIN (SELECT p.compound_id, p.valid_from, p.valid_to, k.subdistrict_id
             FROM communities_compoundplacement p JOIN areas_community k ON k.id = p.community_id) place
    ON place.compound_id = i.compound_id AND place.valid_from <= i.inspected_on
       AND (place.valid_to IS NULL OR place.valid_to >= i.inspected_on)
  WHERE i.state = 'marked' AND i.inspected_on BETWEEN %(first)s AND %(last)s
  GROUP BY i.id, place.subdistrict_id HAVING sum(m.full_mark) > 0"""

WATCH = """
WITH marked AS ({marked})
SELECT coalesce(nullif(u.full_name, ''), u.username) AS inspector, s.name AS subdistrict, g.inspector_id, g.n,
       g.full_share, g.mean, g.spread, g.is_total
FROM (SELECT {who} AS inspector_id, {street} AS subdistrict_id, count(*) AS n,
             round(100.0 * count(*) FILTER (WHERE is_full) / nullif(count(*), 0), 2) AS full_share,
             round(avg(reached), 2) AS mean, round(stddev_samp(reached), 2) AS spread,
             GROUPING({columns}) > 0 AS is_total
      FROM marked GROUP BY GROUPING SETS (({columns}), ())) g
LEFT JOIN accounts_user u ON u.id = g.inspector_id
LEFT JOIN areas_subdistrict s ON s.id = g.subdistrict_id
ORDER BY g.is_total, u.username NULLS LAST, s.code NULLS LAST
"""

PAIRS = """
WITH marked AS ({marked})
SELECT c.name AS compound, s.name AS subdistrict, p.period || ' ' || p.name AS plan,
       first.inspector_id AS first_id, coalesce(nullif(u.full_name, ''), u.username) AS first_by,
       first.reached AS first_reached,
       second.inspector_id AS second_id, coalesce(nullif(v.full_name, ''), v.username) AS second_by,
       second.reached AS second_reached, second.inspected_on - first.inspected_on AS days
FROM marked second
JOIN evaluations_inspectiontask t ON t.id = second.task_id AND t.is_second
JOIN evaluations_inspectiontask o ON o.plan_id = t.plan_id AND o.compound_id = t.compound_id AND NOT o.is_second
JOIN marked first ON first.task_id = o.id
JOIN evaluations_inspectionplan p ON p.id = t.plan_id
JOIN communities_compound c ON c.id = t.compound_id
JOIN areas_subdistrict s ON s.id = t.subdistrict_id
LEFT JOIN accounts_user u ON u.id = first.inspector_id
LEFT JOIN accounts_user v ON v.id = second.inspector_id
ORDER BY abs(second.reached - first.reached) DESC, c.code
"""

BY = {
    "marker": ("inspector_id",),
    "subdistrict": ("subdistrict_id",),
    "both": ("inspector_id", "subdistrict_id"),
}


def _rows(sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def watch_rows(
    district: District, first: dt.date, last: dt.date, *, scheme: str, by: str
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return one row for each marker, subdistrict or both, and the district's own row (one query)."""
    columns = BY[by]
    who, street = (name if name in columns else "NULL::bigint" for name in ("inspector_id", "subdistrict_id"))
    sql = WATCH.format(marked=MARKED, columns=", ".join(columns), who=who, street=street)
    rows = _rows(sql, {"district": district.pk, "scheme": scheme, "first": first, "last": last})
    total = rows.pop() if rows else None
    return rows, total if total and total["n"] else None


def pair_rows(district: District, first: dt.date, last: dt.date, *, scheme: str) -> list[dict[str, Any]]:
    """Return the compounds that two inspectors marked, the widest apart first, with their `difference` (one query)."""
    rows = _rows(
        PAIRS.format(marked=MARKED),
        {"district": district.pk, "scheme": scheme, "first": first, "last": last},
    )
    for row in rows:
        row["difference"] = row["second_reached"] - row["first_reached"]
    return rows


def agreement_of(pairs: Sequence[Mapping[str, Any]], rule: InspectionRule) -> Agreement:
    """Return how well the pairs agree under the rule's tolerance."""
    return agreement(
        [(row["first_reached"], row["second_reached"]) for row in pairs], Decimal(rule.agree_within)
    )


def flags_of(row: Mapping[str, Any], total: Mapping[str, Any], rule: InspectionRule) -> list[str]:
    """Return why a row stands out against the district, in sentences; nothing below the fewest inspections."""
    if row["n"] < rule.least_n:
        return []
    found = []
    if row["full_share"] - total["full_share"] > rule.full_share_over:
        found.append(_("often full marks"))
    if row["mean"] - total["mean"] > rule.mean_over:
        found.append(_("high mean"))
    if (
        row["spread"] is not None
        and total["spread"]
        and row["spread"] < total["spread"] * rule.spread_under / 100
    ):
        found.append(_("hardly any spread"))
    return found
