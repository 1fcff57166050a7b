"""How likely two descriptions mean one compound: 0 to 100, with every reason in words.

The name gives up to 88 points; place, subdistrict, address and year add or take away. A phase, zone or
number that differs, or a distance of more than 1.5 km, speaks against it whatever the rest says.
docs/matching.md holds the table that the tests repeat.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_noop as _

from redprop.common.matching.names import Name, likeness, parse_name
from redprop.common.matching.places import Point, metres, roads, to_wgs84
from redprop.common.matching.reasons import Reason, reason

LOW = 55
"""Below this a row is no candidate: without any it is new."""

NAME_POINTS = 88
DIFFERENT = 15
"""The most that two names can reach that contradict each other."""

FAR, NEAR, CLOSE = 1_500, 500, 150


@dataclass(frozen=True)
class Described:
    """What is known about one compound, from the register or from a file."""

    name: str
    area: Any = None
    place: Point | None = None
    datum: str = ""
    address: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Score:
    """The points, why, how far apart in metres (None: unknown), and whether the names are the same.

    `is_part`: one name is only a part of the other, which is asked about and never taken by itself.
    """

    points: int
    reasons: tuple[Reason, ...]
    metres: int | None = None
    same_name: bool = False
    is_part: bool = False


def compare(one: Described, other: Described, *, other_names: tuple[str, ...] = ()) -> Score:
    """Return the score of the pair; of several names of `other` the one that fits best counts."""
    best = _compare_name(one, other, other.name)
    for name in other_names:
        score = _compare_name(one, other, name)
        if score.points > best.points:
            reasons = (*score.reasons, reason(_("another name of it: %(name)s"), name=name))
            best = replace(score, reasons=reasons)
    return best


def _compare_name(one: Described, other: Described, name: str) -> Score:
    a, b = parse_name(one.name), parse_name(name)
    alike = likeness(a, b)
    points, reasons = NAME_POINTS * alike.share, [*alike.reasons]
    against = contradiction(a, b)
    distance = distance_of(one, other)
    if against:
        return Score(round(min(points, DIFFERENT)), (against, *reasons), distance)
    missing = _missing(a, b)
    points -= 18 * len(missing)
    reasons += missing
    for more, told in (
        _of_place(distance),
        _of_area(one, other),
        _of_address(one, other),
        _of_year(one, other),
    ):
        points += more
        if told:
            reasons.append(told)
    same = alike.share == 1 and not missing
    if points < LOW and distance is not None and distance <= CLOSE and _shares_address(one, other):
        points = LOW
    return Score(max(0, min(100, round(points))), tuple(reasons), distance, same, alike.is_part)


def contradiction(a: Name, b: Name) -> Reason | None:
    """Return why two names cannot mean one compound, or None."""
    if a.phases and b.phases and a.phases != b.phases:
        return reason(_("different phases (%(one)s and %(other)s)"), **_both(a.phases, b.phases))
    if a.zones and b.zones and a.zones != b.zones:
        return reason(_("different zones (%(one)s and %(other)s)"), **_both(a.zones, b.zones))
    if a.numbers and b.numbers and a.numbers != b.numbers:
        return reason(_("different numbers (%(one)s and %(other)s)"), **_both(a.numbers, b.numbers))
    if a.tail and b.tail and a.tail != b.tail and a.core == b.core:
        return reason(_("different kinds of place (%(one)s and %(other)s)"), **_both([a.tail], [b.tail]))
    return None


def _both(one: Any, other: Any) -> dict[str, str]:
    return {
        "one": _listed(one),
        "other": _listed(other),
    }


def _listed(parts: Any) -> str:
    return "、".join(sorted((str(part).upper() for part in parts), key=lambda part: (len(part), part)))


def _missing(a: Name, b: Name) -> list[Reason]:
    reasons = []
    for label, one, other in (
        (_("a phase"), a.phases, b.phases),
        (_("a zone"), a.zones, b.zones),
        (_("a number"), a.numbers, b.numbers),
        (_("a part (shops, villas)"), a.kinds, b.kinds),
    ):
        if bool(one) != bool(other) or one != other:
            reasons.append(
                reason(
                    _("only one of them names %(what)s: %(value)s"),
                    what=reason(label),
                    value=_listed(one or other),
                )
            )
    return reasons


def distance_of(one: Described, other: Described) -> int | None:
    """Return the distance in metres, datums brought together; None when a place is not known."""
    if one.place is None or other.place is None or not one.datum or not other.datum:
        return None
    if one.datum == other.datum:
        return round(metres(one.place, other.place))
    return round(metres(to_wgs84(one.place, one.datum), to_wgs84(other.place, other.datum)))


def _of_place(distance: int | None) -> tuple[float, Reason | None]:
    if distance is None:
        return 0, None
    if distance > FAR:
        told = reason(_("%(km)s km apart"), km=f"{distance / 1000:.1f}")
        return (-40 if distance > 2 * FAR else -30), told
    told = reason(_("%(metres)s metres apart"), metres=distance)
    return (8 if distance <= CLOSE else 4 if distance <= NEAR else -8), told


def _of_area(one: Described, other: Described) -> tuple[float, Reason | None]:
    if one.area is None or other.area is None:
        return 0, None
    if one.area == other.area:
        return 4, reason(_("same subdistrict"))
    return -35, reason(_("another subdistrict"))


def _of_address(one: Described, other: Described) -> tuple[float, Reason | None]:
    if not one.address or not other.address:
        return 0, None
    (roads_a, numbers_a), (roads_b, numbers_b) = roads(one.address), roads(other.address)
    if shared := numbers_a & numbers_b:
        road, number = sorted(shared)[0]
        return 6, reason(_("same address (%(road)s %(number)s)"), road=road, number=number)
    if both := roads_a & roads_b:
        return 2, reason(_("same road (%(road)s)"), road=sorted(both)[0])
    if roads_a and roads_b:
        return -4, reason(_("other roads in the address"))
    return 0, None


def _shares_address(one: Described, other: Described) -> bool:
    """Tell whether both stand at one house number: a compound may have got a new name."""
    return bool(roads(one.address)[1] & roads(other.address)[1])


def _of_year(one: Described, other: Described) -> tuple[float, Reason | None]:
    if one.year is None or other.year is None:
        return 0, None
    apart = abs(one.year - other.year)
    if apart > 3:
        return -6, reason(_("built %(years)s years apart"), years=apart)
    return (2, reason(_("same year built"))) if apart == 0 else (0, None)
