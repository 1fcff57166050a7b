"""Money after a correction: held while the corrected result goes through its notice, settled when it is published.

Not approved is voided and replaced, approved and not exported is held, exported or paid gets a numbered
difference row: what is owed is computed again by `services.entitlements`.
"""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from evaluations.models import Entitlement, EvaluationPeriod, PaymentLine, SubsidyBatch
from evaluations.models.subsidies.batches import BEFORE_APPROVAL
from evaluations.models.subsidies.lines import LIVE_STATES, LineState
from evaluations.services.entitlements import Computed, compute_entitlements
from evaluations.services.lines import hold_lines
from redprop.accounts.models import User
from redprop.common.periods import Period, PeriodKind


def payments_of(*, period: EvaluationPeriod, projects: Iterable[int]) -> dict[str, int]:
    """Return how many entitlements of the projects rest on the period's result, by what a correction does to them.

    `replaced`: not approved yet; `held`: approved, not exported; `adjusted`: exported or paid (one query).
    """
    found = {"replaced": 0, "held": 0, "adjusted": 0}
    rows = _resting_on(period, projects).prefetch_related("lines__batch")
    for row in rows:
        states = {line.batch.state for line in row.lines.all() if line.state in LIVE_STATES}
        if not states or states <= set(BEFORE_APPROVAL):
            found["replaced"] += 1
        elif SubsidyBatch.State.APPROVED in states:
            found["held"] += 1
        else:
            found["adjusted"] += 1
    return found


def hold_payments(
    *, period: EvaluationPeriod, projects: Iterable[int], reason: str, acting_user: User | None
) -> int:
    """Hold approved lines not exported yet that rest on the projects' published result; returns how many.

    The caller holds the transaction and the audit context.
    """
    lines = PaymentLine.objects.filter(
        entitlement__in=_resting_on(period, projects),
        state=LineState.OPEN,
        batch__state=SubsidyBatch.State.APPROVED,
    )
    batches = SubsidyBatch.objects.filter(pk__in=lines.values("batch")).order_by("pk")
    list(batches.select_for_update(of=("self",)).values_list("pk"))
    found = list(lines.order_by("pk"))
    hold_lines(
        found,
        reason=_("The result of %(period)s is being corrected: %(reason)s")
        % {"period": period.value.label, "reason": reason},
        acting_user=acting_user,
    )
    return len(found)


def settle_payments(*, period: EvaluationPeriod, acting_user: User | None) -> list[Computed]:
    """Compute again what rests on the published results of the quarter and of those after it; the counts by quarter.

    A later quarter without a score of its own follows the last one before it. Takes the money lock; the
    caller holds the transaction.
    """
    if period.kind != PeriodKind.QUARTER:
        return []
    district = period.district
    days = Entitlement.objects.live().filter(district=district, counted_on__gte=period.starts_on)
    quarters = sorted(
        {Period.of(PeriodKind.QUARTER, day) for day in days.values_list("counted_on", flat=True).distinct()},
        key=lambda quarter: quarter.start,
    )
    return [
        compute_entitlements(district=district, period=quarter, acting_user=acting_user)
        for quarter in quarters
    ]


def _resting_on(period: EvaluationPeriod, projects: Iterable[int]) -> QuerySet[Entitlement]:
    return (
        Entitlement.objects.live()
        .filter(
            district=period.district,
            project__in=list(projects),
            adjusts__isnull=True,
            inputs__score_period=period.code,
        )
        .order_by("pk")
    )
