"""Closing a quarter against the hand-written statement, in one process, at several sizes of the district."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from evaluations.bench import by_hand
from evaluations.models import ClosingRun, EvaluationPeriod
from evaluations.services.closing import run_inline, sql_parameters
from evaluations.services.periods import close_period, open_period
from evaluations.services.rubrics import load_sample, value_of
from redprop.accounts.models import User
from redprop.areas.models import District

QUARTER = "2026Q3"
RESULTS = (
    "evaluations_listentry, evaluations_scoreline, evaluations_scorecard, evaluations_indicatorvalue, "
    "evaluations_subject, evaluations_closingchunk, evaluations_closingrun"
)


class Differs(Exception):
    """The statement and the engine do not write the same rows: the ratio would mean nothing."""


def measure(scale: int, rounds: int, say: Callable[[str], Any]) -> dict[str, Any]:
    """Return medians in seconds and their ratio in the district of `scale` that Django's connection leads to.

    Raises Differs when the rows are not the same.
    """
    district = District.objects.get()
    evaluator = User.objects.get(username="evaluator")
    load_sample(district=district, acting_user=evaluator)
    period = open_period(district=district, code=QUARTER, acting_user=evaluator)
    rubric = value_of(period.rubric)
    by_hand.make_tables()
    engine, hand = [], []
    for number in range(rounds):
        _forget(period)
        by_hand.empty_tables()
        start = time.perf_counter()
        run = close_period(period=period, acting_user=evaluator)
        run_inline(run)
        engine.append(time.perf_counter() - start)
        run.refresh_from_db()
        period.refresh_from_db()
        parameters = sql_parameters(period, run.pk)
        start = time.perf_counter()
        with transaction.atomic():
            by_hand.run(rubric, parameters)
        hand.append(time.perf_counter() - start)
        different = by_hand.differences(run.pk)
        if different or run.state != ClosingRun.State.DONE:
            raise Differs(f"{different} rows differ at scale {scale}; the run is {run.state}.")
        say(f"  ×{scale} round {number + 1}: closing {engine[-1]:.2f} s, by hand {hand[-1]:.2f} s")
    return {
        "projects": run.projects,
        "rows": _written(),
        "rounds": rounds,
        "closing_s": round(statistics.median(engine), 3),
        "by_hand_s": round(statistics.median(hand), 3),
        "ratio": round(statistics.median(engine) / statistics.median(hand), 2),
    }


def _forget(period: EvaluationPeriod) -> None:
    """Take back a closing, which nothing but a measurement may: the tables refuse it otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"TRUNCATE {RESULTS} CASCADE")
        cursor.execute(
            "UPDATE evaluations_evaluationperiod SET state = 'open', closed_at = NULL, closed_by_id = NULL WHERE id = %s",
            [period.pk],
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    period.refresh_from_db()


def _written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in by_hand.TABLES))
        return sum(count for (count,) in cursor.fetchall())
