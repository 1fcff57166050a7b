"""What is owed: computed from registers and final results, once, explained, and corrected by the book."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.utils import translation

from communities.models import CompoundClass, ServiceAssignment
from evaluations.models import Entitlement, PaymentLine, SubsidyRate, SubsidyRule
from evaluations.services import batches
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.rules import adopt_rule, end_rule
from evaluations.subsidies.selectors import digest_of
from evaluations.subsidies.words import explain
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.subsidies.conftest import Q3, publish_final
from tests.subsidies.test_amounts import table

pytestmark = pytest.mark.django_db


def compute(town, **options):
    return compute_entitlements(
        district=town.district, period=Q3, acting_user=town.cast.finance_maker, **options
    )


def months_of(compound):
    rows = Entitlement.objects.live().filter(compound=compound, adjusts=None).order_by("unit")
    return [str(amount) for amount in rows.values_list("amount", flat=True)]


def hand_table(case):
    row = next(row for row in table("5.") if row[0] == case)
    return row[1:4], row[4]


def reclassify(compound, day):
    former = CompoundClass.objects.get(compound=compound)
    former.valid_to = day - dt.timedelta(days=1)
    former.save()
    CompoundClass.objects.create(compound=compound, compound_class=2, valid_from=day)


def test_each_month_is_paid_by_class_area_decline_and_factor(scored):
    computed = compute(scored)
    assert (computed.new, computed.due, computed.problems) == (6, 6, [])
    by_hand, total = hand_table("无变化")
    assert months_of(scored.first) == by_hand
    assert str(sum(map(Decimal, by_hand))) == total
    assert months_of(scored.second) == ["1980.30"] * 3


@pytest.mark.parametrize("day", [15, 16])
def test_a_class_changed_in_the_period_counts_from_the_month_whose_15th_it_covers(scored, day):
    reclassify(scored.first, dt.date(2026, 8, day))
    compute(scored)
    by_hand, total = hand_table(f"8月{day}日改为二类")
    assert months_of(scored.first) == by_hand
    assert str(sum(map(Decimal, by_hand))) == total


@pytest.mark.parametrize(("day", "payees"), [(15, "甲乙乙"), (16, "甲甲乙")])
def test_a_month_belongs_to_who_serves_on_the_15th(scored, day, payees):
    _enterprise, _project, contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    former = ServiceAssignment.objects.get(compound=scored.first)
    former.valid_to = dt.date(2026, 8, day) - dt.timedelta(days=1)
    former.save()
    ServiceAssignment.objects.create(
        contract=contract, compound=scored.first, valid_from=dt.date(2026, 8, day)
    )
    compute(scored)
    found = Entitlement.objects.filter(compound=scored.first).order_by("unit").select_related("enterprise")
    assert "".join(row.enterprise.name[0] for row in found) == payees


def test_without_a_final_score_of_the_quarter_the_last_one_counts(town):
    publish_final(town.district, "2026Q1", {town.project: Decimal("85")})
    publish_final(town.district, "2026Q2", {town.project: Decimal("72")})
    publish_final(town.district, "2026Q3", {})
    compute(town)
    row = Entitlement.objects.filter(compound=town.first).first()
    assert (row.factor, row.score, row.inputs["score_period"]) == (Decimal("0.9"), Decimal("72"), "2026Q2")
    assert months_of(town.first) == ["1101.44"] * 3  # 1223.82 × 0.9 = 1101.438


def test_a_project_never_scored_has_factor_one(town):
    publish_final(town.district, "2026Q3", {})
    compute(town)
    assert months_of(town.first) == ["1223.82"] * 3


def test_a_notice_is_not_a_result(town):
    publish_final(town.district, "2026Q3", {town.project: Decimal("95")}, kind="notice")
    compute(town)
    assert Entitlement.objects.filter(compound=town.first).first().factor == 1


def test_a_correction_stands_over_the_final_list(scored):
    publish_final(scored.district, "2026Q3", {scored.project: Decimal("65")}, kind="correction")
    compute(scored)
    assert Entitlement.objects.filter(compound=scored.first).first().factor == Decimal("0.7")


def test_computing_again_changes_nothing(scored):
    compute(scored)
    before = list(Entitlement.objects.order_by("pk").values())
    again = compute(scored)
    assert (again.new, again.unchanged, again.voided, again.replaced) == (0, 6, 0, 0)
    assert list(Entitlement.objects.order_by("pk").values()) == before


def test_what_cannot_be_computed_is_said_in_a_sentence_and_not_guessed(scored):
    scored.compound("A3", "丙苑", scored.cast.community, area=None, compound_class=1)
    scored.compound("A4", "丁苑", scored.cast.community, area="100", compound_class=None)
    found = compute(scored).problems
    assert len(found) == 6
    assert any("丙苑" in p and "floor area" in p for p in found)
    assert any("丁苑" in p and "class" in p for p in found)
    assert not Entitlement.objects.filter(compound__code__in=["A3", "A4"]).exists()


def test_a_rate_per_project_is_shared_by_its_compounds(scored):
    scored.compound("A3", "丙苑", scored.cast.community, area="100", compound_class=3)
    scored.compound("A4", "丁苑", scored.cast.community, area="100", compound_class=3)
    scored.compound("A5", "戊苑", scored.cast.community, area="100", compound_class=3)
    old = SubsidyRule.objects.get(benefit="class_subsidy")
    end_rule(rule=old, last_day=dt.date(2026, 6, 30), acting_user=None)
    rule = SubsidyRule.objects.create(
        district=scored.district,
        benefit="class_subsidy",
        version=2,
        title="按项目",
        document="T2",
        fund=old.fund,
        payee="enterprise",
        valid_from=dt.date(2026, 7, 1),
    )
    SubsidyRate.objects.create(rule=rule, basis="project", rate=10000)
    adopt_rule(rule=rule, acting_user=None)
    compute(scored)
    july = Entitlement.objects.filter(unit="2026-07", compound__code__in=["A3", "A4", "A5"])
    assert sorted(str(row.amount) for row in july) == ["3333.33", "3333.33", "3333.34"]


def test_a_secretary_of_two_firms_has_800_a_year_once(scored):
    _enterprise, project, contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    scored.compound("A3", "丙苑", scored.cast.community, area="100", compound_class=3, contract=contract)
    person = scored.secretary("S1", "王书记", scored.project, project)
    computed = compute(scored, benefits=["secretary"])
    row = Entitlement.objects.get(person=person)
    assert (str(row.amount), row.unit, row.inputs["organisations"], computed.due) == ("800.00", "2026", 2, 1)
    assert compute(scored, benefits=["secretary"]).new == 0


def test_a_person_recorded_twice_and_merged_has_the_year_once(scored):
    _enterprise, project, _contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    first = scored.secretary("S1", "王书记", scored.project)
    second = scored.secretary("S2", "王书记", project)
    second.merged_into = first
    second.save()
    compute(scored, benefits=["secretary"])
    assert [row.person for row in Entitlement.objects.filter(benefit="secretary")] == [first]


def test_the_year_goes_to_who_is_secretary_on_the_15th_of_the_rules_month(scored):
    person = scored.secretary("S1", "王书记", scored.project)
    person.party_posts.update(valid_to=dt.date(2026, 9, 14))
    compute(scored, benefits=["secretary"])
    assert not Entitlement.objects.exists()
    person.party_posts.update(valid_to=dt.date(2026, 9, 15))
    compute(scored, benefits=["secretary"])
    assert Entitlement.objects.get().person == person


def test_other_quarters_do_not_decide_the_year_of_a_secretary(scored):
    scored.secretary("S1", "王书记", scored.project)
    computed = compute_entitlements(
        district=scored.district, period=Period.parse("2026Q2"), acting_user=None, benefits=["secretary"]
    )
    assert computed.due == 0


def test_the_database_refuses_a_second_entitlement_for_the_same_compound_and_month(scored):
    compute(scored)
    row = Entitlement.objects.filter(compound=scored.first).first()
    row.pk = None
    with pytest.raises(IntegrityError, match="entitlement_compound_once"), transaction.atomic():
        row.save(force_insert=True)


def test_the_database_refuses_a_second_year_for_the_same_secretary(scored):
    scored.secretary("S1", "王书记", scored.project)
    compute(scored, benefits=["secretary"])
    row = Entitlement.objects.get()
    row.pk, row.enterprise = None, None
    with pytest.raises(IntegrityError, match="entitlement_person_once"), transaction.atomic():
        row.save(force_insert=True)


def test_money_rows_are_never_edited_or_deleted(scored):
    compute(scored)
    for statement in (
        "UPDATE evaluations_entitlement SET amount = amount + 1",
        "DELETE FROM evaluations_entitlement",
        "UPDATE evaluations_entitlement SET unit = '2027-01'",
    ):
        with pytest.raises(DatabaseError, match="never"), transaction.atomic():
            connection.cursor().execute(statement)


def test_what_changed_before_approval_is_voided_and_replaced(scored):
    compute(scored)
    reclassify(scored.first, dt.date(2026, 8, 15))
    again = compute(scored)
    assert (again.replaced, again.new) == (2, 0)
    assert months_of(scored.first) == ["1346.20", "1035.54", "1035.54"]
    voided = Entitlement.objects.exclude(voided_at=None)
    assert {row.void_reason for row in voided} == {"Registers or results changed since it was computed."}
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        voided.update(voided_at=None, void_reason="")


def test_what_changed_after_approval_is_held(scored):
    batch = scored.approved(scored.prepare())
    reclassify(scored.first, dt.date(2026, 8, 15))
    assert compute(scored).held == 2
    assert batch.lines.filter(state="held").count() == 2
    with pytest.raises(Refused) as refused:
        batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    assert refused.value.code == "digest"
    batch.refresh_from_db()
    batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=scored.cast.approver)
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)
    assert compute(scored).replaced == 2
    following = scored.prepare()
    assert (following.sequence, following.line_count, str(following.total)) == (2, 2, "2071.08")


def test_what_changed_after_export_becomes_a_numbered_adjustment(scored):
    batches.export_batch(batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker)
    publish_final(scored.district, "2026Q3", {scored.project: Decimal("85")}, kind="correction")
    assert compute(scored).adjusted == 6
    assert compute(scored).adjusted == 0
    rows = Entitlement.objects.filter(adjusts__isnull=False, compound=scored.first)
    assert {(row.adjustment_number, str(row.amount)) for row in rows} == {(1, "-122.38")}  # 1223.82 − 1346.20
    publish_final(scored.district, "2026Q3", {scored.project: Decimal("92")}, kind="correction")
    compute(scored)
    second = Entitlement.objects.filter(adjustment_number=2, compound=scored.first)
    assert {str(row.amount) for row in second} == {"122.38"}
    again = second[0]
    again.pk = None
    with pytest.raises(IntegrityError, match="entitlement_adjustment_once"), transaction.atomic():
        again.save(force_insert=True)


def test_a_month_given_to_the_wrong_firm_is_taken_back_there_and_given_here(scored):
    batches.export_batch(batch=scored.approved(scored.prepare()), acting_user=scored.cast.finance_maker)
    enterprise, _project, contract = scored.serve("乙物业", "91420102MA4KXXXX1B")
    former = ServiceAssignment.objects.get(compound=scored.first)
    former.valid_to = dt.date(2026, 8, 31)
    former.save()
    ServiceAssignment.objects.create(contract=contract, compound=scored.first, valid_from=dt.date(2026, 9, 1))
    compute(scored)
    rows = Entitlement.objects.filter(adjusts__isnull=False)
    assert {(row.enterprise, str(row.amount)) for row in rows} == {
        (scored.enterprise, "-1346.20"),
        (enterprise, "1223.82"),
    }
    assert [str(b.total) for b in [scored.prepare()]] == [
        "1223.82"
    ]  # the claw-back waits for money to net it with
    assert PaymentLine.objects.filter(amount__lt=0).count() == 0


def test_the_explanation_names_quantity_rate_share_factor_and_sources(scored):
    compute(scored)
    row = Entitlement.objects.filter(compound=scored.first).order_by("unit").first()
    with translation.override("en"):
        words = explain(row)
    assert words[0] == "5,230 m² × 0.26 × 1 × 0.9 × 1.1 = ¥1,346.20"
    assert any("92.5" in sentence and "2026Q3" in sentence for sentence in words)
    assert any("示例〔2026〕1号" in sentence for sentence in words)


def test_an_adopted_rule_and_its_rates_are_frozen(town):
    rule = SubsidyRule.objects.get(benefit="class_subsidy")
    for change in (
        lambda: SubsidyRate.objects.filter(rule=rule).update(rate=9),
        lambda: SubsidyRate.objects.create(rule=rule, compound_class=None, basis="m2", rate=1),
        lambda: SubsidyRule.objects.filter(pk=rule.pk).update(yearly_decline=0),
        lambda: rule.bands.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_rule_cannot_end_inside_what_it_already_pays(scored):
    scored.prepare()
    rule = SubsidyRule.objects.get(benefit="class_subsidy")
    with pytest.raises(Refused, match="2026-09"):
        end_rule(rule=rule, last_day=dt.date(2026, 8, 31), acting_user=None)
    assert end_rule(rule=rule, last_day=dt.date(2026, 9, 30), acting_user=None).valid_to is not None


def test_a_neighbouring_district_has_nothing_to_do_with_it(scored):
    compute(scored)
    other = scored.cast.foreign["finance_maker"]
    assert not Entitlement.objects.for_user(other).exists()
    assert Entitlement.objects.for_user(scored.cast.finance_maker).count() == 6
    assert Entitlement.objects.for_user(scored.cast.subdistrict_clerk).count() == 3
