"""Admin pages of payee accounts, bank orders and result files: masked numbers, two persons, openings for a purpose."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminTextInputWidget

from evaluations.models import AccountOpening, BankOrder, BankResult, PayeeAccount, SubsidyBatch
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.payments import OrderState
from evaluations.services.payee_accounts import (
    CONFIRMERS,
    check_bank,
    check_number,
    confirm_accounts,
    decide_account,
    masked_number,
    open_account,
    propose_account,
)
from redprop.common.errors import Refused
from redprop.common.money import format_yuan
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterForm
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter


class PayeeAccountForm(RegisterForm):
    """A new account of a payee; the number is never shown again in full without a purpose."""

    number = forms.CharField(
        label=_("account number"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text=_("Stored encrypted. Spaces and hyphens do not matter."),
    )

    def clean(self) -> Any:
        found = super().clean()
        if bool(self.cleaned_data.get("enterprise")) == bool(self.cleaned_data.get("person")):
            raise forms.ValidationError(
                _("Choose the enterprise or the person that is paid, one of the two.")
            )
        return found

    def check_row(self, row: PayeeAccount) -> None:
        check_number(self.cleaned_data.get("number", ""), is_person=row.person_id is not None)
        check_bank(row.bank)


@admin.register(PayeeAccount)
class PayeeAccountAdmin(ImportExportMixin, RegisterAdmin):
    """Accounts of those who are paid."""

    form = PayeeAccountForm
    list_display = ["holder", "owner_kind", "bank", "masked", "state", "proposed_by", "decided_by"]
    list_select_related = ["proposed_by", "decided_by"]
    list_filter = [choice_filter("state", _("state"), AccountState.choices)]
    search_fields = ["holder", "enterprise__uscc", "enterprise__pinyin", "person__code", "person__pinyin"]
    autocomplete_fields = ["enterprise", "person"]
    list_before_template = "admin/evaluations/accounts_waiting.html"
    change_form_outer_before_template = "admin/evaluations/account_state.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": [("enterprise", "person"), "bank", "number", "reason"]})]
        shown = [("holder", "owner_kind"), ("bank", "masked"), ("state", "reason")]
        return [
            (None, {"fields": shown}),
            (
                _("Entered and confirmed"),
                {"fields": [("proposed_by", "proposed_at"), ("decided_by", "decided_at"), "ended_at"]},
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["masked", "owner_kind"]

    @admin.display(description=_("account number"))
    def masked(self, account: PayeeAccount) -> str:
        return masked_number(account)

    @admin.display(description=_("paid to"))
    def owner_kind(self, account: PayeeAccount) -> str:
        return str(_("enterprise") if account.enterprise_id else _("person"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = propose_account(
            payee=obj.enterprise or obj.person,
            bank=obj.bank,
            number=form.cleaned_data["number"],
            reason=obj.reason,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if k != "_state"})
        obj._state.adding = False

    def get_urls(self) -> list:
        def page(route: str, view: Any, name: str) -> Any:
            wrapped = self.admin_site.admin_view(never_cache(view))
            return path(route, wrapped, name=f"evaluations_payeeaccount_{name}")

        return [
            page("confirm-all/", self.confirm_all, "confirm_all"),
            page("<int:pk>/decide/", self.decide, "decide"),
            page("<int:pk>/open-number/", self.open_number, "open_number"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        waiting = self._waiting(request)
        more = {"waiting": waiting.count(), "may_confirm": bool(CONFIRMERS & request.user.roles)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is not None:
            proposed = account.state == AccountState.PROPOSED
            other = account.proposed_by_id != request.user.pk
            extra_context = {
                **(extra_context or {}),
                "account": account,
                "may_decide": proposed and other and bool(CONFIRMERS & request.user.roles),
                "is_proposed": proposed,
                "before": self.get_queryset(request)
                .filter(
                    enterprise=account.enterprise_id, person=account.person_id, state=AccountState.IN_FORCE
                )
                .exclude(pk=account.pk)
                .first(),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def _waiting(self, request: HttpRequest) -> Any:
        rows = self.get_queryset(request).filter(state=AccountState.PROPOSED)
        return rows.exclude(proposed_by=request.user.pk)

    def _account(self, request: HttpRequest, pk: int) -> PayeeAccount:
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = self.get_queryset(request).filter(pk=pk).first()
        if account is None:
            raise Http404
        return account

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or refuse a proposed account."""
        account = self._account(request, pk)
        if request.method != "POST" or not CONFIRMERS & request.user.roles:
            raise PermissionDenied
        confirm = request.POST.get("act") == "confirm"
        try:
            decide_account(
                account=account,
                confirm=confirm,
                reason=request.POST.get("reason", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                gettext("The account is in force.") if confirm else gettext("The account is not confirmed."),
            )
        return HttpResponseRedirect(reverse("admin:evaluations_payeeaccount_change", args=[pk]))

    def confirm_all(self, request: HttpRequest) -> HttpResponse:
        """Show every account that waits for this person, then confirm those that were ticked."""
        if not (self.has_view_permission(request) and CONFIRMERS & request.user.roles):
            raise PermissionDenied
        waiting = self._waiting(request).select_related("proposed_by").order_by("pk")
        if request.method == "POST":
            chosen = waiting.filter(pk__in=[k for k in request.POST.getlist("account") if k.isdigit()])
            try:
                count = confirm_accounts(accounts=list(chosen), acting_user=request.user)  # type: ignore[arg-type]
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, gettext("%(count)s accounts are in force.") % {"count": count})
                return HttpResponseRedirect(reverse("admin:evaluations_payeeaccount_changelist"))
        rows = [{"row": row, "number": masked_number(row)} for row in waiting[:200]]
        return self._shown(
            request,
            "admin/evaluations/accounts_confirm.html",
            title=_("Accounts that wait for a second person"),
            rows=rows,
        )

    def open_number(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the purpose, log it, and show the number once."""
        if not request.user.has_perm("evaluations.open_payeeaccount"):
            raise PermissionDenied
        account, number = self._account(request, pk), ""
        purpose = request.POST.get("purpose", "")
        if request.method == "POST":
            try:
                number = open_account(account=account, purpose=purpose, acting_user=request.user)  # type: ignore[arg-type]
            except Refused as refused:
                messages.error(request, str(refused))
        return self._shown(
            request,
            "admin/evaluations/open_account.html",
            title=_("Open the account number of %(payee)s") % {"payee": account.holder},
            account=account,
            masked=masked_number(account),
            number=number,
            purpose=purpose,
        )

    def _shown(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


@admin.register(AccountOpening)
class AccountOpeningAdmin(ReadOnly, RegisterAdmin):
    """Who opened which account number, when and what for."""

    has_district = False
    list_display = ["recorded_at", "user", "account", "purpose"]
    list_select_related = ["user", "account"]
    search_fields = ["user__username", "user__full_name", "purpose"]
    fields = ["recorded_at", "user", "account", "purpose"]
    list_before_template = "admin/core/list_exports.html"


@admin.register(BankOrder)
class BankOrderAdmin(ReadOnly, RegisterAdmin):
    """What the bank was asked to pay, payee by payee, and what it answered."""

    has_district = False
    list_display = [
        "export",
        "number",
        "payee_name",
        "masked",
        "amount_yuan",
        "state",
        "result_reason",
        "result_on",
    ]
    list_select_related = ["export__batch", "account"]
    list_filter = [
        row_filter(SubsidyBatch, "batch", _("batch")),
        choice_filter("state", _("state"), OrderState.choices),
    ]
    search_fields = ["payee_name", "payee_code", "batch__number"]
    fields = [
        "batch",
        "export",
        "number",
        "payee_name",
        "payee_code",
        "masked",
        "amount_yuan",
        "state",
        "result_reason",
        "result_on",
    ]
    readonly_fields = ["masked", "amount_yuan"]

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, order: BankOrder) -> str:
        return format_yuan(order.amount)

    @admin.display(description=_("account number"))
    def masked(self, order: BankOrder) -> str:
        return masked_number(order.account)


@admin.register(BankResult)
class BankResultAdmin(ReadOnly, RegisterAdmin):
    """Result files that were taken in."""

    has_district = False
    list_display = [
        "recorded_at",
        "batch",
        "name",
        "paid_count",
        "paid_total",
        "returned_count",
        "returned_total",
        "recorded_by",
    ]
    list_select_related = ["batch"]
    list_filter = [row_filter(SubsidyBatch, "batch", _("batch"))]
    search_fields = ["name", "batch__number"]
