"""Trends as drawings, in the language of the moment. `font` names a Chinese face where a picture is made of them."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from evaluations.models import Colour, Rubric
from evaluations.trends import DistrictPoint, Point, list_limits
from redprop.common.drawings import BLACK, RED, Part, Series, line_chart, plain, stacked_bars
from redprop.common.periods import Period

TWO = Decimal("0.01")
WATCHED = "#8a5a00"


def short(code: str) -> str:
    """A period as a label of an axis: 26Q3, 26H1, 2026."""
    period = Period.parse(code)
    return code[2:] if len(code) > 4 and period.kind != "month" else code


def limits_of(rubric: Rubric | None) -> list[tuple[str, Decimal]]:
    """Return the limits of the lists with their names."""
    names = {"red": _("red list from"), "watch": _("key supervision below")}
    return [(names[code], limit) for code, limit in (list_limits(rubric) if rubric else [])]


def trend_chart(
    name: str, points: Sequence[Point], rubric: Rubric | None = None, *, font: str = "", compact: bool = False
) -> SafeString:
    """Return a subject's totals over the periods; nothing with fewer than two."""
    known = [point for point in points if point.total is not None]
    if len(known) < 2:
        return SafeString("")
    first, last = known[0], known[-1]
    words = {
        "name": name,
        "first": first.label,
        "from": plain(first.total.quantize(TWO)),  # type: ignore[union-attr]
        "last": last.label,
        "to": plain(last.total.quantize(TWO)),  # type: ignore[union-attr]
    }
    drawing = line_chart(
        [short(point.period) for point in points],
        [Series(name, [None if p.total is None else p.total.quantize(TWO) for p in points])],
        title=_("Totals of %(name)s") % words,
        description=_("From %(from)s points in %(first)s to %(to)s points in %(last)s.") % words,
        unit=_("points"),
        limits=limits_of(rubric),
        height=240 if compact else 300,
        font=font,
    )
    return SafeString(drawing)


def district_charts(points: Sequence[DistrictPoint], *, font: str = "") -> list[tuple[str, SafeString]]:
    """Return (caption, drawing) of mean and median, and of the lists; nothing with fewer than two periods."""
    if len(points) < 2:
        return []
    labels = [short(point.period) for point in points]
    means = _("Mean and median of the totals")
    lists = _("Projects on the lists")
    return [
        (
            means,
            SafeString(
                line_chart(
                    labels,
                    [
                        Series(_("mean"), [point.mean for point in points]),
                        Series(_("median"), [point.median for point in points]),
                    ],
                    title=means,
                    unit=_("points"),
                    font=font,
                )
            ),
        ),
        (
            lists,
            SafeString(
                stacked_bars(
                    labels,
                    [
                        Part(str(Colour.RED.label), RED, [point.red for point in points]),
                        Part(str(Colour.WATCH.label), WATCHED, [point.watch for point in points]),
                        Part(str(Colour.BLACK.label), BLACK, [point.black for point in points]),
                    ],
                    title=lists,
                    unit=_("projects"),
                    font=font,
                )
            ),
        ),
    ]
