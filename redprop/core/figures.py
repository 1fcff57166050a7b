"""The registry of figures: what can be counted over the registers as of any day, by which code.

Each app registers its own in its `figures` module; `reconcile_totals` compares them with what the
district has reported elsewhere (`ReportedFigure`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from redprop.areas.models import Community, District, Subdistrict

Count = Callable[[District, dt.date], int]


@dataclass(frozen=True)
class Figure:
    """A number that the registers give for a district and a day, by one statement."""

    code: str
    title: Any
    count: Count


FIGURES: dict[str, Figure] = {}
"""All figures by code."""

PARTS: dict[str, tuple[str, ...]] = {}
"""A figure and those that must add up to it, on every day."""


def figure(code: str, title: Any, *, parts: tuple[str, ...] = ()) -> Callable[[Count], Count]:
    """Decorator: register the function as the count of `code`; `parts` must add up to it."""

    def register(count: Count) -> Count:
        FIGURES[code] = Figure(code, title, count)
        if parts:
            PARTS[code] = parts
        return count

    return register


def count(code: str, district: District, day: dt.date) -> int:
    """The figure `code` of the district as of `day`."""
    return FIGURES[code].count(district, day)


@figure("subdistricts", _("subdistricts"))
def subdistricts(district: District, day: dt.date) -> int:
    """Subdistricts (a subdistrict has no dates of its own)."""
    return Subdistrict.objects.filter(district=district).count()


@figure("communities", _("communities"))
def communities(district: District, day: dt.date) -> int:
    """Communities that exist on the day."""
    return (
        Community.objects.filter(district=district, versions__valid_from__lte=day)
        .open_on(day)
        .distinct()
        .count()
    )
