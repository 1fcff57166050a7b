"""Computing what is owed, from the registers and the final results. Nobody fills in a claim form.

Computing again gives the same rows. What changed is voided and replaced while nobody approved it,
held when it is approved, and adjusted by a numbered row when it was exported or paid.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from evaluations.models import Entitlement, PaymentLine, SubsidyBatch, SubsidyRate, SubsidyRule
from evaluations.models.subsidies.batches import BEFORE_APPROVAL
from evaluations.models.subsidies.lines import LIVE_STATES, LineState
from evaluations.services.lines import drop_lines, hold_lines
from evaluations.subsidies import facts
from evaluations.subsidies.amounts import Terms, amount_of, factor_for, part_of, share_after_decline
from evaluations.subsidies.rules import in_force, terms_of
from evaluations.subsidies.scores import FinalScore, final_scores
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular import bulk

Benefit = SubsidyRule.Benefit
Basis = SubsidyRate.Basis


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

    Takes the district's money lock.
    """
    lock_money(district)
    wanted = set(benefits or [Benefit.CLASS_SUBSIDY, Benefit.SECRETARY])
    computed = Computed()
    with acting(acting_user, f"compute entitlements {period}"):
        if Benefit.CLASS_SUBSIDY in wanted:
            due = class_subsidies(district, period, computed.problems)
            units = [str(month) for month in period.months()]
            _bring_in_line(district, Benefit.CLASS_SUBSIDY, units, due, acting_user, computed)
        if Benefit.SECRETARY in wanted:
            due, units = secretary_allowances(district, period, computed.problems)
            _bring_in_line(district, Benefit.SECRETARY, units, due, acting_user, computed)
    return computed


def day_that_decides(month: Period) -> dt.date:
    """Return the 15th of the month."""
    return month.start.replace(day=15)


def class_subsidies(district: District, period: Period, problems: list[str]) -> list[Entitlement]:
    """Return the class subsidy of every served old compound and month, not saved (few queries, whatever the size)."""
    rules = terms_of(SubsidyRule.objects.filter(district=district, benefit=Benefit.CLASS_SUBSIDY).adopted())
    months = {day_that_decides(month): month for month in period.months()}
    by_quarter = {
        quarter: final_scores(district, quarter)
        for quarter in {Period.of(PeriodKind.QUARTER, day) for day in months}
    }
    now = business_now(district)
    found = []
    for one in facts.served_old_compounds(district, list(months)):
        terms = in_force(rules, one.day)
        if terms is None:
            continue
        score = by_quarter[Period.of(PeriodKind.QUARTER, one.day)].get(one.project_id)
        row = _class_subsidy(one, months[one.day], terms, score, problems)
        if row is not None:
            row.district, row.recorded_at = district, now
            found.append(row)
    return found


def _class_subsidy(
    one: facts.ServedCompound,
    month: Period,
    terms: Terms,
    score: FinalScore | None,
    problems: list[str],
) -> Entitlement | None:
    words = {"compound": one.compound, "month": str(month), "day": one.day.isoformat()}
    found = terms.rate_for(one.compound_class)
    if found is None:
        problems.append(
            _("%(compound)s has no class with a rate on %(day)s. Enter its class, then compute again.")
            % words
        )
        return None
    basis, rate = found
    quantity = {Basis.HOUSEHOLD: one.households, Basis.AREA: one.floor_area}.get(basis, 1)
    if quantity is None:
        field_name = _("households") if basis == Basis.HOUSEHOLD else _("floor area (m²)")
        problems.append(
            _("%(compound)s: “%(field)s” is empty, but the subsidy of %(month)s is paid by it. Enter it.")
            % {**words, "field": field_name}
        )
        return None
    share = share_after_decline(terms, one.served_since, month.start)
    factor = factor_for(score.score if score else None, terms.bands)
    amount = amount_of(quantity, rate, 1, share, factor)
    inputs: dict[str, object] = {
        "rule": terms.version,
        "document": terms.document,
        "class": one.compound_class,
        "served_since": one.served_since.isoformat(),
        "score_period": score.period if score else None,
        "release": score.release if score else None,
    }
    if basis == Basis.PROJECT and one.sharers > 1:
        inputs |= {"whole": str(amount), "sharers": one.sharers, "position": one.position}
        amount = part_of(amount, one.sharers, one.position)
    return Entitlement(
        rule_id=terms.rule_id,
        benefit=Benefit.CLASS_SUBSIDY,
        unit=str(month),
        counted_on=one.day,
        compound_id=one.compound_id,
        enterprise_id=one.enterprise_id,
        project_id=one.project_id,
        subdistrict_id=one.subdistrict_id,
        basis=basis,
        quantity=Decimal(quantity),
        rate=rate,
        share=share,
        score=score.score if score else None,
        factor=factor,
        amount=amount,
        inputs=inputs,
    )


def secretary_allowances(
    district: District, period: Period, problems: list[str]
) -> tuple[list[Entitlement], list[str]]:
    """Return the yearly allowances that `period` decides, and the years it decides (few queries).

    The year goes to who is a secretary on the 15th of the rule's month: once a person, however many firms.
    """
    rules = terms_of(SubsidyRule.objects.filter(district=district, benefit=Benefit.SECRETARY).adopted())
    found, years, now = [], [], business_now(district)
    for month in period.months():
        day = day_that_decides(month)
        terms = in_force(rules, day)
        if terms is None or terms.details["reference_month"] != day.month:
            continue
        years.append(str(day.year))
        rate_found = terms.rate_for(None)
        if rate_found is None:
            problems.append(_("The rule for the secretaries' allowance has no rate. Adopt one with a rate."))
            continue
        basis, rate = rate_found
        for one in facts.secretaries(district, day):
            found.append(
                Entitlement(
                    district=district,
                    recorded_at=now,
                    rule_id=terms.rule_id,
                    benefit=Benefit.SECRETARY,
                    unit=str(day.year),
                    counted_on=day,
                    person_id=one.person_id,
                    enterprise_id=one.enterprise_id,
                    subdistrict_id=one.subdistrict_id,
                    basis=basis,
                    quantity=Decimal(1),
                    rate=rate,
                    amount=amount_of(1, rate),
                    inputs={
                        "rule": terms.version,
                        "document": terms.document,
                        "organisation": one.organisation,
                        "organisations": one.organisations,
                    },
                )
            )
    return found, years


def _key(row: Entitlement) -> tuple[int | None, int | None, str]:
    return row.compound_id, row.person_id, row.unit


def _same(one: Entitlement, other: Entitlement) -> bool:
    return (one.amount, one.rule_id, one.enterprise_id) == (other.amount, other.rule_id, other.enterprise_id)


def _bring_in_line(
    district: District,
    benefit: str,
    units: Sequence[str],
    due: Sequence[Entitlement],
    acting_user: User | None,
    computed: Computed,
) -> None:
    """Insert what is missing; void, hold or adjust what is no longer so."""
    computed.due += len(due)
    wanted = {_key(row): row for row in due}
    existing: dict[tuple[int | None, int | None, str], Entitlement] = {}
    twice = []
    for row in (
        Entitlement.objects.live()
        .filter(district=district, benefit=benefit, unit__in=units, adjusts__isnull=True)
        .annotate(
            adjusted=Exists(Entitlement.objects.filter(adjusts=OuterRef("pk"))),
            owner=Coalesce("person__merged_into", "person"),
            place=Coalesce("compound__merged_into", "compound"),
        )
        .order_by("pk")
    ):
        # Two records of one person, or of one compound, that were merged since have the time once.
        key = (row.place, row.owner, row.unit)
        if key in existing:
            twice.append(row)
        else:
            existing[key] = row
    new = [row for key, row in wanted.items() if key not in existing]
    computed.new += len(new)
    changed: list[tuple[Entitlement, Entitlement | None]] = [
        (old, wanted.get(key))
        for key, old in existing.items()
        if key not in wanted or old.adjusted or not _same(old, wanted[key])
    ]
    computed.unchanged += len(existing) - len(changed)
    changed += [(row, None) for row in twice]
    new += _correct(changed, acting_user, computed)
    name = acting_user.username if acting_user else ""
    for row in new:
        row.recorded_by = name
    bulk.insert(new)


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
