"""Outlines of districts: coordinates outside are refused, in forms and imports."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from communities.models import DistrictOutline
from communities.services.outlines import save_outline
from redprop.core.admin.base import RegisterAdmin, RegisterForm


class RingField(forms.CharField):
    """Corners, one a line: longitude, latitude."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 12})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{x}, {y}" for x, y in value)
        return value

    def to_python(self, value: Any) -> Any:
        corners = []
        for number, line in enumerate(super().to_python(value).splitlines(), 1):
            parts = line.replace("，", ",").replace("\t", ",").replace(",", " ").split()
            if not parts:
                continue
            try:
                x, y = (round(float(part), 6) for part in parts)
            except ValueError:
                raise ValidationError(
                    _(
                        "Line %(number)s is not a corner. Write longitude and latitude, such as 114.30, 30.62."
                    ),
                    params={"number": number},
                ) from None
            corners.append([x, y])
        return corners

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class OutlineForm(RegisterForm):
    """The corners as lines instead of JSON."""

    ring = RingField(
        label=_("corners"),
        help_text=_(
            "One corner a line, in order round the district: longitude, latitude. The last need not repeat the first."
        ),
    )

    class Meta:
        model = DistrictOutline
        fields = "__all__"


@admin.register(DistrictOutline)
class DistrictOutlineAdmin(RegisterAdmin):
    """One outline a district and day; a new one ends the one before."""

    form = OutlineForm
    list_display = ["source", "valid_from", "valid_to", "datum", "corners", "tolerance"]
    readonly_fields = ["drawing"]
    fields = ["district", "source", "valid_from", "valid_to", "datum", "tolerance", "ring", "drawing"]
    exported_besides = ("ring",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("district")

    @admin.display(description=_("number of corners"))
    def corners(self, outline: DistrictOutline) -> int:
        return len(outline.ring)

    @admin.display(description=_("drawing"))
    def drawing(self, outline: DistrictOutline) -> SafeString | str:
        if not outline.pk or not outline.ring:
            return "—"
        xs, ys = [float(x) for x, _y in outline.ring], [float(y) for _x, y in outline.ring]
        size = max(max(xs) - min(xs), max(ys) - min(ys)) or 1
        points = " ".join(
            f"{(float(x) - min(xs)) / size * 300:.1f},{(max(ys) - float(y)) / size * 300:.1f}"
            for x, y in outline.ring
        )
        return mark_safe(
            '<svg class="outline-drawing" viewBox="-5 -5 310 310" role="img" aria-label="">'
            f'<polygon points="{points}" fill="#fbe5e5" stroke="#b8161c" stroke-width="2"/></svg>'
        )

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_outline(outline=obj, acting_user=request.user)
