"""What is due, computed by PostgreSQL: one INSERT … SELECT per benefit into a table of the transaction.

The same sums as `amounts` writes down as pure functions; a test holds the two against each other. A month
belongs to who serves or employs on its 15th; kind, class and community are those of that day. Rows with a
`problem` are not due: they say what could not be computed and why.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from evaluations.subsidies.due_parts import (
    DAYS,
    PLACES,
    RATE,
    SCORES,
    full_years,
    months_between,
    on,
    rule_in_force,
)
from evaluations.subsidies.scores import FINAL_KINDS, PUBLISHED
from redprop.areas.models import District
from redprop.common.money import round_sql
from redprop.common.periods import Period, PeriodKind

TABLE = "subsidy_due"
COLUMNS = (
    "rule_id, benefit, unit, counted_on, compound_id, person_id, project_id, enterprise_id, subdistrict_id, "
    "basis, quantity, rate, share, score, factor, deducted, amount, inputs"
)
_CREATE = f"""
    CREATE TEMP TABLE IF NOT EXISTS {TABLE} (
        rule_id bigint, benefit text, unit text, counted_on date, compound_id bigint, person_id bigint,
        project_id bigint, enterprise_id bigint, subdistrict_id bigint, basis text, quantity numeric,
        rate numeric, share numeric, score numeric, factor numeric, deducted numeric, amount numeric,
        inputs jsonb, problem text, about text
    ) ON COMMIT DROP
"""


CLASS_SUBSIDY = f"""
    WITH days AS MATERIALIZED ({DAYS}), scores AS MATERIALIZED ({SCORES}),
    spans AS (
        SELECT a.compound_id, min(a.valid_from) AS served_since,
               min(a.valid_from) FILTER (WHERE sc.kind <> 'trusteeship') AS market_since
        FROM communities_serviceassignment a
        JOIN communities_servicecontract sc ON sc.id = a.contract_id AND sc.district_id = %(district)s
        GROUP BY a.compound_id
    ), served AS (
        SELECT m.day, m.first, m.ends_on, m.unit, c.id AS compound_id, c.name, c.households, c.floor_area,
               cl.compound_class, p.id AS project_id, p.enterprise_id, co.subdistrict_id,
               s.served_since, s.market_since,
               count(*) OVER (PARTITION BY m.day, p.id, cl.compound_class) AS sharers,
               row_number() OVER (PARTITION BY m.day, p.id, cl.compound_class ORDER BY c.code) AS place
        FROM days m
        JOIN communities_compound c ON c.district_id = %(district)s
             AND c.registered_from <= m.day AND (c.retired_on IS NULL OR c.retired_on > m.day)
        JOIN communities_compoundkind k ON k.compound_id = c.id AND k.kind = 'old' AND {on("k", "m.day")}
        JOIN communities_serviceassignment a ON a.compound_id = c.id AND {on("a", "m.day")}
        JOIN communities_servicecontract sc ON sc.id = a.contract_id
        JOIN enterprises_serviceproject p ON p.id = sc.project_id
        JOIN spans s ON s.compound_id = c.id
        LEFT JOIN communities_compoundclass cl ON cl.compound_id = c.id AND {on("cl", "m.day")}
        LEFT JOIN communities_compoundplacement pl ON pl.compound_id = c.id AND {on("pl", "m.day")}
        LEFT JOIN areas_community co ON co.id = pl.community_id
    ), ruled AS (
        SELECT v.*, r.id AS rule_id, r.version, r.document, r.yearly_decline, r.decline_floor,
               r.max_months, r.ends_at_collection, r.deducts_diverted,
               CASE r.decline_from WHEN 'service' THEN v.served_since WHEN 'market' THEN v.market_since
                    ELSE r.decline_since END AS since,
               CASE r.decline_from WHEN 'service' THEN v.served_since WHEN 'market' THEN v.market_since
                    ELSE COALESCE(r.decline_since, r.valid_from) END AS counted_from,
               t.basis, t.rate,
               CASE t.basis WHEN 'household' THEN v.households WHEN 'm2' THEN v.floor_area ELSE 1 END AS quantity,
               sc.total AS score, sc.code AS score_period, sc.index_number,
               CASE WHEN sc.total IS NULL OR NOT EXISTS (
                        SELECT 1 FROM evaluations_factorband b WHERE b.rule_id = r.id) THEN 1
                    ELSE COALESCE((SELECT b.factor FROM evaluations_factorband b
                                   WHERE b.rule_id = r.id AND b.score_from <= sc.total
                                   ORDER BY b.score_from DESC LIMIT 1), 0) END AS factor
        FROM served v
        JOIN evaluations_subsidyrule r ON {rule_in_force("v.day")}
        LEFT JOIN LATERAL ({RATE.format(of_class="v.compound_class", category="''")}) t ON TRUE
        LEFT JOIN scores sc ON sc.ends_on = v.ends_on AND sc.project_id = v.project_id
    ), running AS (
        SELECT u.*, CASE WHEN u.yearly_decline = 0 OR u.since IS NULL THEN 1
                         ELSE GREATEST(1 - u.yearly_decline * {full_years("u.since", "u.first")},
                                       u.decline_floor, 0) END AS share
        FROM ruled u
        WHERE (u.max_months IS NULL OR u.counted_from IS NULL
               OR {months_between("u.counted_from", "u.first")} < u.max_months)
          AND NOT (u.ends_at_collection IS NOT NULL
            AND EXISTS (SELECT 1 FROM communities_residentfee fee WHERE fee.compound_id = u.compound_id
                        AND fee.charged_fee > 0 AND {on("fee", "u.day")})
            AND EXISTS (SELECT 1 FROM communities_feecollection fc WHERE fc.compound_id = u.compound_id
                        AND fc.quarter = (date_trunc('quarter', u.first) - interval '3 months')::date
                        AND fc.due > 0 AND fc.collected >= u.ends_at_collection * fc.due))
    ), whole AS (
        SELECT w.*, {round_sql("w.quantity * w.rate * w.share * w.factor")} AS gross FROM running w
    ), part AS (
        SELECT o.*, CASE WHEN o.basis = 'project' AND o.sharers > 1 THEN
                 (div(o.gross * 100, o.sharers) + (o.place <= mod(o.gross * 100, o.sharers))::int) / 100.0
               ELSE o.gross END AS own,
               CASE WHEN o.deducts_diverted THEN COALESCE((
                 SELECT sum(div(dv.amount * 100, dv.deduct_months)
                            + ({months_between("dv.deduct_from", "o.first")}
                               < mod(dv.amount * 100, dv.deduct_months))::int) / 100.0
                 FROM communities_incomediversion dv
                 WHERE dv.compound_id = o.compound_id AND dv.deduct_from <= o.first
                   AND {months_between("dv.deduct_from", "o.first")} < dv.deduct_months), 0) ELSE 0 END AS planned
        FROM whole o
    )
    SELECT rule_id, %(benefit)s, unit, day, compound_id, NULL::bigint, project_id, enterprise_id, subdistrict_id,
           basis, quantity, rate, share, score, factor, LEAST(planned, own), own - LEAST(planned, own),
           jsonb_build_object('rule', version, 'document', document, 'class', compound_class,
                              'served_since', served_since, 'score_period', score_period, 'release', index_number)
           || CASE WHEN basis = 'project' AND sharers > 1 THEN
                jsonb_build_object('whole', gross::text, 'sharers', sharers, 'position', place)
              ELSE '{{}}'::jsonb END,
           CASE WHEN rate IS NULL THEN 'no-rate' WHEN quantity IS NULL THEN 'no-' || basis END, name
    FROM part
"""

REWARD = f"""
    WITH days AS MATERIALIZED (
        SELECT d.day, d.day AS ends_on, d.code FROM unnest(%(ends)s::date[], %(codes)s::text[]) AS d(day, code)
    ), scores AS MATERIALIZED ({SCORES}), {PLACES.strip()},
    sizes AS (
        SELECT m.day, sc.project_id, sum(c.households) AS households, sum(c.floor_area) AS floor_area,
               count(*) AS compounds, bool_or(c.households IS NULL) AS no_households,
               bool_or(c.floor_area IS NULL) AS no_area
        FROM days m
        JOIN communities_serviceassignment a ON {on("a", "m.day")}
        JOIN communities_servicecontract sc ON sc.id = a.contract_id AND sc.district_id = %(district)s
        JOIN communities_compound c ON c.id = a.compound_id
        GROUP BY m.day, sc.project_id
    ), listed AS (
        SELECT s.*, p.name, p.enterprise_id, z.households, z.floor_area, z.compounds, z.no_households, z.no_area
        FROM scores s
        JOIN days d ON d.ends_on = s.ends_on AND d.code = s.code AND s.is_named
        JOIN enterprises_serviceproject p ON p.id = s.project_id
        LEFT JOIN sizes z ON z.day = s.ends_on AND z.project_id = s.project_id
    )
    SELECT r.id, %(benefit)s, l.code, l.ends_on, NULL::bigint, NULL::bigint, l.project_id, l.enterprise_id,
           pp.subdistrict_id, t.basis, q.quantity, t.rate, 1, l.total, 1, 0, {round_sql("q.quantity * t.rate")},
           jsonb_build_object('rule', r.version, 'document', r.document, 'colour', l.colour,
                              'score_period', l.code, 'release', l.index_number),
           CASE WHEN q.quantity IS NULL THEN 'no-' || t.basis END, l.name
    FROM listed l
    JOIN evaluations_subsidyrule r ON {rule_in_force("l.ends_on")}
    JOIN LATERAL (
        SELECT t.basis, t.rate FROM evaluations_subsidyrate t
        WHERE t.rule_id = r.id AND t.compound_class IS NULL AND t.category = l.colour) t ON TRUE
    CROSS JOIN LATERAL (
        SELECT CASE t.basis WHEN 'household' THEN CASE WHEN NOT l.no_households THEN l.households END
                            WHEN 'm2' THEN CASE WHEN NOT l.no_area THEN l.floor_area END
                            WHEN 'compound' THEN l.compounds ELSE 1 END AS quantity) q
    LEFT JOIN project_places pp ON pp.day = l.ends_on AND pp.project_id = l.project_id
"""

SECRETARY = f"""
    WITH covered AS (
        SELECT pc.organisation_id, pc.enterprise_id, p.id AS project_id
        FROM enterprises_partycoverage pc
        LEFT JOIN enterprises_serviceproject p ON p.id = pc.project_id
        WHERE {on("pc", "%(day)s")} AND pc.project_id IS NOT NULL
        UNION ALL
        SELECT pc.organisation_id, pc.enterprise_id, p.id
        FROM enterprises_partycoverage pc
        LEFT JOIN enterprises_serviceproject p ON p.enterprise_id = pc.enterprise_id
        WHERE {on("pc", "%(day)s")} AND pc.project_id IS NULL
    ), places AS (
        SELECT DISTINCT ON (v.organisation_id) v.organisation_id, s.id AS subdistrict_id
        FROM covered v
        JOIN communities_servicecontract sc ON sc.project_id = v.project_id
        JOIN communities_serviceassignment a ON a.contract_id = sc.id AND {on("a", "%(day)s")}
        JOIN communities_compoundplacement pl ON pl.compound_id = a.compound_id AND {on("pl", "%(day)s")}
        JOIN areas_community co ON co.id = pl.community_id
        JOIN areas_subdistrict s ON s.id = co.subdistrict_id
        ORDER BY v.organisation_id, s.code
    ), firms AS (
        SELECT organisation_id, min(enterprise_id) AS enterprise_id FROM covered GROUP BY organisation_id
    ), held AS (
        SELECT COALESCE(pe.merged_into_id, pe.id) AS person_id, o.id, o.code, o.name
        FROM enterprises_partypost pp
        JOIN enterprises_partyorganisation o ON o.id = pp.organisation_id AND o.district_id = %(district)s
             AND o.founded_on <= %(day)s AND (o.dissolved_on IS NULL OR o.dissolved_on > %(day)s)
        JOIN core_person pe ON pe.id = pp.person_id
        WHERE pp.kind = 'secretary' AND {on("pp", "%(day)s")}
    ), chosen AS (
        SELECT DISTINCT ON (h.person_id) h.person_id, pe.name AS person, h.name,
               count(*) OVER (PARTITION BY h.person_id) AS organisations, f.enterprise_id, pl.subdistrict_id
        FROM held h
        JOIN core_person pe ON pe.id = h.person_id
        LEFT JOIN firms f ON f.organisation_id = h.id
        LEFT JOIN places pl ON pl.organisation_id = h.id
        ORDER BY h.person_id, h.code
    )
    SELECT r.id, %(benefit)s, to_char(%(day)s::date, 'YYYY'), %(day)s::date, NULL::bigint, c.person_id, NULL::bigint,
           c.enterprise_id, c.subdistrict_id, t.basis, 1, t.rate, 1, NULL::numeric, 1, 0, {round_sql("t.rate")},
           jsonb_build_object('rule', r.version, 'document', r.document, 'organisation', c.name,
                              'organisations', c.organisations), NULL, c.person
    FROM chosen c
    JOIN evaluations_subsidyrule r ON {rule_in_force("%(day)s")}
    JOIN LATERAL ({RATE.format(of_class="NULL", category="''")}) t ON TRUE
"""


def open_table() -> None:
    """Make the table of this transaction, empty."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.execute(f"TRUNCATE {TABLE}")


def fill(sql: str, *, district: District, benefit: str, **more: Any) -> int:
    """Insert what `sql` finds (one statement); returns the number of rows, those with a problem included."""
    values = {
        "district": district.pk,
        "benefit": str(benefit),
        "final": [str(kind) for kind in FINAL_KINDS],
        "published": [str(state) for state in PUBLISHED],
        **more,
    }
    with connection.cursor() as cursor, joined_by_hash(cursor):
        cursor.execute(f"INSERT INTO {TABLE} ({COLUMNS}, problem, about) {sql}", values)
        return cursor.rowcount


@contextlib.contextmanager
def joined_by_hash(cursor: Any) -> Iterator[None]:
    """Let PostgreSQL compare no row with every other row inside the block, whatever it guesses about their number.

    Registers that were filled minutes ago have no statistics yet: 412 graduates of a year then took a minute.
    """
    names = ("enable_nestloop", "enable_mergejoin", "jit")
    cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    before = cursor.fetchone()
    change = "SELECT " + ", ".join(f"set_config('{name}', %s, TRUE)" for name in names)
    cursor.execute(change, ["off"] * len(names))
    yield
    cursor.execute(change, before)


def days_of(months: Sequence[Period]) -> dict[str, list[dt.date]]:
    """Return the 15th of each month, and the end of its quarter."""
    days = [month.start.replace(day=15) for month in months]
    return {"days": days, "ends": [Period.of(PeriodKind.QUARTER, day).end for day in days]}
