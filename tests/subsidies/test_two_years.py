"""412 hires with transfers, leavers and returns over two years, against a recomputation that shares no code with the engine.

Paid in three batches: the bank's files, line by line, must give each firm what a count by hand gives it, and
the ledger what plain addition gives.
"""

import csv
import datetime as dt
import io
import random
from collections import Counter, defaultdict
from decimal import Decimal

from django.db import connection

from enterprises.models import Graduate, InPostMonth, Post
from evaluations.models import Entitlement, Fund, FundYear, LedgerLine
from evaluations.services import batches
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.ledger import ledger_differences, trial_balance
from evaluations.subsidies.selectors import bank_content, digest_of
from redprop.common.periods import Period
from redprop.core.models import Person
from tests.subsidies.bank import RETURN, result_of
from tests.subsidies.conftest import publish_final, set_clock
from tests.subsidies.staff import rule_of

PEOPLE, MOST = 412, 18
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 12, 31)
RAISED = dt.date(2026, 5, 10)
"""800 yuan a month before, 900 from this day on: May has the new rate, because its 15th does."""
LEFT = dt.date(2025, 10, 31)
"""Some left on this day, and their firms said so only after November and December had been paid."""


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
    """Yuan by firm: walk day by day, take the 15ths, count 18 months a person. Knows only what was entered."""
    amounts, months = defaultdict(int), Counter()
    for person, stretches in people.items():
        taken = 0
        day = FIRST
        while day <= LAST:
            if day.day == 15 and (person, day.year, day.month) in said:
                for firm, first, last in stretches:
                    if first <= day and (last is None or day <= last):
                        taken += 1
                        if taken <= MOST:
                            amounts[firm.pk] += 800 if day < RAISED else 900
                            months[person, day.year, day.month] += 1
            day += dt.timedelta(days=1)
    return amounts, months


def enter(town, chance, firms):
    """Write the careers into the registers; returns person → stretches, and the months said in post."""
    persons = Person.objects.bulk_create(
        Person(district=town.district, code=f"RY{n:05d}", name=f"人{n}") for n in range(PEOPLE)
    )
    people = {person.pk: stretches for person, stretches in zip(persons, careers(chance, firms), strict=True)}
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
    said = {}
    for pk, stretches in people.items():
        for number in range(24):
            day = dt.date(2025 + number // 12, number % 12 + 1, 15)
            for firm, first, last in stretches:
                if first <= day and (last is None or day <= last) and chance.random() < 0.97:
                    said[pk, day.year, day.month] = InPostMonth(
                        person_id=pk, enterprise=firm, month=day.replace(day=1)
                    )
    InPostMonth.objects.bulk_create(said.values())
    return people, said


def leave(people, said):
    """Every fifteenth who was there at the end of October 2025 had left; returns how many months that undoes."""
    undone = 0
    for pk in list(people)[::15]:
        for place, (firm, first, last) in enumerate(people[pk]):
            if first <= LEFT and (last is None or last > LEFT):
                people[pk][place] = (firm, first, LEFT)
                Post.objects.filter(person=pk, valid_from=first).update(valid_to=LEFT)
                gone = [
                    key
                    for key, row in said.items()
                    if key[0] == pk
                    and row.month > LEFT
                    and (last is None or row.month.replace(day=15) <= last)
                ]
                InPostMonth.objects.filter(pk__in=[said.pop(key).pk for key in gone]).update(in_post=False)
                undone += sum(1 for key in gone if key[1] == 2025)
    return undone


def know_the_tables():
    """Statistics as autovacuum keeps them; in the transaction of a test nobody does."""
    connection.cursor().execute(
        "ANALYZE core_person, enterprises_graduate, enterprises_post, enterprises_inpostmonth, "
        "evaluations_entitlement, evaluations_paymentline, evaluations_ledgerline, evaluations_ledgerentry"
    )


def pay(town, quarter, day, paid, folder, *, returned=()):
    """Take the quarter's batch from preparation to settlement; adds the bank's rows to `paid`."""
    cast = town.cast
    know_the_tables()
    set_clock(town.district, day.year, day.month, day.day, 9)
    publish_final(town.district, quarter, {town.project: Decimal(92)})
    (batch,) = batches.prepare_batches(
        district=town.district,
        period=Period.parse(quarter),
        fund=Fund.objects.get(code="talent"),
        acting_user=cast.finance_maker,
    )
    know_the_tables()
    batch = batches.put_up_notice(batch=town.reviewed(batch), acting_user=cast.publisher)
    day += dt.timedelta(days=1)
    set_clock(town.district, day.year, day.month, day.day, 9)
    batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=cast.approver)
    send_back = dict.fromkeys(returned, RETURN)
    while True:
        export = batches.export_batch(batch=batch, acting_user=cast.finance_maker)
        rows = list(csv.reader(io.StringIO(bank_content(export).decode("utf-8-sig"))))[1:-1]
        for row in rows:
            if int(row[1]) not in send_back:
                paid[row[2]] += Decimal(row[6])
        file = result_of(folder, export, send_back, name=f"{quarter}-{export.version}.csv")
        batches.record_result(batch=batch, file=file, acting_user=cast.finance_maker)
        batch.refresh_from_db()
        assert sum(line["balance"] for line in trial_balance(district=town.district)) == 0
        if batch.state == "settled":
            return batch
        for order in batch.orders.filter(state="returned"):
            town.account(order.enterprise, f"4200{order.pk:012d}")
            batches.approve_retry(batch=batch, orders=[order], acting_user=cast.approver)
        send_back = {}


def test_two_years_of_412_hires_are_paid_to_the_fen_as_a_count_by_hand_says(town, tmp_path, monkeypatch):
    monkeypatch.setattr("evaluations.services.exports.roster", lambda *_lines: b"tested elsewhere")
    chance = random.Random(412)
    firms = [town.enterprise, *(town.serve(f"企业{n}", f"91420102MA4KXXX{n:02d}C")[0] for n in range(8))]
    rates = {"max_months": MOST, "version": 1, "valid_to": RAISED - dt.timedelta(days=1)}
    rule_of(town, "graduate_month", [("", "person", 800, None)], **rates)
    people, said = enter(town, chance, firms)
    # What is confirmed within a year is still paid: the second quarter of 2026 looks back to April 2025.
    late = [row for row in said.values() if row.month >= dt.date(2025, 4, 1)][::11]
    InPostMonth.objects.filter(pk__in=[row.pk for row in late]).update(in_post=False)
    paid = defaultdict(Decimal)

    first = pay(town, "2025Q4", dt.date(2026, 1, 12), paid, tmp_path)
    # What firms confirm late, and leavers whom they had confirmed, are found by the quarters after.
    InPostMonth.objects.filter(pk__in=[row.pk for row in late]).update(in_post=True)
    undone = leave(people, said)
    rule_of(town, "graduate_month", [("", "person", 900, None)], max_months=MOST, version=2, since=RAISED)
    second = pay(town, "2026Q2", dt.date(2026, 7, 13), paid, tmp_path, returned=[2, 5])
    back = Entitlement.objects.filter(adjusts__isnull=False)
    assert 0 < back.filter(lines__batch=second).distinct().count() <= undone
    FundYear.objects.create(fund=first.fund, year=2027, ceiling=0)
    pay(town, "2026Q4", dt.date(2027, 1, 11), paid, tmp_path)

    amounts, months = by_hand(people, said)
    assert {firm.uscc: Decimal(amounts[firm.pk]) for firm in firms} == dict(paid)
    assert sum(amounts.values()) > 3_000_000
    live = Entitlement.objects.live().filter(benefit="graduate_month")
    worth = defaultdict(Decimal)
    for person, unit, amount in live.values_list("person", "unit", "amount"):
        worth[person, unit] += amount
    assert {(pk, f"{year}-{month:02d}") for pk, year, month in months} == {k for k, v in worth.items() if v}
    assert set(worth.values()) == {Decimal(0), Decimal(800), Decimal(900)}  # no month doubled
    again = compute_entitlements(district=town.district, period=Period.parse("2026Q4"), acting_user=None)
    assert (again.new, again.replaced, again.voided, again.adjusted) == (0, 0, 0, 0)
    # The ledger by plain addition: all that was due was paid, nothing is left on the way.
    balance = defaultdict(Decimal)
    for account, amount in LedgerLine.objects.filter(fund=first.fund).values_list("account", "amount"):
        balance[account] += amount
    total = sum(paid.values())
    assert (balance["expense"], balance["treasury"], balance["spent"]) == (total, -total, total)
    assert [balance[one] for one in ("owed", "payable", "returned", "receivable", "committed")] == [0] * 5
    assert balance["free"] == 2 * 9_000_000 - total == -balance["ceiling"] - total
    assert ledger_differences(town.district) == []
