"""Trying a rubric on a closed period: its frozen values scored anew, before and after of every rank and list.

Reads the values that the closing froze; nothing is saved, and no fact is counted again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.models import ClosingRun, Colour, EvaluationPeriod, Rubric
from evaluations.scoring.evaluate import Outcome, evaluate
from evaluations.scoring.listing import Standing
from evaluations.scoring.rubric import Item
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.services.bundles import load_run
from evaluations.services.rubrics import require_sound, value_of
from evaluations.services.run_data import quarter_numbers
from evaluations.words import reason_text
from redprop.common.errors import Refused
from redprop.common.tabular.writing import Table

PROJECT, ENTERPRISE = "project", "enterprise"


@dataclass(frozen=True)
class Result:
    """A total with its band, rank and list."""

    total: Decimal | None
    band: str
    rank: int | None
    colour: str
    reasons: tuple[str, ...]

    @property
    def list_name(self) -> str:
        """The list in words."""
        return str(Colour(self.colour).label)


@dataclass(frozen=True)
class Compared:
    """One project or enterprise before and after."""

    level: str
    key: str
    code: str
    name: str
    enterprise: str
    before: Result
    after: Result

    @property
    def moved_list(self) -> bool:
        """Whether it changes its list."""
        return self.before.colour != self.after.colour

    @property
    def moved_rank(self) -> bool:
        """Whether its rank changes."""
        return self.before.rank != self.after.rank

    @property
    def moved(self) -> bool:
        """Whether anything changes."""
        return (self.before.total, self.before.band, self.before.rank, self.before.colour) != (
            self.after.total,
            self.after.band,
            self.after.rank,
            self.after.colour,
        )

    @property
    def change(self) -> str:
        """What changes, in words."""
        if self.moved_list:
            return _("list: %(before)s → %(after)s") % {
                "before": self.before.list_name,
                "after": self.after.list_name,
            }
        if self.moved_rank:
            if self.before.rank is None or self.after.rank is None:
                return _("ranked now") if self.before.rank is None else _("not ranked any more")
            by = self.before.rank - self.after.rank
            return _("up %(n)s places") % {"n": by} if by > 0 else _("down %(n)s places") % {"n": -by}
        return _("only the points") if self.moved else _("unchanged")


@dataclass(frozen=True)
class PeriodTrial:
    """The result of a trial on a period. `without_values` are items that the period has no values of."""

    period: EvaluationPeriod
    before: RubricValue
    after: RubricValue
    rows: list[Compared]
    without_values: list[Item]

    def lists(self, level: str) -> list[tuple[str, int, int]]:
        """Return (list, before, after) of one level."""
        before = Counter(row.before.colour for row in self.rows if row.level == level)
        after = Counter(row.after.colour for row in self.rows if row.level == level)
        return [(str(colour.label), before[colour], after[colour]) for colour in Colour]

    def count(self, level: str, name: str) -> int:
        """Return how many of a level have `moved`, `moved_list` or `moved_rank`."""
        return sum(getattr(row, name) for row in self.rows if row.level == level)


def closed_periods(user: Any, rubric: Rubric) -> list[EvaluationPeriod]:
    """Return the closed periods of the rubric's kind on which it can be tried, newest first."""
    found = EvaluationPeriod.objects.for_user(user).filter(
        district=rubric.district_id, kind=rubric.period_kind, state=EvaluationPeriod.State.CLOSED
    )
    return list(found.select_related("rubric").order_by("-ends_on"))


def try_on_period(rubric: Rubric, period: EvaluationPeriod) -> PeriodTrial:
    """Return before and after of a closed period's projects and enterprises under `rubric`; raises Refused."""
    after = value_of(rubric)
    require_sound(after)
    run = (
        ClosingRun.objects.filter(period=period, state=ClosingRun.State.DONE)
        .select_related("period__rubric")
        .order_by("-pk")
        .first()
    )
    if run is None or period.kind != rubric.period_kind:
        raise Refused(
            _("%(period)s has no closed result to try this rubric on. Choose another period.")
            % {"period": period.value.label},
            code="no-run",
        )
    data = load_run(run)
    sources = {item.code: _same_source(item, data.rubric.items) for item in after.items}
    values = {code: data.values[old.code] for code, old in sources.items() if old is not None}
    outcome = evaluate(
        after, data.subjects, data.enterprises, values, quarters=tuple(quarter_numbers(period))
    )
    return PeriodTrial(
        period,
        data.rubric,
        after,
        _rows(data.rubric, after, data.outcome, outcome, {s.key: s.enterprise for s in data.subjects}),
        [item for item in after.items if sources[item.code] is None],
    )


def _same_source(item: Item, old: Iterable[Item]) -> Item | None:
    """Return the item of the period whose frozen values are this item's: same source and level."""
    same = [one for one in old if one.source == item.source and one.level is item.level]
    by_code = next((one for one in same if one.code == item.code), None)
    return by_code or (same[0] if same and item.source != "marks" else None)


def _rows(
    old: RubricValue, new: RubricValue, before: Outcome, after: Outcome, firm_of: dict[str, str]
) -> list[Compared]:
    projects = ServiceProject.objects.in_bulk([int(key) for key in before.cards])
    firms = Enterprise.objects.in_bulk([int(key) for key in before.enterprise_cards])
    rows = []
    for key, card in before.cards.items():
        project = projects[int(key)]
        firm = firms.get(int(firm_of[key]))
        rows.append(
            Compared(
                PROJECT,
                key,
                project.code,
                project.name,
                firm.name if firm else "",
                _result(old, card, before.standings[key]),
                _result(new, after.cards[key], after.standings[key]),
            )
        )
    for key, total in before.enterprise_cards.items():
        firm = firms[int(key)]
        rows.append(
            Compared(
                ENTERPRISE,
                key,
                firm.uscc,
                firm.name,
                firm.name,
                _result(old, total, before.enterprise_standings[key]),
                _result(new, after.enterprise_cards[key], after.enterprise_standings[key]),
            )
        )
    last = len(rows) + 1
    return sorted(rows, key=lambda row: (row.level == ENTERPRISE, row.after.rank or last, row.name))


def _result(rubric: RubricValue, card: Any, standing: Standing) -> Result:
    titles = {band.code: band.title for band in rubric.bands}
    reasons = tuple(reason_text(reason.as_json()) for reason in standing.reasons)
    return Result(card.total, titles.get(card.band, card.band), standing.rank, str(standing.colour), reasons)


def comparison_table(trial: PeriodTrial) -> Table:
    """Return before and after of everybody as a table."""
    headers = [_("Level"), _("Code"), _("Name"), _("Enterprise")]
    for when in (_("before"), _("after")):
        headers += [
            _("%(what)s (%(when)s)") % {"what": what, "when": when}
            for what in (_("Total"), _("Band"), _("Rank"), _("List"))
        ]
    headers += [_("What changes"), _("Reasons afterwards")]
    words = {PROJECT: _("project"), ENTERPRISE: _("enterprise")}

    def rows() -> Iterator[list[Any]]:
        for row in trial.rows:
            told: list[Any] = [words[row.level], row.code, row.name, row.enterprise]
            for result in (row.before, row.after):
                told += [result.total, result.band, result.rank, result.list_name]
            yield [*told, row.change, " ".join(row.after.reasons)]

    widths = [8, 20, 28, 28, *[12] * 8, 22, 40]
    return Table(_("Trial run"), headers, rows(), widths=widths)
