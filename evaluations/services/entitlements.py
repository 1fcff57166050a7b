"""Computing what is owed, from the registers and the final results. Nobody fills in a claim form.

Computing again gives the same rows. What changed is voided and replaced while nobody approved it,
held when it is approved, and adjusted by a numbered row when it was exported or paid.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from evaluations.models import Entitlement, PaymentLine, SubsidyBatch, SubsidyRule
from evaluations.models.subsidies.batches import BEFORE_APPROVAL
from evaluations.models.subsidies.lines import LIVE_STATES, LineState
from evaluations.services.lines import drop_lines, hold_lines
from evaluations.subsidies import due, due_graduates
from evaluations.subsidies.due import open_table
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular import bulk

Benefit = SubsidyRule.Benefit
ALL_BENEFITS = (
    Benefit.CLASS_SUBSIDY,
    Benefit.SECRETARY,
    Benefit.REWARD,
    Benefit.GRADUATE_MONTH,
    Benefit.HIRING,
)
LOOK_BACK = 12
"""Months before the period whose months in post are computed again: late confirmations and corrections."""


@dataclass
class Computed:
    """What a computation found: counts, and sentences about what could not be computed."""

    due: int = 0
    new: int = 0
    unchanged: int = 0
    replaced: int = 0
    voided: int = 0
    held: int = 0
    adjusted: int = 0
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return the counts and problems as plain values."""
        return dict(self.__dict__)


def lock_money(district: District) -> None:
    """Let one transaction at a time compute or prepare for `district` (held until it ends)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('redprop-subsidies'), %s)", [district.pk])


@transaction.atomic
def compute_entitlements(
    *, district: District, period: Period, acting_user: User | None, benefits: Iterable[str] | None = None
) -> Computed:
    """Bring the entitlements of `period` (months or whole quarters) in line with registers, rules and final results.

    Months in post are looked at again for a year back: what was confirmed or corrected late is added or
    taken back by a numbered adjustment. Takes the district's money lock.
    """
    lock_money(district)
    computed = Computed()
    with acting(acting_user, f"compute entitlements {period}"):
        for benefit in benefits or ALL_BENEFITS:
            open_table()
            units = fill_due(district=district, benefit=Benefit(benefit), period=period)
            if units is None:
                continue
            computed.problems += problems_of(district)
            _bring_in_line(district, Benefit(benefit), units, acting_user, computed)
    return computed


def fill_due(
    *, district: District, benefit: str, period: Period, projected_from: dt.date | None = None
) -> list[str] | None:
    """Fill the table of the transaction with what is due of `benefit`; returns the units decided (None: no rule).

    With `projected_from` months in post after that day are taken from the register of posts: for outlooks only.
    """
    rules = SubsidyRule.objects.filter(district=district, benefit=benefit).adopted()
    first_rule = rules.aggregate(first=Min("valid_from"))["first"]
    if first_rule is None or first_rule > period.end:
        return None
    common = {"district": district, "benefit": benefit}
    months = list(period.months())
    if benefit == Benefit.CLASS_SUBSIDY:
        due.fill(due.CLASS_SUBSIDY, **common, **due.days_of(months))
        return [str(month) for month in months]
    if benefit == Benefit.GRADUATE_MONTH:
        first = Period.of(PeriodKind.MONTH, period.start)
        if projected_from is None:
            months = [first.shift(-back) for back in range(LOOK_BACK, 0, -1)] + months
        months = [month for month in months if month.end >= first_rule]
        due.fill(
            due_graduates.GRADUATE_MONTH,
            **common,
            **due.days_of(months),
            first_rule=first_rule.replace(day=1),
            projected_from=projected_from or dt.date.max,
        )
        return [str(month) for month in months]
    if benefit == Benefit.HIRING:
        due.fill(due_graduates.HIRING, **common, last_day=period.end)
        return []
    if benefit == Benefit.REWARD:
        quarters = sorted({Period.of(PeriodKind.QUARTER, month.start) for month in months}, key=str)
        whole = [one for one in quarters if period.start <= one.start and one.end <= period.end]
        due.fill(due.REWARD, **common, ends=[one.end for one in whole], codes=[str(one) for one in whole])
        return [str(one) for one in whole]
    years = []
    for month in months:
        day = day_that_decides(month)
        if rules.on(day).filter(reference_month=day.month).exists():
            due.fill(due.SECRETARY, **common, day=day)
            years.append(str(day.year))
    return years


def day_that_decides(month: Period) -> dt.date:
    """Return the 15th of the month."""
    return month.start.replace(day=15)


def problems_of(district: District) -> list[str]:
    """Return sentences about the rows of the table that have a problem or a remark, a way out in each (two queries)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT problem, about, unit, counted_on FROM {due.TABLE} "
            "WHERE problem IS NOT NULL AND problem <> 'missing' ORDER BY unit, about"
        )
        rows = cursor.fetchall()
        cursor.execute(
            f"""SELECT f.name, count(DISTINCT d.person_id) FILTER (WHERE d.problem = 'missing'),
                       count(DISTINCT d.person_id) FILTER (WHERE d.problem IS NULL AND d.inputs ? 'floor')
                FROM {due.TABLE} d JOIN enterprises_enterprise f ON f.id = d.enterprise_id
                WHERE d.problem = 'missing' OR d.inputs ? 'floor' GROUP BY f.name ORDER BY f.name"""
        )
        firms = cursor.fetchall()
    found = [_sentence(*row) for row in rows]
    for name, lacking, low in firms:
        if lacking:
            found.append(
                _(
                    "%(enterprise)s: evidence is missing for %(count)s persons, who are not paid yet. The list of what is missing stands on the enterprise's page."
                )
                % {"enterprise": name, "count": lacking}
            )
        if low:
            found.append(
                _(
                    "%(enterprise)s: %(count)s persons are paid less than the guidance on pay says. Check the pay confirmed."
                )
                % {"enterprise": name, "count": low}
            )
    return found


def _sentence(problem: str, about: str, unit: str, day: dt.date) -> str:
    words = {"compound": about, "person": about, "month": unit, "day": day.isoformat()}
    if problem == "no-rate":
        return (
            _("%(compound)s has no class with a rate on %(day)s. Enter its class, then compute again.")
            % words
        )
    if problem == "no-post":
        return (
            _(
                "%(person)s is confirmed in post for %(month)s, but the register of posts has no post there on %(day)s. Correct one of the two."
            )
            % words
        )
    if problem == "no-degree-rate":
        return (
            _("%(person)s: the rule has no rate for the degree recorded. Check the degree, or adopt a rate.")
            % words
        )
    field_name = _("households") if problem == "no-household" else _("floor area (m²)")
    return _("%(compound)s: “%(field)s” is empty, but the subsidy of %(month)s is paid by it. Enter it.") % {
        **words,
        "field": field_name,
    }


_KEPT = ", ".join(f"d.{name.strip()}" for name in due.COLUMNS.split(","))
_SUBJECT = "COALESCE({0}compound_id, {0}person_id, {0}project_id)"


def _bring_in_line(
    district: District, benefit: str, units: Sequence[str], acting_user: User | None, computed: Computed
) -> None:
    """Insert what is missing by one statement; void, hold or adjust what is no longer so.

    The one-off subsidy is compared by person alone: it is given once in a life, whatever the year.
    """
    of_unit = "''" if benefit == Benefit.HIRING else "{}unit"
    values = {"district": district.pk, "benefit": str(benefit), "units": list(units)}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS subsidy_standing")
        cursor.execute(
            f"""
            CREATE TEMP TABLE subsidy_standing ON COMMIT DROP AS
            SELECT e.id, e.amount, e.rule_id, e.enterprise_id,
                   COALESCE(c.merged_into_id, pe.merged_into_id, {_SUBJECT.format("e.")}) AS subject,
                   {of_unit.format("e.")} AS unit,
                   row_number() OVER (
                       PARTITION BY COALESCE(c.merged_into_id, pe.merged_into_id, {_SUBJECT.format("e.")}),
                                    {of_unit.format("e.")} ORDER BY e.id) AS nth,
                   EXISTS (SELECT 1 FROM evaluations_entitlement a WHERE a.adjusts_id = e.id) AS adjusted
            FROM evaluations_entitlement e
            LEFT JOIN communities_compound c ON c.id = e.compound_id
            LEFT JOIN core_person pe ON pe.id = e.person_id
            WHERE e.district_id = %(district)s AND e.benefit = %(benefit)s AND e.voided_at IS NULL
              AND e.adjusts_id IS NULL {"" if benefit == Benefit.HIRING else "AND e.unit = ANY(%(units)s)"}
            """,
            values,
        )
        cursor.execute(f"ANALYZE {due.TABLE} (compound_id, person_id, project_id, unit, problem)")
        cursor.execute("ANALYZE subsidy_standing")
        cursor.execute(
            f"""
            SELECT s.id, d.amount IS NOT NULL, {_KEPT}
            FROM subsidy_standing s
            LEFT JOIN {due.TABLE} d ON s.nth = 1 AND d.problem IS NULL
                 AND {_SUBJECT.format("d.")} = s.subject AND {of_unit.format("d.")} = s.unit
            WHERE d.amount IS NULL OR s.adjusted OR d.amount <> s.amount OR d.rule_id <> s.rule_id
               OR d.enterprise_id IS DISTINCT FROM s.enterprise_id
            ORDER BY s.id
            """
        )
        changed = cursor.fetchall()
        cursor.execute(f"SELECT count(*) FROM {due.TABLE} WHERE problem IS NULL")
        computed.due += cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM subsidy_standing")
        computed.unchanged += cursor.fetchone()[0] - len(changed)
    old = Entitlement.objects.in_bulk([row[0] for row in changed])
    pairs = [(old[row[0]], _as_entitlement(district, row[2:]) if row[1] else None) for row in changed]
    replaced = _correct(pairs, acting_user, computed)
    name = acting_user.username if acting_user else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO evaluations_entitlement
                (district_id, recorded_at, recorded_by, {due.COLUMNS}, months, adjustment_number, voided_by, void_reason)
            SELECT %(district)s, %(now)s, %(name)s, {_KEPT}, 1, 0, '', ''
            FROM {due.TABLE} d
            WHERE d.problem IS NULL AND NOT EXISTS (
                SELECT 1 FROM subsidy_standing s
                WHERE s.subject = {_SUBJECT.format("d.")} AND s.unit = {of_unit.format("d.")})
            ORDER BY d.counted_on, {_SUBJECT.format("d.")}
            """,
            {**values, "now": business_now(district), "name": name},
        )
        computed.new += cursor.rowcount
    for row in replaced:
        row.recorded_by = name
    bulk.insert(replaced)


def _as_entitlement(district: District, values: Sequence[Any]) -> Entitlement:
    """Return a row of the table as an entitlement that is not saved."""
    named = dict(zip((name.strip() for name in due.COLUMNS.split(",")), values, strict=True))
    if isinstance(named["inputs"], str):
        named["inputs"] = json.loads(named["inputs"])
    return Entitlement(district=district, recorded_at=business_now(district), **named)


def _correct(
    changed: Sequence[tuple[Entitlement, Entitlement | None]], acting_user: User | None, computed: Computed
) -> list[Entitlement]:
    """Return the rows to insert in place of changed ones, after voiding or holding the old."""
    if not changed:
        return []
    ids = [old.pk for old, _wanted in changed]
    paying = PaymentLine.objects.filter(entitlement__in=ids, state__in=LIVE_STATES)
    # A batch that is being approved or exported just now is waited for; then its lines are read.
    batches = SubsidyBatch.objects.filter(pk__in=paying.values("batch")).order_by("pk")
    list(batches.select_for_update(of=("self",)).values_list("pk"))
    live = {line.entitlement_id: line for line in paying.select_related("batch")}
    drops, holds, voids, rows = [], [], [], []
    to_adjust: list[tuple[Entitlement, Entitlement | None]] = []
    for old, wanted in changed:
        line = live.get(old.pk)
        if line is None or line.batch.state in BEFORE_APPROVAL:
            if line is not None:
                drops.append(line)
            voids.append(old)
            computed.replaced += wanted is not None
            computed.voided += wanted is None
            if wanted is not None:
                rows.append(wanted)
        elif line.batch.state == SubsidyBatch.State.APPROVED:
            if line.state == LineState.OPEN:
                holds.append(line)
                computed.held += 1
        else:
            to_adjust.append((old, wanted))
    reason = _("Registers or results changed since it was computed.")
    drop_lines(drops, reason=reason, acting_user=acting_user)
    hold_lines(holds, reason=reason, acting_user=acting_user)
    Entitlement.objects.filter(pk__in=[old.pk for old in voids]).update(
        voided_at=business_now(changed[0][0].district),
        voided_by=acting_user.username if acting_user else "system",
        void_reason=reason,
    )
    return rows + _adjustments(to_adjust, computed)


def _adjustments(
    changed: Sequence[tuple[Entitlement, Entitlement | None]], computed: Computed
) -> list[Entitlement]:
    """Return difference rows, by enterprise, for what was exported or paid; the rule stays that of the original."""
    given: dict[int, dict[int | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    ids = [old.pk for old, _wanted in changed]
    for old, _wanted in changed:
        given[old.pk][old.enterprise_id] += old.amount
    adjustments = Entitlement.objects.filter(adjusts__in=ids)
    for original, enterprise, amount in adjustments.live().values_list("adjusts", "enterprise", "amount"):
        given[original][enterprise] += amount
    numbers = dict(adjustments.values_list("adjusts").annotate(last=Max("adjustment_number")))
    rows = []
    for old, wanted in changed:
        source = wanted or old
        target = {wanted.enterprise_id: wanted.amount} if wanted is not None else {}
        for enterprise in sorted({*given[old.pk], *target}, key=lambda one: one or 0):
            difference = target.get(enterprise, Decimal(0)) - given[old.pk][enterprise]
            if difference == 0:
                continue
            numbers[old.pk] = numbers.get(old.pk, 0) + 1
            rows.append(
                Entitlement(
                    district=old.district,
                    recorded_at=business_now(old.district),
                    rule_id=old.rule_id,
                    benefit=old.benefit,
                    unit=old.unit,
                    counted_on=old.counted_on,
                    compound_id=old.compound_id,
                    person_id=old.person_id,
                    enterprise_id=enterprise,
                    project_id=source.project_id,
                    subdistrict_id=old.subdistrict_id,
                    basis=source.basis,
                    quantity=source.quantity,
                    rate=source.rate,
                    share=source.share,
                    score=source.score,
                    factor=source.factor,
                    deducted=source.deducted,
                    amount=difference,
                    inputs={
                        **source.inputs,
                        "given": str(given[old.pk][enterprise]),
                        "target": str(target.get(enterprise, Decimal(0))),
                    },
                    adjusts=old,
                    adjustment_number=numbers[old.pk],
                )
            )
            computed.adjusted += 1
    return rows
