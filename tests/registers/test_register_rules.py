"""The rules of compounds and contracts, as the services refuse them. Sentences name the field and the way out."""

import datetime as dt

import pytest

from communities.models import CompoundClass, CompoundKind, ServiceAssignment
from communities.services.compounds import change_class, change_kind, place_compound
from communities.services.contracts import (
    assign_compound,
    close_market_round,
    end_assignment,
    open_market_round,
    save_contract,
)
from communities.services.rules import AssignmentRules
from enterprises.services.enterprises import save_enterprise, save_project
from redprop.areas.models import CommunityVersion
from redprop.areas.services.communities import (
    create_community,
    dissolve_community,
    record_community_version,
)
from redprop.common.errors import Refused

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 1)


def refusal(call, /, **arguments) -> Refused:
    with pytest.raises(Refused) as found:
        call(acting_user=None, **arguments)
    return found.value


def test_public_welfare_takes_over_an_old_compound_only_after_a_round_without_taker(world):
    assign = {"contract": world.welfare_contract, "compound": world.old, "valid_from": DAY}
    refused = refusal(assign_compound, **assign)
    assert refused.code == "market-first"
    assert world.old.name in str(refused)

    market_round = open_market_round(compound=world.old, opened_on=dt.date(2026, 1, 5), acting_user=None)
    assert refusal(assign_compound, **assign).code == "market-first"  # still open

    close_market_round(market_round=market_round, closed_on=DAY, acting_user=None)
    assert assign_compound(**assign, acting_user=None).pk


def test_a_round_that_closed_without_taker_after_the_assignment_does_not_count(world):
    market_round = open_market_round(compound=world.old, opened_on=DAY, acting_user=None)
    close_market_round(market_round=market_round, closed_on=dt.date(2026, 4, 1), acting_user=None)
    refused = refusal(
        assign_compound, contract=world.welfare_contract, compound=world.old, valid_from=dt.date(2026, 3, 31)
    )
    assert refused.code == "market-first"


def test_a_later_round_with_a_taker_closes_the_way_for_public_welfare(world):
    first = open_market_round(compound=world.old, opened_on=dt.date(2025, 1, 1), acting_user=None)
    close_market_round(market_round=first, closed_on=dt.date(2025, 2, 1), acting_user=None)
    second = open_market_round(compound=world.old, opened_on=dt.date(2025, 6, 1), acting_user=None)
    close_market_round(
        market_round=second, closed_on=dt.date(2025, 7, 1), taker=world.market, acting_user=None
    )
    refused = refusal(assign_compound, contract=world.welfare_contract, compound=world.old, valid_from=DAY)
    assert refused.code == "market-first"


def test_a_market_enterprise_needs_no_round(world):
    assert assign_compound(contract=world.contract, compound=world.old, valid_from=DAY, acting_user=None).pk


def test_public_welfare_may_serve_a_professional_compound_without_a_round(world):
    ServiceAssignment.objects.all().delete()
    assign_compound(
        contract=world.welfare_contract, compound=world.compound, valid_from=DAY, acting_user=None
    )


def test_a_public_welfare_enterprise_is_no_taker_of_a_market_round(world):
    market_round = open_market_round(compound=world.old, opened_on=DAY, acting_user=None)
    refused = refusal(close_market_round, market_round=market_round, closed_on=DAY, taker=world.welfare)
    assert refused.code == "round-taker"


def test_overlapping_assignments_name_the_other_contract(world):
    refused = refusal(
        assign_compound, contract=world.welfare_contract, compound=world.compound, valid_from=DAY
    )
    assert refused.code == "assignment-overlap"
    assert world.contract.number in str(refused)


def test_the_day_after_another_contract_ends_is_free(world):
    assignment = ServiceAssignment.objects.get()
    end_assignment(assignment=assignment, last_day=dt.date(2026, 2, 28), acting_user=None)
    on_the_last_day = refusal(
        assign_compound,
        contract=world.welfare_contract,
        compound=world.compound,
        valid_from=dt.date(2026, 2, 28),
    )
    assert on_the_last_day.code == "assignment-overlap"
    assign_compound(
        contract=world.welfare_contract, compound=world.compound, valid_from=DAY, acting_user=None
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (dt.date(2019, 12, 31), dt.date(2026, 1, 1)),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 2)),
    ],
)
def test_an_assignment_outside_its_contract_is_refused(world, start, end):
    world.old.registered_from = dt.date(2019, 1, 1)
    refused = refusal(
        assign_compound, contract=world.contract, compound=world.old, valid_from=start, valid_to=end
    )
    assert refused.code == "outside-contract"
    assert world.contract.number in str(refused)


def test_without_a_last_day_the_compound_is_covered_until_the_contract_ends(world):
    assert ServiceAssignment.objects.get().valid_to == world.contract.valid_to


def test_a_contract_cannot_shrink_below_the_compounds_under_it(world):
    world.contract.valid_to = dt.date(2026, 6, 30)
    assert refusal(save_contract, contract=world.contract).code == "outside-contract"


def test_a_class_that_starts_before_the_compound_is_refused(world):
    refused = refusal(change_class, compound=world.old, compound_class=1, valid_from=dt.date(2019, 12, 31))
    assert refused.code == "before-compound"
    assert "2020-01-01" in str(refused)
    assert not CompoundClass.objects.exists()


def test_only_old_compounds_have_a_class(world):
    refused = refusal(change_class, compound=world.compound, compound_class=1, valid_from=DAY)
    assert refused.code == "class-needs-old"


def test_a_new_kind_ends_the_one_before(world):
    change_kind(compound=world.old, kind="professional", valid_from=DAY, acting_user=None)
    rows = CompoundKind.objects.filter(compound=world.old).order_by("valid_from")
    assert [(row.kind, row.valid_from, row.valid_to) for row in rows] == [
        ("old", dt.date(2020, 1, 1), dt.date(2026, 2, 28)),
        ("professional", DAY, None),
    ]


def test_a_kind_cannot_start_before_one_that_is_already_recorded(world):
    change_kind(compound=world.old, kind="professional", valid_from=DAY, acting_user=None)
    refused = refusal(change_kind, compound=world.old, kind="old", valid_from=dt.date(2026, 2, 1))
    assert refused.code == "entry-later"


def test_a_community_of_another_district_is_refused(world, cast):
    community = cast.foreign["community_secretary"].postings.get().community
    refused = refusal(place_compound, compound=world.old, community=community, valid_from=DAY)
    assert refused.code == "other-district"


def test_rules_for_many_compounds_need_a_fixed_number_of_queries(world, django_assert_num_queries):
    with django_assert_num_queries(3):
        rules = AssignmentRules.load([world.compound.pk, world.old.pk])
        for compound in (world.compound, world.old):
            with pytest.raises(Refused):
                rules.check(
                    contract=world.welfare_contract,
                    compound=compound,
                    valid_from=DAY,
                    valid_to=world.welfare_contract.valid_to,
                )


def test_a_wrong_check_character_in_a_credit_code_is_refused(world):
    right = world.market.uscc
    world.market.uscc = right[:17] + ("0" if right[17] != "0" else "1")
    refused = refusal(save_enterprise, enterprise=world.market)
    assert refused.code == "uscc-check"
    assert right[17] in str(refused)


def test_a_project_never_changes_its_enterprise(world):
    world.project.enterprise = world.welfare
    assert refusal(save_project, project=world.project).code == "project-moves"


def test_a_community_keeps_its_past_names(cast):
    community = cast.community
    record_community_version(
        community=community,
        subdistrict=cast.other_subdistrict,
        code="990101002009",
        name="新名社区",
        valid_from=dt.date(2024, 1, 1),
        acting_user=None,
    )
    community.refresh_from_db()
    assert (community.name, community.subdistrict) == ("新名社区", cast.other_subdistrict)
    past = CommunityVersion.objects.on(dt.date(2023, 12, 31)).get(community=community)
    assert past.name == "甲区1社区"


def test_a_community_ends_only_with_a_successor(cast):
    on = dt.date(2026, 1, 1)
    assert refusal(dissolve_community, community=cast.community, on=on, successors=[]).code == "no-successor"
    successor = create_community(
        district=cast.district,
        subdistrict=cast.subdistrict,
        code="990101001002",
        name="承接社区",
        valid_from=on,
        acting_user=None,
    )
    ended = dissolve_community(community=cast.community, on=on, successors=[successor], acting_user=None)
    assert ended.closed_on == on
    assert ended.versions.get().valid_to == dt.date(2025, 12, 31)
    assert ended.successions.get().successor == successor
