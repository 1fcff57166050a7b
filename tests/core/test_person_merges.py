"""The same person typed twice: proposals, merging with what hangs on the record, and namesakes told apart."""

import datetime as dt

import pytest

from enterprises.models import Enterprise, Graduate, PartyStage, Post
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.people import save_person
from redprop.core.services.person_merges import merge_persons, proposals, tell_apart

SINCE = dt.date(2020, 1, 1)


@pytest.fixture
def pair(cast):
    """张敏 typed twice, once with the number; and a third of another name."""
    made = [
        Person(district=cast.district, code=f"R{n}", name=name)
        for n, name in enumerate(("张敏", "张 敏", "李敏"))
    ]
    save_person(person=made[0], acting_user=None)
    save_person(person=made[1], acting_user=None, id_number="11010519491231002X")
    save_person(person=made[2], acting_user=None)
    return made


@pytest.fixture
def firms(cast):
    return [
        Enterprise.objects.create(
            district=cast.district,
            uscc=f"91420100MA000000{n}{n}",
            name=f"{n}物业",
            kind="market",
            registered_from=SINCE,
        )
        for n in (1, 2)
    ]


def pairs(cast):
    return [(one.first.code, one.second.code) for one in proposals(cast.district)]


def test_one_name_typed_twice_is_proposed_and_nothing_is_merged_by_itself(cast, pair):
    assert pairs(cast) == [("R0", "R1")]
    assert Person.objects.filter(merged_into=None).count() == 3


def test_merging_moves_posts_and_the_number_to_the_record_that_stays(cast, pair, firms):
    Post.objects.create(person=pair[1], enterprise=firms[0], kind="staff", valid_from=SINCE)
    Graduate.objects.create(person=pair[1], degree="master", graduated_on=dt.date(2019, 6, 30))
    assert merge_persons(kept=pair[0], gone=pair[1], acting_user=None) == 2
    kept, gone = Person.objects.get(code="R0"), Person.objects.get(code="R1")
    assert gone.merged_into == kept
    assert kept.id_number_hash
    assert not gone.id_number_hash
    assert kept.posts.count() == 1
    assert kept.graduate.degree == "master"
    assert pairs(cast) == []


def test_posts_at_two_firms_on_one_day_are_refused_and_nothing_is_written(cast, pair, firms):
    for person, firm in zip(pair, firms, strict=False):
        Post.objects.create(person=person, enterprise=firm, kind="staff", valid_from=SINCE)
    with pytest.raises(Refused) as refused:
        merge_persons(kept=pair[0], gone=pair[1], acting_user=None)
    assert refused.value.code == "contradiction"
    assert Person.objects.filter(merged_into=None).count() == 3


def test_a_contradiction_of_stages_is_not_spoken_of(cast, pair):
    for person in pair[:2]:
        PartyStage.objects.create(person=person, stage="activist", valid_from=SINCE)
    with pytest.raises(Refused) as refused:
        merge_persons(kept=pair[0], gone=pair[1], acting_user=None)
    assert "stage" not in str(refused.value).lower()
    assert "activist" not in str(refused.value)


def test_two_numbers_are_two_persons(cast, pair):
    save_person(person=pair[0], acting_user=None, id_number="110101199003070257")
    assert pairs(cast) == []
    with pytest.raises(Refused):
        merge_persons(kept=pair[0], gone=pair[1], acting_user=None)


def test_namesakes_told_apart_are_not_proposed_again(cast, pair):
    tell_apart(first=pair[1], second=pair[0], acting_user=None)
    assert pairs(cast) == []
