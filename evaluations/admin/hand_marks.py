"""Marks by hand: one for a project, a period and an item; entered here or by file until the cut-off."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from evaluations.models import EvaluationPeriod, HandMark
from evaluations.services.hand_marks import closed_sentence, require_mark
from redprop.accounts.clock import business_now
from redprop.common.identifiers import refuse_personal_numbers
from redprop.core.admin.base import RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import row_filter


@admin.register(HandMark)
class HandMarkAdmin(ImportExportMixin, RegisterAdmin):
    """Marks by hand of the periods; read only once the period's cut-off has passed."""

    has_district = False
    list_display = ["period", "project", "item", "mark", "remark", "marked_by"]
    list_select_related = ["period__district", "project", "marked_by"]
    list_filter = [row_filter(EvaluationPeriod, "period", _("evaluation period"))]
    search_fields = ["project__name", "project__code", "item", "remark"]
    autocomplete_fields = ["project"]
    fields = ["period", "project", "item", "mark", "remark"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and closed_sentence(obj.period):
            return False
        return super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "period":
            kwargs["queryset"] = EvaluationPeriod.objects.for_user(request.user).filter(
                state=EvaluationPeriod.State.OPEN
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def check_register(self, row: HandMark) -> None:
        if row.period_id is None or row.mark is None:
            return
        require_mark(period=row.period, item=row.item, mark=row.mark)
        refuse_personal_numbers(row.remark, field=_("what it was given for"))

    def save_register(self, request: HttpRequest, obj: HandMark, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_at = business_now(obj.period.district)
        obj.marked_by = request.user
        obj.save()
