"""Generated registers of people: what PostgreSQL computes is what a clerk's count over plain lists gives.

The counting (`registers`) knows neither models nor engine; each test writes the same lists into the registers.
"""

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

import pytest

from communities.models import Compound, ServiceAssignment, ServiceContract
from enterprises.models import (
    Enterprise,
    Graduate,
    HireEvidence,
    InPostMonth,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    Post,
    ServiceProject,
)
from evaluations.models import Entitlement
from evaluations.services.entitlements import compute_entitlements
from redprop.common.periods import Period
from redprop.core.models import Person
from tests.subsidies.conftest import START, publish_final
from tests.subsidies.registers import (
    DAY,
    Version,
    allowances_due,
    drawn,
    hirings_due,
    months_due,
    rewards_due,
)
from tests.subsidies.staff import rule_of

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
MONTHS = [dt.date(2025 + (5 + n) // 12, (5 + n) % 12 + 1, 1) for n in range(16)]
"""June 2025 to September 2026; the third quarter looks back to July 2025."""


@pytest.fixture
def firms(town):
    """Three enterprises: 甲 in both subdistricts, 乙 in the second, 丙 nowhere."""
    second, _project, contract = town.serve("乙物业", "91420102MA4KXXXX1B")
    town.compound("B1", "丙苑", town.cast.other_community, area="1.00", compound_class=1, contract=contract)
    return [town.enterprise, second, town.serve("丙物业", "91420102MA4KXXXX2B")[0]]


def enter(town, careers):
    """Write the careers into the registers; returns number → person, and every record's number."""
    first = [Person(district=town.district, code=f"RY{one.number:05d}", name="甲") for one in careers]
    people = dict(zip([one.number for one in careers], Person.objects.bulk_create(first), strict=True))
    doubles = {one.number: one for one in careers if one.doubled_from < 99}
    merged = Person.objects.bulk_create(
        Person(district=town.district, code=f"DB{n:05d}", name="甲", merged_into=people[n]) for n in doubles
    )
    records = {**people, **{(n, "double"): row for n, row in zip(doubles, merged, strict=True)}}

    def record(one, day):
        """The record under which the register knew the person on that day."""
        late = one.number in doubles and day >= one.posts[one.doubled_from][1]
        return records[(one.number, "double") if late else one.number]

    Graduate.objects.bulk_create(
        Graduate(
            person=people[one.number],
            degree=one.degree,
            graduated_on=one.graduated,
            is_programme_recruit=one.recruited is not None,
            recruited_on=one.recruited,
        )
        for one in careers
    )
    Post.objects.bulk_create(
        Post(person=record(one, since), enterprise=firm, kind="staff", valid_from=since, valid_to=until)
        for one in careers
        for firm, since, until in one.posts
    )
    InPostMonth.objects.bulk_create(
        InPostMonth(person=record(one, month.replace(day=15)), enterprise=firm, month=month, in_post=there)
        for one in careers
        for month, firm, there in one.months
    )
    HireEvidence.objects.bulk_create(
        HireEvidence(
            person=people[one.number],
            enterprise=firm,
            kind=kind,
            valid_from=since,
            valid_to=until,
            back_paid=late,
            state="accepted" if accepted else "refused",
            reason="" if accepted else "x",
            decided_at=dt.datetime(2026, 9, 1, tzinfo=dt.UTC),
        )
        for one in careers
        for kind, firm, since, until, late, accepted in one.shown
    )
    return people


def adopted(town, benefit, versions):
    for number, one in enumerate(versions, 1):
        rates = [(category, "person", rate, None) for category, rate in one.rates.items()]
        rule_of(
            town,
            benefit,
            rates,
            requirements=one.wants,
            since=one.since,
            valid_to=one.until,
            max_months=one.most,
            version=number,
        )


def computed(town, benefit):
    """Compute the third quarter from nothing; returns what was found and the live rows."""
    found = compute_entitlements(district=town.district, period=Q3, acting_user=None, benefits=[benefit])
    return found, Entitlement.objects.live().filter(benefit=benefit)


SPRING = dt.date(2026, 4, 20)
"""In the middle of a month: April still has the rule before, because its 15th does."""


@pytest.mark.parametrize("seed", [7, 412])
def test_months_in_post_are_what_a_clerk_counts(town, firms, seed):
    careers = drawn(random.Random(seed), 60, firms, MONTHS)
    versions = [
        Version(dt.date(2025, 7, 10), SPRING - DAY, {"": 800}, most=5),
        Version(
            SPRING, None, {"bachelor": 900, "master": 1200}, most=9, wants=[("contract", 12), ("diploma", 1)]
        ),
    ]
    people = enter(town, careers)
    adopted(town, "graduate_month", versions)

    found, rows = computed(town, "graduate_month")

    due, held = months_due(careers, versions, MONTHS[1:])
    number = {person.pk: n for n, person in people.items()}
    values = list(rows.values_list("person", "unit", "enterprise", "amount", "subdistrict"))
    assert {(number[p], unit): (firm, amount) for p, unit, firm, amount, _place in values} == {
        key: (firm.pk, amount) for key, (firm, amount) in due.items()
    }
    # 甲 serves in both subdistricts: the first reviews; 乙 in the second; 丙 nowhere: the organisation department.
    places = {
        firms[0].pk: town.cast.subdistrict.pk,
        firms[1].pk: town.cast.other_subdistrict.pk,
        firms[2].pk: None,
    }
    assert {(firm, place) for _p, _u, firm, _amount, place in values} == set(places.items())
    said = Counter(
        "post" if "register of posts" in s else "rate" if "rate" in s else "" for s in found.problems
    )
    assert (said["post"], said["rate"]) == (held["no-post"], held["no-degree-rate"])
    assert {amount for _firm, amount in due.values()} == {800, 900, 1200}
    assert min(held.values()) > 0  # the lot drew a case of each kind


@pytest.mark.parametrize("seed", [7, 412])
def test_hirings_are_what_a_clerk_counts(town, firms, seed):
    careers = drawn(random.Random(seed), 80, firms, MONTHS)
    versions = [
        Version(dt.date(2025, 1, 1), dt.date(2025, 8, 31), {"bachelor": 10000, "master": 20000}),
        Version(
            dt.date(2025, 9, 1),
            None,
            {"bachelor": 10000, "master": 20000, "doctor": 30000},
            wants=[("contract", 12), ("insurance", 4), ("in_post", 2)],
        ),
    ]
    people = enter(town, careers)
    adopted(town, "hiring", versions)

    _found, rows = computed(town, "hiring")

    due = hirings_due(careers, versions, Q3.end)
    number = {person.pk: n for n, person in people.items()}
    assert {
        number[p]: (unit, firm, amount)
        for p, unit, firm, amount in rows.values_list("person", "unit", "enterprise", "amount")
    } == {n: (unit, firm.pk, amount) for n, (unit, firm, amount) in due.items()}
    assert {amount for _unit, _firm, amount in due.values()} >= {10000, 20000}


@pytest.mark.parametrize("seed", [7, 412])
def test_rewards_are_what_a_clerk_counts(town, seed):
    chance = random.Random(seed)
    sizes = {}
    Compound.objects.filter(pk__in=[town.first.pk, town.second.pk]).update(retired_on=dt.date(2020, 2, 1))
    ServiceAssignment.objects.update(valid_to=dt.date(2020, 1, 31))
    chosen = Enterprise.objects.bulk_create(
        Enterprise(
            district=town.district,
            uscc=f"91420102MA4KXXX{n:02d}C",
            name="x",
            kind="market",
            registered_from=START,
        )
        for n in range(12)
    )
    projects = ServiceProject.objects.bulk_create(
        ServiceProject(district=town.district, enterprise=one, code=one.uscc, name="x", started_on=START)
        for one in chosen
    )
    contracts = ServiceContract.objects.bulk_create(
        ServiceContract(
            district=town.district,
            project=one,
            number=one.code,
            kind="takeover",
            signed_on=START,
            valid_from=START,
        )
        for one in projects
    )
    for contract in contracts:
        sizes[contract.project_id] = [
            (
                chance.choice([None, 80, 121, 3000]) if chance.random() < 0.3 else chance.randint(1, 900),
                None if chance.random() < 0.2 else Decimal(chance.randint(1, 9999999)) / 100,
            )
            for _one in range(chance.randint(0, 3))
        ]
    made = Compound.objects.bulk_create(
        Compound(
            district=town.district,
            code=f"C{project}-{k}",
            name="x",
            households=households,
            floor_area=area,
            registered_from=START,
        )
        for project, rows in sizes.items()
        for k, (households, area) in enumerate(rows)
    )
    serving = [contract for contract in contracts for _one in sizes[contract.project_id]]
    ServiceAssignment.objects.bulk_create(
        ServiceAssignment(contract=contract, compound=one, valid_from=START)
        for contract, one in zip(serving, made, strict=True)
    )
    rates = {"red": ("m2", Decimal("0.0335")), "watch": ("household", Decimal("1.005"))}
    rule_of(town, "reward", [(colour, basis, rate, None) for colour, (basis, rate) in rates.items()])
    listed = [("2026Q2", dict.fromkeys([one.pk for one in projects], "red"))]
    publish_final(town.district, "2026Q2", dict.fromkeys(projects, Decimal(91)), colour="red")
    for kind, colour in (
        ("final", "unlisted"),
        ("supplement", "red"),
        ("supplement", "watch"),
        ("correction", "unlisted"),
        ("correction", "red"),
    ):
        some = projects if kind == "final" else chance.sample(projects, 7 if kind == "supplement" else 3)
        publish_final(town.district, "2026Q3", dict.fromkeys(some, Decimal(91)), kind=kind, colour=colour)
        listed.append(("2026Q3", dict.fromkeys([one.pk for one in some], colour)))

    _found, rows = computed(town, "reward")

    due = rewards_due(listed, sizes, rates)
    assert {
        (project, unit): amount for project, unit, amount in rows.values_list("project", "unit", "amount")
    } == {key: amount for key, amount in due.items() if key[1] == "2026Q3"}
    assert len(rows) > 3


@pytest.mark.parametrize("seed", [7, 412])
def test_allowances_of_secretaries_are_what_a_clerk_counts(town, firms, seed):
    chance = random.Random(seed)
    day = dt.date(2026, 9, 15)  # the sample rule's month
    people = Person.objects.bulk_create(
        Person(district=town.district, code=f"S{n:03d}", name="乙") for n in range(30)
    )
    projects = ServiceProject.objects.bulk_create(
        ServiceProject(
            district=town.district, enterprise=chance.choice(firms), code=f"X{n}", name="x", started_on=START
        )
        for n in range(50)
    )
    alive, covered, posts, rows = {}, {}, [], []
    made = []
    for n in range(50):
        code = f"Z{n:03d}"
        alive[code] = (
            day + chance.choice([-900, -900, -900, 0, 1]) * DAY,
            chance.choice([None, None, day, day + DAY]),
        )
        if alive[code][1] is not None and alive[code][1] <= alive[code][0]:
            alive[code] = (alive[code][0], None)
        made.append(
            PartyOrganisation(
                district=town.district,
                code=code,
                name=code,
                form="single",
                founded_on=alive[code][0],
                dissolved_on=alive[code][1],
            )
        )
    made = PartyOrganisation.objects.bulk_create(made)
    twin = {people[20 + n].pk: people[n] for n in range(10)}  # ten records of the same ten persons
    for row in people[20:]:
        row.merged_into = twin[row.pk]
    Person.objects.bulk_update(people[20:], ["merged_into"])
    for organisation, project in zip(made, projects, strict=True):
        covered[organisation.code] = [project.enterprise_id]
        who, kind = chance.choice(people), chance.choice(["secretary", "secretary", "member"])
        since = chance.choice([START, START, START, day, day + DAY])
        until = chance.choice([None, None, None, day, day - DAY]) if since == START else None
        posts.append((twin.get(who.pk, who).pk, organisation.code, kind, since, until))
        rows.append(
            PartyPost(organisation=organisation, person=who, kind=kind, valid_from=since, valid_to=until)
        )
    PartyCoverage.objects.bulk_create(
        PartyCoverage(
            organisation=organisation, enterprise_id=project.enterprise_id, project=project, valid_from=START
        )
        for organisation, project in zip(made, projects, strict=True)
    )
    PartyPost.objects.bulk_create(rows)

    _found, paid = computed(town, "secretary")

    due = allowances_due(posts, alive, covered, day)
    assert dict(paid.values_list("person", "enterprise")) == due
    assert {(unit, amount) for unit, amount in paid.values_list("unit", "amount")} == {("2026", 800)}
    assert 6 < len(due) < 20
