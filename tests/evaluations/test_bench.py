"""The yardstick of the measurement writes exactly what closing writes, or its ratio would mean nothing."""

import pytest
from django.db import connection

from evaluations.bench import by_hand, lists
from evaluations.models import ClosingRun
from evaluations.services.closing import run_inline, sql_parameters
from evaluations.services.periods import close_period, open_period
from evaluations.services.rubrics import load_sample, value_of
from redprop.accounts.models import User


@pytest.fixture
def closed_run(demo_district) -> ClosingRun:
    evaluator = User.objects.get(username="evaluator")
    load_sample(district=demo_district, acting_user=evaluator)
    period = open_period(district=demo_district, code="2026Q3", acting_user=evaluator)
    return run_inline(close_period(period=period, acting_user=evaluator))


def test_one_statement_by_hand_writes_the_same_values_lines_and_cards(closed_run):
    period = closed_run.period
    period.refresh_from_db()
    by_hand.make_tables()
    by_hand.run(value_of(period.rubric), sql_parameters(period, closed_run.pk))
    assert by_hand.differences(closed_run.pk) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_card")
        assert cursor.fetchone()[0] == closed_run.projects > 380
        cursor.execute(
            "UPDATE bench_line SET points = points + 0.01 WHERE points = (SELECT max(points) FROM bench_line)"
        )
    assert by_hand.differences(closed_run.pk) > 0


def test_only_pages_that_are_as_full_are_compared_and_each_that_stands_out_is_named():
    small = {
        "full": lists.Page(10_000, 9, [0.1, 0.1]),
        "filling": lists.Page(3_000, 4, [0.01, 0.01]),
        "asks": lists.Page(10_000, 9, [0.1, 0.1]),
    }
    large = {
        "full": lists.Page(10_500, 9, [0.11, 0.12]),
        "filling": lists.Page(10_000, 54, [2.0, 2.0]),
        "asks": lists.Page(10_000, 59, [0.3, 0.3]),
    }
    assert lists.compare(small, large) == {
        "as_full": 2,
        "p95_ratio": 3.0,
        "slower": {"asks": "100 → 300 ms"},
        "more_queries": {"asks": "9 → 59"},
    }


def test_95_percent_of_twenty_are_nineteen():
    assert lists.percentile([float(n) for n in range(20, 0, -1)], 0.95) == 19
    assert lists.percentile([7.0], 0.95) == 7
