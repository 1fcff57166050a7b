"""The rule of rotating flags: who may contend in a period, and what keeps a project from holding one.

It reads final results, vetoes and final blacks. It never reads petitions, proxy requests or votes.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.db.models import Q

from evaluations.models import (
    Colour,
    EvaluationPeriod,
    FlagRule,
    Level,
    ListEntry,
    ReleaseEntry,
    Subject,
    Veto,
)
from evaluations.models.findings import STANDS
from evaluations.selectors import final_entries
from redprop.areas.models import District, Subdistrict


def rules_for(period: EvaluationPeriod) -> list[FlagRule]:
    """Return the rules in force on the period's last day for its kind (one query)."""
    rules = FlagRule.objects.on(period.ends_on)
    return list(rules.filter(district=period.district_id, period_kind=period.kind).order_by("area", "pk"))


def excluded_projects(
    district: District, since: dt.date, projects: Iterable[int] | None = None
) -> dict[int, str]:
    """Return project id → why no flag can hang there: a veto decided since the day, or an open final black (two queries)."""
    wanted = Q(project__district=district)
    if projects is not None:
        wanted &= Q(project__in=list(projects))
    found = dict.fromkeys(
        ListEntry.objects.filter(
            wanted, level=Level.PROJECT, colour=Colour.BLACK, state=ListEntry.State.FINAL
        ).values_list("project", flat=True),
        "black",
    )
    vetoed = Veto.objects.filter(wanted, STANDS, decided_on__gte=since).values_list("project", flat=True)
    return {**found, **dict.fromkeys(vetoed, "veto")}


def final_rows(period: EvaluationPeriod) -> dict[int, ReleaseEntry]:
    """Return the last final row of each project of the period that still stands (one query)."""
    rows = final_entries(period.district).filter(release__period=period, level=Level.PROJECT)
    found: dict[int, ReleaseEntry] = {}
    for row in rows.select_related("entry", "release").defer("lines"):
        found.setdefault(row.project_id, row)
    return {pk: row for pk, row in found.items() if row.entry.state == ListEntry.State.FINAL}


def contenders(period: EvaluationPeriod, rule: FlagRule) -> dict[int, tuple[ReleaseEntry, int | None, str]]:
    """Return project id → final row, subdistrict and group of those the rule lets contend (five queries)."""
    rows = final_rows(period)
    excluded = excluded_projects(period.district, period.starts_on)
    streets = dict(Subdistrict.objects.filter(district=period.district_id).values_list("name", "pk"))
    groups: dict[int, str] = {}
    if rule.by_group:
        of_runs = {row.release.run_id for row in rows.values()}
        groups = dict(Subject.objects.filter(run__in=of_runs).order_by("run").values_list("project", "group"))
    found = {}
    for pk, row in rows.items():
        if row.total is None or row.rank is None or pk in excluded:
            continue
        if rule.must_be_red and row.colour != Colour.RED:
            continue
        if rule.min_total is not None and row.total < rule.min_total:
            continue
        street = None
        if rule.area == FlagRule.Area.SUBDISTRICT:
            street = streets.get(_main_street(row))
            if street is None:
                continue
        found[pk] = (row, street, groups.get(pk, ""))
    return found


def _main_street(row: ReleaseEntry) -> str:
    """The subdistrict in which most of the project's compounds lie; the first by name of equals."""
    counted = Counter(compound.get("subdistrict", "") for compound in row.compounds)
    return min(counted, key=lambda name: (-counted[name], name)) if counted else row.subdistrict_name
