"""The base of every register's admin page: scope, search, forms that speak in sentences, dated inlines.

`RegisterAdmin` shows and writes only what `objects.for_user(user)` reaches, also in choices and
autocomplete. A page names its service in `save_register`; rules are the services' validators,
called from `check_row` so that a refusal stands beside its field. Import and export are added by
a mixin in front of this class.
"""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.forms.models import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.text import normalise
from redprop.core.admin.list_export import ListExportPages

A_DAY = dt.timedelta(days=1)
UNREADABLE_NUMBER = _(
    "This cannot be read as a number. Write digits, such as 12000 or 1234.50, without 万; nothing is guessed."
)


def districts_of(request: HttpRequest) -> list[District]:
    """The user's districts (one query a request)."""
    if not hasattr(request, "_districts"):
        mine = District.objects.for_user(request.user) | District.objects.administered_by(request.user)
        request._districts = list(mine.order_by("pk"))  # type: ignore[attr-defined]
    return request._districts  # type: ignore[attr-defined, no-any-return]


def today_of(request: HttpRequest) -> dt.date:
    """The business day of the user's district."""
    districts = districts_of(request)
    return business_today(districts[0]) if districts else timezone.localdate()


def scoped(model: type[models.Model], user: object) -> models.QuerySet:
    """Rows of `model` that the user may reach; of a model without scope, all."""
    manager = model._default_manager
    return manager.for_user(user) if hasattr(manager, "for_user") else manager.all()


def number_of(model: type[models.Model], field: str) -> Coalesce:
    """How many rows of `model` point to the row by `field`; counted for the rows of the page alone."""
    rows = model._default_manager.filter(**{field: models.OuterRef("pk")}).order_by()
    counted = rows.values(field).annotate(n=models.Count("pk")).values("n")
    return Coalesce(models.Subquery(counted), 0)


def as_validation_error(refused: Refused, form: forms.BaseForm) -> ValidationError:
    """The refusal as a form error, beside its field where the form has it."""
    name = refused.fields.get("field")
    name = name if name in form.fields else NON_FIELD_ERRORS
    return ValidationError({name: [str(refused)]})


class RegisterForm(ModelForm):
    """A form that fills the district by itself and checks the constraints that need it."""

    district_of_user: District | None = None
    request: HttpRequest

    def _get_validation_exclusions(self) -> set[str]:
        excluded = super()._get_validation_exclusions()
        excluded.discard("district")
        return excluded

    def _post_clean(self) -> None:
        if self.district_of_user is not None and "district" not in self.fields:
            self.instance.district = self.district_of_user
        super()._post_clean()
        if not self.errors:
            try:
                self.check_row(self.instance)
            except Refused as refused:
                self._update_errors(as_validation_error(refused, self))

    def check_row(self, row: Any) -> None:
        """The register's own rules; raises Refused."""


class ScopedChoices:
    """Choices of foreign keys by scope, and the blank choice before required selects."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", scoped(db_field.remote_field.model, request.user))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            # A register is changed on its own page, never in a window over another one.
            for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, name, False)
        return field

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("widget", UnfoldAdminSelectWidget())
        kwargs.setdefault(
            "choices",
            db_field.get_choices(
                include_blank=db_field.blank or not db_field.has_default(),
                blank_choice=[("", _("Please choose"))],
            ),
        )
        return super().formfield_for_choice_field(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DecimalField):
            kwargs.setdefault("error_messages", {"invalid": UNREADABLE_NUMBER})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None:
            for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                if hasattr(field.widget, name):
                    setattr(field.widget, name, False)
        return field


class RegisterAdmin(ListExportPages, ScopedChoices, ModelAdmin):
    """Base of the registers' pages."""

    form = RegisterForm
    has_district = True
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    list_filter_sheet = True
    warn_unsaved_form = True
    compressed_fields = True
    save_on_top = False
    actions: Any = []
    list_before_template = "admin/core/saved_filters.html"

    # What is seen

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        queryset = scoped(self.model, request.user)
        ordering = self.get_ordering(request) or self.model._meta.ordering
        return queryset.order_by(*ordering) if ordering else queryset.order_by("pk")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Any part of the name, pinyin, initials or code; full width and stray spaces do not matter."""
        return super().get_search_results(request, queryset, normalise(search_term))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of a register end by a date; they are never deleted here."""
        return False

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Refused before the row is looked for."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        return super().delete_view(request, object_id, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self._must_reach(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._must_reach(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def _must_reach(self, request: HttpRequest, object_id: str) -> None:
        """Answer 404 for what is outside the user's scope, whether it exists or not."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404

    # The form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        page = self

        class PageForm(form):  # type: ignore[misc, valid-type]
            def check_row(self, row: Any) -> None:
                super().check_row(row)
                page.check_register(row)

        PageForm.request = request
        if self.has_district and "district" not in PageForm.base_fields:
            PageForm.district_of_user = getattr(obj, "district", None) or next(
                iter(districts_of(request)), None
            )
        return PageForm

    def check_register(self, row: Any) -> None:
        """The rules of the row, raising Refused; pages override it with their services' validators."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_fields(request, obj))
        return self._without_district(request, fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = []
        for title, options in super().get_fieldsets(request, obj):
            fields = self._without_district(request, options["fields"])
            found.append((title, {**options, "fields": fields}))
        return found

    def _without_district(self, request: HttpRequest, fields: Any) -> list:
        if not self.has_district or len(districts_of(request)) > 1:
            return list(fields)
        return [f for f in fields if f != "district"]

    # Writing

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and hasattr(obj, "recorded_by"):
            obj.recorded_by = request.user.username
        self.save_register(request, obj, form, change)

    def save_register(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the register's service; by default the row is saved as it is."""
        obj.save()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            if row._state.adding and hasattr(row, "recorded_by"):
                row.recorded_by = request.user.username
        formset.save()

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a refusal that comes only while writing (somebody else was faster) as a sentence."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.path)


class ReadOnly:
    """Shown, never written here: its service or the machine writes it."""

    empty_why: object = _(
        "Rows appear here by themselves as the work is done; nobody enters them on this page."
    )
    """What an empty list says."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class InlineForm(ModelForm):
    """A dated row of an inline: the formset looks at overlaps, for all its rows together."""

    def _post_clean(self) -> None:
        found = [
            (model, [c for c in constraints if not isinstance(c, ExclusionConstraint)])
            for model, constraints in self.instance.get_constraints()
        ]
        self.instance.get_constraints = lambda: found
        try:
            super()._post_clean()
        finally:
            del self.instance.get_constraints


class DatedFormSet(PaginationInlineFormSet):
    """Dated rows of one object: a new row ends the open one, and no day is covered twice.

    `apart_by` names the fields within which days must not overlap besides the parent.
    """

    apart_by: tuple[str, ...] = ()
    may_overlap = False

    def clean(self) -> None:
        super().clean()
        rows = [
            form
            for form in self.forms
            if form.is_valid()
            and form not in self.deleted_forms
            and (form.has_changed() or form.instance.pk)
            and getattr(form.instance, "valid_from", None)
        ]
        rows.sort(key=lambda form: form.instance.valid_from)
        for form in rows:
            end = form.instance.valid_to
            if end is not None and end < form.instance.valid_from:
                form.add_error(
                    "valid_to" if "valid_to" in form.fields else None,
                    _("The last day is before the first day. Correct one of the two dates."),
                )
                return
        if not self.may_overlap:
            self._order(rows)
        for form in rows:
            try:
                self.check_row(form.instance, form)
            except Refused as refused:
                form.add_error(
                    refused.fields.get("field") if refused.fields.get("field") in form.fields else None,
                    str(refused),
                )

    def _order(self, rows: list) -> None:
        before: dict[tuple, Any] = {}
        for form in rows:
            row = form.instance
            key = self.key_of(row)
            last = before.get(key)
            if last is not None:
                is_next = row._state.adding and row.valid_from > last.instance.valid_from
                if is_next and last.instance.pk and last.instance.valid_to is None:
                    last.instance.valid_to = row.valid_from - A_DAY
                    self.ended.append(last.instance)
                if last.instance.valid_to is None or last.instance.valid_to >= row.valid_from:
                    form.add_error(
                        "valid_from" if "valid_from" in form.fields else None,
                        _("Another row already covers these days. Enter its last day first."),
                    )
                    return
            before[key] = form

    def key_of(self, row: Any) -> tuple:
        """Rows with the same key follow one another."""
        return tuple(getattr(row, name) for name in self.apart_by)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ended: list[Any] = []
        super().__init__(*args, **kwargs)

    def check_row(self, row: Any, form: Any) -> None:
        """The row's own rules; raises Refused."""

    def save_existing_objects(self, commit: bool = True) -> list:
        saved = super().save_existing_objects(commit=commit)
        if commit:
            for row in self.ended:
                row.save(update_fields=["valid_to"])
        return saved


class RegisterInline(ScopedChoices, TabularInline):
    """Rows of another register on its parent's page."""

    extra = 0
    hide_title = True
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return scoped(self.model, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DatedInline(RegisterInline):
    """Dated rows on their parent's page, of which one at a time is in force."""

    form = InlineForm
    formset = DatedFormSet
    ordering = ["valid_from"]


@admin.display(description=_("district"))
def district_name(row: Any) -> str:
    """The district's name, for lists of users with several districts."""
    return str(row.district)
