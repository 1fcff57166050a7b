"""Pieces of SQL that the statements of `due` and `due_graduates` are made of: days, rules in force, rates, places."""


def on(alias: str, day: str) -> str:
    """Return the SQL condition that a dated row is in force on `day`."""
    return f"{alias}.valid_from <= {day} AND ({alias}.valid_to IS NULL OR {alias}.valid_to >= {day})"


def rule_in_force(day: str) -> str:
    """Return the SQL condition that rule `r` of the district and benefit is in force on `day`."""
    return (
        "r.district_id = %(district)s AND r.benefit = %(benefit)s AND r.adopted_on IS NOT NULL "
        f"AND {on('r', day)}"
    )


def full_years(since: str, day: str) -> str:
    """Return SQL for the full years from `since` to `day`, never negative (29 February counts from 1 March)."""
    return (
        f"GREATEST(extract(year FROM {day})::int - extract(year FROM {since})::int - "
        f"((extract(month FROM {day}), extract(day FROM {day})) < "
        f"(extract(month FROM {since}), extract(day FROM {since})))::int, 0)"
    )


def months_between(first: str, last: str) -> str:
    """Return SQL for the number of months from the month of `first` to the month of `last`."""
    return (
        f"((extract(year FROM {last})::int - extract(year FROM {first})::int) * 12 + "
        f"extract(month FROM {last})::int - extract(month FROM {first})::int)"
    )


SCORES = """
    SELECT DISTINCT ON (q.ends_on, e.project_id) q.ends_on, e.project_id, e.total, e.colour, e.is_named,
           ep.code, rel.index_number
    FROM (SELECT DISTINCT ends_on FROM days) q
    JOIN evaluations_evaluationperiod ep ON ep.kind = 'quarter' AND ep.ends_on <= q.ends_on
    JOIN evaluations_release rel ON rel.period_id = ep.id AND rel.district_id = %(district)s
         AND rel.kind = ANY(%(final)s) AND rel.state = ANY(%(published)s)
    JOIN evaluations_releaseentry e ON e.release_id = rel.id AND e.level = 'project' AND e.total IS NOT NULL
    ORDER BY q.ends_on, e.project_id, ep.ends_on DESC, rel.sequence DESC
"""
"""The last final score of each project at the end of each quarter; a later release stands over an earlier one."""

RATE = """
    SELECT t.basis, t.rate, t.pay_floor FROM evaluations_subsidyrate t
    WHERE t.rule_id = r.id AND (t.compound_class IS NULL OR t.compound_class = {of_class})
      AND (t.category = '' OR t.category = {category})
    ORDER BY t.compound_class NULLS LAST, t.category DESC LIMIT 1
"""

DAYS = """
    SELECT d.day, d.ends_on, date_trunc('month', d.day)::date AS first, to_char(d.day, 'YYYY-MM') AS unit
    FROM unnest(%(days)s::date[], %(ends)s::date[]) AS d(day, ends_on)
"""

PLACES = f"""
    project_places AS (
        SELECT DISTINCT ON (m.day, sc.project_id) m.day, sc.project_id, co.subdistrict_id
        FROM days m
        JOIN communities_serviceassignment a ON {on("a", "m.day")}
        JOIN communities_servicecontract sc ON sc.id = a.contract_id AND sc.district_id = %(district)s
        JOIN communities_compoundplacement pl ON pl.compound_id = a.compound_id AND {on("pl", "m.day")}
        JOIN areas_community co ON co.id = pl.community_id
        JOIN areas_subdistrict s ON s.id = co.subdistrict_id
        ORDER BY m.day, sc.project_id, s.code
    ), firm_places AS (
        SELECT DISTINCT ON (pp.day, p.enterprise_id) pp.day, p.enterprise_id, pp.subdistrict_id
        FROM project_places pp
        JOIN enterprises_serviceproject p ON p.id = pp.project_id
        JOIN areas_subdistrict s ON s.id = pp.subdistrict_id
        ORDER BY pp.day, p.enterprise_id, s.code
    )
"""
"""Who reviews first: the subdistrict of the project, else the first one in which the enterprise serves."""
