"""The way to the market: fees, collection, deductions, hand-over, the end of the subsidy; rewards by list result."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from communities.models import (
    FeeCollection,
    HandOver,
    IncomeDiversion,
    ResidentFee,
    ServiceAssignment,
    ServiceContract,
)
from communities.services import market
from communities.services.market import Finding
from evaluations.models import Entitlement, SubsidyRate, SubsidyRule
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.outlooks import rule_outlook, year_outlook
from evaluations.services.rules import adopt_rule, end_rule
from evaluations.subsidies.market import counts, way_to_market
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.subsidies.conftest import Q3, publish_final
from tests.subsidies.staff import confirm, hire, rule_of
from tests.subsidies.test_amounts import table

TODAY = dt.date(2026, 10, 20)


def compute(town, period=Q3, benefit="class_subsidy"):
    return compute_entitlements(district=town.district, period=period, acting_user=None, benefits=[benefit])


def amounts(compound):
    rows = Entitlement.objects.live().filter(compound=compound).order_by("unit")
    return {row.unit: row.amount for row in rows}


def class_rule(town, rates=None, **more):
    """The sample class rule is replaced by one with these terms: by m² and class, or 1,000 yuan a compound."""
    SubsidyRule.objects.filter(benefit="class_subsidy").update(valid_to=dt.date(2026, 1, 31))
    rule = SubsidyRule.objects.create(
        district=town.district,
        benefit="class_subsidy",
        version=9,
        title="九",
        document="九号",
        fund=town.district.funds.get(code="services"),
        payee="enterprise",
        valid_from=dt.date(2026, 2, 1),
        **more,
    )
    for of_class, rate in (rates or {}).items():
        SubsidyRate.objects.create(rule=rule, compound_class=of_class, basis="m2", rate=rate)
    if not rates:
        SubsidyRate.objects.create(rule=rule, basis="compound", rate=1000)
    return adopt_rule(rule=rule, acting_user=None)


def charge(compound, fee, since=dt.date(2026, 1, 1)):
    ResidentFee.objects.create(compound=compound, agreed_fee="0.50", charged_fee=fee, valid_from=since)


def collect(compound, quarter, due, collected):
    FeeCollection.objects.create(compound=compound, quarter=quarter, due=due, collected=collected)


@pytest.mark.parametrize(
    ("fee", "collected", "ends"), [("0.30", "900", True), ("0.30", "899.99", False), ("0", "900", False)]
)
def test_the_subsidy_ends_for_a_compound_that_charges_and_collects(town, fee, collected, ends):
    class_rule(town, ends_at_collection=Decimal("0.9"))
    charge(town.first, fee)
    collect(town.first, dt.date(2026, 4, 1), 1000, collected)

    compute(town)

    assert amounts(town.first) == ({} if ends else {f"2026-0{m}": Decimal(1000) for m in (7, 8, 9)})
    assert len(amounts(town.second)) == 3


def test_only_the_quarter_before_decides_on_the_end(town):
    class_rule(town, ends_at_collection=Decimal("0.9"))
    charge(town.first, "0.30")
    collect(town.first, dt.date(2026, 1, 1), 1000, 1000)
    collect(town.first, dt.date(2026, 4, 1), 1000, 500)

    compute(town)

    assert len(amounts(town.first)) == 3


def test_months_at_most_are_counted_from_the_day_the_market_took_over(town):
    class_rule(town, decline_from="market", max_months=80)
    # the market contract of the town serves since 2020-01: August 2026 is its 80th month
    compute(town)

    assert list(amounts(town.first)) == ["2026-07", "2026-08"]


def test_the_rate_declines_from_the_day_the_market_took_over_and_not_before(town):
    class_rule(town, decline_from="market", yearly_decline=Decimal("0.1"))
    trust = ServiceContract.objects.create(
        district=town.district,
        project=town.project,
        number="T1",
        kind="trusteeship",
        signed_on=dt.date(2020, 1, 1),
        valid_from=dt.date(2020, 1, 1),
    )
    ServiceAssignment.objects.filter(compound=town.first).update(contract=trust)

    compute(town)

    assert set(amounts(town.first).values()) == {Decimal(1000)}
    assert set(amounts(town.second).values()) == {Decimal(400)}  # six full years since 2020-01-01


def test_diverted_income_is_taken_off_in_equal_parts_to_the_fen(town):
    class_rule(town, deducts_diverted=True)
    IncomeDiversion.objects.create(
        compound=town.first,
        found_on=dt.date(2026, 3, 1),
        amount="100.00",
        deduct_from=dt.date(2026, 7, 1),
        deduct_months=3,
        document="查1号",
    )

    compute(town)

    # 100.00 in three: 33.34, 33.33, 33.33
    assert list(amounts(town.first).values()) == [Decimal("966.66"), Decimal("966.67"), Decimal("966.67")]
    assert sum(Entitlement.objects.values_list("deducted", flat=True)) == Decimal("100.00")


def test_more_than_the_subsidy_is_never_deducted(town):
    class_rule(town, deducts_diverted=True)
    IncomeDiversion.objects.create(
        compound=town.first,
        found_on=dt.date(2026, 3, 1),
        amount="5000.00",
        deduct_from=dt.date(2026, 8, 1),
        deduct_months=1,
        document="查1号",
    )

    compute(town)

    assert list(amounts(town.first).values()) == [Decimal(1000), Decimal(0), Decimal(1000)]


def hand_over(town, **more):
    _welfare, _project, trust = town.serve("公益", "91420102MA4KXXXX2C")
    ServiceContract.objects.filter(pk=trust.pk).update(kind="trusteeship")
    ServiceAssignment.objects.filter(compound=town.first).update(contract=trust)
    return market.plan_hand_over(
        hand_over=HandOver(
            district=town.district,
            compound=town.first,
            contract=town.contract,
            planned_for=dt.date(2026, 10, 16),
            **more,
        ),
        acting_user=None,
    )


def refusal(act, **values):
    with pytest.raises(Refused) as found:
        act(acting_user=None, **values)
    return found.value.code


def test_a_hand_over_is_inspected_mended_inspected_and_done(town):
    row = hand_over(town)
    items = list(row.items.all())
    assert len(items) == 7
    good = {item.pk: Finding(True) for item in items}
    day = dt.date(2026, 10, 10)
    assert refusal(market.finish_hand_over, hand_over=row, handed_over_on=day)
    assert refusal(market.inspect_hand_over, hand_over=row, inspected_on=day, findings={}) == "incomplete"
    bad = {**good, items[2].pk: Finding(False)}
    assert refusal(market.inspect_hand_over, hand_over=row, inspected_on=day, findings=bad) == "no-note"
    bad[items[2].pk] = Finding(False, "消防栓无水")
    row = market.inspect_hand_over(hand_over=row, inspected_on=day, findings=bad, acting_user=None)
    assert row.state == "to_mend"
    assert refusal(market.finish_hand_over, hand_over=row, handed_over_on=day)
    row = market.inspect_hand_over(hand_over=row, inspected_on=day, findings=good, acting_user=None)
    assert row.state == "inspected"
    before = dt.date(2026, 10, 9)
    assert refusal(market.finish_hand_over, hand_over=row, handed_over_on=before) == "before-inspection"
    row = market.finish_hand_over(hand_over=row, handed_over_on=dt.date(2026, 10, 16), acting_user=None)
    spans = ServiceAssignment.objects.filter(compound=town.first).order_by("valid_from")
    assert [(one.contract.kind, one.valid_from, one.valid_to) for one in spans] == [
        ("trusteeship", dt.date(2020, 1, 1), dt.date(2026, 10, 15)),
        ("takeover", dt.date(2026, 10, 16), None),
    ]
    assert refusal(market.cancel_hand_over, hand_over=row, reason="x")


def test_only_a_compound_in_trusteeship_is_handed_over_to_a_market_contract(town):
    plan = HandOver(
        district=town.district,
        compound=town.second,
        contract=town.contract,
        planned_for=dt.date(2026, 10, 16),
    )
    assert refusal(market.plan_hand_over, hand_over=plan) == "no-trusteeship"
    row = hand_over(town)
    again = HandOver(
        district=town.district, compound=town.first, contract=town.contract, planned_for=row.planned_for
    )
    assert refusal(market.plan_hand_over, hand_over=again) == "open"


def test_the_district_sees_who_stands_on_own_feet_as_of_any_day(town):
    class_rule(town, ends_at_collection=Decimal("0.9"))
    third = town.compound("A3", "丙苑", town.cast.community, area="100", compound_class=3)
    charge(town.first, "0.30")
    collect(town.first, dt.date(2026, 4, 1), 1000, 950)
    charge(third, "0.20", since=dt.date(2026, 8, 1))
    compute(town)

    now = way_to_market(town.district, [dt.date(2026, 9, 30)])
    before = way_to_market(town.district, [dt.date(2025, 12, 31)])

    assert {place.code: place.stage for place in now} == {
        "A1": "own_feet",
        "A2": "market",
        "A3": "charging",
    }
    assert counts(before) == {"market": 3}
    assert [
        place.code for place in way_to_market(town.district, [TODAY], [town.cast.other_subdistrict.pk])
    ] == ["A2"]


# Rewards


def test_a_project_on_the_red_list_has_its_reward_once_a_quarter(town):
    rule_of(town, "reward", [("red", "project", 3000, None)])
    publish_final(town.district, "2026Q3", {town.project: Decimal(95)})
    compute(town, benefit="reward")
    assert not Entitlement.objects.exists()  # unlisted

    publish_final(town.district, "2026Q3", {town.project: Decimal(95)}, kind="correction", colour="red")
    compute(town, benefit="reward")
    compute(town, benefit="reward")

    row = Entitlement.objects.live().get()
    assert (row.unit, row.project, row.amount) == ("2026Q3", town.project, Decimal(3000))
    row.pk = None
    with pytest.raises(IntegrityError, match="entitlement_project_once"), transaction.atomic():
        row.save(force_insert=True)


def test_a_clerk_reviews_a_slice_with_a_reward_and_graduates(town, client):
    rule_of(town, "reward", [("red", "project", 3000, None)])
    rule_of(town, "graduate_month", [("", "person", 800, None)])
    publish_final(town.district, "2026Q3", {town.project: Decimal(95)}, colour="red")
    person = hire(town, 1)
    confirm(person, town.enterprise, "2026-07", "2026-08")
    batch = town.prepare("talent")
    assert sorted(batch.lines.values_list("subject_name", "amount")) == [
        ("毕业生1", 800),
        ("毕业生1", 800),
        ("甲项目", 3000),
    ]
    piece = batch.slices.get(line_count=3)
    client.force_login(town.clerks[piece.subdistrict_id])

    page = client.get(reverse("desk:slice", args=[piece.pk])).content.decode()

    assert page.count("甲项目") == 1
    assert "2026Q3" in page
    reward = batch.lines.get(amount=3000)
    client.post(reverse("desk:slice-hold", args=[piece.pk]), {"line": reward.number, "reason": "核对"})
    assert batch.lines.filter(state="held").count() == 1


# Rules


def test_a_rate_is_not_changed_within_what_is_paid_and_the_way_out_is_named(scored):
    scored.prepare()
    rule = SubsidyRule.objects.get(benefit="class_subsidy")

    with pytest.raises(Refused) as found:
        end_rule(rule=rule, last_day=dt.date(2026, 8, 10), acting_user=None)

    assert found.value.code == "paid-by-it"
    assert "2026-10-01" in str(found.value)


def test_an_outlook_compares_the_year_by_rule_by_subdistrict_and_against_the_funds(scored):
    old = SubsidyRule.objects.get(benefit="class_subsidy")
    draft = SubsidyRule.objects.create(
        district=scored.district,
        benefit="class_subsidy",
        version=2,
        title="新标准",
        document="T2",
        fund=old.fund,
        payee="enterprise",
        valid_from=dt.date(2026, 10, 1),
    )
    SubsidyRate.objects.create(rule=draft, basis="compound", rate=1000)

    before = year_outlook(district=scored.district, year=2026)
    outlook = rule_outlook(rule=draft)

    # by hand: July to September 92.5 points give 1.1, the months before have no score: 1
    first = 6 * Decimal("1223.82") + 3 * Decimal("1346.20")
    second = 6 * Decimal("1800.27") + 3 * Decimal("1980.30")
    rest = 3 * (Decimal("1346.20") + Decimal("1980.30"))
    by_rule = {one.name: (one.before, one.after) for one in outlook.rules}
    assert by_rule[str(old)] == (first + second + rest, first + second)
    assert by_rule[str(draft)] == (0, Decimal(6000))
    places = {one.name: one.difference for one in outlook.subdistricts}
    assert sorted(places.values()) == sorted([3000 - 3 * Decimal("1346.20"), 3000 - 3 * Decimal("1980.30")])
    (fund,) = [one for one in outlook.funds if one.name == str(old.fund)]
    assert (fund.before, fund.left) == (
        first + second + rest,
        Decimal(20_000_000) - first - second - 6000,
    )
    assert before.amount == first + second + rest
    assert not Entitlement.objects.exists()
    draft.refresh_from_db()
    assert draft.adopted_on is None


# The programme's compounds


def test_the_class_subsidy_of_463_and_97_compounds_is_that_calculated_by_hand(town):
    """docs/subsidies.md, table 6: classes, areas and results of a month are worked out there."""
    class_rule(town, rates={1: "0.26", 2: "0.20", 3: "0.15"})
    ServiceAssignment.objects.all().update(valid_to=dt.date(2026, 6, 30))
    _welfare, _project, trust = town.serve("公益", "91420102MA4KXXXX2C")
    ServiceContract.objects.filter(pk=trust.pk).update(kind="trusteeship")
    wanted = Decimal(0)
    serial = 0
    for _who, of_class, count, area, _rate, _one, total in table("6."):
        contract = town.contract if _who == "市场接管" else trust
        town.compounds(
            [f"Z{serial + n:04d}" for n in range(int(count))],
            town.cast.community,
            area=area,
            compound_class={"一类": 1, "二类": 2, "三类": 3}[of_class],
            contract=contract,
        )
        serial += int(count)
        wanted += Decimal(total)
    assert serial == 463 + 97

    compute(town, Period.parse("2026-07"))

    rows = Entitlement.objects.live()
    assert rows.count() == 560
    assert sum(rows.values_list("amount", flat=True)) == wanted == Decimal("550400.65")
