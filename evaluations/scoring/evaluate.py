"""The whole computation of one release: values in, cards and standings out.

Closing a period and verifying a bundle both call `evaluate`. Points are remembered by (item,
value), totals by what they are made of: most subjects share theirs with others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluations.scoring.listing import Candidate, Colour, CutOff, Place, Standing, assign, cut_offs_of
from evaluations.scoring.rollup import Part, enterprise_total
from evaluations.scoring.rubric import Item, Rubric
from evaluations.scoring.totals import band_of, own_total, period_total, quarters_total
from evaluations.scoring.transforms import Line, Status, Value, needed_answers, points_of, score_value
from evaluations.scoring.wilson import upper_bound


@dataclass(frozen=True)
class Subject:
    """A service project as the period sees it.

    `days` of service; `households` and `area` (m²) served at the end, as roll-up weights;
    `population` is how many households the satisfaction was drawn from; `quarter_totals` are final
    totals by quarter number, for half-years and years.
    """

    key: str
    enterprise: str = ""
    group: str = ""
    days: int = 0
    households: int = 0
    area: Decimal = Decimal(0)
    population: int | None = None
    vetoes: tuple[str, ...] = ()
    exclusion: str = ""
    preceding_colour: str = ""
    preceding_tail: bool = False
    resurveyed: bool = False
    quarter_totals: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True)
class Enterprise:
    """An enterprise as the period sees it, apart from its projects."""

    key: str
    vetoes: tuple[str, ...] = ()
    exclusion: str = ""
    preceding_colour: str = ""
    preceding_tail: bool = False
    resurveyed: bool = False


@dataclass(frozen=True)
class Card:
    """The scorecard of a project: lines in the order of the rubric's items, total and band."""

    key: str
    lines: tuple[Line, ...]
    total: Decimal | None
    band: str
    satisfaction_valid: bool


@dataclass(frozen=True)
class EnterpriseCard:
    """The rolled-up result of an enterprise over its ranked projects."""

    key: str
    total: Decimal | None
    band: str
    projects: int


@dataclass(frozen=True)
class Outcome:
    """Everything that one evaluation yields."""

    cards: dict[str, Card]
    standings: dict[str, Standing]
    enterprise_cards: dict[str, EnterpriseCard]
    enterprise_standings: dict[str, Standing]


@dataclass(frozen=True)
class CutOffs:
    """The limits that a published list set, by rank group; a correction after the final list measures by them."""

    projects: Mapping[str, CutOff]
    enterprises: Mapping[str, CutOff]


Values = Mapping[str, Mapping[str, Value]]
"""Item code → subject key → value."""


class Scorer:
    """Scores subjects under one rubric and remembers what it has computed."""

    def __init__(self, rubric: Rubric, quarters: Sequence[int] = ()) -> None:
        self.rubric = rubric
        self.quarters = tuple(quarters)
        self._lines: list[dict[Any, Line]] = [{} for _ in rubric.items]
        self._totals: dict[Any, Fraction | None] = {}
        self._finals: dict[Any, Decimal | None] = {}
        self._bands: dict[Decimal | None, str] = {}
        self._satisfaction = next(
            (i for i, item in enumerate(rubric.items) if item.code == rubric.satisfaction_item), None
        )

    def line(self, index: int, value: Value | None, population: int | None) -> Line:
        """Return the line of the item with that index."""
        item = self.rubric.items[index]
        enough = True
        if item.min_n and value is not None:
            enough = (value.n or 0) >= max(1, needed_answers(item, population))
        key = (value.numerator, value.denominator, enough) if value is not None else None
        known = self._lines[index].get(key)
        if known is None:
            known = self._lines[index][key] = score_value(self.rubric, item, value, population)
        return known

    def card(self, subject: Subject, values: Sequence[Value | None]) -> Card:
        """Return the card of a subject; `values` stand in the order of the rubric's items."""
        population = subject.population
        lines = tuple([self.line(i, value, population) for i, value in enumerate(values)])
        total = self._total(lines, subject)
        if total not in self._bands:
            self._bands[total] = band_of(self.rubric.bands, total)
        valid = self._satisfaction is not None and lines[self._satisfaction].status is Status.SCORED
        return Card(subject.key, lines, total, self._bands[total], valid)

    def upper_total(self, subject: Subject, card: Card, value: Value | None) -> Decimal | None:
        """Return the total with satisfaction at its upper 95 % bound; None without a satisfaction item.

        Too few valid answers say nothing, so the bound is then 1.
        """
        index = self._satisfaction
        if index is None:
            return None
        item = self.rubric.items[index]
        bound = Decimal(1)
        if (
            card.satisfaction_valid
            and value is not None
            and value.numerator is not None
            and value.denominator
        ):
            satisfied = min(max(value.numerator, Decimal(0)), value.denominator)
            bound = upper_bound(satisfied, value.denominator, subject.population)
        points = points_of(self.rubric, item, Fraction(bound))
        best = Line(points, bound, Status.SCORED)
        return self._total((*card.lines[:index], best, *card.lines[index + 1 :]), subject)

    def total_of(self, lines: tuple[Line, ...], subject: Subject) -> Decimal | None:
        """Return the rounded total that these lines make for a subject."""
        return self._total(lines, subject)

    def _total(self, lines: tuple[Line, ...], subject: Subject) -> Decimal | None:
        own_key = tuple([line.points for line in lines])
        if own_key not in self._totals:
            self._totals[own_key] = own_total(self.rubric, zip(self.rubric.items, lines, strict=True))
        own = self._totals[own_key]
        key = (own, subject.quarter_totals)
        if key not in self._finals:
            quarters = None
            if self.rubric.own_share < 1:
                quarters = quarters_total(
                    self.rubric.quarter_weights, dict(subject.quarter_totals), self.quarters
                )
            self._finals[key] = period_total(self.rubric, own, quarters)
        return self._finals[key]


def values_of(items: Iterable[Item], values: Values, key: str) -> list[Value | None]:
    """Return a subject's values in the order of the items."""
    nothing: Mapping[str, Value] = {}
    return [values.get(item.code, nothing).get(key) for item in items]


def evaluate(
    rubric: Rubric,
    subjects: Iterable[Subject],
    enterprises: Iterable[Enterprise],
    values: Values,
    *,
    quarters: Sequence[int] = (),
    cards: Mapping[str, Card] | None = None,
    upper: Callable[[str], Decimal | None] | None = None,
    cut_offs: CutOffs | None = None,
) -> Outcome:
    """Return cards and standings of all projects and enterprises.

    `quarters`: the quarter numbers of the period when it is a half-year or a year. `cards`: already
    scored, so that they are not scored again (they may lack their lines). `upper`: gives the total with
    satisfaction at its upper bound where `values` are not at hand. `cut_offs`: limits already published.
    """
    scorer = Scorer(rubric, quarters)
    everyone = {subject.key: subject for subject in subjects}
    per_item = [values.get(item.code, {}) for item in rubric.items]
    done: dict[str, Card] = dict(cards or {})
    for key, subject in everyone.items():
        if key not in done:
            done[key] = scorer.card(subject, [column.get(key) for column in per_item])
    uppers: dict[str, Decimal | None] = {}

    def computed(key: str) -> Decimal | None:
        if key not in uppers:
            code = rubric.satisfaction_item
            value = values.get(code, {}).get(key) if code is not None else None
            uppers[key] = scorer.upper_total(everyone[key], done[key], value)
        return uppers[key]

    best = upper or computed
    standings = assign(
        [_candidate(rubric, subject, done[key]) for key, subject in everyone.items()],
        rubric.list_rule,
        best,
        cut_offs.projects if cut_offs else None,
    )
    enterprise_cards, enterprise_standings = _enterprises(
        rubric, everyone, done, standings, list(enterprises), best, cut_offs
    )
    return Outcome(done, standings, enterprise_cards, enterprise_standings)


def published_cut_offs(rubric: Rubric, subjects: Iterable[Subject], outcome: Outcome) -> CutOffs:
    """Return the limits that an outcome set, to be kept when it is published."""
    projects: dict[str, list[Decimal]] = {}
    for subject in subjects:
        total = outcome.cards[subject.key].total
        if outcome.standings[subject.key].place is Place.RANKED and total is not None:
            projects.setdefault(subject.group if rubric.rank_groups else "", []).append(total)
    firms = [
        card.total
        for key, card in outcome.enterprise_cards.items()
        if outcome.enterprise_standings[key].place is Place.RANKED and card.total is not None
    ]
    return CutOffs(
        cut_offs_of(projects, rubric.list_rule),
        cut_offs_of({"": firms} if firms else {}, rubric.enterprise_rule),
    )


def _candidate(rubric: Rubric, subject: Subject, card: Card) -> Candidate:
    return Candidate(
        key=subject.key,
        total=card.total,
        group=subject.group if rubric.rank_groups else "",
        days=subject.days,
        projects=max(1, rubric.list_rule.min_projects),
        satisfaction_valid=card.satisfaction_valid,
        vetoes=subject.vetoes,
        exclusion=subject.exclusion,
        preceding_tail=subject.preceding_tail,
        resurveyed=subject.resurveyed,
    )


def _enterprises(
    rubric: Rubric,
    subjects: Mapping[str, Subject],
    cards: Mapping[str, Card],
    standings: Mapping[str, Standing],
    enterprises: Sequence[Enterprise],
    upper: Callable[[str], Decimal | None],
    cut_offs: CutOffs | None,
) -> tuple[dict[str, EnterpriseCard], dict[str, Standing]]:
    ranked: dict[str, list[Subject]] = {}
    black: set[str] = set()
    for key, subject in subjects.items():
        if standings[key].place is Place.RANKED:
            ranked.setdefault(subject.enterprise, []).append(subject)
        if standings[key].colour is Colour.BLACK:
            black.add(subject.enterprise)

    def total(key: str, total_of: Callable[[str], Decimal | None]) -> Decimal | None:
        parts = []
        for subject in ranked.get(key, []):
            value = total_of(subject.key)
            if value is not None:
                parts.append(Part(value, subject.households, subject.area))
        return enterprise_total(rubric, parts)

    result: dict[str, EnterpriseCard] = {}
    candidates = []
    for enterprise in enterprises:
        value = total(enterprise.key, lambda key: cards[key].total)
        count = len(ranked.get(enterprise.key, []))
        result[enterprise.key] = EnterpriseCard(enterprise.key, value, band_of(rubric.bands, value), count)
        candidates.append(
            Candidate(
                key=enterprise.key,
                total=value,
                days=rubric.enterprise_rule.min_days,
                projects=count,
                satisfaction_valid=any(
                    cards[s.key].satisfaction_valid for s in ranked.get(enterprise.key, [])
                ),
                vetoes=enterprise.vetoes,
                exclusion=enterprise.exclusion,
                preceding_tail=enterprise.preceding_tail,
                resurveyed=enterprise.resurveyed,
                has_black_project=enterprise.key in black,
            )
        )
    best = (lambda key: total(key, upper)) if rubric.satisfaction_item is not None else (lambda key: None)
    limits = cut_offs.enterprises if cut_offs else None
    return result, assign(candidates, rubric.enterprise_rule, best, limits)
