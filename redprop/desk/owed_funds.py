"""What one of the finance staff entered and another must confirm: accounts, transfers, repayments, a year's closing."""

import datetime as dt

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from evaluations.models import ClawbackReceipt, FundTransfer, FundYear, PayeeAccount
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.funds import TransferState
from evaluations.models.subsidies.receipts import ReceiptState
from evaluations.services.payee_accounts import CONFIRMERS
from evaluations.services.steps import APPROVERS
from redprop.common.money import format_yuan
from redprop.desk.page import Desk

SHOWN = 10
WORKDAYS = 3


def funds_owed(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    """What, more, due day, address, action: for checkers and approvers, never for who entered it (four queries)."""
    roles = desk.user.roles
    found = []
    if roles & CONFIRMERS:
        found += [*_accounts(desk), *_transfers(desk), *_receipts(desk)]
    if roles & APPROVERS:
        found += _closings(desk)
    return found


def _due(desk: Desk, at: dt.datetime) -> dt.date:
    return reminder_day(localdate(at), WORKDAYS, desk.calendar)


def _accounts(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = PayeeAccount.objects.for_user(desk.user).filter(state=AccountState.PROPOSED)
    times = list(rows.exclude(proposed_by=desk.user.pk).values_list("proposed_at", flat=True))
    if not times:
        return []
    return [
        (
            _("Confirm %(count)s payee accounts") % {"count": len(times)},
            _("Compare each with the bank's paper; nothing is paid into it before."),
            _due(desk, min(times)),
            reverse("admin:evaluations_payeeaccount_confirm_all"),
            _("Check"),
        )
    ]


def _transfers(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = FundTransfer.objects.for_user(desk.user).filter(state=TransferState.PROPOSED)
    rows = rows.exclude(proposed_by=desk.user.pk).select_related("source__fund", "target__fund")
    return [
        (
            _("Confirm the transfer of %(amount)s") % {"amount": format_yuan(row.amount)},
            f"{row.source.fund} → {row.target.fund} · {row.document}",
            _due(desk, row.proposed_at),
            reverse("admin:evaluations_fundtransfer_change", args=[row.pk]),
            _("Check"),
        )
        for row in rows.order_by("pk")[:SHOWN]
    ]


def _receipts(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = ClawbackReceipt.objects.for_user(desk.user).filter(state=ReceiptState.PROPOSED)
    rows = rows.exclude(proposed_by=desk.user.pk).select_related(
        "entitlement__enterprise", "entitlement__person"
    )
    return [
        (
            _("Book the repayment of %(amount)s") % {"amount": format_yuan(row.amount)},
            _("%(payee)s · slip %(slip)s")
            % {"payee": row.entitlement.enterprise or row.entitlement.person, "slip": row.slip},
            _due(desk, row.proposed_at),
            reverse("admin:evaluations_clawbackreceipt_change", args=[row.pk]),
            _("Check"),
        )
        for row in rows.order_by("pk")[:SHOWN]
    ]


def _closings(desk: Desk) -> list[tuple[str, str, dt.date, str, str]]:
    rows = FundYear.objects.for_user(desk.user).filter(closed_on__isnull=True).select_related("fund")
    rows = rows.exclude(closing_proposed_by__in=["", desk.user.username])
    return [
        (
            _("Close the year %(year)s of %(fund)s") % {"year": row.year, "fund": row.fund},
            _("Proposed by %(name)s. What is free lapses.") % {"name": row.closing_proposed_by},
            _due(desk, row.closing_proposed_at),
            reverse("admin:evaluations_fundyear_change", args=[row.pk]),
            _("Close the year"),
        )
        for row in rows.order_by("pk")[:SHOWN]
    ]
