"""Posts of persons at enterprises, and graduates."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.models import Enterprise, Graduate, Post
from enterprises.services.enterprises import check_project_of_enterprise
from redprop.core.admin.base import RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter


@admin.register(Post)
class PostAdmin(ImportExportMixin, RegisterAdmin):
    """Who works where, from when until when."""

    has_district = False
    list_display = ["person", "kind", "title", "enterprise", "project", "valid_from", "valid_to"]
    list_select_related = ["person", "enterprise", "project"]
    list_filter = [
        row_filter(Enterprise, "enterprise", _("enterprise")),
        choice_filter("kind", _("kind"), Post.Kind.choices),
        InForce,
    ]
    search_fields = ["person__name", "person__pinyin", "person__code", "title"]
    autocomplete_fields = ["person", "enterprise", "project"]
    fields = ["person", "enterprise", "project", "kind", "title", "valid_from", "valid_to"]

    def check_register(self, row: Post) -> None:
        check_project_of_enterprise(row)


@admin.register(Graduate)
class GraduateAdmin(ImportExportMixin, RegisterAdmin):
    """Graduates (大学生) in the trade."""

    has_district = False
    list_display = ["person", "degree", "graduated_on", "is_programme_recruit", "recruited_on"]
    list_select_related = ["person"]
    list_filter = [
        choice_filter("degree", _("degree"), Graduate.Degree.choices),
        "is_programme_recruit",
        ("recruited_on", RangeDateFilter),
    ]
    search_fields = ["person__name", "person__pinyin", "person__code", "school"]
    autocomplete_fields = ["person"]
    fields = ["person", "degree", "school", "graduated_on", "is_programme_recruit", "recruited_on"]
