"""Surveys: drawing can be repeated, what is open is frozen, one answer a household, a second survey counts where it belongs."""

import datetime as dt
import re
from decimal import Decimal

import pypdfium2
import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from evaluations.models import (
    HouseholdNumber,
    IndicatorValue,
    ListEntry,
    SurveyAnswer,
    SurveyHousehold,
    SurveyQuestion,
    SurveyRound,
    SurveySample,
)
from evaluations.services import objections, survey_answers, survey_letters, surveys
from evaluations.services.corrections import resolve_undetermined
from evaluations.surveys.drawing import Household, draw, sample_size
from evaluations.surveys.figures import Figure, of_card, of_sample
from redprop.common.errors import Refused
from redprop.core.models import Job
from redprop.core.services import jobs
from tests.evaluations.quarter import build_quarter, clear_survey, close, closed_quarter, move_clock, survey
from tests.evaluations.surveying import ALL, FIRST, LAST, households, letters, opened, prepared
from tests.evaluations.test_races_of_lists import at_once, codes

HOMES = st.lists(
    st.builds(Household, st.sampled_from(["X1", "X2"]), st.integers(1, 400).map(str)),
    unique=True,
    max_size=60,
)


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


# --- drawing ---------------------------------------------------------------------------------------


@given(HOMES, st.integers(1, 999_999), st.integers(0, 70), st.randoms())
def test_the_same_seed_draws_the_same_households_in_whatever_order_they_come(frame, seed, count, chance):
    mixed = list(frame)
    chance.shuffle(mixed)
    drawn = draw(seed, "P1", frame, count)
    assert drawn == draw(seed, "P1", mixed, count)
    assert len(drawn) == len(set(drawn)) == min(count, len(frame))
    assert set(drawn) <= set(frame)
    assert draw(seed, "P1", frame, count + 5)[:count] == drawn


def test_another_seed_or_another_project_draws_others():
    frame = [Household("X1", str(n)) for n in range(500)]
    assert len({tuple(draw(seed, "P1", frame, 20)) for seed in range(1, 30)}) == 29
    assert draw(1, "P1", frame, 20) != draw(1, "P2", frame, 20)


def test_every_household_has_the_same_chance():
    """Of 40 households 10 are drawn 800 times: each 200 times ± 5 standard deviations of √(800·¼·¾) = 12.2."""
    frame = [Household("X1", str(n)) for n in range(40)]
    times = dict.fromkeys(frame, 0)
    for seed in range(800):
        for home in draw(seed, "P1", frame, 10):
            times[home] += 1
    assert all(139 <= count <= 261 for count in times.values()), sorted(times.values())


@pytest.mark.parametrize(
    ("population", "needed", "drawn"),
    [
        # endless: 1.96²·¼/0.15² = 42.68; 300 households: 42.68·300/341.68 = 37.5 → 38, of which half answer: 76
        (300, 38, 76),
        # 42.68·100/141.68 = 30.1 → 31
        (100, 31, 62),
        # the rubric's 30 is more than 42.68·50/91.68 = 23.3
        (50, 30, 50),
        (12, 12, 12),
        (0, 0, 0),
        (5000, 43, 86),
    ],
)
def test_the_sample_is_as_large_as_the_margin_and_the_rubric_want(population, needed, drawn):
    size = sample_size(population, min_valid=30, margin=Decimal(15), expected_response=50)
    assert (size.needed, size.drawn) == (needed, drawn)


@given(st.integers(0, 20_000), st.integers(1, 100), st.integers(1, 50), st.integers(5, 100))
def test_a_sample_never_exceeds_its_frame_nor_falls_below_the_rubric(population, least, margin, response):
    size = sample_size(population, min_valid=least, margin=Decimal(margin), expected_response=response)
    assert min(population, least) <= size.needed <= size.drawn <= population


# --- rounds ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_opening_draws_by_listed_numbers_where_there_are_any_and_by_serial_numbers_else(cast):
    quarter = prepared(cast)
    listed = [f"{building}-1-{flat}01" for building in range(1, 5) for flat in range(1, 10)]
    HouseholdNumber.objects.bulk_create(
        HouseholdNumber(compound=quarter.compounds[0], number=number) for number in listed
    )
    row = surveys.open_round(row=quarter.round, acting_user=cast.evaluator)
    first, second = SurveySample.objects.filter(round=row).order_by("project__code")
    assert (first.population, first.drawn) == (36, 36)
    assert (second.population, second.needed, second.drawn) == (100, 31, 62)
    numbers = set(row.households.filter(project=quarter.projects[0]).values_list("number", flat=True))
    assert numbers == set(listed)
    assert all(
        re.fullmatch(r"第\d+户", number)
        for number in row.households.filter(project=quarter.projects[1]).values_list("number", flat=True)
    )


@pytest.mark.django_db
def test_a_survey_lies_in_an_open_period_and_only_the_evaluator_opens_it(cast):
    quarter = prepared(cast)
    assert quarter.round.min_valid == 30
    refused("not-allowed", lambda: surveys.open_round(row=quarter.round, acting_user=cast.publisher))
    refused(
        "outside-period",
        lambda: surveys.prepare_round(
            period=quarter.period, opens_on=FIRST, ends_on=dt.date(2027, 1, 2), acting_user=cast.evaluator
        ),
    )
    quarter.round.questions.filter(counts=True).delete()
    refused("no-question-counts", lambda: surveys.open_round(row=quarter.round, acting_user=cast.evaluator))


@pytest.mark.django_db(transaction=True)
def test_what_is_open_can_no_longer_be_changed_by_any_way(cast):
    quarter = opened(cast)
    for change in (
        lambda: SurveyRound.objects.update(seed=8),
        lambda: SurveyRound.objects.update(min_valid=1),
        lambda: SurveyRound.objects.update(state="draft", opened_at=None),
        lambda: SurveyQuestion.objects.filter(counts=False).update(text="?"),
        lambda: SurveyQuestion.objects.filter(counts=False).delete(),
        lambda: SurveyQuestion.objects.create(round=quarter.round, position=20, code="more", text="?"),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()


# --- answers ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_code_answers_once_and_nothing_links_the_answer_to_the_household(
    cast, monkeypatch, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    _made, pages = letters(quarter, cast, monkeypatch)
    code = next(iter(pages.values())).code
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    answer = survey_answers.answer_by_code(code=code.lower().replace("-", " "), marks=ALL)
    assert (answer.score, answer.is_satisfied, answer.channel) == (5, True, "letter")
    assert answer.marks == {"overall": 5, "cleaning": 4, "repairs": 2}
    refused("already-answered", lambda: survey_answers.answer_by_code(code=code, marks=ALL))
    household = SurveyHousehold.objects.get(answered=True)
    stored = " ".join(str(value) for value in vars(answer).values())
    assert household.number not in stored
    assert survey_answers.plain_code(code) not in stored
    with connection.cursor() as cursor:
        cursor.execute("SELECT h::text FROM evaluations_surveyhousehold h WHERE answered")
        assert survey_answers.plain_code(code) not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_an_answer_needs_the_question_that_counts_and_marks_from_one_to_five(cast):
    quarter = opened(cast)
    home = households(quarter)[0]

    def enter(marks, channel="phone"):
        survey_answers.enter_answer(household=home, channel=channel, marks=marks, acting_user=cast.evaluator)

    refused("overall-missing", lambda: enter({"cleaning": "5"}))
    refused("no-mark", lambda: enter({"overall": "6"}))
    refused("no-mark", lambda: enter({"overall": "5", "cleaning": "x"}))
    refused("channel", lambda: enter(ALL, channel="letter"))
    enter({"overall": "3", "unknown": "5"}, channel="paper")
    answer = SurveyAnswer.objects.get(round=quarter.round)
    assert (answer.is_satisfied, answer.marks, answer.channel) == (False, {"overall": 3}, "paper")


@pytest.mark.django_db
def test_answers_are_taken_between_the_first_and_the_last_day(cast):
    quarter = opened(cast)
    home = households(quarter)[0]

    def enter():
        survey_answers.enter_answer(
            household=fresh(home), channel="phone", marks=ALL, acting_user=cast.evaluator
        )

    move_clock(quarter.district, FIRST - dt.timedelta(days=1))
    refused("not-begun", enter)
    move_clock(quarter.district, LAST + dt.timedelta(days=1))
    refused("ended", enter)
    assert surveys.tend_rounds(district=quarter.district) == 1
    move_clock(quarter.district, LAST)
    refused("ended", enter)


def fresh(home):
    return SurveyHousehold.objects.select_related("round__district", "round__period").get(pk=home.pk)


@pytest.mark.django_db
def test_a_clerk_calls_in_the_own_subdistrict_and_a_secretary_or_decider_nowhere(cast):
    quarter = opened(cast)
    home = households(quarter)[0]
    refused(
        "not-allowed",
        lambda: survey_answers.record_call(
            household=home, outcome="refused", acting_user=cast.community_secretary
        ),
    )
    refused(
        "not-allowed",
        lambda: survey_answers.enter_answer(
            household=home, channel="phone", marks=ALL, acting_user=cast.objection_decider
        ),
    )
    survey_answers.record_call(household=home, outcome="no_answer", acting_user=cast.subdistrict_clerk)
    called = survey_answers.record_call(household=home, outcome="refused", acting_user=cast.evaluator)
    assert (called.calls, called.outcome) == (2, "refused")
    from communities.models import CompoundPlacement

    CompoundPlacement.objects.filter(compound=home.compound).update(community=cast.other_community)
    refused(
        "not-yours",
        lambda: survey_answers.record_call(
            household=home, outcome="later", acting_user=cast.subdistrict_clerk
        ),
    )
    surveys.close_round(row=quarter.round, acting_user=cast.evaluator)
    assert SurveySample.objects.get(round=quarter.round, project=quarter.projects[0]).refused == 1


@pytest.mark.django_db(transaction=True)
def test_two_answers_of_one_household_at_once_leave_one(cast, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    _made, pages = letters(quarter, cast, monkeypatch)
    code = next(iter(pages.values())).code
    home = survey_answers.find_household(code)
    found = at_once(
        lambda: survey_answers.answer_by_code(code=code, marks=ALL),
        lambda: survey_answers.answer_by_code(code=code, marks={"overall": "1"}),
        lambda: survey_answers.enter_answer(
            household=home, channel="phone", marks=ALL, acting_user=cast.evaluator
        ),
    )
    assert codes(found) == ["SurveyAnswer", "already-answered", "already-answered"]
    assert SurveyAnswer.objects.filter(round=quarter.round).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_keeps_one_answer(cast, monkeypatch):
    """The household's row says "not yet" to both; the digest of the household is unique all the same."""
    quarter = opened(cast)
    home = households(quarter)[0]
    survey_answers.enter_answer(household=fresh(home), channel="phone", marks=ALL, acting_user=cast.evaluator)
    SurveyHousehold.objects.update(answered=False)
    refused(
        "already-answered",
        lambda: survey_answers.enter_answer(
            household=fresh(home), channel="visit", marks=ALL, acting_user=cast.evaluator
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_never_changed_or_deleted_only_its_validity_is_with_history(cast):
    quarter = opened(cast)
    survey_answers.enter_answer(
        household=households(quarter)[0], channel="phone", marks=ALL, acting_user=cast.evaluator
    )
    own = SurveyAnswer.objects.filter(round=quarter.round)
    for change in (lambda: own.update(score=4), lambda: own.update(channel="visit"), own.delete):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    own.update(is_valid=False)
    assert own.get().events.get().is_valid is True


# --- letters ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_reprint_makes_new_codes_and_voids_the_old_ones(cast, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    made, first = letters(quarter, cast, monkeypatch)
    assert made.letters == len(first) == 62
    assert survey_letters.fetch_letters(made=made, acting_user=cast.evaluator).exists()
    one = next(iter(first))
    survey_answers.answer_by_code(code=first[one].code, marks=ALL)
    _made, second = letters(quarter, cast, monkeypatch)
    assert len(second) == 61
    assert one not in second
    left = next(iter(second))
    refused("unknown-code", lambda: survey_answers.find_household(first[left].code))
    assert survey_answers.find_household(second[left].code).letters == 2
    assert SurveySample.objects.get(round=quarter.round, project=quarter.projects[0]).letters == 123
    refused("already-answered", lambda: survey_answers.answer_by_code(code=first[one].code, marks=ALL))


@pytest.mark.django_db
def test_all_projects_come_in_one_file_which_is_deleted_in_time(
    cast, monkeypatch, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    made, pages = letters(quarter, cast, monkeypatch, project=None)
    assert made.file.endswith(".zip")
    assert len(pages) == made.letters == 124
    refused("not-allowed", lambda: survey_letters.fetch_letters(made=made, acting_user=cast.publisher))
    made.expires_at -= dt.timedelta(days=4)
    made.save(update_fields=["expires_at"])
    with django_capture_on_commit_callbacks(execute=True):
        assert survey_letters.expire_letters() == 1
    assert not list((tmp_path / "survey-letters").iterdir())
    made.refresh_from_db()
    refused("expired", lambda: survey_letters.fetch_letters(made=made, acting_user=cast.evaluator))


@pytest.mark.django_db
def test_letters_that_could_not_be_made_leave_the_old_codes_alone(cast, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    _made, first = letters(quarter, cast, monkeypatch)

    def fails(frame, pages):
        raise Refused("no font", code="no-font")

    monkeypatch.setattr(survey_letters, "letters_pdf", fails)
    made = survey_letters.request_letters(
        row=quarter.round, project=quarter.projects[0], acting_user=cast.evaluator
    )
    assert jobs.run(made.job_id).state == Job.State.FAILED
    assert survey_answers.find_household(next(iter(first.values())).code)


@pytest.mark.django_db
def test_a_letter_is_a_page_of_paper_with_the_code_in_it(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    quarter = opened(cast)
    made = survey_letters.request_letters(
        row=quarter.round, project=quarter.projects[0], acting_user=cast.evaluator
    )
    assert jobs.run(made.job_id).state == Job.State.DONE
    made.refresh_from_db()
    file = survey_letters.fetch_letters(made=made, acting_user=cast.evaluator)
    pages = pypdfium2.PdfDocument(file)
    assert len(pages) == 62
    text = pages[0].get_textpage().get_text_range()
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", text)[0]
    assert survey_answers.find_household(code).project == quarter.projects[0]


# --- after the end ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_list_of_the_drawn_is_erased_a_month_after_the_end_and_the_counts_stay(cast):
    quarter = opened(cast)
    survey_answers.enter_answer(
        household=households(quarter)[0], channel="phone", marks=ALL, acting_user=cast.evaluator
    )
    move_clock(quarter.district, LAST + dt.timedelta(days=1))
    surveys.tend_rounds(district=quarter.district)
    assert quarter.round.households.count() == 124
    move_clock(quarter.district, LAST + dt.timedelta(days=32))
    assert surveys.tend_rounds(district=quarter.district) == 1
    assert quarter.round.households.count() == 0
    sample = SurveySample.objects.with_answers().select_related("round").get(project=quarter.projects[0])
    assert (sample.drawn, of_sample(sample).valid) == (62, 1)
    assert surveys.tend_rounds(district=quarter.district) == 0


def test_below_the_least_number_there_is_no_share_and_no_interval():
    few = Figure(satisfied=10, valid=29, needed=30, population=300, drawn=60)
    assert (few.share, few.bounds, few.enough) == (None, None, False)
    assert few.interval_text == "–"
    # 15 of 30, 300 households: n′ = 30·299/270 = 33.22; p = ½: ½ ± 0.16097 (docs/scoring.md)
    enough = Figure(satisfied=15, valid=30, needed=30, population=300, drawn=60)
    assert (enough.share_text, enough.interval_text, enough.response_text) == (
        "50.0 %",
        "33.9–66.1 %",
        "50.0 %",
    )


# --- second surveys and scorers --------------------------------------------------------------------


@pytest.fixture
def undetermined(cast):
    """The first project: 20 of 30 satisfied and no mark on site; black by score, but not at the upper bound."""
    quarter = build_quarter(cast)
    project = quarter.projects[0]
    project.inspections.get(marks__scheme="on_site").marks.update(mark=0)
    clear_survey(project)
    survey(project, quarter.compounds[0], 20, 30)
    quarter.period = closed_quarter(quarter)
    quarter.entry = ListEntry.objects.get(project=project)
    assert quarter.entry.colour == "undetermined"
    return quarter


@pytest.mark.django_db
def test_a_second_survey_is_opened_with_one_button_and_pooled_for_its_period_alone(undetermined, cast):
    quarter = undetermined
    row = surveys.open_second_survey(entry=quarter.entry, acting_user=cast.evaluator)
    # closed on Monday 12 October 2026, the make-up day of the 10th before it: 20 working days → 9 November
    assert (row.state, row.ends_on, row.kind) == ("open", dt.date(2026, 11, 9), "again")
    assert set(row.households.values_list("project", flat=True)) == {quarter.projects[0].pk}
    refused(
        "already-open", lambda: surveys.open_second_survey(entry=quarter.entry, acting_user=cast.evaluator)
    )
    refused("not-surveyed", lambda: resolve_undetermined(entry=quarter.entry, acting_user=cast.evaluator))
    for home in list(row.households.all())[:30]:
        survey_answers.enter_answer(household=home, channel="phone", marks=ALL, acting_user=cast.inspector)
    entry = ListEntry.objects.get(pk=quarter.entry.pk)
    [made] = [e for e in resolve_undetermined(entry=entry, acting_user=cast.evaluator) if e.project]
    value = IndicatorValue.objects.get(run_id=made.run_id, project_id=made.project_id, item="satisfaction")
    assert (value.numerator, value.denominator) == (50, 60)
    figure = of_card(made.run, made.project_id)
    assert (figure.valid, figure.imported, figure.drawn) == (60, 30, 62)
    assert figure.channels == {"visit": 30, "phone": 30}
    # whoever entered the second survey's answers scored the entry, though they came after the quarter
    assert objections.scorer_role(made, cast.inspector)
    assert not objections.scorer_role(made, cast.objection_decider)
    # the fourth quarter does not count them again
    from tests.evaluations.quarter import open_quarter

    fourth = open_quarter(quarter, "2026Q4")
    move_clock(quarter.district, dt.date(2027, 1, 12))
    from redprop.core.models import Holiday

    Holiday.objects.create(district=quarter.district, day=dt.date(2027, 1, 1))
    run = close(fourth, cast.evaluator)
    assert not IndicatorValue.objects.filter(
        run_id=run.pk, project_id=made.project_id, item="satisfaction"
    ).exists()


@pytest.mark.django_db
def test_a_household_that_has_answered_is_not_drawn_again_in_the_period(cast):
    quarter = opened(cast)
    asked = households(quarter)[:5]
    for home in asked:
        survey_answers.enter_answer(household=home, channel="phone", marks=ALL, acting_user=cast.evaluator)
    surveys.close_round(row=quarter.round, acting_user=cast.evaluator)
    again = surveys.prepare_round(
        period=quarter.period, opens_on=FIRST, ends_on=LAST, seed=7, acting_user=cast.evaluator
    )
    surveys.open_round(row=again, acting_user=cast.evaluator)
    drawn = set(again.households.filter(project=quarter.projects[0]).values_list("number", flat=True))
    assert drawn.isdisjoint({home.number for home in asked})
    assert len(drawn) == 62


@pytest.mark.django_db
def test_entered_answers_make_a_scorer_whatever_the_channel(cast):
    quarter = opened(cast)
    survey_answers.enter_answer(
        household=households(quarter)[0], channel="paper", marks=ALL, acting_user=cast.inspector
    )
    move_clock(quarter.district, dt.date(2027, 1, 12))
    from redprop.core.models import Holiday

    Holiday.objects.create(district=quarter.district, day=dt.date(2027, 1, 1))
    close(quarter.period, cast.evaluator)
    entry = ListEntry.objects.get(project=quarter.projects[0])
    assert objections.scorer_role(entry, cast.inspector) == "entered its phone answers"
