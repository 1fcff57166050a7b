"""Mentors, growth channels with their steps, duties of posts, and the district's numbers of talent work."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.models import Enterprise, GrowthRung, GrowthStep, Mentorship, PostDuty, TalentRule
from enterprises.services.growth import check_growth_step, save_step
from enterprises.services.mentors import check_mentorship, mentor_left, save_mentorship
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter, row_filter


@admin.register(Mentorship)
class MentorshipAdmin(ImportExportMixin, RegisterAdmin):
    """Two mentors of each graduate."""

    has_district = False
    list_display = [
        "person",
        "side",
        "mentor",
        "enterprise",
        "community",
        "valid_from",
        "valid_to",
        "end_reason",
    ]
    list_select_related = ["person", "mentor", "enterprise", "community"]
    list_filter = [
        choice_filter("side", _("side"), Mentorship.Side.choices),
        row_filter(Enterprise, "enterprise", _("enterprise")),
        choice_filter("end_reason", _("why it ended"), Mentorship.End.choices),
        InForce,
    ]
    search_fields = [
        "person__name",
        "person__pinyin",
        "person__code",
        "mentor__name",
        "mentor__pinyin",
        "mentor__code",
    ]
    autocomplete_fields = ["person", "mentor", "community"]
    fields = ["person", "side", "mentor", "community", ("valid_from", "valid_to"), "end_reason"]
    change_form_outer_before_template = "admin/enterprises/mentor_left.html"

    def check_register(self, row: Mentorship) -> None:
        check_mentorship(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_mentorship(row=obj, acting_user=request.user)  # type: ignore[arg-type]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.left_view)
        return [path("<int:pk>/left/", view, name="enterprises_mentorship_left"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the row with the way out for a mentor who has left."""
        row = self.get_object(request, object_id)
        may = row is not None and row.valid_to is None and self.has_change_permission(request, row)
        more = {
            "row": row,
            "may_end": may,
            "mentees": Mentorship.objects.filter(mentor=row.mentor_id, valid_to=None).count() if may else 0,
            "today": today_of(request),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def left_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End everything the mentor of this row does."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).select_related("mentor").filter(pk=pk).first()
        if row is None:
            raise Http404
        try:
            last_day = parse_date(request.POST.get("last_day", ""))
        except ValueError:
            last_day = None
        try:
            if last_day is None or last_day > today_of(request):
                raise Refused(gettext("Enter the mentor's last day, today at the latest."), code="day")
            count = mentor_left(mentor=row.mentor, last_day=last_day, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:enterprises_mentorship_change", args=[pk]))
        messages.success(
            request,
            gettext(
                "Ended for %(count)s graduates. They stand on the worklist until another mentor is named."
            )
            % {"count": count},
        )
        return HttpResponseRedirect(
            reverse("admin:enterprises_partyorganisation_rows", args=["mentored_not"])
        )


@admin.register(GrowthStep)
class GrowthStepAdmin(ImportExportMixin, RegisterAdmin):
    """Dated steps in the three channels."""

    has_district = False
    list_display = ["person", "channel", "rung_title", "reached_on", "document"]
    list_select_related = ["person", "rung"]
    list_filter = [
        choice_filter("rung__channel", _("growth channel"), GrowthRung.Channel.choices),
        ("reached_on", RangeDateFilter),
    ]
    search_fields = ["person__name", "person__pinyin", "person__code", "rung__title"]
    autocomplete_fields = ["person"]
    fields = ["person", "rung", "reached_on", "document"]

    @admin.display(description=_("growth channel"), ordering="rung__channel")
    def channel(self, row: GrowthStep) -> str:
        return row.rung.get_channel_display()

    @admin.display(description=_("rung"), ordering="rung__place")
    def rung_title(self, row: GrowthStep) -> str:
        return row.rung.title

    def check_register(self, row: GrowthStep) -> None:
        check_growth_step(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_step(step=obj, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(GrowthRung)
class GrowthRungAdmin(ImportExportMixin, RegisterAdmin):
    """Rungs of the three channels."""

    list_display = ["channel", "place", "title", "code", "least_months", "valid_from", "valid_to"]
    list_filter = [choice_filter("channel", _("growth channel"), GrowthRung.Channel.choices), InForce]
    search_fields = ["title", "code"]
    fields = [
        "district",
        "channel",
        "place",
        "title",
        "code",
        "least_months",
        "document",
        ("valid_from", "valid_to"),
    ]


@admin.register(PostDuty)
class PostDutyAdmin(ImportExportMixin, RegisterAdmin):
    """Duties of posts by their titles."""

    list_display = ["title", "duties", "document", "valid_from", "valid_to"]
    list_filter = [InForce]
    search_fields = ["title", "duties"]
    fields = ["district", "title", "duties", "document", ("valid_from", "valid_to")]


@admin.register(TalentRule)
class TalentRuleAdmin(RegisterAdmin):
    """The numbers of talent work."""

    list_display = [
        "valid_from",
        "valid_to",
        "document",
        "mentor_months",
        "firm_mentor_most",
        "community_mentor_most",
        "least_age",
    ]
    list_filter = [InForce]
    list_before_template = "admin/core/list_exports.html"
    fields = [
        "district",
        ("valid_from", "valid_to"),
        "document",
        ("mentor_months", "mentor_days"),
        ("firm_mentor_most", "community_mentor_most"),
        "least_age",
    ]
