"""What a fund's year will come to: committed, in work, owed, and the months still to come at the last month's level."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from evaluations.models import FundYear, SubsidyRule
from redprop.common.money import ZERO


@dataclass(frozen=True)
class Expected:
    """One benefit of a fund: the last month, quarter or year computed, its sum, and what that means for the rest of the year."""

    benefit: str
    unit: str
    last: Decimal
    times: int

    @property
    def label(self) -> str:
        """The benefit in words."""
        return str(SubsidyRule.Benefit(self.benefit).label)

    @property
    def to_come(self) -> Decimal:
        """What is still to be computed until 31 December (yuan)."""
        return self.last * self.times


@dataclass(frozen=True)
class Forecast:
    """A fund's year to its end (yuan)."""

    ceiling: Decimal
    committed: Decimal
    paid: Decimal
    in_work: Decimal
    owed: Decimal
    expected: list[Expected]

    @property
    def to_come(self) -> Decimal:
        """What is still to be computed."""
        return sum((one.to_come for one in self.expected), ZERO)

    @property
    def whole(self) -> Decimal:
        """What the year will come to."""
        return self.committed + self.in_work + self.owed + self.to_come

    @property
    def left(self) -> Decimal:
        """What the ceiling leaves; below zero the fund does not suffice."""
        return self.ceiling - self.whole


def left_in_year(unit: str, year: int) -> int:
    """Return how many units like `unit` (2026-07, 2026Q3, 2026) the year still has after it.

    A unit before the year counts for all of it: nothing was computed yet.
    """
    if int(unit[:4]) > year:
        return 0
    is_before = int(unit[:4]) < year
    if "Q" in unit:
        return 4 if is_before else 4 - int(unit[-1])
    if "-" in unit:
        return 12 if is_before else 12 - int(unit[-2:])
    return 1 if is_before else 0


def forecast(year: FundYear) -> Forecast:
    """Return where the fund's year will end (three queries); one-off benefits are not foreseen."""
    first, last = dt.date(year.year, 1, 1), dt.date(year.year, 12, 31)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(total), 0) FROM evaluations_subsidybatch WHERE fund_id = %s AND period LIKE %s "
            "AND state IN ('prepared', 'first_reviewed', 'second_reviewed', 'noticed')",
            [year.fund_id, f"{year.year}%"],
        )
        in_work = cursor.fetchone()[0]
        cursor.execute(
            """
            SELECT coalesce(sum(e.amount), 0) FROM evaluations_entitlement e
            JOIN evaluations_subsidyrule r ON r.id = e.rule_id
            WHERE r.fund_id = %s AND e.voided_at IS NULL AND e.counted_on BETWEEN %s AND %s
              AND NOT EXISTS (SELECT 1 FROM evaluations_paymentline l WHERE l.entitlement_id = e.id
                              AND l.state IN ('open', 'held', 'paid', 'bank_returned'))
              AND NOT EXISTS (SELECT 1 FROM evaluations_clawbackreceipt c WHERE c.entitlement_id = e.id
                              AND c.state <> 'refused')  -- cash goes to the treasury, not to the fund
            """,
            [year.fund_id, first, last],
        )
        owed = cursor.fetchone()[0]
        cursor.execute(
            """
            SELECT DISTINCT ON (s.benefit) s.benefit, s.unit, s.total
            FROM (SELECT e.benefit, e.unit, max(e.counted_on) AS day, sum(e.amount) AS total
                  FROM evaluations_entitlement e JOIN evaluations_subsidyrule r ON r.id = e.rule_id
                  WHERE r.fund_id = %s AND e.voided_at IS NULL AND e.adjusts_id IS NULL AND e.counted_on <= %s
                    AND e.benefit <> 'hiring'
                  GROUP BY 1, 2) s
            ORDER BY s.benefit, s.day DESC, s.unit DESC
            """,
            [year.fund_id, last],
        )
        expected = [
            Expected(benefit, unit, total, left_in_year(unit, year.year))
            for benefit, unit, total in cursor.fetchall()
        ]
    return Forecast(
        ceiling=year.ceiling,
        committed=year.committed,
        paid=year.paid,
        in_work=in_work,
        owed=owed,
        expected=[one for one in expected if one.times],
    )
