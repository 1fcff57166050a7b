"""Preparing the lines of many graduates against one bare INSERT … SELECT of the same entitlements and lines.

The bare statement knows neither what stands already nor posts, requirements or the numbers of months: it copies
the confirmed months with their rate into tables that have the columns, indexes and foreign keys of the real ones.
Both are timed up to where they could be committed: keys are checked at the end of a transaction.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from enterprises.models import Enterprise, Graduate, InPostMonth, Post, ServiceProject
from evaluations.bench.databases import copied
from evaluations.models import (
    Entitlement,
    Fund,
    FundYear,
    PaymentLine,
    SubsidyBatch,
    SubsidyRate,
    SubsidyRequirement,
    SubsidyRule,
    SubsidySlice,
)
from evaluations.services.entitlements import compute_entitlements
from evaluations.services.preparation import _prepare
from evaluations.services.rules import adopt_rule
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.periods import Period
from redprop.common.tabular import bulk
from redprop.core.models import Person

QUARTER = Period.parse("2026Q3")
NAME = "redprop_bench_subsidies"

_BARE = """
    WITH owed AS (
        INSERT INTO bench_entitlement
            (id, district_id, recorded_at, recorded_by, rule_id, benefit, unit, counted_on, person_id, enterprise_id, basis,
             quantity, rate, months, share, factor, deducted, amount, inputs, adjustment_number, voided_by, void_reason)
        SELECT row_number() OVER (), %(district)s, now(), 'bench', %(rule)s, 'graduate_month',
               to_char(im.month, 'YYYY-MM'), im.month + 14, im.person_id, im.enterprise_id, 'person', 1, 800, 1, 1, 1,
               0, 800, jsonb_build_object('rule', 1, 'document', 'T', 'degree', 'bachelor', 'month', 1), 0, '', ''
        FROM enterprises_inpostmonth im WHERE im.in_post
        RETURNING id, person_id, enterprise_id, amount
    )
    INSERT INTO bench_line
        (id, batch_id, slice_id, number, entitlement_id, amount, enterprise_id, payee_code, payee_name, subject_name,
         state, state_reason, state_by{columns})
    SELECT o.id, %(batch)s, %(slice)s, row_number() OVER (ORDER BY pe.code, o.id), o.id, o.amount, o.enterprise_id, f.uscc, f.name,
           pe.name, 'open', '', ''{blanks}
    FROM owed o
    JOIN core_person pe ON pe.id = o.person_id
    JOIN enterprises_enterprise f ON f.id = o.enterprise_id
"""


def measure(rows: int, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return seconds of both ways and their ratio for `rows` lines (a third as many persons, three months each)."""
    with copied(NAME):
        district, fund, rule, user = _district(rows // 3)
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            cursor.execute("VACUUM ANALYZE")
        ours, bare = [], []
        for number in range(rounds):
            ours.append(_ours(district, fund, user, rows // 3 * 3))
            bare.append(_bare(district, fund, rule))
            say(f"Subsidies, round {number + 1}: {ours[-1]:.2f} s; bare {bare[-1]:.2f} s")
        mine, least = statistics.median(ours), statistics.median(bare)
        return {
            "lines": rows // 3 * 3,
            "prepare_s": round(mine, 3),
            "bare_s": round(least, 3),
            "ratio": round(mine / least, 2),
        }


def _district(people: int) -> tuple[District, Fund, SubsidyRule, User]:
    district = District.objects.create(
        code="990199",
        name="量区",
        is_demo=True,
        clock=dt.datetime(2026, 10, 20, 9, tzinfo=dt.UTC),
    )
    firms = Enterprise.objects.bulk_create(
        Enterprise(
            district=district,
            uscc=f"9142010299999{n:04d}X",
            name=f"企业{n}",
            kind="market",
            registered_from=dt.date(2020, 1, 1),
        )
        for n in range(200)
    )
    ServiceProject.objects.bulk_create(
        ServiceProject(
            district=district, enterprise=firm, code=f"P{n}", name=f"项目{n}", started_on=dt.date(2020, 1, 1)
        )
        for n, firm in enumerate(firms)
    )
    fund = Fund.objects.create(district=district, code="talent", name="人才")
    FundYear.objects.create(fund=fund, year=2026, ceiling=10**9)
    rule = SubsidyRule.objects.create(
        district=district,
        benefit="graduate_month",
        title="T",
        document="T",
        fund=fund,
        payee="enterprise",
        valid_from=dt.date(2026, 1, 1),
    )
    SubsidyRate.objects.create(rule=rule, basis="person", rate=800)
    SubsidyRequirement.objects.create(rule=rule, kind="in_post", at_least=3)
    adopt_rule(rule=rule, acting_user=None)
    _employ(district, firms, people)
    return district, fund, rule, User.objects.create_user("bench-maker")


def _employ(district: District, firms: list[Enterprise], count: int) -> None:
    """So many recruits since July 2025, in post in each month of the quarter."""
    since = dt.date(2025, 7, 1)
    people = [Person(district=district, code=f"B{n}", name=f"人{n}", pinyin=f"ren{n}") for n in range(count)]
    bulk.insert(people)
    owners = [(one, firms[n % len(firms)]) for n, one in enumerate(people)]
    bulk.insert(
        [
            Graduate(
                person=one,
                degree="bachelor",
                graduated_on=dt.date(2025, 6, 30),
                is_programme_recruit=True,
                recruited_on=since,
            )
            for one in people
        ]
    )
    bulk.insert([Post(person=one, enterprise=firm, kind="staff", valid_from=since) for one, firm in owners])
    for month in QUARTER.months():
        bulk.insert([InPostMonth(person=one, enterprise=firm, month=month.start) for one, firm in owners])


def _ours(district: District, fund: Fund, user: User, wanted: int) -> float:
    """Compute and prepare, then take it all back."""
    with transaction.atomic():
        began = time.monotonic()
        computed = compute_entitlements(
            district=district, period=QUARTER, acting_user=user, benefits=["graduate_month"]
        )
        batch = _prepare(fund, QUARTER, user, computed)
        _check_keys()
        seconds = time.monotonic() - began
        if batch is None or batch.line_count != wanted:
            raise AssertionError(f"{wanted} lines wanted, prepared: {batch and batch.line_count}")
        transaction.set_rollback(True)
    _clean()
    return seconds


def _bare(district: District, fund: Fund, rule: SubsidyRule) -> float:
    with transaction.atomic(), connection.cursor() as cursor:
        batch = SubsidyBatch.objects.create(district=district, fund=fund, period=str(QUARTER), number="B")
        piece = SubsidySlice.objects.create(batch=batch)
        for table, model in (("bench_entitlement", Entitlement), ("bench_line", PaymentLine)):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE {table} (LIKE {model._meta.db_table} INCLUDING ALL)")
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id DROP IDENTITY IF EXISTS")
            _add_keys(cursor, table, model._meta.db_table)
        columns, blanks = _others(cursor)
        began = time.monotonic()
        cursor.execute(
            _BARE.format(columns=columns, blanks=blanks),
            {"district": district.pk, "rule": rule.pk, "batch": batch.pk, "slice": piece.pk},
        )
        _check_keys()
        seconds = time.monotonic() - began
        transaction.set_rollback(True)
    return seconds


def _add_keys(cursor: Any, table: str, source: str) -> None:
    """Give `table` the foreign keys of `source`; LIKE leaves them out."""
    cursor.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        [source],
    )
    for (key,) in cursor.fetchall():
        of_bench = key.replace("REFERENCES evaluations_entitlement(", "REFERENCES bench_entitlement(")
        cursor.execute(f"ALTER TABLE {table} ADD {of_bench}")


def _check_keys() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _others(cursor: Any) -> tuple[str, str]:
    """Text columns of lines that may not be null and have no default, each with an empty text."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'bench_line' AND is_nullable = 'NO' "
        "AND column_default IS NULL AND data_type IN ('character varying', 'text') AND column_name NOT IN "
        "('payee_code', 'payee_name', 'subject_name', 'state', 'state_reason', 'state_by')"
    )
    names = [row[0] for row in cursor.fetchall()]
    return "".join(f", {name}" for name in names), ", ''" * len(names)


def _clean() -> None:
    """What was rolled back leaves dead rows behind."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM evaluations_entitlement, evaluations_paymentline")
