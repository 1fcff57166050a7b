"""Rotating flags: candidates by the dated rule, decided by a person, passed on, withdrawn after a veto or a black."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from communities.models import Compound, CompoundPlacement
from enterprises.models import EnterpriseContact
from evaluations.models import (
    EvaluationPeriod,
    FlagCandidate,
    FlagEnd,
    FlagRule,
    FlagWithdrawal,
    InspectionMark,
    RotatingFlag,
    Rubric,
    Veto,
)
from evaluations.scoring.flags import Contender, places_of
from evaluations.services import flag_withdrawals, flags, releases, rubrics
from redprop.common.errors import Refused
from redprop.core.models import Holiday, Notification
from tests.evaluations.quarter import (
    SHANGHAI,
    ask,
    build_quarter,
    close,
    closed_quarter,
    inspect,
    move_clock,
    open_quarter,
    veto,
)

pytestmark = pytest.mark.django_db


def a_rule(district, **changes):
    values = {
        "title": "流动红旗评定规则（样例）",
        "document": "示例〔2026〕9号",
        "valid_from": dt.date(2026, 1, 1),
        "area": "district",
        "flags": 2,
        **changes,
    }
    return FlagRule.objects.create(district=district, **values)


def make_final(quarter, period):
    cast = quarter.cast
    if releases.confirm_entries(period=period, acting_user=cast.evaluator):
        notice = releases.publish_notice(period=period, acting_user=cast.publisher)
        move_clock(quarter.district, notice.window_ends_on + dt.timedelta(days=1))
    period = EvaluationPeriod.objects.get(pk=period.pk)
    releases.finalise(period=period, acting_user=cast.publisher)
    return EvaluationPeriod.objects.get(pk=period.pk)


@pytest.fixture
def quarter(cast):
    """P1 to P8 with inspection marks 100, 90, … 30: each ten marks cost 2.2 of the 22 points."""
    quarter = build_quarter(cast)
    rubrics.load_sample(district=quarter.district, acting_user=None)
    Rubric.objects.update(min_available=1)
    for number, project in enumerate(quarter.projects):
        InspectionMark.objects.filter(inspection__project=project, scheme="on_site").update(
            mark=100 - 10 * number
        )
    return quarter


@pytest.fixture
def final(quarter):
    quarter.period = make_final(quarter, closed_quarter(quarter))
    return quarter


def opened(quarter, **changes):
    rule = a_rule(quarter.district, **changes)
    return flags.open_round(period=quarter.period, rule=rule, acting_user=quarter.cast.evaluator)


def told(round_):
    return [
        (c.project.code, c.position, f"{c.total.normalize():f}")
        for c in round_.candidates.order_by("position", "project__code")
    ]


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def award(quarter, round_, number, **more):
    candidate = round_.candidates.get(project__code=f"P{number}")
    return flags.award_flag(candidate=candidate, acting_user=quarter.cast.publisher, **more)


def test_places_run_1_2_2_4_in_each_cell_and_a_tie_across_the_last_takes_everybody():
    rows = [Contender(i, cell, total) for i, (cell, total) in enumerate(
        [("a", 90), ("a", 95), ("b", 70), ("a", 90), ("a", 80), ("b", 71), ("a", 90)]
    )]  # fmt: skip
    assert [(c.key, place) for c, place in places_of(rows, 1, reserve=1)] == [
        (1, 1), (0, 2), (3, 2), (6, 2), (5, 1), (2, 2),
    ]  # fmt: skip


def test_the_best_of_the_final_list_are_candidates_with_two_in_reserve(final):
    assert told(opened(final)) == [("P1", 1, "100"), ("P2", 2, "97.8"), ("P3", 3, "95.6"), ("P4", 4, "93.4")]


def test_flags_follow_the_final_list_only(quarter, cast):
    period = closed_quarter(quarter)
    rule = a_rule(quarter.district)
    refused("not-final", lambda: flags.open_round(period=period, rule=rule, acting_user=cast.evaluator))


def test_the_rule_of_the_period_s_last_day_counts_and_a_round_is_held_once(final, cast):
    late = a_rule(final.district, valid_from=dt.date(2026, 10, 1))
    refused(
        "other-rule", lambda: flags.open_round(period=final.period, rule=late, acting_user=cast.evaluator)
    )
    FlagRule.objects.all().delete()
    rule = a_rule(final.district)
    flags.open_round(period=final.period, rule=rule, acting_user=cast.evaluator)
    refused(
        "round-exists", lambda: flags.open_round(period=final.period, rule=rule, acting_user=cast.evaluator)
    )
    refused(
        "not-allowed", lambda: flags.open_round(period=final.period, rule=rule, acting_user=cast.publisher)
    )


def test_a_veto_keeps_a_project_out_and_petitions_or_requests_never_do(quarter, cast):
    first, second = quarter.projects[:2]
    veto(first, cast.registrar)
    for _number in range(40):  # only their answer in time counts, never how many there are
        ask(second, quarter.compounds[1], answered=dt.date(2026, 8, 12))
    quarter.period = make_final(quarter, closed_quarter(quarter))
    codes = [code for code, _place, _total in told(opened(quarter))]
    assert codes == ["P2", "P3", "P4", "P5"]


def test_a_rule_may_ask_for_the_red_list_or_a_least_total(final):
    # Eight projects and 10 %: nobody is red.
    assert told(opened(final, must_be_red=True)) == []
    FlagRule.objects.update(valid_to=dt.date(2026, 6, 30))
    assert [row[0] for row in told(opened(final, min_total=95, valid_from=dt.date(2026, 7, 1)))] == [
        "P1",
        "P2",
        "P3",
    ]


def test_each_subdistrict_has_its_own_flags(quarter, cast):
    other = Compound.objects.filter(code__in=["X2", "X4"])
    CompoundPlacement.objects.filter(compound__in=other).update(community=cast.other_community)
    quarter.period = make_final(quarter, closed_quarter(quarter))
    round_ = opened(quarter, area="subdistrict", flags=1)
    found = {
        c.project.code: (c.subdistrict_id, c.position)
        for c in round_.candidates.all()
    }  # fmt: skip
    here, there = cast.subdistrict.pk, cast.other_subdistrict.pk
    assert found == {"P1": (here, 1), "P3": (here, 2), "P5": (here, 3), "P2": (there, 1), "P4": (there, 2)}


def test_the_better_placed_is_decided_first_and_no_more_flags_are_given_than_there_are(final, cast):
    round_ = opened(final)
    refused("better-first", lambda: award(final, round_, 2))
    flag = award(final, round_, 1)
    assert (flag.number, flag.awarded_on, flag.passed_from) == ("LDHQ2026Q3-001", dt.date(2026, 10, 12), None)
    assert "100.00" in flag.reason
    second = round_.candidates.get(project__code="P2")
    refused(
        "reason-missing",
        lambda: flags.decline_candidate(candidate=second, reason=" ", acting_user=cast.publisher),
    )
    flags.decline_candidate(candidate=second, reason="企业书面放弃", acting_user=cast.publisher)
    award(final, round_, 3)
    refused("all-given", lambda: award(final, round_, 4))
    refused(
        "not-allowed",
        lambda: flags.award_flag(
            candidate=round_.candidates.get(project__code="P4"), acting_user=cast.evaluator
        ),
    )


def test_a_veto_after_the_computing_stops_the_award(final, cast):
    round_ = opened(final)
    veto(final.projects[0], cast.registrar, decided=dt.date(2026, 10, 12))
    refused("excluded", lambda: award(final, round_, 1))
    assert not RotatingFlag.objects.exists()


def test_a_round_ends_when_every_place_is_decided(final, cast):
    round_ = opened(final)
    award(final, round_, 1)
    refused("undecided", lambda: flags.close_round(round_=round_, acting_user=cast.publisher))
    award(final, round_, 2)
    closed = flags.close_round(round_=round_, acting_user=cast.publisher)
    assert closed.state == "closed"
    left = FlagCandidate.objects.filter(round=round_, state="declined")
    assert {c.project.code for c in left} == {"P3", "P4"}
    refused("round-closed", lambda: flags.close_round(round_=round_, acting_user=cast.publisher))


@pytest.fixture
def second(final, cast):
    """Both flags of the third quarter given to P1 and P2; the fourth quarter is final with P2 first, P1 last."""
    round_ = opened(final)
    award(final, round_, 1)
    award(final, round_, 2)
    flags.close_round(round_=round_, acting_user=cast.publisher)
    Holiday.objects.create(district=final.district, day=dt.date(2027, 1, 1))
    day, when = dt.date(2026, 11, 10), dt.datetime(2026, 11, 11, tzinfo=SHANGHAI)
    for number, project in enumerate(final.projects):
        mark = 95 if number == 1 else 40 if number == 0 else 90 - 5 * number
        inspect(project, final.compounds[number], mark, day=day, recorded=when)
    move_clock(final.district, dt.date(2027, 1, 8))
    late = dt.datetime(2026, 12, 2, tzinfo=SHANGHAI)
    veto(final.projects[0], cast.registrar, decided=dt.date(2026, 12, 1), recorded=late)
    period = open_quarter(final, "2026Q4")
    assert close(period, cast.evaluator).state == "done"
    final.period = make_final(final, EvaluationPeriod.objects.get(pk=period.pk))
    rule = FlagRule.objects.get()
    final.round = flags.open_round(period=final.period, rule=rule, acting_user=cast.evaluator)
    return final


def test_a_flag_passes_on_or_is_kept_and_the_history_shows_both(second, cast):
    rows = list(second.round.candidates.order_by("position"))
    assert (rows[0].project.code, rows[0].holds_since) == ("P2", dt.date(2026, 10, 12))
    kept = award(second, second.round, 2)
    assert kept.passed_from.project.code == "P2"
    assert kept.passed_from.end.reason == "kept"
    third = award(second, second.round, 3)
    assert (third.passed_from.project.code, third.passed_from.end.reason) == ("P1", "passed_on")
    assert [f.project.code for f in RotatingFlag.objects.held().order_by("number")] == ["P2", "P3"]


def test_what_is_not_awarded_again_is_returned_with_the_end_of_the_round(second, cast):
    award(second, second.round, 2)
    for candidate in second.round.candidates.filter(state="proposed"):
        flags.decline_candidate(candidate=candidate, reason="本轮只评一面", acting_user=cast.publisher)
    flags.close_round(round_=second.round, acting_user=cast.publisher)
    assert FlagEnd.objects.get(flag__project__code="P1").reason == "returned"


def test_flags_and_their_ends_are_never_changed(second, cast):
    award(second, second.round, 2)
    for table in ("evaluations_rotatingflag", "evaluations_flagend"):
        for statement in (f"UPDATE {table} SET recorded_by = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_a_veto_proposes_the_withdrawal_and_a_person_decides(final, cast):
    round_ = opened(final)
    flag = award(final, round_, 1)
    award(final, round_, 2)
    assert flag_withdrawals.propose_withdrawals(district=final.district) == 0
    veto(final.projects[0], cast.registrar, decided=dt.date(2026, 10, 12))
    assert flag_withdrawals.propose_withdrawals(district=final.district) == 1
    assert flag_withdrawals.propose_withdrawals(district=final.district) == 0
    row = FlagWithdrawal.objects.get()
    assert (row.flag, row.ground, row.state) == (flag, "veto", "proposed")
    assert RotatingFlag.objects.held().count() == 2  # it hangs until somebody has decided
    refused(
        "reason-missing",
        lambda: flag_withdrawals.decide_withdrawal(
            withdrawal=row, confirm=True, result="", acting_user=cast.publisher
        ),
    )
    flag_withdrawals.decide_withdrawal(
        withdrawal=row, confirm=True, result="安全事故已查实", acting_user=cast.publisher
    )
    assert FlagEnd.objects.get().words == "安全事故已查实"
    assert [f.project.code for f in RotatingFlag.objects.held()] == ["P2"]
    refused(
        "decided",
        lambda: flag_withdrawals.decide_withdrawal(
            withdrawal=row, confirm=False, result="x", acting_user=cast.publisher
        ),
    )


def test_a_revoked_veto_neither_keeps_out_nor_withdraws(final, cast):
    round_ = opened(final)
    found = veto(final.projects[0], cast.registrar, decided=dt.date(2026, 10, 12))
    Veto.objects.filter(pk=found.pk).update(
        revoked_at=dt.datetime(2026, 10, 12, 12, tzinfo=SHANGHAI),
        revoked_by=cast.registrar,
        revoked_reason="误录",
    )
    award(final, round_, 1)
    assert flag_withdrawals.propose_withdrawals(district=final.district) == 0


def test_a_dismissed_withdrawal_lets_the_flag_hang_and_is_not_proposed_again(final, cast):
    award(final, opened(final), 1)
    veto(final.projects[0], cast.registrar, decided=dt.date(2026, 10, 12))
    flag_withdrawals.propose_withdrawals(district=final.district)
    flag_withdrawals.decide_withdrawal(
        withdrawal=FlagWithdrawal.objects.get(),
        confirm=False,
        result="否决已另案处理",
        acting_user=cast.publisher,
    )
    assert flag_withdrawals.propose_withdrawals(district=final.district) == 0
    assert RotatingFlag.objects.held().count() == 1


def test_a_final_black_proposes_the_withdrawal_too(second, cast):
    # P1 holds its flag of the third quarter and is black in the fourth: proposed with the final list.
    assert {row.flag.project.code for row in FlagWithdrawal.objects.all()} == {"P1"}
    black = FlagWithdrawal.objects.get(ground="black")
    assert (black.entry.period.code, black.state) == ("2026Q4", "proposed")


def test_the_publisher_opens_awards_and_ends_a_round_in_the_admin(final, cast, client):
    a_rule(final.district, flags=1)
    client.force_login(cast.evaluator)
    rule = FlagRule.objects.get()
    answer = client.post(
        reverse("admin:evaluations_flaground_add"), {"period": final.period.pk, "rule": rule.pk}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    round_ = final.period.flag_rounds.get()
    client.force_login(cast.publisher)
    page = client.get(reverse("admin:evaluations_flaground_change", args=[round_.pk])).content.decode()
    assert "1号项目" in page
    best = round_.candidates.get(project__code="P1")
    step = reverse("admin:evaluations_flagcandidate_step", args=[best.pk, "award"])
    assert "本面为新授。" in client.get(step).content.decode()
    client.post(step, {"reason": ""})
    assert RotatingFlag.objects.get().project == final.projects[0]
    client.post(reverse("admin:evaluations_flaground_step", args=[round_.pk, "close"]), {})
    round_.refresh_from_db()
    assert round_.state == "closed"
    flag_page = client.get(
        reverse("admin:evaluations_rotatingflag_change", args=[RotatingFlag.objects.get().pk])
    )
    assert flag_page.status_code == 200
    # A rule that was used keeps what it said.
    client.force_login(cast.evaluator)
    client.post(
        reverse("admin:evaluations_flagrule_change", args=[rule.pk]), {"flags": 9, "valid_to": "2026-12-31"}
    )
    rule.refresh_from_db()
    assert (rule.flags, rule.valid_to) == (1, dt.date(2026, 12, 31))


def test_the_winner_s_contact_is_told(final, cast):
    EnterpriseContact.objects.create(
        user=cast.enterprise_contact, enterprise=final.enterprises[0], valid_from=dt.date(2020, 1, 1)
    )
    award(final, opened(final), 1)
    said = Notification.objects.get(subject__startswith="flag:")
    assert (said.user, said.address) == (cast.enterprise_contact, "/desk/flags/")
