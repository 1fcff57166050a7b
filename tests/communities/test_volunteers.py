"""Volunteers are numbers; a firm's hours go to who served that day; help for a household is its community's alone."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from communities.models import Compound, HelpGiven, HouseholdHelp
from communities.services import volunteers
from evaluations.indicators import REGISTRY, evidence
from redprop.accounts.models import AuditLine, User
from redprop.common.errors import Refused
from tests.town import NOW, START

DAY = dt.date(2026, 10, 20)


@pytest.fixture
def team(town):
    return volunteers.save_team(
        community=town.a1,
        name="红马甲",
        kind="residents",
        members=12,
        founded_on=START,
        acting_user=town.secretary,
    )


def act(town, team, **changes):
    values = {
        "team": team,
        "held_on": DAY,
        "kind": "cleaning",
        "title": "清理楼道",
        "participants": 10,
        "hours": Decimal(20),
        "firm_hours": Decimal(6),
        "compound": Compound.objects.get(code="XP1"),
        "acting_user": town.secretary,
        **changes,
    }
    return volunteers.record_activity(**values)


def hours_of(town, project):
    found = evidence(
        REGISTRY["volunteer_hours"],
        project.pk,
        {
            "district": town.district.pk,
            "start": dt.date(2026, 10, 1),
            "end": dt.date(2026, 12, 31),
            "cutoff": NOW + dt.timedelta(days=1),
        },
    )
    return [one.numerator for one in found]


def test_only_the_firms_own_hours_count_for_the_project_that_served(town, team):
    done = act(town, team)
    assert done.project == town.qingchuan
    assert hours_of(town, town.qingchuan) == [Decimal("6.0")]
    assert hours_of(town, town.tanli) == []
    volunteers.withdraw_activity(activity=done, reason="重复登记", acting_user=town.secretary)
    assert hours_of(town, town.qingchuan) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"firm_hours": Decimal(21)}, "firm_hours"),
        ({"hours": Decimal(161)}, "hours"),
        ({"held_on": dt.date(2026, 10, 22)}, "held_on"),
        ({"held_on": dt.date(2019, 12, 31)}, "held_on"),
        ({"compound": None}, "compound"),
        ({"title": "张三13712345678参加"}, "title"),
        ({"title": " "}, "title"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(town, team, changes, field):
    with pytest.raises(Refused) as refused:
        act(town, team, **changes)
    assert refused.value.fields["field"] == field


def test_the_same_activity_is_recorded_once_and_by_the_secretary_only(town, team):
    act(town, team)
    with pytest.raises(Refused) as refused:
        act(town, team)
    assert refused.value.code == "twice"
    for user in (town.other_secretary, town.clerk, town.huanan_contact):
        with pytest.raises(Refused):
            act(town, team, title="另一次", acting_user=user)


def begin(town, **changes):
    values = {"community": town.a1, "sign": "甲3", "service": "care", "consent_on": DAY, **changes}
    return volunteers.begin_help(acting_user=town.secretary, **values)


def test_help_is_seen_by_its_community_alone(town):
    begin(town)
    everything = User.objects.create_superuser("root", password="x")
    others = ("other_secretary", "clerk", "other_clerk", "registrar", "huanan_contact", "jiangtan_contact")
    for user in (*(getattr(town, name) for name in others), everything):
        assert not HouseholdHelp.objects.for_user(user).exists(), user
    assert HouseholdHelp.objects.for_user(town.secretary).count() == 1


def test_the_sign_is_encrypted_and_not_in_history(town):
    row = begin(town)
    assert volunteers.sign_of(row) == "甲3"
    assert "甲3" not in row.sign_cipher
    volunteers.renew_consent(help_row=row, consent_on=DAY, acting_user=town.secretary)
    columns = [
        column.name
        for column in connection.introspection.get_table_description(
            connection.cursor(), "communities_householdhelpevent"
        )
    ]
    assert not {"sign_cipher", "service", "consent_on"} & set(columns)


def test_rows_are_erased_on_their_day_with_every_time_of_help(town, team):
    row = begin(town)
    volunteers.give_help(help_row=row, given_on=DAY, team=team, acting_user=town.secretary)
    town.district.clock = NOW + dt.timedelta(days=363)
    town.district.save(update_fields=["clock"])
    assert volunteers.erase_due_help(district=town.district) == 0
    town.district.clock = NOW + dt.timedelta(days=364)
    town.district.save(update_fields=["clock"])
    assert volunteers.erase_due_help(district=town.district) == 1
    assert volunteers.erase_due_help(district=town.district) == 0
    assert not HouseholdHelp.objects.exists()
    assert not HelpGiven.objects.exists()


def test_without_a_fresh_consent_nothing_is_noted(town):
    for day in (dt.date(2026, 10, 22), dt.date(2025, 10, 21)):
        with pytest.raises(Refused) as refused:
            begin(town, consent_on=day)
        assert refused.value.code == "consent"
    with pytest.raises(Refused):
        begin(town, sign="13712345678")


def test_the_page_of_help_is_closed_to_everybody_else_and_has_no_file(client, town):
    row = begin(town)
    for name in ("other_secretary", "clerk", "registrar", "huanan_contact"):
        client.force_login(getattr(town, name))
        assert client.get(f"/desk/help/{row.pk}/").status_code == 404, name
    client.force_login(town.secretary)
    assert client.get(reverse("desk:export", args=["help", "xlsx"])).status_code == 404


def test_the_sign_is_masked_until_it_is_opened_for_a_purpose_that_the_audit_trail_keeps(client, town):
    row = begin(town, sign="甲3-204")
    client.force_login(town.secretary)
    for page in ("/desk/help/", f"/desk/help/{row.pk}/"):
        shown = client.get(page).content.decode()
        assert (f"甲** #{row.pk}" in shown, "甲3" in shown) == (True, False), page
    assert "甲3" not in client.post("/desk/help/", {"purpose": "看"}).content.decode()
    assert not AuditLine.objects.filter(kind="opened").exists()
    assert "甲3-204" in client.post("/desk/help/", {"purpose": "安排今天送药"}).content.decode()
    line = AuditLine.objects.get(kind="opened")
    assert (line.actor, line.register, line.reason) == (
        town.secretary.pk,
        "communities_householdhelp",
        "安排今天送药",
    )
    assert [(part.lower, part.upper) for part in line.concerned] == [(row.pk, row.pk + 1)]
    assert "甲3" not in client.get("/desk/help/").content.decode()


def test_nobody_opens_more_masked_entries_within_an_hour_than_an_office_needs(client, town, settings):
    settings.OPENINGS_AN_HOUR = 2
    begin(town, sign="甲3-204")
    client.force_login(town.secretary)
    seen = [
        "甲3-204" in client.post("/desk/help/", {"purpose": "安排今天送药"}).content.decode()
        for _time in range(3)
    ]
    assert seen == [True, True, False]
    assert AuditLine.objects.filter(kind="opened").count() == 2
