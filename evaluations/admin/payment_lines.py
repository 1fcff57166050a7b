"""Admin pages of payment lines, held and released with a reason, and of what was exported."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models import PaymentLine, SubsidyBatch, SubsidyExport
from evaluations.models.subsidies.batches import BEFORE_APPROVAL, BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services import batches
from evaluations.services.payee_accounts import masked_cipher
from evaluations.services.steps import APPROVERS, CHECKERS, FIRST_REVIEWERS
from evaluations.subsidies.words import explain
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter, row_filter


@admin.register(PaymentLine)
class PaymentLineAdmin(ReadOnly, RegisterAdmin):
    """Payment lines: read, held and released; never edited."""

    has_district = False
    list_display = [
        "number",
        "batch",
        "subject_name",
        "payee_name",
        "unit",
        "amount_yuan",
        "state",
        "state_reason",
    ]
    list_select_related = ["batch", "entitlement"]
    list_filter = [
        row_filter(SubsidyBatch, "batch", _("batch")),
        choice_filter("state", _("state"), LineState.choices),
        row_filter(Subdistrict, "slice__subdistrict", _("subdistrict"), "subdistrict"),
    ]
    search_fields = ["subject_name", "payee_name", "payee_code"]
    fieldsets = [
        (
            None,
            {"fields": [("batch", "number"), "subject_name", ("payee_name", "payee_code"), "amount_yuan"]},
        ),
        (_("state"), {"fields": [("state", "state_reason"), ("state_by", "state_at")]}),
        (_("payee account"), {"fields": ["account_bank", ("account_holder", "account_masked")]}),
    ]
    readonly_fields = ["amount_yuan", "account_masked"]
    change_form_outer_before_template = "admin/evaluations/line_state.html"

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, line: PaymentLine) -> str:
        return format_yuan(line.amount)

    @admin.display(description=_("account number"))
    def account_masked(self, line: PaymentLine) -> str:
        return masked_cipher(line.account_cipher) or "–"

    @admin.display(description=_("month or year"), ordering="entitlement__unit")
    def unit(self, line: PaymentLine) -> str:
        return line.entitlement.unit

    def get_urls(self) -> list:
        page = path(
            "<int:pk>/move/",
            self.admin_site.admin_view(self.move_view),
            name="evaluations_paymentline_move",
        )
        return [page, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        line = self.get_object(request, object_id)
        if line is not None:
            may = request.user.roles & (CHECKERS | APPROVERS | FIRST_REVIEWERS)
            open_batch = line.batch.state in [*BEFORE_APPROVAL, BatchState.APPROVED]
            extra_context = {
                **(extra_context or {}),
                "line": line,
                "sentences": explain(line.entitlement),
                "may_move": bool(may) and open_batch and line.state in (LineState.OPEN, LineState.HELD),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hold or release a line, with a reason."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        line = self.get_queryset(request).filter(pk=pk).first()
        if line is None:
            raise Http404
        service = batches.release_line if line.state == LineState.HELD else batches.hold_line
        try:
            service(line=line, reason=request.POST.get("reason", ""), acting_user=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, gettext("Line %(number)s: done.") % {"number": line.number})
        return HttpResponseRedirect(reverse("admin:evaluations_paymentline_change", args=[pk]))


@admin.register(SubsidyExport)
class SubsidyExportAdmin(ReadOnly, RegisterAdmin):
    """What was exported, with digests and control totals."""

    has_district = False
    list_display = [
        "batch",
        "version",
        "is_retry",
        "replaces",
        "payee_count",
        "line_count",
        "total",
        "exported_at",
        "exported_by",
    ]
    list_select_related = ["batch", "exported_by", "replaces__batch"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return SubsidyExport.objects.filter(batch__in=SubsidyBatch.objects.for_user(request.user))
