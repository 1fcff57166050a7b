"""What a published entry says about its subject on the day of publication: names, compounds, manager's post, lines.

Read set-wise for a whole release, then never again: the copy is what stays public.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import translation

from enterprises.models import Enterprise, ServiceProject
from evaluations.models import ClosingRun, ListEntry, Release, ReleaseEntry
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.scoring.rubric import number
from evaluations.scoring.transforms import RAW_QUANTUM, Status, exact_raw
from evaluations.services.bundles import RunData, entry_of, pseudonym, salt_of
from evaluations.words import rule_text
from redprop.common.rounding import quantize

OFFICIAL_LANGUAGE = "zh-hans"

COMPOUNDS = """
SELECT s.project_id, c.code, c.name, coalesce(community.name, ''), coalesce(street.name, '')
FROM evaluations_subject s
JOIN communities_servicecontract k ON k.project_id = s.project_id
JOIN communities_serviceassignment a ON a.contract_id = k.id
  AND a.valid_from <= s.last_day AND (a.valid_to IS NULL OR a.valid_to >= s.last_day)
JOIN communities_compound c ON c.id = a.compound_id
LEFT JOIN communities_compoundplacement place ON place.compound_id = c.id
  AND place.valid_from <= s.last_day AND (place.valid_to IS NULL OR place.valid_to >= s.last_day)
LEFT JOIN areas_communityversion community ON community.community_id = place.community_id
  AND community.valid_from <= s.last_day AND (community.valid_to IS NULL OR community.valid_to >= s.last_day)
LEFT JOIN areas_subdistrict street ON street.id = community.subdistrict_id
WHERE s.run_id = %s ORDER BY s.project_id, c.code
"""

MANAGERS = """
SELECT s.project_id, post.title, person.name
FROM evaluations_subject s
JOIN enterprises_post post ON post.project_id = s.project_id AND post.kind = 'project_manager'
  AND post.valid_from <= s.last_day AND (post.valid_to IS NULL OR post.valid_to >= s.last_day)
JOIN core_person person ON person.id = post.person_id
WHERE s.run_id = %s
"""


def frozen_rows(
    release: Release, data: RunData, entries: Sequence[ListEntry], today: dt.date
) -> list[ReleaseEntry]:
    """Return the unsaved rows of a release, one for each entry; struck entries become "not listed"."""
    run = release.run
    compounds, managers = _compounds(run), _managers(run)
    enterprises = Enterprise.objects.in_bulk({entry.enterprise_id for entry in entries})
    projects = ServiceProject.objects.in_bulk({entry.project_id for entry in entries if entry.project_id})
    since = release.district.names_of_persons_since
    names_allowed = since is not None and since <= today
    preceding = {subject.key: subject.preceding_colour for subject in data.subjects}
    preceding_of_firms = {firm.key: firm.preceding_colour for firm in data.enterprises}
    bands = {band.code: band.title for band in data.rubric.bands}
    with translation.override(OFFICIAL_LANGUAGE):
        rules = [rule_text(item) for item in data.rubric.items]
    rows = []
    for entry in entries:
        key = entry.project_id or entry.enterprise_id
        struck = entry.state == ListEntry.State.STRUCK
        row = ReleaseEntry(
            release=release,
            entry=entry,
            level=entry.level,
            project_id=entry.project_id,
            enterprise_id=entry.enterprise_id,
            pseudonym=pseudonym(release.pseudonym_key, entry.level, key),
            colour="unlisted" if struck else entry.colour,
            is_named=entry.is_named and not struck,
            total=entry.total,
            band=entry.band,
            band_title=bands.get(entry.band, ""),
            place=entry.place,
            rank=entry.rank,
            ranked=entry.ranked,
            reasons=[{"code": "struck", "why": entry.remark}] if struck else entry.reasons,
            enterprise_name=enterprises[entry.enterprise_id].name,
            enterprise_uscc=enterprises[entry.enterprise_id].uscc,
            notice_starts_on=entry.notice_starts_on,
            notice_ends_on=entry.notice_ends_on,
        )
        if entry.project_id:
            project = projects[entry.project_id]
            row.project_code, row.project_name = project.code, project.name
            row.compounds = compounds.get(entry.project_id, [])
            row.subdistrict_name = row.compounds[0]["subdistrict"] if row.compounds else ""
            title, name = managers.get(entry.project_id, ("", ""))
            row.manager_post, row.manager_name = title, name if names_allowed else ""
            row.preceding_colour = preceding.get(str(entry.project_id), "")
            row.lines = lines_of(data, str(entry.project_id), rules)
        else:
            row.preceding_colour = preceding_of_firms.get(str(entry.enterprise_id), "")
        if row.is_named:
            row.salt = salt_of(release.pseudonym_key, row.pseudonym)
            row.digest = entry_of(row).digest()
        rows.append(row)
    return rows


def lines_of(data: RunData, key: str, rules: Sequence[str]) -> list[dict[str, Any]]:
    """Return the lines of a project's card with their raw numbers and the rule in words."""
    found = []
    card = data.outcome.cards[key]
    for item, line, rule in zip(data.rubric.items, card.lines, rules, strict=True):
        value = data.values[item.code].get(key)
        raw = None
        if value is not None and line.status is not Status.MISSING:
            raw = number(quantize(exact_raw(item, value), RAW_QUANTUM))
        found.append(
            {
                "item": item.code,
                "title": item.title,
                "pillar": item.pillar,
                "full": number(item.points),
                "points": _text(line.points, data.rubric),
                "status": str(line.status),
                "numerator": None if value is None else _plain(value.numerator),
                "denominator": None if value is None else _plain(value.denominator),
                "n": None if value is None else str(value.n),
                "raw": raw,
                "rule": rule,
            }
        )
    return found


def _text(points: Decimal | None, rubric: RubricValue) -> str | None:
    return None if points is None else format(points.quantize(rubric.line_quantum), "f")


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else number(value)


def _compounds(run: ClosingRun) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COMPOUNDS, [run.pk])
        for project, code, name, community, street in cursor.fetchall():
            found.setdefault(project, []).append(
                {"code": code, "name": name, "community": community, "subdistrict": street}
            )
    return found


def _managers(run: ClosingRun) -> dict[int, tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(MANAGERS, [run.pk])
        return {project: (title, name) for project, title, name in cursor.fetchall()}
