"""Campus campaigns with their funnel, and offers with their steps up to the hire."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.admin.talent_pages import FunnelPages
from enterprises.models import Campaign, CampusOffer, Enterprise, SchoolClass, ServiceProject
from enterprises.services.campaigns import (
    accept_offer,
    check_campaign,
    check_offer,
    close_offer,
    graduation_of,
    hire,
    namesakes,
    save_offer,
)
from redprop.common.errors import Refused
from redprop.core.admin.base import RegisterAdmin, number_of, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import choice_filter, row_filter
from redprop.core.models import Person


@admin.register(Campaign)
class CampaignAdmin(FunnelPages, ImportExportMixin, RegisterAdmin):
    """Recruiting campaigns at schools."""

    list_display = ["name", "school", "held_from", "held_to", "posts_offered", "offer_count", "code"]
    list_filter = [
        choice_filter("school_class", _("class of school"), SchoolClass.choices),
        ("held_from", RangeDateFilter),
    ]
    search_fields = ["name", "school", "code"]
    fields = [
        "district",
        "code",
        "name",
        ("school", "school_class"),
        ("held_from", "held_to"),
        "posts_offered",
        "document",
    ]
    list_before_template = "admin/enterprises/talent_links.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(offers_made=number_of(CampusOffer, "campaign"))

    @admin.display(description=_("offers made"))
    def offer_count(self, row: Any) -> int:
        return row.offers_made

    def check_register(self, row: Campaign) -> None:
        check_campaign(row)


@admin.register(CampusOffer)
class CampusOfferAdmin(ImportExportMixin, RegisterAdmin):
    """Offers: made, answered, and taken up in one step."""

    has_district = False
    list_display = [
        "who",
        "campaign",
        "enterprise",
        "degree",
        "title",
        "made_on",
        "state",
        "started_on",
        "code",
    ]
    list_select_related = ["campaign", "enterprise", "person"]
    list_filter = [
        choice_filter("state", _("state"), CampusOffer.State.choices),
        row_filter(Campaign, "campaign", _("campus recruiting campaign")),
        row_filter(Enterprise, "enterprise", _("enterprise")),
        ("made_on", RangeDateFilter),
    ]
    search_fields = ["code", "candidate", "person__name", "person__pinyin", "person__code", "campaign__name"]
    autocomplete_fields = ["campaign", "enterprise"]
    fields = [
        "campaign",
        "enterprise",
        "candidate",
        ("degree", "kind"),
        "title",
        ("made_on", "answer_by"),
    ]
    change_form_outer_before_template = "admin/enterprises/offer.html"

    @admin.display(description=_("candidate"), ordering="person__pinyin")
    def who(self, row: CampusOffer) -> str:
        if row.person is not None:
            return row.person.name
        return row.candidate or gettext("(not kept)")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once answered, an offer goes on by its steps alone."""
        if obj is None or obj.state == CampusOffer.State.MADE:
            return []
        return ["campaign", "enterprise", "degree", "kind", "title", "made_on", "answer_by"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        if obj is not None and obj.state != CampusOffer.State.MADE:
            return [name for name in fields if name != "candidate"]
        return fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def check_register(self, row: CampusOffer) -> None:
        check_offer(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_offer(offer=obj, acting_user=request.user)  # type: ignore[arg-type]

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.step_view)
        return [path("<int:pk>/step/", view, name="enterprises_campusoffer_step"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the offer with the steps that come next."""
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {"row": row}
        if row is not None and self.has_change_permission(request, row):
            more |= {
                "may_step": row.state in (CampusOffer.State.MADE, CampusOffer.State.ACCEPTED),
                "namesakes": namesakes(row) if row.state == CampusOffer.State.MADE else [],
                "projects": ServiceProject.objects.filter(
                    enterprise=row.enterprise_id, ended_on=None
                ).order_by("code"),
                "graduated_on": graduation_of(row),
                "today": today_of(request),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take one step: accept, decline, no answer, never started, or hire."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        try:
            told = self._step(request, row)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, told)
        return HttpResponseRedirect(reverse("admin:enterprises_campusoffer_change", args=[pk]))

    def _step(self, request: HttpRequest, row: CampusOffer) -> str:
        data, user = request.POST, request.user
        day = _day(data.get("day", ""))
        step = data.get("step", "")
        if step == "accept":
            chosen = data.get("person", "")
            person = Person.objects.for_user(user).filter(pk=chosen).first() if chosen.isdigit() else None
            accepted = accept_offer(
                offer=row,
                answered_on=day,
                acting_user=user,  # type: ignore[arg-type]
                person=person,
                is_new=chosen == "new",
            )
            return gettext("%(person)s has accepted. On the first day in post record the hire here.") % {
                "person": accepted.person
            }
        if step == "hire":
            project = data.get("project", "")
            post = hire(
                offer=row,
                started_on=day,
                acting_user=user,  # type: ignore[arg-type]
                project=ServiceProject.objects.filter(pk=project, enterprise=row.enterprise_id).first()
                if project.isdigit()
                else None,
                graduated_on=_day(data.get("graduated_on", "")),
            )
            return gettext(
                "%(person)s is in post at %(enterprise)s from %(day)s on. Next: name the two mentors within a month."
            ) % {"person": post.person, "enterprise": post.enterprise, "day": day.isoformat()}
        if step not in CampusOffer.State.values:
            raise PermissionDenied
        closed = close_offer(
            offer=row,
            state=step,
            answered_on=day,
            acting_user=user,  # type: ignore[arg-type]
            reason=data.get("reason", "").strip(),
        )
        return gettext("Recorded: %(state)s.") % {"state": closed.get_state_display()}


def _day(text: str) -> Any:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Refused(gettext("Enter the day, such as 2026-07-01."), code="day", field="day")
    return day
