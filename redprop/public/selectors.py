"""Reads what the public pages of one district say: registers here, releases through `adapters`.

A fixed number of queries, whatever the size of the district. Names of persons are read only
when the district may publish them.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Prefetch

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    ServiceAssignment,
)
from enterprises.models import Enterprise, Post, ServiceProject
from evaluations.subsidies.reports import received_by_compound
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.matching.places import to_wgs84
from redprop.common.text import search_key
from redprop.public import adapters, cards, content, councils, credits, english, figures, flags, subsidies


def site_of(district: District) -> content.Site:
    """Return all that the public pages of a district say today (about a dozen queries)."""
    today = business_today(district)
    managers = managers_of(district, today)
    facts = Facts(
        services=services_of(district, today, managers),
        resolved=councils.resolutions_of(district),
        received=received_by_compound(district),
        promises=cards.promises_of(district, today),
        guarantees=cards.guarantees_of(district, today),
        secretaries=cards.secretaries_of(district, today, with_names=names_allowed(district, today)),
    )
    return content.Site(
        code=district.code,
        name=district.name,
        today=today,
        is_demo=district.is_demo,
        releases=tuple(adapters.releases_of(district)),
        compounds=tuple(compounds_of(district, today, facts)),
        enterprises=tuple(enterprises_of(district, today, managers)),
        moved=tuple(moved_of(district, today)),
        flags=tuple(flags.flags_of(district)),
        flag_rules=tuple(flags.rules_of(district)),
        batches=tuple(subsidies.batches_of(district)),
        quarters=tuple(figures.quarters_of(district, today)),
    )


@dataclass(frozen=True)
class Facts:
    """What belongs to compounds, by the compound's id; secretaries by the community's."""

    services: dict[int, list[content.Service]]
    resolved: dict[int, list[content.Resolution]]
    received: dict[int, list[tuple[int, int, Decimal, Decimal]]]
    promises: dict[int, content.Promises]
    guarantees: dict[int, content.Guarantees]
    secretaries: dict[int, tuple[str, str]]


def names_allowed(district: District, today: dt.date) -> bool:
    """Whether legal basis, impact assessment and notice to the persons are on record today."""
    since = district.names_of_persons_since
    return since is not None and since <= today


def managers_of(district: District, today: dt.date) -> dict[int, str]:
    """Return the responsible post by project, with the person's name only where it may be published."""
    posts = Post.objects.on(today).filter(
        kind=Post.Kind.PROJECT_MANAGER, project__district=district, project__isnull=False
    )
    if names_allowed(district, today):
        rows = posts.select_related("person")
        return {p.project_id: f"{_title(p)} {p.person.name}" for p in rows}
    return {p.project_id: _title(p) for p in posts}


def _title(post: Post) -> str:
    return english.word(post.title) or str(post.get_kind_display())


def services_of(
    district: District, today: dt.date, managers: dict[int, str]
) -> dict[int, list[content.Service]]:
    """Return by compound who served it, the latest first; nothing that starts later than today."""
    found: dict[int, list[content.Service]] = defaultdict(list)
    rows = (
        ServiceAssignment.objects.filter(compound__district=district, valid_from__lte=today)
        .select_related("contract__project__enterprise")
        .order_by("-valid_from", "-pk")
    )
    for row in rows:
        project = row.contract.project
        open_now = row.is_valid_on(today)
        later = found[row.compound_id][-1] if found[row.compound_id] else None
        if later and follows(later, row, project):
            found[row.compound_id][-1] = replace(later, since=row.valid_from)
            continue
        found[row.compound_id].append(
            content.Service(
                project=project.code,
                project_name=project.name,
                enterprise=project.enterprise.name,
                uscc=project.enterprise.uscc,
                kind=str(row.contract.get_kind_display()),
                since=row.valid_from,
                until=row.valid_to,
                phone=project.work_phone or project.enterprise.work_phone if open_now else "",
                manager=managers.get(project.pk, "") if open_now else "",
            )
        )
    return found


def follows(later: content.Service, row: ServiceAssignment, project: ServiceProject) -> bool:
    """Whether `later` goes on without a gap where this row ends: a contract that was renewed."""
    return (
        later.project == project.code
        and row.valid_to is not None
        and later.since == row.valid_to + dt.timedelta(days=1)
        and later.kind == str(row.contract.get_kind_display())
    )


def compounds_of(district: District, today: dt.date, facts: Facts) -> list[content.Compound]:
    """Return the compounds in the register today, by code."""
    rows = (
        Compound.objects.filter(district=district)
        .registered_on(today)
        .order_by("code")
        .prefetch_related(
            Prefetch("kinds", CompoundKind.objects.on(today), to_attr="kinds_today"),
            Prefetch("classes", CompoundClass.objects.on(today), to_attr="classes_today"),
            Prefetch(
                "placements",
                CompoundPlacement.objects.on(today).select_related("community__subdistrict"),
                to_attr="places_today",
            ),
        )
    )
    return [compound_of(row, facts) for row in rows]


def moved_of(district: District, today: dt.date) -> list[content.Moved]:
    """Return the codes merged into a compound that is in the register today (one query)."""
    kept = Compound.objects.filter(district=district).registered_on(today)
    rows = Compound.objects.filter(district=district, merged_into__in=kept).order_by("code")
    found = rows.values_list("code", "name", "merged_into__code", "merged_into__name")
    return [content.Moved(*row) for row in found]


def compound_of(row: Compound, facts: Facts) -> content.Compound:
    """Return one compound from its row and the dated facts fetched with it."""
    kind = row.kinds_today[0] if row.kinds_today else None
    class_row = row.classes_today[0] if row.classes_today else None
    community = row.places_today[0].community if row.places_today else None
    secretary, phone = facts.secretaries.get(community.pk, ("", "")) if community else ("", "")
    return content.Compound(
        code=row.code,
        name=row.name,
        subdistrict=community.subdistrict.name if community else "",
        subdistrict_code=community.subdistrict.code if community else "",
        community=community.name if community else "",
        address=row.address,
        kind=str(kind.get_kind_display()) if kind else "",
        kind_since=kind.valid_from if kind else None,
        compound_class=str(class_row.get_compound_class_display()) if class_row else "",
        class_since=class_row.valid_from if class_row else None,
        households=row.households,
        year_built=row.year_built,
        search=" ".join(filter(None, [row.pinyin or search_key(row.name), *map(str, row.aliases)])),
        point=point_of(row),
        services=tuple(facts.services.get(row.pk, ())),
        resolutions=tuple(facts.resolved.get(row.pk, ())),
        received=tuple(facts.received.get(row.pk, ())),
        promises=facts.promises.get(row.pk, content.Promises()),
        guarantees=facts.guarantees.get(row.pk),
        secretary=secretary,
        secretary_phone=phone,
    )


def point_of(row: Compound) -> tuple[float, float] | None:
    """Return where a compound lies in WGS-84, to a metre; None when the register has no place for it."""
    if row.longitude is None or row.latitude is None:
        return None
    east, north = to_wgs84((float(row.longitude), float(row.latitude)), row.datum)
    return round(east, 5), round(north, 5)


def enterprises_of(district: District, today: dt.date, managers: dict[int, str]) -> list[content.Enterprise]:
    """Return all enterprises ever registered in the district, with the projects they run today."""
    served: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for project, code, name in (
        ServiceAssignment.objects.on(today)
        .filter(compound__district=district)
        .order_by("compound__code")
        .values_list("contract__project", "compound__code", "compound__name")
    ):
        served[project].append((code, name))
    running = ServiceProject.objects.active_on(today).order_by("code")
    credit = credits.credit_of(district, today)
    rows = (
        Enterprise.objects.filter(district=district)
        .filter(registered_from__lte=today)
        .order_by("pinyin", "uscc")
        .prefetch_related(Prefetch("projects", running, to_attr="running"))
    )
    return [
        content.Enterprise(
            uscc=row.uscc,
            name=row.name,
            kind=str(row.get_kind_display()),
            address=row.address,
            phone=row.work_phone,
            registered_from=row.registered_from,
            search=row.pinyin,
            credit=credit.get(row.pk),
            projects=tuple(
                content.Project(
                    code=project.code,
                    name=project.name,
                    since=project.started_on,
                    phone=project.work_phone,
                    manager=managers.get(project.pk, ""),
                    compounds=tuple(served.get(project.pk, ())),
                )
                for project in row.running
            ),
        )
        for row in rows
    ]
