"""The admin's lists as tables: the rows, filters, search and order of the page, and its columns as shown.

What a page masks stays masked: cells are what the list shows, only numbers and dates keep their type.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist, FieldError, ObjectDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.writing import Table, register_table
from redprop.core.services import imports
from redprop.core.services.listings import AS_SHOWN, Listing, heading, plain, scope_text, source

CHUNK = 2000
Cell = Callable[[Any], Any]


@source("admin")
def admin_listing(user: User, page: str, register: str, query: QueryDict) -> Listing:
    """Open a list of the admin, by "admin:app.model"."""
    label = page.partition(":")[2]
    model_admin: Any = next(
        (one for model, one in admin.site._registry.items() if model._meta.label_lower == label), None
    )
    if model_admin is None or not hasattr(model_admin, "exported_registers"):
        raise Refused(_("This list does not exist any more."), code="no-list")
    request = as_request(user, model_admin, query)
    if not (user.is_active and user.is_staff and model_admin.has_view_permission(request)):
        raise PermissionDenied
    district = _district_of(user)
    try:
        changelist = model_admin.get_changelist_instance(request)
    except (IncorrectLookupParameters, FieldError, ValueError):
        raise Refused(
            _("A filter of this list does not fit any more. Open the list and choose the filters anew."),
            code="filters",
        ) from None
    words = filters_in_words(changelist, query)
    if register == AS_SHOWN:
        table, count = _as_shown(model_admin, request, changelist), changelist.result_count
    else:
        declared = _declared(model_admin, user, register)
        table, count, own = _of_register(model_admin, request, changelist, declared, district)
        words = words if own else ""
    table.above = heading(table.title, district, count, words)
    return Listing(page, register, district, table, count, query.urlencode(), words, scope_text(user))


def as_request(user: User, model_admin: Any, query: QueryDict) -> HttpRequest:
    """The request under which the list is opened: the same on a page, in a job and for a report."""
    meta = model_admin.model._meta
    request = HttpRequest()
    request.method = "GET"
    request.GET = query
    request.user = user
    request.path = request.path_info = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    return request


def _district_of(user: User) -> District:
    mine = District.objects.for_user(user) | District.objects.administered_by(user)
    district = mine.order_by("pk").first()
    if district is None:
        raise PermissionDenied
    return district


def _declared(model_admin: Any, user: User, name: str) -> Register:
    found = next((one for one in model_admin.exported_registers() if one.name == name), None)
    if found is None:
        raise Refused(_("This list does not exist any more."), code="no-list")
    meta = found.model._meta
    if not user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
        raise PermissionDenied
    return found


def filters_in_words(changelist: Any, query: QueryDict) -> str:
    """Return "search “大智”; subdistrict: 大智街道": what the page was narrowed to."""
    words = []
    if text := query.get("q"):
        words.append(_("search “%(text)s”") % {"text": text})
    for spec in changelist.filter_specs:
        for name in spec.expected_parameters():
            if value := query.get(name):
                known = {str(key): label for key, label in getattr(spec, "lookup_choices", None) or ()}
                words.append(f"{spec.title}：{known.get(value, value)}")
    return "；".join(str(word) for word in words)


# The register's own columns


def _of_register(
    model_admin: Any, request: HttpRequest, changelist: Any, register: Register, district: District
) -> tuple[Table, int, bool]:
    context: Context = imports.context_for(district=district, acting_user=request.user)  # type: ignore[arg-type]
    rows = register.rows(context)
    path = page_path(register, model_admin.model)
    if path is None:
        return register_table(register, context, rows), rows.order_by().count(), False
    rows = rows.filter(**{f"{path or 'pk'}__in": changelist.queryset.order_by().values("pk")})
    asked = changelist.get_ordering(request, changelist.queryset)
    terms = [_within(path, term) for term in asked]
    known = [term for term in terms if term is not None and _can_order(rows, term)]
    if "o" in request.GET and len(known) < len(asked):
        raise Refused(
            _(
                "The register's own columns cannot be sorted as this page is. "
                "Export the list as shown, or sort by another column."
            ),
            code="order",
        )
    # Marks of one inspection stay in their own order; the page's order ends in a unique column.
    return (
        register_table(register, context, rows.order_by(*known, *(register.order if path else ()))),
        rows.order_by().count(),
        True,
    )


def page_path(register: Register, model: type[models.Model]) -> str | None:
    """Return the path from a register's rows to those of its page: "" for the same, None where there is none."""
    if register.model is model:
        return ""
    if register.page_path and _model_at(register.model, register.page_path) is model:
        return register.page_path
    return None


def _model_at(model: type[models.Model], path: str) -> type[models.Model] | None:
    for name in path.split("__"):
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    return model


def _within(path: str, term: Any) -> Any:
    """Return a term of the page's order as seen from the register's rows, None where it cannot be."""
    if not path:
        return term
    if isinstance(term, str):
        return f"{'-' if term.startswith('-') else ''}{path}__{term.lstrip('-')}"
    name = getattr(getattr(term, "expression", None), "name", "")
    if not name:
        return None
    return models.expressions.OrderBy(
        models.F(f"{path}__{name}"),
        descending=term.descending,
        nulls_first=term.nulls_first,
        nulls_last=term.nulls_last,
    )


def _can_order(rows: models.QuerySet, term: Any) -> bool:
    """Tell whether the register's rows know what the page is ordered by."""
    name = term if isinstance(term, str) else getattr(getattr(term, "expression", None), "name", "")
    name = name.lstrip("-")
    if name in rows.query.annotations:
        return True
    try:
        rows.query.names_to_path(
            [rows.model._meta.pk.name if part == "pk" else part for part in name.split("__")],
            rows.model._meta,
            fail_on_missing=True,
        )
    except FieldError:
        return False
    return bool(name)


# The columns as shown


def _as_shown(model_admin: Any, request: HttpRequest, changelist: Any) -> Table:
    names = [name for name in changelist.list_display if name != "action_checkbox"]
    names += list(getattr(model_admin, "exported_besides", ()))
    headers = [str(label_for_field(name, changelist.model, model_admin)) for name in names]
    readers = [_reader(name, model_admin) for name in names]
    fields = [_ordering_field(name, model_admin) for name in names]
    return Table(
        title=str(changelist.model._meta.verbose_name_plural),
        headers=headers,
        rows=_shown_rows(changelist.queryset, readers),
        widths=[_width(header, field) for header, field in zip(headers, fields, strict=True)],
        money=[
            i
            for i, field in enumerate(fields)
            if isinstance(field, models.DecimalField) and field.decimal_places == 2
        ],
    )


def _shown_rows(queryset: models.QuerySet, readers: list[Cell]) -> Iterator[list[Any]]:
    for row in queryset.iterator(chunk_size=CHUNK):
        yield [read(row) for read in readers]


def _width(header: str, field: models.Field | None) -> int:
    if isinstance(field, models.DateTimeField):
        usual = 18
    elif isinstance(
        field, models.IntegerField | models.DecimalField | models.DateField | models.BooleanField
    ):
        usual = 13
    else:
        usual = 24
    return max(usual, len(header) * 2 + 4)


def _ordering_field(name: str, model_admin: Any) -> models.Field | None:
    """The model's field behind a column: itself, or the one that a shown text is ordered by."""
    function = getattr(model_admin, name, None)
    path = getattr(function, "admin_order_field", None) if function is not None else name
    try:
        return model_admin.model._meta.get_field(str(path or "").lstrip("-"))
    except (LookupError, FieldDoesNotExist):
        return None


def _reader(name: str, model_admin: Any) -> Cell:
    behind = _ordering_field(name, model_admin)
    numeric = behind.attname if isinstance(behind, models.IntegerField | models.DecimalField) else ""
    labels: dict[Any, str] = {}
    if behind is not None and behind.name == name and behind.flatchoices:
        labels = {value: str(label) for value, label in behind.flatchoices}

    def read(row: Any) -> Any:
        try:
            field, _attribute, value = lookup_field(name, row, model_admin)
        except ObjectDoesNotExist:
            return None
        if labels:
            return labels.get(value, value)
        if field is None and isinstance(value, str) and numeric:
            number = getattr(row, numeric, None)
            value = value if number is None else number
        return plain(value)

    return read
