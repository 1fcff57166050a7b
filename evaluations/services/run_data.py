"""A run's parameters, and a run read back as the values it was computed from. One query each."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from evaluations.models import ClosingRun, EvaluationPeriod
from evaluations.scoring import evaluate as pure
from evaluations.scoring.rubric import Rubric as RubricValue

SHANGHAI = ZoneInfo("Asia/Shanghai")


def quarter_numbers(period: EvaluationPeriod) -> list[int]:
    """Return the numbers of the quarters whose final totals the period joins; none for a quarter."""
    return [] if period.kind == "quarter" else [quarter.number for quarter in period.value.quarters()]


def sql_parameters(period: EvaluationPeriod, run_id: int) -> dict[str, Any]:
    """Return the parameters that indicators and the subject query take."""
    after = period.cutoff_on + dt.timedelta(days=1)
    return {
        "run": run_id,
        "district": period.district_id,
        "start": period.starts_on,
        "end": period.ends_on,
        "cutoff": dt.datetime.combine(after, dt.time(), SHANGHAI),
        "preceding": str(period.value.preceding()),
        "kind": period.kind,
    }


def load_subjects(run: ClosingRun) -> list[pure.Subject]:
    """Return the subjects of a run by project id (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT project_id, enterprise_id, "group", days, households, floor_area, vetoes, preceding_colour, '
            "preceding_tail, quarter_totals, resurveyed FROM evaluations_subject WHERE run_id = %s ORDER BY project_id",
            [run.pk],
        )
        return [
            pure.Subject(
                key=str(project),
                enterprise=str(enterprise),
                group=group,
                days=days,
                households=households,
                area=area,
                population=households or None,
                vetoes=tuple(vetoes),
                preceding_colour=colour,
                preceding_tail=tail,
                quarter_totals=quarter_totals_of(totals),
                resurveyed=resurveyed,
            )
            for project, enterprise, group, days, households, area, vetoes, colour, tail, totals, resurveyed in cursor.fetchall()
        ]


def quarter_totals_of(found: str | dict[str, str]) -> tuple[tuple[int, Decimal], ...]:
    """Return final quarter totals as stored (the driver gives JSON as text here)."""
    totals = json.loads(found) if isinstance(found, str) else found
    return tuple((int(number), Decimal(total)) for number, total in sorted(totals.items()))


def load_enterprises(run: ClosingRun) -> list[pure.Enterprise]:
    """Return the enterprises of a run with their preceding results (one query).

    A finished run keeps what it found: the entries of the quarter before it may still change.
    """
    kept = run.preceding_of_enterprises
    if kept is not None:
        found = run.subjects.order_by("enterprise").values_list("enterprise", flat=True).distinct()
        return [pure.Enterprise(str(key), **kept.get(str(key), {})) for key in found]
    return find_enterprises(run)


def find_enterprises(run: ClosingRun) -> list[pure.Enterprise]:
    """Return the enterprises of a run with the results of the preceding period as they are now (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.enterprise_id, coalesce(max(e.colour), ''), coalesce(bool_or(e.tail), false)
            FROM evaluations_subject s
            LEFT JOIN (
                SELECT DISTINCT ON (one.enterprise_id) one.enterprise_id, one.colour, one.tail
                FROM evaluations_listentry one
                JOIN evaluations_evaluationperiod p ON p.id = one.period_id
                WHERE p.district_id = %(district)s AND p.code = %(preceding)s AND one.level = 'enterprise'
                  AND one.state <> 'struck'
                ORDER BY one.enterprise_id, one.run_id DESC) e ON e.enterprise_id = s.enterprise_id
            WHERE s.run_id = %(run)s GROUP BY s.enterprise_id ORDER BY s.enterprise_id""",
            sql_parameters(run.period, run.pk),
        )
        return [
            pure.Enterprise(str(key), preceding_colour=colour, preceding_tail=tail)
            for key, colour, tail in cursor.fetchall()
        ]


def load_cards(run: ClosingRun, rubric: RubricValue) -> dict[str, pure.Card]:
    """Return the cards of a run without their lines (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, total, band, satisfaction_valid FROM evaluations_scorecard "
            "WHERE run_id = %s ORDER BY project_id",
            [run.pk],
        )
        return {
            str(project): pure.Card(
                str(project), (), None if total is None else total.quantize(rubric.quantum), band, valid
            )
            for project, total, band, valid in cursor.fetchall()
        }
