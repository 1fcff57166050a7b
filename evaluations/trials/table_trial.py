"""Scoring a table of marks: subject, total, band, rank. Pure of the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from evaluations.scoring.evaluate import Card, Scorer, Subject
from evaluations.scoring.ranking import Field
from evaluations.scoring.rubric import Rubric, number
from evaluations.trials.marks_file import MarkTable
from redprop.common.errors import Refused
from redprop.common.tabular.headers import HELP_MARK
from redprop.common.tabular.writing import Table, write_table


@dataclass(frozen=True)
class Scored:
    """One subject's result; `why` says what keeps it from a total."""

    subject: str
    group: str
    card: Card
    rank: int | None
    why: str


@dataclass(frozen=True)
class TableTrial:
    """The result of a trial on a table, in the table's order."""

    rubric: Rubric
    rows: list[Scored]
    unused: list[str]
    absent: list[str]

    @property
    def bands(self) -> dict[str, int]:
        """How many subjects are in each band, by its code, best first."""
        counts = {band.code: 0 for band in self.rubric.bands}
        for row in self.rows:
            if row.card.band:
                counts[row.card.band] += 1
        return counts

    @property
    def without_total(self) -> int:
        """How many subjects have no total."""
        return sum(row.card.total is None for row in self.rows)


def score_table(rubric: Rubric, table: MarkTable) -> TableTrial:
    """Return totals, bands and competition ranks (1, 2, 2, 4) of a table's subjects."""
    if rubric.own_share < 1:
        raise Refused(
            _(
                "The rubric %(title)s takes its total from the quarters before it, which a table of marks does not hold. Try it on a past period."
            )
            % {"title": rubric.title},
            code="needs-quarters",
        )
    scorer = Scorer(rubric)
    cards = [
        scorer.card(Subject(subject), values)
        for subject, values in zip(table.subjects, table.values, strict=True)
    ]
    groups = table.groups or [""] * len(cards)
    totals: dict[str, list[Decimal]] = {}
    for card, group in zip(cards, groups, strict=True):
        if card.total is not None:
            totals.setdefault(group, []).append(card.total)
    fields = {group: Field.of(found) for group, found in totals.items()}
    ranks: dict[tuple[str, Decimal], int] = {}
    rows = []
    for card, group in zip(cards, groups, strict=True):
        rank = None
        if card.total is not None:
            key = (group, card.total)
            rank = ranks.get(key)
            if rank is None:
                rank = ranks[key] = fields[group].rank(card.total)
        rows.append(Scored(card.key, group, card, rank, "" if rank else _why(rubric, card)))
    return TableTrial(rubric, rows, table.unused, [item.code for item in table.absent])


def _why(rubric: Rubric, card: Card) -> str:
    """Return why a card has no total."""
    blocking = [item.title for item, line in zip(rubric.items, card.lines, strict=True) if line.blocks]
    if blocking:
        return _("No score: %(items)s must have a value.") % {"items": "、".join(blocking)}
    available = sum(
        (
            item.points
            for item, line in zip(rubric.items, card.lines, strict=True)
            if line.points is not None and not item.adds
        ),
        Decimal(0),
    )
    return _("No score: items with a value make %(points)s points, %(needed)s are needed.") % {
        "points": number(available),
        "needed": number(max(rubric.min_available, Decimal(1))),
    }


def result_table(trial: TableTrial) -> Table:
    """Return the result as a table: subject, total, band, rank, then how it came about."""
    items = trial.rubric.items
    titles = {band.code: band.title for band in trial.rubric.bands}
    has_groups = any(row.group for row in trial.rows)
    headers = [_("Subject"), _("Total"), _("Band"), _("Rank"), _("Name of the band")]
    headers += [_("Rank group")] if has_groups else []
    headers += [_("Remark"), *(f"{item.title}（{item.code}）" for item in items)]

    def rows() -> Iterator[list[Any]]:
        for row in trial.rows:
            card = row.card
            group = [row.group] if has_groups else []
            yield [
                row.subject,
                card.total,
                card.band,
                row.rank,
                titles.get(card.band, ""),
                *group,
                row.why,
                *(line.points for line in card.lines),
            ]

    widths = [24, 10, 10, 8, 14, *([12] if has_groups else []), 30, *[16] * len(items)]
    return Table(_("Trial run"), headers, rows(), widths=widths)


def blank_table(rubric: Rubric) -> Table:
    """Return an empty table of marks: the subject, then a column for each item."""
    headers = [_("Subject"), *(item.code for item in rubric.items)]
    subject = _("name of the subject")
    titles = [f"{HELP_MARK}{subject}", *(item.title for item in rubric.items)]
    return Table(_("Table of marks"), headers, [titles], widths=[24, *[16] * len(rubric.items)])


def write_result(path: Path, trial: TableTrial) -> None:
    """Write the result to `path` (.xlsx or .csv)."""
    write_table(path, result_table(trial))
