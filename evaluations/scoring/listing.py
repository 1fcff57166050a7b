"""The list rule of design section 7: who is red, black, on the watch list, undetermined or unlisted.

Works on totals that are already rounded; knows neither items nor values. The same function serves
projects and, with the enterprise rule, enterprises.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.scoring.ranking import Field, places
from evaluations.scoring.rubric import ListRule, number


class Colour(StrEnum):
    """What the list rule says of a subject."""

    RED = "red"
    WATCH = "watch"
    BLACK = "black"
    UNDETERMINED = "undetermined"
    UNLISTED = "unlisted"


class Place(StrEnum):
    """Whether a subject takes part in the ranking, and why not."""

    RANKED = "ranked"
    SHORT_SERVICE = "short_service"
    FEW_PROJECTS = "few_projects"
    INCOMPLETE = "incomplete"
    EXCLUDED = "excluded"


NAMED = (Colour.RED, Colour.WATCH, Colour.BLACK)
"""The colours under which a subject is named in public."""


@dataclass(frozen=True)
class Candidate:
    """One subject as the list rule sees it. `total` is None without a complete score.

    `satisfaction_valid`: enough valid answers. `preceding_tail`: in the preceding quarter it was
    among the last places and below the watch limit. `resurveyed`: asked again after an
    undetermined result. `has_black_project`: for enterprises.
    """

    key: str
    total: Decimal | None
    group: str = ""
    days: int = 0
    projects: int = 1
    satisfaction_valid: bool = False
    vetoes: tuple[str, ...] = ()
    exclusion: str = ""
    preceding_tail: bool = False
    resurveyed: bool = False
    has_black_project: bool = False


@dataclass(frozen=True)
class Reason:
    """Why a subject has its colour: a code and its numbers, put into words elsewhere."""

    code: str
    values: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, str]:
        """Return code and values as one flat object."""
        return {"code": self.code, **dict(self.values)}


@dataclass(frozen=True)
class Standing:
    """Rank (None: not ranked) of `ranked` subjects in its group, colour, reasons, and whether it is in the tail."""

    key: str
    place: Place
    rank: int | None
    ranked: int
    colour: Colour
    reasons: tuple[Reason, ...]
    tail: bool


@dataclass(frozen=True)
class CutOff:
    """The published limits of one rank group: the lowest total among the first places, the highest among the last.

    None: there was no such place. A correction after the final list measures by them, whoever moves.
    """

    red: Decimal | None = None
    tail: Decimal | None = None


def cut_offs_of(totals: Mapping[str, Iterable[Decimal]], rule: ListRule) -> dict[str, CutOff]:
    """Return the limits that the shares of the rule set in each group of ranked totals."""
    found = {}
    for group, ranked in totals.items():
        field = Field.of(ranked)
        first = places(field.size, rule.red_share) if rule.red_share is not None else 0
        last = places(field.size, rule.black_share) if rule.black_share is not None else 0
        tail = [total for total in field.totals if field.at_or_below(total) <= last]
        found[group] = CutOff(field.totals[-first] if first else None, tail[-1] if tail else None)
    return found


def place_of(candidate: Candidate, rule: ListRule) -> Place:
    """Tell whether the candidate is ranked."""
    if candidate.exclusion:
        return Place.EXCLUDED
    if candidate.days < rule.min_days:
        return Place.SHORT_SERVICE
    if candidate.projects < rule.min_projects:
        return Place.FEW_PROJECTS
    if candidate.total is None:
        return Place.INCOMPLETE
    return Place.RANKED


def assign(
    candidates: Iterable[Candidate],
    rule: ListRule,
    upper: Callable[[str], Decimal | None],
    cut_offs: Mapping[str, CutOff] | None = None,
) -> dict[str, Standing]:
    """Return the standing of every candidate by its key.

    `upper(key)` gives the total with satisfaction at its upper 95 % bound, or None when there is
    nothing to test again. It is asked only for candidates that would be black by score.
    `cut_offs` by group: published limits that stand in for the places a share gives (a correction).
    """
    everyone = list(candidates)
    where = {candidate.key: place_of(candidate, rule) for candidate in everyone}
    groups: dict[str, list[Decimal]] = {}
    for candidate in everyone:
        if where[candidate.key] is Place.RANKED and candidate.total is not None:
            groups.setdefault(candidate.group, []).append(candidate.total)
    fields = {group: Field.of(totals) for group, totals in groups.items()}
    empty = Field(())
    return {
        candidate.key: _standing(
            candidate,
            where[candidate.key],
            fields.get(candidate.group, empty),
            rule,
            upper,
            None if cut_offs is None else cut_offs.get(candidate.group, CutOff()),
        )
        for candidate in everyone
    }


def _standing(
    candidate: Candidate,
    place: Place,
    field: Field,
    rule: ListRule,
    upper: Callable[[str], Decimal | None],
    cut: CutOff | None,
) -> Standing:
    total = candidate.total
    vetoed = bool(candidate.vetoes) and place is not Place.EXCLUDED
    if place is not Place.RANKED or total is None:
        # Too short a service or no score frees from the score clauses, never from a proven breach.
        if vetoed and rule.black_veto:
            return Standing(candidate.key, place, None, field.size, Colour.BLACK, _vetoes(candidate), False)
        return Standing(candidate.key, place, None, field.size, Colour.UNLISTED, (Reason(str(place)),), False)

    rank = field.rank(total)
    tail = _in_tail(field, rule, total, field.at_or_below(total), cut)

    def standing(colour: Colour, *reasons: Reason) -> Standing:
        return Standing(candidate.key, place, rank, field.size, colour, tuple(reasons), tail)

    if vetoed and rule.black_veto:
        return standing(Colour.BLACK, *_vetoes(candidate))
    black = _black_reasons(candidate, field, rule, total, field.at_or_below(total), cut)
    if black and rule.retest:
        best = upper(candidate.key)
        if best is not None:
            best = max(best, total)
            after = field.at_or_below_after_move(total, best)
            if not _black_reasons(candidate, field, rule, best, after, cut):
                straddles = Reason("straddles", (("total", str(total)), ("upper", str(best))))
                if candidate.resurveyed:
                    return standing(Colour.WATCH, Reason("still_undetermined"), straddles)
                return standing(Colour.UNDETERMINED, straddles)
    if black:
        return standing(Colour.BLACK, *black)
    red = _red_reasons(candidate, field, rule, total, rank, cut, vetoed=vetoed)
    if red:
        return standing(Colour.RED, *red)
    if rule.watch_max is not None and total < rule.watch_max:
        return standing(Colour.WATCH, _limit("below_watch", total, rule.watch_max))
    return standing(Colour.UNLISTED)


def _vetoes(candidate: Candidate) -> tuple[Reason, ...]:
    return tuple(Reason("veto", (("veto", code),)) for code in sorted(candidate.vetoes))


def _limit(code: str, total: Decimal, limit: Decimal) -> Reason:
    return Reason(code, (("total", str(total)), ("limit", number(limit))))


def _in_tail(field: Field, rule: ListRule, total: Decimal, at_or_below: int, cut: CutOff | None) -> bool:
    """Among the last places and below the watch limit; a tie across the cut takes nobody in."""
    if rule.black_share is None or rule.watch_max is None or total >= rule.watch_max:
        return False
    if cut is not None:
        return cut.tail is not None and total <= cut.tail
    return at_or_below <= places(field.size, rule.black_share)


def _black_reasons(
    candidate: Candidate,
    field: Field,
    rule: ListRule,
    total: Decimal,
    at_or_below: int,
    cut: CutOff | None,
) -> list[Reason]:
    reasons = []
    if rule.black_min is not None and total < rule.black_min:
        reasons.append(_limit("below_black", total, rule.black_min))
    if candidate.preceding_tail and _in_tail(field, rule, total, at_or_below, cut):
        assert rule.black_share is not None
        if cut is not None and cut.tail is not None:
            return [*reasons, _limit("published_last_twice", total, cut.tail)]
        last = places(field.size, rule.black_share)
        reasons.append(Reason("last_places_twice", (("last", str(last)), ("ranked", str(field.size)))))
    return reasons


def _red_reasons(
    candidate: Candidate,
    field: Field,
    rule: ListRule,
    total: Decimal,
    rank: int,
    cut: CutOff | None,
    *,
    vetoed: bool,
) -> list[Reason]:
    """All conditions together; a tie across the cut takes everybody in, because they share the rank."""
    if rule.red_min is None and rule.red_share is None:
        return []
    if vetoed or (rule.red_needs_satisfaction and not candidate.satisfaction_valid):
        return []
    if rule.red_needs_no_black and candidate.has_black_project:
        return []
    reasons = []
    if rule.red_min is not None:
        if total < rule.red_min:
            return []
        reasons.append(_limit("reaches_red", total, rule.red_min))
    if rule.red_share is not None and cut is not None:
        if cut.red is None or total < cut.red:
            return []
        reasons.append(_limit("published_first", total, cut.red))
    elif rule.red_share is not None:
        first = places(field.size, rule.red_share)
        if rank > first:
            return []
        reasons.append(
            Reason("first_places", (("rank", str(rank)), ("first", str(first)), ("ranked", str(field.size))))
        )
    return reasons
