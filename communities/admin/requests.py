"""Terms of answer and keys of the signed interface. The ledger itself is in `work`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from communities.models import InterfaceKey, RequestTerm, ResidentRequest, Urgency
from communities.services.interface_keys import end_key, issue_key
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin
from redprop.core.admin.filters import choice_filter


@admin.register(RequestTerm)
class RequestTermAdmin(RegisterAdmin):
    """Within how many working days requests are answered; without any term the sample holds."""

    list_display = ["urgency", "category_name", "workdays", "valid_from", "valid_to", "document"]
    list_filter = [
        choice_filter("urgency", _("urgency"), Urgency.choices),
        choice_filter("category", _("category"), ResidentRequest.Category.choices),
    ]

    @admin.display(description=_("category"), ordering="category")
    def category_name(self, term: RequestTerm) -> str:
        return term.get_category_display() if term.category else str(_("every category"))


class KeyForm(forms.ModelForm):
    """A new key has a platform, a key in use only its end."""

    class Meta:
        model = InterfaceKey
        fields = ["district", "client", "ends_at"]


@admin.register(InterfaceKey)
class InterfaceKeyAdmin(RegisterAdmin):
    """Keys of connected platforms. The secret is shown once, when the key is made."""

    form = KeyForm
    list_display = ["client", "key_id", "starts_at", "ends_at", "recorded_by"]
    search_fields = ["client", "key_id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["district", "client", "key_id", "starts_at", "ends_at"] if obj else ["district", "client"]
        return self._without_district(request, fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["district", "client", "key_id", "starts_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: InterfaceKey, form: Any, change: bool) -> None:
        """Issue a key, or end one, through the services."""
        if change:
            if "ends_at" in form.changed_data:
                self._end(request, obj)
            return
        key, secret = issue_key(
            district=obj.district,
            client=obj.client,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.pk, obj.key_id = key.pk, key.key_id
        messages.warning(
            request,
            _("Key id: %(key)s. Secret, shown only now: %(secret)s. Hand both over on a safe way.")
            % {"key": key.key_id, "secret": secret},
        )

    def _end(self, request: HttpRequest, obj: InterfaceKey) -> None:
        try:
            end_key(key=obj, ends_at=obj.ends_at, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
