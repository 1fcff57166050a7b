"""Compares what the registers give with what the district has reported elsewhere, as of a day. Reads only."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

import communities.figures  # noqa: F401  registers its figures
from enterprises.figures import KEPT_ELSEWHERE
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.core.figures import FIGURES, PARTS, count
from redprop.core.models import ReportedFigure


@dataclass(frozen=True)
class Compared:
    """One figure: what was reported (or is the sum of the parts), and what the registers give."""

    code: str
    title: Any
    reported: Decimal
    counted: int | None
    source: str

    @property
    def difference(self) -> Decimal:
        """Counted minus reported; the whole figure where the registers have no such count."""
        return Decimal(self.counted or 0) - self.reported


@dataclass(frozen=True)
class Reconciliation:
    """All figures of a day."""

    on: dt.date
    figures: list[Compared]

    @property
    def differences(self) -> list[Compared]:
        """The figures that differ, or cannot be counted."""
        return [f for f in self.figures if f.difference or f.counted is None]


def reconcile_totals(*, district: District, on: dt.date | None = None) -> Reconciliation:
    """Compare the reported figures of a day with the registers as of that day.

    Without a day: the latest day with reported figures, else today. On every day the parts must
    add up as well (851 = 291 + 560, 560 = 463 + 97).
    """
    rows = ReportedFigure.objects.filter(district=district)
    if on is None:
        on = rows.order_by("-on").values_list("on", flat=True).first() or business_today(district)
    found = []
    for row in rows.filter(on=on).order_by("code"):
        known = FIGURES.get(row.code)
        if known is None and row.code in KEPT_ELSEWHERE:
            continue
        counted = known.count(district, on) if known else None
        found.append(Compared(row.code, known.title if known else row.code, row.value, counted, row.source))
    for code, parts in PARTS.items():
        total = sum(count(part, district, on) for part in parts)
        source = _("sum of %(parts)s") % {"parts": " + ".join(str(FIGURES[part].title) for part in parts)}
        found.append(Compared(code, FIGURES[code].title, Decimal(total), count(code, district, on), source))
    return Reconciliation(on, found)
