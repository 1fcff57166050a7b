"""Talent apartments as of a day: units let, free and out of use, who waits, which leases end, who has left the trade.

Each figure is a set of rows; they are read by the registrar and the organisation department alone.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach
from enterprises.models import (
    ApartmentApplication,
    ApartmentLease,
    ApartmentOffer,
    ApartmentPause,
    Post,
    TalentApartment,
)
from enterprises.services.apartments import terms_on, waiting_on

Columns = Sequence[tuple[Any, Callable[[Any], Any]]]


def units_on(reach: Reach) -> QuerySet:
    """Units of the day with `is_let` and `is_out`, and the last day of the lease."""
    day = reach.day
    leases = ApartmentLease.objects.on(day).filter(apartment=OuterRef("pk"))
    pauses = ApartmentPause.objects.on(day).filter(apartment=OuterRef("pk"))
    rows = reach.of(TalentApartment).kept_on(day).filter(district=reach.district)
    return (
        rows.annotate(
            is_let=Exists(leases), is_out=Exists(pauses), let_until=Subquery(leases.values("valid_to")[:1])
        )
        .select_related("community__subdistrict")
        .order_by("code")
    )


def leases_on(reach: Reach) -> QuerySet:
    """Leases of the day."""
    return (
        reach.of(ApartmentLease)
        .on(reach.day)
        .filter(apartment__district=reach.district)
        .select_related("apartment", "person")
        .order_by("valid_to", "pk")
    )


def _in_post(reach: Reach) -> Exists:
    posts = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return Exists(posts)


def ending_on(reach: Reach) -> QuerySet:
    """Leases that end within the rule's warning and that nothing follows."""
    last = reach.day + dt.timedelta(days=terms_on(reach.district, reach.day).warn_days)
    following = ApartmentLease.objects.filter(person=OuterRef("person"), valid_from__gt=OuterRef("valid_to"))
    return leases_on(reach).filter(~Exists(following), valid_to__lte=last)


def left_on(reach: Reach) -> QuerySet:
    """Leases of tenants without a post in the trade on the day, with the last day of their last post as `left`."""
    last = (
        Post.objects.filter(person=OuterRef("person"), valid_to__lt=reach.day)
        .order_by()
        .values("person")
        .annotate(last=Max("valid_to"))
        .values("last")
    )
    return leases_on(reach).filter(~_in_post(reach)).annotate(left=Subquery(last)).order_by("left", "pk")


def waiting_on_day(reach: Reach) -> QuerySet:
    """Applications that wait on the day; an offer to answer as `offered`."""
    open_offer = ApartmentOffer.objects.filter(application=OuterRef("pk"), state=ApartmentOffer.State.OPEN)
    return (
        reach.of(ApartmentApplication)
        .filter(person__district=reach.district, applied_on__lte=reach.day)
        .filter(Q(ended_on__isnull=True) | Q(ended_on__gt=reach.day))
        .annotate(offered=Subquery(open_offer.values("apartment__code")[:1]))
        .select_related("person__graduate")
        .order_by("applied_on", "pk")
    )


def offers_open(reach: Reach) -> QuerySet:
    """Offers made and not answered on the day."""
    return (
        reach.of(ApartmentOffer)
        .filter(apartment__district=reach.district, offered_on__lte=reach.day)
        .filter(Q(answered_on__isnull=True) | Q(answered_on__gt=reach.day))
        .select_related("apartment", "application__person")
        .order_by("answer_by", "pk")
    )


def _unit_state(row: Any) -> Any:
    if row.is_let:
        return _("let")
    return _("out of use") if row.is_out else _("free")


UNIT_COLUMNS: Columns = (
    (_("own code"), lambda row: row.code),
    (_("address"), lambda row: row.address),
    (_("subdistrict"), lambda row: row.community.subdistrict.name),
    (_("rooms"), lambda row: row.rooms),
    (_("monthly rent (yuan)"), lambda row: row.rent),
    (_("state"), _unit_state),
    (_("let until"), lambda row: row.let_until),
)
LEASE_COLUMNS: Columns = (
    (_("tenant"), lambda row: row.person.name),
    (_("talent apartment"), lambda row: row.apartment.code),
    (_("address"), lambda row: row.apartment.address),
    (_("from"), lambda row: row.valid_from),
    (_("until (inclusive)"), lambda row: row.valid_to),
    (_("monthly rent (yuan)"), lambda row: row.rent),
    (_("after the first term"), lambda row: row.is_longer),
)
LEFT_COLUMNS: Columns = (
    *LEASE_COLUMNS[:4],
    (_("last day in post"), lambda row: row.left),
    (_("moves out by"), lambda row: row.out_by),
)
WAITING_COLUMNS: Columns = (
    (_("person"), lambda row: row.person.name),
    (_("place in the order"), lambda row: row.place),
    (_("points in all"), lambda row: row.total),
    (_("points one by one"), lambda row: row.explained),
    (_("applied on"), lambda row: row.applied_on),
    (_("rooms wanted, at least"), lambda row: row.rooms),
    (_("offer to answer"), lambda row: row.offered),
)
OFFER_COLUMNS: Columns = (
    (_("person"), lambda row: row.application.person.name),
    (_("talent apartment"), lambda row: row.apartment.code),
    (_("offered on"), lambda row: row.offered_on),
    (_("answer by"), lambda row: row.answer_by),
    (_("place in the order"), lambda row: row.place),
)


@dataclass(frozen=True)
class ApartmentFigure:
    """A number of the page, its rows and their columns. `of`: the figure that is its whole."""

    code: str
    title: Any
    rows: Callable[[Reach], QuerySet]
    columns: Columns
    of: str = ""
    is_gap: bool = False


FIGURES: dict[str, ApartmentFigure] = {
    one.code: one
    for one in (
        ApartmentFigure("units", _("units"), units_on, UNIT_COLUMNS),
        ApartmentFigure("let", _("let"), lambda r: units_on(r).filter(is_let=True), UNIT_COLUMNS, "units"),
        ApartmentFigure(
            "free",
            _("free"),
            lambda r: units_on(r).filter(is_let=False, is_out=False),
            UNIT_COLUMNS,
            "units",
        ),
        ApartmentFigure(
            "out",
            _("out of use"),
            lambda r: units_on(r).filter(is_let=False, is_out=True),
            UNIT_COLUMNS,
            "units",
        ),
        ApartmentFigure("waiting", _("persons waiting"), waiting_on_day, WAITING_COLUMNS),
        ApartmentFigure("offers", _("offers to be answered"), offers_open, OFFER_COLUMNS),
        ApartmentFigure("ending", _("leases ending soon"), ending_on, LEASE_COLUMNS, "let", is_gap=True),
        ApartmentFigure(
            "left", _("tenants who have left the trade"), left_on, LEFT_COLUMNS, "let", is_gap=True
        ),
    )
}

POINTS: dict[str, Any] = {
    "programme": _("programme recruit"),
    "degree": _("degree"),
    "waited": _("months waited"),
}


def explained(points: Sequence[Sequence[Any]]) -> str:
    """The points one by one as a text: 10 programme recruit + 3 degree."""
    return " + ".join(f"{POINTS[what]} {number}" for what, number in points)


def opened(code: str, reach: Reach) -> tuple[ApartmentFigure, list[Any]]:
    """A figure with its rows ready to show; those who wait stand in their order (a few queries)."""
    one = FIGURES[code]
    rows = list(one.rows(reach))
    if code == "waiting":
        from_order = {placed.who.key: placed for placed in waiting_on(reach.district, reach.day)}
        for row in rows:
            placed = from_order[row.pk]
            row.place, row.total = placed.place, placed.total
            row.explained = explained(placed.points)
        rows.sort(key=lambda row: row.place)
    if code == "left":
        days = terms_on(reach.district, reach.day).leave_days
        for row in rows:
            row.out_by = min(row.left + dt.timedelta(days=days), row.valid_to) if row.left else row.valid_to
    return one, rows
