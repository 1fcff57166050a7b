"""Repayments in cash: recorded on the page of what is to be taken back, booked when another person confirms them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from evaluations.admin.ledger import Pages
from evaluations.models import ClawbackReceipt
from evaluations.models.subsidies.receipts import ReceiptState
from evaluations.services.receipts import CONFIRMERS, decide_receipt
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter


@admin.register(ClawbackReceipt)
class ClawbackReceiptAdmin(Pages, ReadOnly, RegisterAdmin):
    """What payees gave back in cash."""

    list_display = ["received_on", "payee", "amount_yuan", "slip", "state", "proposed_by", "decided_by"]
    list_select_related = [
        "entitlement__enterprise",
        "entitlement__person",
        "proposed_by",
        "decided_by",
    ]
    list_filter = [
        choice_filter("state", _("state"), ReceiptState.choices),
        ("received_on", RangeDateFilter),
    ]
    search_fields = ["slip", "reason", "entitlement__enterprise__name", "entitlement__person__name"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("payee", "amount_yuan"),
                    ("received_on", "slip"),
                    "reason",
                    ("proposed_by", "proposed_at"),
                    ("decided_by", "decided_at"),
                ]
            },
        )
    ]
    readonly_fields = ["payee", "amount_yuan"]
    list_before_template = "admin/evaluations/receipt_links.html"
    change_form_outer_before_template = "admin/evaluations/receipt_state.html"

    @admin.display(description=_("payee"))
    def payee(self, receipt: ClawbackReceipt) -> str:
        return str(receipt.entitlement.enterprise or receipt.entitlement.person)

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, receipt: ClawbackReceipt) -> str:
        return format_yuan(receipt.amount)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.decide)
        return [
            path("<int:pk>/decide/", view, name="evaluations_clawbackreceipt_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        receipt = self.get_object(request, object_id)
        if receipt is not None:
            proposed = receipt.state == ReceiptState.PROPOSED
            left = -receipt.entitlement.amount - receipt.amount
            extra_context = {
                **(extra_context or {}),
                "receipt": receipt,
                "payee": self.payee(receipt),
                "amount": format_yuan(receipt.amount),
                "left": format_yuan(left) if left > 0 else "",
                "is_proposed": proposed,
                "may_decide": proposed
                and receipt.proposed_by_id != request.user.pk
                and bool(CONFIRMERS & request.user.roles),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book a repayment, or refuse it."""
        receipt = self.found(request, pk)
        if request.method != "POST" or not CONFIRMERS & request.user.roles:
            raise PermissionDenied
        try:
            done = decide_receipt(
                receipt=receipt,
                confirm=request.POST.get("act") == "confirm",
                reason=request.POST.get("reason", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, str(done.get_state_display()))
        return HttpResponseRedirect(reverse("admin:evaluations_clawbackreceipt_change", args=[pk]))
