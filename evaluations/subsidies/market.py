"""How far the old compounds have come on their way to the market, as of any day (one query)."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from evaluations.subsidies.due_parts import on
from redprop.areas.models import District


class Stage(TextChoices):
    """The stages of the way, the last one first."""

    OWN_FEET = "own_feet", _("stands on its own feet")
    CHARGING = "charging", _("charges residents, still subsidised")
    MARKET = "market", _("market service, no fee yet")
    TRUSTEESHIP = "trusteeship", _("trusteeship")
    UNSERVED = "unserved", _("without service")


@dataclass(frozen=True, slots=True)
class Place:
    """An old compound on its way."""

    day: dt.date
    pk: int
    code: str
    name: str
    subdistrict: str
    enterprise: str
    stage: str
    agreed_fee: Decimal | None
    charged_fee: Decimal | None
    quarter: dt.date | None
    rate: Decimal | None
    other_income: Decimal | None
    subsidy_month: str
    subsidy: Decimal | None

    @property
    def stage_label(self) -> str:
        """The stage in words."""
        return str(Stage(self.stage).label)


def way_to_market(
    district: District, days: Sequence[dt.date], subdistricts: Sequence[int] | None = None
) -> list[Place]:
    """Return every old compound on each of `days` with fee, collection, income, subsidy and its stage.

    A compound stands on its own feet when a market enterprise serves it, residents are charged, and the last
    month computed by that day gave it no class subsidy. `subdistricts` narrows to some.
    """
    sql = f"""
        WITH days AS MATERIALIZED (
            SELECT d.day, (SELECT max(e.unit) FROM evaluations_entitlement e
                           WHERE e.district_id = %(district)s AND e.benefit = 'class_subsidy'
                             AND e.voided_at IS NULL AND e.unit <= to_char(d.day, 'YYYY-MM')) AS unit
            FROM unnest(%(days)s::date[]) AS d(day)
        ), paid AS (
            SELECT m.day, e.compound_id, sum(e.amount) AS amount
            FROM days m
            JOIN evaluations_entitlement e ON e.district_id = %(district)s AND e.benefit = 'class_subsidy'
                 AND e.voided_at IS NULL AND e.unit = m.unit
            GROUP BY m.day, e.compound_id
        ), collected AS (
            SELECT DISTINCT ON (m.day, fc.compound_id) m.day, fc.compound_id, fc.quarter,
                   fc.collected / NULLIF(fc.due, 0) AS rate, fc.other_income
            FROM days m
            JOIN communities_feecollection fc ON (fc.quarter + interval '3 months')::date <= m.day + 1
            ORDER BY m.day, fc.compound_id, fc.quarter DESC
        )
        SELECT m.day, c.id, c.code, c.name, COALESCE(s.name, ''), COALESCE(f.name, ''),
               CASE WHEN a.id IS NULL THEN 'unserved' WHEN sc.kind = 'trusteeship' THEN 'trusteeship'
                    WHEN COALESCE(fee.charged_fee, 0) = 0 THEN 'market'
                    WHEN m.unit IS NOT NULL AND COALESCE(paid.amount, 0) = 0 THEN 'own_feet'
                    ELSE 'charging' END,
               fee.agreed_fee, fee.charged_fee, col.quarter, col.rate, col.other_income,
               COALESCE(m.unit, ''), paid.amount
        FROM days m
        JOIN communities_compound c ON c.district_id = %(district)s AND c.merged_into_id IS NULL
             AND c.registered_from <= m.day AND (c.retired_on IS NULL OR c.retired_on > m.day)
        JOIN communities_compoundkind k ON k.compound_id = c.id AND k.kind = 'old' AND {on("k", "m.day")}
        LEFT JOIN communities_serviceassignment a ON a.compound_id = c.id AND {on("a", "m.day")}
        LEFT JOIN communities_servicecontract sc ON sc.id = a.contract_id
        LEFT JOIN enterprises_serviceproject p ON p.id = sc.project_id
        LEFT JOIN enterprises_enterprise f ON f.id = p.enterprise_id
        LEFT JOIN communities_compoundplacement pl ON pl.compound_id = c.id AND {on("pl", "m.day")}
        LEFT JOIN areas_community co ON co.id = pl.community_id
        LEFT JOIN areas_subdistrict s ON s.id = co.subdistrict_id
        LEFT JOIN communities_residentfee fee ON fee.compound_id = c.id AND {on("fee", "m.day")}
        LEFT JOIN collected col ON col.day = m.day AND col.compound_id = c.id
        LEFT JOIN paid ON paid.day = m.day AND paid.compound_id = c.id
        WHERE %(every)s OR co.subdistrict_id = ANY(%(subdistricts)s)
        ORDER BY m.day, s.code, c.code
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "district": district.pk,
                "days": list(days),
                "every": subdistricts is None,
                "subdistricts": list(subdistricts or ()),
            },
        )
        return [Place(*row) for row in cursor.fetchall()]


def counts(places: Sequence[Place]) -> Counter[str]:
    """Return how many compounds are in each stage."""
    return Counter(place.stage for place in places)
