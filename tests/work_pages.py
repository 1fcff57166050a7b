"""Pages of community work in the table of address × role, and the rows that they need (see `test_url_table.py`)."""

import datetime as dt
import io
from decimal import Decimal
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from communities.models import Compound
from communities.services import (
    grid,
    grid_roster,
    joint_projects,
    proposals,
    proxies,
    situations,
    visits,
    volunteers,
)
from enterprises.models import GuideItem, PartyCoverage, PartyOrganisation
from enterprises.services.guide import report_work
from evaluations.models import (
    EvaluationPeriod,
    Inspection,
    InspectionMark,
    SurveyHousehold,
    SurveyRound,
    SurveySample,
)
from evaluations.services.inspection_plans import Wanted, confirm_plan, draw_plan, save_plan
from evaluations.services.survey_answers import hash_of, new_code
from redprop.common.periods import Period
from tests.town import START, posted

OK, MOVED, SIGN_IN, NOT_FOUND = 200, 302, "sign-in", 404
MEMBERS = (
    "secretary other_secretary clerk other_clerk registrar own other sysadmin".split()  # noqa: SIM905
)


def only(members: str, answer: object = OK) -> dict[str, object]:
    """These members get the answer, the others find nothing, the anonymous sign in."""
    named = members.split()
    return {member: answer if member in named else NOT_FOUND for member in MEMBERS} | {"anonymous": SIGN_IN}


def anybody(answer: object) -> dict[str, object]:
    """Everybody gets the answer, the anonymous too: a resident's code is the key."""
    return {member: answer for member in (*MEMBERS, "anonymous")}


SECRETARIES = "secretary other_secretary"
CONTACTS = "own other"
AREAS = f"{SECRETARIES} clerk other_clerk registrar"
AREA = "secretary clerk registrar"

WORK_TABLE: dict[str, tuple[str, dict[str, object]]] = {
    "desk:surveys": ("get", only("clerk other_clerk registrar")),
    "desk:survey": ("get", only("clerk registrar")),
    "desk:survey-household": ("get", only("clerk registrar")),
    "desk:survey-enter": ("post", only("clerk registrar", MOVED)),
    "desk:survey-call": ("post", only("clerk registrar", MOVED)),
    "public:survey": ("get", anybody(OK)),
    "public:survey-thanks": ("get", anybody(OK)),
    "public:survey-answer": ("get", anybody(OK)),
    "desk:visits": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:visit-new": ("get", only(f"{SECRETARIES} {CONTACTS}")),
    "desk:visit-needs": ("get", only(AREAS)),
    "desk:visit": ("get", only(f"{AREA} own")),
    "desk:visit-edit": ("get", only("secretary own")),
    "desk:visit-raise": ("post", only(f"{AREA} own", MOVED)),
    "desk:visit-withdraw": ("post", only(f"{AREA} own", MOVED)),
    "desk:volunteers": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:volunteer-team-new": ("get", only(SECRETARIES)),
    "desk:volunteer-team": ("get", only(f"{AREA} own")),
    "desk:volunteer-team-edit": ("get", only("secretary")),
    "desk:volunteer-activities": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:volunteer-activity-new": ("get", only(SECRETARIES)),
    "desk:volunteer-activity": ("get", only(f"{AREA} own")),
    "desk:compounds": ("get", only(AREAS)),
    "desk:compound": ("get", only(AREA)),
    "desk:compound-propose": ("post", only(AREA, MOVED)),
    "desk:compound-decide": ("post", only(AREA, MOVED)),
    "desk:fact-proposals": ("get", only(AREAS)),
    "desk:fact-withdraw": ("post", only(AREA, MOVED)),
    "desk:help": ("get", only(SECRETARIES)),
    "desk:help-new": ("get", only(SECRETARIES)),
    "desk:proxies": ("get", only(SECRETARIES)),
    "desk:proxy-new": ("get", only(SECRETARIES)),
    "desk:proxy": ("get", only("secretary")),
    "desk:proxy-slip": ("get", only("secretary", MOVED)),
    "desk:grid": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:grid-cell-new": ("get", only(SECRETARIES)),
    "desk:grid-cell": ("get", only(f"{AREA} own")),
    "desk:grid-gaps": ("get", only(AREAS)),
    "desk:grid-overview": ("get", only("clerk other_clerk registrar")),
    "desk:grid-roster": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:grid-copy": ("get", only(SECRETARIES)),
    "desk:grid-shift-new": ("get", only(SECRETARIES)),
    "desk:grid-shift": ("get", only(f"{AREA} own")),
    "desk:grid-workers": ("get", only(SECRETARIES)),
    "desk:grid-worker-new": ("get", only(SECRETARIES)),
    "desk:grid-worker": ("get", only("secretary")),
    "desk:joint-projects": ("get", only(f"{AREAS} {CONTACTS}")),
    "desk:joint-project-new": ("get", only(SECRETARIES)),
    "desk:joint-project": ("get", only(f"{AREA} own")),
    "desk:guide": ("get", only(f"{SECRETARIES} clerk other_clerk {CONTACTS}")),
    "desk:guide-work": ("get", only("own")),
    # The firm serves a community of the other subdistrict, too.
    "desk:guide-check": ("get", only(f"{AREA} other_clerk own")),
    "desk:guide-evidence": ("get", only(f"{AREA} other_clerk own")),
    "desk:party": ("get", only(CONTACTS)),
    # The district reads no situation reports.
    "desk:situations": ("get", only(f"{SECRETARIES} clerk other_clerk {CONTACTS}")),
    "desk:situation-new": ("get", only(f"{SECRETARIES} {CONTACTS}")),
    "desk:situation": ("get", only("secretary clerk own")),
    # Whoever neither inspects nor evaluates finds nothing; see `test_inspections.py` for those who do.
    "desk:inspections": ("get", only("")),
    "desk:inspection": ("get", only("")),
    "desk:inspection-photo": ("get", only("")),
    "desk:inspection-plans": ("get", only("")),
    "desk:inspection-plan-new": ("get", only("")),
    "desk:inspection-plan": ("get", only("")),
    "desk:inspection-plan-edit": ("get", only("")),
    "desk:inspection-drawn": ("get", only("")),
    "desk:inspection-watch": ("get", only("")),
    "desk:inspection-pairs": ("get", only("")),
    "desk:inspections-worker": ("get", dict.fromkeys([*MEMBERS, "anonymous"], OK)),
    # Households in need: their community alone, whoever else reaches the area.
    "desk:help-row": ("get", only("secretary")),
}


def survey_args(town: SimpleNamespace) -> dict[str, list[object]]:
    """An open survey with one drawn household in community a1, and the code of its letter."""
    row = SurveyRound.objects.create(
        district=town.district,
        period=EvaluationPeriod.objects.filter(district=town.district).first(),
        number=1,
        title="满意度调查",
        asked_by="区红色物业办",
        purpose="用于考评",
        opens_on=dt.date(2026, 10, 1),
        ends_on=dt.date(2026, 12, 31),
        seed=1,
        min_valid=30,
        state="open",
        opened_at=town.district.clock,
    )
    sample = SurveySample.objects.create(
        round=row, project=town.qingchuan, population=100, needed=31, drawn=1
    )
    code = new_code()
    home = SurveyHousehold.objects.create(
        round=row,
        project=town.qingchuan,
        compound=Compound.objects.get(code="XP1"),
        number="第7户",
        place=1,
        token_hash=hash_of(code),
    )
    return {
        "desk:survey": [sample.pk],
        "desk:survey-household": [home.pk],
        "desk:survey-enter": [home.pk],
        "desk:survey-call": [home.pk],
        "public:survey-answer": [code],
    }


def guide_args(town: SimpleNamespace) -> dict[str, list[object]]:
    """A branch of the first firm with one item of the guide book, reported for October with a photo."""
    branch = PartyOrganisation.objects.create(
        district=town.district, code="DZ1", name="华楠支部", kind="branch", form="single", founded_on=START
    )
    PartyCoverage.objects.create(organisation=branch, enterprise=town.huanan, valid_from=START)
    item = GuideItem.objects.create(
        district=town.district, code="DJ1", title="主题党日", every="month", valid_from=START
    )
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    check = report_work(
        organisation=branch,
        item=item,
        period=Period.parse("2026-10"),
        done_on=dt.date(2026, 10, 9),
        note="到会5人",
        evidence=SimpleUploadedFile("day.png", picture.getvalue()),
        acting_user=town.huanan_contact,
    )
    return {
        "desk:guide-work": [branch.pk, item.pk, "2026-10"],
        "desk:guide-check": [check.pk],
        "desk:guide-evidence": [check.pk],
    }


def inspection_args(town: SimpleNamespace) -> dict[str, list[object]]:
    """A confirmed plan of the third quarter whose compounds are marked twice, seen by `town.evaluator`."""
    town.evaluator = posted("kpy", "考评员", "evaluator", town.district)
    for name in ("jcy1", "jcy2"):
        posted(name, name, "inspector", town.district)
    wanted = Wanted("检查", "2026Q3", 1, sample_share=Decimal(100), second_share=Decimal(100))
    plan = save_plan(district=town.district, wanted=wanted, acting_user=town.evaluator)
    plan = draw_plan(plan=plan, acting_user=town.evaluator)
    plan = confirm_plan(plan=plan, acting_user=town.evaluator)
    tasks = list(plan.tasks.order_by("pk"))
    for task in tasks[1:]:
        found = Inspection.objects.create(
            project=town.qingchuan,
            compound=task.compound,
            inspected_on=dt.date(2026, 9, 20),
            inspector=task.inspector,
            task=task,
            is_second=task.is_second,
        )
        InspectionMark.objects.create(
            inspection=found, scheme="on_site", item="cleaning", mark=8, full_mark=10, finding="堆物"
        )
    return {
        "desk:inspection": [tasks[0].pk],
        "desk:inspection-photo": [tasks[0].pk, 1],
        "desk:inspection-plan": [plan.pk],
        "desk:inspection-plan-edit": [plan.pk],
        "desk:inspection-drawn": [plan.pk],
    }


def work_args(town: SimpleNamespace) -> dict[str, list[object]]:
    """Make one row of each kind in community a1, and name it in the addresses."""
    day = dt.date(2026, 10, 9)
    visit = visits.save_visit(
        community=town.a1,
        entered=visits.Round(Compound.objects.get(code="XP1"), "3栋", day, "staff", 8),
        acting_user=town.huanan_contact,
    )
    team = volunteers.save_team(
        community=town.a1,
        name="红袖标",
        kind="property",
        members=9,
        founded_on=START,
        project=town.qingchuan,
        acting_user=town.secretary,
    )
    activity = volunteers.record_activity(
        team=team,
        held_on=day,
        kind="cleaning",
        title="清理楼道",
        participants=5,
        hours=Decimal(10),
        firm_hours=Decimal(4),
        compound=Compound.objects.get(code="XP1"),
        acting_user=town.secretary,
    )
    helped = volunteers.begin_help(
        community=town.a1, sign="甲3", service="care", consent_on=day, acting_user=town.secretary
    )
    of = {name: [visit.pk] for name in WORK_TABLE if name.startswith("desk:visit")}
    for name in ("desk:visits", "desk:visit-new", "desk:visit-needs"):
        of.pop(name)
    cell = grid.open_cell(
        community=town.a1, name="第一网格", hours=8, opened_on=START, acting_user=town.secretary
    )
    grid.set_cover(cell=cell, hours=24, project=town.qingchuan, valid_from=day, acting_user=town.secretary)
    worker = grid_roster.add_worker(
        community=town.a1,
        name="物业甲",
        kind="staff",
        project=town.qingchuan,
        valid_from=START,
        acting_user=town.secretary,
    )
    shift = grid_roster.enter_shifts(
        cell=cell,
        worker=worker,
        first_day=day,
        last_day=day,
        starts=dt.time(8),
        ends=dt.time(20),
        acting_user=town.secretary,
    )[0]
    joint = joint_projects.propose(
        community=town.a1,
        title="充电桩进小区",
        plan="在空地安装",
        due_on=dt.date(2026, 12, 1),
        category="order",
        project=town.qingchuan,
        acting_user=town.secretary,
    )
    report = situations.report_situation(
        compound=Compound.objects.get(code="XP1"),
        happened_at=dt.datetime(2026, 10, 9, 6, tzinfo=dt.UTC),
        kind="utility",
        place="3栋地下室",
        text="水管爆裂",
        handled_by="项目经理",
        acting_user=town.huanan_contact,
    )
    (proposal,) = proposals.propose_facts(
        compound=Compound.objects.get(code="XP1"),
        changes={"buildings": "9"},
        basis="现场清点",
        acting_user=town.secretary,
    )
    compound = [proposal.compound_id]
    proxy = proxies.begin_proxy(
        community=town.a1,
        kind="errand",
        sign="乙7",
        matter="代交材料",
        consent_on=day,
        consent_how="signed",
        acting_user=town.secretary,
    )
    return (
        of
        | survey_args(town)
        | guide_args(town)
        | inspection_args(town)
        | {
            "desk:proxy": [proxy.pk],
            "desk:proxy-slip": [proxy.pk],
            "desk:compound": compound,
            "desk:compound-propose": compound,
            "desk:compound-decide": compound,
            "desk:fact-withdraw": [proposal.pk],
            "desk:joint-project": [joint.pk],
            "desk:situation": [report.pk],
            "desk:grid-cell": [cell.pk],
            "desk:grid-worker": [worker.pk],
            "desk:grid-shift": [shift.pk],
            "desk:volunteer-team": [team.pk],
            "desk:volunteer-team-edit": [team.pk],
            "desk:volunteer-activity": [activity.pk],
            "desk:help-row": [helped.pk],
        }
    )
