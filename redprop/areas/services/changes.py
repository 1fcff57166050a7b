"""Links the recorded changes of the divisions to the register, and records changes made by hand."""

from collections import defaultdict

from redprop.areas.models import CommunityVersion, District, DivisionChange, Subdistrict
from redprop.common.tabular import bulk

Change = DivisionChange.Change


def link_changes(district: District) -> int:
    """Point the district's changes to the communities and subdistricts they speak of; returns how many moved.

    A code is looked up among all versions, living or not; what is not found stays without a link. Three queries.
    """
    versions: dict[str, list[tuple]] = defaultdict(list)
    for code, start, community in (
        CommunityVersion.objects.filter(community__district=district)
        .order_by("valid_from")
        .values_list("code", "valid_from", "community")
    ):
        versions[code].append((start, community))
    streets = dict(Subdistrict.objects.filter(district=district).values_list("code", "pk"))

    def found(code: str, change: DivisionChange) -> int | None:
        known = versions.get(code, [])
        earlier = [community for start, community in known if start <= change.on]
        return earlier[-1] if earlier else (known[0][1] if known else None)

    moved = []
    for change in DivisionChange.objects.filter(district=district).select_for_update(of=("self",)):
        code = change.new_code or change.old_code
        community = successor = None
        if change.level == DivisionChange.Level.COMMUNITY:
            if change.change in (Change.MERGED, Change.SPLIT):
                community, successor = found(change.old_code, change), found(change.new_code, change)
            elif change.change == Change.REMOVED:
                community = found(change.old_code, change)
            else:
                community = found(change.new_code, change) or (
                    found(change.old_code, change) if change.old_code else None
                )
        links = {
            "subdistrict_id": streets.get(code[:9]) or streets.get(code),
            "community_id": community,
            "successor_id": successor,
        }
        if any(getattr(change, name) != value for name, value in links.items()):
            for name, value in links.items():
                setattr(change, name, value)
            moved.append(change)
    bulk.update(moved, ["subdistrict", "community", "successor"])
    return len(moved)
