"""Marks by hand: which items of a period take them, on what scale, and until when."""

from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.models import EvaluationPeriod, Rubric
from evaluations.scoring.rubric import Item, Kind, number
from evaluations.services.rubrics import value_of
from redprop.accounts.clock import business_today
from redprop.common.errors import Refused

SOURCE = "marks"


def items_by_hand(rubric: Rubric) -> dict[str, Item]:
    """Return the items of a rubric that take marks by hand, by code (two queries)."""
    return {item.code: item for item in value_of(rubric).items if item.source == SOURCE}


def mark_problem(item: Item, mark: Decimal) -> str:
    """Return why a mark cannot stand for an item, an empty text when it can."""
    transform = item.transform
    if transform.kind is Kind.MEAN and not transform.low <= mark <= transform.high:
        return _("%(mark)s is outside the scale of this item, %(low)s to %(high)s.") % {
            "mark": number(mark),
            "low": number(transform.low),
            "high": number(transform.high),
        }
    if mark < 0:
        return _("A mark cannot be below zero.")
    if is_share(item) and mark > 1:
        return _("This item takes a share: write 0.95 for 95 %.")
    return ""


def is_share(item: Item) -> bool:
    """Whether the values of an item are shares of 1, by the bounds of its rule."""
    transform = item.transform
    if transform.kind is Kind.LINEAR:
        return max(transform.zero_at, transform.full_at) <= 1
    return transform.kind is Kind.BANDS and max(band.lower for band in transform.bands) <= 1


def closed_sentence(period: EvaluationPeriod) -> str:
    """Return why marks of a period can be given no more, an empty text while they can."""
    if period.state != EvaluationPeriod.State.OPEN:
        return _("%(period)s is closed: its marks stay as they were counted.") % {"period": period}
    if business_today(period.district) > period.cutoff_on:
        return _("Marks of %(period)s could be given until %(cutoff)s.") % {
            "period": period,
            "cutoff": period.cutoff_on,
        }
    return ""


def require_mark(*, period: EvaluationPeriod, item: str, mark: Decimal) -> None:
    """Raise Refused when a mark cannot be given for this item of this period."""
    if closed := closed_sentence(period):
        raise Refused(closed, code="period-closed", field="period")
    items = items_by_hand(period.rubric)
    if item not in items:
        raise Refused(no_such_item(item, items), code="item", field="item")
    if problem := mark_problem(items[item], mark):
        raise Refused(problem, code="mark", field="mark")


def no_such_item(item: str, items: dict[str, Item]) -> str:
    """Return the sentence for an item that takes no marks by hand."""
    if not items:
        return _("The rubric of this period has no item marked by hand.")
    return _("“%(item)s” is no item marked by hand of this period's rubric. Those are: %(known)s.") % {
        "item": item,
        "known": "、".join(f"{one.code}（{one.title}）" for one in items.values()),
    }
