"""Posts of persons at enterprises, and graduates."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.admin.talent_pages import RetentionPages
from enterprises.models import Enterprise, Graduate, Post, SchoolClass
from enterprises.services.mentors import mentor_present
from enterprises.services.posts import check_post, end_post, save_post
from enterprises.services.talent_rules import check_graduate
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, today_of
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
    change_form_outer_before_template = "admin/enterprises/graduate.html"
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

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.leave_view)
        return [path("<int:pk>/leave/", view, name="enterprises_graduate_leave"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show posts, mentors and steps beside the degree, and the way out for who has left."""
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {"row": row}
        if row is not None:
            posts = list(row.person.posts.select_related("enterprise").order_by("-valid_from"))
            more |= {
                "posts": posts,
                "mentors": [
                    (one, one.valid_to is None and not mentor_present(one, today_of(request)))
                    for one in row.person.mentorships.select_related(
                        "mentor", "enterprise", "community"
                    ).order_by("-valid_from")
                ],
                "steps": row.person.growth_steps.select_related("rung").order_by("-reached_on"),
                "open_post": next((post for post in posts if post.valid_to is None), None),
                "reasons": [one for one in Post.End.choices if one[0] != Post.End.CHANGED],
                "may_end": request.user.has_perm("enterprises.change_post"),
                "today": today_of(request),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the open post with its reason; mentorships end with it."""
        if request.method != "POST" or not request.user.has_perm("enterprises.change_post"):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        post = Post.objects.filter(person=row.person_id, valid_to=None).first() if row else None
        if row is None or post is None:
            raise Http404
        try:
            last_day = parse_date(request.POST.get("last_day", ""))
        except ValueError:
            last_day = None
        reason = request.POST.get("reason", "")
        try:
            if last_day is None or reason not in Post.End.values:
                raise Refused(gettext("Enter the last day and the reason."), code="day")
            end_post(post=post, last_day=last_day, end_reason=reason, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, gettext("The post has ended."))
        return HttpResponseRedirect(reverse("admin:enterprises_graduate_change", args=[pk]))
