"""Generated rules and registers: what PostgreSQL computes is what the pure formulas of `amounts` say, to the fen."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from communities.models import Compound
from evaluations.models import Entitlement, FactorBand, SubsidyRate, SubsidyRule
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.rules import adopt_rule
from evaluations.subsidies.amounts import Terms, amount_of, factor_for, part_of, share_after_decline
from redprop.common.periods import Period
from tests.subsidies.conftest import publish_final

pytestmark = pytest.mark.django_db

BASES = ["household", "m2", "compound", "project"]
SEPTEMBER = Period.parse("2026-09")


def decimals(least, most, places):
    return st.decimals(least, most, places=places, allow_nan=False, allow_infinity=False)


RULES = st.fixed_dictionaries(
    {
        "rates": st.dictionaries(
            st.sampled_from([None, 1, 2, 3]),
            st.tuples(st.sampled_from(BASES), decimals("0.001", "99.999", 4)),
            min_size=1,
        ),
        "bands": st.dictionaries(decimals(0, 100, 2), decimals(0, 2, 4), max_size=3),
        "yearly_decline": decimals(0, "0.4", 4),
        "decline_floor": decimals(0, 1, 4),
        "decline_since": st.dates(dt.date(2016, 2, 28), dt.date(2027, 1, 1)),
        "from_service": st.booleans(),
    }
)
COMPOUNDS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3]), decimals("0.01", "99999.99", 2), st.integers(1, 3000)),
    min_size=1,
    max_size=5,
)


def adopted(town, wanted):
    """A rule with these terms from September 2026 on, and the same terms for the formulas."""
    SubsidyRule.objects.filter(benefit="class_subsidy").update(valid_to=dt.date(2026, 8, 31))
    rule = SubsidyRule.objects.create(
        district=town.district,
        benefit="class_subsidy",
        version=9,
        title="九",
        document="九号",
        fund=town.district.funds.get(code="services"),
        payee="enterprise",
        valid_from=SEPTEMBER.start,
        yearly_decline=wanted["yearly_decline"],
        decline_floor=wanted["decline_floor"],
        decline_from="service" if wanted["from_service"] else "rule",
        decline_since=wanted["decline_since"],
    )
    SubsidyRate.objects.bulk_create(
        SubsidyRate(rule=rule, compound_class=of_class, basis=basis, rate=rate)
        for of_class, (basis, rate) in wanted["rates"].items()
    )
    FactorBand.objects.bulk_create(
        FactorBand(rule=rule, score_from=begins, factor=factor) for begins, factor in wanted["bands"].items()
    )
    adopt_rule(rule=rule, acting_user=None)
    return Terms(
        rule_id=rule.pk,
        version=9,
        document="九号",
        valid_from=rule.valid_from,
        valid_to=None,
        rates=wanted["rates"],
        bands=list(wanted["bands"].items()),
        yearly_decline=wanted["yearly_decline"],
        decline_floor=wanted["decline_floor"],
        decline_from_service=wanted["from_service"],
        decline_since=wanted["decline_since"],
    )


def by_formula(terms, compounds, score):
    """Code → (share, factor, amount) by the pure functions; without a rate there is nothing."""
    found = {}
    for code, (of_class, area, households) in compounds.items():
        rate = terms.rate_for(of_class)
        if rate is None:
            continue
        quantity = {"household": households, "m2": area}.get(rate[0], 1)
        share = share_after_decline(terms, dt.date(2020, 1, 1), SEPTEMBER.start)
        factor = factor_for(score, terms.bands)
        amount = amount_of(quantity, rate[1], 1, share, factor)
        if rate[0] == "project":
            alike = [one for one in sorted(compounds) if compounds[one][0] == of_class]
            amount = part_of(amount, len(alike), alike.index(code) + 1)
        found[code] = (share, factor, amount)
    return found


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(RULES, COMPOUNDS, st.none() | decimals(0, 100, 2))
def test_sql_and_formula_agree(town, wanted, listed, score):
    with transaction.atomic():
        for one in (town.first, town.second):
            Compound.objects.filter(pk=one.pk).update(retired_on=dt.date(2026, 9, 1))
        compounds = {f"B{number}": one for number, one in enumerate(listed)}
        for code, (of_class, area, households) in compounds.items():
            town.compound(
                code, code, town.cast.community, area=area, compound_class=of_class, households=households
            )
        terms = adopted(town, wanted)
        if score is not None:
            publish_final(town.district, "2026Q3", {town.project: score})

        compute_entitlements(
            district=town.district, period=SEPTEMBER, acting_user=None, benefits=["class_subsidy"]
        )

        rows = Entitlement.objects.live().values_list("compound__code", "share", "factor", "amount")
        computed = {code: (share, factor, amount) for code, share, factor, amount in rows}
        assert computed == by_formula(terms, compounds, score)
        transaction.set_rollback(True)


def test_the_comparison_would_find_a_fen(town):
    """The formulas on their own: 7.35 × 0.30 × 0.5 = 1.1025, and a project's 10.00 in three parts."""
    assert amount_of(Decimal("7.35"), Decimal("0.30"), 1, Decimal("0.5")) == Decimal("1.10")
    assert [part_of(Decimal("10.00"), 3, place) for place in (1, 2, 3)] == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]
