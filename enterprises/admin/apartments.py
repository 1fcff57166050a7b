"""Talent apartments in the admin: units, leases, the waiting list with its steps, and the rules."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

from enterprises.admin.apartment_pages import ApartmentPages
from enterprises.apartment_rules import last_day_of_term
from enterprises.apartments import explained, opened
from enterprises.coverage import Reach
from enterprises.models import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentPause,
    ApartmentRule,
    Post,
    TalentApartment,
)
from enterprises.services.apartments import (
    accept_offer,
    apply_for_apartment,
    check_apartment,
    check_application,
    decline_offer,
    end_application,
    end_lease,
    offer_apartment,
    renew_lease,
    terms_on,
    waiting_on,
)
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused
from redprop.core.admin.base import DatedInline, ReadOnly, RegisterAdmin
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, InForce, choice_filter

PERSON = ["person__name", "person__pinyin", "person__code"]


class StepsMixin:
    """Adds `<pk>/step/<act>/`: each act of `acts` calls a service; a refusal is shown as a sentence."""

    acts: dict[str, Any] = {}

    def get_urls(self) -> list[Any]:
        meta = self.model._meta  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.step_view)  # type: ignore[attr-defined]
        name = f"{meta.app_label}_{meta.model_name}_step"
        return [path("<int:pk>/step/<slug:act>/", view, name=name), *super().get_urls()]  # type: ignore[misc]

    def step_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Do one step and come back to the row."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()  # type: ignore[attr-defined]
        if row is None or act not in self.acts:
            raise Http404
        if request.method != "POST":
            raise PermissionDenied
        meta = self.model._meta  # type: ignore[attr-defined]
        try:
            done = self.acts[act](request, row)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(
            reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
        )


def _day(request: HttpRequest, name: str) -> Any:
    try:
        day = parse_date(request.POST.get(name, ""))
    except ValueError:
        day = None
    if day is None:
        raise Refused(gettext("Enter the day in full: year, month and day."), code="no-day", field=name)
    return day


class PauseInline(DatedInline):
    """Days on which the unit cannot be let."""

    model = ApartmentPause
    fields = ["reason", "valid_from", "valid_to"]


class LetFilter(DayFilter):
    """Units by what they are today."""

    title = _("state")
    parameter_name = "is"
    conditions = [
        ("let", _("let"), lambda rows, day: _units(rows, day, let=True)),
        ("free", _("free"), lambda rows, day: _units(rows, day, let=False)),
    ]


def _units(rows: Any, day: Any, *, let: bool) -> Any:
    leases = ApartmentLease.objects.on(day).values("apartment")
    if let:
        return rows.filter(pk__in=leases)
    pauses = ApartmentPause.objects.on(day).values("apartment")
    return rows.kept_on(day).exclude(pk__in=leases).exclude(pk__in=pauses)


@admin.register(TalentApartment)
class TalentApartmentAdmin(ApartmentPages, ImportExportMixin, RegisterAdmin):
    """The units."""

    list_display = ["code", "address", "community", "rooms", "rent", "available_from", "withdrawn_on"]
    list_select_related = ["community"]
    list_filter = [LetFilter]
    search_fields = ["code", "address", "community__name"]
    autocomplete_fields = ["community"]
    fields = [
        "district",
        "code",
        "community",
        "address",
        "rooms",
        "floor_area",
        "rent",
        "market_rent",
        "available_from",
        "withdrawn_on",
    ]
    inlines = [PauseInline]
    list_before_template = "admin/enterprises/apartment_links.html"

    def check_register(self, row: TalentApartment) -> None:
        check_apartment(row)


@admin.register(ApartmentLease)
class ApartmentLeaseAdmin(StepsMixin, ReadOnly, ImportExportMixin, RegisterAdmin):
    """Who lives where. Leases begin with an accepted offer or come from a file; they end by a step."""

    has_district = False
    list_display = ["person", "apartment", "valid_from", "valid_to", "rent", "is_longer", "end_reason"]
    list_select_related = ["person", "apartment"]
    list_filter = [InForce, ("valid_to", RangeDateFilter), "is_longer"]
    search_fields = [*PERSON, "apartment__code", "apartment__address"]
    fields = [
        "person",
        "apartment",
        "valid_from",
        "valid_to",
        "agreed_to",
        "rent",
        "is_longer",
        "end_reason",
    ]
    change_form_outer_before_template = "admin/enterprises/lease.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acts = {"end": self._end, "renew": self._renew}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {"lease": None}
        if row is not None:
            today = business_today(row.apartment.district)
            terms = terms_on(row.apartment.district, row.valid_to)
            posts = Post.objects.filter(person=row.person_id, enterprise__district=row.apartment.district)
            left = None if posts.on(today).exists() else posts.order_by("-valid_to").first()
            earlier = [one for one in row.person.apartment_leases.all() if one.is_longer]
            months = terms.longer_months
            more = {
                "lease": row,
                "running": row.valid_from <= today <= row.valid_to and not row.end_reason,
                "today": today,
                "left": left,
                "leave_days": terms.leave_days,
                "ends": ApartmentLease.End.choices,
                "months": months,
                "rent": row.apartment.market_rent or row.apartment.rent,
                "may_renew": not row.is_longer and not earlier and left is None,
                "last": last_day_of_term(row.valid_to, [], terms, is_longer=True),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @staticmethod
    def _end(request: HttpRequest, row: ApartmentLease) -> str:
        done = end_lease(
            lease=row,
            on=_day(request, "on"),
            reason=request.POST.get("reason", ""),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return gettext("The lease ends on %(day)s. The unit is free from the day after.") % {
            "day": done.valid_to
        }

    @staticmethod
    def _renew(request: HttpRequest, row: ApartmentLease) -> str:
        made = renew_lease(lease=row, valid_to=_day(request, "valid_to"), acting_user=request.user)  # type: ignore[arg-type]
        return gettext("Let on to the same tenant until %(day)s.") % {"day": made.valid_to}


@admin.register(ApartmentApplication)
class ApartmentApplicationAdmin(StepsMixin, RegisterAdmin):
    """The waiting list: an application shows its place, why, and the step that comes next."""

    has_district = False
    list_display = ["person", "applied_on", "rooms", "state", "ended_on"]
    list_select_related = ["person"]
    list_filter = [choice_filter("state", _("state"), ApartmentApplication.State.choices)]
    search_fields = PERSON
    autocomplete_fields = ["person"]
    fields = ["person", "applied_on", "rooms"]
    change_form_outer_before_template = "admin/enterprises/application.html"
    list_before_template = "admin/core/list_exports.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acts = {
            "offer": self._offer,
            "accept": self._accept,
            "decline": self._decline,
            "withdraw": self._withdraw,
            "strike": self._strike,
        }

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An application is changed by its steps alone."""
        return False

    def check_register(self, row: ApartmentApplication) -> None:
        check_application(row)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made = apply_for_apartment(
            person=obj.person,
            applied_on=obj.applied_on,
            rooms=obj.rooms,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        obj.pk, obj._state.adding = made.pk, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        more = self._panel(request, row) if row is not None else {"application": None}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def _panel(self, request: HttpRequest, row: ApartmentApplication) -> dict[str, Any]:
        district = row.person.district
        today = business_today(district)
        terms = terms_on(district, today)
        found: dict[str, Any] = {
            "application": row,
            "today": today,
            "offers": row.offers.select_related("apartment"),
            "waits": row.state == ApartmentApplication.State.WAITING,
            "terms": terms,
        }
        if found["waits"]:
            order = waiting_on(district, today)
            mine = next((one for one in order if one.who.key == row.pk), None)
            open_offer = row.offers.filter(state=ApartmentOffer.State.OPEN).first()
            _figure, free = opened("free", Reach(district, today, request.user))  # type: ignore[arg-type]
            found |= {
                "mine": mine,
                "count": len(order),
                "explained": explained(mine.points) if mine else "",
                "offer": open_offer,
                "free": [one for one in free if one.rooms >= row.rooms]
                + [one for one in free if one.rooms < row.rooms],
                "last": last_day_of_term(today, [], terms, is_longer=False),
            }
        return found

    @staticmethod
    def _open(row: ApartmentApplication) -> ApartmentOffer:
        offer = row.offers.filter(state=ApartmentOffer.State.OPEN).first()
        if offer is None:
            raise Refused(gettext("There is no offer to answer. Load the page again."), code="no-offer")
        return offer

    def _offer(self, request: HttpRequest, row: ApartmentApplication) -> str:
        chosen = request.POST.get("apartment", "")
        units = TalentApartment.objects.for_user(request.user)
        unit = units.filter(pk=chosen).first() if chosen.isdigit() else None
        if unit is None:
            raise Refused(gettext("Choose one of the free units."), code="no-unit", field="apartment")
        made = offer_apartment(
            application=row,
            apartment=unit,
            passed_over=request.POST.get("passed_over", ""),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return gettext("%(unit)s is offered. The answer is expected by %(day)s.") % {
            "unit": unit.code,
            "day": made.answer_by,
        }

    def _accept(self, request: HttpRequest, row: ApartmentApplication) -> str:
        lease = accept_offer(
            offer=self._open(row),
            valid_from=_day(request, "valid_from"),
            valid_to=_day(request, "valid_to") if request.POST.get("valid_to") else None,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return gettext("Let from %(first)s to %(last)s.") % {
            "first": lease.valid_from,
            "last": lease.valid_to,
        }

    def _decline(self, request: HttpRequest, row: ApartmentApplication) -> str:
        decline_offer(
            offer=self._open(row),
            reason=request.POST.get("reason", ""),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return gettext("Recorded as declined. The unit is free again.")

    @staticmethod
    def _withdraw(request: HttpRequest, row: ApartmentApplication) -> str:
        end_application(application=row, struck=False, acting_user=request.user)  # type: ignore[arg-type]
        return gettext("The application is withdrawn.")

    @staticmethod
    def _strike(request: HttpRequest, row: ApartmentApplication) -> str:
        end_application(
            application=row,
            struck=True,
            reason=request.POST.get("reason", ""),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return gettext("The application is struck from the list.")


@admin.register(ApartmentOffer)
class ApartmentOfferAdmin(ReadOnly, RegisterAdmin):
    """Offers with the place in the order of that day; made and answered on the application's page."""

    has_district = False
    list_display = ["apartment", "person_name", "offered_on", "answer_by", "place", "waiting", "state"]
    list_select_related = ["apartment", "application__person"]
    list_filter = [choice_filter("state", _("state"), ApartmentOffer.State.choices)]
    search_fields = ["apartment__code", "application__person__name", "application__person__pinyin"]
    fields = [
        "person_name",
        "apartment",
        "offered_on",
        "answer_by",
        "place",
        "waiting",
        "points_then",
        "passed_over",
        "state",
        "answered_on",
        "reason",
    ]
    readonly_fields = ["person_name", "points_then"]
    list_before_template = "admin/core/list_exports.html"

    @admin.display(description=_("person"))
    def person_name(self, row: ApartmentOffer) -> str:
        return row.application.person.name

    @admin.display(description=_("points of that day"))
    def points_then(self, row: ApartmentOffer) -> str:
        return explained(row.grounds.get("points", ())) if row.grounds else "—"


@admin.register(ApartmentRule)
class ApartmentRuleAdmin(RegisterAdmin):
    """Terms and order as dated data."""

    list_display = ["valid_from", "valid_to", "document", "order", "first_months", "longer_months"]
    list_filter = [InForce]
    list_before_template = "admin/core/list_exports.html"
    fieldsets = [
        (None, {"fields": ["district", "valid_from", "valid_to", "document"]}),
        (
            _("Terms"),
            {"fields": ["graduated_years", "first_months", "longer_months", "leave_days", "warn_days"]},
        ),
        (
            _("Waiting list"),
            {
                "fields": [
                    "order",
                    "points_programme",
                    "points_doctor",
                    "points_master",
                    "points_bachelor",
                    "points_month",
                    "answer_days",
                    "declines_most",
                ]
            },
        ),
    ]
