"""Admin pages of the ledger: entries, trial balance, a fund's year with its forecast, transfers, approval tiers."""

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from unfold.contrib.filters.admin import RangeDateFilter

from evaluations.models import ApprovalTier, Fund, FundTransfer, FundYear, LedgerEntry, LedgerLine
from evaluations.models.subsidies.funds import TransferState
from evaluations.models.subsidies.ledger import LedgerKind
from evaluations.services.funds import (
    FUND_CONFIRMERS,
    close_year,
    decide_transfer,
    open_work,
    propose_closing,
    propose_transfer,
)
from evaluations.services.ledger import balances_of, ledger_differences, trial_balance
from evaluations.services.steps import APPROVERS, CHECKERS, MAKERS
from evaluations.subsidies.forecast import forecast
from redprop.common.errors import Refused
from redprop.common.money import ZERO, format_yuan
from redprop.common.tabular.writing import xlsx_value
from redprop.core.admin.base import (
    ReadOnly,
    RegisterAdmin,
    RegisterForm,
    RegisterInline,
    districts_of,
    today_of,
)
from redprop.core.admin.filters import choice_filter, row_filter


class Pages:
    """Own pages of these admins."""

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """A page in the admin's frame."""
        site, opts = self.admin_site, self.opts  # type: ignore[attr-defined]
        return TemplateResponse(request, template, {**site.each_context(request), "opts": opts, **context})

    def found(self, request: HttpRequest, pk: int) -> Any:
        """The row, in the user's scope; 404 outside."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        return row


class LedgerLineInline(RegisterInline):
    """The lines of an entry."""

    model = LedgerLine
    fields = ["account", "fund", "year", "debit", "credit"]
    readonly_fields = ["debit", "credit"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("debit (yuan)"))
    def debit(self, line: LedgerLine) -> str:
        return format_yuan(line.amount) if line.amount > 0 else ""

    @admin.display(description=_("credit (yuan)"))
    def credit(self, line: LedgerLine) -> str:
        return format_yuan(-line.amount) if line.amount < 0 else ""


@admin.register(LedgerEntry)
class LedgerEntryAdmin(Pages, ReadOnly, RegisterAdmin):
    """Every event of the money in double entry; read only, for everybody."""

    list_display = ["voucher", "day", "kind", "batch", "text", "total", "recorded_by"]
    list_select_related = ["batch"]
    list_filter = [
        choice_filter("kind", _("kind"), LedgerKind.choices),
        ("day", RangeDateFilter),
    ]
    search_fields = ["batch__number", "text", "recorded_by"]
    fieldsets = [(None, {"fields": [("day", "kind"), ("batch", "text"), ("recorded_at", "recorded_by")]})]
    inlines = [LedgerLineInline]
    list_before_template = "admin/evaluations/ledger_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super().get_queryset(request).annotate(debits=Sum("lines__amount", filter=Q(lines__amount__gt=0)))
        )

    @admin.display(description=_("voucher number"), ordering="pk")
    def voucher(self, entry: LedgerEntry) -> int:
        return entry.pk

    @admin.display(description=_("debits = credits (yuan)"))
    def total(self, entry: LedgerEntry) -> str:
        return format_yuan(entry.debits or ZERO)  # type: ignore[attr-defined]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.trial_balance_view)
        return [
            path("trial-balance/", view, name="evaluations_ledgerentry_trial_balance"),
            *super().get_urls(),
        ]

    def trial_balance_view(self, request: HttpRequest) -> HttpResponse:
        """Balances of all accounts, of all funds or one, with the turnover of a span of days; also as .xlsx."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        district = next(iter(districts_of(request)), None)
        if district is None:
            raise PermissionDenied
        today = today_of(request)
        first = parse_day(request.GET.get("first")) or dt.date(today.year, 1, 1)
        last = parse_day(request.GET.get("last")) or today
        funds = Fund.objects.for_user(request.user).filter(district=district)
        chosen = request.GET.get("fund", "")
        fund = funds.filter(pk=chosen).first() if chosen.isdigit() else None
        rows = trial_balance(district=district, first=first, last=last, fund_id=fund.pk if fund else None)
        keys = ("opening", "debit", "credit", "balance")
        sums = {key: sum((row[key] for row in rows), ZERO) for key in keys}  # type: ignore[misc]
        if request.GET.get("format") == "xlsx":
            return _workbook(rows, sums, f"{district} {fund or ''} {first} – {last}")
        return self.page(
            request,
            "admin/evaluations/trial_balance.html",
            title=_("Trial balance"),
            rows=[{**row, **{key: format_yuan(row[key]) for key in keys}} for row in rows],  # type: ignore[arg-type]
            sums={key: format_yuan(value) for key, value in sums.items()},
            balanced=sums["balance"] == 0 and sums["opening"] == 0 and sums["debit"] == sums["credit"],
            differences=ledger_differences(district),
            funds=funds,
            fund=fund,
            first=first,
            last=last,
        )


def parse_day(text: str | None) -> dt.date | None:
    """The day of an address, or None when it is none."""
    try:
        return parse_date(text or "")
    except ValueError:
        return None


def _workbook(rows: list[dict[str, Any]], sums: dict[str, Any], title: str) -> FileResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("科目余额表")
    sheet.append([xlsx_value(sheet, f"科目余额表 {title}")])
    sheet.append(["科目", "期初余额", "借方发生额", "贷方发生额", "期末余额"])
    for row in rows:
        sheet.append(
            [
                xlsx_value(sheet, str(row["label"])),
                row["opening"],
                row["debit"],
                row["credit"],
                row["balance"],
            ]
        )
    sheet.append(["合计", sums["opening"], sums["debit"], sums["credit"], sums["balance"]])
    out = BytesIO()
    book.save(out)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename="trial-balance.xlsx")


@admin.register(FundYear)
class FundYearAdmin(Pages, ReadOnly, RegisterAdmin):
    """How much of a fund's year is used, where it will end, and closing it."""

    has_district = False
    list_display = ["fund", "year", "ceiling_yuan", "committed_yuan", "paid_yuan", "free_yuan", "closed_on"]
    list_select_related = ["fund"]
    list_filter = [row_filter(Fund, "fund", _("fund"))]
    search_fields = ["fund__name", "fund__code"]
    fields = [("fund", "year"), "document"]
    change_form_outer_before_template = "admin/evaluations/fund_year.html"

    @admin.display(description=_("ceiling (yuan)"), ordering="ceiling")
    def ceiling_yuan(self, year: FundYear) -> str:
        return format_yuan(year.ceiling)

    @admin.display(description=_("committed (yuan)"), ordering="committed")
    def committed_yuan(self, year: FundYear) -> str:
        return format_yuan(year.committed)

    @admin.display(description=_("paid (yuan)"), ordering="paid")
    def paid_yuan(self, year: FundYear) -> str:
        return format_yuan(year.paid)

    @admin.display(description=_("free (yuan)"))
    def free_yuan(self, year: FundYear) -> str:
        return format_yuan(year.free)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.close_view)
        return [path("<int:pk>/close/", view, name="evaluations_fundyear_close"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        year = self.get_object(request, object_id)
        if year is not None:
            seen, there = forecast(year), balances_of(year)
            money = {
                name: format_yuan(getattr(seen, name))
                for name in ("ceiling", "committed", "paid", "in_work", "owed", "to_come", "whole", "left")
            }
            extra_context = {
                **(extra_context or {}),
                "year": year,
                "money": money,
                "free": format_yuan(year.free),
                "short": seen.left < 0,
                "parts": share_of(seen),
                "expected": [
                    {"one": one, "last": format_yuan(one.last), "to_come": format_yuan(one.to_come)}
                    for one in seen.expected
                ],
                "waiting": open_work(year),
                "is_over": today_of(request).year > year.year,
                "may_close": bool(APPROVERS & request.user.roles)
                and year.closing_proposed_by not in ("", request.user.username),  # type: ignore[union-attr]
                "may_propose": bool((MAKERS | CHECKERS) & request.user.roles)
                and not year.closing_proposed_by,
                "balances": [
                    (label, side_of(there.get(account, ZERO)))
                    for account, label in LedgerLine.Account.choices
                ],
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Propose to close the year, or close it."""
        year = self.found(request, pk)
        proposes = request.POST.get("act") == "propose"
        roles = MAKERS | CHECKERS if proposes else APPROVERS
        if request.method != "POST" or not roles & request.user.roles:
            raise PermissionDenied
        try:
            if proposes:
                propose_closing(year=year, acting_user=request.user)  # type: ignore[arg-type]
                done = gettext("Proposed. The approver closes %(year)s.")
            else:
                close_year(year=year, acting_user=request.user)  # type: ignore[arg-type]
                done = gettext("%(year)s is closed.")
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, done % {"year": year})
        return HttpResponseRedirect(reverse("admin:evaluations_fundyear_change", args=[pk]))


def side_of(balance: Decimal) -> str:
    """A balance as an accountant writes it: the side and the amount without a sign."""
    if not balance:
        return format_yuan(balance)
    words = _("debit %(amount)s") if balance > 0 else _("credit %(amount)s")
    return str(words % {"amount": format_yuan(abs(balance))})


def share_of(seen: Any) -> list[dict[str, Any]]:
    """The bar of a fund's year: parts in thousandths of the larger of ceiling and forecast."""
    whole = max(seen.ceiling, seen.whole) or 1
    open_commitment = seen.committed - seen.paid
    at, parts = 0, []
    for name, label, amount in (
        ("paid", _("paid"), seen.paid),
        ("committed", _("committed, not yet paid"), open_commitment),
        ("in-work", _("in batches before approval"), seen.in_work + seen.owed),
        ("to-come", _("still to be computed this year"), seen.to_come),
    ):
        width = max(0, int(amount * 1000 / whole))
        parts.append({"name": name, "label": label, "x": at, "width": width, "amount": format_yuan(amount)})
        at += width
    return parts


class FundTransferForm(RegisterForm):
    """A transfer between two funds of one year."""

    def check_row(self, row: FundTransfer) -> None:
        if row.source.fund_id == row.target.fund_id or row.source.year != row.target.year:
            raise Refused(
                _("A transfer goes from one fund to another fund of the district, within one year."),
                field="target",
            )


@admin.register(FundTransfer)
class FundTransferAdmin(Pages, RegisterAdmin):
    """Transfers between funds: proposed by one, confirmed by another."""

    form = FundTransferForm
    has_district = False
    list_display = ["proposed_at", "source", "target", "amount_yuan", "state", "proposed_by", "decided_by"]
    list_select_related = ["source__fund", "target__fund", "proposed_by", "decided_by"]
    list_filter = [choice_filter("state", _("state"), TransferState.choices)]
    search_fields = ["document", "reason"]
    change_form_outer_before_template = "admin/evaluations/transfer_state.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [("source", "target"), "amount", "document", "reason"]
        if obj is not None:
            fields += ["state", ("proposed_by", "proposed_at"), ("decided_by", "decided_at")]
        return [(None, {"fields": fields})]

    @admin.display(description=_("amount (yuan)"), ordering="amount")
    def amount_yuan(self, transfer: FundTransfer) -> str:
        return format_yuan(transfer.amount)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = propose_transfer(
            source=obj.source,
            target=obj.target,
            amount=obj.amount,
            document=obj.document,
            reason=obj.reason,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if k != "_state"})
        obj._state.adding = False

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/", view, name="evaluations_fundtransfer_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        transfer = self.get_object(request, object_id)
        if transfer is not None:
            proposed = transfer.state == TransferState.PROPOSED
            other = transfer.proposed_by_id != request.user.pk
            extra_context = {
                **(extra_context or {}),
                "transfer": transfer,
                "amount": format_yuan(transfer.amount),
                "free": format_yuan(transfer.source.free),
                "after": format_yuan(transfer.source.free - transfer.amount),
                "is_proposed": proposed,
                "may_decide": proposed and other and bool(FUND_CONFIRMERS & request.user.roles),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or refuse a transfer."""
        transfer = self.found(request, pk)
        if request.method != "POST" or not FUND_CONFIRMERS & request.user.roles:
            raise PermissionDenied
        try:
            done = decide_transfer(
                transfer=transfer,
                confirm=request.POST.get("act") == "confirm",
                reason=request.POST.get("reason", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, str(done.get_state_display()))
        return HttpResponseRedirect(reverse("admin:evaluations_fundtransfer_change", args=[pk]))


@admin.register(ApprovalTier)
class ApprovalTierAdmin(RegisterAdmin):
    """From which amount a batch needs a further approval."""

    has_district = False
    list_display = ["fund", "amount_yuan", "role", "valid_from", "valid_to", "document"]
    list_select_related = ["fund"]
    list_filter = [row_filter(Fund, "fund", _("fund"))]
    search_fields = ["document", "fund__name"]
    list_before_template = "admin/evaluations/tier_links.html"
    change_form_outer_before_template = "admin/evaluations/tier_intro.html"
    fields = ["fund", "amount_from", "role", "document", "valid_from", "valid_to"]

    @admin.display(description=_("from (yuan)"), ordering="amount_from")
    def amount_yuan(self, tier: ApprovalTier) -> str:
        return format_yuan(tier.amount_from)
