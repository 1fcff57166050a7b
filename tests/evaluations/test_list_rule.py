"""The list rule: ties, switches, vetoes, short service, and the second look at satisfaction."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from evaluations.scoring.evaluate import Enterprise, Subject, evaluate
from evaluations.scoring.listing import Candidate, Colour, Place, assign
from evaluations.scoring.ranking import places
from evaluations.scoring.rubric import Item, Kind, ListRule, ResultBand, Rubric, Transform
from evaluations.scoring.transforms import Status, Value
from evaluations.scoring.wilson import upper_bound

PLAIN = ListRule(retest=False)


def never(key):
    return None


def candidate(key, total, **more):
    return Candidate(
        key, None if total is None else D(total), **{"days": 92, "satisfaction_valid": True, **more}
    )


def crowd(count, total="80.00"):
    return [candidate(f"c{i}", total) for i in range(count)]


def colours(candidates, rule=PLAIN, upper=never):
    return {key: standing.colour for key, standing in assign(candidates, rule, upper).items()}


def test_a_tie_across_the_red_cut_takes_all_in():
    # N = 20, 10 % = 2 places; ranks 1, 2, 2
    found = colours([candidate("a", "96"), candidate("b", "95"), candidate("c", "95"), *crowd(17)])
    assert [found[key] for key in "abc"] == [Colour.RED] * 3


def test_three_on_the_first_place_are_red_even_with_two_places():
    found = colours([candidate(key, "95") for key in "abc"] + crowd(17))
    assert [found[key] for key in "abc"] == [Colour.RED] * 3


def test_a_tie_across_the_black_cut_takes_nobody_in():
    # N = 40, 3 % = 1 place, but two share it
    tied = [candidate(key, "72", preceding_tail=True) for key in "ab"]
    assert {colours(tied + crowd(38))[key] for key in "ab"} == {Colour.WATCH}
    single = [candidate("a", "72", preceding_tail=True), candidate("b", "72.01", preceding_tail=True)]
    found = colours(single + crowd(38))
    assert (found["a"], found["b"]) == (Colour.BLACK, Colour.WATCH)


def test_the_tail_is_remembered_for_the_next_quarter_also_when_it_is_not_black_yet():
    standings = assign([candidate("a", "72"), *crowd(39)], PLAIN, never)
    assert (standings["a"].colour, standings["a"].tail) == (Colour.WATCH, True)
    assert not standings["c0"].tail


def test_each_clause_can_be_switched_off():
    low = [candidate("a", "60", preceding_tail=True, vetoes=("V1",)), *crowd(39)]
    assert colours(low)["a"] is Colour.BLACK
    no_veto = replace(PLAIN, black_veto=False)
    assert colours(low, no_veto)["a"] is Colour.BLACK
    only_tail = replace(no_veto, black_min=None)
    assert colours(low, only_tail)["a"] is Colour.BLACK
    assert colours(low, replace(only_tail, black_share=None))["a"] is Colour.WATCH
    assert colours(low, replace(only_tail, black_share=None, watch_max=None))["a"] is Colour.UNLISTED
    best = [candidate("a", "95"), *crowd(9)]
    assert colours(best, replace(PLAIN, red_min=None, red_share=None))["a"] is Colour.UNLISTED
    assert colours(best, replace(PLAIN, red_min=None))["a"] is Colour.RED
    assert (
        colours([candidate("a", "95"), candidate("b", "91"), *crowd(8)], replace(PLAIN, red_share=None))["b"]
        is Colour.RED
    )


def test_limits_are_inclusive_for_red_and_strict_for_black_and_watch():
    found = colours([candidate("a", "90.00"), candidate("b", "70.00"), candidate("c", "75.00"), *crowd(17)])
    assert (found["a"], found["b"], found["c"]) == (Colour.RED, Colour.WATCH, Colour.UNLISTED)


def test_a_vetoed_project_is_black_whatever_its_score_days_or_satisfaction():
    everyone = [
        candidate("high", "99", vetoes=("V2", "V1")),
        candidate("short", "99", vetoes=("V1",), days=10),
        candidate("none", None, vetoes=("V1",)),
        candidate("out", "99", vetoes=("V1",), exclusion="merged"),
        *crowd(20),
    ]
    standings = assign(everyone, ListRule(), lambda key: D(100))
    assert [standings[key].colour for key in ("high", "short", "none")] == [Colour.BLACK] * 3
    assert standings["out"].colour is Colour.UNLISTED
    assert [reason.as_json() for reason in standings["high"].reasons] == [
        {"code": "veto", "veto": "V1"},
        {"code": "veto", "veto": "V2"},
    ]


def test_a_vetoed_project_is_never_red_even_if_vetoes_do_not_make_black():
    found = colours([candidate("a", "99", vetoes=("V1",)), *crowd(9)], replace(PLAIN, black_veto=False))
    assert found["a"] is Colour.UNLISTED


def test_short_service_and_no_score_are_not_ranked_and_do_not_count_in_n():
    standings = assign([candidate("s", "99", days=44), candidate("n", None), *crowd(10)], PLAIN, never)
    assert (standings["s"].place, standings["s"].rank) == (Place.SHORT_SERVICE, None)
    assert (standings["n"].place, standings["n"].rank) == (Place.INCOMPLETE, None)
    assert standings["c0"].ranked == 10


def test_groups_have_their_own_places():
    olds = [candidate(f"o{i}", str(91 + i), group="old") for i in range(10)]
    pros = [candidate(f"p{i}", "95", group="professional") for i in range(9)]
    found = colours(olds + pros)
    assert [key for key, colour in found.items() if colour is Colour.RED] == ["o9"]


def test_a_black_by_score_that_straddles_is_undetermined_and_goes_to_watch_when_asked_again():
    subject = candidate("a", "68")
    assert colours([subject, *crowd(9)], ListRule(), lambda key: D("70.00"))["a"] is Colour.UNDETERMINED
    assert colours([subject, *crowd(9)], ListRule(), lambda key: D("69.99"))["a"] is Colour.BLACK
    again = replace(subject, resurveyed=True)
    assert colours([again, *crowd(9)], ListRule(), lambda key: D("70.00"))["a"] is Colour.WATCH


def test_the_second_look_moves_only_the_project_itself_in_the_ranking():
    # the last place of 40; with 74 it would stand before "b" (73) and leave the tail
    everyone = [candidate("a", "72", preceding_tail=True), candidate("b", "73"), *crowd(38)]
    assert colours(everyone, ListRule(), lambda key: D("72.99"))["a"] is Colour.BLACK
    assert colours(everyone, ListRule(), lambda key: D("74"))["a"] is Colour.UNDETERMINED
    # level with "b" both share the last place, so neither is among the last one
    assert colours(everyone, ListRule(), lambda key: D("73"))["a"] is Colour.UNDETERMINED


totals = st.decimals(min_value=50, max_value=100, places=2)


@given(
    st.lists(
        st.tuples(totals, st.booleans(), st.booleans(), st.decimals(min_value=0, max_value=20, places=2)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["0.03", "0.10", "0.34"]),
)
def test_no_black_by_score_straddles_the_line(rows, share):
    rule = ListRule(black_share=D(share), min_days=0)
    everyone = [
        candidate(str(i), t, preceding_tail=tail, satisfaction_valid=ok)
        for i, (t, tail, ok, _) in enumerate(rows)
    ]
    gain = {str(i): row[0] + row[3] for i, row in enumerate(rows)}
    standings = assign(everyone, rule, gain.__getitem__)
    for i, one in enumerate(everyone):
        moved = [replace(c, total=gain[c.key]) if c.key == one.key else c for c in everyone]
        best = assign(moved, replace(rule, retest=False), never)[one.key].colour
        now = assign(everyone, replace(rule, retest=False), never)[one.key].colour
        found = standings[str(i)].colour
        if found is Colour.BLACK:
            assert best is Colour.BLACK
        elif found is Colour.UNDETERMINED:
            assert now is Colour.BLACK
            assert best is not Colour.BLACK
        else:
            assert found is now


@given(st.lists(totals, min_size=1, max_size=80))
def test_lists_keep_their_size_except_for_ties(values):
    everyone = [candidate(str(i), t, preceding_tail=True) for i, t in enumerate(values)]
    rule = ListRule(retest=False, black_min=None, red_min=None)
    standings = assign(everyone, rule, never)
    black = [s for s in standings.values() if s.colour is Colour.BLACK]
    red = [s for s in standings.values() if s.colour is Colour.RED]
    assert len(black) <= places(len(values), D("0.03"))
    assert len(red) >= places(len(values), D("0.10")) or any(
        s.colour is Colour.BLACK for s in standings.values()
    )
    for one in standings.values():
        assert one.rank == 1 + sum(t > values[int(one.key)] for t in values)


@given(st.integers(0, 400), st.integers(1, 400), st.integers(1, 4000))
def test_the_upper_bound_lies_between_the_share_and_one_and_falls_with_more_answers(
    satisfied, answers, population
):
    satisfied = min(satisfied, answers)
    population = max(population, answers)
    bound = upper_bound(D(satisfied), D(answers), population)
    assert D(satisfied) / D(answers) <= bound + D("0.000001")
    assert bound <= 1
    assert bound <= upper_bound(D(satisfied), D(answers), None)


SATISFACTION = Rubric(
    "R",
    "1",
    "r",
    "d",
    (
        Item("rest", "rest", D(75), Transform(Kind.MEAN), "marks"),
        Item("satisfaction", "s", D(25), Transform(Kind.LINEAR), "satisfaction", min_n=30),
    ),
    satisfaction_item="satisfaction",
    bands=(ResultBand(D(0), "D", "d"), ResultBand(D(90), "A", "a")),
)


def run(satisfied, n, *, population=300, marks="72", others=19, **more):
    subjects = [Subject("a", enterprise="e", days=92, population=population, households=100, **more)]
    subjects += [
        Subject(f"c{i}", enterprise="f", days=92, population=300, households=10) for i in range(others)
    ]
    values = {
        "rest": {s.key: Value(D(marks if s.key == "a" else 80), D(1), 1) for s in subjects},
        "satisfaction": {s.key: Value(D(24), D(30), 30) for s in subjects},
    }
    values["satisfaction"]["a"] = Value(D(satisfied), D(n), n)
    return evaluate(SATISFACTION, subjects, [Enterprise("e"), Enterprise("f")], values)


def test_too_few_answers_are_no_score_and_never_zero():
    outcome = run(0, 29)
    card = outcome.cards["a"]
    assert card.lines[1].status is Status.TOO_FEW
    assert card.lines[1].points is None
    assert card.total == D("72.00")  # 54 of 75 points
    assert not card.satisfaction_valid


def test_all_households_of_a_small_compound_are_enough():
    assert run(10, 12, population=12).cards["a"].satisfaction_valid
    assert not run(10, 11, population=12).cards["a"].satisfaction_valid


def test_a_thin_sample_makes_a_low_score_undetermined_and_a_full_one_makes_it_black():
    # 54 + 25 × 15/30 = 66.50; upper bound 0.660970: 54 + 16.52 = 70.52, not below 70
    outcome = run(15, 30)
    assert (outcome.cards["a"].total, outcome.standings["a"].colour) == (D("66.50"), Colour.UNDETERMINED)
    assert outcome.standings["a"].reasons[0].as_json() == {
        "code": "straddles",
        "total": "66.50",
        "upper": "70.52",
    }
    # the same share from all 30 households leaves no doubt
    assert run(15, 30, population=30).standings["a"].colour is Colour.BLACK
    assert run(15, 30, resurveyed=True).standings["a"].colour is Colour.WATCH


def test_without_a_valid_satisfaction_nothing_is_known_and_nobody_is_black_by_score():
    outcome = run(0, 5, marks="62")
    assert outcome.cards["a"].total == D("62.00")
    assert outcome.standings["a"].colour is Colour.UNDETERMINED  # 46.5 + 25 = 71.5
    assert run(0, 5, marks="59").standings["a"].colour is Colour.BLACK  # 44.25 + 25 = 69.25


def test_an_enterprise_is_the_weighted_mean_of_its_ranked_projects_and_needs_two():
    outcome = run(24, 30, marks="80")
    assert outcome.enterprise_cards["e"].projects == 1
    assert outcome.enterprise_standings["e"].place is Place.FEW_PROJECTS
    assert outcome.enterprise_cards["f"].total == D("80.00")
    assert outcome.enterprise_standings["f"].rank == 1


def test_an_enterprise_with_a_black_project_is_not_on_the_red_list():
    subjects = [
        Subject(k, enterprise="e", days=92, households=1, population=300, vetoes=v)
        for k, v in (("a", ()), ("b", ("V1",)))
    ]
    subjects += [
        Subject(f"{i}{j}", enterprise=f"f{i}", days=92, households=1, population=300)
        for i in range(19)
        for j in "xy"
    ]
    values = {
        "rest": {s.key: Value(D(100 if s.enterprise == "e" else 80), D(1), 1) for s in subjects},
        "satisfaction": {s.key: Value(D(30), D(30), 30) for s in subjects},
    }
    enterprises = [Enterprise(e) for e in {s.enterprise for s in subjects}]
    standing = evaluate(SATISFACTION, subjects, enterprises, values).enterprise_standings["e"]
    assert (standing.rank, standing.colour) == (1, Colour.UNLISTED)
    clean = [replace(s, vetoes=()) for s in subjects]
    assert evaluate(SATISFACTION, clean, enterprises, values).enterprise_standings["e"].colour is Colour.RED


@given(
    st.lists(
        st.tuples(
            st.integers(40, 100), st.integers(0, 60), st.integers(1, 60), st.integers(30, 400), st.booleans()
        ),
        min_size=3,
        max_size=40,
    )
)
def test_no_project_is_black_by_score_while_its_satisfaction_could_lift_it_off(rows):
    """From answers to colour: with satisfaction at its upper bound in its place, a black one is black again."""
    subjects, rest, satisfied = [], {}, {}
    for i, (mark, yes, n, population, tail) in enumerate(rows):
        key = str(i)
        subjects.append(
            Subject(key, days=92, population=max(population, n), preceding_tail=tail, households=1)
        )
        rest[key] = Value(D(mark), D(1), 1)
        satisfied[key] = Value(D(min(yes, n)), D(n), n)
    values = {"rest": rest, "satisfaction": satisfied}
    found = evaluate(SATISFACTION, subjects, [], values).standings
    without = replace(SATISFACTION, list_rule=replace(SATISFACTION.list_rule, retest=False))
    for subject in subjects:
        if found[subject.key].colour is not Colour.BLACK:
            continue
        value = satisfied[subject.key]
        enough = value.n >= min(30, subject.population)
        bound = upper_bound(value.numerator, value.denominator, subject.population) if enough else D(1)
        lifted = {**values, "satisfaction": {**satisfied, subject.key: Value(bound, D(1), 400)}}
        again = evaluate(without, subjects, [], lifted).standings[subject.key]
        assert again.colour is Colour.BLACK
