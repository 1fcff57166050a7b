"""Community work at the desk: lists that ask no query per row, files within the area, a round from a phone."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.models import Compound, HomeVisit, ResidentRequest, VisitItem
from communities.services import grid, grid_roster, joint_projects, visits, volunteers
from tests.browser import faults, fits
from tests.town import START

LISTS = (
    "visits",
    "visit-needs",
    "volunteers",
    "volunteer-activities",
    "joint-projects",
    "situations",
    "grid",
    "grid-gaps",
    "grid-roster",
    "grid-workers",
    "help",
)


def fill(town, number):
    """One more row in each list."""
    day = dt.date(2026, 10, 1) + dt.timedelta(days=number)
    visits.save_visit(
        community=town.a1,
        entered=visits.Round(Compound.objects.get(code="XP1"), f"{number}栋", day, "staff", 8),
        acting_user=town.secretary,
    )
    team = volunteers.save_team(
        community=town.a1,
        name=f"第{number}队",
        kind="residents",
        members=9,
        founded_on=START,
        acting_user=town.secretary,
    )
    volunteers.record_activity(
        team=team,
        held_on=day,
        kind="patrol",
        title="巡逻",
        participants=3,
        hours=6,
        acting_user=town.secretary,
    )
    volunteers.begin_help(
        community=town.a1, sign=f"甲{number}", service="care", consent_on=day, acting_user=town.secretary
    )
    joint_projects.propose(
        community=town.a1,
        title=f"项目{number}",
        plan="维修",
        due_on=dt.date(2026, 12, 1),
        category="repair",
        acting_user=town.secretary,
    )
    cell = grid.open_cell(
        community=town.a1, name=f"第{number}网格", hours=24, opened_on=START, acting_user=town.secretary
    )
    worker = grid_roster.add_worker(
        community=town.a1, name=f"网格员{number}", kind="grid", valid_from=START, acting_user=town.secretary
    )
    grid_roster.enter_shifts(
        cell=cell,
        worker=worker,
        first_day=dt.date(2026, 10, 21),
        last_day=dt.date(2026, 10, 21),
        starts=dt.time(8),
        ends=dt.time(16),
        acting_user=town.secretary,
    )


def test_no_list_asks_a_query_per_row(client, town):
    client.force_login(town.secretary)
    asked = []
    fill(town, 1)
    for more in range(2):
        if more:
            for number in range(2, 6):
                fill(town, number)
        counts = {}
        for name in ("home", *LISTS):
            client.get(reverse(f"desk:{name}"))
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(f"desk:{name}")).status_code == 200, name
            counts[name] = len(queries)
        asked.append(counts)
    assert asked[0] == asked[1]


def test_gaps_stand_on_the_secretarys_home_page_until_they_are_filled(client, town):
    fill(town, 1)
    client.force_login(town.secretary)
    assert reverse("desk:grid-gaps") in client.get(reverse("desk:home")).content.decode()
    client.force_login(town.other_secretary)
    assert reverse("desk:grid-gaps") not in client.get(reverse("desk:home")).content.decode()


def test_a_round_from_a_phone_is_kept_on_the_device_and_becomes_a_request(town, open_desk):
    item = VisitItem.objects.create(
        district=town.district, kind="need", code="XQ01", text="家电维修", valid_from=START
    )
    page = open_desk("sj-a1")
    page.goto("/desk/visits/new/")
    page.select_option("[name=compound]", label="晴川里小区")
    page.fill("[name=building]", "3栋501")
    page.fill("[name=homes]", "6")
    page.fill(f"[name=item_{item.pk}]", "2")
    page.fill("[name=outcome]", "楼道灯不亮")
    page.context.set_offline(True)
    page.wait_for_timeout(200)
    page.context.set_offline(False)
    page.goto("/desk/visits/new/")
    assert page.input_value("[name=outcome]") == "楼道灯不亮"
    page.click("main form button.btn-primary")
    page.wait_for_selector(".field-error")
    assert page.input_value("[name=outcome]") == "楼道灯不亮"
    page.fill("[name=building]", "3栋")
    page.click("main form button.btn-primary")
    page.wait_for_selector("#h-raise")
    # One tap: the text is there already.
    page.click("section[aria-labelledby=h-raise] button.btn-primary")
    page.wait_for_selector(".messages")
    visit = HomeVisit.objects.get()
    assert (visit.building, visit.homes, visit.counts.get().homes) == ("3栋", 6, 2)
    assert ResidentRequest.objects.get().text == "楼道灯不亮"
    page.goto("/desk/visits/new/")
    assert page.input_value("[name=outcome]") == ""
    assert fits(page)
    assert page.troubles == []


def test_pages_of_community_work_pass_axe_on_a_phone(town, open_desk):
    fill(town, 1)
    page = open_desk("sj-a1", bypass_csp=True)
    forms = ("visit-new", "volunteer-activity-new", "grid-shift-new", "joint-project-new", "situation-new")
    for name in (*LISTS, *forms):
        page.goto(reverse(f"desk:{name}"))
        assert faults(page) == [], name
        assert fits(page), name
