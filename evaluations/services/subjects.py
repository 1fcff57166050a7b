"""Which projects a period assesses: days of service, weights, vetoes, the preceding quarter. One statement.

A project's compounds are those assigned to its contracts. The last day of its service in the
period decides weights and kind. A veto counts in the period in which it was decided.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

COLUMNS = """(run_id, project_id, enterprise_id, "group", days, last_day, compounds, households, floor_area,
  vetoes, preceding_colour, preceding_tail, quarter_totals)"""

FOUND = """
WITH spans AS (
  SELECT k.project_id, a.compound_id,
         daterange(greatest(a.valid_from, %(start)s), least(coalesce(a.valid_to, %(end)s), %(end)s), '[]') AS days
  FROM communities_serviceassignment a
  JOIN communities_servicecontract k ON k.id = a.contract_id
  WHERE k.district_id = %(district)s AND a.valid_from <= %(end)s
    AND (a.valid_to IS NULL OR a.valid_to >= %(start)s)
), served AS (
  SELECT project_id, sum(upper(part) - lower(part)) AS days, max(upper(part)) - 1 AS last_day
  FROM (SELECT project_id, unnest(range_agg(days)) AS part FROM spans GROUP BY project_id) merged
  GROUP BY project_id
), weights AS (
  SELECT served.project_id, count(*) AS compounds, coalesce(sum(c.households), 0) AS households,
         coalesce(sum(c.floor_area), 0) AS floor_area,
         2 * count(*) FILTER (WHERE kind.kind = 'old') > count(*) AS mostly_old
  FROM spans
  JOIN served ON served.project_id = spans.project_id AND spans.days @> served.last_day
  JOIN communities_compound c ON c.id = spans.compound_id
  LEFT JOIN communities_compoundkind kind ON kind.compound_id = c.id AND kind.valid_from <= served.last_day
    AND (kind.valid_to IS NULL OR kind.valid_to >= served.last_day)
  GROUP BY served.project_id
), vetoes AS (
  SELECT project_id, array_agg(DISTINCT code ORDER BY code) AS codes
  FROM evaluations_veto
  WHERE decided_on BETWEEN %(start)s AND %(end)s AND recorded_at < %(cutoff)s
    AND (revoked_at IS NULL OR revoked_at >= %(cutoff)s)
  GROUP BY project_id
), preceding AS (
  SELECT DISTINCT ON (e.project_id) e.project_id, e.tail AND e.state <> 'struck' AS tail,
         CASE WHEN e.state = 'struck' THEN '' ELSE e.colour END AS colour
  FROM evaluations_listentry e
  JOIN evaluations_evaluationperiod p ON p.id = e.period_id
  WHERE p.district_id = %(district)s AND p.code = %(preceding)s AND e.level = 'project'
  ORDER BY e.project_id, e.run_id DESC
), quarters AS (
  SELECT project_id, jsonb_object_agg(quarter, total) AS totals
  FROM (
    SELECT DISTINCT ON (row.project_id, p.code) row.project_id, right(p.code, 1) AS quarter, row.total::text AS total
    FROM evaluations_releaseentry row
    JOIN evaluations_release release ON release.id = row.release_id
      AND release.kind <> 'notice' AND release.state = 'published'
    JOIN evaluations_evaluationperiod p ON p.id = release.period_id AND p.kind = 'quarter'
    WHERE %(kind)s <> 'quarter' AND p.district_id = %(district)s AND row.level = 'project'
      AND row.total IS NOT NULL AND p.starts_on >= %(start)s AND p.ends_on <= %(end)s
    ORDER BY row.project_id, p.code, release.sequence DESC
  ) latest GROUP BY project_id
)
SELECT %(run)s, p.id, p.enterprise_id, CASE WHEN weights.mostly_old THEN 'old' ELSE 'professional' END,
       served.days, served.last_day, weights.compounds, weights.households, weights.floor_area,
       coalesce(vetoes.codes, ARRAY[]::varchar[]), coalesce(preceding.colour, ''), coalesce(preceding.tail, false),
       coalesce(quarters.totals, '{}'::jsonb)
FROM served
JOIN weights ON weights.project_id = served.project_id
JOIN enterprises_serviceproject p ON p.id = served.project_id
LEFT JOIN vetoes ON vetoes.project_id = served.project_id
LEFT JOIN preceding ON preceding.project_id = served.project_id
LEFT JOIN quarters ON quarters.project_id = served.project_id
ORDER BY p.id
"""

SUBJECTS = f"INSERT INTO evaluations_subject {COLUMNS} {FOUND}"

SO_FAR = f"""WITH evaluations_subject {COLUMNS} AS MATERIALIZED (
SELECT * FROM ({FOUND}) found WHERE found.enterprise_id = ANY(%(enterprises)s))"""
"""In front of a query: the subjects of %(enterprises)s as they stand now, in place of those that a run wrote."""


def write_subjects(parameters: Mapping[str, Any]) -> int:
    """Write the subjects of a run; return how many projects there are."""
    with connection.cursor() as cursor:
        cursor.execute(SUBJECTS, parameters)
        return cursor.rowcount
