"""The page of what is to be taken back and is in no batch: set off by itself, or cut into instalments."""

import datetime as dt
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext

from evaluations.admin.ledger import parse_day
from evaluations.models import ClawbackReceipt, Entitlement
from evaluations.models.subsidies.lines import LIVE_STATES
from evaluations.models.subsidies.receipts import ReceiptState
from evaluations.services.clawbacks import MOST, agree_instalments
from evaluations.services.receipts import propose_receipt
from evaluations.services.steps import CHECKERS, MAKERS
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.common.periods import Period, PeriodKind
from redprop.common.tabular.cells import CellError
from redprop.common.tabular.kinds import Money
from redprop.core.admin.base import today_of

SHOWN = 200


def consecutive_months(first: str, count: int) -> list[dt.date]:
    """Return the first days of `count` months from `first` (2026-11); raises Refused for what is no month."""
    try:
        month = Period.parse(first)
    except (Refused, ValueError):
        month = None
    if month is None or month.kind != PeriodKind.MONTH:
        raise Refused(gettext("“First month”: write a month such as 2026-11."), code="month")
    return [month.shift(place).start for place in range(max(count, 0))]


def _cut(request: HttpRequest, row: Entitlement | None) -> str:
    if row is None:
        raise Refused(gettext("Choose what is to be cut into instalments."), code="none")
    count = request.POST.get("count", "")
    months = consecutive_months(request.POST.get("first", ""), int(count) if count.isdigit() else 0)
    parts = agree_instalments(
        entitlement=row,
        months=months[: MOST + 1],
        reason=request.POST.get("reason", ""),
        acting_user=request.user,  # type: ignore[arg-type]
    )
    return gettext("%(count)s instalments, the first %(amount)s.") % {
        "count": len(parts),
        "amount": format_yuan(parts[0].amount),
    }


def _record(request: HttpRequest, row: Entitlement | None) -> str:
    if row is None:
        raise Refused(gettext("Choose what was repaid."), code="none")
    day = parse_day(request.POST.get("received_on"))
    if day is None:
        raise Refused(gettext("“Received on”: write a day such as 2026-11-20."), code="day")
    try:
        amount = Money(least=Decimal("0.01")).parse(request.POST.get("amount", ""))
    except CellError as error:
        raise Refused(
            gettext("“Amount”: %(sentence)s") % {"sentence": error}, code="amount", field="amount"
        ) from None
    receipt = propose_receipt(
        entitlement=row,
        amount=amount or Decimal(0),
        received_on=day,
        slip=request.POST.get("slip", ""),
        reason=request.POST.get("reason", ""),
        acting_user=request.user,  # type: ignore[arg-type]
    )
    return gettext("A repayment of %(amount)s is recorded. The finance checker or the approver books it.") % {
        "amount": format_yuan(receipt.amount)
    }


class ClawbackPages:
    """Adds the page to the admin of batches."""

    def get_urls(self) -> list:
        """The page before the others."""
        view = self.admin_site.admin_view(self.clawbacks_view)  # type: ignore[attr-defined]
        return [
            path("clawbacks/", view, name="evaluations_subsidybatch_clawbacks"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def clawbacks_view(self, request: HttpRequest) -> HttpResponse:
        """List what is to be taken back; the checker may agree on instalments, the maker record a repayment."""
        if not self.has_view_permission(request) or not request.user.has_perm("evaluations.view_fund"):  # type: ignore[attr-defined]
            raise PermissionDenied
        may, may_record = bool(CHECKERS & request.user.roles), bool(MAKERS & request.user.roles)
        rows = (
            Entitlement.objects.for_user(request.user)
            .live()
            .filter(amount__lt=0)
            .exclude(lines__state__in=LIVE_STATES)
            .exclude(receipts__state=ReceiptState.CONFIRMED)
            .annotate(
                receipt=Subquery(
                    ClawbackReceipt.objects.filter(
                        entitlement=OuterRef("pk"), state=ReceiptState.PROPOSED
                    ).values("pk")[:1]
                )
            )
            .select_related("enterprise", "person", "compound", "district")
            .order_by("counted_on", "pk")
        )
        if request.method == "POST":
            records = request.POST.get("act") == "receipt"
            if not (may_record if records else may):
                raise PermissionDenied
            chosen = request.POST.get("entitlement", "")
            row = rows.filter(pk=chosen).first() if chosen.isdigit() else None
            try:
                done = _record(request, row) if records else _cut(request, row)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, done)
                return HttpResponseRedirect(request.path)
        shown = [
            {
                "row": row,
                "payee": row.enterprise or row.person,
                "subject": row.compound or row.person,
                "amount": format_yuan(row.amount),
                "part": row.inputs.get("instalment"),
                "of": row.inputs.get("instalments"),
                "receipt": row.receipt,
            }
            for row in rows[:SHOWN]
        ]
        return self._page(  # type: ignore[attr-defined, no-any-return]
            request,
            "admin/evaluations/clawbacks.html",
            title=gettext("To be taken back"),
            rows=shown,
            may=may,
            may_choose=any(not one["receipt"] and (may_record or (may and not one["part"])) for one in shown),
            may_record=may_record,
            today=today_of(request),
            next_month=f"{(today_of(request).replace(day=28) + dt.timedelta(days=7)):%Y-%m}",
        )
