"""Admin pages of subsidy batches: where each one stands, and its steps, each shown in full before the button."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.admin.batch_next import Mending, mending_of, returned_orders
from evaluations.admin.batch_steps import BY_NAME, batch_context, own_slices, roles_of
from evaluations.admin.clawbacks import ClawbackPages
from evaluations.models import BankOrder, EvaluationPeriod, Fund, SubsidyBatch
from evaluations.models.subsidies.batches import BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services import batches
from evaluations.services.payee_accounts import masked_number
from evaluations.services.steps import APPROVERS, CHECKERS, EXPORTERS, MAKERS
from evaluations.subsidies.files import result_template
from evaluations.subsidies.results import read_result
from evaluations.subsidies.selectors import bank_content, outlook, roster_content
from evaluations.subsidies.words import formula
from redprop.accounts.clock import business_now
from redprop.common.errors import Refused
from redprop.common.money import ZERO, format_yuan
from redprop.common.periods import Period
from redprop.core.admin.base import ReadOnly, RegisterAdmin, districts_of
from redprop.core.admin.filters import choice_filter, row_filter
from redprop.core.models import ExportLog


@admin.register(SubsidyBatch)
class SubsidyBatchAdmin(ClawbackPages, ReadOnly, RegisterAdmin):
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
            page("<int:pk>/sample/", self.sample_view, "sample"),
            page("<int:pk>/result/", self.result_view, "result"),
            page("<int:pk>/returned/", self.returned_view, "returned"),
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
        if not roles_of(step, batch) & request.user.roles:
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
            piece_total=format_yuan(piece.total) if piece else "",
            again=_paid_again(batch) if step.name == "export-retry" else None,
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
                            {
                                "batch": batch,
                                "after": after,
                                "total": format_yuan(batch.total),
                                "ceiling": format_yuan(after["ceiling"] or ZERO),
                                "free_after": format_yuan(after["free_after"] or ZERO),
                                "problems": batch.computed_problems,
                            }
                            for batch in found
                            for after in [outlook(batch)]
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
        """Hand out roster, bank file or result template of a version; the bank file only to exporters, and logged."""
        batch = self._batch(request, pk)
        if not request.user.has_perm("evaluations.view_subsidyexport"):
            raise PermissionDenied
        if which == "bank" and not EXPORTERS & request.user.roles:
            raise PermissionDenied
        exports = batch.exports.order_by("-version")
        version = request.GET.get("version", "")
        export = exports.filter(version=version).first() if version.isdigit() else exports.first()
        if export is None or which not in ("roster", "bank", "template"):
            raise Http404
        stem = f"{batch.number}-v{export.version}"
        if which == "template":
            return _file(result_template(export), f"{stem}-result.csv")
        if which == "roster":
            return _file(roster_content(export), f"{stem}.xlsx")
        ExportLog.objects.create(
            district=batch.district,
            user=request.user,
            page="subsidybatch",
            register="bank-file",
            title=f"{gettext('Bank file (.csv)')} {stem}",
            ending="csv",
            rows=export.payee_count,
            way="screen",
            recorded_at=business_now(batch.district),
            recorded_by=request.user.username,
        )
        try:
            return _file(bank_content(export), f"{stem}.csv")
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:evaluations_subsidybatch_change", args=[pk]))

    def sample_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The lines drawn for a closer look; the checker ticks those that were looked at."""
        batch = self._batch(request, pk)
        if not CHECKERS & request.user.roles:
            raise PermissionDenied
        if request.method == "POST":
            numbers = [int(one) for one in request.POST.getlist("line") if one.isdigit()]
            try:
                done = batches.tick_lines(
                    batch=batch, numbers=numbers, note=request.POST.get("note", ""), acting_user=request.user
                )
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, gettext("%(count)s lines checked.") % {"count": done})
                return HttpResponseRedirect(request.path)
        rows = (
            batch.sample.filter(seed=batch.sample_seed)
            .select_related("line__entitlement", "line__slice__subdistrict", "ticked_by")
            .order_by("line__number")
        )
        shown = [
            {"row": row, "amount": format_yuan(row.line.amount), "why": formula(row.line.entitlement)}
            for row in rows
        ]
        return self._page(
            request,
            "admin/evaluations/batch_sample.html",
            title=f"{gettext('Sample for a closer look')} · {batch}",
            batch=batch,
            rows=shown,
            left=sum(one["row"].ticked_by_id is None for one in shown),
            share=batch.fund.sample_share,
            may_tick=batch.state == BatchState.FIRST_REVIEWED,
        )

    def result_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take in the bank's result file: whole or not at all."""
        batch = self._batch(request, pk)
        if not EXPORTERS & request.user.roles:
            raise PermissionDenied
        problems: Any = []
        if request.method == "POST":
            upload = request.FILES.get("file")
            try:
                if upload is None:
                    raise Refused(gettext("Choose the result file of the bank."), code="no-file")
                with TemporaryDirectory() as folder:
                    path = Path(folder) / Path(upload.name or "result.csv").name
                    path.write_bytes(upload.read())
                    result = batches.record_result(
                        batch=batch, file=read_result(path), acting_user=request.user
                    )
            except Refused as refused:
                problems = refused.fields.get("problems") or [str(refused)]
                messages.error(request, gettext("Nothing was taken in. See what does not agree below."))
            else:
                messages.success(
                    request,
                    gettext("%(paid)s payments paid, %(returned)s returned.")
                    % {"paid": result.paid_count, "returned": result.returned_count},
                )
                return HttpResponseRedirect(reverse("admin:evaluations_subsidybatch_change", args=[batch.pk]))
        export = batch.exports.filter(replaced_by__isnull=True).order_by("-version").first()
        title = gettext("Result file of the bank")
        return self._page(
            request,
            "admin/evaluations/batch_result.html",
            title=f"{title} · {batch}",
            batch=batch,
            problems=problems,
            export=export,
            sent=batch.orders.filter(export=export, state="sent").count(),
            total=format_yuan(export.total) if export else "",
        )

    def returned_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Returned payments: approved to be paid again into the account now in force, or written back."""
        batch = self._batch(request, pk)
        if not (CHECKERS | APPROVERS) & request.user.roles:
            raise PermissionDenied
        returned = returned_orders(batch)
        if request.method == "POST":
            chosen = list(returned.filter(pk__in=[k for k in request.POST.getlist("order") if k.isdigit()]))
            service = batches.approve_retry if request.POST.get("act") == "retry" else batches.write_back
            try:
                if not chosen:
                    raise Refused(gettext("Tick the payments that you decide on first."), code="none")
                service(
                    batch=batch,
                    orders=chosen,
                    reason=request.POST.get("reason", ""),
                    acting_user=request.user,
                )
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, gettext("%(count)s payments: done.") % {"count": len(chosen)})
                return HttpResponseRedirect(reverse("admin:evaluations_subsidybatch_change", args=[batch.pk]))
        return self._page(
            request,
            "admin/evaluations/batch_returned.html",
            title=f"{gettext('Returned payments')} · {batch}",
            batch=batch,
            rows=_returned_rows(returned.order_by("number")),
            reason=request.POST.get("reason", ""),
            chosen={int(k) for k in request.POST.getlist("order") if k.isdigit()},
            may_retry=bool(APPROVERS & request.user.roles),
        )

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


def _paid_again(batch: SubsidyBatch) -> dict[str, Any]:
    """What a further bank file would hold: lines approved again, in no file yet (one query)."""
    rows = batch.lines.filter(state=LineState.OPEN, order__isnull=True)
    found = rows.aggregate(lines=Count("pk"), payees=Count("payee_code", distinct=True), total=Sum("amount"))
    return {**found, "total": format_yuan(found["total"] or ZERO)}


def _file(content: bytes, name: str) -> FileResponse:
    return FileResponse(BytesIO(content), as_attachment=True, filename=name)


def _returned_rows(orders: Iterable[BankOrder]) -> list[dict[str, Any]]:
    """Returned orders with the account that would be used now, and the one that waits for a second person."""
    rows = list(orders)
    mending = mending_of(rows)
    return [
        {
            "order": order,
            "amount": format_yuan(order.amount),
            "before": masked_number(order.account),
            "mending": str(how),
            "account": account,
            "now": masked_number(account) if account and how == Mending.ACCOUNT_CHANGED else "",
        }
        for order in rows
        for how, account in [mending[order.pk]]
    ]
