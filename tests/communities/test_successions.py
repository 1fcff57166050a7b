"""Dissolved communities: the worklist, naming successors, splitting; nothing is dropped, filings stay."""

import datetime as dt

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.dissolved import WHAT_BECOMES, all_dissolved, compounds_left, suggested_day, worklist
from communities.models import Commitment, Compound, CompoundPlacement, JointMeeting
from communities.selectors import open_items, waiting_requests
from communities.services import requests
from communities.services.commitments import confirm_commitment
from communities.services.compounds import create_compound
from communities.services.successions import assign_successors
from redprop.areas.models import Community, CommunitySuccession
from redprop.areas.services.edition_writing import apply_edition
from redprop.areas.services.editions import Listed, compare_edition
from redprop.common.errors import Refused
from redprop.common.periods import Period

END = dt.date(2026, 10, 1)
DAY = dt.date(2026, 10, 21)


def close(community, on=END):
    Community.objects.filter(pk=community.pk).update(closed_on=on)
    community.refresh_from_db()
    return community


def of_day(day=DAY):
    return worklist(Community.objects.all(), day)


def placements(compound):
    rows = compound.placements.order_by("valid_from").values_list("community__code", "valid_from", "valid_to")
    return list(rows)


def test_every_foreign_key_to_a_community_says_what_becomes_of_it():
    found = {
        f"{model._meta.app_label}.{model.__name__}.{one.name}"
        for model in apps.get_models()
        if not hasattr(model, "pgh_tracked_model")
        for one in model._meta.concrete_fields
        if one.related_model is Community
    }
    assert found == set(WHAT_BECOMES)


def test_a_dissolved_community_stands_on_the_worklist_with_what_hangs_on_it(town):
    assert of_day() == []
    close(town.a1)
    (found,) = of_day()
    assert found.community == town.a1
    assert found.compounds == 2  # Qingchuanli and Jiangtanli
    assert found.postings == 1  # its secretary
    assert found.successors == []


def test_naming_a_successor_moves_the_compounds_from_a_day_and_keeps_the_past(town):
    close(town.a1)
    moved = assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert moved.compounds == 2
    compound = Compound.objects.filter(placements__community=town.a1).first()
    assert placements(compound)[-2:] == [
        (town.a1.code, placements(compound)[-2][1], dt.date(2026, 9, 30)),
        (town.a2.code, END, None),
    ]
    assert CommunitySuccession.objects.get(predecessor=town.a1).successor == town.a2
    (found,) = of_day()
    assert (found.to_move, found.postings) == (0, 1)  # the posting is left to the security administrator
    # Said twice, nothing moves twice.
    again = assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert (again.compounds, CommunitySuccession.objects.count()) == (0, 1)


def test_the_compounds_of_a_split_community_go_to_different_successors(town):
    close(town.a1)
    first, second = Compound.objects.filter(placements__community=town.a1).order_by("pk")
    assign_successors(
        communities=[town.a1], rest=town.a2, compounds={second.pk: town.b1}, day=END, acting_user=None
    )
    assert placements(first)[-1][0] == town.a2.code
    assert placements(second)[-1][0] == town.b1.code
    successors = CommunitySuccession.objects.filter(predecessor=town.a1)
    assert {row.successor for row in successors} == {town.a2, town.b1}


def test_only_some_compounds_can_move_and_the_others_stay_on_the_worklist(town):
    close(town.a1)
    first, second = Compound.objects.filter(placements__community=town.a1).order_by("pk")
    assign_successors(communities=[town.a1], compounds={first.pk: town.a2}, day=END, acting_user=None)
    (found,) = of_day()
    assert (found.compounds, found.successors) == (1, [town.a2])
    assert list(compounds_left(DAY)) == [second]


def test_filed_minutes_stay_and_open_ones_go_to_the_successor(town):
    filed = JointMeeting.objects.create(
        community=town.a1,
        month=dt.date(2026, 9, 1),
        state="accepted",
        held_on=dt.date(2026, 9, 10),
        due_on=dt.date(2026, 10, 5),
        submitted_at=dt.datetime(2026, 9, 11, tzinfo=dt.UTC),
    )
    draft = JointMeeting.objects.create(
        community=town.a1, month=dt.date(2026, 10, 1), due_on=dt.date(2026, 11, 5)
    )
    close(town.a1, dt.date(2026, 8, 15))
    assert suggested_day(town.a1) == END  # after the month that was filed last
    with pytest.raises(Refused) as refused:
        assign_successors(communities=[town.a1], rest=town.a2, day=dt.date(2026, 9, 1), acting_user=None)
    assert refused.value.code == "filed-later"
    assert of_day()[0].meetings == 1
    moved = assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    filed.refresh_from_db()
    draft.refresh_from_db()
    assert (filed.community, draft.community) == (town.a1, town.a2)
    assert (moved.meetings, moved.meetings_left) == (1, 0)


def test_an_open_month_that_the_successor_has_too_stays_and_is_counted(town):
    for community in (town.a1, town.a2):
        JointMeeting.objects.create(
            community=community, month=dt.date(2026, 10, 1), due_on=dt.date(2026, 11, 5)
        )
    close(town.a1)
    moved = assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert (moved.meetings, moved.meetings_left) == (0, 1)
    assert of_day()[0].meetings == 1


def test_open_promises_follow_the_successor(town):
    meeting = JointMeeting.objects.create(
        community=town.a1,
        month=dt.date(2026, 9, 1),
        state="accepted",
        held_on=dt.date(2026, 9, 10),
        due_on=dt.date(2026, 10, 5),
        submitted_at=dt.datetime(2026, 9, 11, tzinfo=dt.UTC),
    )
    Commitment.objects.create(
        meeting=meeting,
        project=town.qingchuan,
        problem="电梯常停",
        promise="更换主板",
        responsible_post="项目经理",
        made_on=meeting.held_on,
        first_due_on=dt.date(2026, 10, 30),
        due_on=dt.date(2026, 10, 30),
    )
    close(town.a1)
    assert of_day()[0].open_commitments == 1
    month = Period.parse("2026-11").start
    assert not open_items(town.a2, month).exists()
    assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert open_items(town.a2, month).exists()
    assert of_day()[0].open_commitments == 0


def filed_meeting(town):
    return JointMeeting.objects.create(
        community=town.a1,
        month=dt.date(2026, 9, 1),
        state="accepted",
        held_on=dt.date(2026, 9, 10),
        due_on=dt.date(2026, 10, 5),
        submitted_at=dt.datetime(2026, 9, 11, tzinfo=dt.UTC),
    )


def promised(town, meeting, problem, compound=None):
    return Commitment.objects.create(
        meeting=meeting,
        project=town.qingchuan,
        compound=compound,
        problem=problem,
        promise="更换",
        responsible_post="项目经理",
        made_on=meeting.held_on,
        first_due_on=dt.date(2026, 10, 30),
        due_on=dt.date(2026, 10, 30),
    )


def test_each_open_promise_goes_to_who_is_named_else_with_its_compound_else_to_the_rest(town):
    first, second = Compound.objects.filter(placements__community=town.a1).order_by("pk")
    meeting = filed_meeting(town)
    named = promised(town, meeting, "电梯常停", first)
    follows = promised(town, meeting, "门禁失灵", second)
    rest = promised(town, meeting, "保洁不到位")
    close(town.a1)
    moved = assign_successors(
        communities=[town.a1],
        rest=town.a2,
        compounds={second.pk: town.b1},
        commitments={named.pk: town.b1},
        day=END,
        acting_user=None,
    )
    assert moved.commitments == 3
    month = Period.parse("2026-11").start
    assert set(open_items(town.b1, month)) == {named, follows}
    assert set(open_items(town.a2, month)) == {rest}
    assert of_day()[0].open_commitments == 0
    # the secretary of a2 keeps the one of theirs and no other
    for one, may in ((rest, True), (named, False)):
        one.refresh_from_db()
        one.state = Commitment.State.ANSWERED
        one.save(update_fields=["state"])
        if may:
            confirm_commitment(commitment=one, acting_user=town.other_secretary)
        else:
            with pytest.raises(Refused) as refused:
                confirm_commitment(commitment=one, acting_user=town.other_secretary)
            assert refused.value.code == "not-secretary"
    seen = set(Commitment.objects.for_user(town.other_secretary))
    assert seen == {rest}


def test_a_promise_that_two_successors_might_keep_stays_on_the_worklist_until_one_is_named(town):
    first, second = Compound.objects.filter(placements__community=town.a1).order_by("pk")
    one = promised(town, filed_meeting(town), "保洁不到位")
    close(town.a1)
    assign_successors(
        communities=[town.a1],
        compounds={first.pk: town.a2, second.pk: town.b1},
        day=END,
        acting_user=None,
    )
    (found,) = of_day()
    assert (found.compounds, found.open_commitments) == (0, 1)
    assign_successors(communities=[town.a1], commitments={one.pk: town.b1}, day=END, acting_user=None)
    assert of_day()[0].open_commitments == 0


def test_an_open_request_follows_its_compound_unless_another_community_is_named(town):
    compound = Compound.objects.get(code="XP1")
    follows, given = (
        requests.record_request(
            compound=compound,
            source="visit",
            category="repair",
            text=text,
            received_on=dt.date(2026, 10, 20),
            acting_user=town.secretary,
        )
        for text in ("楼道灯不亮", "路面积水")
    )
    close(town.a1)
    assert of_day()[0].requests == 2
    moved = assign_successors(
        communities=[town.a1], rest=town.a2, requests={given.pk: town.b1}, day=END, acting_user=None
    )
    assert moved.requests == 1
    given.refresh_from_db()
    assert requests.community_of(follows) == town.a2
    assert requests.community_of(given) == town.b1
    assert set(waiting_requests(town.b1, DAY)) == {given}
    assert set(waiting_requests(town.a2, DAY)) == {follows}
    # dissolved in turn, it is on the worklist with what was given to it, and gives it on
    close(town.b1, dt.date(2026, 10, 20))
    (found,) = [one for one in of_day() if one.community == town.b1]
    assert (found.requests, found.given) == (1, 1)
    assign_successors(communities=[town.b1], rest=town.a2, day=dt.date(2026, 10, 20), acting_user=None)
    given.refresh_from_db()
    assert requests.community_of(given) == town.a2


def test_an_item_that_is_settled_or_elsewhere_refuses_the_whole_assignment(town):
    one = promised(town, filed_meeting(town), "保洁不到位")
    Commitment.objects.filter(pk=one.pk).update(state="excluded")
    close(town.a1)
    for more in ({"commitments": {one.pk: town.b1}}, {"requests": {987654: town.b1}}):
        with pytest.raises(Refused) as refused:
            assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None, **more)
        assert refused.value.code == "foreign-item"
    assert not CommunitySuccession.objects.exists()


def test_a_living_community_has_no_successor_and_a_dissolved_one_is_none(town):
    with pytest.raises(Refused) as refused:
        assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert refused.value.code == "not-dissolved"
    close(town.a1)
    close(town.a2)
    with pytest.raises(Refused) as refused:
        assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=None)
    assert refused.value.code == "successor-closed"
    with pytest.raises(Refused) as refused:
        assign_successors(
            communities=[town.a1], rest=town.b1, day=END - dt.timedelta(days=1), acting_user=None
        )
    assert refused.value.code == "too-early"


def test_only_who_keeps_the_registers_names_a_successor(town):
    close(town.a1)
    for user in (town.secretary, town.clerk):
        with pytest.raises(Refused) as refused:
            assign_successors(communities=[town.a1], rest=town.a2, day=END, acting_user=user)
        assert refused.value.code == "no-permission"
    assert assign_successors(
        communities=[town.a1], rest=town.a2, day=END, acting_user=town.registrar
    ).compounds


# At any date each compound is in exactly one living community or on the worklist.


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.django_db
def test_at_any_date_each_compound_is_in_one_living_community_or_on_the_worklist(cast, data):
    """Random editions and random successors, then every day around each of them."""
    from django.db import transaction

    with transaction.atomic():
        _any_history(cast, data)
        transaction.set_rollback(True)


def _any_history(cast, data):
    district = cast.district
    streets = [cast.subdistrict, cast.other_subdistrict]
    start = dt.date(2020, 1, 1)
    for number, community in enumerate([cast.community, cast.other_community] * 2):
        create_compound(
            district=district,
            code=f"XQ{number}",
            name=f"第{number}小区",
            registered_from=start,
            kind="old",
            community=community,
            acting_user=None,
        )
    days = [start]
    for year in (2021, 2022, 2023):
        as_of = dt.date(year, 6, 30)
        living = {one.code: one for one in Community.objects.filter(district=district, closed_on=None)}
        kept = data.draw(st.sets(st.sampled_from(sorted(living)), min_size=1))
        fresh = data.draw(st.integers(0, 2))
        listed = [
            Listed(
                1,
                code,
                data.draw(st.sampled_from([living[code].name, f"改{year}{code}"])),
                living[code].subdistrict_id,
            )
            for code in sorted(kept)
        ] + [
            Listed(1, f"{streets[n].code}{year % 100}{n}", f"新{year}{n}社区", streets[n].pk)
            for n in range(fresh)
        ]
        comparison = compare_edition(district=district, label=str(year), as_of=as_of, listed=listed)
        apply_edition(comparison=comparison, district=district, acting_user=None)
        days.append(as_of)
        gone = [one.community for one in worklist(Community.objects.filter(district=district), as_of)]
        alive = list(Community.objects.filter(district=district, closed_on=None).order_by("pk"))
        if gone and data.draw(st.booleans()):
            day = as_of + dt.timedelta(days=data.draw(st.integers(0, 90)))
            some = data.draw(st.lists(st.sampled_from(gone), min_size=1, unique=True))
            inside = CompoundPlacement.objects.on(day).filter(community__in=some)
            chosen = {
                pk: data.draw(st.sampled_from(alive)) for pk in inside.values_list("compound", flat=True)
            }
            rest = data.draw(st.sampled_from([None, *alive]))
            if rest or chosen:
                assign_successors(communities=some, rest=rest, compounds=chosen, day=day, acting_user=None)
            days.append(day)
    for day in {d + dt.timedelta(days=n) for d in days for n in (-1, 0, 1)} - {start - dt.timedelta(days=1)}:
        left = set(compounds_left(day).filter(district=district).values_list("pk", flat=True))
        on_list = {
            one.community.pk
            for one in all_dissolved(Community.objects.filter(district=district), day)
            if one.compounds
        }
        for compound in Compound.objects.filter(district=district):
            (placement,) = compound.placements.on(day)
            ended = placement.community.closed_on
            living_then = ended is None or ended > day
            assert living_then != (compound.pk in left), (day, compound)
            assert living_then != (placement.community_id in on_list)
