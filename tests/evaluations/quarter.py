"""A third quarter of 2026 with a handful of projects whose scores can be worked out on paper.

Eight projects P1 to P8 of four enterprises (two each), one compound of 100 households each, all
served since 2020. Every project has full marks everywhere: an own party organisation with its
secretary, cross-appointments both ways, two graduates for each project, inspection marks 100, all
meetings attended, one commitment kept, one request answered in time, 30 satisfied of 30 answers.
Tests then spoil what they are about.
"""

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from communities.models import (
    Commitment,
    Compound,
    CompoundKind,
    CompoundPlacement,
    JointMeeting,
    MeetingAttendance,
    ResidentRequest,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import (
    CrossAppointment,
    Enterprise,
    Graduate,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    Post,
    ServiceProject,
)
from evaluations.models import EvaluationPeriod, Inspection, InspectionMark, SurveyAnswer, Veto
from evaluations.services import closing, periods, releases, rubrics
from redprop.areas.models import District
from redprop.core.models import Holiday, Person

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE = dt.date(2020, 1, 1)
DAY = dt.date(2026, 8, 10)
WHEN = dt.datetime(2026, 8, 11, 10, tzinfo=SHANGHAI)
LATE = dt.datetime(2026, 10, 11, 0, 30, tzinfo=SHANGHAI)
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def holidays(district):
    """The National Day week and its make-up day of 2026, and a day of each year around."""
    for day in range(1, 8):
        Holiday.objects.create(district=district, day=dt.date(2026, 10, day))
    Holiday.objects.create(district=district, day=dt.date(2026, 10, 10), is_workday=True)


def build_quarter(cast, projects=8):
    """Create the quarter in the cast's district and return it by name."""
    district = cast.district
    holidays(district)
    quarter = SimpleNamespace(cast=cast, district=district, projects=[], enterprises=[], compounds=[])
    quarter.meetings = [
        JointMeeting.objects.create(
            community=cast.community,
            month=dt.date(2026, month, 1),
            state="accepted",
            held_on=dt.date(2026, month, 20),
            due_on=dt.date(2026, month, 28),
            submitted_at=dt.datetime(2026, month, 21, tzinfo=SHANGHAI),
            decided_at=dt.datetime(2026, month, 22, tzinfo=SHANGHAI),
        )
        for month in (7, 8, 9)
    ]
    for number in range(projects // 2):
        quarter.enterprises.append(_enterprise(quarter, number))
    for number in range(projects):
        _project(quarter, number + 1, quarter.enterprises[number // 2])
    return quarter


def person(quarter, code):
    return Person.objects.create(district=quarter.district, code=code, name=f"人{code}")


def _enterprise(quarter, number):
    district = quarter.district
    enterprise = Enterprise.objects.create(
        district=district,
        uscc=f"91420100MA0000{USCC[number]}{USCC[number]}11",
        name=f"第{number + 1}物业",
        kind="market",
        registered_from=SINCE,
    )
    organisation = PartyOrganisation.objects.create(
        district=district, code=f"DZZ{number}", name=f"第{number + 1}支部", form="single", founded_on=SINCE
    )
    PartyCoverage.objects.create(
        organisation=organisation, enterprise=enterprise, valid_from=SINCE, recorded_at=WHEN
    )
    PartyPost.objects.create(
        organisation=organisation,
        person=person(quarter, f"S{number}"),
        kind="secretary",
        valid_from=SINCE,
        recorded_at=WHEN,
    )
    for place in range(4):
        graduate = person(quarter, f"G{number}{place}")
        Graduate.objects.create(
            person=graduate, degree="bachelor", graduated_on=dt.date(2024, 6, 30), recorded_at=WHEN
        )
        Post.objects.create(
            person=graduate,
            enterprise=enterprise,
            kind="staff",
            valid_from=dt.date(2025, 1, 1),
            recorded_at=WHEN,
        )
    return enterprise


def _project(quarter, number, enterprise):
    district, community = quarter.district, quarter.cast.community
    project = ServiceProject.objects.create(
        district=district, enterprise=enterprise, code=f"P{number}", name=f"{number}号项目", started_on=SINCE
    )
    compound = Compound.objects.create(
        district=district,
        code=f"X{number}",
        name=f"{number}号小区",
        registered_from=SINCE,
        households=100,
        floor_area=10_000,
    )
    CompoundPlacement.objects.create(compound=compound, community=community, valid_from=SINCE)
    CompoundKind.objects.create(compound=compound, kind="professional", valid_from=SINCE)
    contract = ServiceContract.objects.create(
        district=district,
        project=project,
        number=f"HT{number}",
        kind="service",
        signed_on=SINCE,
        valid_from=SINCE,
    )
    ServiceAssignment.objects.create(contract=contract, compound=compound, valid_from=SINCE)
    for direction, body in (("to_community", "big_party_committee"), ("to_enterprise", "enterprise")):
        CrossAppointment.objects.create(
            person=person(quarter, f"C{number}{direction[3]}"),
            enterprise=enterprise,
            project=project,
            community=community,
            direction=direction,
            body=body,
            valid_from=SINCE,
            recorded_at=WHEN,
        )
    inspect(project, compound, 100)
    inspect(project, compound, 100, scheme="guarantees")
    for meeting in quarter.meetings:
        MeetingAttendance.objects.create(meeting=meeting, project=project, kind="present")
    promise(quarter, project, kept=True)
    ask(project, compound, answered=DAY + dt.timedelta(days=3))
    survey(project, compound, 30, 30)
    quarter.projects.append(project)
    quarter.compounds.append(compound)


def inspect(project, compound, mark, *, scheme="on_site", day=DAY, recorded=WHEN, inspector=None):
    inspection = Inspection.objects.create(
        project=project, compound=compound, inspected_on=day, recorded_at=recorded, inspector=inspector
    )
    InspectionMark.objects.create(inspection=inspection, scheme=scheme, item="1", mark=mark, full_mark=100)
    return inspection


def promise(quarter, project, *, kept, meeting=None, **changes):
    values = {
        "made_on": dt.date(2026, 7, 20),
        "first_due_on": DAY,
        "due_on": DAY,
        "state": "confirmed" if kept else "open",
        "answered_at": dt.datetime(2026, 8, 9, tzinfo=SHANGHAI) if kept else None,
        "confirmed_at": dt.datetime(2026, 8, 12, tzinfo=SHANGHAI) if kept else None,
        **changes,
    }
    return Commitment.objects.create(
        meeting=meeting or quarter.meetings[0],
        project=project,
        problem="楼道灯不亮",
        promise="更换",
        responsible_post="项目经理",
        **values,
    )


def ask(project, compound, *, answered, received=DAY, recorded=WHEN, **changes):
    last = ResidentRequest.objects.order_by("-pk").first()
    return ResidentRequest.objects.create(
        code=f"S{last.pk + 1 if last else 1:05d}",
        compound=compound,
        source="call",
        category="repair",
        text="灯坏了",
        received_on=received,
        due_on=received + dt.timedelta(days=10),
        answered_on=answered,
        recorded_at=recorded,
        **{"state": "assigned"} | changes,
    )


def survey(
    project, compound, satisfied, answers, *, channel="visit", by="", day=DAY, recorded=WHEN, pooled=None
):
    last = SurveyAnswer.objects.order_by("-pk").first()
    first = last.pk + 1 if last else 0
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(
            project=project,
            compound=compound,
            answered_on=day,
            pooled_with=pooled,
            score=5 if i < satisfied else 2,
            is_satisfied=i < satisfied,
            channel=channel,
            token_digest=f"{first + i:064d}",
            recorded_at=recorded,
            recorded_by=by,
        )
        for i in range(answers)
    )


def clear_survey(project):
    SurveyAnswer.objects.filter(project=project).delete()


def veto(project, user, *, decided=dt.date(2026, 9, 1), recorded=WHEN, happened=DAY):
    return Veto.objects.create(
        project=project,
        code="safety",
        happened_on=happened,
        evidence="事故调查报告",
        decided_on=decided,
        decided_by=user,
        recorded_at=recorded,
    )


def open_quarter(quarter, code="2026Q3"):
    rubrics.load_sample(district=quarter.district, acting_user=None)
    return periods.open_period(district=quarter.district, code=code, acting_user=quarter.cast.evaluator)


def close(period, user):
    """Close the period in this process and return the run."""
    run = periods.close_period(period=period, acting_user=user)
    return closing.run_inline(run)


def closed_quarter(quarter):
    """Open and close the quarter; return the period as it is then."""
    period = open_quarter(quarter)
    run = close(period, quarter.cast.evaluator)
    assert run.state == "done", run.message
    return EvaluationPeriod.objects.get(pk=period.pk)


def noticed_quarter(quarter):
    """Close the quarter, confirm all entries and put them up for notice on 12 October."""
    period = closed_quarter(quarter)
    releases.confirm_entries(period=period, acting_user=quarter.cast.evaluator)
    releases.publish_notice(period=period, acting_user=quarter.cast.publisher)
    return EvaluationPeriod.objects.get(pk=period.pk)


def move_clock(district, day, hour=9):
    """Set the district's clock."""
    now = dt.datetime.combine(day, dt.time(hour), SHANGHAI)
    District.objects.filter(pk=district.pk).update(clock=now)
    district.clock = now
