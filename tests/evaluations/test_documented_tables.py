"""Every worked table of docs/scoring.md, recomputed row by row."""

from dataclasses import replace
from decimal import Decimal as D
from fractions import Fraction
from pathlib import Path

import pytest

from evaluations.scoring.distance import distance
from evaluations.scoring.evaluate import Enterprise, Scorer, Subject, evaluate
from evaluations.scoring.listing import Candidate, assign
from evaluations.scoring.ranking import Field
from evaluations.scoring.rollup import Part, enterprise_total
from evaluations.scoring.rubric import (
    Item,
    Kind,
    ListRule,
    Missing,
    PointsBand,
    ResultBand,
    RollUp,
    Rubric,
    Transform,
)
from evaluations.scoring.totals import period_total, quarters_total
from evaluations.scoring.transforms import Value, score_value
from evaluations.scoring.wilson import interval, upper_bound
from evaluations.surveys.drawing import sample_size
from evaluations.surveys.figures import Figure
from redprop.common.rounding import quantize

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scoring.md"
RUBRIC = Rubric("T", "1", "表", "文", ())


def table(name):
    """Return the rows of the table that follows the marker, as lists of cells."""
    lines = PAGE.read_text(encoding="utf-8").split(f"<!-- table: {name} -->\n")[1].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    assert rows
    return rows


def rows(name):
    return pytest.mark.parametrize("row", table(name), ids=lambda row: " ".join(row))


def points(item, numerator, denominator="1"):
    return score_value(RUBRIC, item, Value(D(numerator), D(denominator))).points


def item(full, transform):
    return Item("x", "x", D(full), transform, "marks")


@rows("linear")
def test_linear(row):
    full, zero_at, full_at, numerator, denominator, expected = row
    transform = Transform(Kind.LINEAR, zero_at=D(zero_at), full_at=D(full_at))
    assert points(item(full, transform), numerator, denominator) == D(expected)


@rows("bands")
def test_bands(row):
    bands = (PointsBand(D(2), D(7)), PointsBand(D(1), D(5)), PointsBand(D("0.5"), D(3)))
    assert points(item(7, Transform(Kind.BANDS, bands=bands)), row[0], row[1]) == D(row[2])


@rows("deduction")
def test_deduction(row):
    full, per_event, floor, events, expected = row
    transform = Transform(Kind.DEDUCTION, per_event=D(per_event), floor=D(floor))
    assert points(item(full, transform), events) == D(expected)


@rows("bonus")
def test_bonus(row):
    cap, per_event, events, expected = row
    assert points(item(cap, Transform(Kind.BONUS, per_event=D(per_event))), events) == D(expected)


@rows("mean")
def test_mean(row):
    full, low, high, marks, count, expected = row
    assert points(item(full, Transform(Kind.MEAN, low=D(low), high=D(high))), marks, count) == D(expected)


@rows("totals")
def test_totals(row):
    first, second, third, missing, extra, expected = row
    linear = Transform(Kind.LINEAR)
    items = (
        Item("a", "甲", D(40), linear, "marks"),
        Item("b", "乙", D(35), linear, "marks"),
        Item("c", "丙", D(25), linear, "marks", missing=Missing(missing)),
        Item("d", "扣", D(0), Transform(Kind.DEDUCTION, per_event=D(1), floor=D(-9)), "marks"),
        Item("e", "加", D(9), Transform(Kind.BONUS, per_event=D(1)), "marks"),
    )
    rubric = replace(RUBRIC, items=items, min_available=D(60))
    given = {
        code: {"p": Value(D(cell), D(full))}
        for code, cell, full in (("a", first, 40), ("b", second, 35), ("c", third, 25))
        if cell
    }
    given["d"] = {"p": Value(D(max(0, -int(extra))), None)}
    given["e"] = {"p": Value(D(max(0, int(extra))), None)}
    card = evaluate(rubric, [Subject("p")], [], given).cards["p"]
    assert card.total == (D(expected) if expected else None)


@rows("quarters")
def test_quarters(row):
    kind, *quarters, weights, expected = row
    totals = {i: D(cell) for i, cell in enumerate(quarters, 1) if cell}
    numbers = [1, 2] if kind == "H1" else [1, 2, 3, 4]
    exact = quarters_total([D(w) for w in weights.split()], totals, numbers)
    assert (None if exact is None else quantize(exact, D("0.01"))) == (D(expected) if expected else None)
    rubric = replace(RUBRIC, own_share=D("0.2"))
    total = period_total(rubric, Fraction(100), exact)
    assert total == (quantize(D(20) + D("0.8") * D(expected), D("0.01")) if expected else None)


@rows("ranking")
def test_ranking(row):
    totals = [D(cell) for cell in row[0].split()]
    field = Field.of(totals)
    assert [field.rank(total) for total in totals] == [int(rank) for rank in row[1].split()]


def test_listing():
    given = table("listing")
    named = [
        Candidate(
            key=name,
            total=D(total),
            days=int(days),
            satisfaction_valid=valid == "是",
            vetoes=(veto,) if veto else (),
            preceding_tail=tail == "是",
        )
        for name, total, days, valid, veto, tail, _ in given
    ]
    ranked = sum(candidate.days >= 45 for candidate in named)
    others = [
        Candidate(str(i), D("76") + D(i) / 10, days=92, satisfaction_valid=True) for i in range(100 - ranked)
    ]
    standings = assign(named + others, ListRule(retest=False), lambda key: None)
    assert {name: str(standings[name].colour) for name, *_ in given} == {row[0]: row[-1] for row in given}
    assert {str(standings[other.key].colour) for other in others} == {"unlisted"}
    assert standings["甲"].ranked == 100


@rows("wilson")
def test_wilson(row):
    satisfied, answers, population, expected = row
    assert upper_bound(D(satisfied), D(answers), int(population) if population else None) == D(expected)


@rows("interval")
def test_interval(row):
    satisfied, valid, population, low, high, shown = row
    assert interval(D(satisfied), D(valid), int(population)) == (D(low), D(high))
    assert Figure(int(satisfied), int(valid), 30, int(population)).interval_text == shown


@rows("sample")
def test_sample(row):
    population, least, margin, response, needed, drawn = row
    size = sample_size(
        int(population), min_valid=int(least), margin=D(margin), expected_response=int(response)
    )
    assert (size.needed, size.drawn) == (int(needed), int(drawn))


@rows("rollup")
def test_rollup(row):
    by, totals, households, areas, expected = row
    parts = [
        Part(D(total), int(flats), D(area))
        for total, flats, area in zip(totals.split(), households.split(), areas.split(), strict=True)
    ]
    rubric = replace(RUBRIC, rollup=RollUp(by))
    assert enterprise_total(rubric, parts) == D(expected)
    assert Enterprise("e").key == "e"


@rows("distance")
def test_distance(row):
    first, second, third, total, bound, needed, names = row
    titles = {"甲": D(40), "乙": D(35), "丙": D(25)}
    rubric = replace(
        RUBRIC,
        items=tuple(Item(t, t, p, Transform(Kind.LINEAR), "marks") for t, p in titles.items()),
        bands=(
            ResultBand(D(90), "A", "优秀"),
            ResultBand(D(80), "B", "良好"),
            ResultBand(D(0), "D", "不合格"),
        ),
    )
    scorer, subject = Scorer(rubric), Subject("1")
    values = [
        Value(D(points), full) if points else None
        for points, full in zip((first, second, third), titles.values(), strict=True)
    ]
    card = scorer.card(subject, values)
    assert card.total == D(total)
    step = distance(rubric, subject, card.lines, card.total).targets[0]
    assert (step.bound, step.needed, step.lines) == (D(bound), D(needed), tuple(names.split()))
