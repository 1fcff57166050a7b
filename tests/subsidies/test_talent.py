"""Graduates: the month in post, the one-off for hiring, evidence asked once, pay below the guidance."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from enterprises.models import InPostMonth, Post
from enterprises.services.in_post import InPost, confirm_month, decide_evidence, give_evidence
from evaluations.models import Entitlement
from evaluations.services import batches
from evaluations.services.entitlements import compute_entitlements
from evaluations.subsidies.missing import missing_evidence
from evaluations.subsidies.words import explain
from redprop.common.errors import Refused
from redprop.common.periods import Period
from tests.subsidies.conftest import Q3, set_clock
from tests.subsidies.staff import EVERY_MONTH, MONTHLY, confirm, employ, hire, hire_many, rule_of, show

JULY, AUGUST, SEPTEMBER = "2026-07", "2026-08", "2026-09"


def compute(town, period=Q3, *benefits):
    return compute_entitlements(
        district=town.district, period=period, acting_user=None, benefits=benefits or ["graduate_month"]
    )


def paid(**more):
    rows = Entitlement.objects.live().filter(**more).order_by("unit", "pk")
    return [(row.unit, row.enterprise.name, row.amount) for row in rows]


def test_a_confirmed_month_in_post_pays_800_to_the_firm(town):
    rule_of(town, "graduate_month", MONTHLY)
    person = hire(town, 1)
    confirm(person, town.enterprise, JULY, AUGUST)

    computed = compute(town)

    assert paid() == [(JULY, "甲物业", Decimal(800)), (AUGUST, "甲物业", Decimal(800))]
    assert (computed.due, computed.new, computed.problems) == (2, 2, [])
    again = compute(town)
    assert (again.new, again.unchanged, again.voided) == (0, 2, 0)


def test_a_month_said_not_in_post_pays_nothing(town):
    rule_of(town, "graduate_month", MONTHLY)
    person = hire(town, 1)
    confirm(person, town.enterprise, JULY)
    confirm(person, town.enterprise, AUGUST, in_post=False)

    compute(town)

    assert [unit for unit, _firm, _amount in paid()] == [JULY]


def test_412_graduates_of_a_whole_year_are_3955200(town):
    rule_of(town, "graduate_month", MONTHLY)
    hire_many(town, 412, EVERY_MONTH)

    compute(town, Period.parse("2026"))

    amounts = Entitlement.objects.live().values_list("amount", flat=True)
    assert len(amounts) == 4944
    assert sum(amounts) == Decimal("3955200.00")


def test_the_month_belongs_to_who_employs_on_the_15th(town):
    rule_of(town, "graduate_month", MONTHLY)
    other, _project, _contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    person = hire(town, 1, until=dt.date(2026, 8, 14))
    employ(person, other, dt.date(2026, 8, 15))
    confirm(person, town.enterprise, JULY)
    confirm(person, other, AUGUST, SEPTEMBER)

    compute(town)

    assert [(unit, firm) for unit, firm, _amount in paid()] == [
        (JULY, "甲物业"),
        (AUGUST, "乙物业"),
        (SEPTEMBER, "乙物业"),
    ]


def test_a_month_confirmed_against_the_register_of_posts_is_not_paid_and_named(town):
    rule_of(town, "graduate_month", MONTHLY)
    person = hire(town, 1, until=dt.date(2026, 8, 10))
    confirm(person, town.enterprise, JULY, AUGUST)

    computed = compute(town)

    assert [unit for unit, *_rest in paid()] == [JULY]
    assert len(computed.problems) == 1
    assert "毕业生1" in computed.problems[0]
    assert "2026-08-15" in computed.problems[0]


def test_the_database_refuses_one_person_in_two_firms_in_a_month(town):
    other, _project, _contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    person = hire(town, 1)
    confirm(person, town.enterprise, JULY)
    with pytest.raises(IntegrityError), transaction.atomic():
        confirm(person, other, JULY)


def test_most_months_are_counted_over_firms(town):
    rule_of(town, "graduate_month", MONTHLY, max_months=2)
    other, _project, _contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    person = hire(town, 1, until=dt.date(2026, 7, 31))
    employ(person, other, dt.date(2026, 8, 1))
    confirm(person, town.enterprise, "2026-06", JULY)
    confirm(person, other, AUGUST)

    compute(town)

    assert [unit for unit, *_rest in paid()] == ["2026-06", JULY]


def test_a_leavers_paid_month_is_taken_back_by_a_numbered_adjustment(scored):
    rule_of(scored, "graduate_month", MONTHLY)
    person = hire(scored, 1)
    confirm(person, scored.enterprise, JULY, AUGUST, SEPTEMBER)
    batch = scored.approved(scored.prepare("talent"))
    batches.export_batch(batch=batch, acting_user=scored.cast.finance_maker)

    Post.objects.filter(person=person).update(valid_to=dt.date(2026, 8, 31))
    InPostMonth.objects.filter(person=person, month=dt.date(2026, 9, 1)).update(in_post=False)
    compute(scored, Period.parse("2026Q4"))

    back = Entitlement.objects.get(adjusts__isnull=False)
    assert (back.unit, back.amount, back.adjustment_number) == (SEPTEMBER, Decimal(-800), 1)


def test_evidence_is_asked_before_a_month_is_paid(town):
    rule_of(town, "graduate_month", MONTHLY, requirements=[("contract", 12)])
    person = hire(town, 1)
    confirm(person, town.enterprise, JULY)
    short = show(person, town.enterprise, "contract", dt.date(2026, 1, 1), dt.date(2026, 11, 30))

    computed = compute(town)
    assert paid() == []
    assert "甲物业" in computed.problems[0]

    short.delete()
    show(person, town.enterprise, "contract", dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert compute(town).new == 1


@pytest.mark.parametrize(
    ("since", "until", "back_paid", "count"),
    [
        (dt.date(2026, 7, 1), dt.date(2026, 10, 31), False, 1),
        (dt.date(2026, 7, 1), dt.date(2026, 9, 30), False, 0),
        (dt.date(2026, 7, 1), dt.date(2026, 10, 31), True, 0),
    ],
)
def test_months_insured_count_without_back_payment(town, since, until, back_paid, count):
    rule_of(town, "graduate_month", MONTHLY, requirements=[("insurance", 4)])
    person = hire(town, 1)
    confirm(person, town.enterprise, JULY)
    show(person, town.enterprise, "insurance", since, until, back_paid=back_paid)

    assert compute(town).new == count


HIRING = [("bachelor", "person", 10000, None), ("master", "person", 20000, None)]


def test_the_first_firm_has_the_one_off_for_a_graduate_of_the_year(town):
    rule_of(town, "hiring", HIRING)
    hire(town, 1, since=dt.date(2026, 7, 1))
    hire(town, 2, since=dt.date(2026, 7, 1), degree="master")
    hire(town, 3, since=dt.date(2026, 7, 1), graduated=dt.date(2025, 6, 30))
    hire(town, 4, since=dt.date(2026, 7, 1), degree="college")

    compute(town, Q3, "hiring")

    assert [amount for _unit, _firm, amount in paid()] == [Decimal(10000), Decimal(20000)]


def test_the_one_off_is_once_in_a_life_also_after_a_return(town):
    rule_of(town, "hiring", HIRING)
    other, _project, _contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    person = hire(town, 1, since=dt.date(2025, 7, 1), until=dt.date(2026, 3, 31))
    employ(person, other, dt.date(2026, 7, 1))

    compute(town, Period.parse("2025Q4"), "hiring")
    compute(town, Q3, "hiring")

    assert paid() == [("2025", "甲物业", Decimal(10000))]
    first = Entitlement.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entitlement.objects.create(
            district=town.district,
            rule=first.rule,
            benefit="hiring",
            unit="2026",
            counted_on=dt.date(2026, 7, 1),
            person=person,
            enterprise=other,
            basis="person",
            quantity=1,
            rate=10000,
            amount=10000,
        )


def test_pay_below_the_guidance_is_named_and_does_not_stop_the_payment(town):
    rule_of(town, "graduate_month", [("bachelor", "person", 800, 3500), ("master", "person", 800, 4300)])
    low, enough, master = hire(town, 1), hire(town, 2), hire(town, 3, degree="master")
    confirm(low, town.enterprise, JULY, pay="3499.99")
    confirm(enough, town.enterprise, JULY, pay="3500")
    confirm(master, town.enterprise, JULY, pay="4299")

    computed = compute(town)

    assert computed.new == 3
    assert len(computed.problems) == 1
    assert "2" in computed.problems[0]
    assert any("3,500" in sentence for sentence in explain(Entitlement.objects.get(person=low)))


def test_one_list_of_what_is_missing_whatever_rules_want_it(town):
    rule_of(town, "graduate_month", MONTHLY, requirements=[("contract", 12)])
    rule_of(
        town,
        "hiring",
        HIRING,
        requirements=[("contract", 24), ("diploma", 1), ("insurance", 4), ("in_post", 3)],
    )
    person = hire(town, 1, since=dt.date(2026, 6, 1), graduated=dt.date(2026, 5, 31))

    (one,) = missing_evidence([town.enterprise.pk], dt.date(2026, 10, 20))

    assert one.person_id == person.pk
    assert sorted((piece.kind, piece.at_least) for piece in one.wanted) == [
        ("contract", 24),
        ("diploma", 1),
        ("insurance", 4),
    ]
    show(person, town.enterprise, "contract", dt.date(2026, 6, 1), None)
    show(person, town.enterprise, "diploma", state="submitted")
    show(person, town.enterprise, "insurance", dt.date(2026, 7, 1), dt.date(2026, 8, 31), state="refused")
    (one,) = missing_evidence([town.enterprise.pk], dt.date(2026, 10, 20))
    assert {piece.kind: (piece.waiting, piece.refused) for piece in one.wanted} == {
        "diploma": (True, ""),
        "insurance": (False, "x"),
    }


def test_a_firm_confirms_everybody_and_only_its_own(town):
    person = hire(town, 1)
    stranger = hire(town, 2, enterprise=town.serve("乙物业", "91420102MA4KXXXX1B")[0])
    month = dt.date(2026, 9, 1)

    def refused(*rows):
        with pytest.raises(Refused) as found:
            confirm_month(enterprise=town.enterprise, month=month, rows=rows, acting_user=None)
        return found.value.code

    assert refused() == "incomplete"
    assert refused(InPost(person.pk), InPost(stranger.pk)) == "not-employed"
    assert refused(InPost(person.pk, left_on=dt.date(2026, 9, 3))) == "left"
    confirm_month(enterprise=town.enterprise, month=month, rows=[InPost(person.pk)], acting_user=None)
    confirm_month(
        enterprise=town.enterprise,
        month=month,
        rows=[InPost(person.pk, in_post=False, left_on=dt.date(2026, 9, 3))],
        acting_user=None,
    )
    assert InPostMonth.objects.get().in_post is False
    confirm(person, stranger.posts.get().enterprise, "2026-09")
    with pytest.raises(Refused, match="乙物业 has confirmed this person for 2026-09") as found:
        confirm_month(enterprise=town.enterprise, month=month, rows=[InPost(person.pk)], acting_user=None)
    assert (found.value.code, InPostMonth.objects.filter(in_post=True).count()) == ("two-firms", 1)
    set_clock(town.district, 2026, 10, 14, 9)
    month = dt.date(2026, 10, 1)
    assert refused(InPost(person.pk)) == "too-early"


def test_evidence_is_decided_by_the_finance_maker_and_a_refusal_has_its_reason(town):
    person = hire(town, 1)
    row = give_evidence(
        enterprise=town.enterprise,
        person=person,
        kind="contract",
        valid_from=dt.date(2025, 7, 1),
        acting_user=None,
    )
    with pytest.raises(Refused) as found:
        give_evidence(
            enterprise=town.enterprise,
            person=person,
            kind="contract",
            valid_from=dt.date(2025, 7, 1),
            acting_user=None,
        )
    assert found.value.code == "waiting"
    for user, more, code in (
        (town.cast.approver, {"accept": True}, "not-maker"),
        (town.cast.finance_maker, {"accept": False}, "no-reason"),
    ):
        with pytest.raises(Refused) as found:
            decide_evidence(evidence=row, acting_user=user, **more)
        assert found.value.code == code
    row = decide_evidence(evidence=row, accept=False, reason="缺页", acting_user=town.cast.finance_maker)
    assert (row.state, row.reason) == ("refused", "缺页")
    with pytest.raises(Refused):
        decide_evidence(evidence=row, accept=True, acting_user=town.cast.finance_maker)
