"""412 hires with transfers, leavers and returns over two years, against a recomputation that shares no code with the engine."""

import datetime as dt
import random
from collections import Counter, defaultdict
from decimal import Decimal

from enterprises.models import Graduate, InPostMonth, Post
from evaluations.models import Entitlement
from evaluations.services.entitlements import compute_entitlements
from redprop.common.periods import Period
from redprop.core.models import Person
from tests.subsidies.staff import rule_of

PEOPLE, MOST = 412, 18
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 12, 31)
QUARTERS = [f"{year}Q{number}" for year in (2025, 2026) for number in (1, 2, 3, 4)]


def careers(chance, firms):
    """For each person stretches (firm, first, last): some stay, some leave, change or come back."""
    found = []
    for _number in range(PEOPLE):
        day = FIRST + dt.timedelta(days=chance.randint(0, 400))
        stretches = []
        while day < LAST and len(stretches) < 4:
            last = day + dt.timedelta(days=chance.choice([10, 40, 120, 400, 900]))
            stretches.append((chance.choice(firms), day, None if last > LAST else last))
            if last > LAST or chance.random() < 0.3:
                break
            day = last + dt.timedelta(days=chance.choice([1, 1, 9, 45, 90]))
        found.append(stretches)
    return found


def by_hand(people, said):
    """Amounts by firm: walk day by day, take the 15ths, count 18 months a person. Knows only what was entered."""
    amounts, months = defaultdict(int), Counter()
    for person, stretches in people.items():
        taken = 0
        day = FIRST
        while day <= LAST:
            if day.day == 15:
                for firm, first, last in stretches:
                    if (
                        first <= day
                        and (last is None or day <= last)
                        and (person, day.year, day.month) in said
                    ):
                        taken += 1
                        if taken <= MOST:
                            amounts[firm.pk] += 800
                            months[person, day.year, day.month] += 1
            day += dt.timedelta(days=1)
    return amounts, months


def test_no_month_is_doubled_and_every_firm_has_what_a_count_by_hand_gives_it(town):
    chance = random.Random(412)
    firms = [town.enterprise, *(town.serve(f"企业{n}", f"91420102MA4KXXX{n:02d}C")[0] for n in range(8))]
    rule_of(town, "graduate_month", [("", "person", 800, None)], max_months=MOST)
    people = {}
    persons = Person.objects.bulk_create(
        Person(district=town.district, code=f"RY{n:05d}", name=f"人{n}") for n in range(PEOPLE)
    )
    for person, stretches in zip(persons, careers(chance, firms), strict=True):
        people[person.pk] = stretches
    Graduate.objects.bulk_create(
        Graduate(
            person_id=pk,
            degree="bachelor",
            graduated_on=dt.date(2024, 6, 30),
            is_programme_recruit=True,
            recruited_on=stretches[0][1],
        )
        for pk, stretches in people.items()
    )
    Post.objects.bulk_create(
        Post(person_id=pk, enterprise=firm, kind="staff", valid_from=first, valid_to=last)
        for pk, stretches in people.items()
        for firm, first, last in stretches
    )
    said, rows = set(), []
    for pk, stretches in people.items():
        for year in (2025, 2026):
            for month in range(1, 13):
                day = dt.date(year, month, 15)
                firm = next(
                    (f for f, first, last in stretches if first <= day and (last is None or day <= last)),
                    None,
                )
                if firm is not None and chance.random() < 0.97:
                    rows.append(InPostMonth(person_id=pk, enterprise=firm, month=day.replace(day=1)))
                    said.add((pk, year, month))
    InPostMonth.objects.bulk_create(rows)

    late, counts = rows[::11], []
    InPostMonth.objects.filter(pk__in=[row.pk for row in late]).update(in_post=False)
    for quarter in QUARTERS[:5]:
        compute_entitlements(district=town.district, period=Period.parse(quarter), acting_user=None)
    # the confirmations that came late are found by the quarters after them
    InPostMonth.objects.filter(pk__in=[row.pk for row in late]).update(in_post=True)
    for year in ("2025", "2026", "2025", "2026"):
        computed = compute_entitlements(
            district=town.district,
            period=Period.parse(year),
            acting_user=None,
            benefits=["graduate_month"],
        )
        counts.append((computed.new, computed.replaced, computed.voided, computed.adjusted))

    amounts, months = by_hand(people, said)
    assert counts[2:] == [(0, 0, 0, 0), (0, 0, 0, 0)]
    assert max(months.values()) == 1
    live = Entitlement.objects.live().filter(benefit="graduate_month")
    units = Counter(live.values_list("person", "unit"))
    assert max(units.values()) == 1
    assert {(pk, f"{year}-{month:02d}") for pk, year, month in months} == set(units)
    paid = defaultdict(Decimal)
    for firm, amount in live.values_list("enterprise", "amount"):
        paid[firm] += amount
    assert {firm: Decimal(total) for firm, total in amounts.items()} == dict(paid)
    assert sum(amounts.values()) > 1_000_000
