"""Compares an edition of the official divisions with the register: a whole list of communities as of a day.

What the list names and the register does not is added; what it no longer names has ended. The same
code under another name is the same community, renamed; another code under the same name may be the
same one, recoded (and moved): that is a guess, which a person confirms. `edition_writing` writes it.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from redprop.areas.models import (
    Community,
    CommunityVersion,
    District,
    DivisionChange,
    DivisionEdition,
    Subdistrict,
)
from redprop.areas.services.dated import A_DAY
from redprop.common.errors import Refused
from redprop.common.text import name_key

ADDED, REMOVED, RENAMED, RECODED, MOVED, UNCHANGED = (
    "added",
    "removed",
    "renamed",
    "recoded",
    "moved",
    "unchanged",
)
AS_NEW = "new"
"""The decision that a listed community is another one than the register's."""

PART_OF_A_LIST = 10
"""So many missing communities, and more than a third of all, are taken for a list that is not whole."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A community as the list names it, with the row of the file."""

    row: int
    code: str
    name: str
    subdistrict_id: int


@dataclass(slots=True)
class Line:
    """What the edition does to one community: `community` is the register's, `listed` the file's.

    `candidates` are ended communities that a listed one may be the continuation of; with a guess, a
    person decides. `day` is the first day of the new state.
    """

    kind: str
    day: dt.date
    community: Community | None = None
    listed: Listed | None = None
    candidates: list[Community] = field(default_factory=list)
    refusal: str = ""
    is_documented: bool = False

    @property
    def key(self) -> str:
        """Names the line in a form."""
        return f"{self.kind}-{self.listed.code if self.listed else self.community.code}"  # type: ignore[union-attr]

    @property
    def is_guess(self) -> bool:
        """Whether a person has to confirm it."""
        return self.kind == RECODED or (self.kind == ADDED and bool(self.candidates))

    @property
    def moves(self) -> bool:
        """Whether the community comes to another subdistrict."""
        return (
            self.community is not None
            and self.listed is not None
            and self.community.subdistrict_id != self.listed.subdistrict_id
        )


@dataclass(slots=True)
class Comparison:
    """An edition against the register: lines by community, and how many stay as they are."""

    label: str
    as_of: dt.date
    lines: list[Line]
    unchanged: int
    listed: int

    def of(self, *kinds: str) -> list[Line]:
        """Lines of these kinds."""
        return [line for line in self.lines if line.kind in kinds]

    def counts(self) -> dict[str, int]:
        """How many are removed, renamed, added, recoded, and how many of all come to another subdistrict."""
        return {
            **{kind: len(self.of(kind)) for kind in (REMOVED, RENAMED, ADDED, RECODED)},
            MOVED: sum(line.moves for line in self.lines),
        }

    def seal(self) -> str:
        """Digest of all lines: what a person has seen is what is written."""
        said = [
            (
                line.kind,
                line.day.isoformat(),
                line.community and line.community.pk,
                line.listed and (line.listed.code, line.listed.name, line.listed.subdistrict_id),
                [one.pk for one in line.candidates],
            )
            for line in self.lines
        ]
        return hashlib.sha256(repr((self.label, self.as_of, said)).encode()).hexdigest()


def compare_edition(
    *,
    district: District,
    label: str,
    as_of: dt.date,
    listed: Sequence[Listed],
    decisions: Mapping[str, str] | None = None,
    lock: bool = False,
) -> Comparison:
    """What the edition changes. Raises Refused when the list as a whole cannot be taken.

    `decisions`: code of a listed community → `AS_NEW`, or the id of the register's community that it
    continues. With `lock` the communities are locked until the transaction ends.
    """
    _refuse_older(district, label, as_of)
    rows = Community.objects.filter(district=district, closed_on__isnull=True).order_by("pk")
    living = {one.code: one for one in (rows.select_for_update(of=("self",)) if lock else rows)}
    gone = {code: one for code, one in living.items() if code not in {row.code for row in listed}}
    _refuse_part(len(gone), len(living), listed)
    when = _Days(district, as_of)
    lines: list[Line] = []
    unchanged = 0
    new: list[Listed] = []
    for row in listed:
        community = living.get(row.code)
        if community is None:
            new.append(row)
            continue
        if (decisions or {}).get(row.code) == AS_NEW and community.name != row.name:
            gone[row.code] = community
            lines.append(when.line(ADDED, listed=row))
            continue
        if community.name != row.name:
            lines.append(when.line(RENAMED, community, row))
        elif community.subdistrict_id != row.subdistrict_id:
            lines.append(when.line(MOVED, community, row))
        else:
            unchanged += 1
    lines += _new_ones(new, gone, decisions or {}, when)
    lines += [when.line(REMOVED, community) for community in gone.values()]
    _refuse_later_entries(lines)
    order = [REMOVED, RENAMED, ADDED, RECODED, MOVED]
    lines.sort(key=lambda line: (order.index(line.kind), (line.community or line.listed).code))  # type: ignore[union-attr]
    return Comparison(label, as_of, lines, unchanged, len(listed))


def _refuse_older(district: District, label: str, as_of: dt.date) -> None:
    newest = DivisionEdition.objects.filter(district=district).order_by("-as_of").first()
    if newest is not None and as_of < newest.as_of:
        raise Refused(
            _(
                "Edition %(edition)s is older (%(day)s) than edition %(newest)s (%(newest_day)s), which the register already "
                "follows. Take editions over in the order of their days; what happened in between is recorded by the "
                "register of changes."
            )
            % {
                "edition": label,
                "day": as_of,
                "newest": newest.label,
                "newest_day": newest.as_of,
            },
            code="older-edition",
            field="edition",
        )


def _refuse_part(gone: int, living: int, listed: Sequence[Listed]) -> None:
    if gone >= PART_OF_A_LIST and gone * 3 > living:
        raise Refused(
            _(
                "The file names %(listed)s communities and lacks %(gone)s of the register's %(living)s: it is a part, not the "
                "whole list of an edition. Import it without an edition, or complete it."
            )
            % {"listed": len(listed), "gone": gone, "living": living},
            code="not-whole",
            field="edition",
        )


def _new_ones(
    new: Iterable[Listed],
    gone: dict[str, Community],
    decisions: Mapping[str, str],
    when: "_Days",
) -> list[Line]:
    """Lines of listed codes that the register does not have; what they continue leaves `gone`."""
    by_name: dict[str, list[Community]] = defaultdict(list)
    for one in gone.values():
        by_name[name_key(one.name)].append(one)
    by_pk = {str(one.pk): one for one in gone.values()}
    rows = list(new)
    alike: dict[str, int] = defaultdict(int)
    for row in rows:
        alike[name_key(row.name)] += 1
    lines = []
    for row in rows:
        decision = decisions.get(row.code, "")
        community: Community | None
        if decision and decision != AS_NEW:
            community = by_pk.get(decision)
            if community is None or community.code not in gone:
                raise Refused(
                    _(
                        "%(name)s: the community it continues is chosen twice or still in the list. Choose again."
                    )
                    % {"name": row.name},
                    code="decision",
                )
        else:
            found = [known for known in by_name[name_key(row.name)] if known.code in gone]
            sure = decision != AS_NEW and len(found) == 1 and alike[name_key(row.name)] == 1
            community = found[0] if sure else None
            if community is None:
                lines.append(when.line(ADDED, listed=row, candidates=[] if decision == AS_NEW else found))
                continue
        del gone[community.code]
        lines.append(when.line(RECODED, community, row))
    return lines


class _Days:
    """The first day of each new state: the recorded change says it, else the day of the edition."""

    def __init__(self, district: District, as_of: dt.date) -> None:
        self.as_of = as_of
        before = DivisionEdition.objects.filter(district=district, as_of__lt=as_of).order_by("-as_of").first()
        recorded = DivisionChange.objects.filter(
            district=district, level=DivisionChange.Level.COMMUNITY, on__lte=as_of
        )
        if before is not None:
            recorded = recorded.filter(on__gt=before.as_of)
        self.known = {
            (row.change, row.old_code, row.new_code): row.on for row in recorded.order_by("on") if before
        }

    def line(
        self,
        kind: str,
        community: Community | None = None,
        listed: Listed | None = None,
        candidates: list[Community] | None = None,
    ) -> Line:
        """The line with its day."""
        old, new = community.code if community else "", listed.code if listed else ""
        day = self.known.get((kind, old, new))
        return Line(
            kind, day or self.as_of, community, listed, candidates or [], is_documented=day is not None
        )


def _refuse_later_entries(lines: list[Line]) -> None:
    """Mark lines whose community has an entry that starts on their day or later (an end), or later (a change)."""
    ids = [line.community.pk for line in lines if line.community]
    latest: dict[int, dt.date] = {}
    for pk, start in CommunityVersion.objects.filter(community__in=ids).values_list(
        "community", "valid_from"
    ):
        latest[pk] = max(start, latest.get(pk, start))
    for line in lines:
        start = latest.get(line.community.pk) if line.community else None
        if start is None:
            continue
        if line.is_documented and start >= line.day:
            line.day = max(line.day, start + A_DAY)
        if start > line.day or (line.kind == REMOVED and start == line.day):
            line.refusal = _(
                "From %(start)s on, %(community)s has a later entry. Correct that entry first, or take over an edition of a later day."
            ) % {"start": start, "community": line.community}


def describe(comparison: Comparison) -> list[dict[str, Any]]:
    """The lines as plain texts, for the record of the import and for `--json`."""
    streets = dict(
        Subdistrict.objects.filter(
            pk__in={
                pk
                for line in comparison.lines
                for pk in (
                    line.community and line.community.subdistrict_id,
                    line.listed and line.listed.subdistrict_id,
                )
                if pk
            }
        ).values_list("pk", "name")
    )

    def side(one: Any) -> list[str]:
        return [one.code, one.name, streets.get(one.subdistrict_id, "")] if one else ["", "", ""]

    return [
        {
            "change": line.kind,
            "old": side(line.community),
            "new": side(line.listed),
            "on": line.day.isoformat(),
            "guess": line.is_guess,
        }
        for line in comparison.lines
    ]
