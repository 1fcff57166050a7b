"""The district's quarters as tiles, charts and one table that says the same."""

from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from redprop.common.drawings import GREY, RED, Part, Series, line_chart, stacked_bars
from redprop.common.money import format_yuan
from redprop.common.periods import Period
from redprop.common.rounding import quantize
from redprop.public import content, languages, wording

TENTH = Decimal("0.1")
SIZE = {"width": 480, "height": 220}
TEN_THOUSAND = Decimal(10_000)


def share(part: int, whole: int) -> Decimal | None:
    """Return a share in percent with one place, or nothing of nothing."""
    return quantize(Decimal(part) * 100 / whole, TENTH) if whole else None


def shown(part: int, whole: int) -> str:
    """Return `98.5%`, or a dash."""
    value = share(part, whole)
    return wording.NO_VALUE if value is None else f"{value}%"


def round_money(amount: Decimal) -> str:
    """Return `715.9万元`, or `¥7,158,541` in English."""
    if languages.is_english():
        return f"¥{quantize(amount, Decimal(1)):,f}"
    return f"{quantize(amount / TEN_THOUSAND, TENTH):,f}万元"


def label(period: str) -> str:
    """Return the quarter in the language spoken."""
    return Period.parse(period).label_in(get_language() or "zh")


def of_quarters(quarters: tuple[content.Quarter, ...]) -> dict[str, Any]:
    """Return what the home page shows of the district: tiles of the last quarter, charts, the table."""
    if not quarters:
        return {}
    last = quarters[-1]
    return {
        "period": label(last.period),
        "tiles": [
            (
                _("Compounds with property service"),
                shown(last.served, last.compounds),
                f"{last.served} / {last.compounds}",
            ),
            (_("Promises kept in time"), shown(last.kept, last.due), f"{last.kept} / {last.due}"),
            (
                _("Requests answered in time"),
                shown(last.answered, last.requests),
                f"{last.answered} / {last.requests}",
            ),
            (
                _("Subsidies approved"),
                round_money(last.approved),
                _("of it paid: %(paid)s") % {"paid": round_money(last.paid)},
            ),
        ],
        "drawings": [drawing for drawing in (coverage(quarters), kept(quarters), money(quarters)) if drawing],
        "rows": [row(quarter) for quarter in reversed(quarters)],
    }


def row(quarter: content.Quarter) -> dict[str, str]:
    """Return a quarter as a row of the table."""
    return {
        "label": label(quarter.period),
        "served": shown(quarter.served, quarter.compounds),
        "compounds": str(quarter.compounds),
        "kept": shown(quarter.kept, quarter.due),
        "due": str(quarter.due),
        "answered": shown(quarter.answered, quarter.requests),
        "requests": str(quarter.requests),
        "approved": format_yuan(quarter.approved) if quarter.approved else wording.NO_VALUE,
        "paid": format_yuan(quarter.paid) if quarter.paid else wording.NO_VALUE,
    }


def described(quarters: tuple[content.Quarter, ...]) -> str:
    """Return from when to when a chart reaches."""
    return _("From %(first)s to %(last)s") % {
        "first": label(quarters[0].period),
        "last": label(quarters[-1].period),
    }


def short(quarters: tuple[content.Quarter, ...]) -> list[str]:
    """Return `26Q3` for each quarter."""
    return [quarter.period[2:] for quarter in quarters]


def coverage(quarters: tuple[content.Quarter, ...]) -> SafeString:
    """Return the compounds with and without service as bars."""
    return SafeString(
        stacked_bars(
            short(quarters),
            [
                Part(_("with service"), RED, [q.served for q in quarters]),
                Part(_("without service"), GREY, [q.compounds - q.served for q in quarters]),
            ],
            title=_("Compounds with property service"),
            description=described(quarters),
            unit=_("compounds"),
            **SIZE,
        )
    )


def kept(quarters: tuple[content.Quarter, ...]) -> SafeString:
    """Return promises kept and requests answered in time as two lines."""
    return SafeString(
        line_chart(
            short(quarters),
            [
                Series(_("Promises kept in time"), [share(q.kept, q.due) for q in quarters]),
                Series(_("Requests answered in time"), [share(q.answered, q.requests) for q in quarters]),
            ],
            title=_("Promises kept and requests answered in time"),
            description=described(quarters),
            unit="%",
            **SIZE,
        )
    )


def money(quarters: tuple[content.Quarter, ...]) -> SafeString:
    """Return what was paid and what is approved and not paid yet as bars, in ten thousands of yuan."""
    if not any(q.approved for q in quarters):
        return SafeString("")
    quarters = tuple(q for q in quarters if q.approved)
    paid = [int(quantize(q.paid / TEN_THOUSAND, Decimal(1))) for q in quarters]
    approved = [int(quantize(q.approved / TEN_THOUSAND, Decimal(1))) for q in quarters]
    return SafeString(
        stacked_bars(
            short(quarters),
            [
                Part(_("paid"), RED, paid),
                Part(_("approved, not paid yet"), GREY, [a - p for a, p in zip(approved, paid, strict=True)]),
            ],
            title=_("Subsidies approved and paid"),
            description=described(quarters),
            unit=_("10,000 yuan"),
            **SIZE,
        )
    )
