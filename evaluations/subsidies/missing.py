"""What evidence an enterprise still has to give for its graduates: one list, asked once, whatever rules want it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from enterprises.models import HireEvidence
from evaluations.models import SubsidyRequirement
from evaluations.subsidies.due_graduates import lacking
from evaluations.subsidies.due_parts import on

ASKED = (HireEvidence.Kind.CONTRACT, HireEvidence.Kind.INSURANCE, HireEvidence.Kind.DIPLOMA)
"""Months in post are confirmed every month and are never asked for here."""


@dataclass
class Wanted:
    """A piece of evidence that a person's subsidy waits for."""

    kind: str
    at_least: int
    waiting: bool = False
    refused: str = ""

    @property
    def sentence(self) -> str:
        """What is to be shown, in words."""
        if self.kind == HireEvidence.Kind.CONTRACT:
            return _("Labour contract of at least %(count)s months") % {"count": self.at_least}
        if self.kind == HireEvidence.Kind.INSURANCE:
            return _("Social insurance of at least %(count)s months, paid month by month") % {
                "count": self.at_least
            }
        return _("Diploma")


@dataclass
class Lacking:
    """A person whose subsidy waits for evidence."""

    person_id: int
    person: str
    enterprise_id: int
    enterprise: str
    wanted: list[Wanted] = field(default_factory=list)


def missing_evidence(enterprises: Sequence[int], day: dt.date) -> list[Lacking]:
    """Return who lacks which evidence on `day`, by enterprise and person (three queries)."""
    sql = f"""
        WITH first_posts AS (
            SELECT DISTINCT ON (COALESCE(pe.merged_into_id, pe.id)) COALESCE(pe.merged_into_id, pe.id) AS person_id,
                   po.enterprise_id, po.valid_from AS day, 'hiring' AS benefit
            FROM enterprises_post po JOIN core_person pe ON pe.id = po.person_id
            ORDER BY COALESCE(pe.merged_into_id, pe.id), po.valid_from, po.id
        ), cases AS (
            SELECT f.person_id, f.enterprise_id, f.day, f.benefit, g.degree
            FROM first_posts f JOIN enterprises_graduate g ON g.person_id = f.person_id
            WHERE f.enterprise_id = ANY(%(firms)s) AND f.day <= %(day)s
              AND extract(year FROM g.graduated_on) = extract(year FROM f.day)
            UNION
            SELECT COALESCE(pe.merged_into_id, pe.id), po.enterprise_id, %(day)s::date, 'graduate_month', g.degree
            FROM enterprises_post po
            JOIN core_person pe ON pe.id = po.person_id
            JOIN enterprises_graduate g ON g.person_id = COALESCE(pe.merged_into_id, pe.id)
                 AND g.is_programme_recruit AND g.recruited_on <= %(day)s
            WHERE po.enterprise_id = ANY(%(firms)s) AND {on("po", "%(day)s")}
        ), ruled AS (
            SELECT c.person_id, c.enterprise_id, c.day, c.benefit, r.id AS rule_id, f.name AS firm
            FROM cases c
            JOIN enterprises_enterprise f ON f.id = c.enterprise_id
            JOIN evaluations_subsidyrule r ON r.district_id = f.district_id AND r.benefit = c.benefit
                 AND r.adopted_on IS NOT NULL AND {on("r", "c.day")}
            WHERE EXISTS (SELECT 1 FROM evaluations_subsidyrate t WHERE t.rule_id = r.id
                          AND t.category IN ('', c.degree))
        ), {lacking("ruled")}
        SELECT DISTINCT c.person_id, pe.name, pe.pinyin, c.enterprise_id, c.firm, c.rule_id, lack.kinds, c.day,
               c.benefit
        FROM ruled c
        JOIN core_person pe ON pe.id = c.person_id
        JOIN lacks lack ON lack.person_id = c.person_id AND lack.enterprise_id = c.enterprise_id
             AND lack.day = c.day AND lack.rule_id = c.rule_id
        ORDER BY c.firm, pe.pinyin, c.person_id
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"firms": list(enterprises), "day": day})
        rows = cursor.fetchall()
    least = {
        (rule, kind): months
        for rule, kind, months in SubsidyRequirement.objects.filter(
            rule__in={row[5] for row in rows}
        ).values_list("rule", "kind", "at_least")
    }
    given: dict[tuple[int, int, str], tuple[str, str]] = {}
    for person, firm, kind, state, reason in (
        HireEvidence.objects.filter(enterprise__in=enterprises)
        .exclude(state=HireEvidence.State.ACCEPTED)
        .order_by("pk")
        .values_list("person", "enterprise", "kind", "state", "reason")
    ):
        given[person, firm, kind] = (state, reason)
    found: dict[tuple[int, int], Lacking] = {}
    for person, name, _pinyin, firm, firm_name, rule, kinds, since, benefit in rows:
        one = found.setdefault((firm, person), Lacking(person, name, firm, firm_name))
        for kind in kinds:
            if kind not in ASKED:
                continue
            months = least[rule, kind]
            if (
                kind == HireEvidence.Kind.INSURANCE
                and benefit == "hiring"
                and _full_months(since, day) < months
            ):
                continue  # nobody can show months that have not passed
            standing = next((wanted for wanted in one.wanted if wanted.kind == kind), None)
            if standing is not None:
                standing.at_least = max(standing.at_least, months)
                continue
            state, reason = given.get((person, firm, kind), ("", ""))
            one.wanted.append(
                Wanted(
                    kind,
                    months,
                    waiting=state == HireEvidence.State.SUBMITTED,
                    refused=reason if state == HireEvidence.State.REFUSED else "",
                )
            )
    return [one for one in found.values() if one.wanted]


def _full_months(since: dt.date, day: dt.date) -> int:
    return (day.year - since.year) * 12 + day.month - since.month
