"""The district's message gateway, and what was sent out by which channel."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin
from redprop.core.admin.filters import choice_filter
from redprop.core.models import Channel, Delivery, Gateway
from redprop.core.services.delivery import check_address, set_gateway


class GatewayForm(forms.ModelForm):
    """The secret is typed, never shown again."""

    url = forms.URLField(label=_("address"), max_length=300, assume_scheme="https")
    new_secret = forms.CharField(
        label=_("secret for signatures"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Left empty, the stored one stays."),
    )

    class Meta:
        model = Gateway
        fields = ["district", "url", "is_active"]

    def clean(self) -> dict[str, Any]:
        """Refuse an address that is not encrypted, and a first secret left out."""
        found = super().clean() or {}
        try:
            check_address(found.get("url", ""))
        except Refused as refused:
            self.add_error("url", str(refused))
        if not self.instance.secret and not found.get("new_secret"):
            self.add_error("new_secret", _("Secret: enter the text that both sides know."))
        return found


@admin.register(Gateway)
class GatewayAdmin(RegisterAdmin):
    """The message gateway (WeChat, SMS)."""

    form = GatewayForm
    list_display = ["district", "url", "is_active"]
    fields = ["district", "url", "new_secret", "is_active"]

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        """Keep it through the service, which encrypts the secret."""
        kept = set_gateway(
            district=obj.district,
            url=obj.url,
            secret=form.cleaned_data["new_secret"],
            is_active=obj.is_active,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.pk = kept.pk


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, RegisterAdmin):
    """Messages sent out: to whom, when, and why one did not arrive. Their words are not shown here."""

    has_district = False
    list_display = ["user", "channel", "state", "attempts", "sent_at", "error"]
    list_select_related = ["user"]
    list_filter = [
        choice_filter("state", _("state"), Delivery.State.choices),
        choice_filter("channel", _("channel"), Channel.choices),
    ]
    search_fields = ["user__username", "user__full_name"]
    exclude = ["notices"]
