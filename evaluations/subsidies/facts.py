"""What the registers say for a subsidy: one set-based statement per benefit, for all days at once.

A month belongs to who serves on its 15th; so do class, kind and community.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from redprop.areas.models import District

_ON = "{0}.valid_from <= {1} AND ({0}.valid_to IS NULL OR {0}.valid_to >= {1})"


def _on(alias: str, day: str) -> str:
    return _ON.format(alias, day)


@dataclass(frozen=True, slots=True)
class ServedCompound:
    """An old compound served by a project on the day that decides; `sharers` compounds share the project's rate."""

    day: dt.date
    compound_id: int
    compound: str
    compound_class: int | None
    households: int | None
    floor_area: Decimal | None
    project_id: int
    enterprise_id: int
    subdistrict_id: int | None
    served_since: dt.date
    sharers: int
    position: int


@dataclass(frozen=True, slots=True)
class Secretary:
    """A person who is secretary of (at least) one party organisation of enterprises on the day that decides."""

    person_id: int
    person: str
    organisation: str
    organisations: int
    enterprise_id: int | None
    subdistrict_id: int | None


def served_old_compounds(district: District, days: Sequence[dt.date]) -> list[ServedCompound]:
    """Return the old compounds served on each of `days` (one query)."""
    sql = f"""
        SELECT m.day, c.id, c.name, cl.compound_class, c.households, c.floor_area,
               p.id, p.enterprise_id, co.subdistrict_id, first.served_since,
               count(*) OVER (PARTITION BY m.day, p.id, cl.compound_class),
               row_number() OVER (PARTITION BY m.day, p.id, cl.compound_class ORDER BY c.code)
        FROM unnest(%s::date[]) AS m(day)
        JOIN communities_compound c ON c.district_id = %s
             AND c.registered_from <= m.day AND (c.retired_on IS NULL OR c.retired_on > m.day)
        JOIN communities_compoundkind k ON k.compound_id = c.id AND k.kind = 'old' AND {_on("k", "m.day")}
        JOIN communities_serviceassignment a ON a.compound_id = c.id AND {_on("a", "m.day")}
        JOIN communities_servicecontract sc ON sc.id = a.contract_id
        JOIN enterprises_serviceproject p ON p.id = sc.project_id
        JOIN (SELECT compound_id, min(valid_from) AS served_since
              FROM communities_serviceassignment GROUP BY compound_id) first ON first.compound_id = c.id
        LEFT JOIN communities_compoundclass cl ON cl.compound_id = c.id AND {_on("cl", "m.day")}
        LEFT JOIN communities_compoundplacement pl ON pl.compound_id = c.id AND {_on("pl", "m.day")}
        LEFT JOIN areas_community co ON co.id = pl.community_id
        ORDER BY m.day, c.code
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(days), district.pk])
        return [ServedCompound(*row) for row in cursor.fetchall()]


def secretaries(district: District, day: dt.date) -> list[Secretary]:
    """Return each person once who is a secretary on `day`, with the first of the own organisations (one query).

    The person's subdistrict is the first one in which a project covered by that organisation serves.
    """
    sql = f"""
        WITH covered AS (
            SELECT pc.organisation_id, pc.enterprise_id, p.id AS project_id
            FROM enterprises_partycoverage pc
            LEFT JOIN enterprises_serviceproject p ON p.id = pc.project_id
            WHERE {_on("pc", "%(day)s")} AND pc.project_id IS NOT NULL
            UNION ALL
            SELECT pc.organisation_id, pc.enterprise_id, p.id
            FROM enterprises_partycoverage pc
            LEFT JOIN enterprises_serviceproject p ON p.enterprise_id = pc.enterprise_id
            WHERE {_on("pc", "%(day)s")} AND pc.project_id IS NULL
        ), places AS (
            SELECT DISTINCT ON (v.organisation_id) v.organisation_id, s.id AS subdistrict_id
            FROM covered v
            JOIN communities_servicecontract sc ON sc.project_id = v.project_id
            JOIN communities_serviceassignment a ON a.contract_id = sc.id AND {_on("a", "%(day)s")}
            JOIN communities_compoundplacement pl ON pl.compound_id = a.compound_id AND {_on("pl", "%(day)s")}
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
            WHERE pp.kind = 'secretary' AND {_on("pp", "%(day)s")}
        )
        SELECT DISTINCT ON (h.person_id) h.person_id, pe.name, h.name,
               count(*) OVER (PARTITION BY h.person_id), f.enterprise_id, pl.subdistrict_id
        FROM held h
        JOIN core_person pe ON pe.id = h.person_id
        LEFT JOIN firms f ON f.organisation_id = h.id
        LEFT JOIN places pl ON pl.organisation_id = h.id
        ORDER BY h.person_id, h.code
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"day": day, "district": district.pk})
        return [Secretary(*row) for row in cursor.fetchall()]
