"""What is due for graduates, by month and once for a hiring, and what they still have to show: one statement each.

All joins are by equality of persons, so that the statements stay linear: a subquery per row took a minute for 412
graduates of a year.
"""

from evaluations.subsidies.due_parts import DAYS, PLACES, RATE, months_between, on
from redprop.common.money import round_sql

PROOFS = f"""
    proofs AS MATERIALIZED (
        SELECT COALESCE(hp.merged_into_id, hp.id) AS person_id, h.kind,
               CASE WHEN h.kind <> 'diploma' THEN h.enterprise_id END AS enterprise_id,
               CASE WHEN h.kind = 'contract' THEN h.valid_from END AS valid_from,
               CASE WHEN h.kind = 'contract' THEN h.valid_to END AS valid_to,
               CASE h.kind
                 WHEN 'contract' THEN CASE WHEN h.valid_to IS NULL THEN 9999
                      ELSE extract(year FROM age(h.valid_to + 1, h.valid_from)) * 12
                           + extract(month FROM age(h.valid_to + 1, h.valid_from)) END
                 WHEN 'insurance' THEN {months_between("h.valid_from", "h.valid_to")} + 1
                 ELSE 9999 END AS months
        FROM enterprises_hireevidence h
        JOIN core_person hp ON hp.id = h.person_id
        WHERE h.state = 'accepted' AND CASE h.kind WHEN 'contract' THEN h.valid_from IS NOT NULL
                                                   WHEN 'insurance' THEN NOT h.back_paid ELSE TRUE END
        UNION ALL
        SELECT COALESCE(ip.merged_into_id, ip.id), 'in_post', im.enterprise_id, NULL, NULL, count(*)
        FROM enterprises_inpostmonth im
        JOIN core_person ip ON ip.id = im.person_id
        WHERE im.in_post
        GROUP BY 1, 3
    )
"""
"""What every person has shown: a diploma holds at every enterprise, a contract on the days it covers."""


def lacking(cases: str) -> str:
    """Return the CTEs `proofs` and `lacks`: requirements (`kinds`) not met by rows of the CTE `cases`.

    `cases` has person_id, enterprise_id, day and rule_id; who lacks nothing has no row.
    """
    return f"""{PROOFS.strip()},
    lacks AS (
        SELECT c.person_id, c.enterprise_id, c.day, c.rule_id,
               array_agg(DISTINCT q.kind::text ORDER BY q.kind::text) AS kinds
        FROM {cases} c
        JOIN evaluations_subsidyrequirement q ON q.rule_id = c.rule_id
        WHERE NOT EXISTS (
            SELECT 1 FROM proofs p
            WHERE p.person_id = c.person_id AND p.kind = q.kind
              AND (p.enterprise_id IS NULL OR p.enterprise_id = c.enterprise_id)
              AND (p.valid_from IS NULL OR p.valid_from <= c.day)
              AND (p.valid_to IS NULL OR p.valid_to >= c.day) AND p.months >= q.at_least)
        GROUP BY 1, 2, 3, 4
    )"""


POSTS = """
    posts AS MATERIALIZED (
        SELECT COALESCE(pe.merged_into_id, pe.id) AS person_id, po.enterprise_id, po.project_id, po.valid_from,
               po.valid_to, po.id
        FROM enterprises_post po
        JOIN core_person pe ON pe.id = po.person_id AND pe.district_id = %(district)s
    )
"""
"""Posts of the person that remains when two were merged."""

TERMS = f"""
    terms AS MATERIALIZED (
        SELECT r.id AS rule_id, r.version, r.document, r.max_months, r.valid_from, r.valid_to, g.degree,
               t.basis, t.rate, t.pay_floor
        FROM evaluations_subsidyrule r
        CROSS JOIN (SELECT DISTINCT degree FROM enterprises_graduate) g
        LEFT JOIN LATERAL ({RATE.format(of_class="NULL", category="g.degree")}) t ON TRUE
        WHERE r.district_id = %(district)s AND r.benefit = %(benefit)s AND r.adopted_on IS NOT NULL
    )
"""
"""What each version of the rule pays for each degree."""

GRADUATE_MONTH = f"""
    WITH days AS MATERIALIZED ({DAYS}), {PLACES.strip()}, {POSTS.strip()}, {TERMS.strip()},
    confirmed AS (
        SELECT im.month, COALESCE(pe.merged_into_id, pe.id) AS person_id, im.enterprise_id, im.pay, im.id,
               TRUE AS is_confirmed
        FROM enterprises_inpostmonth im
        JOIN core_person pe ON pe.id = im.person_id AND pe.district_id = %(district)s
        WHERE im.in_post AND im.month >= %(first_rule)s
        UNION ALL
        SELECT m.first, COALESCE(pe.merged_into_id, pe.id), po.enterprise_id, NULL, po.id, FALSE
        FROM days m
        JOIN enterprises_post po ON {on("po", "m.day")}
        JOIN core_person pe ON pe.id = po.person_id AND pe.district_id = %(district)s
        WHERE m.day > %(projected_from)s
          AND NOT EXISTS (SELECT 1 FROM enterprises_inpostmonth x WHERE x.month = m.first AND x.person_id = pe.id)
    ), once AS (
        SELECT DISTINCT ON (person_id, month) * FROM confirmed ORDER BY person_id, month, is_confirmed DESC, id
    ), numbered AS (
        SELECT o.*, row_number() OVER (PARTITION BY o.person_id ORDER BY o.month) AS nth FROM once o
    ), found AS (
        SELECT DISTINCT ON (n.person_id, n.month)
               n.person_id, n.enterprise_id, n.pay, n.nth, m.day, m.unit, pe.name, g.degree, po.project_id,
               po.id IS NOT NULL AS has_post
        FROM numbered n
        JOIN days m ON m.first = n.month
        JOIN core_person pe ON pe.id = n.person_id
        JOIN enterprises_graduate g ON g.person_id = n.person_id AND g.is_programme_recruit
             AND g.recruited_on <= m.day
        LEFT JOIN posts po ON po.person_id = n.person_id AND po.enterprise_id = n.enterprise_id
             AND {on("po", "m.day")}
        ORDER BY n.person_id, n.month, po.project_id NULLS LAST
    ), cases AS (
        SELECT f.*, t.rule_id, t.version, t.document, t.basis, t.rate, t.pay_floor
        FROM found f
        JOIN terms t ON t.degree = f.degree AND {on("t", "f.day")}
        WHERE t.max_months IS NULL OR f.nth <= t.max_months
    ), {lacking("cases")}
    SELECT c.rule_id, %(benefit)s, c.unit, c.day, NULL::bigint, c.person_id, c.project_id, c.enterprise_id,
           COALESCE(pp.subdistrict_id, fp.subdistrict_id),
           c.basis, 1, c.rate, 1, NULL::numeric, 1, 0, {round_sql("c.rate")},
           jsonb_build_object('rule', c.version, 'document', c.document, 'degree', c.degree, 'month', c.nth)
           || CASE WHEN c.pay < c.pay_floor THEN
                jsonb_build_object('floor', c.pay_floor::text) ELSE '{{}}'::jsonb END,
           CASE WHEN NOT c.has_post THEN 'no-post' WHEN c.rate IS NULL THEN 'no-degree-rate'
                WHEN lack.kinds IS NOT NULL THEN 'missing' END, c.name
    FROM cases c
    LEFT JOIN lacks lack ON lack.person_id = c.person_id AND lack.enterprise_id = c.enterprise_id
         AND lack.day = c.day AND lack.rule_id = c.rule_id
    LEFT JOIN project_places pp ON pp.day = c.day AND pp.project_id = c.project_id
    LEFT JOIN firm_places fp ON fp.day = c.day AND fp.enterprise_id = c.enterprise_id
"""

HIRING = f"""
    WITH {POSTS.strip()}, {TERMS.strip()},
    first_posts AS (
        SELECT DISTINCT ON (person_id) * FROM posts ORDER BY person_id, valid_from, id
    ), hired AS (
        SELECT fp.*, pe.name, g.degree
        FROM first_posts fp
        JOIN core_person pe ON pe.id = fp.person_id
        JOIN enterprises_graduate g ON g.person_id = fp.person_id
        WHERE fp.valid_from <= %(last_day)s
          AND extract(year FROM g.graduated_on) = extract(year FROM fp.valid_from)
    ), days AS (
        SELECT DISTINCT h.valid_from AS day FROM hired h
    ), {PLACES.strip()},
    cases AS (
        SELECT h.person_id, h.enterprise_id, h.project_id, h.valid_from AS day, h.name, h.degree, t.rule_id,
               t.version, t.document, t.basis, t.rate
        FROM hired h
        JOIN terms t ON t.degree = h.degree AND t.rate IS NOT NULL AND {on("t", "h.valid_from")}
    ), {lacking("cases")}
    SELECT c.rule_id, %(benefit)s, to_char(c.day, 'YYYY'), c.day, NULL::bigint, c.person_id, c.project_id,
           c.enterprise_id, COALESCE(pp.subdistrict_id, fp.subdistrict_id),
           c.basis, 1, c.rate, 1, NULL::numeric, 1, 0, {round_sql("c.rate")},
           jsonb_build_object('rule', c.version, 'document', c.document, 'degree', c.degree),
           CASE WHEN lack.kinds IS NOT NULL THEN 'missing' END, c.name
    FROM cases c
    LEFT JOIN lacks lack ON lack.person_id = c.person_id AND lack.enterprise_id = c.enterprise_id
         AND lack.day = c.day AND lack.rule_id = c.rule_id
    LEFT JOIN project_places pp ON pp.day = c.day AND pp.project_id = c.project_id
    LEFT JOIN firm_places fp ON fp.day = c.day AND fp.enterprise_id = c.enterprise_id
"""
