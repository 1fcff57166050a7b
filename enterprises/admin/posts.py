"""Posts of persons at enterprises, and graduates."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.admin.talent_pages import RetentionPages
from enterprises.models import Enterprise, Graduate, Post, SchoolClass
from enterprises.services.posts import check_post, save_post
from enterprises.services.talent_rules import check_graduate
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
        choice_filter("end_reason", _("why it ended"), Post.End.choices),
        InForce,
    ]
    search_fields = ["person__name", "person__pinyin", "person__code", "title"]
    autocomplete_fields = ["person", "enterprise", "project"]
    fields = ["person", "enterprise", "project", "kind", "title", ("valid_from", "valid_to"), "end_reason"]

    def check_register(self, row: Post) -> None:
        check_post(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_post(post=obj, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(Graduate)
class GraduateAdmin(RetentionPages, ImportExportMixin, RegisterAdmin):
    """Graduates (大学生) in the trade."""

    has_district = False
    list_before_template = "admin/enterprises/talent_links.html"
    list_display = ["person", "degree", "school", "graduated_on", "is_programme_recruit", "recruited_on"]
    list_select_related = ["person"]
    list_filter = [
        choice_filter("degree", _("degree"), Graduate.Degree.choices),
        choice_filter("school_class", _("class of school"), SchoolClass.choices),
        "is_programme_recruit",
        ("recruited_on", RangeDateFilter),
    ]
    search_fields = ["person__name", "person__pinyin", "person__code", "school"]
    autocomplete_fields = ["person"]
    fields = [
        "person",
        "degree",
        ("school", "school_class"),
        "graduated_on",
        ("is_programme_recruit", "recruited_on"),
    ]

    def check_register(self, row: Graduate) -> None:
        check_graduate(row)
