"""Charts as SVG, drawn on the server: readable without JavaScript and on paper. Each stands beside a table.

Colours come from the stylesheet by class; numbers stand in the picture as text.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from django.utils.safestring import SafeString, mark_safe

WIDTH, ROW, LABEL, RIGHT = 640, 34, 190, 110
NARROW, TALL, LONGEST = 400, 42, 17


def bars(rows: Sequence[tuple[str, int, str]], *, most: int | None = None, title: str) -> SafeString:
    """Horizontal bars: (label, value, what stands behind the bar). `most` is the length of the whole."""
    whole = max([most or 0, *(value for _label, value, _text in rows), 1])
    room = WIDTH - LABEL - RIGHT
    parts = []
    for place, (label, value, text) in enumerate(rows):
        y = place * ROW
        length = round(room * value / whole, 1)
        parts.append(
            f'<text class="chart-label" x="{LABEL - 10}" y="{y + 22}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="chart-back" x="{LABEL}" y="{y + 6}" width="{room}" height="22"/>'
            f'<rect class="chart-bar" x="{LABEL}" y="{y + 6}" width="{length}" height="22"/>'
            f'<text class="chart-value" x="{LABEL + room + 8}" y="{y + 22}">{escape(text)}</text>'
        )
    return _svg(parts, len(rows) * ROW, title)


def columns(points: Sequence[tuple[str, Sequence[int]]], *, names: Sequence[str], title: str) -> SafeString:
    """Groups of columns over a label each; `names` are the columns of a group, told in a legend."""
    height, floor, head = 220, 180, 34
    whole = max([value for _label, values in points for value in values] + [1])
    step = WIDTH / max(len(points), 1)
    thick = min(26.0, step * 0.8 / max(len(names), 1))
    parts = []
    for number, name in enumerate(names):
        parts.append(
            f'<rect class="chart-c{number}" x="{10 + number * 170}" y="6" width="14" height="14"/>'
            f'<text class="chart-label" x="{30 + number * 170}" y="18">{escape(name)}</text>'
        )
    for place, (label, values) in enumerate(points):
        left = place * step + (step - thick * len(values)) / 2
        for number, value in enumerate(values):
            tall = round((floor - head - 18) * value / whole, 1)
            x = left + number * thick
            parts.append(
                f'<rect class="chart-c{number}" x="{x:.1f}" y="{floor - tall:.1f}" width="{thick - 2:.1f}" height="{tall:.1f}"/>'
            )
            if len(points) <= 10:
                parts.append(
                    f'<text class="chart-small" x="{x + thick / 2 - 1:.1f}" y="{floor - tall - 5:.1f}" text-anchor="middle">{value}</text>'
                )
        parts.append(
            f'<text class="chart-small" x="{place * step + step / 2:.1f}" y="{floor + 18}" text-anchor="middle">{escape(label)}</text>'
        )
    parts.append(f'<line class="chart-axis" x1="0" y1="{floor}" x2="{WIDTH}" y2="{floor}"/>')
    return _svg(parts, height, title)


def stacked(
    rows: Sequence[tuple[str, Sequence[Decimal | int], str]], *, names: Sequence[str], title: str
) -> SafeString:
    """Horizontal bars of several pieces on one scale: (label, pieces, what stands above its end); a legend above.

    Narrow, with the words above each bar, so that a telephone shows them in their size.
    """
    whole = max([sum(max(piece, 0) for piece in pieces) for _label, pieces, _text in rows] + [1])
    head, parts = 0, []
    for number, name in enumerate(names):
        x, head = 2 + number % 2 * NARROW // 2, 26 * (number // 2 + 1)
        parts.append(
            f'<rect class="chart-c{number}" x="{x}" y="{head - 20}" width="14" height="14"/>'
            f'<text x="{x + 20}" y="{head - 8}">{escape(name)}</text>'
        )
    for place, (label, pieces, text) in enumerate(rows):
        y, left = head + place * TALL, 0.0
        parts.append(
            f'<text x="0" y="{y + 18}">{escape(label if len(label) <= LONGEST else label[: LONGEST - 1] + "…")}</text>'
            f'<text x="{NARROW}" y="{y + 18}" text-anchor="end">{escape(text)}</text>'
        )
        for number, piece in enumerate(pieces):
            length = round(NARROW * float(max(piece, 0)) / float(whole), 1)
            if length:
                parts.append(
                    f'<rect class="chart-c{number}" x="{left:.1f}" y="{y + 24}" width="{length}" height="12"/>'
                )
            left += length
    return _svg(parts, head + len(rows) * TALL + 4, title, width=NARROW, name="chart is-stacked")


def _svg(
    parts: Sequence[str], height: int, title: str, *, width: int = WIDTH, name: str = "chart"
) -> SafeString:
    return mark_safe(
        f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
