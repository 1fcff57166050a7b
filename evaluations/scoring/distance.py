"""How far a total is from the next band or list limit, and which lines could carry it there. Pure.

What a line could give is computed by the whole rule again with that line at full points, so scaling of
missing items, shares of quarters, caps and rounding are all in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluations.scoring.evaluate import Scorer, Subject
from evaluations.scoring.rubric import Kind, Rubric
from evaluations.scoring.transforms import Line, Status


@dataclass(frozen=True)
class Gain:
    """What a line still lacks (`lost`, its own points) and what full points there would add to the total."""

    item: str
    lost: Decimal
    gain: Decimal


@dataclass(frozen=True)
class Target:
    """The next bound above a total: how many points lack, and the fewest lines that together give them.

    `kind` is "band", "black" (out of the black list), "watch" or "red"; `lines` is empty when all lines together do not reach it.
    """

    kind: str
    title: str
    bound: Decimal
    needed: Decimal
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Distance:
    """Gains by line, the largest first, and the bounds above the total."""

    gains: tuple[Gain, ...]
    targets: tuple[Target, ...]


def distance(
    rubric: Rubric,
    subject: Subject,
    lines: Sequence[Line],
    total: Decimal | None,
    quarters: Sequence[int] = (),
) -> Distance:
    """Return the distance of a card; `lines` stand in the order of the rubric's items."""
    if total is None:
        return Distance((), ())
    scorer = Scorer(rubric, quarters)

    def with_full(full: set[int]) -> Decimal | None:
        moved = tuple(
            Line(rubric.items[i].points, line.raw, Status.SCORED) if i in full else line
            for i, line in enumerate(lines)
        )
        return scorer.total_of(moved, subject)

    found: list[tuple[Gain, int]] = []
    for i, (item, line) in enumerate(zip(rubric.items, lines, strict=True)):
        # A bonus is a gift: what it lacks is not lost. Without a value there is nothing to do better.
        if line.points is None or item.transform.kind is Kind.BONUS:
            continue
        lost = item.points - line.points
        best = with_full({i})
        if lost > 0 and best is not None:
            found.append((Gain(item.code, lost, best - total), i))
    found.sort(key=lambda pair: (-pair[0].gain, pair[1]))
    targets = []
    for kind, title, bound in _bounds(rubric, total):
        taken: set[int] = set()
        reached = False
        for _gain, i in found:
            taken.add(i)
            now = with_full(taken)
            if now is not None and now >= bound:
                reached = True
                break
        needed = tuple(rubric.items[i].code for _gain, i in found if i in taken) if reached else ()
        targets.append(Target(kind, title, bound, bound - total, needed))
    return Distance(tuple(gain for gain, _i in found), tuple(targets))


def _bounds(rubric: Rubric, total: Decimal) -> list[tuple[str, str, Decimal]]:
    """The next band, then the limit of key supervision or of the red list, where the total lies below."""
    above = sorted((band for band in rubric.bands if band.lower > total), key=lambda band: band.lower)
    found = [("band", above[0].title, above[0].lower)] if above else []
    rule = rubric.list_rule
    found += [
        (kind, "", limit)
        for kind, limit in (("black", rule.black_min), ("watch", rule.watch_max), ("red", rule.red_min))
        if limit is not None and total < limit
    ]
    return found
