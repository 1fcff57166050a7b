"""Compounds: 291 with professional service and 560 old ones in three classes."""

import itertools

from communities.models import (
    Compound,
    CompoundAlias,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
)
from evaluations.demo import names
from evaluations.demo.ground import Ground
from evaluations.demo.world import CLASSES_FROM, FIRST_DAY, Home, Place, World, days_after, stamp
from redprop.areas.services.search_keys import find_key
from redprop.common.matching import match_key
from redprop.common.text import name_key

PROFESSIONAL_COMPOUNDS = 291
OLD_COMPOUNDS = 560
NEW_TOWN = ("420102016", "420102017", "420102018", "420102400")
WITHOUT_OLD = ("420102018", "420102400")
CONDITIONS = (["fair", "poor", "poor"], ["good", "fair", "fair", "poor"], ["good", "good", "fair"])


def share(total: int, places: list[Place], weight: dict[str, int]) -> list[Place]:
    """`total` places in the order of the map, each community at least once, more where `weight` is greater."""
    weights = [weight.get(place.subdistrict_code, 1) for place in places]
    spare = total - len(places)
    exact = [spare * w / sum(weights) for w in weights]
    counts = [1 + int(x) for x in exact]
    rest = sorted(range(len(places)), key=lambda i: (int(exact[i]) - exact[i], i))
    for index in rest[: total - sum(counts)]:
        counts[index] += 1
    return [place for place, count in zip(places, counts, strict=True) for _ in range(count)]


def make_compounds(world: World) -> None:
    """Compounds with kind, class and community, each dated."""
    chance, ground = world.chance("compounds"), Ground()
    old_places = [p for p in world.places if p.subdistrict_code not in WITHOUT_OLD]
    old = share(OLD_COMPOUNDS, old_places, {})
    new = share(PROFESSIONAL_COMPOUNDS, world.places, dict.fromkeys(NEW_TOWN, 4))
    entered = {"recorded_at": stamp(FIRST_DAY), "recorded_by": "demo"}
    sheet = world.book.sheet(Compound, district_id=world.district.pk, **entered)
    kinds = world.book.sheet(CompoundKind, **entered)
    placements = world.book.sheet(CompoundPlacement, **entered)
    known = world.book.sheet(
        CompoundAlias, district_id=world.district.pk, source="register", noted_on=FIRST_DAY, **entered
    )
    classes = world.book.sheet(CompoundClass, recorded_at=stamp(CLASSES_FROM), recorded_by="demo")
    old_names = names.compounds(chance, names.OLD_SUFFIXES, 0)
    new_names = names.compounds(chance, names.NEW_SUFFIXES, 1)
    everything = itertools.chain(((p, "old") for p in old), ((p, "professional") for p in new))
    for number, (place, kind) in enumerate(everything, 1):
        is_old = kind == "old"
        name = next(old_names if is_old else new_names)
        if world.replica:
            name = f"{name}({world.replica})"
        built = chance.randint(1958, 1999) if is_old else chance.randint(2000, 2016)
        since = FIRST_DAY
        if not is_old and chance.random() < 0.25:
            built = chance.randint(2016, 2022)
            since = FIRST_DAY.replace(year=built + 1, month=chance.randint(1, 12))
        buildings = chance.randint(1, 14) if is_old else chance.randint(3, 24)
        households = buildings * (chance.randint(20, 44) if is_old else chance.randint(48, 96))
        area = households * (chance.randint(48, 72) if is_old else chance.randint(86, 118))
        rank = chance.choices((1, 2, 3), (4, 9, 6))[0] if is_old else 0
        code = world.code("XQ", number)
        surveyed = {}
        if is_old:
            worst = CONDITIONS[rank - 1]
            surveyed = {
                "building_condition": chance.choice(worst),
                "road_condition": chance.choice(worst),
                "wiring_condition": chance.choice(worst),
                "greening_condition": chance.choice(worst),
                "surveyed_on": days_after(FIRST_DAY, chance.randint(20, 55)),
            }
        aliases = [f"{name}{chance.randint(1, 9)}号院"] if is_old and chance.random() < 0.08 else []
        key = sheet.add(
            code=code,
            name=name,
            normalised_name=name_key(name),
            match_key=match_key(name),
            aliases=aliases,
            pinyin=find_key(Compound, name, *aliases) if not world.replica else "",
            address=f"{chance.choice(names.STREETS)}{chance.randint(1, 398)}号",
            year_built=built,
            buildings=buildings,
            households=households,
            residents=households * 27 // 10,
            floor_area=area,
            registered_from=since,
            **surveyed,
            **ground.place(place.subdistrict_code),
        )
        for alias in aliases:
            known.add(compound_id=key, name=alias, key=name_key(alias), match_key=match_key(alias))
        kinds.add(compound_id=key, kind=kind, valid_from=since)
        placements.add(compound_id=key, community_id=place.id, valid_from=since)
        if is_old:
            make_class(chance, classes, key, rank)
        world.homes.append(Home(key, code, name, place, kind, rank, households, area, since))


def make_class(chance, classes, compound: int, rank: int) -> None:  # type: ignore[no-untyped-def]
    """The class of an old compound since March 2017; one in twelve was reclassified once."""
    document = "演示办〔2017〕3号"
    if chance.random() > 1 / 12:
        classes.add(compound_id=compound, compound_class=rank, valid_from=CLASSES_FROM, document=document)
        return
    former = rank - 1 if rank > 1 else 2
    change = CLASSES_FROM.replace(year=chance.randint(2020, 2025), month=1)
    classes.add(
        compound_id=compound,
        compound_class=former,
        valid_from=CLASSES_FROM,
        valid_to=days_after(change, -1),
        document=document,
    )
    classes.add(
        compound_id=compound,
        compound_class=rank,
        valid_from=change,
        document=f"演示办〔{change.year}〕1号",
    )
