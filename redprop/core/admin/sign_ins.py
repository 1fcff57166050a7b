"""The sign-in log, to read, and the resets of lost second factors: asked by one administrator, decided by another."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from redprop.accounts.models import FactorReset, SignInEntry, User
from redprop.accounts.roles import Role
from redprop.accounts.services.second_factor import ask_reset, decide_reset
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin, districts_of
from redprop.core.admin.filters import choice_filter


@admin.register(SignInEntry)
class SignInAdmin(ReadOnly, RegisterAdmin):
    """Who tried to come in from where, newest first; for the audit and the security administrator."""

    has_district = False
    list_display = ["at", "kind", "username", "user", "address", "device", "detail"]
    list_display_links = ["at"]
    list_select_related = ["user"]
    list_filter = [
        ("at", RangeDateTimeFilter),
        choice_filter("kind", _("what happened"), SignInEntry.Kind.choices),
    ]
    search_fields = ["username", "user__full_name", "address"]
    ordering = ["-at", "-pk"]
    fields = ["at", "kind", "username", "user", "address", "device", "detail"]


@admin.register(FactorReset)
class FactorResetAdmin(RegisterAdmin):
    """A lost phone: the system administrator asks, the security administrator decides."""

    empty_why = _(
        "No request waits. The system administrator asks for a reset when a phone is lost; the security administrator decides."
    )

    list_display = ["asked_at", "user", "reason", "state", "asked_by", "decided_by", "decided_at"]
    list_select_related = ["user", "asked_by", "decided_by"]
    list_filter = [choice_filter("state", _("state"), FactorReset.State.choices)]
    search_fields = ["user__username", "user__full_name", "reason"]
    autocomplete_fields = ["user"]
    change_form_outer_before_template = "admin/core/factor_reset.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields: list[Any] = ["user", "reason"]
        if obj is not None:
            fields += ["state", ("asked_by", "asked_at"), ("decided_by", "decided_at"), "note"]
        return [(None, {"fields": fields})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.for_user(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = ask_reset(
            user=obj.user,
            district=districts_of(request)[0],
            reason=obj.reason,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if k != "_state"})
        obj._state.adding = False

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.decide)
        return [path("<int:pk>/decide/", view, name="accounts_factorreset_decide"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        reset = self.get_object(request, object_id)
        if reset is not None:
            waiting = reset.state == FactorReset.State.ASKED
            extra_context = {
                **(extra_context or {}),
                "reset": reset,
                "is_waiting": waiting,
                "may_decide": waiting and self._decides(request, reset),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    @staticmethod
    def _decides(request: HttpRequest, reset: FactorReset) -> bool:
        others = request.user.pk not in (reset.asked_by_id, reset.user_id)
        return others and Role.SECURITY_ADMINISTRATOR in request.user.roles  # type: ignore[union-attr]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Grant or refuse."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        reset = self.get_queryset(request).filter(pk=pk).first()
        if reset is None:
            raise Http404
        if request.method != "POST" or not self._decides(request, reset):
            raise PermissionDenied
        try:
            done = decide_reset(
                reset=reset,
                grant=request.POST.get("act") == "grant",
                note=request.POST.get("note", ""),
                acting_user=request.user,  # type: ignore[arg-type]
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, str(done.get_state_display()))
        return HttpResponseRedirect(reverse("admin:accounts_factorreset_change", args=[pk]))
