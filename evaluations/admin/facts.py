"""Facts entered for the evaluation: inspections with their marks, survey answers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from communities.models import ServiceAssignment
from evaluations.models import Inspection, InspectionMark, SurveyAnswer
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterInline
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter


class MarkInline(RegisterInline):
    """Marks of one inspection."""

    model = InspectionMark
    fields = ["scheme", "item", "mark", "full_mark", "finding"]


@admin.register(Inspection)
class InspectionAdmin(ImportExportMixin, RegisterAdmin):
    """On-site inspections, attributed to the project that serves the compound that day."""

    exchanged = ("inspections", "guarantee-marks")
    has_district = False
    list_display = ["inspected_on", "compound", "project", "inspector", "state", "is_second"]
    list_select_related = ["compound", "project", "inspector"]
    list_filter = [
        ("inspected_on", RangeDateFilter),
        choice_filter("state", _("state"), Inspection.State.choices),
        "is_second",
    ]
    search_fields = ["compound__name", "compound__pinyin", "project__name", "project__code"]
    autocomplete_fields = ["compound", "project"]
    fields = ["compound", "project", "inspected_on", "inspector", "state"]
    inlines = [MarkInline]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An inspector changes the own inspections alone; what a task decided stays for everybody (see the trigger)."""
        if not super().has_change_permission(request, obj):
            return False
        only_inspects = Role.EVALUATOR not in request.user.roles and not request.user.is_superuser
        return obj is None or not only_inspects or obj.inspector_id == request.user.pk

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_readonly_fields(request, obj)
        return [*found, "compound", "inspector", "state"] if obj is not None and obj.task_id else found

    def check_register(self, row: Inspection) -> None:
        require_served(row.project_id, row.compound_id, row.inspected_on)


def require_served(project_id: int | None, compound_id: int | None, day: Any) -> None:
    """Raise Refused when the project does not serve the compound on that day."""
    if project_id is None or compound_id is None or day is None:
        return
    serving = ServiceAssignment.objects.on(day).filter(compound=compound_id, contract__project=project_id)
    if not serving.exists():
        raise Refused(
            _(
                "This project does not serve this compound on that day. Choose the project whose contract covers it."
            ),
            code="not-serving",
            field="project",
        )


@admin.register(SurveyAnswer)
class SurveyAnswerAdmin(ImportExportMixin, ReadOnly, RegisterAdmin):
    """Survey answers: read only, and never with a household's token."""

    has_district = False
    list_display = ["answered_on", "project", "compound", "score", "channel", "is_valid"]
    list_select_related = ["project", "compound"]
    list_filter = [
        ("answered_on", RangeDateFilter),
        choice_filter("channel", _("channel"), SurveyAnswer.Channel.choices),
        "is_valid",
    ]
    search_fields = ["project__name", "compound__name"]
    fields = ["answered_on", "project", "compound", "score", "is_satisfied", "channel", "is_valid"]
