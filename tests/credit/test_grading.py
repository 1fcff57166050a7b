"""Grades on any day: the published schemes at their edges, terms of events, vetoes, caps."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.credit.grading import Event, standing_on
from evaluations.credit.schemes import Fault, Grade, Part, Scheme, faults_of
from tests.credit.published import published_schemes

DAY = dt.date(2022, 8, 1)


def event(part: Part, points: str, **facts: object) -> Event:
    """Return an event of 2022-07-01."""
    return Event(
        **{"key": "1", "part": part, "points": Decimal(points), "starts_on": dt.date(2022, 7, 1)} | facts
    )


def grade_of(scheme: Scheme, *events: Event, registered: bool = True, on: dt.date = DAY) -> str | None:
    """Return the name of the grade."""
    grade = standing_on(on, scheme, events, registered=registered).grade
    return grade.name if grade else None


def total_of(scheme: Scheme, points: str) -> Event:
    """Return the one event that brings the scheme's total to `points`."""
    away = Decimal(points) - scheme.start
    if scheme.bad_adds or away < 0:
        return event(Part.BAD, str(abs(away)))
    return event(Part.GOOD if scheme.start else Part.BASIC, str(away))


@pytest.mark.parametrize(
    ("code", "points", "expected"),
    [
        ("shandong-2022", "100", "AAA"),
        ("shandong-2022", "85", "AAA"),
        ("shandong-2022", "84.99", "AA"),
        ("shandong-2022", "80", "AA"),
        ("shandong-2022", "79.99", "A"),
        ("shandong-2022", "70", "A"),
        ("shandong-2022", "69.99", "B"),
        ("shandong-2022", "60", "B"),
        ("shandong-2022", "59.99", "B"),
        ("lianyungang-2018", "140", "AAAA"),
        ("lianyungang-2018", "139.99", "AAA"),
        ("lianyungang-2018", "120", "AAA"),
        ("lianyungang-2018", "119.99", "AA"),
        ("lianyungang-2018", "100", "AA"),
        ("lianyungang-2018", "99.99", "A"),
        ("lianyungang-2018", "90", "A"),
        ("lianyungang-2018", "85", "A"),
        ("lianyungang-2018", "84.99", "B"),
        ("shangqiu-2022", "100", "AAA"),
        ("shangqiu-2022", "99.99", "AA"),
        ("shangqiu-2022", "90", "AA"),
        ("shangqiu-2022", "80", "A"),
        ("shangqiu-2022", "70", "B"),
        ("shangqiu-2022", "60", "C"),
        ("shangqiu-2022", "59.99", "不列入等级"),
        ("zhongshan", "120", "A"),
        ("zhongshan", "119", "B"),
        ("zhongshan", "119.49", "B"),
        ("zhongshan", "119.5", "A"),
        ("zhongshan", "90", "B"),
        ("zhongshan", "89", "C"),
        ("zhongshan", "60", "C"),
        ("zhongshan", "59", "D"),
        ("beijing-12point", "5.99", None),
        ("beijing-12point", "6", "书面警示, 限期整改"),
        ("beijing-12point", "8.99", "书面警示, 限期整改"),
        ("beijing-12point", "9", "约谈法人, 行政告诫"),
        ("beijing-12point", "12", "核查资质"),
    ],
)
def test_published_schemes_grade_at_their_edges(code: str, points: str, expected: str | None) -> None:
    scheme = published_schemes()[code]
    assert grade_of(scheme, total_of(scheme, points)) == expected


def test_below_sixty_shandong_asks_whether_there_is_a_bad_record() -> None:
    scheme = published_schemes()["shandong-2022"]
    assert grade_of(scheme, event(Part.BASIC, "59")) == "B"
    assert grade_of(scheme, event(Part.BASIC, "60"), event(Part.BAD, "1")) == "C"
    assert grade_of(scheme, event(Part.BASIC, "90"), registered=False) == "C(缺失)"


def test_yantai_caps_the_parts_and_forgets_after_a_year() -> None:
    scheme = published_schemes()["yantai-2022"]
    events = [event(Part.BASIC, "95"), event(Part.GOOD, "60"), event(Part.BAD, "10")]
    # 80 (cap) + 40 (cap) - 10
    assert standing_on(DAY, scheme, events).total == Decimal("110.00")
    assert standing_on(dt.date(2023, 6, 30), scheme, events).total == Decimal("110.00")
    assert standing_on(dt.date(2023, 7, 1), scheme, events).total == Decimal("0.00")
    assert grade_of(scheme, event(Part.BASIC, "80"), event(Part.BAD, "1", serious=True)) == "黑名单"
    own_term = event(Part.BAD, "10", ends_on=dt.date(2022, 7, 31))
    assert standing_on(dt.date(2022, 7, 31), scheme, [own_term]).total == Decimal("-10.00")
    assert standing_on(DAY, scheme, [own_term]).total == Decimal("0.00")


def test_a_veto_gives_lianyungang_b_whatever_the_total() -> None:
    scheme = published_schemes()["lianyungang-2018"]
    assert grade_of(scheme, event(Part.GOOD, "60")) == "AAAA"
    assert grade_of(scheme, event(Part.GOOD, "60"), event(Part.BAD, "0", vetoes=True)) == "B"


def test_a_calendar_year_forgets_the_year_before() -> None:
    scheme = published_schemes()["shangqiu-2022"]
    assert grade_of(scheme, event(Part.BASIC, "90"), on=dt.date(2022, 12, 31)) == "AA"
    assert grade_of(scheme, event(Part.BASIC, "90"), on=dt.date(2023, 1, 1)) == "不列入等级"


def test_zhongshan_takes_the_published_deductions() -> None:
    scheme = published_schemes()["zhongshan"]
    assert grade_of(scheme, event(Part.BAD, "41")) == "D"  # 100 - 41 for commercial bribery
    assert grade_of(scheme, event(Part.BAD, "30")) == "C"  # 100 - 30 for misused maintenance funds


def test_published_bounds_neither_overlap_nor_leave_a_gap() -> None:
    schemes = published_schemes()
    assert [code for code, scheme in schemes.items() if faults_of(scheme)] == []


def test_bounds_that_leave_a_gap_or_cross_are_named() -> None:
    grades = (
        Grade("A", lower=Decimal(90)),
        Grade("B", lower=Decimal(60), upper=Decimal(89), upper_included=True),
    )
    assert faults_of(Scheme("s", quantum=Decimal(1), grades=grades)) == []
    assert faults_of(Scheme("s", quantum=Decimal("0.5"), grades=grades)) == [Fault("gap", ("B", "A"))]
    twice = (Grade("A", lower=Decimal(90)), Grade("B", lower=Decimal(90)))
    assert faults_of(Scheme("s", grades=twice)) == [Fault("overlap", ("A", "B"))]
    crossed = (Grade("A", lower=Decimal(90), upper=Decimal(80)),)
    assert Fault("crossed", ("A",)) in faults_of(Scheme("s", grades=crossed))


def test_an_event_that_was_repaired_no_longer_counts_from_that_day() -> None:
    scheme = published_schemes()["lianyungang-2018"]
    repaired = event(Part.BAD, "20", ended_on=dt.date(2022, 8, 15))
    assert standing_on(dt.date(2022, 8, 14), scheme, [repaired]).total == Decimal("70.00")
    assert standing_on(dt.date(2022, 8, 15), scheme, [repaired]).total == Decimal("90.00")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Part),
            st.decimals(0, 30, places=2),
            st.dates(dt.date(2021, 1, 1), dt.date(2023, 12, 31)),
        ),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_events_changes_nothing(rows: list, shuffled) -> None:
    scheme = Scheme("s", caps={Part.GOOD: Decimal(40)}, term_months=12)
    events = [Event(str(i), part, points, day) for i, (part, points, day) in enumerate(rows)]
    mixed = list(events)
    shuffled.shuffle(mixed)
    assert standing_on(DAY, scheme, events) == standing_on(DAY, scheme, mixed)
