"""The demo's totals are those of the programme, at both dates, and the command proves it."""

import datetime as dt
import json

import pytest
from django.core.management import call_command
from django.db import connection

from communities.figures import compounds_of_kind
from communities.models import Compound, CouncilFollowUp, MarketRound, ServiceAssignment, ServiceContract
from enterprises.coverage import Reach, enterprises_on, projects_on, tally
from enterprises.models import Enterprise, ServiceProject
from enterprises.party_figures import FIGURES
from enterprises.retention import funnels, lines, recruits
from evaluations.demo.load import load_demo
from evaluations.services.reconcile import reconcile_totals
from redprop.common.errors import Refused
from redprop.common.identifiers import check_uscc
from redprop.core.figures import count
from redprop.core.models import ReportedFigure

LAST_DAY = dt.date(2026, 9, 30)

OF_2026 = {
    "compounds": 851,
    "compounds_professional": 291,
    "compounds_old": 560,
    "old_taken_over": 463,
    "old_in_trusteeship": 97,
    "takeover_enterprises": 39,
    "welfare_enterprises": 2,
    "enterprises": 187,
    "projects": 382,
    "enterprises_with_party": 187,
    "projects_with_party": 382,
    "graduates": 987,
    "recruits": 412,
    "welfare_masters": 20,
    "welfare_masters_members": 16,
    "graduates_probationary": 15,
    "member_managers": 9,
    "subdistricts": 17,
    "communities": 141,
}
OF_2017 = {"compounds_old": 560, "old_taken_over": 453, "old_in_trusteeship": 107}


@pytest.mark.parametrize(("code", "value"), OF_2026.items())
def test_figure_of_2026_is_that_of_the_programme(demo_district, code, value):
    assert count(code, demo_district, LAST_DAY) == value


@pytest.mark.parametrize(("code", "value"), OF_2017.items())
def test_figure_of_2017_is_that_of_the_report(demo_district, code, value):
    assert count(code, demo_district, dt.date(2017, 9, 2)) == value


@pytest.mark.parametrize("year", range(2018, 2027))
def test_the_parts_add_up_every_year(demo_district, year):
    found = reconcile_totals(district=demo_district, on=dt.date(year, 1, 1))

    assert {f.code for f in found.figures} == {
        "compounds",
        "compounds_old",
        "enterprises",
        "enterprises_with_party",
        "projects",
        "projects_with_party",
        "graduates",
        "grown",
        "mentored",
        "apartments",
        "managers",
        "backbone_members",
    }
    assert found.differences == []


MONTH_ENDS = [dt.date(y, m, 28) for y in range(2018, 2026) for m in (3, 9)] + [
    dt.date(2026, month, 28) for month in range(1, 10)
]


def test_the_three_pages_add_up_at_the_end_of_any_month(demo_district):
    """Single, joint and adviser make the covered; covered and not covered make all; degrees make the graduates."""
    for day in MONTH_ENDS:
        for of in ("enterprises", "projects"):
            found = tally(
                {"enterprises": enterprises_on, "projects": projects_on}[of](Reach(demo_district, day)), day
            )
            assert found.single + found.joint + found.adviser + found.without == found.total
            assert count(f"{of}_without_party", demo_district, day) == found.without
            assert count(f"{of}_with_party", demo_district, day) == found.worked
        degrees = sum(
            count(f"graduates_{d}", demo_district, day) for d in ("college", "bachelor", "master", "doctor")
        )
        assert degrees == count("graduates", demo_district, day)
        others = FIGURES["graduates_others"].rows(Reach(demo_district, day)).count()
        assert count("recruits", demo_district, day) + others == count("graduates", demo_district, day)
        for whole, parts in (
            ("managers", ("risen", "managers_at_once")),
            ("backbone_members", ("backbone_to_member", "member_to_backbone")),
        ):
            assert sum(count(one, demo_district, day) for one in parts) == count(whole, demo_district, day)
        assert count("welfare_masters_members", demo_district, day) <= count(
            "welfare_masters", demo_district, day
        )
        assert count("member_managers", demo_district, day) <= count("managers", demo_district, day)


def test_managers_rose_from_other_posts_and_members_became_backbone(demo_district):
    """35 graduates in management; the way of each is dated, so that both kinds of rising are there."""
    assert count("managers", demo_district, LAST_DAY) == 35
    assert count("risen", demo_district, LAST_DAY) >= 10
    assert count("member_to_backbone", demo_district, LAST_DAY) > 0
    assert count("backbone_to_member", demo_district, LAST_DAY) > 0


def test_reconcile_prints_one_json_object_and_no_difference(demo_district, capsys):
    call_command("reconcile_totals", "--on", "2026-09-30", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["on"] == "2026-09-30"
    assert told["differences"] == 0
    by_code = {f["code"]: f for f in told["figures"] if " + " not in f["source"]}
    assert {code: f["counted"] for code, f in by_code.items()} == OF_2026


def test_reconcile_exits_with_1_and_names_the_figure_that_differs(demo_district, capsys):
    ReportedFigure.objects.filter(on=LAST_DAY, code="projects").update(value=380)

    with pytest.raises(SystemExit) as stopped:
        call_command("reconcile_totals", "--json")

    assert stopped.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert [(f["code"], f["difference"]) for f in told["figures"] if f["difference"]] == [("projects", 2)]


def test_an_old_compound_that_nobody_serves_is_a_difference(demo_district):
    day = dt.date(2024, 5, 1)
    assignment = ServiceAssignment.objects.on(day).filter(
        compound__in=compounds_of_kind(demo_district, day, "old")
    )[0]
    assignment.delete()

    found = reconcile_totals(district=demo_district, on=day)

    assert [(f.code, f.difference) for f in found.differences] == [("compounds_old", 1)]


def test_a_reported_figure_that_cannot_be_counted_is_a_difference(demo_district):
    ReportedFigure.objects.create(
        district=demo_district, on=LAST_DAY, code="lifts", value=0, source="a letter"
    )

    assert [f.code for f in reconcile_totals(district=demo_district).differences] == ["lifts"]


def test_every_credit_code_is_valid_and_of_a_region_that_does_not_exist(demo_district):
    for code in Enterprise.objects.values_list("uscc", flat=True):
        assert check_uscc(code) == code
        assert code[2:8] == "999999"


def test_every_trusteeship_follows_a_market_round_without_taker(demo_district):
    for assignment in ServiceAssignment.objects.filter(
        contract__kind=ServiceContract.Kind.TRUSTEESHIP
    ).select_related("contract"):
        assert MarketRound.objects.filter(
            compound=assignment.compound_id,
            outcome="no_taker",
            closed_on__lt=assignment.valid_from,
        ).exists()


def test_every_compound_has_a_place_and_names_are_unique(demo_district):
    assert not Compound.objects.unplaced(LAST_DAY).exists()
    names = list(Compound.objects.values_list("name", flat=True))
    assert len(set(names)) == len(names)
    projects = list(ServiceProject.objects.values_list("name", flat=True))
    assert len(set(projects)) == len(projects)


def test_enterprises_promised_after_councils_and_some_promises_wait_for_the_next_joint_meeting(
    demo_district,
):
    promises = CouncilFollowUp.objects.filter(kind="promise").select_related("commitment", "resolution")
    taken_up = [row for row in promises if row.commitment]
    assert len(taken_up) > 100
    for row in taken_up:
        assert (row.project_id, row.what) == (row.commitment.project_id, row.commitment.promise)
        assert row.resolution.dated <= row.commitment.made_on
        assert row.resolution.passed
    waiting = [row for row in promises if not row.commitment]
    assert waiting
    assert min(row.resolution.dated for row in waiting) > dt.date(2026, 8, 1)


def test_a_second_load_with_the_same_seed_reports_the_district_that_is_there(demo_district):
    assert load_demo().already


def test_another_seed_is_refused_with_the_one_that_is_there(demo_district):
    with pytest.raises(Refused) as refused:
        load_demo(seed=1)

    assert refused.value.code == "demo-other-seed"
    assert "20261012" in str(refused.value)


def test_without_demo_nothing_is_loaded(db, settings):
    settings.DEMO = False

    with pytest.raises(Refused) as refused:
        load_demo()

    assert refused.value.code == "demo-off"


def test_ids_go_on_after_the_load(demo_district):
    """COPY with ids known beforehand must move the sequences along."""
    last = Compound.objects.order_by("-pk").first()
    new = Compound.objects.create(
        district=demo_district, code="NEW", name="新", registered_from=dt.date(2026, 1, 1)
    )
    assert new.pk == last.pk + 1
    assert connection.settings_dict["NAME"].startswith("test_demo_")


def test_the_campaigns_explain_the_412_and_every_page_of_talent_has_rows(demo_district):
    reach = Reach(demo_district, LAST_DAY)
    found, total = funnels(reach, None)
    assert total.steps["in_post"] == 412
    assert total.steps["made"] == sum(n for s, n in total.steps.items() if s not in ("made", "in_post"))
    assert {one.campaign.held_from.year for one in found} >= {2024, 2025, 2026}
    cohorts, everybody = lines(recruits(reach), "campaign")
    assert sum(line.hired for line in cohorts) == everybody.hired == total.steps["taken_up"]
    assert everybody.now["same"] + everybody.now["moved"] == 412
    assert everybody.now["moved"] > 0
    assert everybody.now["gone"] > 0
    for code in ("mentored_both", "mentored_not", "mentors_gone", "steps_year", "leavers", "duties_missing"):
        assert FIGURES[code].rows(reach).exists(), code
