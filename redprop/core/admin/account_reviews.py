"""The quarterly review of accounts: a list to go through, each account confirmed or closed."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from redprop.accounts.models import AccountReview, AccountReviewLine
from redprop.accounts.roles import Role
from redprop.accounts.services.reviews import decide_line, may_decide, open_review
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.core.admin.base import ReadOnly, RegisterAdmin, districts_of, today_of
from redprop.core.admin.filters import DayFilter, choice_filter


class Use(DayFilter):
    """Whether the account was in use when the list was made."""

    title = _("use")
    parameter_name = "use"
    conditions = [
        ("unused", _("unused for long"), lambda rows, _day: rows.filter(is_unused=True)),
        ("used", _("in use"), lambda rows, _day: rows.filter(is_unused=False)),
    ]


class Quarter(DayFilter):
    """The quarters that have been reviewed."""

    title = _("quarter")
    parameter_name = "quarter"
    conditions = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        reached = AccountReviewLine.objects.for_user(request.user).values("review")
        found = AccountReview.objects.filter(pk__in=reached).order_by("-quarter")
        return [(quarter, quarter) for quarter in found.values_list("quarter", flat=True).distinct()[:40]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(review__quarter=self.value()) if self.value() else queryset


@admin.register(AccountReviewLine)
class AccountReviewAdmin(ReadOnly, RegisterAdmin):
    """For the security administrator; clerks see the accounts of their subdistrict's communities."""

    has_district = False
    list_display = [
        "quarter",
        "user",
        "roles",
        "last_sign_in",
        "used",
        "decision",
        "decided_by",
        "decided_on",
        "note",
    ]
    list_display_links = ["user"]
    list_select_related = ["review", "user", "decided_by"]
    list_filter = [
        Quarter,
        choice_filter("decision", _("result of the review"), AccountReviewLine.Decision.choices),
        Use,
    ]
    search_fields = ["user__username", "user__full_name", "roles"]
    ordering = ["-review__quarter", "decision", "user__username"]
    fields = [
        "quarter",
        "user",
        "roles",
        "last_sign_in",
        "used",
        "decision",
        "decided_by",
        "decided_on",
        "note",
    ]
    list_before_template = "admin/core/review_links.html"
    change_form_outer_before_template = "admin/core/review_line.html"
    actions: Any = ["confirm_chosen"]

    @admin.display(description=_("use"), ordering="is_unused")
    def used(self, line: AccountReviewLine) -> str:
        return str(_("unused for long") if line.is_unused else _("in use"))

    @admin.display(description=_("quarter"), ordering="review__quarter")
    def quarter(self, line: AccountReviewLine) -> str:
        return line.review.quarter

    @admin.action(description=_("Confirm the chosen accounts: still needed, roles right"))
    def confirm_chosen(self, request: HttpRequest, queryset: Any) -> None:
        """Confirm those that are open and the user's to decide."""
        done = 0
        for line in queryset.select_related("review", "user")[:500]:
            try:
                decide_line(line=line, keep=True, acting_user=request.user)  # type: ignore[arg-type]
                done += 1
            except Refused:
                continue
        messages.info(request, gettext("%(count)s accounts were confirmed.") % {"count": done})

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("open/", wrap(self.open), name="accounts_accountreviewline_open"),
            path("<int:pk>/decide/", wrap(self.decide), name="accounts_accountreviewline_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With what is open, until when, and the button that opens this quarter's list."""
        districts = districts_of(request)
        quarter = str(Period.of(PeriodKind.QUARTER, today_of(request)))
        review = AccountReview.objects.filter(district__in=districts, quarter=quarter).first()
        mine = AccountReviewLine.objects.for_user(request.user).filter(decision="open")
        security = Role.SECURITY_ADMINISTRATOR in request.user.roles  # type: ignore[union-attr]
        extra = {
            "quarter": quarter,
            "review": review,
            "open_count": mine.count(),
            "open_url": reverse("admin:accounts_accountreviewline_open") if security and not review else "",
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def open(self, request: HttpRequest) -> HttpResponse:
        """Make the list of this quarter."""
        if Role.SECURITY_ADMINISTRATOR not in request.user.roles:  # type: ignore[union-attr]
            raise PermissionDenied
        if request.method == "POST":
            try:
                review = open_review(district=districts_of(request)[0], acting_user=request.user)  # type: ignore[arg-type]
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(
                    request,
                    gettext("%(count)s accounts are on the list; to be gone through by %(day)s.")
                    % {"count": review.lines.count(), "day": review.due_on},
                )
        return HttpResponseRedirect(reverse("admin:accounts_accountreviewline_changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        line = self.get_object(request, object_id)
        if line is not None:
            is_open = line.decision == AccountReviewLine.Decision.OPEN
            may = is_open and may_decide(line, request.user)
            extra_context = {**(extra_context or {}), "line": line, "is_open": is_open, "may_decide": may}
        return super().change_view(request, object_id, form_url, extra_context)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm the account or close it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        line = self.get_queryset(request).filter(pk=pk).first()
        if line is None:
            raise Http404
        if request.method != "POST":
            raise PermissionDenied
        try:
            done = decide_line(
                line=line,
                keep=request.POST.get("act") == "keep",
                note=request.POST.get("note", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:accounts_accountreviewline_change", args=[pk]))
        messages.success(request, f"{done.user}：{done.get_decision_display()}")
        return HttpResponseRedirect(reverse("admin:accounts_accountreviewline_changelist") + "?decision=open")
