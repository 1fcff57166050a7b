"""Money after a corrected result: replaced before its approval, held before its export, a difference line afterwards."""

from decimal import Decimal

import pytest

from evaluations.models import Entitlement, EvaluationPeriod
from evaluations.services import batches
from evaluations.services.after_correction import hold_payments, payments_of, settle_payments
from tests.subsidies.conftest import publish_final

pytestmark = pytest.mark.django_db


def period_of(town):
    return EvaluationPeriod.objects.get(district=town.district, code="2026Q3")


def corrected(town):
    """The result of the quarter falls from 92.5 to 85 points: the factor from 1.1 to 1."""
    publish_final(town.district, "2026Q3", {town.project: Decimal("85")}, kind="correction")
    return settle_payments(period=period_of(town), acting_user=town.cast.publisher)


def touched(town):
    return payments_of(period=period_of(town), projects=[town.project.pk])


def test_not_approved_is_voided_and_replaced(scored):
    scored.prepare()
    assert touched(scored) == {"replaced": 6, "held": 0, "adjusted": 0}  # two compounds, three months
    [computed] = corrected(scored)
    assert (computed.replaced, computed.held, computed.adjusted) == (6, 0, 0)
    # 5,230 m² × 0.26 × 0.9 × 1 = 1,223.82 instead of 1,346.20
    rows = Entitlement.objects.live().filter(compound=scored.first)
    assert {str(row.amount) for row in rows} == {"1223.82"}


def test_approved_and_not_exported_is_held_from_the_decision_to_correct(scored):
    batch = scored.approved(scored.prepare())
    assert touched(scored) == {"replaced": 0, "held": 6, "adjusted": 0}
    held = hold_payments(
        period=period_of(scored),
        projects=[scored.project.pk],
        reason="检查表录入有误",
        acting_user=scored.cast.evaluator,
    )
    assert held == 6
    lines = batch.lines.filter(state="held")
    assert {line.state_by for line in lines} == {"evaluator"}
    assert "检查表录入有误" in lines[0].state_reason
    assert not batch.lines.filter(state="open").exists()


def test_exported_gets_a_numbered_difference_line(scored):
    batches.export_batch(batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker)
    assert touched(scored) == {"replaced": 0, "held": 0, "adjusted": 6}
    [computed] = corrected(scored)
    assert (computed.replaced, computed.held, computed.adjusted) == (0, 0, 6)
    rows = Entitlement.objects.filter(adjusts__isnull=False, compound=scored.first)
    assert {(row.adjustment_number, str(row.amount)) for row in rows} == {(1, "-122.38")}


def test_the_result_of_another_quarter_or_project_touches_nothing(scored):
    scored.prepare()
    period = EvaluationPeriod.objects.get(code="2026Q3")
    assert payments_of(period=period, projects=[]) == {"replaced": 0, "held": 0, "adjusted": 0}
