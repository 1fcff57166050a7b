"""Party development, for the organisation department alone; not there at all where PARTY_DEVELOPMENT is off."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminSingleDateWidget

from enterprises.models import PartyStage, StageRule
from enterprises.services.development import check_stage, save_stage, steps_due
from redprop.core.admin.base import RegisterAdmin, RegisterForm, districts_of, today_of
from redprop.core.admin.filters import InForce, choice_filter


class Kept:
    """Pages of this part; switched off they answer nobody."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_module_permission(request)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_add_permission(request)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return settings.PARTY_DEVELOPMENT and super().has_change_permission(request, obj)  # type: ignore[misc]


class DueFilter(DropdownFilter):
    """Whose next step is due."""

    title = _("next step")
    parameter_name = "next"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", _("due soon or overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "due":
            return queryset
        day = today_of(request)
        keys = [row.pk for one in districts_of(request) for row, _next, _due in steps_due(one, day)]
        return queryset.filter(pk__in=keys)


class StageBaseForm(RegisterForm):
    """Asks for the day of birth where the ID number is not known. It is looked at once and not kept."""

    born_on = forms.DateField(
        label=_("day of birth"),
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("Only for applicants without a recorded ID number: to check the age. It is not kept."),
    )

    def clean(self) -> Any:
        """Hand the day on to the check of the row."""
        found = super().clean()
        self.instance.born_on = self.cleaned_data.get("born_on")
        return found


class PartyStageAdmin(Kept, RegisterAdmin):
    """Stages on the way into the party."""

    has_district = False
    list_display = ["person", "stage", "valid_from", "valid_to"]
    list_select_related = ["person"]
    list_filter = [DueFilter, choice_filter("stage", _("stage"), PartyStage.Stage.choices), InForce]
    search_fields = ["person__name", "person__pinyin"]
    autocomplete_fields = ["person"]
    form = StageBaseForm
    fields = ["person", "stage", "valid_from", "valid_to", "extension_months", "born_on"]
    list_before_template = "admin/core/list_exports.html"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form that leaves overlaps to the service: a new step ends the stage before."""
        form = super().get_form(request, obj, change, **kwargs)

        class StageForm(form):  # type: ignore[misc, valid-type]
            def _post_clean(self) -> None:
                found = [
                    (model, [one for one in rules if not isinstance(one, ExclusionConstraint)])
                    for model, rules in self.instance.get_constraints()
                ]
                self.instance.get_constraints = lambda: found
                try:
                    super()._post_clean()
                finally:
                    del self.instance.get_constraints

        return StageForm

    def check_register(self, row: PartyStage) -> None:
        check_stage(row, getattr(row, "born_on", None))

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_stage(row=obj, acting_user=request.user, born_on=obj.born_on)  # type: ignore[arg-type]


class StageRuleAdmin(Kept, RegisterAdmin):
    """How long each stage lasts at least, and when the next step is due."""

    list_display = [
        "stage",
        "least_months",
        "due_months",
        "remind_days",
        "least_age",
        "valid_from",
        "valid_to",
    ]
    list_filter = [InForce]
    fields = [
        "district",
        "stage",
        "least_months",
        "due_months",
        "remind_days",
        "least_age",
        "document",
        "valid_from",
        "valid_to",
    ]
    list_before_template = "admin/core/list_exports.html"


if settings.PARTY_DEVELOPMENT:
    admin.site.register(PartyStage, PartyStageAdmin)
    admin.site.register(StageRule, StageRuleAdmin)
