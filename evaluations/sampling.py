"""Draws inspection samples and shares them out (pure: no ORM, clock or chance of the machine).

The draw: strata get their parts in proportion, by largest remainder, at least one each; in a stratum those
come first whose SHA-256 of "seed|stratum|code" is smallest. Anybody can repeat it with the seed, the list
of codes and any language that knows SHA-256.
"""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

Stratum = str


@dataclass(frozen=True)
class Unit:
    """One compound to be marked: its code, where it lies, and for a second marking who marked it first."""

    code: str
    subdistrict: int
    first_by: int | None = None


def sample_size(total: int, *, size: int | None = None, share: Decimal | None = None) -> int:
    """Return how many of `total` are drawn; `share` is in per cent, rounded up to a whole unit."""
    if size is not None:
        return size
    wanted = Decimal(total) * (share or Decimal(0)) / 100
    return int(wanted.to_integral_value(ROUND_CEILING))


def allocate(sizes: Mapping[Stratum, int], n: int) -> dict[Stratum, int]:
    """Return how many of each stratum are drawn; empty strata get nothing.

    Strata whose proportional part is below one get one and step aside; what is left is shared out among the
    others by largest remainder (ties: the larger stratum, then the name). Raises ValueError when n is below
    the number of strata or above the number of units.
    """
    left = {name: size for name, size in sizes.items() if size > 0}
    total = sum(left.values())
    if not len(left) <= n <= total:
        raise ValueError(f"between {len(left)} and {total} units can be drawn, not {n}")
    found = dict.fromkeys(sizes, 0)
    while left:
        small = [name for name, size in left.items() if Fraction(n * size, total) < 1]
        if not small:
            break
        for name in small:
            found[name] = 1
            total -= left.pop(name)
        n -= len(small)
    quotas = {name: Fraction(n * size, total) for name, size in left.items()}
    for name, quota in quotas.items():
        found[name] = int(quota)
    over = n - sum(int(quota) for quota in quotas.values())
    order = sorted(quotas, key=lambda name: (int(quotas[name]) - quotas[name], -left[name], name))
    for name in order[:over]:
        found[name] += 1
    return found


def chance(seed: int, *parts: object) -> str:
    """Return the hexadecimal SHA-256 by which things are put in order."""
    return hashlib.sha256("|".join(map(str, (seed, *parts))).encode()).hexdigest()


def draw(frame: Mapping[Stratum, Collection[str]], n: int, seed: int) -> dict[Stratum, list[str]]:
    """Return the codes drawn of each stratum, in the order in which they were drawn."""
    parts = allocate({name: len(codes) for name, codes in frame.items()}, n)
    return {
        name: sorted(codes, key=lambda code: (chance(seed, name, code), code))[: parts[name]]
        for name, codes in frame.items()
    }


def draw_second(codes: Collection[str], share: Decimal, seed: int) -> list[str]:
    """Return which of the drawn codes are marked a second time: `share` per cent of them, rounded up."""
    n = sample_size(len(codes), share=share)
    return sorted(codes, key=lambda code: (chance(seed, "second", code), code))[:n]


def one_of_each(groups: Mapping[str, Collection[str]], seed: int) -> dict[str, str]:
    """Return one code of each group: the first stage when one compound of each project is drawn from."""
    return {
        group: min(codes, key=lambda code: (chance(seed, "project", group, code), code))
        for group, codes in groups.items()
        if codes
    }


class NobodyLeft(ValueError):
    """A unit that none of the inspectors may mark."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit.code)
        self.unit = unit


def assign(units: Sequence[Unit], inspectors: Mapping[int, Collection[int]], seed: int) -> dict[str, int]:
    """Return code → inspector, with loads as even as the rules allow.

    `inspectors` names the subdistricts that are each one's own: nobody marks there, and nobody marks what
    he marked first. Within a subdistrict units go round among those who may (cross-marking). Raises
    NobodyLeft for a unit without anybody.
    """

    def may(who: int, unit: Unit) -> bool:
        return unit.subdistrict not in inspectors[who] and unit.first_by != who

    order = sorted(inspectors, key=lambda who: chance(seed, "inspector", who))
    here: dict[int, Counter[int]] = defaultdict(Counter)
    load = dict.fromkeys(order, 0)
    given: dict[int, dict[str, Unit]] = {who: {} for who in order}
    for unit in sorted(units, key=lambda one: (one.subdistrict, chance(seed, "turn", one.code))):
        able = [who for who in order if may(who, unit)]
        if not able:
            raise NobodyLeft(unit)
        who = min(able, key=lambda one: (here[unit.subdistrict][one], load[one], order.index(one)))
        here[unit.subdistrict][who] += 1
        load[who] += 1
        given[who][unit.code] = unit
    while _even_out(order, given, may):
        pass
    return {code: who for who, mine in given.items() for code in mine}


def _even_out(order: Sequence[int], given: dict[int, dict[str, Unit]], may: object) -> bool:
    """Move units along a path from a busy inspector to one with at least two fewer; False when there is none."""
    for start in sorted(order, key=lambda who: -len(given[who])):
        came: dict[int, tuple[int, str]] = {}
        seen, queue = {start}, deque([start])
        while queue:
            who = queue.popleft()
            if len(given[who]) <= len(given[start]) - 2:
                while who != start:
                    before, code = came[who]
                    given[who][code] = given[before].pop(code)
                    who = before
                return True
            for other in order:
                if other in seen:
                    continue
                code = next((c for c, unit in sorted(given[who].items()) if may(other, unit)), None)  # type: ignore[operator]
                if code is not None:
                    seen.add(other)
                    came[other] = (who, code)
                    queue.append(other)
    return False


def spread(codes: Iterable[tuple[str, int]], days: int) -> dict[str, int]:
    """Return code → number of the day (0 to days − 1): one inspector's units, those of a subdistrict together."""
    ordered = [code for code, _street in sorted(codes, key=lambda one: (one[1], one[0]))]
    return {code: place * days // len(ordered) for place, code in enumerate(ordered)}
