"""Changes of the divisions made by hand: renamed, merged, split, removed, added.

Each writes the register and the same rows of history that the official change file has.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.areas.models import Community, District, DivisionChange, Subdistrict
from redprop.areas.services.changes import link_changes
from redprop.areas.services.communities import (
    create_community,
    dissolve_community,
    record_community_version,
)
from redprop.common.errors import Refused
from redprop.common.history import acting
from redprop.common.tabular.saving import readable
from redprop.common.text import normalise_name

Change = DivisionChange.Change
KINDS = [Change.RENAMED, Change.MERGED, Change.SPLIT, Change.REMOVED, Change.ADDED]
"""What can be chosen; a renaming with another code is recorded as such."""


@dataclass(frozen=True)
class Fresh:
    """A community as it will be: official code, name and subdistrict."""

    code: str
    name: str
    subdistrict: Subdistrict


def record_change(
    *,
    district: District,
    change: str,
    on: dt.date,
    document: str,
    acting_user: object,
    former: Sequence[Community] = (),
    following: Sequence[Community] = (),
    fresh: Sequence[Fresh] = (),
) -> list[DivisionChange]:
    """Carry a change out from `on` and record it; returns the rows of history.

    `former` are the communities it happens to, `following` existing ones that take over, `fresh` new ones
    (for a renaming: the new code, name and subdistrict). Compounds stay where they are until the worklist
    of dissolved communities moves them. Raises Refused with nothing written.
    """
    _check_sides(change, former, following, fresh)
    for one in (*former, *following, *(new.subdistrict for new in fresh)):
        if one.district_id != district.pk:
            raise Refused(
                _("One of the communities lies outside your area. Choose another."), code="out-of-scope"
            )
    for new in fresh:
        if not new.code.startswith(district.code[:6]):
            raise Refused(
                _("The code %(code)s does not begin with %(district)s, the code of this district.")
                % {"code": new.code, "district": district.code[:6]},
                code="foreign-code",
                field="fresh",
            )
    with readable(), transaction.atomic(), acting(acting_user, document):
        locked = {
            one.pk: one
            for one in Community.objects.select_for_update(of=("self",))
            .filter(pk__in={c.pk for c in (*former, *following)})
            .order_by("pk")
        }
        ended = [one.name for one in locked.values() if one.closed_on is not None]
        if ended:
            raise Refused(
                _("%(names)s: dissolved already. Choose communities that exist.")
                % {"names": "、".join(ended)},
                code="community-closed",
            )
        old = [locked[one.pk] for one in former]
        next_ones = [locked[one.pk] for one in following]
        rows = _carry_out(district, change, on, document, acting_user, old, next_ones, fresh)
        for row in rows:
            row.district, row.on, row.document = district, on, document[:200]
            row.level = DivisionChange.Level.COMMUNITY
            row.recorded_by = getattr(acting_user, "username", "") or "system"
            row.save()
        link_changes(district)
    return rows


def _check_sides(
    change: str, former: Sequence[Community], following: Sequence[Community], fresh: Sequence[Fresh]
) -> None:
    """Refuse what does not fit the kind of change."""
    after = len(following) + len(fresh)
    fits, sentence = {
        Change.RENAMED: (
            len(former) == 1 and len(fresh) == 1 and not following,
            _("Renamed: choose one community, and write one line with its new code, name and subdistrict."),
        ),
        Change.MERGED: (
            bool(former) and after == 1 and {*former} != {*following},
            _(
                "Merged: choose the communities that end, and one that takes them in (an existing or a new one)."
            ),
        ),
        Change.SPLIT: (
            len(former) == 1 and bool([*fresh, *(one for one in following if one not in former)]),
            _(
                "Split: choose one community and at least one that takes a part. Name it again if it goes on itself."
            ),
        ),
        Change.REMOVED: (
            bool(former) and not fresh and not {*former} & {*following},
            _("Removed: choose the communities that end; their successors must exist, or are named later."),
        ),
        Change.ADDED: (
            bool(fresh) and not former and not following,
            _("Added: write one line for each new community, and choose nothing else."),
        ),
    }.get(
        Change(change) if change in Change.values else Change.RECODED,
        (False, _("Choose the kind of change.")),
    )
    if not fits:
        raise Refused(sentence, code="sides", field="change")


def _carry_out(
    district: District,
    change: str,
    on: dt.date,
    document: str,
    user: object,
    old: list[Community],
    following: list[Community],
    fresh: Sequence[Fresh],
) -> list[DivisionChange]:
    if change == Change.RENAMED:
        return [_rename(old[0], fresh[0], on, user)]
    made = [
        create_community(
            district=district,
            subdistrict=new.subdistrict,
            code=new.code,
            name=new.name,
            valid_from=on,
            acting_user=user,
        )
        for new in fresh
    ]
    rows = [
        DivisionChange(change=Change.ADDED, new_code=one.code, new_name=one.name)
        for one in made
        if change != Change.SPLIT
    ]
    after = [*following, *made]
    for community in old:
        if community in following:
            continue
        dissolve_community(
            community=community,
            on=on,
            successors=after,
            acting_user=user,
            source=document[:200],
            successors_later=change == Change.REMOVED,
        )
        if change == Change.REMOVED or change == Change.SPLIT:
            rows.append(
                DivisionChange(change=Change.REMOVED, old_code=community.code, old_name=community.name)
            )
        else:
            rows.append(_pair(Change.MERGED, community, after[0]))
    if change == Change.SPLIT:
        rows = [_pair(Change.SPLIT, old[0], one) for one in after if one != old[0]] + rows
    return rows


def _pair(change: str, old: Community, new: Community) -> DivisionChange:
    return DivisionChange(
        change=change, old_code=old.code, old_name=old.name, new_code=new.code, new_name=new.name
    )


def _rename(community: Community, new: Fresh, on: dt.date, user: object) -> DivisionChange:
    name = normalise_name(new.name)
    if community.code == new.code and community.name == name:
        raise Refused(
            _("Code and name stay as they are: there is nothing to rename."), code="same", field="fresh"
        )
    row = DivisionChange(
        change=Change.RENAMED if community.code == new.code else Change.RECODED,
        old_code=community.code,
        old_name=community.name,
        new_code=new.code,
        new_name=name,
    )
    record_community_version(
        community=community,
        subdistrict=new.subdistrict,
        code=new.code,
        name=name,
        valid_from=on,
        acting_user=user,
    )
    return row
