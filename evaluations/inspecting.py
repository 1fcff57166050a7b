"""Reads of inspections: items in force for a compound on a day, subdistricts that are an inspector's own, the frame of a draw."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from communities.models import Compound, CompoundClass, CompoundKind, CompoundPlacement, ServiceAssignment
from evaluations.models import InspectionItem, InspectionItemSet, InspectionRule, OwnSubdistrict, Scheme
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import District

AppliesTo = InspectionItemSet.AppliesTo


@dataclass(frozen=True)
class Sort:
    """What kind of compound it is on a day, and its class when it is an old one."""

    kind: str
    compound_class: int | None = None

    @property
    def key(self) -> str:
        """The part of a stratum's name that stands for it."""
        return f"class_{self.compound_class}" if self.compound_class else self.kind or "unknown"

    @property
    def label(self) -> str:
        """In words."""
        if self.compound_class:
            return str(CompoundClass.Class(self.compound_class).label)
        return str(CompoundKind.Kind(self.kind).label) if self.kind else _("kind not recorded")

    @property
    def sets(self) -> list[str]:
        """Which sets hold for it, the most particular first."""
        found = [f"class_{self.compound_class}"] if self.compound_class else []
        return [*found, *([self.kind] if self.kind else []), AppliesTo.ALL.value]


def sorts_on(compound_ids: Iterable[int], day: dt.date) -> dict[int, Sort]:
    """Return compound → sort on that day (two queries)."""
    ids = set(compound_ids)
    kinds = dict(CompoundKind.objects.on(day).filter(compound__in=ids).values_list("compound", "kind"))
    classes = dict(
        CompoundClass.objects.on(day).filter(compound__in=ids).values_list("compound", "compound_class")
    )
    old = CompoundKind.Kind.OLD
    return {pk: Sort(kinds.get(pk, ""), classes.get(pk) if kinds.get(pk) == old else None) for pk in ids}


def sets_on(district: District, day: dt.date) -> dict[tuple[str, str], InspectionItemSet]:
    """Return (scheme, applies to) → the set in force that day, with its items (two queries)."""
    rows = InspectionItemSet.objects.on(day).filter(district=district)
    rows = rows.prefetch_related(Prefetch("items", InspectionItem.objects.order_by("position", "pk")))
    return {(row.scheme, row.applies_to): row for row in rows}


def set_for(
    sets: dict[tuple[str, str], InspectionItemSet], scheme: str, sort: Sort
) -> InspectionItemSet | None:
    """Return the set that holds for a compound. The eight guarantees are given to old compounds alone."""
    if scheme == Scheme.GUARANTEES and sort.kind != CompoundKind.Kind.OLD:
        return None
    return next((sets[scheme, name] for name in sort.sets if (scheme, name) in sets), None)


def rule_on(district: District, day: dt.date) -> InspectionRule:
    """Return the rule of the watch in force, or the sample (not saved)."""
    return InspectionRule.objects.on(day).filter(district=district).first() or InspectionRule(
        district=district, valid_from=day
    )


def inspectors_of(district: District, day: dt.date) -> list[User]:
    """Return who holds the post of inspector that day, by account."""
    posts = Posting.objects.on(day).filter(district=district, role=Role.INSPECTOR)
    return list(User.objects.filter(pk__in=posts.values("user"), is_active=True).order_by("username"))


def own_subdistricts(users: Iterable[int], first: dt.date, last: dt.date) -> dict[int, set[int]]:
    """Return user → subdistricts that are theirs on any of the days: entered as such, or by another post (two queries)."""
    ids = set(users)
    found: dict[int, set[int]] = {pk: set() for pk in ids}
    entered = OwnSubdistrict.objects.filter(user__in=ids, valid_from__lte=last).exclude(valid_to__lt=first)
    for user, subdistrict in entered.values_list("user", "subdistrict"):
        found[user].add(subdistrict)
    posts = Posting.objects.filter(user__in=ids, valid_from__lte=last).exclude(valid_to__lt=first)
    for user, subdistrict, of_community in posts.values_list("user", "subdistrict", "community__subdistrict"):
        found[user] |= {pk for pk in (subdistrict, of_community) if pk}
    return found


@dataclass(frozen=True)
class Framed:
    """A compound that can be drawn."""

    pk: int
    code: str
    name: str
    project: str
    subdistrict: int
    stratum: str
    label: str


def frame_on(district: District, day: dt.date) -> list[Framed]:
    """Return the compounds under service that day, by code, each with its stratum (five queries)."""
    compounds = Compound.objects.registered_on(day).filter(district=district).order_by("code")
    rows = {row["pk"]: row for row in compounds.values("pk", "code", "name")}
    served = dict(
        ServiceAssignment.objects.on(day)
        .filter(compound__district=district)
        .values_list("compound", "contract__project__code")
    )
    places = {
        row[0]: row[1:]
        for row in CompoundPlacement.objects.on(day)
        .filter(compound__district=district)
        .values_list(
            "compound",
            "community__subdistrict",
            "community__subdistrict__code",
            "community__subdistrict__name",
        )
    }
    sorts = sorts_on(rows, day)
    found = []
    for pk, row in rows.items():
        if pk in served and pk in places:
            subdistrict, code, name = places[pk]
            sort = sorts[pk]
            found.append(
                Framed(
                    pk,
                    row["code"],
                    row["name"],
                    served[pk],
                    subdistrict,
                    f"{code}|{sort.key}",
                    f"{name} · {sort.label}",
                )
            )
    return found


def by_stratum(frame: Iterable[Framed]) -> dict[str, list[Framed]]:
    """Return stratum → its compounds, by name of the stratum."""
    found: dict[str, list[Framed]] = defaultdict(list)
    for one in frame:
        found[one.stratum].append(one)
    return dict(sorted(found.items()))
