"""Rows that hold from a day to a day. Both days are included; an open end is null."""

import datetime as dt
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _


class DatedQuerySet(models.QuerySet[Any]):
    """Queries of dated rows."""

    def on(self, day: dt.date) -> "DatedQuerySet":
        """Rows in force on `day`."""
        return self.filter(dated_on(day))


def dated_on(day: dt.date, prefix: str = "") -> Q:
    """Condition: the dated row reached by `prefix` (such as "classes__") is in force on `day`."""
    return Q(**{f"{prefix}valid_from__lte": day}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gte": day})
    )


def no_overlap(name: str, *fields: str, message: Any, condition: Q | None = None) -> ExclusionConstraint:
    """Constraint: of rows with the same `fields`, no two are in force on one day."""
    days = Func(
        F("valid_from"), F("valid_to"), Value("[]"), function="daterange", output_field=DateRangeField()
    )
    return ExclusionConstraint(
        name=name,
        expressions=[*((f, RangeOperators.EQUAL) for f in fields), (days, RangeOperators.OVERLAPS)],
        condition=condition,
        violation_error_message=message,
    )


def in_order(name: str) -> models.CheckConstraint:
    """Constraint: the last day is not before the first."""
    return models.CheckConstraint(
        name=name,
        condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
        violation_error_message=_("The last day is before the first day. Correct one of the two dates."),
    )


class DatedRow(models.Model):
    """Base of rows in force from `valid_from` to `valid_to`, both included."""

    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("until (inclusive)"), null=True, blank=True)

    class Meta:
        abstract = True

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether the row is in force on `day`."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)
