"""Vetoes and deductions: heard before decided, revoked with a reason, late ones by correction; what they cost."""

import datetime as dt
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction

from evaluations.models import (
    Deduction,
    DeductionGround,
    IndicatorValue,
    ListEntry,
    Objection,
    ScoreLine,
    Veto,
)
from evaluations.services import objections, releases
from evaluations.services.corrections import correct_results
from evaluations.services.findings import check_finding, closed_quarter_of, revoke_finding
from redprop.common.errors import Refused
from tests.evaluations.quarter import (
    DAY,
    SHANGHAI,
    WHEN,
    build_quarter,
    closed_quarter,
    move_clock,
    noticed_quarter,
    veto,
)

pytestmark = pytest.mark.django_db
DECIDED = dt.date(2026, 8, 24)


@pytest.fixture
def quarter(cast):
    quarter = build_quarter(cast, projects=4)
    quarter.ground = DeductionGround.objects.create(
        district=cast.district,
        code="XF01",
        title="消防通道被占",
        points=D(2),
        most=D(3),
        document="岸房〔2026〕15号",
        valid_from=dt.date(2026, 1, 1),
    )
    return quarter


def deduct(quarter, project, points, *, day=DAY, recorded=WHEN, user=None):
    return Deduction.objects.create(
        project=project,
        ground=quarter.ground,
        points=points,
        happened_on=day,
        decided_on=max(day, DECIDED),
        evidence="复查仍有占用",
        document="责令整改通知书〔2026〕8号",
        decided_by=user or quarter.cast.registrar,
        recorded_at=recorded,
    )


def refused(code, call):
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code, str(caught.value)


def line_of(project):
    return ScoreLine.objects.filter(project_id=project.pk, item="deductions").order_by("-run_id")[0]


def entry(project):
    return ListEntry.objects.exclude(state="withdrawn").get(project=project)


def test_points_of_proven_events_are_deducted_each_ground_up_to_its_most_of_the_period(quarter):
    first, second, third, fourth = quarter.projects
    deduct(quarter, first, 2)
    deduct(quarter, first, 2, day=DAY + dt.timedelta(days=1))  # 2 + 2, but the ground costs 3 in a period
    deduct(quarter, second, D("0.5"))
    deduct(quarter, third, 2, day=dt.date(2026, 6, 30))  # another quarter
    deduct(quarter, third, 2, recorded=dt.datetime(2026, 10, 11, tzinfo=SHANGHAI))  # after the cut-off
    closed_quarter(quarter)
    assert [line_of(p).points for p in (first, second)] == [D("-3.00"), D("-0.50")]
    assert {ScoreLine.objects.get(project_id=p.pk, item="deductions").points for p in (third, fourth)} == {
        None
    }
    assert [entry(p).total for p in quarter.projects] == [D("97"), D("99.5"), D("100"), D("100")]


def test_the_sample_takes_at_most_five_points_by_deductions(quarter):
    DeductionGround.objects.filter(pk=quarter.ground.pk).update(points=9, most=None)
    deduct(quarter, quarter.projects[0], 9)
    closed_quarter(quarter)
    assert entry(quarter.projects[0]).total == D("95")


def test_a_finding_revoked_before_the_cut_off_does_not_count_and_stays_on_record(quarter, cast):
    found = veto(quarter.projects[0], cast.registrar)
    lost = deduct(quarter, quarter.projects[1], 2)
    move_clock(quarter.district, dt.date(2026, 9, 30))
    for one in (found, lost):
        refused(
            "reason-missing",
            lambda one=one: revoke_finding(finding=one, reason=" ", acting_user=cast.evaluator),
        )
        refused(
            "not-allowed",
            lambda one=one: revoke_finding(finding=one, reason="误认", acting_user=cast.publisher),
        )
        revoke_finding(finding=one, reason="经复核，责任不在该项目", acting_user=cast.evaluator)
        refused(
            "revoked", lambda one=one: revoke_finding(finding=one, reason="误认", acting_user=cast.evaluator)
        )
    move_clock(quarter.district, dt.date(2026, 10, 12))
    closed_quarter(quarter)
    assert {entry(p).total for p in quarter.projects} == {D("100")}
    assert entry(quarter.projects[0]).colour == "red" or entry(quarter.projects[0]).colour == "unlisted"
    assert Veto.objects.get().revoked_by == cast.evaluator
    # the same event may be decided anew
    veto(quarter.projects[0], cast.registrar)


def test_a_veto_revoked_after_the_closing_is_mended_by_a_correction(quarter, cast):
    found = veto(quarter.projects[0], cast.registrar)
    period = noticed_quarter(quarter)
    assert entry(quarter.projects[0]).colour == "black"
    revoke_finding(finding=found, reason="认定书撤销", acting_user=cast.evaluator)
    assert entry(quarter.projects[0]).colour == "black"
    assert closed_quarter_of(Veto.objects.get()) == period
    correct_results(
        period=period, projects=[quarter.projects[0]], reason="认定书撤销", acting_user=cast.evaluator
    )
    assert entry(quarter.projects[0]).colour != "black"


def test_a_serious_veto_decided_late_comes_by_correction_with_its_severity(quarter, cast):
    period = noticed_quarter_of_nobody(quarter, cast)
    late = veto(
        quarter.projects[2],
        cast.registrar,
        decided=dt.date(2026, 9, 29),
        recorded=dt.datetime(2026, 10, 12, 8, tzinfo=SHANGHAI),
    )
    Veto.objects.filter(pk=late.pk).update(severity="serious")
    correct_results(period=period, projects=[quarter.projects[2]], reason="补录", acting_user=cast.evaluator)
    made = entry(quarter.projects[2])
    assert (made.colour, made.severity, made.state) == ("black", "serious", "proposed")


def noticed_quarter_of_nobody(quarter, cast):
    period = closed_quarter(quarter)
    releases.confirm_entries(period=period, acting_user=cast.evaluator)
    return period


def test_who_decided_a_deduction_decides_no_objection_to_the_entry(quarter, cast):
    veto(quarter.projects[0], cast.registrar)
    deduct(quarter, quarter.projects[0], 1, user=cast.objection_decider)
    noticed_quarter(quarter)
    objection = objections.file_objection(
        entry=entry(quarter.projects[0]), by="resident", text="不属实", acting_user=None
    )
    objections.admit_objection(objection=objection, acting_user=cast.objection_decider)
    refused(
        "scorer",
        lambda: objections.decide_objection(
            objection=objection, upheld=True, result="成立", acting_user=cast.objection_decider
        ),
    )
    with pytest.raises(IntegrityError, match="scorer"), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(
            state="upheld",
            decided_by=cast.objection_decider,
            decided_at=dt.datetime.now(dt.UTC),
            result="成立",
        )


def test_a_finding_is_checked_with_sentences(quarter, cast):
    move_clock(quarter.district, dt.date(2026, 9, 30))

    def one(**changes):
        return Deduction(
            **{
                "project": quarter.projects[0],
                "ground": quarter.ground,
                "points": 1,
                "happened_on": DAY,
                "decided_on": DECIDED,
                "evidence": "复查仍有占用",
                **changes,
            }
        )

    check_finding(one())
    refused("too-many-points", lambda: check_finding(one(points=D("2.01"))))
    refused("ground-not-in-force", lambda: check_finding(one(happened_on=dt.date(2025, 12, 31))))
    refused("hearing-missing", lambda: check_finding(one(heard_on=DAY)))
    refused("personal-number", lambda: check_finding(one(hearing="电 13812341234")))
    refused("future", lambda: check_finding(one(decided_on=dt.date(2026, 10, 1))))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"heard_on": DECIDED + dt.timedelta(days=1), "hearing": "无异议"}, "heard_before"),
        ({"heard_on": DAY, "hearing": ""}, "heard_before"),
        ({"decided_on": DAY - dt.timedelta(days=1)}, "in_order"),
        ({"revoked_at": WHEN}, "revoked_complete"),
        ({"points": 0}, "positive"),
    ],
)
def test_the_database_refuses_a_finding_that_is_out_of_order(quarter, changes, name):
    found = deduct(quarter, quarter.projects[0], 1)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Deduction.objects.filter(pk=found.pk).update(**changes)


def test_the_value_of_a_deduction_is_the_sum_of_its_points(quarter):
    deduct(quarter, quarter.projects[0], D("1.5"))
    deduct(quarter, quarter.projects[0], D("0.5"), day=DAY + dt.timedelta(days=3))
    closed_quarter(quarter)
    value = IndicatorValue.objects.get(project_id=quarter.projects[0].pk, item="deductions")
    assert (value.numerator, value.denominator, value.n) == (D("2"), None, 2)
