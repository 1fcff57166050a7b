"""Districts, subdistricts and communities with their versions and successors."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSingleDateWidget

from redprop.areas.models import Community, CommunitySuccession, CommunityVersion, District, Subdistrict
from redprop.areas.services.communities import end_versions, show_latest_version, start_versions
from redprop.areas.services.search_keys import fill_community, fill_subdistrict
from redprop.common.errors import Refused
from redprop.core.admin.base import DatedFormSet, DatedInline, RegisterAdmin, RegisterForm, RegisterInline
from redprop.core.admin.by_hand import ByHandPages
from redprop.core.admin.editions import EditionPages
from redprop.core.admin.exchange import ImportExportMixin
from redprop.core.admin.filters import DayFilter, row_filter


@admin.register(District)
class DistrictAdmin(RegisterAdmin):
    """The district itself; a new one is set up by command."""

    has_district = False
    list_display = ["name", "code", "names_of_persons_since"]
    search_fields = ["name", "code"]
    fields = ["code", "name", "names_of_persons_since"]
    readonly_fields = ["code"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Subdistrict)
class SubdistrictAdmin(ImportExportMixin, RegisterAdmin):
    """Subdistricts (街道)."""

    list_display = ["name", "code"]
    search_fields = ["name", "pinyin", "code"]
    fields = ["district", "code", "name"]

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fill_subdistrict(obj)
        obj.save()


class VersionFormSet(DatedFormSet):
    """Versions of one community."""

    def check_row(self, row: Any, form: Any) -> None:
        if row.subdistrict.district_id != self.instance.district_id:
            raise Refused(
                _("The subdistrict belongs to another district."), code="other-district", field="subdistrict"
            )


class VersionInline(DatedInline):
    """Code, name and subdistrict by edition of the divisions."""

    model = CommunityVersion
    formset = VersionFormSet
    fields = ["valid_from", "valid_to", "code", "name", "subdistrict", "edition"]
    verbose_name_plural = _("versions: code, name and subdistrict by date")


class SuccessionFormSet(PaginationInlineFormSet):
    """Successors; a dissolved community has at least one."""

    def clean(self) -> None:
        super().clean()
        named = [form for form in self.forms if form.instance.pk or form.has_changed()]
        if self.instance.closed_on is not None and not named:
            raise ValidationError(_("Name the community that follows: open items go to it."))


class SuccessionInline(RegisterInline):
    """Who took over from this community."""

    model = CommunitySuccession
    formset = SuccessionFormSet
    fk_name = "predecessor"
    fields = ["successor", "on", "source"]
    autocomplete_fields = ["successor"]
    verbose_name_plural = _("successors after its end")


class CommunityState(DayFilter):
    """Existing or dissolved communities."""

    title = _("state")
    parameter_name = "state"
    conditions = [
        ("open", _("existing"), lambda rows, day: rows.open_on(day)),
        ("closed", _("dissolved"), lambda rows, day: rows.filter(closed_on__lte=day)),
    ]


class NewCommunityForm(RegisterForm):
    """A new community with the first day of its first version."""

    valid_from = forms.DateField(label=_("from"), widget=UnfoldAdminSingleDateWidget())


@admin.register(Community)
class CommunityAdmin(EditionPages, ByHandPages, ImportExportMixin, RegisterAdmin):
    """Communities (社区). Code, name and subdistrict are changed by a new version with its first day."""

    list_display = ["name", "code", "subdistrict", "closed_on"]
    list_select_related = ["subdistrict"]
    list_filter = [row_filter(Subdistrict, "subdistrict", _("subdistrict")), CommunityState]
    search_fields = ["name", "pinyin", "code"]
    inlines = [VersionInline, SuccessionInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["district", "subdistrict", "code", "name", "closed_on" if obj else "valid_from"]
        return self._without_district(request, fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["district", "subdistrict", "code", "name"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs.setdefault("form", RegisterForm if obj else NewCommunityForm)
        return super().get_form(request, obj, change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def check_register(self, row: Community) -> None:
        if row.subdistrict.district_id != row.district_id:
            raise Refused(
                _("The subdistrict belongs to another district."), code="other-district", field="subdistrict"
            )

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        fill_community(obj)
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            start_versions(form.instance, form.cleaned_data["valid_from"])
        end_versions(form.instance)
        show_latest_version(form.instance)
