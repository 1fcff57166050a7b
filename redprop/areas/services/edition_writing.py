"""Writes the comparison of an edition with the register: ends, goes on, begins; nothing is deleted."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from redprop.areas.models import Community, CommunityVersion, District, DivisionEdition
from redprop.areas.services.changes import link_changes
from redprop.areas.services.dated import A_DAY
from redprop.areas.services.editions import ADDED, MOVED, RECODED, REMOVED, RENAMED, Comparison, Line
from redprop.areas.services.search_keys import fill_community
from redprop.common.errors import Refused
from redprop.common.tabular import bulk


def apply_edition(
    *, comparison: Comparison, district: District, acting_user: Any, listed_seal: str | None = None
) -> DivisionEdition:
    """Write the comparison and record the edition. The caller holds the transaction, the locks and the audit context.

    Writes by `bulk` alone, so that the import can be undone as a batch.
    """
    refused = [line for line in comparison.lines if line.refusal]
    if refused:
        raise Refused(refused[0].refusal, code="entry-later")
    if listed_seal is not None and listed_seal != comparison.seal():
        raise Refused(
            _("The register has changed since this preview. Look at it again, then confirm."), code="stale"
        )
    author = getattr(acting_user, "username", "") or "system"
    _end(comparison.of(REMOVED))
    _continue(comparison.of(RENAMED, RECODED, MOVED), comparison.label, author)
    _begin(comparison.of(ADDED), comparison, district, author)
    link_changes(district)
    edition = DivisionEdition.objects.filter(district=district, as_of=comparison.as_of).first()
    if edition is None:
        edition = DivisionEdition(
            district=district,
            label=comparison.label,
            as_of=comparison.as_of,
            communities=comparison.listed,
            recorded_by=author,
        )
        bulk.insert([edition])
    elif edition.communities != comparison.listed:
        edition.communities = comparison.listed
        bulk.update([edition], ["communities"])
    return edition


def _running(lines: Sequence[Line]) -> dict[int, CommunityVersion]:
    """Community → its version without an end, locked."""
    ids = [line.community.pk for line in lines if line.community]
    rows = CommunityVersion.objects.select_for_update().filter(community__in=ids, valid_to__isnull=True)
    return {row.community_id: row for row in rows.order_by("pk")}


def _end(lines: list[Line]) -> None:
    versions = _running(lines)
    ended, closed = [], []
    for line in lines:
        community = line.community
        assert community is not None
        community.closed_on = line.day
        closed.append(community)
        version = versions.get(community.pk)
        if version is not None:
            version.valid_to = line.day - A_DAY
            ended.append(version)
    bulk.update(ended, ["valid_to"])
    bulk.update(closed, ["closed_on"])


def _continue(lines: list[Line], label: str, author: str) -> None:
    versions = _running(lines)
    ended, corrected, begun, shown = [], [], [], []
    for line in lines:
        community, listed = line.community, line.listed
        assert community is not None
        assert listed is not None
        version = versions.get(community.pk)
        facts = {
            "code": listed.code,
            "name": listed.name,
            "subdistrict_id": listed.subdistrict_id,
            "edition": label,
        }
        for name, value in facts.items():
            if name != "edition":
                setattr(community, name, value)
        fill_community(community)
        shown.append(community)
        if version is not None and version.valid_from == line.day:
            for name, value in facts.items():
                setattr(version, name, value)
            corrected.append(version)
            continue
        if version is not None:
            version.valid_to = line.day - A_DAY
            ended.append(version)
        begun.append(CommunityVersion(community=community, valid_from=line.day, recorded_by=author, **facts))
    bulk.update(ended, ["valid_to"])
    bulk.update(corrected, ["code", "name", "subdistrict", "edition"])
    bulk.update(shown, ["code", "name", "subdistrict", "pinyin"])
    bulk.insert(begun)


def _begin(lines: list[Line], comparison: Comparison, district: District, author: str) -> None:
    made = []
    for line in lines:
        assert line.listed is not None
        community = Community(
            district=district,
            subdistrict_id=line.listed.subdistrict_id,
            code=line.listed.code,
            name=line.listed.name,
            recorded_by=author,
        )
        fill_community(community)
        made.append(community)
    bulk.insert(made)
    bulk.insert(
        [
            CommunityVersion(
                community=community,
                subdistrict_id=community.subdistrict_id,
                code=community.code,
                name=community.name,
                edition=comparison.label,
                valid_from=line.day,
                recorded_by=author,
            )
            for line, community in zip(lines, made, strict=True)
        ]
    )
