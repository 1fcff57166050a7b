"""The yardstick of closing: one INSERT … SELECT that writes the same values, lines and cards.

The facts are those of the indicators; subjects, points and totals are written out in SQL, for the
transforms that the sample rubric uses. Its tables have the columns and indexes of the real ones.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.db import connection

from evaluations.indicators import REGISTRY
from evaluations.scoring.rubric import Kind, Missing, Rubric
from evaluations.services.subjects import SUBJECTS

TABLES = {
    "bench_value": "evaluations_indicatorvalue",
    "bench_line": "evaluations_scoreline",
    "bench_card": "evaluations_scorecard",
}
SAME = {
    "bench_value": "project_id, item, numerator, denominator, n",
    "bench_line": "project_id, item, points, status",
    "bench_card": "project_id, enterprise_id, total, band, satisfaction_valid",
}


def make_tables() -> None:
    """Make the tables that the statement fills, with the indexes of the real ones."""
    with connection.cursor() as cursor:
        for table, model in TABLES.items():
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE {table} (LIKE {model} INCLUDING ALL)")


def empty_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE " + ", ".join(TABLES))


def run(rubric: Rubric, parameters: Mapping[str, Any]) -> None:
    """Write values, lines and cards in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement(rubric), parameters)


def differences(run_id: int) -> int:
    """Return how many rows differ between the statement's tables and what the run has written."""
    found = 0
    with connection.cursor() as cursor:
        for table, columns in SAME.items():
            mine = f"SELECT {columns} FROM {table}"
            real = f"SELECT {columns} FROM {TABLES[table]} WHERE run_id = %s"
            cursor.execute(
                f"SELECT (SELECT count(*) FROM (({mine}) EXCEPT ({real})) a) "
                f"+ (SELECT count(*) FROM (({real}) EXCEPT ({mine})) b)",
                [run_id, run_id],
            )
            found += cursor.fetchone()[0]
    return found


def statement(rubric: Rubric) -> str:
    """Return the one statement for a rubric of linear, mean, band and deduction items."""
    names, select = re.fullmatch(
        r"\s*INSERT INTO evaluations_subject\s*\((.*?)\)\s*(WITH .*)", SUBJECTS, re.S
    ).groups()  # type: ignore[union-attr]
    values = " UNION ALL ".join(_values(item.code, item.source) for item in rubric.items)
    items = ", ".join(
        f"('{item.code}', {item.points}, {item.adds}, {item.min_n}, {item.missing is Missing.ZERO}, "
        f"{item.missing is Missing.BLOCK}, {item.transform.kind in (Kind.DEDUCTION, Kind.BONUS)})"
        for item in rubric.items
    )
    points = " ".join(f"WHEN '{item.code}' THEN {_points(item)}" for item in rubric.items)
    bands = " ".join(
        f"WHEN total >= {band.lower} THEN '{band.code}'"
        for band in sorted(rubric.bands, key=lambda b: -b.lower)
    )
    digits = -int(rubric.quantum.as_tuple().exponent)
    return f"""
WITH subject ({names}) AS MATERIALIZED ({select}),
found AS MATERIALIZED ({values}),
item (code, points, adds, min_n, zero, blocks, counts) AS (VALUES {items}),
judged AS (
  SELECT s.project_id, i.code, i.points AS most, i.adds, i.zero, i.blocks, f.numerator, f.denominator,
         CASE WHEN f.numerator IS NULL OR (NOT i.counts AND coalesce(f.denominator, 0) = 0) THEN 'missing'
              WHEN i.min_n > 0 AND coalesce(f.n, 0) < greatest(1, least(i.min_n, nullif(s.households, 0))) THEN 'too_few'
              ELSE 'scored' END AS status
  FROM subject s CROSS JOIN item i LEFT JOIN found f ON f.project_id = s.project_id AND f.item = i.code
),
line AS MATERIALIZED (
  SELECT project_id, code, most, adds, blocks, status,
         CASE WHEN status = 'scored' THEN round(CASE code {points} END, {digits})
              WHEN status = 'missing' AND zero THEN 0 END AS points
  FROM judged
),
written_values AS (
  INSERT INTO bench_value (run_id, project_id, item, numerator, denominator, n)
  SELECT %(run)s, project_id, item, numerator, denominator, n FROM found
),
written_lines AS (
  INSERT INTO bench_line (run_id, project_id, item, points, status)
  SELECT %(run)s, project_id, code, points, status FROM line
),
summed AS (
  SELECT project_id, bool_or(blocks AND points IS NULL) AS blocked, sum(points) FILTER (WHERE NOT adds) AS reached,
         sum(most) FILTER (WHERE NOT adds AND points IS NOT NULL) AS available,
         coalesce(sum(points) FILTER (WHERE adds), 0) AS extra,
         bool_or(code = '{rubric.satisfaction_item}' AND status = 'scored') AS valid
  FROM line GROUP BY project_id
),
card AS (
  SELECT project_id, valid,
         CASE WHEN NOT blocked AND available > 0 AND available >= {rubric.min_available}
              THEN round(least(greatest(reached * {rubric.total_scale} / available + extra, 0), {rubric.total_scale}), {digits})
         END AS total
  FROM summed
)
INSERT INTO bench_card (run_id, project_id, enterprise_id, total, band, satisfaction_valid)
SELECT %(run)s, s.project_id, s.enterprise_id, card.total, CASE {bands} ELSE '' END, card.valid
FROM card JOIN subject s ON s.project_id = card.project_id"""


def _values(code: str, source: str) -> str:
    indicator = REGISTRY[source]
    denominator = (
        "NULL::numeric" if indicator.counts_events else f"{indicator.combine}(f.denominator)::numeric"
    )
    facts = indicator.facts.replace("evaluations_subject", "subject")
    return (
        f"SELECT f.project_id, '{code}' AS item, sum(f.numerator)::numeric AS numerator, {denominator} AS denominator, "
        f"count(f.source_id)::int AS n FROM ({facts}) f JOIN subject s ON s.project_id = f.project_id GROUP BY f.project_id"
    )


def _points(item: Any) -> str:
    """Return the points of an item in SQL, exact up to one division."""
    transform, full = item.transform, item.points
    share = "numerator / denominator"
    if transform.kind is Kind.LINEAR:
        return _within(f"({share} - {transform.zero_at}) / ({transform.full_at} - {transform.zero_at})", full)
    if transform.kind is Kind.MEAN:
        return _within(f"({share} - {transform.low}) / ({transform.high} - {transform.low})", full)
    if transform.kind is Kind.BANDS:
        steps = " ".join(f"WHEN {share} >= {band.lower} THEN {band.points}" for band in transform.bands)
        return f"CASE {steps} ELSE 0 END"
    if transform.kind is Kind.DEDUCTION:
        return f"greatest({transform.floor}, {full} - {transform.per_event} * numerator)"
    return f"least({full}, {transform.per_event} * numerator)"


def _within(share: str, full: Any) -> str:
    return f"{full} * least(greatest({share}, 0), 1)"
