"""The map: 17 subdistricts and 141 communities by the official divisions of 2023."""

import csv
from pathlib import Path

from evaluations.demo.world import FIRST_DAY, Place, World, stamp
from redprop.areas.models import Community, CommunityVersion, Subdistrict
from redprop.areas.services.search_keys import find_key

DIVISIONS = Path(__file__).parent / "data" / "divisions_2023.csv"
EDITION = "2023"


def make_areas(world: World) -> None:
    """Subdistricts and communities with their versions. 420102400 百步亭花园 is one of the 17, though no 街道."""
    with DIVISIONS.open(encoding="utf-8") as file:
        rows = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    entered = {"recorded_at": stamp(FIRST_DAY), "recorded_by": "demo"}
    subdistricts = world.book.sheet(Subdistrict, district_id=world.district.pk, **entered)
    communities = world.book.sheet(Community, district_id=world.district.pk, **entered)
    versions = world.book.sheet(CommunityVersion, valid_from=FIRST_DAY, edition=EDITION, **entered)
    ids = {
        code: subdistricts.add(code=code, name=name, pinyin=find_key(Subdistrict, name))
        for code, name in rows
        if len(code) == 9
    }
    for code, name in rows:
        if len(code) == 9:
            continue
        subdistrict = ids[code[:9]]
        key = communities.add(
            subdistrict_id=subdistrict, code=code, name=name, pinyin=find_key(Community, name)
        )
        versions.add(community_id=key, subdistrict_id=subdistrict, code=code, name=name)
        world.places.append(Place(key, code, name, subdistrict, code[:9]))
