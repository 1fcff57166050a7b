"""Writes communities: their dated versions, their end and who follows them.

The community's own row shows the version of today; these functions keep the two alike.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.areas.models import Community, CommunitySuccession, CommunityVersion, District, Subdistrict
from redprop.areas.services.dated import A_DAY, start_entry
from redprop.areas.services.search_keys import fill_community
from redprop.common.errors import Refused
from redprop.common.history import acting


def create_community(
    *,
    district: District,
    subdistrict: Subdistrict,
    code: str,
    name: str,
    valid_from: dt.date,
    acting_user: object,
    edition: str = "",
) -> Community:
    """A new community with its first version."""
    if subdistrict.district_id != district.pk:
        raise Refused(
            _("The subdistrict belongs to another district."), code="other-district", field="subdistrict"
        )
    with transaction.atomic(), acting(acting_user):
        community = Community(district=district, subdistrict=subdistrict, code=code, name=name)
        fill_community(community)
        community.recorded_by = _name(acting_user)
        community.save()
        start_versions(community, valid_from, edition=edition)
    return community


def record_community_version(
    *,
    community: Community,
    subdistrict: Subdistrict,
    code: str,
    name: str,
    valid_from: dt.date,
    acting_user: object,
    edition: str = "",
) -> CommunityVersion:
    """Code, name or subdistrict change from `valid_from`; the version until then ends the day before."""
    if subdistrict.district_id != community.district_id:
        raise Refused(
            _("The subdistrict belongs to another district."), code="other-district", field="subdistrict"
        )
    with transaction.atomic(), acting(acting_user):
        row = Community.objects.select_for_update(of=("self",)).get(pk=community.pk)
        if row.closed_on is not None and valid_from >= row.closed_on:
            raise Refused(
                _("%(community)s was dissolved on %(day)s. Choose an earlier day.")
                % {"community": row.name, "day": row.closed_on},
                code="community-closed",
                field="valid_from",
            )
        version = start_entry(
            CommunityVersion(
                community=row,
                subdistrict=subdistrict,
                code=code,
                name=name,
                edition=edition,
                valid_from=valid_from,
            ),
            of="community",
            acting_user=acting_user,
        )
        show_latest_version(row)
    return version


def start_versions(community: Community, valid_from: dt.date, *, edition: str = "") -> CommunityVersion:
    """The first version of a new community, as its row says."""
    return CommunityVersion.objects.create(
        community=community,
        subdistrict_id=community.subdistrict_id,
        code=community.code,
        name=community.name,
        edition=edition,
        valid_from=valid_from,
        recorded_by=community.recorded_by,
    )


def end_versions(community: Community) -> None:
    """End the version in force when the community was dissolved."""
    if community.closed_on is not None:
        running = community.versions.on(community.closed_on).filter(valid_from__lt=community.closed_on)
        running.update(valid_to=community.closed_on - A_DAY)


def show_latest_version(community: Community) -> None:
    """Copy code, name and subdistrict of the latest version to the community's row."""
    latest = community.versions.order_by("-valid_from").first()
    if latest is None:
        return
    community.code, community.name = latest.code, latest.name
    community.subdistrict_id = latest.subdistrict_id
    fill_community(community)
    community.save(update_fields=["code", "name", "subdistrict", "pinyin"])


def dissolve_community(
    *,
    community: Community,
    on: dt.date,
    successors: Collection[Community],
    acting_user: object,
    source: str = "",
    successors_later: bool = False,
) -> Community:
    """The community ends: `on` is its first day without existence. Its successors take over what is open.

    With `successors_later` none need be named yet: the worklist of dissolved communities asks for them.
    """
    with transaction.atomic(), acting(acting_user):
        row = Community.objects.select_for_update(of=("self",)).get(pk=community.pk)
        if row.closed_on is not None:
            raise Refused(
                _("%(community)s was dissolved on %(day)s already.")
                % {"community": row.name, "day": row.closed_on},
                code="community-closed",
            )
        if not successors and not successors_later:
            raise Refused(
                _("Name the community that follows: open items go to it."),
                code="no-successor",
                field="successors",
            )
        if row.versions.filter(valid_from__gte=on).exists():
            raise Refused(
                _("A version starts on or after %(day)s. Dissolve the community on a later day.")
                % {"day": on},
                code="version-later",
                field="on",
            )
        for successor in successors:
            if successor.district_id != row.district_id:
                raise Refused(
                    _("The successor belongs to another district."), code="other-district", field="successors"
                )
            CommunitySuccession.objects.create(
                predecessor=row, successor=successor, on=on, source=source, recorded_by=_name(acting_user)
            )
        row.closed_on = on
        row.save(update_fields=["closed_on"])
        end_versions(row)
    return row


def _name(user: object) -> str:
    return getattr(user, "username", "") or "system"
