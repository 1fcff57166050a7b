"""Lead-goose secretaries in the admin: the list and a person's history, community secretaries, courses, ratings, awards."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.forms import PaginationInlineFormSet

from enterprises.coverage import Reach
from enterprises.lead_geese import (
    allowance_of,
    columns,
    figures_of,
    hours_needed,
    narrowed,
    secretaries_on,
    story_of,
)
from enterprises.models import (
    CommunitySecretary,
    SecretaryAward,
    SecretaryRating,
    TrainingAttendance,
    TrainingCourse,
)
from enterprises.services.lead_geese import check_attendance, check_award, check_rating
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS, Table
from redprop.common.text import normalise
from redprop.core.admin.base import RegisterAdmin, RegisterInline, districts_of, today_of
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import InForce, choice_filter
from redprop.core.downloads import send
from redprop.core.models import Person
from redprop.core.services.listings import AS_SHOWN, Listing, plain, scope_text, source

SEE = "enterprises.view_secretaryrating"
PERSON = ["person__name", "person__pinyin", "person__code"]
PER_PAGE = 25


def _day(query: QueryDict, today: dt.date) -> dt.date:
    try:
        day = parse_date(query.get("on", ""))
    except ValueError:
        day = None
    return min(day, today) if day else today


class SecretaryPages:
    """Adds the list of secretaries, its file and a person's history."""

    def get_urls(self) -> list[Any]:
        """The addresses in front of the usual ones."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        name = "enterprises_communitysecretary"
        return [
            path("overview/", wrap(self.overview_view), name=f"{name}_overview"),
            path("overview/file.<slug:ending>", wrap(self.overview_file_view), name=f"{name}_overview_file"),
            path("person/<int:pk>/", wrap(self.person_view), name=f"{name}_person"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _reach(self, request: HttpRequest) -> Reach:
        if not request.user.has_perm(SEE) or not districts_of(request):
            raise PermissionDenied
        return Reach(districts_of(request)[0], _day(request.GET, today_of(request)), request.user)  # type: ignore[arg-type]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        """Show who is secretary on a day, with training, rating, awards and allowance."""
        reach = self._reach(request)
        everybody, needed = secretaries_on(reach), hours_needed(reach)
        choice, words = request.GET.get("is", ""), normalise(request.GET.get("q", ""))
        rows = _found(everybody, choice, words, reach, needed)
        allowance = allowance_of(reach, reach.day.year)
        shown = columns(needed, with_allowance=allowance is not None)
        found = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
        query = QueryDict(mutable=True)
        query.update({"on": reach.day.isoformat(), "is": choice, "q": words})
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": gettext("Lead-goose secretaries"),
            "day": reach.day,
            "district": reach.district,
            "figures": figures_of(everybody, reach, needed),
            "choice": choice,
            "words": words,
            "query": query.urlencode(),
            "allowance": allowance,
            "headers": [header for header, _cell in shown],
            "rows": [
                (
                    reverse("admin:enterprises_communitysecretary_person", args=[one.person.pk]),
                    [(header, plain(cell(one))) for header, cell in shown],
                )
                for one in found.object_list
            ],
            "found": found,
        }
        return TemplateResponse(request, "admin/enterprises/secretaries.html", context)

    def overview_file_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        """The list as a file."""
        self._reach(request)
        if ending not in ENDINGS:
            raise Http404
        return send(
            request, secretary_listing(request.user, "secretaries:list", AS_SHOWN, request.GET), ending
        )  # type: ignore[arg-type, no-any-return]

    def person_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what is recorded of a person as secretary."""
        reach = self._reach(request)
        person = Person.objects.for_user(request.user).filter(pk=pk).first()
        if person is None:
            raise Http404
        story = story_of(person, reach)
        if not story.posts:
            raise Http404
        allowance = allowance_of(reach, reach.day.year)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "title": person.name,
            "person": person,
            "day": reach.day,
            "district": reach.district,
            "story": story,
            "needed": hours_needed(reach),
            "allowance": allowance,
            "due": allowance.people.get(person.pk, "") if allowance else "",
            "back": reverse("admin:enterprises_communitysecretary_overview") + f"?on={reach.day}",
        }
        return TemplateResponse(request, "admin/enterprises/secretary.html", context)


def _found(rows: list[Any], choice: str, words: str, reach: Reach, needed: int) -> list[Any]:
    rows = narrowed(rows, choice, reach, needed)
    if words:
        rows = [one for one in rows if words in one.person.name or words in one.place]
    return rows


@source("secretaries")
def secretary_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open the list of secretaries as a table; day, figure and words stand in the address."""
    if not (user.is_active and user.is_staff and user.has_perm(SEE)):
        raise PermissionDenied
    mine = District.objects.for_user(user).order_by("pk").first()
    if mine is None:
        raise PermissionDenied
    if page.partition(":")[2] != "list":
        raise Refused(gettext("This list does not exist any more."), code="no-list")
    reach = Reach(mine, _day(query, business_today(mine)), user)
    needed = hours_needed(reach)
    words = normalise(query.get("q", ""))
    rows = _found(secretaries_on(reach), query.get("is", ""), words, reach, needed)
    shown = columns(needed, with_allowance=allowance_of(reach, reach.day.year) is not None)

    def cells() -> Iterator[list[Any]]:
        for one in rows:
            yield [plain(cell(one)) for _header, cell in shown]

    headers = [str(header) for header, _cell in shown]
    table = Table(gettext("Lead-goose secretaries"), headers, cells(), widths=[18] * len(headers))
    table.above = [
        f"{mine.name}党组织书记“头雁”情况表",
        f"填报单位：{mine.name}　　截止日期：{reach.day:%Y年%-m月%-d日}",
    ]
    told = f"截止日期：{reach.day.isoformat()}"
    return Listing(page, register, mine, table, len(rows), query.urlencode(), told, scope_text(user))


@admin.register(CommunitySecretary)
class CommunitySecretaryAdmin(SecretaryPages, ImportExportMixin, RegisterAdmin):
    """Who is secretary of which community, from when until when."""

    has_district = False
    list_display = ["community", "person", "valid_from", "valid_to"]
    list_select_related = ["community", "person"]
    list_filter = [InForce]
    search_fields = [*PERSON, "community__name"]
    autocomplete_fields = ["person", "community"]
    fields = ["person", "community", "valid_from", "valid_to"]
    list_before_template = "admin/enterprises/secretary_links.html"


class AttendanceFormSet(PaginationInlineFormSet):
    """Each row by somebody who was secretary then, within the hours of the course."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            if form.is_valid() and form.has_changed() and form.instance.person_id:
                try:
                    check_attendance(form.instance)
                except Refused as refused:
                    field = str(refused.fields.get("field"))
                    form.add_error(field if field in form.fields else None, str(refused))


class AttendanceInline(RegisterInline):
    """Who was there, and for how many hours."""

    model = TrainingAttendance
    formset = AttendanceFormSet
    fields = ["person", "hours"]
    autocomplete_fields = ["person"]


@admin.register(TrainingCourse)
class TrainingCourseAdmin(ImportExportMixin, RegisterAdmin):
    """Courses, with who was there."""

    exchanged = ("training-courses", "secretary-training")
    list_display = ["title", "code", "kind", "held_from", "held_to", "hours", "organiser"]
    list_filter = [
        choice_filter("kind", _("kind"), TrainingCourse.Kind.choices),
        ("held_from", RangeDateFilter),
    ]
    search_fields = ["title", "code"]
    fields = ["district", "code", "title", "kind", ("held_from", "held_to"), "hours", "organiser"]
    inlines = [AttendanceInline]


@admin.register(SecretaryRating)
class SecretaryRatingAdmin(ImportExportMixin, RegisterAdmin):
    """The yearly ratings, with their grounds."""

    has_district = False
    list_display = ["person", "year", "grade", "rated_on", "grounds"]
    list_select_related = ["person"]
    list_filter = [
        choice_filter("grade", _("grade"), SecretaryRating.Grade.choices),
        ("rated_on", RangeDateFilter),
    ]
    search_fields = PERSON
    autocomplete_fields = ["person"]
    fields = ["person", "year", "grade", "rated_on", "grounds", "document"]

    def check_register(self, row: SecretaryRating) -> None:
        check_rating(row)


@admin.register(SecretaryAward)
class SecretaryAwardAdmin(RegisterAdmin):
    """Awards, with their grounds."""

    has_district = False
    list_display = ["person", "title", "level", "awarded_on", "withdrawn_on"]
    list_select_related = ["person"]
    list_filter = [
        choice_filter("level", _("level"), SecretaryAward.Level.choices),
        ("awarded_on", RangeDateFilter),
    ]
    search_fields = [*PERSON, "title"]
    autocomplete_fields = ["person"]
    fields = ["person", "title", "level", "awarded_on", "grounds", "document", "withdrawn_on"]
    list_before_template = "admin/core/list_exports.html"

    def check_register(self, row: SecretaryAward) -> None:
        check_award(row)
