"""Closing a quarter: what counts, what is refused, and that the work may stop anywhere and go on."""

import datetime as dt
import threading
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from communities.models import Commitment, CommitmentStep, JointMeeting, MeetingAttendance, ServiceAssignment
from enterprises.models import PartyOrganisation, PartyPost
from evaluations.indicators import REGISTRY
from evaluations.models import (
    ClosingChunk,
    ClosingRun,
    EvaluationPeriod,
    IndicatorValue,
    ListEntry,
    Rubric,
    RubricItem,
    Scorecard,
    ScoreLine,
    Subject,
)
from evaluations.selectors import card_lines, line_evidence
from evaluations.services import closing, periods, rubrics
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.core.models import Holiday
from tests.evaluations.quarter import (
    DAY,
    LATE,
    SHANGHAI,
    SINCE,
    ask,
    build_quarter,
    clear_survey,
    close,
    closed_quarter,
    inspect,
    move_clock,
    open_quarter,
    promise,
    survey,
    veto,
)

pytestmark = pytest.mark.django_db
WHEN_LATE = dt.datetime(2026, 10, 8, 9, tzinfo=SHANGHAI)


@pytest.fixture
def quarter(cast):
    return build_quarter(cast)


def value(run, project, item):
    found = IndicatorValue.objects.filter(run_id=run.pk, project_id=project.pk, item=item).first()
    return found and (found.numerator, found.denominator, found.n)


def run_of(period):
    return period.runs.get()


def results(run):
    """Everything a run has written, without ids of its own."""
    lines = ScoreLine.objects.filter(run_id=run.pk).values_list("project_id", "item", "points", "status")
    cards = Scorecard.objects.filter(run=run).values_list("project_id", "total", "band", "satisfaction_valid")
    entries = ListEntry.objects.filter(run=run).values_list(
        "level", "project_id", "enterprise_id", "total", "rank", "ranked", "colour", "tail", "state"
    )
    values = IndicatorValue.objects.filter(run_id=run.pk).values_list(
        "project_id", "item", "numerator", "denominator", "n"
    )
    return [sorted(map(str, rows)) for rows in (values, lines, cards, entries)]


# ---- what is computed -------------------------------------------------------------------------


def test_a_faultless_project_has_full_marks_in_every_line(quarter):
    run = run_of(closed_quarter(quarter))
    card = Scorecard.objects.get(run=run, project=quarter.projects[0])
    assert card.total == D("100")
    assert card.band == "A"
    lines = {line.item: line for line in card_lines(card)}
    assert {code: str(line.points) for code, line in lines.items() if line.points is not None} == {
        "party_organisation": "8.00",
        "leadership_team": "7.00",
        "cross_appointments": "8.00",
        "graduates_employed": "7.00",
        "onsite_inspection": "22.00",
        "eight_guarantees": "8.00",
        "satisfaction": "25.00",
        "joint_meetings": "4.00",
        "commitments_in_time": "6.00",
        "requests_in_time": "5.00",
    }
    assert (lines["commitments_reopened"].points, lines["commitments_reopened"].status) == (None, "missing")
    assert lines["satisfaction"].n == 30
    assert "25 points" in lines["satisfaction"].rule


def test_a_spoilt_project_gets_what_was_worked_out_on_paper(quarter):
    """Inspections 80 and 50: mean 65, 14.30. Meetings 1 of 3: 1.33. Promises 1 of 2: 3. Requests 1 of 2: 2.5.
    Satisfied 15 of 30: 12.5. One reopening: -1. Sum 30 + 14.30 + 8 + 12.5 + 1.33 + 3 + 2.5 - 1 = 70.63."""
    project, compound = quarter.projects[0], quarter.compounds[0]
    project.inspections.get(marks__scheme="on_site").marks.update(mark=80)
    inspect(project, compound, 50)
    MeetingAttendance.objects.filter(project=project, meeting__in=quarter.meetings[:2]).update(kind="absent")
    commitment = promise(quarter, project, kept=False)
    CommitmentStep.objects.create(
        commitment=commitment, kind="reopened", at=dt.datetime(2026, 9, 1, tzinfo=SHANGHAI)
    )
    ask(project, compound, answered=None)
    clear_survey(project)
    survey(project, compound, 15, 30)
    run = run_of(closed_quarter(quarter))
    assert Scorecard.objects.get(run=run, project=project).total == D("70.63")
    assert value(run, project, "commitments_reopened") == (1, None, 1)


def test_every_value_is_the_sum_of_its_evidence(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    inspect(project, compound, 70)
    ask(project, compound, answered=None)
    commitment = promise(quarter, project, kept=False)
    CommitmentStep.objects.create(
        commitment=commitment, kind="reopened", at=dt.datetime(2026, 9, 1, tzinfo=SHANGHAI)
    )
    run = run_of(closed_quarter(quarter))
    # The hours of volunteers and the guide book stand in no sample rubric; they have tests of their own.
    sources = set(REGISTRY) - {"volunteer_hours", "guide_work"}
    assert set(run.period.rubric.items.values_list("source", flat=True)) == sources
    for code in sources - {"deductions"}:  # nothing was deducted
        numerator, denominator, n = value(run, project, code)
        indicator, facts = line_evidence(run, project.pk, code)
        assert sum(fact.numerator for fact in facts) == numerator, code
        assert len(facts) == n, code
        if not indicator.counts_events:
            join = max if indicator.combine == "max" else sum
            assert join(fact.denominator for fact in facts) == denominator, code
        assert all(fact.source_id for fact in facts)


def test_an_accepted_meeting_and_a_confirmed_promise_move_the_score(quarter):
    project = quarter.projects[0]
    MeetingAttendance.objects.filter(project=project).update(kind="absent")
    Commitment.objects.filter(project=project).update(state="open", confirmed_at=None, answered_at=None)
    run = run_of(closed_quarter(quarter))
    card = Scorecard.objects.get(run=run, project=project)
    assert card.total == D("90.00")  # without the 4 and the 6 points
    _, facts = line_evidence(run, project.pk, "joint_meetings")
    assert {fact.source_id for fact in facts} == {meeting.pk for meeting in quarter.meetings}


# ---- what counts and for whom -------------------------------------------------------------------


def test_facts_recorded_after_the_cutoff_or_dated_outside_do_not_count(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    inspect(project, compound, 0, recorded=LATE)
    inspect(project, compound, 0, day=dt.date(2026, 10, 1))
    inspect(project, compound, 0, day=dt.date(2026, 6, 30))
    ask(project, compound, answered=None, recorded=LATE)
    period = closed_quarter(quarter)
    assert period.cutoff_on == dt.date(2026, 10, 10)  # 8, 9 and the worked Saturday 10 October
    assert value(run_of(period), project, "onsite_inspection") == (100, 1, 1)
    assert value(run_of(period), project, "requests_in_time") == (1, 1, 1)


def test_a_fact_recorded_on_the_last_day_of_recording_counts(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    inspect(project, compound, 0, recorded=dt.datetime(2026, 10, 10, 23, 59, tzinfo=SHANGHAI))
    assert value(run_of(closed_quarter(quarter)), project, "onsite_inspection") == (100, 2, 2)


def test_an_unfiled_month_never_counts_and_an_excused_absence_leaves_the_sum(quarter):
    project = quarter.projects[0]
    MeetingAttendance.objects.filter(project=project).update(kind="absent")
    filed = quarter.meetings[0]
    unaccepted = JointMeeting.objects.create(
        community=Community.objects.create(
            district=quarter.district,
            subdistrict=quarter.cast.community.subdistrict,
            code=f"{quarter.cast.community.code[:-3]}999",
            name="另一社区",
        ),
        month=filed.month,
        state="submitted",
        held_on=filed.held_on,
        due_on=filed.due_on,
        submitted_at=filed.submitted_at,
    )
    MeetingAttendance.objects.filter(project=project, meeting=filed).update(meeting=unaccepted)
    MeetingAttendance.objects.filter(project=project, meeting=quarter.meetings[1]).update(kind="excused")
    assert value(run_of(closed_quarter(quarter)), project, "joint_meetings") == (0, 1, 1)


def test_no_requests_or_commitments_are_not_applicable_and_never_full_marks(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    compound.requests.all().delete()
    project.commitments.all().delete()
    project.inspections.filter(marks__scheme="on_site").get().marks.update(mark=50)
    run = run_of(closed_quarter(quarter))
    card = Scorecard.objects.get(run=run, project=project)
    assert value(run, project, "requests_in_time") is None
    assert card.total == D("87.64")  # 78 of the 89 points left


def test_a_promise_done_in_time_that_waits_for_the_community_is_left_out(quarter):
    project = quarter.projects[0]
    answered = dt.datetime(2026, 8, 9, tzinfo=SHANGHAI)
    promise(quarter, project, kept=False, state="answered", answered_at=answered)
    promise(
        quarter, project, kept=False, state="answered", answered_at=dt.datetime(2026, 8, 30, tzinfo=SHANGHAI)
    )
    # confirmed only after the cut-off: on that day it was still waiting
    promise(quarter, project, kept=True, confirmed_at=LATE)
    assert value(run_of(closed_quarter(quarter)), project, "commitments_in_time") == (1, 2, 2)


def test_a_request_counts_for_the_project_that_served_the_compound_that_day(quarter):
    old, new, compound = quarter.projects[0], quarter.projects[1], quarter.compounds[0]
    compound.requests.all().delete()
    assignment = ServiceAssignment.objects.get(compound=compound)
    assignment.valid_to = dt.date(2026, 8, 31)
    assignment.save()
    ServiceAssignment.objects.create(
        contract=new.contracts.get(), compound=compound, valid_from=dt.date(2026, 9, 1)
    )
    ask(old, compound, answered=None, received=dt.date(2026, 8, 31))
    ask(new, compound, answered=dt.date(2026, 9, 3), received=dt.date(2026, 9, 1))
    run = run_of(closed_quarter(quarter))
    assert value(run, old, "requests_in_time") == (0, 1, 1)
    assert value(run, new, "requests_in_time") == (2, 2, 2)
    served = {s.project_id: s for s in Subject.objects.filter(run=run)}
    assert (served[old.pk].days, served[old.pk].last_day) == (62, dt.date(2026, 8, 31))
    assert (served[new.pk].days, served[new.pk].compounds, served[new.pk].households) == (92, 2, 200)


def test_a_project_of_under_45_days_is_scored_but_not_ranked(quarter):
    project = quarter.projects[0]
    ServiceAssignment.objects.filter(contract__project=project).update(valid_from=dt.date(2026, 8, 18))
    run = run_of(closed_quarter(quarter))
    entry = ListEntry.objects.get(run=run, project=project)
    assert Subject.objects.get(run=run, project=project).days == 44
    assert (entry.place, entry.rank, entry.colour) == ("short_service", None, "unlisted")
    assert entry.total is not None


def test_a_veto_counts_in_the_quarter_it_was_decided_in(quarter):
    first, second, third = quarter.projects[:3]
    user = quarter.cast.evaluator
    veto(first, user)
    veto(second, user, decided=dt.date(2026, 10, 1))
    veto(third, user, recorded=LATE)
    run = run_of(closed_quarter(quarter))
    colours = {e.project_id: e for e in ListEntry.objects.filter(run=run, level="project")}
    assert colours[first.pk].colour == "black"
    assert colours[first.pk].reasons == [{"code": "veto", "veto": "safety"}]
    assert {colours[second.pk].colour, colours[third.pk].colour} & {"black"} == set()


def test_an_adviser_counts_half_and_a_vacancy_by_its_days(quarter):
    organisation = PartyOrganisation.objects.get(code="DZZ0")
    PartyPost.objects.filter(organisation=organisation).update(valid_to=dt.date(2026, 7, 31))
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[0], "leadership_team")[:2] == (31, 92)
    PartyOrganisation.objects.filter(code="DZZ1").update(form="adviser")
    assert value(run, quarter.projects[0], "party_organisation")[0] == 1


def test_an_adviser_organisation_counts_one_half(quarter):
    PartyOrganisation.objects.filter(code="DZZ1").update(form="adviser")
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[2], "party_organisation")[:2] == (D("0.5"), 1)
    assert value(run, quarter.projects[2], "leadership_team")[0] == 0


def test_one_direction_of_cross_appointment_is_one_of_two(quarter):
    project = quarter.projects[0]
    project.cross_appointments.filter(direction="to_community").update(valid_to=dt.date(2026, 9, 29))
    run = run_of(closed_quarter(quarter))
    assert value(run, project, "cross_appointments") == (1, 2, 1)
    project = quarter.projects[1]
    assert value(run, project, "cross_appointments") == (2, 2, 2)


def test_graduates_are_those_in_post_on_the_last_day_for_each_project_of_the_enterprise(quarter):
    enterprise = quarter.enterprises[0]
    first = enterprise.posts.order_by("pk").first()
    first.valid_to = dt.date(2026, 9, 29)
    first.save()
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[0], "graduates_employed") == (3, 2, 3)
    enterprise.posts.update(valid_to=dt.date(2026, 9, 1))


def test_marks_of_the_eight_guarantees_are_of_full_marks_and_none_is_not_applicable(quarter):
    quarter.projects[0].inspections.get(marks__scheme="guarantees").marks.update(mark=25, full_mark=80)
    quarter.projects[1].inspections.get(marks__scheme="guarantees").marks.all().delete()
    run = run_of(closed_quarter(quarter))
    assert value(run, quarter.projects[0], "eight_guarantees") == (25, 80, 1)
    assert value(run, quarter.projects[1], "eight_guarantees") is None


def test_answers_that_are_not_valid_and_other_peoples_requests_do_not_count(quarter):
    project, compound = quarter.projects[0], quarter.compounds[0]
    survey(project, compound, 0, 5)
    project.survey_answers.filter(is_satisfied=False).update(is_valid=False)
    ask(project, compound, answered=None, is_for_the_enterprise=False)
    ask(project, compound, answered=None, state="duplicate")
    ask(project, compound, answered=None, received=dt.date(2026, 9, 30), recorded=WHEN_LATE)
    run = run_of(closed_quarter(quarter))
    assert value(run, project, "satisfaction") == (30, 30, 30)
    # the request of 30 September was due on 10 October, the last day that counts: unanswered
    assert value(run, project, "requests_in_time") == (1, 2, 2)


def test_the_neighbouring_district_is_not_assessed(quarter, cast):
    foreign = build_foreign(cast)
    run = run_of(closed_quarter(quarter))
    assert not Subject.objects.filter(run=run, project=foreign).exists()
    assert not ListEntry.objects.for_user(cast.foreign["evaluator"]).exists()
    assert not EvaluationPeriod.objects.for_user(cast.foreign["evaluator"]).exists()
    assert ListEntry.objects.for_user(cast.evaluator).count() == 12


def build_foreign(cast):
    from types import SimpleNamespace

    there = SimpleNamespace(
        district=cast.other_district,
        community=cast.foreign and cast.other_community,
        evaluator=cast.foreign["evaluator"],
    )
    return build_quarter(there, projects=2).projects[0]


# ---- what is refused, with nothing written --------------------------------------------------------


def refused(code, call):
    before = (EvaluationPeriod.objects.count(), ClosingRun.objects.count(), ClosingChunk.objects.count())
    states = list(EvaluationPeriod.objects.order_by("pk").values_list("state", flat=True))
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)
    assert before == (
        EvaluationPeriod.objects.count(),
        ClosingRun.objects.count(),
        ClosingChunk.objects.count(),
    )
    assert states == list(EvaluationPeriod.objects.order_by("pk").values_list("state", flat=True))
    return str(caught.value)


def test_closing_twice_is_refused(quarter, cast):
    period = closed_quarter(quarter)
    said = refused("period-closed", lambda: periods.close_period(period=period, acting_user=cast.evaluator))
    assert "2026-10-12" in said


def test_closing_while_it_is_being_closed_is_refused(quarter, cast):
    period = open_quarter(quarter)
    periods.close_period(period=period, acting_user=cast.evaluator)
    refused("period-closing", lambda: periods.close_period(period=period, acting_user=cast.evaluator))


def test_a_period_that_is_not_over_or_still_recorded_is_refused(quarter, cast):
    period = open_quarter(quarter)
    move_clock(quarter.district, dt.date(2026, 9, 30))
    refused("period-not-over", lambda: close(EvaluationPeriod.objects.get(), cast.evaluator))
    move_clock(quarter.district, dt.date(2026, 10, 10))
    said = refused("period-recording", lambda: close(EvaluationPeriod.objects.get(), cast.evaluator))
    assert "2026-10-10" in said
    move_clock(quarter.district, dt.date(2026, 10, 11))
    assert close(EvaluationPeriod.objects.get(pk=period.pk), cast.evaluator).state == "done"


def test_closing_out_of_order_is_refused(quarter, cast):
    open_quarter(quarter, "2026Q2")
    third = open_quarter(quarter, "2026Q3")
    said = refused("period-order", lambda: close(third, cast.evaluator))
    assert "2026年第2季度" in said


def test_a_gap_between_periods_or_a_period_twice_is_refused(quarter, cast):
    open_quarter(quarter, "2026Q1")
    refused("period-order", lambda: open_quarter(quarter, "2026Q3"))
    refused("period-exists", lambda: open_quarter(quarter, "2026Q1"))
    refused("period-form", lambda: open_quarter(quarter, "2026Q7"))


def test_a_rubric_that_does_not_add_up_is_refused_when_opening_and_when_closing(quarter, cast):
    period = open_quarter(quarter)
    RubricItem.objects.filter(code="satisfaction").update(points=26)
    said = refused("points-sum", lambda: close(period, cast.evaluator))
    assert "101" in said
    assert "100" in said
    refused("points-sum", lambda: open_quarter(quarter, "2026Q4"))


def test_a_rubric_whose_data_cannot_be_read_is_refused_by_place(quarter, cast):
    period = open_quarter(quarter)
    RubricItem.objects.filter(code="satisfaction").update(transform={"kind": "guess"})
    assert "transform" in refused("rubric-unreadable", lambda: close(period, cast.evaluator))


def test_a_copied_rubric_is_a_new_version_that_may_be_changed(quarter, cast):
    period = closed_quarter(quarter)
    copy = rubrics.copy_rubric(rubric=period.rubric, version="2", acting_user=cast.evaluator)
    assert rubrics.value_of(copy).items == rubrics.value_of(period.rubric).items
    copy.items.filter(code="satisfaction").update(points=26)
    refused(
        "rubric-exists", lambda: rubrics.copy_rubric(rubric=copy, version="2", acting_user=cast.evaluator)
    )
    refused("version", lambda: rubrics.copy_rubric(rubric=copy, version=" ", acting_user=cast.evaluator))


def test_a_year_without_holidays_is_refused(quarter, cast):
    period = open_quarter(quarter)
    Holiday.objects.all().delete()
    assert "2026" in refused("no-holidays", lambda: close(period, cast.evaluator))


def test_a_district_without_rubric_or_projects_is_refused(cast):
    refused(
        "no-rubric",
        lambda: periods.open_period(district=cast.district, code="2026Q3", acting_user=cast.evaluator),
    )


def test_only_an_evaluator_of_the_district_opens_and_closes(quarter, cast):
    period = open_quarter(quarter)
    for user in (cast.publisher, cast.subdistrict_clerk, cast.foreign["evaluator"]):
        refused("not-allowed", lambda user=user: close(period, user))
        refused(
            "not-allowed",
            lambda user=user: periods.open_period(district=cast.district, code="2026Q4", acting_user=user),
        )


def test_nothing_to_assess_fails_the_run_with_a_sentence_and_can_be_taken_up_again(quarter, cast):
    period = open_quarter(quarter)
    ServiceAssignment.objects.update(valid_to=dt.date(2021, 1, 1))
    with pytest.raises(Refused, match="contracts"):
        close(period, cast.evaluator)
    run = ClosingRun.objects.get()
    assert run.state == "failed"
    assert "contracts" in run.message
    ServiceAssignment.objects.update(valid_to=None)
    again = close(EvaluationPeriod.objects.get(), cast.evaluator)
    assert (again.pk, again.state) == (run.pk, "done")


# ---- frozen --------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["subject", "indicatorvalue", "scorecard", "scoreline"])
def test_what_a_run_wrote_is_never_changed(quarter, table):
    closed_quarter(quarter)
    for statement in (f"DELETE FROM evaluations_{table}", f"UPDATE evaluations_{table} SET run_id = run_id"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_rubric_is_frozen_once_a_period_was_closed_with_it_and_the_period_stays_closed(quarter):
    period = closed_quarter(quarter)
    rubric = period.rubric
    item = rubric.items.first()
    for change in (
        lambda: Rubric.objects.update(title="x"),
        lambda: RubricItem.objects.update(points=1),
        lambda: rubric.bands.all().delete(),
        lambda: RubricItem.objects.create(
            rubric=rubric, code="new", title="n", points=1, source="satisfaction", transform=item.transform
        ),
        lambda: EvaluationPeriod.objects.update(state="open"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


# ---- stopped and taken up again --------------------------------------------------------------------


def undisturbed(period, user):
    """What an undisturbed run would write, computed and rolled back."""

    class Undo(Exception):
        pass

    found = []
    try:
        with transaction.atomic():
            found = results(close(period, user))
            raise Undo
    except Undo:
        return found


@pytest.mark.parametrize("parts", [1, 2, 7, 12, 13])
def test_a_run_stopped_after_any_part_is_finished_by_another_worker_with_the_same_results(
    quarter, cast, parts
):
    period = open_quarter(quarter)
    expected = undisturbed(period, cast.evaluator)
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    work = closing.Work(
        ClosingRun.objects.select_related("period__district", "period__rubric").get(pk=run.pk)
    )
    for _ in range(parts):
        assert closing._do_one(work)
    assert ClosingRun.objects.get().state == "running"
    assert closing.run_inline(run).state == "done"
    assert results(run) == expected
    assert len(expected[1]) == 8 * 12  # projects × items of the sample rubric


def test_a_part_that_breaks_leaves_no_trace_and_is_done_by_the_next(quarter, cast, monkeypatch):
    period = open_quarter(quarter)
    expected = undisturbed(period, cast.evaluator)
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    real = closing.STEPS[ClosingChunk.Stage.CARDS]

    def half(work, chunk):
        real(work, chunk)
        raise RuntimeError("the lights went out")

    monkeypatch.setitem(closing.STEPS, ClosingChunk.Stage.CARDS, half)
    with pytest.raises(RuntimeError):
        closing.work_on_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", "the lights went out")
    assert not ScoreLine.objects.filter(run_id=run.pk).exists()
    monkeypatch.setitem(closing.STEPS, ClosingChunk.Stage.CARDS, real)
    assert close(EvaluationPeriod.objects.get(), cast.evaluator).state == "done"
    assert results(run) == expected


def test_a_finished_run_is_left_alone(quarter, cast):
    run = run_of(closed_quarter(quarter))
    before = results(run)
    closing.work_on_run(run.pk)
    closing.work_on_run(999_999)
    assert results(run) == before


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_write_everything_once(quarter, cast, monkeypatch):
    monkeypatch.setattr(closing, "SMALLEST_RANGE", 1)
    period = open_quarter(quarter)
    expected = undisturbed(period, cast.evaluator)
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    failures = []

    def work():
        try:
            for _ in range(40):
                closing.work_on_run(run.pk)
                if ClosingRun.objects.get(pk=run.pk).state != "running":
                    break
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    run.refresh_from_db()
    assert run.state == "done"
    assert results(run) == expected


def test_the_number_of_queries_does_not_grow_with_the_projects(cast, django_assert_max_num_queries):
    quarter = build_quarter(cast, projects=30)
    period = open_quarter(quarter)
    run = periods.close_period(period=period, acting_user=cast.evaluator)
    with django_assert_max_num_queries(110):
        closing.work_on_run(run.pk)
    assert Scorecard.objects.count() == 30
    assert rubrics.load_sample(district=cast.district, acting_user=None) == period.rubric
    assert (dt.date(2026, 8, 10), dt.date(2020, 1, 1)) == (DAY, SINCE)
