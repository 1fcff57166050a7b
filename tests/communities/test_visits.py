"""Home visits: no door and no person enters, counts stay within the homes visited, one round stands once."""

import datetime as dt
import threading

import pytest
from django.db import connection

from communities.models import Compound, HomeVisit, ResidentRequest, VisitItem
from communities.needs import needs_of
from communities.services.visits import Round, clean_building, raise_request, save_visit, withdraw_visit
from redprop.common.errors import Refused
from tests.town import START

DAY = dt.date(2026, 10, 20)


@pytest.fixture
def need(town):
    return VisitItem.objects.create(
        district=town.district, kind="need", code="XQ01", text="家电维修", valid_from=START
    )


def a_round(town, **changes):
    values = {
        "compound": Compound.objects.get(code="XP1"),
        "building": "3栋",
        "visited_on": DAY,
        "visitor": "community",
        "homes": 10,
        **changes,
    }
    return Round(**values)


def visit(town, user="secretary", **changes):
    return save_visit(community=town.a1, entered=a_round(town, **changes), acting_user=getattr(town, user))


@pytest.mark.parametrize("text", ["3栋", "３栋2单元", "12号楼", "A座", "5"])
def test_a_building_and_its_unit_are_kept(text):
    assert clean_building(text)


@pytest.mark.parametrize("text", ["3栋2单元501", "3-2-501", "501室", "301", "3栋王奶奶家", "3栋5楼东户", ""])
def test_a_door_or_a_name_is_refused_as_building(text):
    with pytest.raises(Refused, match="单元"):
        clean_building(text)


def test_no_more_homes_need_something_than_were_visited(town, need):
    with pytest.raises(Refused) as refused:
        visit(town, counts={need.pk: 11})
    assert refused.value.fields["field"] == f"item_{need.pk}"
    assert visit(town, counts={need.pk: 10}).counts.get().homes == 10


def test_telephone_numbers_stay_out_of_what_came_out(town):
    with pytest.raises(Refused) as refused:
        visit(town, outcome="居民电话13712345678")
    assert refused.value.code == "personal-number"


def test_a_visit_in_the_future_or_in_another_community_is_refused(town):
    with pytest.raises(Refused) as refused:
        visit(town, visited_on=dt.date(2026, 10, 22))
    assert refused.value.code == "future"
    with pytest.raises(Refused) as refused:
        visit(town, compound=Compound.objects.get(code="XP3"))
    assert refused.value.code == "other-compound"


def test_the_firm_records_its_own_staff_only(town):
    found = visit(town, "huanan_contact", visitor="staff")
    assert found.project == town.qingchuan
    for user, visitor in (
        ("huanan_contact", "party"),
        ("jiangtan_contact", "staff"),
        ("other_secretary", "party"),
    ):
        with pytest.raises(Refused):
            visit(town, user, visitor=visitor, building="4栋")


def test_a_withdrawn_round_leaves_every_count_and_may_be_entered_again(town, need):
    first = visit(town, counts={need.pk: 4})
    with pytest.raises(Refused) as refused:
        visit(town)
    assert refused.value.code == "twice"
    withdraw_visit(visit=first, reason="录错楼栋", acting_user=town.secretary)
    assert needs_of(HomeVisit.objects.all()) == []
    visit(town, counts={need.pk: 5})
    assert [(one.homes, one.percent) for one in needs_of(HomeVisit.objects.all())] == [(5, "50.0")]


def test_a_request_of_a_visit_enters_the_ledger_with_its_source(town):
    found = visit(town)
    request = raise_request(visit=found, category="repair", text="楼道灯不亮", acting_user=town.secretary)
    assert (request.source, request.received_on, request.compound) == ("visit", DAY, found.compound)
    assert list(found.requests.all()) == [request]
    with pytest.raises(Refused):
        raise_request(visit=found, category="repair", text="楼道灯不亮", acting_user=town.huanan_contact)
    assert ResidentRequest.objects.count() == 1


def test_each_sees_the_visits_of_the_own_area(town):
    visit(town)
    visit(town, visitor="staff")
    seen = {
        name: HomeVisit.objects.for_user(getattr(town, name)).count()
        for name in (
            "secretary",
            "other_secretary",
            "clerk",
            "other_clerk",
            "registrar",
            "huanan_contact",
            "jiangtan_contact",
        )
    }
    assert seen == {
        "secretary": 2,
        "other_secretary": 0,
        "clerk": 2,
        "other_clerk": 0,
        "registrar": 2,
        "huanan_contact": 1,
        "jiangtan_contact": 0,
    }


@pytest.mark.django_db(transaction=True)
def test_two_phones_record_one_round(town):
    start, answers = threading.Barrier(2), []

    def record():
        try:
            start.wait()
            answers.append(visit(town).pk)
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=record) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert HomeVisit.objects.count() == 1
    assert "twice" in answers
