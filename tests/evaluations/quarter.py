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

from django.db.models import Max

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
    days = [Holiday(district=district, day=dt.date(2026, 10, day)) for day in range(1, 8)]
    Holiday.objects.bulk_create(
        [*days, Holiday(district=district, day=dt.date(2026, 10, 10), is_workday=True)]
    )


def build_quarter(cast, projects=8):
    """Create the quarter in the cast's district and return it by name; a statement or two for each table."""
    district = cast.district
    holidays(district)
    quarter = SimpleNamespace(cast=cast, district=district)
    quarter.meetings = JointMeeting.objects.bulk_create(
        JointMeeting(
            community=cast.community,
            month=dt.date(2026, month, 1),
            state="accepted",
            held_on=dt.date(2026, month, 20),
            due_on=dt.date(2026, month, 28),
            submitted_at=dt.datetime(2026, month, 21, tzinfo=SHANGHAI),
            decided_at=dt.datetime(2026, month, 22, tzinfo=SHANGHAI),
        )
        for month in (7, 8, 9)
    )
    quarter.enterprises = _enterprises(quarter, projects // 2)
    quarter.projects, quarter.compounds = _projects(quarter, projects)
    _work_of(quarter)
    return quarter


def person(quarter, code):
    return people(quarter, [code])[0]


def people(quarter, codes):
    return Person.objects.bulk_create(
        Person(district=quarter.district, code=code, name=f"人{code}") for code in codes
    )


def _enterprises(quarter, count):
    """Enterprises with an organisation, its secretary, and four graduates in post."""
    district = quarter.district
    enterprises = Enterprise.objects.bulk_create(
        Enterprise(
            district=district,
            uscc=f"91420100MA0000{USCC[number]}{USCC[number]}11",
            name=f"第{number + 1}物业",
            kind="market",
            registered_from=SINCE,
        )
        for number in range(count)
    )
    organisations = PartyOrganisation.objects.bulk_create(
        PartyOrganisation(
            district=district,
            code=f"DZZ{number}",
            name=f"第{number + 1}支部",
            form="single",
            founded_on=SINCE,
        )
        for number in range(count)
    )
    PartyCoverage.objects.bulk_create(
        PartyCoverage(organisation=one, enterprise=firm, valid_from=SINCE, recorded_at=WHEN)
        for one, firm in zip(organisations, enterprises, strict=True)
    )
    secretaries = people(quarter, [f"S{number}" for number in range(count)])
    PartyPost.objects.bulk_create(
        PartyPost(organisation=one, person=who, kind="secretary", valid_from=SINCE, recorded_at=WHEN)
        for one, who in zip(organisations, secretaries, strict=True)
    )
    graduates = people(quarter, [f"G{number}{place}" for number in range(count) for place in range(4)])
    Graduate.objects.bulk_create(
        Graduate(person=who, degree="bachelor", graduated_on=dt.date(2024, 6, 30), recorded_at=WHEN)
        for who in graduates
    )
    Post.objects.bulk_create(
        Post(
            person=who,
            enterprise=enterprises[place // 4],
            kind="staff",
            valid_from=dt.date(2025, 1, 1),
            recorded_at=WHEN,
        )
        for place, who in enumerate(graduates)
    )
    return enterprises


def _projects(quarter, count):
    """Two projects of each enterprise, each with a compound that it serves and appointments both ways."""
    district, community = quarter.district, quarter.cast.community
    numbers = range(1, count + 1)
    projects = ServiceProject.objects.bulk_create(
        ServiceProject(
            district=district,
            enterprise=quarter.enterprises[(number - 1) // 2],
            code=f"P{number}",
            name=f"{number}号项目",
            started_on=SINCE,
        )
        for number in numbers
    )
    compounds = Compound.objects.bulk_create(
        Compound(
            district=district,
            code=f"X{number}",
            name=f"{number}号小区",
            registered_from=SINCE,
            households=100,
            floor_area=10_000,
        )
        for number in numbers
    )
    CompoundPlacement.objects.bulk_create(
        CompoundPlacement(compound=one, community=community, valid_from=SINCE) for one in compounds
    )
    CompoundKind.objects.bulk_create(
        CompoundKind(compound=one, kind="professional", valid_from=SINCE) for one in compounds
    )
    contracts = ServiceContract.objects.bulk_create(
        ServiceContract(
            district=district,
            project=project,
            number=f"HT{number}",
            kind="service",
            signed_on=SINCE,
            valid_from=SINCE,
        )
        for number, project in zip(numbers, projects, strict=True)
    )
    ServiceAssignment.objects.bulk_create(
        ServiceAssignment(contract=contract, compound=compound, valid_from=SINCE)
        for contract, compound in zip(contracts, compounds, strict=True)
    )
    ways = (("to_community", "big_party_committee"), ("to_enterprise", "enterprise"))
    holders = people(quarter, [f"C{number}{direction[3]}" for number in numbers for direction, _body in ways])
    CrossAppointment.objects.bulk_create(
        CrossAppointment(
            person=holders[2 * place + way],
            enterprise=project.enterprise,
            project=project,
            community=community,
            direction=direction,
            body=body,
            valid_from=SINCE,
            recorded_at=WHEN,
        )
        for place, project in enumerate(projects)
        for way, (direction, body) in enumerate(ways)
    )
    return projects, compounds


def _work_of(quarter):
    """Full marks for every project: inspections, attendance, a commitment kept, a request answered, answers."""
    served = list(zip(quarter.projects, quarter.compounds, strict=True))
    inspections = Inspection.objects.bulk_create(
        Inspection(project=project, compound=compound, inspected_on=DAY, recorded_at=WHEN)
        for project, compound in served
        for _scheme in ("on_site", "guarantees")
    )
    InspectionMark.objects.bulk_create(
        InspectionMark(
            inspection=one,
            scheme="guarantees" if place % 2 else "on_site",
            item="1",
            mark=100,
            full_mark=100,
        )
        for place, one in enumerate(inspections)
    )
    MeetingAttendance.objects.bulk_create(
        MeetingAttendance(meeting=meeting, project=project, kind="present")
        for project in quarter.projects
        for meeting in quarter.meetings
    )
    Commitment.objects.bulk_create(_promise(quarter, project, kept=True) for project in quarter.projects)
    ResidentRequest.objects.bulk_create(
        _ask(number, compound, answered=DAY + dt.timedelta(days=3))
        for number, (_project, compound) in enumerate(served, _next(ResidentRequest))
    )
    first = _next(SurveyAnswer)
    SurveyAnswer.objects.bulk_create(
        _answer(project, compound, first + 30 * place + i)
        for place, (project, compound) in enumerate(served)
        for i in range(30)
    )


def _next(model):
    """A number that no code or token has yet: one more than the last key."""
    return (model.objects.aggregate(last=Max("pk"))["last"] or 0) + 1


def inspect(project, compound, mark, *, scheme="on_site", day=DAY, recorded=WHEN, inspector=None):
    inspection = Inspection.objects.create(
        project=project, compound=compound, inspected_on=day, recorded_at=recorded, inspector=inspector
    )
    InspectionMark.objects.create(inspection=inspection, scheme=scheme, item="1", mark=mark, full_mark=100)
    return inspection


def promise(quarter, project, *, kept, meeting=None, **changes):
    made = _promise(quarter, project, kept=kept, meeting=meeting, **changes)
    made.save(force_insert=True)
    return made


def _promise(quarter, project, *, kept, meeting=None, **changes):
    values = {
        "made_on": dt.date(2026, 7, 20),
        "first_due_on": DAY,
        "due_on": DAY,
        "state": "confirmed" if kept else "open",
        "answered_at": dt.datetime(2026, 8, 9, tzinfo=SHANGHAI) if kept else None,
        "confirmed_at": dt.datetime(2026, 8, 12, tzinfo=SHANGHAI) if kept else None,
        **changes,
    }
    return Commitment(
        meeting=meeting or quarter.meetings[0],
        project=project,
        problem="楼道灯不亮",
        promise="更换",
        responsible_post="项目经理",
        **values,
    )


def ask(project, compound, *, answered, received=DAY, recorded=WHEN, **changes):
    made = _ask(
        _next(ResidentRequest), compound, answered=answered, received=received, recorded=recorded, **changes
    )
    made.save(force_insert=True)
    return made


def _ask(number, compound, *, answered, received=DAY, recorded=WHEN, **changes):
    return ResidentRequest(
        code=f"S{number:05d}",
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
    first = _next(SurveyAnswer)
    SurveyAnswer.objects.bulk_create(
        _answer(
            project,
            compound,
            first + i,
            satisfied=i < satisfied,
            answered_on=day,
            pooled_with=pooled,
            channel=channel,
            recorded_at=recorded,
            recorded_by=by,
        )
        for i in range(answers)
    )


def _answer(project, compound, number, *, satisfied=True, **values):
    return SurveyAnswer(
        project=project,
        compound=compound,
        score=5 if satisfied else 2,
        is_satisfied=satisfied,
        token_digest=f"{number:064d}",
        **{"answered_on": DAY, "channel": "visit", "recorded_at": WHEN} | values,
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
