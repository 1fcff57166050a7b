"""The district in figures, quarter by quarter: coverage, promises kept, requests answered, money received.

Counts of the district alone: how much was asked never enters a score, here it only says whether it was answered.
"""

import datetime as dt
from decimal import Decimal

from django.db import connection
from django.db.models import Q, Sum

from evaluations.models import PaymentLine
from evaluations.models.subsidies.batches import AFTER_APPROVAL
from evaluations.models.subsidies.lines import LineState
from redprop.areas.models import District
from redprop.common.periods import Period, PeriodKind
from redprop.public import content

QUARTERS = 8

COVERAGE = """
SELECT q.code, count(*),
       count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM communities_serviceassignment a WHERE a.compound_id = c.id
         AND a.valid_from <= q.last AND (a.valid_to IS NULL OR a.valid_to >= q.last)))
FROM unnest(%(codes)s::text[], %(lasts)s::date[]) AS q(code, last)
JOIN communities_compound c ON c.district_id = %(district)s AND c.registered_from <= q.last
 AND (c.retired_on IS NULL OR c.retired_on > q.last)
GROUP BY q.code
"""

PROMISES = """
SELECT q.code, count(*),
       count(*) FILTER (WHERE (coalesce(p.answered_at, p.confirmed_at) AT TIME ZONE 'Asia/Shanghai')::date <= p.due_on
                        AND p.confirmed_at IS NOT NULL)
FROM unnest(%(codes)s::text[], %(firsts)s::date[], %(lasts)s::date[]) AS q(code, first, last)
JOIN communities_commitment p ON p.due_on BETWEEN q.first AND q.last AND p.state <> 'excluded'
 AND (p.confirmed_at IS NOT NULL OR p.answered_at IS NULL)
JOIN communities_jointmeeting m ON m.id = p.meeting_id AND m.state = 'accepted'
JOIN areas_community y ON y.id = m.community_id AND y.district_id = %(district)s
GROUP BY q.code
"""

REQUESTS = """
SELECT q.code, count(*), count(*) FILTER (WHERE r.answered_on <= r.due_on)
FROM unnest(%(codes)s::text[], %(firsts)s::date[], %(lasts)s::date[]) AS q(code, first, last)
JOIN communities_residentrequest r ON r.received_on BETWEEN q.first AND q.last AND r.state <> 'duplicate'
 AND (r.answered_on IS NOT NULL OR r.due_on < %(today)s)
JOIN communities_compound c ON c.id = r.compound_id AND c.district_id = %(district)s
GROUP BY q.code
"""


def quarters_of(district: District, today: dt.date) -> list[content.Quarter]:
    """Return the last whole quarters, oldest first (four queries)."""
    last = Period.of(PeriodKind.QUARTER, today).preceding()
    periods = [last.shift(step) for step in range(1 - QUARTERS, 1)]
    asked = {
        "district": district.pk,
        "today": today,
        "codes": [str(period) for period in periods],
        "firsts": [period.start for period in periods],
        "lasts": [period.end for period in periods],
    }
    counts: list[dict[str, tuple[int, int]]] = []
    with connection.cursor() as cursor:
        for statement in (COVERAGE, PROMISES, REQUESTS):
            cursor.execute(statement, asked)
            counts.append({code: (of, good) for code, of, good in cursor.fetchall()})
    money = money_of(district, asked["codes"])
    none = (0, 0)
    return [
        content.Quarter(
            str(period),
            *counts[0].get(str(period), none),
            *counts[1].get(str(period), none),
            *counts[2].get(str(period), none),
            *money.get(str(period), (Decimal(0), Decimal(0))),
        )
        for period in periods
        if str(period) in counts[0]
    ]


def money_of(district: District, codes: list[str]) -> dict[str, tuple[Decimal, Decimal]]:
    """Return by quarter what was approved and what the bank has paid (yuan)."""
    rows = (
        PaymentLine.objects.filter(batch__district=district, batch__period__in=codes)
        .filter(batch__state__in=AFTER_APPROVAL, state__in=[LineState.OPEN, LineState.PAID])
        .order_by()
        .values("batch__period")
        .annotate(approved=Sum("amount"), paid=Sum("amount", filter=Q(state=LineState.PAID)))
    )
    return {row["batch__period"]: (row["approved"] or Decimal(0), row["paid"] or Decimal(0)) for row in rows}
