"""Filters of the lists: dropdowns whose choices stay inside the user's scope."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from redprop.core.admin.base import scoped, today_of

OFFERED_AT_MOST = 300


class RowFilter(DropdownFilter):
    """A dropdown of the rows of another register that the user may see."""

    model: type[models.Model]
    lookup: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The first rows by their order: a page must not grow with the register. The search box finds the rest."""
        rows = scoped(self.model, request.user)
        offered = list(rows[:OFFERED_AT_MOST])
        chosen = str(request.GET.get(self.parameter_name, ""))
        if chosen.isdecimal() and all(row.pk != int(chosen) for row in offered):
            offered += rows.filter(pk=int(chosen))
        return [(str(row.pk), str(row)) for row in offered]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = self.value()
        if not value or not str(value).isdecimal():
            return queryset
        return self.narrow(request, queryset, int(value))

    def narrow(self, request: HttpRequest, queryset: models.QuerySet, pk: int) -> models.QuerySet:
        rows = queryset.model._default_manager.filter(**{self.lookup: pk})
        return queryset.filter(pk__in=rows.values("pk"))


def row_filter(model: type[models.Model], lookup: str, title: Any, parameter: str = "") -> type[RowFilter]:
    """A filter by `lookup`, offering the rows of `model`."""
    return type(
        f"{model.__name__}Filter",
        (RowFilter,),
        {"model": model, "lookup": lookup, "title": title, "parameter_name": parameter or lookup},
    )


class DayFilter(DropdownFilter):
    """A dropdown of conditions that depend on the business day: (value, label, condition(day))."""

    conditions: list[tuple[str, Any, Callable[..., Any]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, label) for value, label, _condition in self.conditions]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        for value, _label, condition in self.conditions:
            if value == self.value():
                return condition(queryset, today_of(request))
        return queryset


class InForce(DayFilter):
    """Dated rows in force today, ended, or to come."""

    title = _("validity")
    parameter_name = "in_force"
    conditions = [
        ("now", _("in force today"), lambda rows, day: rows.on(day)),
        ("ended", _("ended"), lambda rows, day: rows.filter(valid_to__lt=day)),
        ("later", _("starts later"), lambda rows, day: rows.filter(valid_from__gt=day)),
    ]


def choice_filter(field: str, title: Any, choices: Any) -> type[DropdownFilter]:
    """A filter by a field with fixed choices."""

    class Choice(DropdownFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return [(str(value), label) for value, label in choices]

        def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
            known = {str(value) for value, _label in choices}
            return queryset.filter(**{field: self.value()}) if self.value() in known else queryset

    Choice.title = title
    return Choice
