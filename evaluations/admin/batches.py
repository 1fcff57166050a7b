"""Admin pages of subsidy batches: where each one stands, and its steps, each shown in full before the button."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.batch_steps import BY_NAME, batch_context, own_slices
from evaluations.models import (
    EvaluationPeriod,
    Fund,
    PaymentLine,
    SubsidyBatch,
    SubsidyExport,
)
from evaluations.models.subsidies.batches import BEFORE_APPROVAL, BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services import batches
from evaluations.services.steps import APPROVERS, CHECKERS, FIRST_REVIEWERS, MAKERS
from evaluations.subsidies.selectors import outlook
from evaluations.subsidies.words import explain
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.common.periods import Period
from redprop.core.admin.base import ReadOnly, RegisterAdmin, districts_of
from redprop.core.admin.filters import choice_filter, row_filter


@admin.register(SubsidyBatch)
class SubsidyBatchAdmin(ReadOnly, RegisterAdmin):
    """Batches of payments, from preparation to settlement."""

    list_display = [
        "number",
        "fund",
        "period",
        "state",
        "line_count",
        "total_yuan",
        "held_yuan",
        "approved_by",
    ]
    list_select_related = ["fund", "approved_by"]
    list_filter = [
        choice_filter("state", _("state"), BatchState.choices),
        row_filter(Fund, "fund", _("fund")),
    ]
    search_fields = ["number", "period"]
    fieldsets = [(None, {"fields": [("number", "period")]})]
    list_before_template = "admin/evaluations/prepare_link.html"
    change_form_before_template = "admin/evaluations/batch_state.html"

    @admin.display(description=_("total (yuan)"), ordering="total")
    def total_yuan(self, batch: SubsidyBatch) -> str:
        return format_yuan(batch.total)

    @admin.display(description=_("held (yuan)"), ordering="held_total")
    def held_yuan(self, batch: SubsidyBatch) -> str:
        return format_yuan(batch.held_total)

    def get_urls(self) -> list:
        def page(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"evaluations_subsidybatch_{name}")

        return [
            page("prepare/", self.prepare_view, "prepare"),
            page("<int:pk>/step/<slug:name>/", self.step_view, "step"),
            page("<int:pk>/file/<slug:which>/", self.file_view, "file"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = bool(MAKERS & request.user.roles)
        return super().changelist_view(request, {**(extra_context or {}), "may_prepare": may})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        if batch is not None:
            extra_context = {**(extra_context or {}), **batch_context(request, batch)}
        return super().change_view(request, object_id, form_url, extra_context)

    def _batch(self, request: HttpRequest, pk: int) -> SubsidyBatch:
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = self.get_queryset(request).select_related("district", "fund").filter(pk=pk).first()
        if batch is None:
            raise Http404
        return batch

    def step_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show what the step does, to how many lines and to the fund; take it on POST."""
        batch, step = self._batch(request, pk), BY_NAME.get(name)
        if step is None:
            raise Http404
        if not step.roles & request.user.roles:
            raise PermissionDenied
        back = reverse("admin:evaluations_subsidybatch_change", args=[pk])
        piece = None
        if step.of_slice:
            chosen = request.POST.get("slice") or request.GET.get("slice") or ""
            piece = next((one for one in own_slices(request, batch) if str(one.pk) == chosen), None)
            if piece is None:
                messages.error(request, gettext("No slice of this batch waits for your first review."))
                return HttpResponseRedirect(back)
        if request.method == "POST":
            try:
                step.run(batch, request, piece=piece, reason=request.POST.get("reason", ""))
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(
                    request, gettext("%(step)s: done for %(batch)s.") % {"step": step.title, "batch": batch}
                )
                return HttpResponseRedirect(back)
        return self._page(
            request,
            "admin/evaluations/batch_step.html",
            title=f"{step.title} · {batch}",
            step=step,
            piece=piece,
            reason=request.POST.get("reason", ""),
            **batch_context(request, batch),
        )

    def prepare_view(self, request: HttpRequest) -> HttpResponse:
        """Choose a closed quarter, see what would be prepared, then prepare it."""
        if not (self.has_view_permission(request) and MAKERS & request.user.roles):
            raise PermissionDenied
        district = next(iter(districts_of(request)), None)
        if district is None:
            raise PermissionDenied
        periods = EvaluationPeriod.objects.for_user(request.user).filter(
            district=district, kind="quarter", releases__kind="final"
        )
        code, preview = request.POST.get("period", ""), None
        if code:
            try:
                with transaction.atomic():
                    found = batches.prepare_batches(
                        district=district, period=Period.parse(code), acting_user=request.user
                    )
                    if "confirm" not in request.POST:
                        preview = [
                            {"batch": batch, "after": outlook(batch), "problems": batch.computed_problems}
                            for batch in found
                        ]
                        transaction.set_rollback(True)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                if preview is None:
                    messages.success(
                        request,
                        gettext("Prepared: %(batches)s.")
                        % {"batches": "、".join(str(batch) for batch in found)},
                    )
                    return HttpResponseRedirect(reverse("admin:evaluations_subsidybatch_changelist"))
        return self._page(
            request,
            "admin/evaluations/prepare.html",
            title=gettext("Prepare the subsidies of a quarter"),
            periods=periods.distinct().order_by("-ends_on"),
            code=code,
            preview=preview,
        )

    def file_view(self, request: HttpRequest, pk: int, which: str) -> HttpResponse:
        """Hand out the roster or the bank file of an exported batch."""
        batch = self._batch(request, pk)
        if not request.user.has_perm("evaluations.view_subsidyexport"):
            raise PermissionDenied
        export = batch.exports.order_by("-version").first()
        if export is None or which not in ("roster", "bank"):
            raise Http404
        file = export.roster if which == "roster" else export.bank_file
        ending = "xlsx" if which == "roster" else "csv"
        return FileResponse(file.open("rb"), as_attachment=True, filename=f"{batch.number}.{ending}")

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


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
    ]
    readonly_fields = ["amount_yuan"]
    change_form_before_template = "admin/evaluations/line_state.html"

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, line: PaymentLine) -> str:
        return format_yuan(line.amount)

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
    list_display = ["batch", "version", "payee_count", "line_count", "total", "exported_at", "exported_by"]
    list_select_related = ["batch", "exported_by"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return SubsidyExport.objects.filter(batch__in=SubsidyBatch.objects.for_user(request.user))
