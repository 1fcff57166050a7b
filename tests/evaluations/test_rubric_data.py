"""A rubric as data: canonical JSON both ways, and sentences for what does not add up."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from evaluations.scoring import canonical
from evaluations.scoring.problems import NotUsable
from evaluations.scoring.rubric import Item, Kind, ListRule, PointsBand, Transform, from_json, to_json
from evaluations.scoring.sample import SAMPLE
from evaluations.scoring.validation import problems


def codes(rubric, **more):
    return [problem.code for problem in problems(rubric, **more)]


def test_the_sample_rubric_is_sound_and_adds_up_to_its_pillars():
    assert problems(SAMPLE) == []
    pillars = {}
    for item in SAMPLE.items:
        pillars[item.pillar] = pillars.get(item.pillar, 0) + item.points
    assert pillars == {"party": 30, "onsite": 30, "satisfaction": 25, "closure": 15}


def test_a_rubric_comes_back_from_its_json_unchanged():
    data = to_json(SAMPLE)
    assert from_json(canonical.loads(canonical.dumps(data))) == SAMPLE
    assert to_json(from_json(data)) == data


def test_points_that_do_not_add_up_are_named_with_both_sums():
    rubric = replace(SAMPLE, items=SAMPLE.items[1:])
    [problem] = problems(rubric)
    assert problem.code == "points-sum"
    assert "92" in str(problem)
    assert "100" in str(problem)


def with_item(**changes):
    return replace(SAMPLE, items=(replace(SAMPLE.items[0], **changes), *SAMPLE.items[1:]))


@pytest.mark.parametrize(
    ("rubric", "code"),
    [
        (replace(SAMPLE, items=()), "no-items"),
        (with_item(code="satisfaction"), "item-twice"),
        (with_item(points=D(0)), "item-points"),
        (with_item(min_n=-1), "min-n"),
        (with_item(transform=Transform(Kind.LINEAR, zero_at=D(1))), "linear"),
        (with_item(transform=Transform(Kind.MEAN, low=D(5), high=D(5))), "mean-scale"),
        (with_item(transform=Transform(Kind.BANDS)), "item-bands"),
        (
            with_item(
                transform=Transform(Kind.BANDS, bands=(PointsBand(D(0), D(1)), PointsBand(D(1), D(8))))
            ),
            "item-bands",
        ),
        (with_item(transform=Transform(Kind.BANDS, bands=(PointsBand(D(0), D(9)),))), "item-band-points"),
        (with_item(transform=Transform(Kind.DEDUCTION)), "per-event"),
        (with_item(transform=Transform(Kind.DEDUCTION, per_event=D(1), floor=D(9))), "floor"),
        (replace(SAMPLE, mode="ROUND_UP"), "rounding-mode"),
        (replace(SAMPLE, quantum=D(0)), "rounding-quantum"),
        (replace(SAMPLE, min_available=D(101)), "min-available"),
        (replace(SAMPLE, bands=SAMPLE.bands + SAMPLE.bands[:1]), "bands"),
        (replace(SAMPLE, own_share=D(2)), "own-share"),
        (replace(SAMPLE, quarter_weights=(D(0),) * 4), "quarter-weights"),
        (replace(SAMPLE, satisfaction_item=None), "satisfaction-none"),
        (replace(SAMPLE, satisfaction_item="nothing"), "satisfaction-unknown"),
        (replace(SAMPLE, satisfaction_item="onsite_inspection"), "satisfaction-transform"),
        (replace(SAMPLE, list_rule=ListRule(red_share=D(10))), "list-share"),
        (replace(SAMPLE, list_rule=ListRule(red_min=D(60))), "list-order"),
        (replace(SAMPLE, list_rule=ListRule(watch_max=None)), "list-watch"),
        (replace(SAMPLE, list_rule=ListRule(min_days=-1)), "list-minimum"),
    ],
)
def test_each_fault_of_a_rubric_has_its_sentence(rubric, code):
    assert code in codes(rubric)
    assert all("%(" not in str(problem) for problem in problems(rubric))


def test_a_source_that_is_no_indicator_is_named_with_those_that_are():
    rubric = with_item(source="petitions")
    assert codes(rubric, sources=frozenset(item.source for item in SAMPLE.items)) == ["source-unknown"]


def test_a_rubric_without_satisfaction_passes_when_its_clauses_are_off():
    item = Item("x", "x", D(100), Transform(Kind.MEAN), "marks")
    off = ListRule(red_needs_satisfaction=False, retest=False)
    assert problems(replace(SAMPLE, items=(item,), satisfaction_item=None, list_rule=off)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("total_scale",), 100),
        (("total_scale",), "much"),
        (("total_scale",), "NaN"),
        (("rounding", "quantum"), None),
        (("cap_total",), "yes"),
        (("rollup",), "mood"),
        (("items", 0, "transform", "kind"), "guess"),
        (("items", 0, "min_n"), "1.5"),
        (("items", 0), "x"),
        (("bands",), None),
        (("title",), 3),
        (("quarter_weights",), None),
    ],
)
def test_unreadable_rubric_data_is_refused_by_place(path, value):
    data = canonical.loads(canonical.dumps(to_json(SAMPLE)))
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(NotUsable, match=str(path[0])):
        from_json(data)
