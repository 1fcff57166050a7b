"""Kept column mappings: to rename, to correct line by line, to delete."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.text import normalise
from redprop.core.admin.base import RegisterAdmin, RegisterForm
from redprop.core.admin.filters import choice_filter
from redprop.core.models import MappingProfile
from redprop.core.services.profiles import check_mapping


class ProfileForm(RegisterForm):
    """The mapping as lines "column of the file = column of the register"."""

    lines = forms.CharField(
        label=_("column of the file = column of the register"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12}),
        help_text=_("One line for each column. Nothing after the sign leaves the column out."),
    )

    class Meta:
        model = MappingProfile
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        register = declare.get(self.instance.register)
        headers = {column.field: column.header for column in register.columns}
        if "lines" in self.fields:
            self.initial["lines"] = "\n".join(
                f"{header} = {headers.get(name, name)}" for header, name in self.instance.mapping.items()
            )

    def clean_lines(self) -> dict[str, str]:
        """Read the lines; a wrong one is quoted."""
        register = declare.get(self.instance.register)
        known = {c.header: c.field for c in register.columns if not c.read_only}
        known |= {c.field: c.field for c in register.columns if not c.read_only}
        mapping = {}
        for line in filter(None, (part.strip() for part in self.cleaned_data["lines"].splitlines())):
            header, mark, name = (part.strip() for part in line.replace("＝", "=").rpartition("="))
            if not mark or not header or (name and name not in known):
                raise forms.ValidationError(
                    _("“%(line)s” is not of the form: column of the file = column of the register.")
                    % {"line": line}
                )
            mapping[header] = known[name] if name else ""
        try:
            check_mapping(register, mapping)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused
        return mapping


@admin.register(MappingProfile)
class MappingProfileAdmin(RegisterAdmin):
    """Made while importing; kept, corrected and deleted here."""

    form = ProfileForm
    list_display = ["name", "register_title", "columns", "changed_by", "changed_at"]
    search_fields = ["name", "register"]
    fields = ["register_title", "name", "sheet", "lines", "changed_by", "changed_at"]
    readonly_fields = ["register_title", "sheet", "changed_by", "changed_at"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        titles = [(one.name, str(one.title)) for one in declare.registers()]
        return [choice_filter("register", _("register"), titles)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("core.delete_mappingprofile")

    @admin.display(description=_("register"), ordering="register")
    def register_title(self, profile: MappingProfile) -> str:
        return str(declare.get(profile.register).title)

    @admin.display(description=_("number of columns"))
    def columns(self, profile: MappingProfile) -> int:
        return len(profile.mapping)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.name, obj.mapping = normalise(obj.name), form.cleaned_data["lines"]
        obj.changed_by = request.user.get_username()
        obj.save()
