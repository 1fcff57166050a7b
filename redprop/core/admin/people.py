"""Persons: ID numbers are typed in, kept encrypted, shown masked, and opened for a purpose that is logged."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminTextInputWidget

from redprop.common.documents import as_docx
from redprop.common.errors import Refused
from redprop.common.identifiers import check_resident_id
from redprop.core.admin.base import ReadOnly, RegisterAdmin, RegisterForm
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.person_doubles import PersonDoubles
from redprop.core.downloads import download
from redprop.core.models import NumberOpening, Person
from redprop.core.services.people import (
    check_born,
    hash_id_number,
    masked_id_number,
    open_id_number,
    save_person,
)
from redprop.core.services.person_data import collect, paper


class PersonForm(RegisterForm):
    """A person with a field for the ID number, which is never shown again in full."""

    id_number = forms.CharField(
        label=_("ID number"),
        required=False,
        max_length=30,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("Stored encrypted. Leave empty to keep the number that is recorded."),
    )

    def clean_id_number(self) -> str:
        number = self.cleaned_data["id_number"].strip()
        if not number:
            return ""
        try:
            return check_resident_id(number)
        except Refused as refused:
            raise ValidationError(str(refused)) from None

    def check_row(self, row: Person) -> None:
        super().check_row(row)
        number = self.cleaned_data.get("id_number")
        if not number:
            return
        check_born(row, number)
        same = Person.objects.filter(
            district=row.district_id, id_number_hash=hash_id_number(number), merged_into=None
        ).exclude(pk=row.pk)
        if same.exists():
            raise Refused(
                _("A person with this ID number is already recorded. Use that record."), field="id_number"
            )


@admin.register(Person)
class PersonAdmin(PersonDoubles, ImportExportMixin, RegisterAdmin):
    """Persons who hold a post. Residents are never recorded. Records merged into another are left out."""

    form = PersonForm
    list_before_template = "admin/core/person_links.html"
    exchanged = ("people", "people-id-numbers")
    list_display = ["name", "code", "work_phone", "has_number"]
    search_fields = ["name", "pinyin", "code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(merged_into=None)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with a link to possible doubles for those who may merge."""
        may = request.user.has_perms(["core.change_person", "core.add_distinctpersons"])
        more = {"doubles_url": reverse("admin:core_person_doubles") if may else ""}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["district", "code", "name", "work_phone"]
        if obj is not None:
            fields.append("masked_number")
            if request.user.has_perm("core.open_id_number"):
                fields.append("own_data")
        if self.has_change_permission(request, obj) or self.has_add_permission(request):
            fields.append("id_number")
        return self._without_district(request, fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["masked_number", "own_data"]

    @admin.display(description=_("ID number recorded"), boolean=True)
    def has_number(self, person: Person) -> bool:
        return bool(person.id_number_hash)

    @admin.display(description=_("ID number recorded"))
    def masked_number(self, person: Person) -> str:
        masked = masked_id_number(person)
        if not masked:
            return str(_("none"))
        return format_html(
            '{} <a class="text-primary-600" href="{}">{}</a>',
            masked,
            reverse("admin:core_person_open_number", args=[person.pk]),
            _("Open for a purpose"),
        )

    @admin.display(description=_("the person's own request"))
    def own_data(self, person: Person) -> str:
        return format_html(
            '<a class="text-primary-600" href="{}">{}</a>',
            reverse("admin:core_person_data", args=[person.pk]),
            _("Hand out all data about this person"),
        )

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_person(person=obj, acting_user=request.user, id_number=form.cleaned_data.get("id_number", ""))

    def get_urls(self) -> list:
        page = path(
            "<path:object_id>/open-number/",
            self.admin_site.admin_view(never_cache(self.open_number)),
            name="core_person_open_number",
        )
        data = path(
            "<path:object_id>/data/",
            self.admin_site.admin_view(never_cache(self.person_data)),
            name="core_person_data",
        )
        return [page, data, *super().get_urls()]

    def person_data(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, log it, and hand out what is recorded about the person as .docx or .json."""
        if not request.user.has_perm("core.open_id_number"):
            raise PermissionDenied
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        purpose = request.POST.get("purpose", "")
        if request.method == "POST":
            try:
                found = collect(person=person, purpose=purpose, acting_user=request.user)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                return self._handed_out(found, person, request.POST.get("form", ""))
        return TemplateResponse(
            request,
            "admin/core/person_data.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("All data about %(person)s") % {"person": person.name},
                "person": person,
                "purpose": purpose,
            },
        )

    def open_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the purpose, log it, and show the number once."""
        if not request.user.has_perm("core.open_id_number"):
            raise PermissionDenied
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        number = ""
        purpose = request.POST.get("purpose", "")
        if request.method == "POST":
            try:
                number = open_id_number(person=person, purpose=purpose, acting_user=request.user)
            except Refused as refused:
                messages.error(request, str(refused))
        return TemplateResponse(
            request,
            "admin/core/open_number.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Open the ID number of %(person)s") % {"person": person.name},
                "person": person,
                "masked": masked_id_number(person),
                "number": number,
                "purpose": purpose,
            },
        )

    def _handed_out(self, found: dict[str, Any], person: Person, form: str) -> HttpResponse:
        name = _("Data about %(name)s") % {"name": person.name}
        if form == "json":
            answer = HttpResponse(
                json.dumps(found, ensure_ascii=False, indent=1),
                content_type="application/json; charset=utf-8",
            )
            answer["Content-Disposition"] = content_disposition_header(True, f"{name}.json") or ""
            answer["Cache-Control"] = "no-store"
            return answer
        return download(f"{name}.docx", lambda out: out.write_bytes(as_docx(paper(found))))  # type: ignore[return-value]


@admin.register(NumberOpening)
class NumberOpeningAdmin(ReadOnly, RegisterAdmin):
    """Who opened which number, when and what for."""

    has_district = False
    list_display = ["recorded_at", "user", "person", "purpose"]
    list_select_related = ["user", "person"]
    search_fields = ["user__username", "user__full_name", "purpose"]
    fields = ["recorded_at", "user", "person", "purpose"]
    list_before_template = "admin/core/list_exports.html"
