"""The yardstick of the measurement writes exactly what closing writes, or its ratio would mean nothing."""

import pytest
from django.db import connection

from evaluations.bench import by_hand
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
