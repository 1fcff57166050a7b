"""Taking back what was paid wrongly: negative entitlements are set off by themselves; here they are cut into instalments."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from evaluations.models import ClawbackReceipt, Entitlement, PaymentLine
from evaluations.models.subsidies.lines import LIVE_STATES
from evaluations.services.entitlements import lock_money
from evaluations.services.steps import CHECKERS, require_post, require_reason
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.money import allocate, format_yuan

MOST = 24


@transaction.atomic
def agree_instalments(
    *, entitlement: Entitlement, months: Sequence[dt.date], reason: str, acting_user: User
) -> list[Entitlement]:
    """Replace what is to be taken back by one adjustment per month, equal to the fen; returns them.

    Each instalment enters the first batch whose quarter reaches its month. The sum stays the same, so
    that computing again finds nothing to change.
    """
    lock_money(entitlement.district)
    row = (
        Entitlement.objects.select_for_update(of=("self",)).select_related("district").get(pk=entitlement.pk)
    )
    user = require_post(acting_user, CHECKERS, row.district)
    reason = require_reason(reason)
    if row.amount >= 0 or row.adjusts_id is None or row.voided_at is not None:
        raise Refused(_("Only what is to be taken back can be cut into instalments."), code="not-a-clawback")
    if PaymentLine.objects.filter(entitlement=row, state__in=LIVE_STATES).exists():
        raise Refused(
            _("%(amount)s is in a batch already. Hold that line and have the batch returned first.")
            % {"amount": format_yuan(row.amount)},
            code="in-batch",
        )
    if ClawbackReceipt.objects.filter(entitlement=row).exclude(state="refused").exists():
        raise Refused(
            _(
                "A repayment in cash of this sum is recorded. Have it decided first; the rest can then be cut."
            ),
            code="receipt",
        )
    months = sorted({day.replace(day=15) for day in months})
    first = business_today(row.district).replace(day=1)
    if not 2 <= len(months) <= MOST or months[0] < first:
        raise Refused(
            _("Choose from 2 to %(most)s different months, none of them past.") % {"most": MOST},
            code="months",
        )
    parts = allocate(row.amount, [1] * len(months))
    number = row.adjusts.adjustments.aggregate(last=Max("adjustment_number"))["last"]  # type: ignore[union-attr]
    now = business_now(row.district)
    with acting(user, reason):
        row.voided_at, row.voided_by, row.void_reason = now, user.username, reason[:200]
        row.save(update_fields=["voided_at", "voided_by", "void_reason"])
        return [
            adjustment_like(
                row, part, number + place, day, user, {"instalment": place, "instalments": len(months)}
            )
            for place, (day, part) in enumerate(zip(months, parts, strict=True), 1)
        ]


def adjustment_like(
    row: Entitlement,
    amount: Decimal,
    number: int,
    counted_on: dt.date,
    user: User,
    more: Mapping[str, int] | None = None,
) -> Entitlement:
    """Record an adjustment of the same original as `row`, of another amount, due on `counted_on`."""
    return Entitlement.objects.create(
        district=row.district,
        recorded_at=business_now(row.district),
        recorded_by=user.username,
        rule_id=row.rule_id,
        benefit=row.benefit,
        unit=row.unit,
        counted_on=counted_on,
        compound_id=row.compound_id,
        person_id=row.person_id,
        enterprise_id=row.enterprise_id,
        project_id=row.project_id,
        subdistrict_id=row.subdistrict_id,
        basis=row.basis,
        quantity=row.quantity,
        rate=row.rate,
        months=row.months,
        share=row.share,
        score=row.score,
        factor=row.factor,
        amount=amount,
        inputs={**row.inputs, **(more or {})},
        adjusts_id=row.adjusts_id,
        adjustment_number=number,
    )
